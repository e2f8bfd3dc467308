//! What the databases would hold of a planned run at a given second.

use super::day::{Outcome, PlannedRun};
use super::dice::Dice;
use model::{BusinessDate, DagId, DatasetId, RunId, RunKey, RunRow, TaskRow, Timestamp};

/// Longest time between two heartbeats of a running run, in seconds.
const HEARTBEAT_MAX_S: i64 = 14;

/// Number of workers that tasks run on.
const WORKERS: i64 = 24;

fn timestamp(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap_or(Timestamp::MIN)
}

/// DAG id of `run`.
pub(super) fn dag_id(run: &PlannedRun) -> DagId {
    DagId::new(format!("{}_V2", run.dataset.workflow_id()))
}

/// Run id of `run`.
pub(super) fn run_id(run: &PlannedRun, date: BusinessDate) -> RunId {
    let dag = format!("FGW_{}_V2_{date}", run.dataset.workflow_id());
    if run.cut_run_id {
        return RunId::new(dag);
    }
    let number = run.created * 1_000 + run.key % 1_000;
    RunId::new(format!("{dag}_{}_{number}", run.slice))
}

/// The row of `run` at second `now`, once there is one.
pub(super) fn run_row(run: &PlannedRun, date: BusinessDate, now: i64) -> Option<RunRow> {
    if now < run.created {
        return None;
    }
    let heartbeat = HEARTBEAT_MAX_S - run.key % 6;
    let (status, updated) = if now < run.started {
        ("QUEUED", run.created)
    } else if now < run.ended {
        ("RUNNING", now - (now - run.started) % heartbeat)
    } else {
        let status = match run.outcome {
            Outcome::Success => "SUCCESS",
            Outcome::EnrichFails | Outcome::EgressFails => "FAILED",
            Outcome::Cancelled => "CANCELLED",
            Outcome::UnknownStatus => "PARKED",
        };
        (status, run.ended)
    };
    let (dag_id, run_id) = (dag_id(run), run_id(run, date));
    let how = if now < run.ended { "is" } else { "completed with" };
    let trigger_value = match run.trigger {
        "ManualTrigger" => "NONE_DATA|ALL_NEW_MARKER|EACH_USER",
        _ => "ALL_DATA|ALL_NEW_MARKER|EACH_USER",
    };
    Some(RunRow {
        key: RunKey(run.key),
        dataset_id: DatasetId::new(run.dataset.id()),
        status: status.to_owned(),
        status_detail: format!("{dag_id} {run_id} {how} {status}"),
        dag_id,
        run_id,
        trigger_type: run.trigger.to_owned(),
        trigger_value: trigger_value.to_owned(),
        business_date: date,
        created_at: timestamp(run.created),
        updated_at: timestamp(updated),
    })
}

/// One task of a planned run, in seconds since the epoch.
struct PlannedTask {
    task_id: String,
    operator: &'static str,
    started: i64,
    ended: i64,
    /// How it ends.
    state: &'static str,
    /// When its second try began, where it needed one.
    second_try: Option<i64>,
}

/// The tasks of `run` at second `now`.
pub(super) fn task_rows(run: &PlannedRun, now: i64) -> Vec<TaskRow> {
    let mut dice = Dice::of(&[run.key as u64, run.created as u64]);
    let tasks = plan_tasks(run, &mut dice);
    let row = |task: PlannedTask| {
        let worker = dice.between(1, WORKERS + 1);
        let began = task.second_try.filter(|second| *second <= now);
        let ran = task.ended > task.started;
        let state = if now >= task.ended {
            Some(task.state)
        } else if ran && now >= task.started {
            Some("running")
        } else if task.started == run.started {
            Some("queued")
        } else {
            None
        };
        let has_begun = ran && now >= task.started;
        TaskRow {
            display_name: task.task_id.clone(),
            task_id: task.task_id,
            map_index: -1,
            state: state.map(str::to_owned),
            try_number: if has_begun { 1 + u32::from(began.is_some()) } else { 0 },
            max_tries: 1,
            operator: task.operator.to_owned(),
            hostname: if has_begun { format!("eps-worker-{worker:02}") } else { String::new() },
            started_at: has_begun.then(|| timestamp(began.unwrap_or(task.started))),
            ended_at: (ran && now >= task.ended).then(|| timestamp(task.ended)),
        }
    };
    tasks.into_iter().map(row).collect()
}

/// start → enrich → egress and export side by side → end. A task that never runs begins and
/// ends with the run itself.
fn plan_tasks(run: &PlannedRun, dice: &mut Dice) -> Vec<PlannedTask> {
    let workflow = run.dataset.workflow_id();
    let total = run.ended - run.started;
    let share = |part: f64| (total as f64 * part) as i64;
    let started = run.started + share(0.02).clamp(1, 20).min(total);
    let end_begins = run.ended - share(0.01).clamp(1, 5).min(total);
    let enriched = match run.outcome {
        Outcome::EnrichFails | Outcome::Cancelled => run.ended,
        _ => (started + share(dice.ratio(0.68, 0.78))).min(end_begins),
    };
    let exported = (enriched + share(dice.ratio(0.08, 0.16))).min(end_begins);
    let egressed = match run.outcome {
        Outcome::EgressFails => run.ended,
        _ => end_begins,
    };
    let enrich_fails = run.outcome == Outcome::EnrichFails;
    let retried = enrich_fails || dice.one_in(20);
    let second_try = |from: i64, to: i64| from + (to - from) / 2;
    let never = |state: &'static str| (run.ended, run.ended, state);
    let (enrich_state, egress, export, end) = match run.outcome {
        Outcome::Success | Outcome::UnknownStatus => (
            "success",
            (enriched, egressed, "success"),
            (enriched, exported, "success"),
            (end_begins, run.ended, "success"),
        ),
        Outcome::EnrichFails => {
            ("failed", never("upstream_failed"), never("upstream_failed"), never("upstream_failed"))
        }
        Outcome::EgressFails => (
            "success",
            (enriched, egressed, "failed"),
            (enriched, exported, "success"),
            never("upstream_failed"),
        ),
        Outcome::Cancelled => ("failed", never("skipped"), never("skipped"), never("skipped")),
    };
    let task = |task_id: String, operator, (started, ended, state)| PlannedTask {
        task_id,
        operator,
        started,
        ended,
        state,
        second_try: None,
    };
    let mut tasks = vec![
        task("start".to_owned(), "EpsInitOperator", (run.started, started, "success")),
        task(format!("enrich_{workflow}"), "EpsEnrichmentOperator", (started, enriched, enrich_state)),
        task(format!("egress_{workflow}"), "EpsEgressOperator", egress),
        task(format!("snowflake-export-{workflow}"), "EpsPostTaskOperator", export),
        task("end".to_owned(), "EpsWorkflowCompleteOperator", end),
    ];
    if retried {
        tasks[1].second_try = Some(second_try(started, enriched));
    }
    if run.outcome == Outcome::EgressFails {
        tasks[2].second_try = Some(second_try(enriched, egressed));
    }
    tasks
}
