//! Shapes that several answers share.

use jiff::Timestamp;
use model::source::{SourceState, SourceStatus};
use model::view::{Neighbour, RunListItem};
use model::{Oddity, Run};
use serde::Serialize;
use utoipa::ToSchema;

/// How one source is, as of its last call.
#[derive(Debug, Serialize, ToSchema)]
pub struct SourceJson {
    /// `fgw_database`, `airflow_database` or `lenz_api`.
    pub name: &'static str,
    /// `starting` (not asked yet), `up` or `down`.
    pub state: &'static str,
    /// When a call last succeeded.
    pub last_success: Option<Timestamp>,
    /// Why the last call failed; `null` when it did not.
    pub last_error: Option<String>,
}

impl From<&SourceStatus> for SourceJson {
    fn from(source: &SourceStatus) -> Self {
        Self {
            name: source.name.as_str(),
            state: state_word(source.state),
            last_success: source.last_success,
            last_error: source.error.clone(),
        }
    }
}

/// All sources.
pub fn sources(sources: &[SourceStatus]) -> Vec<SourceJson> {
    sources.iter().map(SourceJson::from).collect()
}

/// The word for a state.
pub fn state_word(state: SourceState) -> &'static str {
    match state {
        SourceState::Starting => "starting",
        SourceState::Up => "up",
        SourceState::Down => "down",
    }
}

/// One run of a dataset's slice.
#[derive(Debug, Serialize, ToSchema)]
pub struct RunJson {
    /// `WORKFLOW_RUN_INSTANCE_KEY`.
    pub key: i64,
    /// Dataset id.
    pub dataset_id: String,
    /// DAG id.
    pub dag_id: String,
    /// Run id.
    pub run_id: String,
    /// Slice, where the run id names one.
    pub slice: Option<String>,
    /// PRELIM, FINAL or MANUAL; the source's word where it is another.
    pub trigger: String,
    /// PRELIM or FINAL: where the run counts.
    pub phase: Option<&'static str>,
    /// SUCCESS, FAILED, CANCELLED, RUNNING or QUEUED; the source's word where it is another.
    pub status: String,
    /// Start.
    pub started_at: Timestamp,
    /// End, or the last heartbeat of a run that is not over.
    pub updated_at: Timestamp,
    /// Seconds; to `timestamp` while the run is not over.
    pub duration_s: i64,
    /// Why the run changes no status; empty for a good one.
    pub oddities: Vec<&'static str>,
}

/// The keys of a run's oddities.
fn oddities(of: &[Oddity]) -> Vec<&'static str> {
    of.iter().map(|oddity| oddity_word(*oddity)).collect()
}

fn oddity_word(oddity: Oddity) -> &'static str {
    match oddity {
        Oddity::UnknownStatus => "unknown_status",
        Oddity::UnknownTrigger => "unknown_trigger",
        Oddity::MalformedRunId => "malformed_run_id",
        Oddity::UnexpectedSlice => "unexpected_slice",
    }
}

impl RunJson {
    /// A run as it is at `now`.
    pub fn of(run: &Run, now: Timestamp) -> Self {
        let trigger = run.trigger().map(|trigger| trigger.label().to_owned());
        Self {
            key: run.row.key.0,
            dataset_id: run.row.dataset_id.to_string(),
            dag_id: run.row.dag_id.to_string(),
            run_id: run.row.run_id.to_string(),
            slice: run.slice.as_ref().map(ToString::to_string),
            trigger: trigger.unwrap_or_else(|| run.row.trigger_type.clone()),
            phase: run.phase.map(|phase| phase.as_str()),
            status: run.row.status.clone(),
            started_at: run.row.created_at,
            updated_at: run.row.updated_at,
            duration_s: run.duration_s(now),
            oddities: oddities(&run.oddities),
        }
    }
}

impl From<RunListItem> for RunJson {
    fn from(item: RunListItem) -> Self {
        Self {
            key: item.key.0,
            dataset_id: item.dataset_id.to_string(),
            dag_id: item.dag_id.to_string(),
            run_id: item.run_id.to_string(),
            slice: item.slice.map(|slice| slice.to_string()),
            trigger: item.trigger,
            phase: item.phase.map(|phase| phase.as_str()),
            status: item.status,
            started_at: item.started_at,
            updated_at: item.updated_at,
            duration_s: item.duration_s,
            oddities: oddities(&item.oddities),
        }
    }
}

/// Another essential.
#[derive(Debug, Serialize, ToSchema)]
pub struct NeighbourJson {
    /// Canonical name.
    pub essential_name: String,
    /// The name people see.
    pub display_name: String,
    /// Its overall status; `null` where the catalog does not know it.
    pub status: Option<&'static str>,
}

impl From<&Neighbour> for NeighbourJson {
    fn from(neighbour: &Neighbour) -> Self {
        Self {
            essential_name: neighbour.name.to_string(),
            display_name: neighbour.display_name.clone(),
            status: neighbour.status.map(|status| status.as_str()),
        }
    }
}
