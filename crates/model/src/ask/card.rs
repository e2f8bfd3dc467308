//! The data beside an answer's text.

use crate::board::PhaseBoard;
use crate::date::BusinessDate;
use crate::ids::{DagId, DatasetId, EssentialName, RunId, SliceName};
use crate::rules::{DatasetStatus, EssentialStatus};
use crate::run::{Phase, TaskRow};
use crate::view::Neighbour;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Data to show, by kind.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Card {
    /// All essentials of a date.
    Overview(OverviewCard),
    /// One essential.
    BatchStatus(StatusCard),
    /// What failed in one essential.
    RcaAnalysis(RcaCard),
    /// Slices of one essential.
    SliceStatus(SliceCard),
    /// Tasks of a run.
    TaskDetails(TaskCard),
    /// Runs that fit.
    Runs(RunsCard),
    /// How long runs took.
    HistoricalRuns(HistoryCard),
    /// Two dates of one essential.
    HistoricalComparison(ComparisonCard),
    /// Who waits for whom.
    Dependencies(DependencyCard),
    /// Rows of a query.
    SqlResult(SqlCard),
}

/// The essentials of a date.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OverviewCard {
    /// The date.
    pub business_date: BusinessDate,
    /// The phase spoken of; `None` for overall.
    pub processing_type: Option<Phase>,
    /// How many are in which state.
    pub summary: crate::board::Summary,
    /// In catalog order.
    pub essentials: Vec<OverviewLine>,
}

/// An essential in an overview.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OverviewLine {
    /// Canonical name.
    pub name: EssentialName,
    /// The name people see.
    pub display_name: String,
    /// In the phase spoken of.
    pub status: EssentialStatus,
    /// Datasets SUCCESS of all, for example `4/6`.
    pub progress: String,
}

/// How one essential is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatusCard {
    /// Canonical name.
    pub essential_name: EssentialName,
    /// The name people see.
    pub batch_name: String,
    /// The date.
    pub business_date: BusinessDate,
    /// The phase spoken of; `None` for both.
    pub processing_type: Option<Phase>,
    /// Overall, or in the phase spoken of.
    pub status: EssentialStatus,
    /// Counts of datasets in the phase spoken of, else in the one that the status speaks of.
    pub summary: DatasetCounts,
    /// The phases spoken of.
    pub phases: Vec<PhaseLine>,
    /// The steps in the phase that `summary` counts.
    pub sequence_progress: Vec<StepProgress>,
}

/// Datasets by state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DatasetCounts {
    /// All.
    pub total_datasets: usize,
    /// SUCCESS.
    pub success: usize,
    /// FAILED.
    pub failed: usize,
    /// RUNNING.
    pub running: usize,
    /// NOT_STARTED.
    pub not_started: usize,
}

impl From<&PhaseBoard> for DatasetCounts {
    fn from(phase: &PhaseBoard) -> Self {
        Self {
            total_datasets: phase.total_datasets,
            success: phase.success,
            failed: phase.failed,
            running: phase.running,
            not_started: phase.not_started,
        }
    }
}

/// A phase of an essential.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PhaseLine {
    /// Which.
    pub phase: Phase,
    /// How it is.
    pub board: PhaseBoard,
}

/// A step of an essential in one phase.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepProgress {
    /// Step.
    pub sequence_order: i32,
    /// Phase.
    pub phase: Phase,
    /// FAILED where any dataset is, else RUNNING where any is or only part is done.
    pub status: DatasetStatus,
    /// Its datasets.
    pub datasets: Vec<DatasetId>,
    /// Their counts.
    pub counts: DatasetCounts,
    /// The failed step that holds it up.
    pub blocked_by: Option<i32>,
}

/// What failed in one essential.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RcaCard {
    /// Canonical name.
    pub essential_name: EssentialName,
    /// The name people see.
    pub batch_name: String,
    /// The date.
    pub business_date: BusinessDate,
    /// The phase spoken of; `None` for both.
    pub processing_type: Option<Phase>,
    /// Failed runs, by step; at most as many as were looked into.
    pub failures: Vec<Failure>,
    /// Failed runs in all.
    pub failure_count: usize,
    /// Datasets that have not started because of them.
    pub blocked_datasets: Vec<DatasetId>,
    /// Essentials that wait.
    pub blocked_essentials: Vec<Neighbour>,
}

/// A failed run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// Step.
    pub sequence_order: i32,
    /// Phase that it counts in.
    pub phase: Phase,
    /// Dataset.
    pub dataset_id: DatasetId,
    /// DAG.
    pub dag_id: DagId,
    /// Run.
    pub dag_run_id: RunId,
    /// Slice.
    pub slice: Option<SliceName>,
    /// The source's word.
    pub status: String,
    /// What the source says of it, as written.
    pub status_detail: String,
    /// Start.
    #[serde(deserialize_with = "crate::wire::timestamp")]
    pub created_date: Timestamp,
    /// End.
    #[serde(deserialize_with = "crate::wire::timestamp")]
    pub updated_date: Timestamp,
    /// Whole minutes from start to end.
    pub duration_minutes: i64,
    /// Tasks that failed by themselves; empty where none did or Airflow did not say.
    pub failed_tasks: Vec<FailedTask>,
}

/// A failed task.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FailedTask {
    /// Task id.
    pub task_id: String,
    /// The try that failed last.
    pub try_number: u32,
    /// Tries allowed, the first included.
    pub tries: u32,
    /// When it ended.
    #[serde(default, deserialize_with = "crate::wire::optional_timestamp")]
    pub failed_at: Option<Timestamp>,
    /// Worker.
    pub hostname: String,
}

/// Slices of one essential.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SliceCard {
    /// Canonical name.
    pub essential_name: EssentialName,
    /// The name people see.
    pub batch_name: String,
    /// The date.
    pub business_date: BusinessDate,
    /// The phase spoken of; `None` for both.
    pub processing_type: Option<Phase>,
    /// The slices by state.
    pub summary: SliceCounts,
    /// In step order.
    pub slices: Vec<SliceLine>,
}

/// Slices by state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SliceCounts {
    /// All.
    pub total: usize,
    /// SUCCESS.
    pub success: usize,
    /// FAILED and CANCELLED.
    pub failed: usize,
    /// RUNNING and QUEUED.
    pub running: usize,
    /// No run.
    pub not_started: usize,
}

/// A slice in one phase.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SliceLine {
    /// Dataset.
    pub dataset_id: DatasetId,
    /// Step.
    pub sequence_order: i32,
    /// Slice.
    pub name: SliceName,
    /// Phase.
    pub phase: Phase,
    /// The newest run's, as the source writes it; NOT_STARTED without one.
    pub status: String,
    /// The newest run.
    pub dag_run_id: Option<RunId>,
    /// Its start.
    #[serde(default, deserialize_with = "crate::wire::optional_timestamp")]
    pub created_date: Option<Timestamp>,
    /// Its end, or last sign of life.
    #[serde(default, deserialize_with = "crate::wire::optional_timestamp")]
    pub updated_date: Option<Timestamp>,
    /// Whole minutes from start to end; to now while it is not over.
    pub duration_minutes: Option<i64>,
    /// Runs of the slice in the phase.
    pub total_runs: usize,
}

/// Tasks of a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TaskCard {
    /// Run.
    pub dag_run_id: RunId,
    /// Dataset.
    pub dataset_id: DatasetId,
    /// Slice.
    pub slice: Option<SliceName>,
    /// The run's status, as the source writes it.
    pub status: String,
    /// In order of start.
    pub tasks: Vec<TaskRow>,
    /// Tasks by state.
    pub summary: BTreeMap<String, usize>,
    /// The run's page in Airflow.
    pub airflow_url: Option<String>,
}

/// Runs that fit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunsCard {
    /// The date.
    pub business_date: BusinessDate,
    /// The first of them.
    pub runs: Vec<crate::view::RunListItem>,
    /// How many fit.
    pub matching: usize,
}

/// How long runs took.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct HistoryCard {
    /// The name people see.
    pub batch_name: String,
    /// First date.
    pub from_date: BusinessDate,
    /// Last date.
    pub to_date: BusinessDate,
    /// The phase spoken of; `None` for both.
    pub processing_type: Option<Phase>,
    /// By date, newest first, then by slice; of many the newest.
    pub history: Vec<HistoryLine>,
    /// How many lines there are, these among them.
    pub line_count: usize,
    /// Over all lines.
    pub stats: DurationStats,
    /// Runs that failed or were cancelled, in all lines.
    pub failed_count: usize,
    /// Of each date, oldest first, the median of the slice that took longest, in minutes.
    pub longest_by_date: Vec<(BusinessDate, f64)>,
}

/// The runs of a dataset's slice on a date.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct HistoryLine {
    /// Date.
    pub business_date: BusinessDate,
    /// Dataset.
    pub dataset_id: DatasetId,
    /// Slice.
    pub slice: SliceName,
    /// Runs that ended badly.
    pub failed_count: usize,
    /// Of those that ended well.
    pub stats: DurationStats,
}

/// Durations of successful runs, in minutes with one digit behind the point.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct DurationStats {
    /// How many runs.
    pub sample_count: usize,
    /// Shortest.
    pub min: f64,
    /// Longest.
    pub max: f64,
    /// Mean.
    pub mean: f64,
    /// Median.
    pub p50: f64,
    /// Nine of ten took no longer.
    pub p90: f64,
    /// Nineteen of twenty took no longer.
    pub p95: f64,
}

/// One essential on two dates.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ComparisonCard {
    /// Canonical name.
    pub essential_name: EssentialName,
    /// The name people see.
    pub batch_name: String,
    /// The phase compared.
    pub phase: Phase,
    /// The earlier date.
    pub from_date: BusinessDate,
    /// The later date.
    pub to_date: BusinessDate,
    /// By step.
    pub datasets: Vec<ComparisonLine>,
}

/// A dataset on two dates.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ComparisonLine {
    /// Step.
    pub sequence_order: i32,
    /// Dataset.
    pub dataset_id: DatasetId,
    /// On the earlier date.
    pub before: ComparisonSide,
    /// On the later date.
    pub after: ComparisonSide,
}

/// A dataset on one of two dates.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ComparisonSide {
    /// Status.
    pub status: DatasetStatus,
    /// Whole minutes from first start to last update.
    pub duration_minutes: Option<i64>,
}

/// Who waits for whom.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DependencyCard {
    /// The date of the statuses.
    pub business_date: BusinessDate,
    /// One a batch.
    pub batches: Vec<DependencyLine>,
}

/// The neighbours of an essential.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DependencyLine {
    /// Itself.
    pub batch: Neighbour,
    /// What it waits for.
    pub depends_on: Vec<Neighbour>,
    /// What waits for it.
    pub needed_by: Vec<Neighbour>,
}

/// Rows of a query.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SqlCard {
    /// What the query answers.
    pub question: String,
    /// The statement as it ran, or as it would run.
    pub sql: String,
    /// Names of the columns.
    pub columns: Vec<String>,
    /// Values as text; `None` for NULL.
    pub rows: Vec<Vec<Option<String>>>,
    /// Whether it has been run; else it is an offer.
    pub ran: bool,
    /// Whether there were more rows than its limit.
    pub truncated: bool,
}
