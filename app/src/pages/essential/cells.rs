//! What a cell of the datasets × slices matrix says.

use crate::components::status_badge::Tone;
use model::view::{DatasetMatrix, SliceCell, SliceRuns};
use model::{Oddity, RunStatus};

/// How a cell reads at a glance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CellTone {
    /// The phase has not started for this dataset, or this trigger was not used.
    Empty,
    /// Expected, and without a run though the phase has started.
    Missing,
    /// Its newest run.
    Ran(RunStatus),
    /// Its newest run changes no status.
    Unrecognised,
}

impl CellTone {
    /// Reads a cell.
    pub(crate) fn of(cell: &SliceCell) -> Self {
        match &cell.run {
            Some(run) if run.is_recognised() => run.status().map_or(Self::Unrecognised, Self::Ran),
            Some(_) => Self::Unrecognised,
            None if cell.missing => Self::Missing,
            None => Self::Empty,
        }
    }

    /// Its tone; a missing run is as bad as a failed one.
    pub(crate) fn tone(self) -> Tone {
        match self {
            Self::Empty => Tone::Idle,
            Self::Missing => Tone::Failed,
            Self::Ran(status) => Tone::of_run(Some(status)),
            Self::Unrecognised => Tone::Warning,
        }
    }

    /// The word people see.
    pub(crate) fn label(self) -> &'static str {
        match self {
            Self::Empty => "—",
            Self::Missing => "MISSING",
            Self::Ran(status) => status.as_str(),
            Self::Unrecognised => "UNRECOGNISED",
        }
    }
}

/// Why a run changes no status, as one sentence; empty for a good run.
pub(crate) fn oddity_words(oddities: &[Oddity]) -> String {
    let reasons: Vec<_> = oddities.iter().map(|oddity| oddity.explain()).collect();
    reasons.join("; ")
}

/// `3 runs`; nothing where there is one or none.
pub(crate) fn count_words(run_count: usize) -> Option<String> {
    (run_count > 1).then(|| format!("{run_count} runs"))
}

/// Whether any slice has a run whose trigger is not recognised: then it gets a column.
pub(crate) fn has_unrecognised(matrix: &[DatasetMatrix]) -> bool {
    matrix.iter().flat_map(|dataset| &dataset.slices).any(|slice| slice.unrecognised.run_count > 0)
}

/// The datasets and slices whose names hold `dataset` and `slice`, in any case; a dataset
/// without such a slice is left out.
pub(crate) fn select<'a>(
    matrix: &'a [DatasetMatrix],
    dataset: &str,
    slice: &str,
) -> Vec<(&'a DatasetMatrix, Vec<&'a SliceRuns>)> {
    let holds = |text: &str, wanted: &str| text.to_lowercase().contains(&wanted.trim().to_lowercase());
    matrix
        .iter()
        .filter(|row| holds(row.dataset_id.as_str(), dataset))
        .filter_map(|row| {
            let slices: Vec<_> = row
                .slices
                .iter()
                .filter(|entry| holds(entry.slice.as_ref().map_or("", |slice| slice.as_str()), slice))
                .collect();
            (slice.trim().is_empty() || !slices.is_empty()).then_some((row, slices))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::{BusinessDate, Run, RunKey, RunRow, Timestamp};

    fn run(status: &str, oddities: Vec<Oddity>) -> Run {
        Run {
            row: RunRow {
                key: RunKey(1),
                dataset_id: "d".into(),
                dag_id: "d_V2".into(),
                run_id: "r".into(),
                status: status.into(),
                status_detail: String::new(),
                trigger_type: "ProcessTrigger".into(),
                trigger_value: String::new(),
                business_date: BusinessDate::parse("2026-02-18").unwrap(),
                created_at: Timestamp::UNIX_EPOCH,
                updated_at: Timestamp::UNIX_EPOCH,
            },
            slice: None,
            phase: None,
            oddities,
        }
    }

    fn cell(run: Option<Run>, missing: bool) -> SliceCell {
        SliceCell { run_count: usize::from(run.is_some()), run, missing }
    }

    #[test]
    fn tells_what_a_cell_is() {
        let check = |cell: SliceCell, label: &str| assert_eq!(CellTone::of(&cell).label(), label);
        check(cell(None, false), "—");
        check(cell(None, true), "MISSING");
        check(cell(Some(run("SUCCESS", vec![])), false), "SUCCESS");
        check(cell(Some(run("CANCELLED", vec![])), false), "CANCELLED");
        check(cell(Some(run("SUCCESS", vec![Oddity::UnexpectedSlice])), false), "UNRECOGNISED");
        check(cell(Some(run("ODD", vec![Oddity::UnknownStatus])), true), "UNRECOGNISED");
    }

    #[test]
    fn gives_every_reason() {
        assert_eq!(oddity_words(&[]), "");
        let both = oddity_words(&[Oddity::UnknownStatus, Oddity::MalformedRunId]);
        assert!(both.contains("status") && both.contains("; ") && both.contains("run id"), "{both}");
    }

    #[test]
    fn counts_only_several_runs() {
        assert_eq!(count_words(0), None);
        assert_eq!(count_words(1), None);
        assert_eq!(count_words(3).as_deref(), Some("3 runs"));
    }

    fn dataset(id: &str, slices: &[&str]) -> DatasetMatrix {
        let slice = |name: &&str| SliceRuns {
            slice: Some((*name).into()),
            expected: true,
            prelim: cell(None, false),
            final_: cell(None, false),
            manual: cell(None, false),
            unrecognised: cell(None, false),
        };
        DatasetMatrix { dataset_id: id.into(), sequence_order: 0, slices: slices.iter().map(slice).collect() }
    }

    #[test]
    fn selects_by_dataset_and_slice() {
        let matrix =
            [dataset("x.cfg", &["EMEA-1", "NA-1"]), dataset("x.sls", &["EMEA-2"]), dataset("x.none", &[])];
        let check = |dataset: &str, slice: &str, expect: &[(&str, usize)]| {
            let selected = select(&matrix, dataset, slice);
            let names: Vec<_> =
                selected.iter().map(|(row, slices)| (row.dataset_id.as_str(), slices.len())).collect();
            assert_eq!(names, expect, "{dataset} {slice}");
        };
        check("", "", &[("x.cfg", 2), ("x.sls", 1), ("x.none", 0)]);
        check("CFG", "", &[("x.cfg", 2)]);
        check("", "emea", &[("x.cfg", 1), ("x.sls", 1)]);
        check("", "nowhere", &[]);
    }

    #[test]
    fn finds_unrecognised_triggers() {
        let mut matrix = [dataset("x", &["A"])];
        assert!(!has_unrecognised(&matrix));
        matrix[0].slices[0].unrecognised = cell(Some(run("SUCCESS", vec![Oddity::UnknownTrigger])), false);
        assert!(has_unrecognised(&matrix));
    }
}
