//! The tasks of one run, as Airflow tells them.

use crate::audience::Audience;
use crate::essentials::neighbour;
use crate::{Error, Result, Service};
use estate::SourceError;
use model::source::SourceName;
use model::view::RunTasksView;
use model::{Actor, BusinessDate, DagId, Run, RunId, TaskRow};
use std::sync::Arc;
use std::time::Duration;

/// Runs whose tasks are kept.
const RUNS_KEPT: u64 = 512;
/// How long they are: about one poll, so that a hundred readers cost one query.
const KEPT_FOR: Duration = Duration::from_secs(15);

/// Tasks by run, so that however many people open a run the database is asked once a poll.
pub(crate) struct TaskCache(moka::future::Cache<(DagId, RunId), Arc<Vec<TaskRow>>>);

impl TaskCache {
    pub(crate) fn new() -> Self {
        Self(moka::future::Cache::builder().max_capacity(RUNS_KEPT).time_to_live(KEPT_FOR).build())
    }
}

impl Service {
    /// A run of `date` with its tasks by start; those that never started come last.
    ///
    /// # Errors
    /// Not found where the date has no such run; unavailable where Airflow's database is down.
    pub async fn get_run_tasks(
        &self,
        actor: &Actor,
        date: BusinessDate,
        run_id: &RunId,
    ) -> Result<RunTasksView> {
        let snapshot = self.get_board(actor, date).await?;
        let board = snapshot.board()?;
        let run = snapshot.runs.iter().find(|run| run.row.run_id == *run_id);
        let Some(run) = run else {
            self.note_hidden_run(actor, date, run_id).await;
            return Err(Error::not_found("run", run_id.as_str(), Vec::new()));
        };
        let tasks = self.tasks_of(run).await?;
        let holds = |essential: &&model::EssentialBoard| {
            essential.datasets.iter().any(|dataset| dataset.dataset_id == run.row.dataset_id)
        };
        Ok(RunTasksView {
            run: run.clone(),
            essentials: board.essentials.iter().filter(holds).map(|e| neighbour(&e.name, board)).collect(),
            first_failed: tasks.iter().position(|task| task.state.as_deref() == Some("failed")),
            tasks,
            airflow_url: self.0.estate.airflow_base_url.as_deref().map(|base| airflow_url(base, run)),
            now: self.clock().now(),
        })
    }

    /// Records that the run was asked for where it is kept from the actor.
    async fn note_hidden_run(&self, actor: &Actor, date: BusinessDate, run_id: &RunId) {
        if Audience::of(actor).sees_all() {
            return;
        }
        let Ok(whole) = self.get_board(&Actor::local_owner(), date).await else { return };
        if whole.runs.iter().any(|run| run.row.run_id == *run_id) {
            self.note_refused(actor, &format!("run:{}", run_id.as_str()));
        }
    }

    async fn tasks_of(&self, run: &Run) -> Result<Vec<TaskRow>> {
        let sources = &self.0.sources;
        let (dag_id, run_id) = (&run.row.dag_id, &run.row.run_id);
        let ask = async {
            let tasks =
                sources.observe(SourceName::AirflowDatabase, sources.runs.list_tasks(dag_id, run_id)).await?;
            Ok::<_, SourceError>(Arc::new(in_order(tasks)))
        };
        let tasks = self.0.tasks.0.try_get_with((dag_id.clone(), run_id.clone()), ask).await;
        tasks.map(|tasks| tasks.to_vec()).map_err(|error| Error::Unavailable {
            message: format!("the {} {error}", SourceName::AirflowDatabase.label()),
        })
    }
}

fn in_order(mut tasks: Vec<TaskRow>) -> Vec<TaskRow> {
    tasks.sort_by(|a, b| {
        let key = |task: &TaskRow| (task.started_at.is_none(), task.started_at);
        key(a).cmp(&key(b)).then_with(|| a.task_id.cmp(&b.task_id)).then(a.map_index.cmp(&b.map_index))
    });
    tasks
}

/// The run's page in Airflow 3: `{base}/dags/{dag_id}/runs/{run_id}`.
fn airflow_url(base: &str, run: &Run) -> String {
    let escape = |text: &str| {
        text.bytes().fold(String::new(), |mut url, byte| {
            match byte {
                b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                    url.push(char::from(byte))
                }
                _ => url.push_str(&format!("%{byte:02X}")),
            }
            url
        })
    };
    let (dag_id, run_id) = (escape(run.row.dag_id.as_str()), escape(run.row.run_id.as_str()));
    format!("{}/dags/{dag_id}/runs/{run_id}", base.trim_end_matches('/'))
}
