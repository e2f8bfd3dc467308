//! The shape of an essential in REST answers: the flat fields that clients of the first
//! version know, and beside them what a phase and a slice really are.

use crate::api::json::{SourceJson, sources};
use jiff::Timestamp;
use model::{Board, DatasetBoard, DatasetPhase, EssentialBoard, EssentialStatus, Phase, PhaseBoard, Summary};
use serde::Serialize;
use service::Snapshot;
use utoipa::ToSchema;

/// The board of one business date.
#[derive(Debug, Serialize, ToSchema)]
pub struct EssentialsJson {
    /// The date that is being processed.
    #[schema(example = "2026-02-18")]
    pub business_date: String,
    /// When the sources last answered for it; running durations go to here.
    pub timestamp: Option<Timestamp>,
    /// Names this content; `id` of the live events.
    pub snapshot_id: u64,
    /// How many essentials are in which state.
    pub summary: SummaryJson,
    /// In catalog order.
    pub essentials: Vec<EssentialJson>,
    /// Rows that are shown but change no status.
    pub unrecognised_count: usize,
    /// How the sources are: the board is older than `timestamp` says while one is down.
    pub sources: Vec<SourceJson>,
}

/// Counts of essentials.
#[derive(Debug, Serialize, ToSchema)]
pub struct SummaryJson {
    /// All of them.
    pub total: usize,
    /// SUCCESS.
    pub completed: usize,
    /// RUNNING.
    pub running: usize,
    /// FAILED and PARTIAL_FAILURE.
    pub failed: usize,
    /// NOT_STARTED and WAITING.
    pub not_started: usize,
}

impl From<Summary> for SummaryJson {
    fn from(summary: Summary) -> Self {
        let Summary { total, completed, running, failed, not_started } = summary;
        Self { total, completed, running, failed, not_started }
    }
}

/// One essential.
#[derive(Debug, Serialize, ToSchema)]
pub struct EssentialJson {
    /// Canonical name.
    #[schema(example = "TB-Derivatives")]
    pub essential_name: String,
    /// The name people see.
    #[schema(example = "DERIVATIVES")]
    pub display_name: String,
    /// SUCCESS, PARTIAL_FAILURE, FAILED, RUNNING, NOT_STARTED or WAITING: in `phase`.
    #[schema(example = "RUNNING")]
    pub status: &'static str,
    /// The phase that `status` and the flat fields of `datasets` speak of.
    #[schema(example = "FINAL")]
    pub phase: &'static str,
    /// Essentials it depends on that are not SUCCESS.
    pub waiting_for: Vec<String>,
    /// The first pass.
    pub prelim: PhaseJson,
    /// The second pass.
    #[serde(rename = "final")]
    pub final_: PhaseJson,
    /// In sequence order.
    pub datasets: Vec<DatasetJson>,
}

/// An essential in one phase.
#[derive(Debug, Serialize, ToSchema)]
pub struct PhaseJson {
    /// SUCCESS, PARTIAL_FAILURE, FAILED, RUNNING or NOT_STARTED.
    pub status: &'static str,
    /// Datasets in the catalog.
    pub total_datasets: usize,
    /// Datasets SUCCESS.
    pub success: usize,
    /// Datasets FAILED.
    pub failed: usize,
    /// Datasets RUNNING.
    pub running: usize,
    /// Datasets NOT_STARTED.
    pub not_started: usize,
    /// `success/total_datasets`.
    #[schema(example = "4/6")]
    pub progress: String,
    /// Earliest start of the newest runs.
    pub started_at: Option<Timestamp>,
    /// Latest update of the newest runs.
    pub last_updated: Option<Timestamp>,
    /// When it will be done; `null` while nothing predicts it.
    pub eta: Option<Timestamp>,
}

/// One dataset. The flat fields speak of the essential's `phase`.
#[derive(Debug, Serialize, ToSchema)]
pub struct DatasetJson {
    /// Dataset id.
    pub dataset_id: String,
    /// DAG of its newest run; by convention where none was seen.
    pub dag_id: String,
    /// Step: equal ones run in parallel, a higher one waits for all lower ones.
    pub sequence_order: i32,
    /// The first pass.
    pub prelim: DatasetPhaseJson,
    /// The second pass.
    #[serde(rename = "final")]
    pub final_: DatasetPhaseJson,
    /// `prelim.status`.
    pub prelim_status: &'static str,
    /// `final.status`.
    pub final_status: &'static str,
    /// Expected slices.
    pub slice_count: usize,
    /// Slices SUCCESS.
    pub slices_success: usize,
    /// Slices FAILED or CANCELLED.
    pub slices_failed: usize,
    /// Run id of its newest recognised run, of either phase.
    pub latest_dag_run_id: Option<String>,
    /// Whole minutes from start to end; to `timestamp` while it runs.
    pub duration_minutes: Option<i64>,
    /// Start.
    pub created_date: Option<Timestamp>,
    /// Last update.
    pub updated_date: Option<Timestamp>,
    /// Rows that are shown but change no status.
    pub unrecognised_count: usize,
}

/// A dataset in one phase.
#[derive(Debug, Serialize, ToSchema)]
pub struct DatasetPhaseJson {
    /// SUCCESS, FAILED, RUNNING or NOT_STARTED.
    pub status: &'static str,
    /// Expected slices: the catalog's, or those seen in run ids where it names none.
    pub slice_count: usize,
    /// Slices whose newest run is SUCCESS.
    pub slices_success: usize,
    /// Slices whose newest run is FAILED or CANCELLED.
    pub slices_failed: usize,
    /// Slices whose newest run is RUNNING or QUEUED.
    pub slices_running: usize,
    /// Expected slices without a run, once the dataset has one in this phase.
    pub missing_slices: Vec<String>,
    /// Earliest start of the newest runs.
    pub started_at: Option<Timestamp>,
    /// Latest update of the newest runs.
    pub last_updated: Option<Timestamp>,
    /// The failed step that keeps it from starting.
    pub blocked_by: Option<i32>,
}

impl EssentialsJson {
    /// `board` of `snapshot`, in `phase` or overall.
    pub fn of(snapshot: &Snapshot, board: &Board, phase: Option<Phase>) -> Self {
        let summary = match phase {
            None => board.summary,
            Some(_) => Summary::of(board.essentials.iter().map(|essential| essential.status_in(phase))),
        };
        let now = snapshot.polled_at.unwrap_or_default();
        Self {
            business_date: board.business_date.to_string(),
            timestamp: snapshot.polled_at,
            snapshot_id: board.id.0,
            summary: summary.into(),
            essentials: board
                .essentials
                .iter()
                .map(|essential| EssentialJson::of(essential, phase, now))
                .collect(),
            unrecognised_count: board.unrecognised_count,
            sources: sources(&snapshot.sources),
        }
    }
}

impl EssentialJson {
    /// `essential` in `phase`, or overall, as of `now`.
    pub fn of(essential: &EssentialBoard, phase: Option<Phase>, now: Timestamp) -> Self {
        let status: EssentialStatus = essential.status_in(phase);
        let phase = phase.unwrap_or(essential.phase);
        Self {
            essential_name: essential.name.to_string(),
            display_name: essential.display_name.clone(),
            status: status.as_str(),
            phase: phase.as_str(),
            waiting_for: essential.waiting_for.iter().map(ToString::to_string).collect(),
            prelim: PhaseJson::from(&essential.prelim),
            final_: PhaseJson::from(&essential.final_),
            datasets: essential.datasets.iter().map(|dataset| DatasetJson::of(dataset, phase, now)).collect(),
        }
    }
}

impl From<&PhaseBoard> for PhaseJson {
    fn from(phase: &PhaseBoard) -> Self {
        Self {
            status: phase.status.as_str(),
            total_datasets: phase.total_datasets,
            success: phase.success,
            failed: phase.failed,
            running: phase.running,
            not_started: phase.not_started,
            progress: phase.progress(),
            started_at: phase.started_at,
            last_updated: phase.last_updated,
            eta: None,
        }
    }
}

impl DatasetJson {
    fn of(dataset: &DatasetBoard, phase: Phase, now: Timestamp) -> Self {
        let current = dataset.in_phase(phase);
        Self {
            dataset_id: dataset.dataset_id.to_string(),
            dag_id: dataset.dag_id.to_string(),
            sequence_order: dataset.sequence_order,
            prelim: DatasetPhaseJson::from(&dataset.prelim),
            final_: DatasetPhaseJson::from(&dataset.final_),
            prelim_status: dataset.prelim.status.as_str(),
            final_status: dataset.final_.status.as_str(),
            slice_count: current.slice_count,
            slices_success: current.slices_success,
            slices_failed: current.slices_failed,
            latest_dag_run_id: dataset.latest_run_id.as_ref().map(ToString::to_string),
            duration_minutes: current.duration_s(now).map(|seconds| seconds / 60),
            created_date: current.started_at,
            updated_date: current.last_updated,
            unrecognised_count: dataset.unrecognised_count,
        }
    }
}

impl From<&DatasetPhase> for DatasetPhaseJson {
    fn from(phase: &DatasetPhase) -> Self {
        Self {
            status: phase.status.as_str(),
            slice_count: phase.slice_count,
            slices_success: phase.slices_success,
            slices_failed: phase.slices_failed,
            slices_running: phase.slices_running,
            missing_slices: phase.missing_slices.iter().map(ToString::to_string).collect(),
            started_at: phase.started_at,
            last_updated: phase.last_updated,
            blocked_by: phase.blocked_by,
        }
    }
}
