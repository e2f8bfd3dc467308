//! Runs: the source's row, what we make of it, and the tasks inside it.

use crate::date::BusinessDate;
use crate::ids::{DagId, DatasetId, RunId, RunKey, SliceName};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::fmt;

/// One row of `WORKFLOW_RUN_INSTANCE`: one execution of one workflow for one slice,
/// with the words of the source left as they are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunRow {
    /// `WORKFLOW_RUN_INSTANCE_KEY`.
    pub key: RunKey,
    /// `OUTPUT_DATASET_ID`.
    pub dataset_id: DatasetId,
    /// `DAG_ID`; empty where the source has none.
    pub dag_id: DagId,
    /// `DAG_RUN_ID`; empty where the source has none.
    pub run_id: RunId,
    /// `STATUS`, as written.
    pub status: String,
    /// `STATUS_DETAIL`.
    pub status_detail: String,
    /// `TRIGGER_TYPE`, as written.
    pub trigger_type: String,
    /// `TRIGGER_VALUE`.
    pub trigger_value: String,
    /// `BUSINESS_DATE`.
    pub business_date: BusinessDate,
    /// `CREATED_DATE`: start.
    #[serde(deserialize_with = "crate::wire::timestamp")]
    pub created_at: Timestamp,
    /// `UPDATED_DATE`: end, or the last heartbeat of a running one.
    #[serde(deserialize_with = "crate::wire::timestamp")]
    pub updated_at: Timestamp,
}

/// One row of Airflow's `task_instance`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TaskRow {
    /// `task_id`.
    pub task_id: String,
    /// `task_display_name`, or the task id where the source has none.
    pub display_name: String,
    /// `map_index`; −1 for a task that is not mapped.
    pub map_index: i32,
    /// `state`, as written; `None` while Airflow has not scheduled it.
    pub state: Option<String>,
    /// `try_number` of the newest try.
    pub try_number: u32,
    /// `max_tries`: retries allowed after the first try.
    pub max_tries: u32,
    /// `operator`.
    pub operator: String,
    /// `hostname` of the worker; empty before it ran.
    pub hostname: String,
    /// `start_date`.
    #[serde(default, deserialize_with = "crate::wire::optional_timestamp")]
    pub started_at: Option<Timestamp>,
    /// `end_date`.
    #[serde(default, deserialize_with = "crate::wire::optional_timestamp")]
    pub ended_at: Option<Timestamp>,
}

/// `STATUS` of a workflow run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum RunStatus {
    /// Finished well.
    Success,
    /// Finished badly.
    Failed,
    /// Stopped by someone; counts as failed.
    Cancelled,
    /// At work.
    Running,
    /// Waiting for a worker; counts as running.
    Queued,
}

impl RunStatus {
    /// Reads the source's word, exactly.
    pub fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "SUCCESS" => Self::Success,
            "FAILED" => Self::Failed,
            "CANCELLED" => Self::Cancelled,
            "RUNNING" => Self::Running,
            "QUEUED" => Self::Queued,
            _ => return None,
        })
    }

    /// The source's word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Success => "SUCCESS",
            Self::Failed => "FAILED",
            Self::Cancelled => "CANCELLED",
            Self::Running => "RUNNING",
            Self::Queued => "QUEUED",
        }
    }

    /// FAILED or CANCELLED.
    pub fn is_failure(self) -> bool {
        matches!(self, Self::Failed | Self::Cancelled)
    }

    /// RUNNING or QUEUED: not over yet.
    pub fn is_active(self) -> bool {
        matches!(self, Self::Running | Self::Queued)
    }
}

/// Why a run was started (`TRIGGER_TYPE`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Trigger {
    /// `ProcessTrigger`: the first run of the day.
    Process,
    /// `RerunTrigger`: the second.
    Rerun,
    /// `ManualTrigger`: a repair by hand.
    Manual,
}

impl Trigger {
    /// Reads the source's class name, exactly.
    pub fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "ProcessTrigger" => Self::Process,
            "RerunTrigger" => Self::Rerun,
            "ManualTrigger" => Self::Manual,
            _ => return None,
        })
    }

    /// What people call it: PRELIM, FINAL or MANUAL.
    pub fn label(self) -> &'static str {
        match self {
            Self::Process => "PRELIM",
            Self::Rerun => "FINAL",
            Self::Manual => "MANUAL",
        }
    }
}

/// The two passes of a business date.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Phase {
    /// The first pass.
    Prelim,
    /// The second pass.
    Final,
}

impl Phase {
    /// Both, in order.
    pub const ALL: [Self; 2] = [Self::Prelim, Self::Final];

    /// `PRELIM` or `FINAL`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Prelim => "PRELIM",
            Self::Final => "FINAL",
        }
    }
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Why a row is shown but changes no status.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Oddity {
    /// `STATUS` is not one of the five words.
    UnknownStatus,
    /// `TRIGGER_TYPE` is not one of the three class names.
    UnknownTrigger,
    /// `DAG_RUN_ID` is not `FGW_{dag_id}_{business_date}_{slice}_{digits}`.
    MalformedRunId,
    /// The slice is not among those that the catalog expects of the dataset.
    UnexpectedSlice,
}

impl Oddity {
    /// A sentence for people.
    pub fn explain(self) -> &'static str {
        match self {
            Self::UnknownStatus => "its status is not one that SENTRY knows",
            Self::UnknownTrigger => "its trigger type is not one that SENTRY knows",
            Self::MalformedRunId => "its run id does not have the expected form",
            Self::UnexpectedSlice => "the catalog does not expect its slice",
        }
    }
}

/// A run as the board understands it: the row, its slice, its phase, and what is odd about it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Run {
    /// The row it was read from.
    #[serde(flatten)]
    pub row: RunRow,
    /// The slice in its run id, where that has the expected form.
    pub slice: Option<SliceName>,
    /// The phase it counts in; `None` where its trigger is not recognised.
    pub phase: Option<Phase>,
    /// Why it changes no status; empty for a good row.
    pub oddities: Vec<Oddity>,
}

impl Run {
    /// The status, where it is recognised.
    pub fn status(&self) -> Option<RunStatus> {
        RunStatus::parse(&self.row.status)
    }

    /// The trigger, where it is recognised.
    pub fn trigger(&self) -> Option<Trigger> {
        Trigger::parse(&self.row.trigger_type)
    }

    /// Whether the status rules count this run.
    pub fn is_recognised(&self) -> bool {
        self.oddities.is_empty()
    }

    /// Seconds from start to end; to `now` while it is not over.
    pub fn duration_s(&self, now: Timestamp) -> i64 {
        let end = match self.status() {
            Some(status) if status.is_active() => now,
            _ => self.row.updated_at,
        };
        (end.as_second() - self.row.created_at.as_second()).max(0)
    }
}

/// The slice in a run id of the exact form `FGW_{dag_id}_{business_date}_{slice}_{digits}`.
///
/// DAG id and date are known from the row, so what remains between them and the last
/// group of digits is the slice, whatever underscores and hyphens it holds.
pub fn slice_in_run_id(run_id: &RunId, dag_id: &DagId, date: BusinessDate) -> Option<SliceName> {
    let rest = run_id
        .as_str()
        .strip_prefix("FGW_")?
        .strip_prefix(dag_id.as_str())?
        .strip_prefix('_')?
        .strip_prefix(&date.to_string())?
        .strip_prefix('_')?;
    let (slice, digits) = rest.rsplit_once('_')?;
    let numbered = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
    (numbered && !slice.is_empty() && !dag_id.as_str().is_empty()).then(|| SliceName::new(slice))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn slice(run_id: &str, dag_id: &str) -> Option<String> {
        let date = BusinessDate::parse("2026-02-18").unwrap();
        slice_in_run_id(&run_id.into(), &dag_id.into(), date).map(|slice| slice.to_string())
    }

    #[test]
    fn takes_what_stands_between_date_and_digits() {
        let ok = |run: &str, dag: &str, expect: &str| {
            assert_eq!(slice(run, dag).as_deref(), Some(expect), "{run}")
        };
        ok("FGW_a_V2_2026-02-18_NA-SLICE-1_17", "a_V2", "NA-SLICE-1");
        ok("FGW_a_V2_2026-02-18_EMEA_DERIV_CFG_17", "a_V2", "EMEA_DERIV_CFG");
        ok("FGW_a_2026-02-18_2026-02-18_X_5_17", "a_2026-02-18", "X_5");
        ok("FGW_a_2026-02-18_12_17", "a", "12");
    }

    #[test]
    fn anything_else_is_malformed() {
        for run in [
            "",
            "FGW_",
            "a_2026-02-18_X_17",
            "FGW_b_2026-02-18_X_17",
            "FGW_a_2026-02-19_X_17",
            "FGW_a_2026-02-18_X_",
            "FGW_a_2026-02-18_X_1x",
            "FGW_a_2026-02-18_17",
            "FGW_a_2026-02-18__17",
            "fgw_a_2026-02-18_X_17",
            " FGW_a_2026-02-18_X_17",
        ] {
            assert_eq!(slice(run, "a"), None, "{run}");
        }
        assert_eq!(slice("FGW__2026-02-18_X_17", ""), None);
    }

    proptest! {
        #[test]
        fn round_trip(dag in "[a-z0-9_-]{1,20}", name in "[A-Za-z0-9_-]{1,20}", digits in "[0-9]{1,15}") {
            let run = format!("FGW_{dag}_2026-02-18_{name}_{digits}");
            prop_assert_eq!(slice(&run, &dag), Some(name));
        }
    }
}
