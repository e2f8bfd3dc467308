//! The built-in understanding: from what a person typed to what is asked, by a grammar over
//! ordinary words and by likeness to the catalog's names. No model, no clock, no I/O.
//!
//! [`understand`] reads one question by itself; [`crate::request`] adds what the thread and the
//! page say.

mod cues;
mod dates;
mod names;
mod topic;
mod words;

pub use dates::SaidDates;
pub(crate) use names::slices_with_part;
pub use names::{Named, Problem};

use cues::Cue;
use model::ask::{PhaseWord, Topic};
use model::{BusinessDate, Catalog, RunId, RunStatus};
use names::Names;
use topic::{Surroundings, read_topic};
use words::Words;

/// What one question says by itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reading {
    /// What it is about; `None` where it only carries the thread on.
    pub topic: Option<Topic>,
    /// Whether every word was understood.
    pub is_sure: bool,
    /// Words that are neither names nor ordinary.
    pub strange: usize,
    /// The catalog's names in it.
    pub named: Named,
    /// Steps by number.
    pub steps: Vec<i32>,
    /// Dates.
    pub dates: SaidDates,
    /// The phase.
    pub phase: Option<SaidPhase>,
    /// It wants every essential.
    pub wants_all: bool,
    /// It asks of slices.
    pub wants_slices: bool,
    /// It asks how long something took on one date, not as a rule.
    pub is_past: bool,
    /// A run.
    pub run_id: Option<RunId>,
    /// Runs of this status only.
    pub run_status: Option<RunStatus>,
}

/// What a question says of phases.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SaidPhase {
    /// This one.
    Only(PhaseWord),
    /// Both.
    Both,
}

impl SaidPhase {
    /// The phase, where it is one.
    pub fn word(self) -> Option<PhaseWord> {
        match self {
            Self::Only(word) => Some(word),
            Self::Both => None,
        }
    }
}

/// Reads `question`, with dates relative to the reader's `today`.
pub fn understand(question: &str, catalog: &Catalog, today: BusinessDate) -> Reading {
    let names = Names::new(catalog);
    let (run_id, rest) = split_run_id(question);
    let mut words = Words::read(&rest, &|word| names.has_part(word));
    let dates = dates::read_dates(&mut words, today);
    let steps = read_steps(&mut words);
    let named = names.read(&mut words);
    let around = Surroundings {
        has_run: run_id.is_some(),
        names_something: !named.is_empty() || !named.problems.is_empty() || run_id.is_some(),
        essentials: named.essentials.len(),
        has_range: dates.range.is_some(),
        days: dates.days.len(),
    };
    let strange = words.0.iter().filter(|word| !word.taken && !word.is_ordinary()).count();
    let topic = read_topic(&words, &around, strange);
    let one_of_many = !matches!(topic, Some(Topic::Dependencies))
        && words.hold_any(&[
            "which batch",
            "which batches",
            "batches",
            "every batch",
            "essentials",
            "which essentials",
        ]);
    Reading {
        topic,
        is_sure: topic.is_some() && strange == 0,
        strange,
        steps,
        dates,
        phase: read_phase(&words),
        wants_all: words.say(Cue::All)
            || one_of_many
            || words.hold_any(&[
                "all batches",
                "all of them",
                "whole estate",
                "entire estate",
                "the others",
                "the rest",
                "all others",
                "everyone else",
                "whats running",
                "how are we doing",
                "are we doing",
            ]),
        wants_slices: words.say(Cue::Slice),
        is_past: words.hold_any(&["how long did", "took"]),
        run_id,
        run_status: read_run_status(&words),
        named,
    }
}

/// The first run id in `text`, and the text without it.
fn split_run_id(text: &str) -> (Option<RunId>, String) {
    let is_id = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | ':' | '+');
    let Some(start) = text.find("FGW_") else {
        return (None, text.to_owned());
    };
    let tail = &text[start..];
    let end = tail.find(|c| !is_id(c)).unwrap_or(tail.len());
    let id = tail[..end].trim_end_matches(['.', ':', '-', '+', '_']);
    if id.len() <= "FGW_".len() {
        return (None, text.to_owned());
    }
    (Some(RunId::new(id)), format!("{} {}", &text[..start], &tail[end..]))
}

/// `step 3`, `seq 3`, `sequence 3`.
fn read_steps(words: &mut Words) -> Vec<i32> {
    let mut steps = Vec::new();
    for at in 1..words.0.len() {
        let is_step = matches!(words.0[at - 1].meant.as_str(), "step" | "seq" | "sequence" | "steps");
        if is_step && !words.0[at].taken && words.0[at].is_number() {
            steps.extend(words.0[at].number().and_then(|number| i32::try_from(number).ok()));
            words.take(at..at + 1);
        }
    }
    steps
}

fn read_phase(words: &Words) -> Option<SaidPhase> {
    let prelim = words.say(Cue::Prelim) || words.hold_any(&["first pass", "first run"]);
    let final_ = words.say(Cue::Final) || words.hold_any(&["second pass", "second run"]);
    if words.say(Cue::Manual) {
        Some(SaidPhase::Only(PhaseWord::Manual))
    } else if words.say(Cue::Both) || words.hold("all phases") || (prelim && final_) {
        Some(SaidPhase::Both)
    } else if prelim {
        Some(SaidPhase::Only(PhaseWord::Prelim))
    } else if final_ && !words.hold_any(&["rerun more"]) && !words.hold("were rerun") {
        Some(SaidPhase::Only(PhaseWord::Final))
    } else {
        None
    }
}

fn read_run_status(words: &Words) -> Option<RunStatus> {
    const WORDS: [(&[&str], RunStatus); 5] = [
        (&["running"], RunStatus::Running),
        (&["queued"], RunStatus::Queued),
        (&["cancelled", "canceled"], RunStatus::Cancelled),
        (&["failed", "failing"], RunStatus::Failed),
        (&["successful", "succeeded"], RunStatus::Success),
    ];
    WORDS.iter().find(|(phrases, _)| words.hold_any(phrases)).map(|(_, status)| *status)
}
