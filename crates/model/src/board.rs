//! The board of one business date: what every page, the REST answers and the live
//! updates show.

use crate::catalog::{Catalog, Dataset, Essential};
use crate::date::BusinessDate;
use crate::ids::{DagId, DatasetId, EssentialName, RunId, SliceName, SnapshotId};
use crate::rules::{DatasetStatus, EssentialStatus, dataset_status, essential_status, newest_by_slice};
use crate::run::{Phase, Run, RunStatus};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// All essentials of a business date, as the status rules see them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Board {
    /// Names this content.
    pub id: SnapshotId,
    /// The date that is being processed.
    pub business_date: BusinessDate,
    /// How many essentials are in which state.
    pub summary: Summary,
    /// In catalog order.
    pub essentials: Vec<EssentialBoard>,
    /// Rows read for this date.
    pub run_count: usize,
    /// Rows among them that are shown but change no status.
    pub unrecognised_count: usize,
}

/// Counts of essentials by overall status.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Summary {
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

impl Summary {
    /// Counts `statuses`.
    pub fn of(statuses: impl IntoIterator<Item = EssentialStatus>) -> Self {
        let mut summary = Self::default();
        for status in statuses {
            summary.total += 1;
            *match status {
                EssentialStatus::Success => &mut summary.completed,
                EssentialStatus::Running => &mut summary.running,
                EssentialStatus::Failed | EssentialStatus::PartialFailure => &mut summary.failed,
                EssentialStatus::NotStarted | EssentialStatus::Waiting => &mut summary.not_started,
            } += 1;
        }
        summary
    }
}

/// One essential on the board.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EssentialBoard {
    /// Canonical name.
    pub name: EssentialName,
    /// The name people see.
    pub display_name: String,
    /// The first pass.
    pub prelim: PhaseBoard,
    /// The second pass.
    #[serde(rename = "final")]
    pub final_: PhaseBoard,
    /// The phase that the overall status speaks of: FINAL once it has started, else PRELIM.
    pub phase: Phase,
    /// The overall status.
    pub status: EssentialStatus,
    /// Whether an essential it depends on is not SUCCESS.
    pub is_waiting: bool,
    /// Those essentials, as far as the reader may see them.
    pub waiting_for: Vec<EssentialName>,
    /// Its datasets, in sequence order.
    pub datasets: Vec<DatasetBoard>,
}

impl EssentialBoard {
    /// What it is in `phase`.
    pub fn in_phase(&self, phase: Phase) -> &PhaseBoard {
        match phase {
            Phase::Prelim => &self.prelim,
            Phase::Final => &self.final_,
        }
    }

    /// What it is in the phase that its overall status speaks of.
    pub fn current(&self) -> &PhaseBoard {
        self.in_phase(self.phase)
    }

    /// Its status in `phase`, or overall for `None` (the ALL view). A phase that has not
    /// started reads WAITING where the essential waits for another.
    pub fn status_in(&self, phase: Option<Phase>) -> EssentialStatus {
        match phase {
            None => self.status,
            Some(phase) => match self.in_phase(phase).status {
                EssentialStatus::NotStarted if self.is_waiting => EssentialStatus::Waiting,
                status => status,
            },
        }
    }
}

/// An essential in one phase.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PhaseBoard {
    /// By the rules; never WAITING.
    pub status: EssentialStatus,
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
    /// Earliest CREATED_DATE of the newest runs.
    #[serde(default, deserialize_with = "crate::wire::optional_timestamp")]
    pub started_at: Option<Timestamp>,
    /// Latest UPDATED_DATE of the newest runs.
    #[serde(default, deserialize_with = "crate::wire::optional_timestamp")]
    pub last_updated: Option<Timestamp>,
}

impl PhaseBoard {
    /// `success/total`, for example `4/6`.
    pub fn progress(&self) -> String {
        format!("{}/{}", self.success, self.total_datasets)
    }
}

/// One dataset of an essential on the board.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DatasetBoard {
    /// Dataset id.
    pub dataset_id: DatasetId,
    /// DAG of its newest run; by convention where none was seen.
    pub dag_id: DagId,
    /// Step.
    pub sequence_order: i32,
    /// The first pass.
    pub prelim: DatasetPhase,
    /// The second pass.
    #[serde(rename = "final")]
    pub final_: DatasetPhase,
    /// Run id of its newest recognised run, of either phase.
    pub latest_run_id: Option<RunId>,
    /// Rows that are shown but change no status.
    pub unrecognised_count: usize,
}

impl DatasetBoard {
    /// What it is in `phase`.
    pub fn in_phase(&self, phase: Phase) -> &DatasetPhase {
        match phase {
            Phase::Prelim => &self.prelim,
            Phase::Final => &self.final_,
        }
    }
}

/// A dataset in one phase.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DatasetPhase {
    /// By the rules.
    pub status: DatasetStatus,
    /// Expected slices: the catalog's, or those seen in run ids where it names none.
    pub slice_count: usize,
    /// Slices whose newest run is SUCCESS.
    pub slices_success: usize,
    /// Slices whose newest run is FAILED or CANCELLED.
    pub slices_failed: usize,
    /// Slices whose newest run is RUNNING or QUEUED.
    pub slices_running: usize,
    /// Expected slices without a run, once the dataset has one in this phase.
    pub missing_slices: Vec<SliceName>,
    /// Earliest CREATED_DATE of the newest runs.
    #[serde(default, deserialize_with = "crate::wire::optional_timestamp")]
    pub started_at: Option<Timestamp>,
    /// Latest UPDATED_DATE of the newest runs.
    #[serde(default, deserialize_with = "crate::wire::optional_timestamp")]
    pub last_updated: Option<Timestamp>,
    /// The failed step that keeps this dataset from starting.
    pub blocked_by: Option<i32>,
}

impl DatasetPhase {
    /// Seconds from start to last update; to `now` while RUNNING; `None` before the start.
    pub fn duration_s(&self, now: Timestamp) -> Option<i64> {
        let end = match self.status {
            DatasetStatus::Running => now,
            _ => self.last_updated?,
        };
        Some((end.as_second() - self.started_at?.as_second()).max(0))
    }
}

/// Applies the status rules to `runs` (from [`crate::rules::read_runs`]) for every essential.
pub fn build_board(id: SnapshotId, date: BusinessDate, catalog: &Catalog, runs: &[Run]) -> Board {
    let mut by_dataset: HashMap<&DatasetId, Vec<&Run>> = HashMap::new();
    for run in runs {
        by_dataset.entry(&run.row.dataset_id).or_default().push(run);
    }
    let mut essentials: Vec<EssentialBoard> =
        catalog.essentials.iter().map(|essential| build_essential(essential, &by_dataset)).collect();
    wait_for_dependencies(catalog, &mut essentials);
    Board {
        id,
        business_date: date,
        summary: Summary::of(essentials.iter().map(|essential| essential.status)),
        essentials,
        run_count: runs.len(),
        unrecognised_count: runs.iter().filter(|run| !run.is_recognised()).count(),
    }
}

fn build_essential(essential: &Essential, by_dataset: &HashMap<&DatasetId, Vec<&Run>>) -> EssentialBoard {
    let mut datasets: Vec<DatasetBoard> = essential
        .datasets
        .iter()
        .map(|dataset| build_dataset(dataset, by_dataset.get(&dataset.id).map_or(&[][..], Vec::as_slice)))
        .collect();
    for phase in Phase::ALL {
        block_later_steps(&mut datasets, phase);
    }
    let prelim = build_phase(&datasets, Phase::Prelim);
    let final_ = build_phase(&datasets, Phase::Final);
    let phase = match final_.status {
        EssentialStatus::NotStarted => Phase::Prelim,
        _ => Phase::Final,
    };
    let status = match phase {
        Phase::Prelim => prelim.status,
        Phase::Final => final_.status,
    };
    EssentialBoard {
        name: essential.name.clone(),
        display_name: essential.display_name.clone(),
        prelim,
        final_,
        phase,
        status,
        is_waiting: false,
        waiting_for: Vec::new(),
        datasets,
    }
}

fn build_phase(datasets: &[DatasetBoard], phase: Phase) -> PhaseBoard {
    let statuses: Vec<_> = datasets.iter().map(|dataset| dataset.in_phase(phase).status).collect();
    let count = |wanted| statuses.iter().filter(|status| **status == wanted).count();
    let parts = || datasets.iter().map(|dataset| dataset.in_phase(phase));
    PhaseBoard {
        status: essential_status(&statuses),
        total_datasets: statuses.len(),
        success: count(DatasetStatus::Success),
        failed: count(DatasetStatus::Failed),
        running: count(DatasetStatus::Running),
        not_started: count(DatasetStatus::NotStarted),
        started_at: parts().filter_map(|part| part.started_at).min(),
        last_updated: parts().filter_map(|part| part.last_updated).max(),
    }
}

fn build_dataset(dataset: &Dataset, runs: &[&Run]) -> DatasetBoard {
    // A recognised run of a slice that only another essential expects is not ours.
    let is_ours =
        |run: &Run| !run.is_recognised() || run.slice.as_ref().is_some_and(|slice| dataset.expects(slice));
    let ours: Vec<&Run> = runs.iter().copied().filter(|run| is_ours(run)).collect();
    let runs = ours.as_slice();
    let seen: BTreeSet<&SliceName> =
        runs.iter().filter(|run| run.is_recognised()).filter_map(|run| run.slice.as_ref()).collect();
    let expected: Vec<SliceName> = match dataset.slices.as_slice() {
        [] => seen.into_iter().cloned().collect(),
        slices => slices.to_vec(),
    };
    let newest = runs.iter().rev().find(|run| run.is_recognised());
    DatasetBoard {
        dataset_id: dataset.id.clone(),
        dag_id: newest.map_or_else(|| dataset.id.conventional_dag_id(), |run| run.row.dag_id.clone()),
        sequence_order: dataset.sequence_order,
        prelim: build_dataset_phase(&expected, runs, Phase::Prelim),
        final_: build_dataset_phase(&expected, runs, Phase::Final),
        latest_run_id: newest.map(|run| run.row.run_id.clone()),
        unrecognised_count: runs.iter().filter(|run| !run.is_recognised()).count(),
    }
}

fn build_dataset_phase(expected: &[SliceName], runs: &[&Run], phase: Phase) -> DatasetPhase {
    let newest = newest_by_slice(runs.iter().copied(), phase);
    let statuses: BTreeMap<&SliceName, RunStatus> =
        newest.iter().filter_map(|(slice, run)| Some((*slice, run.status()?))).collect();
    let count = |holds: fn(RunStatus) -> bool| statuses.values().filter(|status| holds(**status)).count();
    let missing = || expected.iter().filter(|slice| !statuses.contains_key(slice)).cloned().collect();
    DatasetPhase {
        status: dataset_status(&statuses, expected),
        slice_count: expected.len(),
        slices_success: count(|status| status == RunStatus::Success),
        slices_failed: count(RunStatus::is_failure),
        slices_running: count(RunStatus::is_active),
        missing_slices: if statuses.is_empty() { Vec::new() } else { missing() },
        started_at: newest.values().map(|run| run.row.created_at).min(),
        last_updated: newest.values().map(|run| run.row.updated_at).max(),
        blocked_by: None,
    }
}

fn block_later_steps(datasets: &mut [DatasetBoard], phase: Phase) {
    let failed_step = datasets
        .iter()
        .filter(|dataset| dataset.in_phase(phase).status == DatasetStatus::Failed)
        .map(|dataset| dataset.sequence_order)
        .min();
    let Some(failed_step) = failed_step else {
        return;
    };
    for dataset in datasets.iter_mut().filter(|dataset| dataset.sequence_order > failed_step) {
        let part = match phase {
            Phase::Prelim => &mut dataset.prelim,
            Phase::Final => &mut dataset.final_,
        };
        if part.status == DatasetStatus::NotStarted {
            part.blocked_by = Some(failed_step);
        }
    }
}

fn wait_for_dependencies(catalog: &Catalog, essentials: &mut [EssentialBoard]) {
    let done: BTreeSet<EssentialName> = essentials
        .iter()
        .filter(|essential| essential.status == EssentialStatus::Success)
        .map(|essential| essential.name.clone())
        .collect();
    for (essential, board) in catalog.essentials.iter().zip(essentials) {
        board.waiting_for =
            essential.depends_on.iter().filter(|name| !done.contains(*name)).cloned().collect();
        board.is_waiting = !board.waiting_for.is_empty();
        if board.status == EssentialStatus::NotStarted && board.is_waiting {
            board.status = EssentialStatus::Waiting;
        }
    }
}
