//! What the assistant says first: how the date stands, and what one could ask of it.

use crate::api::ask::Greeting;
use model::{Board, BusinessDate, EssentialBoard, EssentialStatus};

/// Names that are written out.
const MOST_NAMES: usize = 3;
/// Questions that are offered.
const MOST_QUESTIONS: usize = 3;

/// The greeting at `hour` of the reader's day, and what to ask first.
pub(crate) fn greet(board: Option<&Board>, date: BusinessDate, hour: i8) -> Greeting {
    let time_of_day = match hour {
        5..12 => "morning",
        12..18 => "afternoon",
        _ => "evening",
    };
    let Some(board) = board else {
        return Greeting {
            opening: format!("Good {time_of_day}. Nothing is known yet of "),
            date: date.label(),
            summary: ": the sources have not answered.".to_owned(),
            questions: vec!["What can you do?".to_owned()],
            board: None,
        };
    };
    let of = |wanted: &[EssentialStatus]| -> Vec<&EssentialBoard> {
        board.essentials.iter().filter(|essential| wanted.contains(&essential.status)).collect()
    };
    let failed = of(&[EssentialStatus::Failed, EssentialStatus::PartialFailure]);
    let running = of(&[EssentialStatus::Running]);
    let waiting = of(&[EssentialStatus::NotStarted, EssentialStatus::Waiting]);
    let done = of(&[EssentialStatus::Success]);
    let mut parts = Vec::new();
    if !done.is_empty() {
        let noun = if done.len() == 1 { "batch" } else { "batches" };
        parts.push(format!("{} {noun} completed successfully", done.len()));
    }
    if !running.is_empty() {
        let verb = if running.len() == 1 { "is" } else { "are" };
        parts.push(format!("{} {verb} running ({})", running.len(), names(&running)));
    }
    if !failed.is_empty() {
        let verb = if failed.len() == 1 { "has" } else { "have" };
        parts.push(format!("{} {verb} failed ({})", failed.len(), names(&failed)));
    }
    if !waiting.is_empty() {
        let verb = if waiting.len() == 1 { "hasn't" } else { "haven't" };
        parts.push(format!("{} {verb} started yet", names(&waiting)));
    }
    let total = board.essentials.len();
    let questions = failed
        .iter()
        .map(|essential| format!("What failed in {}?", essential.display_name))
        .take(1)
        .chain(running.iter().map(|essential| format!("{} ETA?", essential.display_name)).take(1))
        .chain(
            waiting
                .iter()
                .map(|essential| format!("What is {} waiting for?", essential.display_name))
                .take(1),
        )
        .chain(["Show all batches".to_owned(), "What can you do?".to_owned()])
        .take(MOST_QUESTIONS);
    Greeting {
        opening: format!("Good {time_of_day}. I'm monitoring all {total} essentials for "),
        date: date.label(),
        summary: format!(". Here's a quick summary: {}.", sentence(&parts)),
        questions: questions.collect(),
        board: Some(board.id),
    }
}

/// `A, B, C and 2 more`.
fn names(essentials: &[&EssentialBoard]) -> String {
    let shown: Vec<_> =
        essentials.iter().take(MOST_NAMES).map(|essential| essential.display_name.as_str()).collect();
    match essentials.len().saturating_sub(MOST_NAMES) {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

/// `a, b, and c`.
fn sentence(parts: &[String]) -> String {
    match parts {
        [] => "there is nothing to do".to_owned(),
        [one] => one.clone(),
        [first, last] => format!("{first} and {last}"),
        [rest @ .., last] => format!("{}, and {last}", rest.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::{Phase, PhaseBoard, SnapshotId, Summary};

    fn board(essentials: &[(&str, EssentialStatus)]) -> Board {
        let phase = PhaseBoard {
            status: EssentialStatus::NotStarted,
            total_datasets: 0,
            success: 0,
            failed: 0,
            running: 0,
            not_started: 0,
            started_at: None,
            last_updated: None,
        };
        let essential = |(name, status): &(&str, EssentialStatus)| EssentialBoard {
            name: (*name).into(),
            display_name: (*name).to_owned(),
            prelim: phase.clone(),
            final_: phase.clone(),
            phase: Phase::Prelim,
            status: *status,
            is_waiting: false,
            waiting_for: Vec::new(),
            datasets: Vec::new(),
        };
        Board {
            id: SnapshotId(1),
            business_date: BusinessDate::parse("2026-02-18").unwrap(),
            summary: Summary::of(essentials.iter().map(|(_, status)| *status)),
            essentials: essentials.iter().map(essential).collect(),
            run_count: 0,
            unrecognised_count: 0,
        }
    }

    fn said(board: Option<&Board>, hour: i8) -> (String, Vec<String>) {
        let Greeting { opening, date, summary, questions, .. } =
            greet(board, BusinessDate::parse("2026-02-18").unwrap(), hour);
        (format!("{opening}{date}{summary}"), questions)
    }

    #[test]
    fn it_tells_the_date_as_in_the_picture() {
        use EssentialStatus::{Failed, Running, Success, Waiting};
        let board = board(&[
            ("DERIVATIVES", Running),
            ("SECURITIES", Success),
            ("FR2052A", Failed),
            ("SNU", Success),
            ("COLLATERAL", Running),
            ("UPC", Waiting),
        ]);
        let (text, questions) = said(Some(&board), 9);
        assert_eq!(
            text,
            "Good morning. I'm monitoring all 6 essentials for 18-Feb-2026. Here's a quick summary: \
             2 batches completed successfully, 2 are running (DERIVATIVES, COLLATERAL), 1 has failed (FR2052A), \
             and UPC hasn't started yet."
        );
        assert_eq!(questions, ["What failed in FR2052A?", "DERIVATIVES ETA?", "What is UPC waiting for?"]);
    }

    #[test]
    fn a_quiet_date_is_told_in_few_words() {
        let check = |board: &Board, expect: &str| {
            let (text, questions) = said(Some(board), 20);
            assert!(text.ends_with(expect), "{text}");
            assert!(!questions.is_empty());
        };
        check(&board(&[("A", EssentialStatus::Success)]), "summary: 1 batch completed successfully.");
        check(&board(&[]), "summary: there is nothing to do.");
        let many = ["A", "B", "C", "D", "E"].map(|name| (name, EssentialStatus::NotStarted));
        check(&board(&many), "summary: A, B, C and 2 more haven't started yet.");
    }

    #[test]
    fn nothing_known_is_said() {
        let (text, _) = said(None, 14);
        assert!(text.starts_with("Good afternoon. Nothing is known yet of 18-Feb-2026:"), "{text}");
    }
}
