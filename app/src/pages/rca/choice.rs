//! Which run is open: the one that the URL names, else the first failure.

use model::RunId;
use model::view::FailuresView;

/// What `run=` in the URL asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum OpenRun {
    /// It is absent: the first failure.
    First,
    /// `run=-`: none.
    None,
    /// A run of the date, failed or not.
    Named(RunId),
}

impl OpenRun {
    /// The word for "none" in the URL.
    pub(crate) const NONE: &'static str = "-";

    /// Reads `run=`.
    pub(crate) fn parse(parameter: Option<&str>) -> Self {
        match parameter.map(str::trim) {
            None | Some("") => Self::First,
            Some(Self::NONE) => Self::None,
            Some(run_id) => Self::Named(RunId::new(run_id)),
        }
    }

    /// The run that is open on the page of `failures`.
    pub(crate) fn among(&self, failures: &FailuresView) -> Option<RunId> {
        match self {
            Self::First => runs_of(failures).next(),
            Self::None => None,
            Self::Named(run_id) => Some(run_id.clone()),
        }
    }
}

/// Leaves the failures of the essential that `name` spells, as catalog name or display name.
pub(crate) fn keep_essential(failures: &mut FailuresView, name: &str) {
    let name = name.trim_start_matches('=').trim();
    failures.essentials.retain(|essential| {
        essential.name.as_str().eq_ignore_ascii_case(name)
            || essential.display_name.eq_ignore_ascii_case(name)
    });
}

/// Whether `run_id` stands among the failures, and not only in the URL.
pub(crate) fn is_failure(failures: &FailuresView, run_id: &RunId) -> bool {
    runs_of(failures).any(|run| run == *run_id)
}

fn runs_of(failures: &FailuresView) -> impl Iterator<Item = RunId> {
    let steps = failures.essentials.iter().flat_map(|essential| &essential.steps);
    steps.flat_map(|step| &step.runs).map(|run| run.row.run_id.clone())
}

/// How many failed runs there are, and in how many essentials: `3 failed runs in 2 essentials`.
pub(crate) fn count_words(failures: &FailuresView) -> String {
    let runs = runs_of(failures).count();
    let essentials = failures.essentials.len();
    let plural = |count: usize, one: &str| format!("{count} {one}{}", if count == 1 { "" } else { "s" });
    format!("{} in {}", plural(runs, "failed run"), plural(essentials, "essential"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::view::{EssentialFailures, StepFailures};
    use model::{BusinessDate, EssentialStatus, Phase, PhaseBoard, Run, RunKey, RunRow, Timestamp};

    fn run(run_id: &str) -> Run {
        Run {
            row: RunRow {
                key: RunKey(1),
                dataset_id: "d".into(),
                dag_id: "d_V2".into(),
                run_id: run_id.into(),
                status: "FAILED".into(),
                status_detail: String::new(),
                trigger_type: "ProcessTrigger".into(),
                trigger_value: String::new(),
                business_date: BusinessDate::parse("2026-02-18").unwrap(),
                created_at: Timestamp::UNIX_EPOCH,
                updated_at: Timestamp::UNIX_EPOCH,
            },
            slice: None,
            phase: Some(Phase::Prelim),
            oddities: Vec::new(),
        }
    }

    fn failures(essentials: &[&[&str]]) -> FailuresView {
        let phase = PhaseBoard {
            status: EssentialStatus::Failed,
            total_datasets: 1,
            success: 0,
            failed: 1,
            running: 0,
            not_started: 0,
            started_at: None,
            last_updated: None,
        };
        let essential = |runs: &&[&str]| EssentialFailures {
            name: "E".into(),
            display_name: "E".into(),
            status: EssentialStatus::Failed,
            prelim: phase.clone(),
            final_: phase.clone(),
            steps: vec![StepFailures {
                sequence_order: 0,
                phase: Phase::Prelim,
                runs: runs.iter().map(|run_id| run(run_id)).collect(),
                blocked_datasets: Vec::new(),
            }],
            blocks: Vec::new(),
        };
        FailuresView {
            essentials: essentials.iter().map(essential).collect(),
            polled_at: None,
            now: Timestamp::UNIX_EPOCH,
            sources: Vec::new(),
        }
    }

    #[test]
    fn opens_what_the_url_names_else_the_first_failure() {
        let failures = failures(&[&["a", "b"], &["c"]]);
        let check = |parameter: Option<&str>, expect: Option<&str>| {
            let open = OpenRun::parse(parameter).among(&failures);
            assert_eq!(open, expect.map(RunId::from), "{parameter:?}");
        };
        check(None, Some("a"));
        check(Some(" "), Some("a"));
        check(Some("-"), None);
        check(Some("c"), Some("c"));
        check(Some("elsewhere"), Some("elsewhere"));
        assert_eq!(OpenRun::First.among(&self::failures(&[])), None);
    }

    #[test]
    fn tells_failures_from_other_runs() {
        let failures = failures(&[&["a"], &["c"]]);
        assert!(is_failure(&failures, &"c".into()));
        assert!(!is_failure(&failures, &"b".into()));
    }

    #[test]
    fn keeps_one_essential_by_either_name() {
        for (name, kept) in [("e", 2), ("=E", 2), ("Other", 0)] {
            let mut failures = failures(&[&["a"], &["c"]]);
            keep_essential(&mut failures, name);
            assert_eq!(failures.essentials.len(), kept, "{name}");
        }
    }

    #[test]
    fn counts_in_words() {
        assert_eq!(count_words(&failures(&[&["a", "b"], &["c"]])), "3 failed runs in 2 essentials");
        assert_eq!(count_words(&failures(&[&["a"]])), "1 failed run in 1 essential");
    }
}
