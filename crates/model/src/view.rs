//! What the pages are given: the answers of the use cases, as server functions carry them.

use crate::board::{Board, EssentialBoard, PhaseBoard};
use crate::date::BusinessDate;
use crate::ids::{DagId, DatasetId, EssentialName, RunId, RunKey, SliceName};
use crate::rules::EssentialStatus;
use crate::run::{Oddity, Phase, Run, TaskRow};
use crate::source::SourceStatus;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// What does not change while the server runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Estate {
    /// Badge in the header, for example `PROD`.
    pub environment: String,
    /// Data is made up: every page says DEMO.
    pub demo: bool,
    /// Version of the server.
    pub version: String,
    /// Base of links into Airflow, where configured.
    pub airflow_base_url: Option<String>,
}

/// The board with its freshness.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BoardView {
    /// The board; `None` while nothing is known yet.
    pub board: Option<Board>,
    /// When the sources last answered for it.
    #[serde(default, deserialize_with = "crate::wire::optional_timestamp")]
    pub polled_at: Option<Timestamp>,
    /// The server's time: running durations go to here.
    #[serde(deserialize_with = "crate::wire::timestamp")]
    pub now: Timestamp,
    /// How the sources are.
    pub sources: Vec<SourceStatus>,
}

/// One essential in depth.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EssentialView {
    /// Its place on the board.
    pub essential: EssentialBoard,
    /// The date shown.
    pub business_date: BusinessDate,
    /// Datasets × slices, one entry a dataset, in sequence order.
    pub matrix: Vec<DatasetMatrix>,
    /// Parts of the catalog's answer that could not be read, a sentence each.
    pub catalog_notes: Vec<String>,
    /// What it waits for.
    pub depends_on: Vec<Neighbour>,
    /// What waits for it.
    pub needed_by: Vec<Neighbour>,
    /// When the sources last answered for it.
    #[serde(default, deserialize_with = "crate::wire::optional_timestamp")]
    pub polled_at: Option<Timestamp>,
    /// The server's time.
    #[serde(deserialize_with = "crate::wire::timestamp")]
    pub now: Timestamp,
    /// How the sources are.
    pub sources: Vec<SourceStatus>,
}

/// Another essential, to link to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Neighbour {
    /// Canonical name.
    pub name: EssentialName,
    /// The name people see.
    pub display_name: String,
    /// Its overall status; `None` where the catalog does not know it.
    pub status: Option<EssentialStatus>,
}

/// The slices of one dataset, with their runs side by side.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DatasetMatrix {
    /// Dataset id.
    pub dataset_id: DatasetId,
    /// Step.
    pub sequence_order: i32,
    /// One row a slice: expected ones first, in catalog order, then unexpected ones.
    pub slices: Vec<SliceRuns>,
}

/// The newest run of a slice for each trigger.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SliceRuns {
    /// The slice; `None` gathers rows whose run id is malformed.
    pub slice: Option<SliceName>,
    /// Whether the catalog (or, where it names none, any recognised run id) has this slice.
    pub expected: bool,
    /// Newest ProcessTrigger run.
    pub prelim: SliceCell,
    /// Newest RerunTrigger run.
    #[serde(rename = "final")]
    pub final_: SliceCell,
    /// Newest ManualTrigger run.
    pub manual: SliceCell,
    /// Newest run whose trigger is not recognised.
    pub unrecognised: SliceCell,
}

/// One cell of the matrix.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SliceCell {
    /// The newest run.
    pub run: Option<Run>,
    /// How many runs there were.
    pub run_count: usize,
    /// The phase has started for this dataset but not for this expected slice.
    pub missing: bool,
}

/// A column of the explorer that can be sorted by and filtered on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RunColumn {
    /// Essentials the dataset belongs to.
    Essential,
    /// Dataset id.
    Dataset,
    /// DAG id.
    Dag,
    /// Slice.
    Slice,
    /// Trigger, as PRELIM, FINAL, MANUAL or the source's word.
    Trigger,
    /// Phase the run counts in.
    Phase,
    /// Status.
    Status,
    /// CREATED_DATE.
    Started,
    /// UPDATED_DATE.
    Updated,
    /// Seconds.
    Duration,
    /// Run id.
    Run,
}

impl RunColumn {
    /// All, in the order they are shown.
    pub const ALL: [Self; 11] = [
        Self::Essential,
        Self::Dataset,
        Self::Slice,
        Self::Phase,
        Self::Status,
        Self::Started,
        Self::Duration,
        Self::Updated,
        Self::Trigger,
        Self::Dag,
        Self::Run,
    ];

    /// The name in URLs, CSV headers and JSON keys.
    pub fn key(self) -> &'static str {
        match self {
            Self::Essential => "essential",
            Self::Dataset => "dataset",
            Self::Dag => "dag",
            Self::Slice => "slice",
            Self::Trigger => "trigger",
            Self::Phase => "phase",
            Self::Status => "status",
            Self::Started => "started",
            Self::Updated => "updated",
            Self::Duration => "duration",
            Self::Run => "run",
        }
    }

    /// The column of that name.
    pub fn parse(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|column| column.key() == key)
    }
}

/// Which runs of a date, and in which order.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunQuery {
    /// Words that must all occur somewhere in the row, in any case.
    pub search: String,
    /// Per column, a text that its value must hold, in any case; `=text` wants the whole value.
    pub filters: Vec<(RunColumn, String)>,
    /// Sort column, and whether descending; newest start first where none is given.
    pub sort: Option<(RunColumn, SortOrder)>,
}

/// Which way a column is sorted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SortOrder {
    /// Smallest first.
    #[default]
    Ascending,
    /// Largest first.
    Descending,
}

/// A window of the runs that a query selects.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunsView {
    /// Rows of this window.
    pub rows: Vec<RunListItem>,
    /// Index of the first row of this window.
    pub offset: usize,
    /// Rows that the query selects.
    pub matching: usize,
    /// Rows of the date.
    pub total: usize,
    /// When the sources last answered for it; `None` while nothing is known yet.
    #[serde(default, deserialize_with = "crate::wire::optional_timestamp")]
    pub polled_at: Option<Timestamp>,
    /// The server's time.
    #[serde(deserialize_with = "crate::wire::timestamp")]
    pub now: Timestamp,
    /// How the sources are.
    pub sources: Vec<SourceStatus>,
}

/// A run in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunListItem {
    /// Primary key.
    pub key: RunKey,
    /// Display names of the essentials that hold the dataset.
    pub essentials: Vec<String>,
    /// Dataset id.
    pub dataset_id: DatasetId,
    /// DAG id.
    pub dag_id: DagId,
    /// Run id.
    pub run_id: RunId,
    /// Slice, where recognised.
    pub slice: Option<SliceName>,
    /// PRELIM, FINAL, MANUAL, or the source's word.
    pub trigger: String,
    /// The phase it counts in.
    pub phase: Option<Phase>,
    /// The source's word.
    pub status: String,
    /// CREATED_DATE.
    #[serde(deserialize_with = "crate::wire::timestamp")]
    pub started_at: Timestamp,
    /// UPDATED_DATE.
    #[serde(deserialize_with = "crate::wire::timestamp")]
    pub updated_at: Timestamp,
    /// Seconds; to the last poll while it is not over.
    pub duration_s: i64,
    /// Why it changes no status.
    pub oddities: Vec<Oddity>,
}

/// The failures of a date.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FailuresView {
    /// Essentials with a failed slice, in catalog order.
    pub essentials: Vec<EssentialFailures>,
    /// When the sources last answered for it; `None` while nothing is known yet.
    #[serde(default, deserialize_with = "crate::wire::optional_timestamp")]
    pub polled_at: Option<Timestamp>,
    /// The server's time.
    #[serde(deserialize_with = "crate::wire::timestamp")]
    pub now: Timestamp,
    /// How the sources are.
    pub sources: Vec<SourceStatus>,
}

/// The failures of one essential.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EssentialFailures {
    /// Canonical name.
    pub name: EssentialName,
    /// The name people see.
    pub display_name: String,
    /// Its overall status.
    pub status: EssentialStatus,
    /// The first pass.
    pub prelim: PhaseBoard,
    /// The second pass.
    #[serde(rename = "final")]
    pub final_: PhaseBoard,
    /// One entry a failed step and phase, in step order.
    pub steps: Vec<StepFailures>,
    /// Essentials that wait for this one, directly or through others.
    pub blocks: Vec<Neighbour>,
}

/// The failures of one step in one phase.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepFailures {
    /// Step.
    pub sequence_order: i32,
    /// Phase.
    pub phase: Phase,
    /// The newest run of each failed slice, newest first.
    pub runs: Vec<Run>,
    /// Datasets of higher steps that have not started because of it.
    pub blocked_datasets: Vec<DatasetId>,
}

/// A run with its tasks.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunTasksView {
    /// The run.
    pub run: Run,
    /// Essentials that hold its dataset.
    pub essentials: Vec<Neighbour>,
    /// Its tasks by start, those that never started last.
    pub tasks: Vec<TaskRow>,
    /// Index of the first task that failed by itself (not `upstream_failed`).
    pub first_failed: Option<usize>,
    /// The run's page in Airflow, where its base URL is configured; a task's page is below it
    /// at `/tasks/{task_id}`, a mapped one's at `/tasks/{task_id}/mapped/{map_index}`.
    pub airflow_url: Option<String>,
    /// The server's time.
    #[serde(deserialize_with = "crate::wire::timestamp")]
    pub now: Timestamp,
}
