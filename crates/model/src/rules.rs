//! The status rules: from source rows to what a slice, a dataset in a phase and an
//! essential in a phase are. Pure; `ARCHITECTURE.md` ("Status rules") states them in words.

use crate::catalog::Catalog;
use crate::ids::{DatasetId, SliceName};
use crate::run::{Oddity, Phase, Run, RunRow, RunStatus, Trigger, slice_in_run_id};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap};

/// Status of a dataset in one phase.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum DatasetStatus {
    /// Every expected slice is SUCCESS.
    Success,
    /// A slice is FAILED or CANCELLED.
    Failed,
    /// Something is at work, or part of the slices is done.
    Running,
    /// No run yet.
    NotStarted,
}

impl DatasetStatus {
    /// The word in the REST answers.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Success => "SUCCESS",
            Self::Failed => "FAILED",
            Self::Running => "RUNNING",
            Self::NotStarted => "NOT_STARTED",
        }
    }

    /// The word people see: NOT_STARTED reads PENDING.
    pub fn label(self) -> &'static str {
        match self {
            Self::NotStarted => "PENDING",
            other => other.as_str(),
        }
    }
}

/// Status of an essential, in a phase or overall.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum EssentialStatus {
    /// Every dataset is SUCCESS.
    Success,
    /// A dataset FAILED, another is SUCCESS.
    PartialFailure,
    /// A dataset FAILED and none is SUCCESS.
    Failed,
    /// At work, none failed.
    Running,
    /// No run yet.
    NotStarted,
    /// No run yet, and an essential that it depends on is not SUCCESS. Overall only.
    Waiting,
}

impl EssentialStatus {
    /// The word in the REST answers.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Success => "SUCCESS",
            Self::PartialFailure => "PARTIAL_FAILURE",
            Self::Failed => "FAILED",
            Self::Running => "RUNNING",
            Self::NotStarted => "NOT_STARTED",
            Self::Waiting => "WAITING",
        }
    }

    /// The word people see: PARTIAL_FAILURE reads FAILED, NOT_STARTED reads PENDING.
    pub fn label(self) -> &'static str {
        match self {
            Self::PartialFailure => "FAILED",
            Self::NotStarted => "PENDING",
            other => other.as_str(),
        }
    }

    /// FAILED or PARTIAL_FAILURE.
    pub fn is_failure(self) -> bool {
        matches!(self, Self::Failed | Self::PartialFailure)
    }
}

/// Reads rows as runs: finds each one's slice and phase and says what is odd about it.
/// The answer is ordered by `created_at`, then key.
///
/// A ManualTrigger repairs the phase of the newest earlier recognised run of the same
/// dataset and slice, and PRELIM where there is none.
pub fn read_runs(rows: Vec<RunRow>, catalog: &Catalog) -> Vec<Run> {
    let places = catalog.places();
    let mut rows = rows;
    rows.sort_by_key(|row| (row.created_at, row.key));
    let mut last_phase: HashMap<(DatasetId, SliceName), Phase> = HashMap::new();
    rows.into_iter()
        .map(|row| {
            let slice = slice_in_run_id(&row.run_id, &row.dag_id, row.business_date);
            let holders = places.get(&row.dataset_id).map_or(&[][..], Vec::as_slice);
            let expects = |slice| holders.is_empty() || holders.iter().any(|dataset| dataset.expects(slice));
            let trigger = Trigger::parse(&row.trigger_type);
            let mut oddities = Vec::new();
            if RunStatus::parse(&row.status).is_none() {
                oddities.push(Oddity::UnknownStatus);
            }
            if trigger.is_none() {
                oddities.push(Oddity::UnknownTrigger);
            }
            match &slice {
                None => oddities.push(Oddity::MalformedRunId),
                Some(slice) if !expects(slice) => {
                    oddities.push(Oddity::UnexpectedSlice);
                }
                Some(_) => {}
            }
            let place = slice.clone().map(|slice| (row.dataset_id.clone(), slice));
            let phase = trigger.map(|trigger| match trigger {
                Trigger::Process => Phase::Prelim,
                Trigger::Rerun => Phase::Final,
                Trigger::Manual => {
                    place.as_ref().and_then(|place| last_phase.get(place)).copied().unwrap_or(Phase::Prelim)
                }
            });
            if let (Some(place), Some(phase), true) = (place, phase, oddities.is_empty()) {
                last_phase.insert(place, phase);
            }
            Run { row, slice, phase, oddities }
        })
        .collect()
}

/// The newest recognised run of each slice in `phase`; `runs` are one dataset's, oldest first.
pub fn newest_by_slice<'a>(
    runs: impl IntoIterator<Item = &'a Run>,
    phase: Phase,
) -> BTreeMap<&'a SliceName, &'a Run> {
    runs.into_iter()
        .filter(|run| run.is_recognised() && run.phase == Some(phase))
        .filter_map(|run| Some((run.slice.as_ref()?, run)))
        .collect()
}

/// Status of a dataset in a phase from the status of each slice that ran and the slices expected.
pub fn dataset_status(ran: &BTreeMap<&SliceName, RunStatus>, expected: &[SliceName]) -> DatasetStatus {
    let is = |status: &RunStatus| *status == RunStatus::Success;
    if ran.values().any(|status| status.is_failure()) {
        DatasetStatus::Failed
    } else if ran.values().any(|status| status.is_active()) {
        DatasetStatus::Running
    } else if ran.is_empty() {
        DatasetStatus::NotStarted
    } else if expected.iter().all(|slice| ran.get(slice).is_some_and(is)) {
        DatasetStatus::Success
    } else {
        DatasetStatus::Running
    }
}

/// Status of an essential in a phase from the statuses of its datasets.
pub fn essential_status(datasets: &[DatasetStatus]) -> EssentialStatus {
    let any = |wanted| datasets.contains(&wanted);
    let success = any(DatasetStatus::Success);
    if any(DatasetStatus::Failed) {
        if success { EssentialStatus::PartialFailure } else { EssentialStatus::Failed }
    } else if any(DatasetStatus::Running) {
        EssentialStatus::Running
    } else if !success {
        EssentialStatus::NotStarted
    } else if any(DatasetStatus::NotStarted) {
        EssentialStatus::Running
    } else {
        EssentialStatus::Success
    }
}
