//! The sequence of an essential: datasets of equal order form a step and run in
//! parallel; a step waits for all earlier ones.

use model::{DatasetBoard, DatasetStatus, EssentialBoard, Phase};

/// One step of the sequence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Step<'a> {
    /// `sequenceOrder` of the catalog.
    pub(crate) order: i32,
    /// Its datasets, as the catalog lists them.
    pub(crate) datasets: Vec<&'a DatasetBoard>,
}

impl<'a> Step<'a> {
    /// The steps of `essential`, first to last.
    pub(crate) fn all(essential: &'a EssentialBoard) -> Vec<Self> {
        let mut steps: Vec<Self> = Vec::new();
        for dataset in &essential.datasets {
            match steps.last_mut() {
                Some(step) if step.order == dataset.sequence_order => step.datasets.push(dataset),
                _ => steps.push(Self { order: dataset.sequence_order, datasets: vec![dataset] }),
            }
        }
        steps
    }

    /// What the step is in `phase`: as bad as its worst dataset, done when all are.
    pub(crate) fn status(&self, phase: Phase) -> DatasetStatus {
        let count =
            |wanted| self.datasets.iter().filter(|dataset| dataset.in_phase(phase).status == wanted).count();
        if count(DatasetStatus::Failed) > 0 {
            DatasetStatus::Failed
        } else if count(DatasetStatus::Success) == self.datasets.len() {
            DatasetStatus::Success
        } else if count(DatasetStatus::NotStarted) == self.datasets.len() {
            DatasetStatus::NotStarted
        } else {
            DatasetStatus::Running
        }
    }

    /// The failed step that keeps datasets of this one from starting in `phase`.
    pub(crate) fn blocked_by(&self, phase: Phase) -> Option<i32> {
        self.datasets.iter().find_map(|dataset| dataset.in_phase(phase).blocked_by)
    }
}

/// Why a step with no run in `phase` has none, in words; `None` where it has started.
pub(crate) fn waiting_words(steps: &[Step<'_>], at: usize, phase: Phase) -> Option<String> {
    let step = steps.get(at)?;
    if let Some(order) = step.blocked_by(phase) {
        return Some(format!("blocked by step {order}"));
    }
    if step.status(phase) != DatasetStatus::NotStarted {
        return None;
    }
    let unfinished = steps[..at].iter().find(|earlier| earlier.status(phase) != DatasetStatus::Success)?;
    Some(format!("waits for step {}", unfinished.order))
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::{DatasetPhase, EssentialStatus, PhaseBoard};

    fn part(status: DatasetStatus, blocked_by: Option<i32>) -> DatasetPhase {
        DatasetPhase {
            status,
            slice_count: 0,
            slices_success: 0,
            slices_failed: 0,
            slices_running: 0,
            missing_slices: Vec::new(),
            started_at: None,
            last_updated: None,
            blocked_by,
        }
    }

    fn essential(datasets: &[(i32, DatasetStatus, Option<i32>)]) -> EssentialBoard {
        let phase = PhaseBoard {
            status: EssentialStatus::Running,
            total_datasets: datasets.len(),
            success: 0,
            failed: 0,
            running: 0,
            not_started: 0,
            started_at: None,
            last_updated: None,
        };
        let dataset = |(order, status, blocked_by): &(i32, DatasetStatus, Option<i32>)| DatasetBoard {
            dataset_id: "d".into(),
            dag_id: "d_V2".into(),
            sequence_order: *order,
            prelim: part(*status, *blocked_by),
            final_: part(DatasetStatus::NotStarted, None),
            latest_run_id: None,
            unrecognised_count: 0,
        };
        EssentialBoard {
            name: "E".into(),
            display_name: "E".into(),
            prelim: phase.clone(),
            final_: phase,
            phase: Phase::Prelim,
            status: EssentialStatus::Running,
            is_waiting: false,
            waiting_for: Vec::new(),
            datasets: datasets.iter().map(dataset).collect(),
        }
    }

    use DatasetStatus::{Failed, NotStarted, Running, Success};

    #[test]
    fn equal_orders_form_a_step() {
        let essential = essential(&[(0, Success, None), (0, Running, None), (3, NotStarted, None)]);
        let sizes: Vec<_> =
            Step::all(&essential).iter().map(|step| (step.order, step.datasets.len())).collect();
        assert_eq!(sizes, [(0, 2), (3, 1)]);
    }

    #[test]
    fn a_step_is_as_bad_as_its_worst_dataset() {
        let check = |datasets: &[DatasetStatus], expect| {
            let rows: Vec<_> = datasets.iter().map(|status| (0, *status, None)).collect();
            let essential = essential(&rows);
            assert_eq!(Step::all(&essential)[0].status(Phase::Prelim), expect, "{datasets:?}");
        };
        check(&[Success, Success], Success);
        check(&[Success, Failed, Running], Failed);
        check(&[Success, NotStarted], Running);
        check(&[Running, NotStarted], Running);
        check(&[NotStarted, NotStarted], NotStarted);
    }

    #[test]
    fn says_what_a_step_waits_for() {
        let essential = essential(&[
            (0, Success, None),
            (1, Failed, None),
            (2, NotStarted, Some(1)),
            (3, NotStarted, Some(1)),
        ]);
        let steps = Step::all(&essential);
        let words = |at, phase| waiting_words(&steps, at, phase);
        assert_eq!(words(0, Phase::Prelim), None);
        assert_eq!(words(1, Phase::Prelim), None);
        assert_eq!(words(2, Phase::Prelim).as_deref(), Some("blocked by step 1"));
        assert_eq!(words(0, Phase::Final), None);
        assert_eq!(words(3, Phase::Final).as_deref(), Some("waits for step 0"));
        assert_eq!(words(9, Phase::Final), None);
    }
}
