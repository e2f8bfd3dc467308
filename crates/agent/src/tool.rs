//! The Tier 1 tools: what they are asked and what they answer. Whoever runs a turn carries them
//! out; the functions in [`answers`] turn what the board knows into answers.

pub mod answers;

use crate::link;
use model::ask::{
    DependencyLine, DurationStats, HistoryLine, PhaseWord, SliceLine, StepProgress, ToolStatus, ToolUse,
};
use model::view::{EssentialFailures, RunListItem, RunTasksView};
use model::{
    BusinessDate, DatasetId, ErrorKind, Essential, EssentialBoard, EssentialName, Phase, RunId, RunStatus,
    SliceName, Timestamp,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A question to one tool. Empty lists mean all.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "tool", rename_all = "snake_case")]
pub enum ToolCall {
    /// What the catalog says of an essential. Answer: [`ToolOutput::Batch`].
    ResolveBatch {
        /// Which.
        essential: EssentialName,
    },
    /// Essentials with their datasets, in both phases. Answer: [`ToolOutput::Boards`].
    GetBatchStatus {
        /// Which.
        essentials: Vec<EssentialName>,
        /// When.
        date: BusinessDate,
    },
    /// The steps of an essential. Answer: [`ToolOutput::Progress`].
    GetBatchProgress {
        /// Which.
        essential: EssentialName,
        /// When.
        date: BusinessDate,
        /// In this phase; else in the one that its status speaks of.
        phase: Option<Phase>,
    },
    /// Slices. Answer: [`ToolOutput::Slices`].
    GetSliceStatus {
        /// Of these essentials.
        essentials: Vec<EssentialName>,
        /// Of these datasets.
        datasets: Vec<DatasetId>,
        /// These.
        slices: Vec<SliceName>,
        /// When.
        date: BusinessDate,
        /// In this phase; else in the one that the essential's status speaks of.
        phase: Option<Phase>,
    },
    /// The tasks of a run. Answer: [`ToolOutput::Tasks`].
    GetTaskDetails {
        /// When.
        date: BusinessDate,
        /// Which.
        run_id: RunId,
    },
    /// How long runs took. Answer: [`ToolOutput::History`].
    GetHistoricalRuns {
        /// Of these essentials.
        essentials: Vec<EssentialName>,
        /// Of these datasets.
        datasets: Vec<DatasetId>,
        /// Of these slices.
        slices: Vec<SliceName>,
        /// First date.
        from: BusinessDate,
        /// Last date.
        to: BusinessDate,
        /// In this phase.
        phase: Option<Phase>,
    },
    /// Essentials on two dates. Answer: [`ToolOutput::Comparison`].
    CompareDates {
        /// Which.
        essentials: Vec<EssentialName>,
        /// The earlier date.
        from: BusinessDate,
        /// The later date.
        to: BusinessDate,
    },
    /// Failed runs by step, with what they hold up. Answer: [`ToolOutput::Failures`].
    ListFailures {
        /// Of these essentials.
        essentials: Vec<EssentialName>,
        /// When.
        date: BusinessDate,
    },
    /// Who waits for whom. Answer: [`ToolOutput::Dependencies`].
    GetDependencies {
        /// Of these.
        essentials: Vec<EssentialName>,
        /// The date of the statuses.
        date: BusinessDate,
    },
    /// Runs that fit, newest first. Answer: [`ToolOutput::Runs`].
    FindRun(RunFilter),
}

/// Which runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunFilter {
    /// When.
    pub date: BusinessDate,
    /// This one.
    pub run_id: Option<RunId>,
    /// Of these essentials.
    pub essentials: Vec<EssentialName>,
    /// Of these datasets.
    pub datasets: Vec<DatasetId>,
    /// Of these slices.
    pub slices: Vec<SliceName>,
    /// Of this phase, or by hand.
    pub phase: Option<PhaseWord>,
    /// Of this status.
    pub status: Option<RunStatus>,
}

/// Runs that are answered at the most; the count is always of all that fit.
pub const MOST_RUNS: usize = 50;

impl ToolCall {
    /// The tool's name.
    pub fn tool(&self) -> &'static str {
        match self {
            Self::ResolveBatch { .. } => "resolve_batch",
            Self::GetBatchStatus { .. } => "get_batch_status",
            Self::GetBatchProgress { .. } => "get_batch_progress",
            Self::GetSliceStatus { .. } => "get_slice_status",
            Self::GetTaskDetails { .. } => "get_task_details",
            Self::GetHistoricalRuns { .. } => "get_historical_runs",
            Self::CompareDates { .. } => "compare_dates",
            Self::ListFailures { .. } => "list_failures",
            Self::GetDependencies { .. } => "get_dependencies",
            Self::FindRun(_) => "find_run",
        }
    }

    /// What it is given, as people read it; what it is not given is left out.
    pub fn input(&self) -> BTreeMap<String, String> {
        let mut input = BTreeMap::new();
        let mut put = |name: &str, value: String| {
            if !value.is_empty() {
                input.insert(name.to_owned(), value);
            }
        };
        let word = |phase: &Option<Phase>| phase.map(|phase| phase.to_string()).unwrap_or_default();
        match self {
            Self::ResolveBatch { essential } => put("batch_name", essential.to_string()),
            Self::GetBatchStatus { essentials, date }
            | Self::ListFailures { essentials, date }
            | Self::GetDependencies { essentials, date } => {
                put("batches", join(essentials));
                put("business_date", date.to_string());
            }
            Self::GetBatchProgress { essential, date, phase } => {
                put("batches", essential.to_string());
                put("business_date", date.to_string());
                put("processing_type", word(phase));
            }
            Self::GetSliceStatus { essentials, datasets, slices, date, phase } => {
                put("batches", join(essentials));
                put("datasets", join(datasets));
                put("slices", join(slices));
                put("business_date", date.to_string());
                put("processing_type", word(phase));
            }
            Self::GetTaskDetails { run_id, .. } => put("dag_run_id", run_id.to_string()),
            Self::GetHistoricalRuns { essentials, datasets, slices, from, to, phase } => {
                put("batches", join(essentials));
                put("datasets", join(datasets));
                put("slices", join(slices));
                put("from", from.to_string());
                put("to", to.to_string());
                put("processing_type", word(phase));
            }
            Self::CompareDates { essentials, from, to } => {
                put("batches", join(essentials));
                put("from", from.to_string());
                put("to", to.to_string());
            }
            Self::FindRun(filter) => {
                put("batches", join(&filter.essentials));
                put("datasets", join(&filter.datasets));
                put("slices", join(&filter.slices));
                put("business_date", filter.date.to_string());
                put("dag_run_id", filter.run_id.as_ref().map(ToString::to_string).unwrap_or_default());
                put(
                    "processing_type",
                    filter.phase.map(|phase| phase.as_str().to_owned()).unwrap_or_default(),
                );
                put("status", filter.status.map(|status| status.as_str().to_owned()).unwrap_or_default());
            }
        }
        input
    }

    /// The page that shows the same.
    pub fn link(&self) -> String {
        match self {
            Self::ResolveBatch { essential } => link::essential(essential, None, None),
            Self::GetBatchStatus { essentials, date } | Self::GetDependencies { essentials, date } => {
                match essentials.as_slice() {
                    [one] => link::essential(one, Some(*date), None),
                    _ => link::board(*date),
                }
            }
            Self::GetBatchProgress { essential, date, phase } => {
                link::essential(essential, Some(*date), *phase)
            }
            Self::GetSliceStatus { essentials, date, phase, .. } => match essentials.as_slice() {
                [one] => link::essential(one, Some(*date), *phase),
                _ => link::explorer(*date, &[]),
            },
            Self::GetTaskDetails { date, run_id } => link::run(*date, run_id),
            Self::GetHistoricalRuns { datasets, to, .. } => match datasets.as_slice() {
                [one] => link::explorer(*to, &[("dataset", one.as_str())]),
                _ => link::explorer(*to, &[]),
            },
            Self::CompareDates { essentials, to, .. } => match essentials.as_slice() {
                [one] => link::essential(one, Some(*to), None),
                _ => link::board(*to),
            },
            Self::ListFailures { date, .. } => link::failures(*date),
            Self::FindRun(filter) => {
                let status = filter.status.map(RunStatus::as_str);
                let run = filter.run_id.as_ref().map(RunId::as_str);
                let filters: Vec<_> = [("status", status), ("run", run)]
                    .into_iter()
                    .filter_map(|(name, value)| Some((name, value?)))
                    .collect();
                link::explorer(filter.date, &filters)
            }
        }
    }

    /// The call as it is told while it is under way.
    pub(crate) fn started(&self, id: u32) -> ToolUse {
        ToolUse {
            id,
            tool: self.tool().to_owned(),
            input: self.input(),
            status: ToolStatus::Executing,
            duration_ms: None,
            row_count: None,
            query: None,
            as_of: None,
            link: Some(self.link()),
            error: None,
        }
    }
}

fn join(names: &[impl ToString]) -> String {
    names.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

/// What a tool answers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ToolOutput {
    /// The catalog's definition.
    Batch(Box<Essential>),
    /// In catalog order.
    Boards(Vec<EssentialBoard>),
    /// By step.
    Progress(Vec<StepProgress>),
    /// One entry an essential, in catalog order.
    Slices(Vec<EssentialSlices>),
    /// The run with its tasks.
    Tasks(Box<RunTasksView>),
    /// Runs by date and slice.
    History(History),
    /// Both dates, one entry an essential that the later one knows.
    Comparison(Vec<BoardPair>),
    /// Essentials that have failures.
    Failures(Vec<EssentialFailures>),
    /// One entry an essential.
    Dependencies(Vec<DependencyLine>),
    /// The first [`MOST_RUNS`] and how many there are.
    Runs {
        /// Newest first.
        rows: Vec<RunListItem>,
        /// All that fit.
        matching: usize,
    },
}

/// The slices of one essential.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EssentialSlices {
    /// Canonical name.
    pub name: EssentialName,
    /// The name people see.
    pub display_name: String,
    /// In step order.
    pub slices: Vec<SliceLine>,
}

/// How long runs took.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct History {
    /// Newest date first, then by dataset and slice.
    pub lines: Vec<HistoryLine>,
    /// Over all of them.
    pub stats: DurationStats,
}

/// One essential on two dates.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BoardPair {
    /// On the earlier date; `None` where nothing is known of it.
    pub before: Option<EssentialBoard>,
    /// On the later date.
    pub after: EssentialBoard,
}

/// A tool's answer with its receipt.
#[derive(Clone, Debug, PartialEq)]
pub struct ToolAnswer {
    /// The answer.
    pub output: ToolOutput,
    /// What was asked of which source, in words or SQL.
    pub query: String,
    /// Rows it rests on.
    pub row_count: usize,
    /// When the source last answered.
    pub as_of: Option<Timestamp>,
    /// How long it took.
    pub duration_ms: u64,
}

/// A tool did not answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ToolFailure {
    /// What can be done about it.
    pub kind: ErrorKind,
    /// A sentence for people.
    pub message: String,
}
