//! `/api/runs/{run_id}/tasks`: one run with its tasks.

use crate::api::json::{NeighbourJson, RunJson};
use crate::api::params::Params;
use crate::error::{Answer, Problem};
use axum::extract::{Path, State};
use axum::{Extension, Json};
use jiff::Timestamp;
use model::{Actor, RunId, TaskRow};
use serde::Serialize;
use service::Service;
use utoipa::ToSchema;

/// A run with its tasks.
#[derive(Debug, Serialize, ToSchema)]
pub struct RunTasksJson {
    /// The run.
    run: RunJson,
    /// Essentials that hold its dataset.
    essentials: Vec<NeighbourJson>,
    /// By start; those that never started come last.
    tasks: Vec<TaskJson>,
    /// Task id of the first task that failed by itself.
    first_failed: Option<String>,
    /// The run in Airflow's own pages, where their address is configured.
    airflow_url: Option<String>,
    /// The server's time.
    timestamp: Timestamp,
}

/// One task.
#[derive(Debug, Serialize, ToSchema)]
pub struct TaskJson {
    /// `task_id`.
    task_id: String,
    /// `task_display_name`, or the task id.
    display_name: String,
    /// `map_index`; −1 for a task that is not mapped.
    map_index: i32,
    /// `state`; `null` while Airflow has not scheduled it.
    state: Option<String>,
    /// Number of the newest try.
    try_number: u32,
    /// Retries allowed after the first try.
    max_tries: u32,
    /// Operator.
    operator: String,
    /// Worker.
    hostname: String,
    /// Start.
    started_at: Option<Timestamp>,
    /// End.
    ended_at: Option<Timestamp>,
    /// Seconds; to now while it is not over.
    duration_s: Option<i64>,
}

impl TaskJson {
    fn of(task: TaskRow, now: Timestamp) -> Self {
        let end = task.ended_at.unwrap_or(now);
        Self {
            duration_s: task.started_at.map(|start| (end.as_second() - start.as_second()).max(0)),
            task_id: task.task_id,
            display_name: task.display_name,
            map_index: task.map_index,
            state: task.state,
            try_number: task.try_number,
            max_tries: task.max_tries,
            operator: task.operator,
            hostname: task.hostname,
            started_at: task.started_at,
            ended_at: task.ended_at,
        }
    }
}

/// The tasks of one run
#[utoipa::path(
    get,
    path = "/api/runs/{run_id}/tasks",
    tag = "runs",
    params(
        ("run_id" = String, Path, description = "Run id"),
        ("date" = Option<String>, Query, description = "The run's business date, YYYY-MM-DD; today's unless given"),
    ),
    responses(
        (status = 200, body = RunTasksJson),
        (status = 400, body = Problem, content_type = "application/problem+json"),
        (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json"),
    )
)]
pub async fn get_run_tasks(
    State(service): State<Service>,
    Extension(actor): Extension<Actor>,
    Path(run_id): Path<String>,
    params: Params,
) -> Answer<Json<RunTasksJson>> {
    let date = params.date("date", &service)?;
    let view = service.get_run_tasks(&actor, date, &RunId::new(run_id)).await?;
    let first_failed = view.first_failed.and_then(|index| view.tasks.get(index));
    Ok(Json(RunTasksJson {
        run: RunJson::of(&view.run, view.now),
        essentials: view.essentials.iter().map(NeighbourJson::from).collect(),
        first_failed: first_failed.map(|task| task.task_id.clone()),
        tasks: view.tasks.into_iter().map(|task| TaskJson::of(task, view.now)).collect(),
        airflow_url: view.airflow_url,
        timestamp: view.now,
    }))
}
