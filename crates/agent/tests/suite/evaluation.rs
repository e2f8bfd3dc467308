//! The questions of `evals/`, answered without a model over the reference estate: `make eval`.
//!
//! One question of three is held out: it counts, but what it got wrong is only shown when asked
//! for (`EVAL_HELD_OUT=show`), so that the grammar is not fitted to it.

use crate::support::{Asked, Estate, ask};
use testkit::evals::{self, Case, Scores};

/// The share of questions that must be answered as expected, in percent.
const ENOUGH: usize = 95;

#[test]
fn questions_are_understood_and_answered() {
    let estate = Estate::reference();
    let show_held_out = std::env::var_os("EVAL_HELD_OUT").is_some();
    let mut scores = Scores::default();
    let cases = evals::cases();
    for case in &cases {
        let wrong = case.judge(answer(&estate, case).response());
        scores.add(case, wrong.is_empty());
        if !wrong.is_empty() && (show_held_out || !case.is_held_out) {
            println!("{}: {:?}\n    {}", case.file, case.question(), wrong.join("\n    "));
        }
    }
    println!("{scores}");
    assert!(cases.len() >= 300, "only {} questions", cases.len());
    for (intent, score) in scores.by_intent() {
        assert!(score.reaches(ENOUGH), "{intent}: {score}, below {ENOUGH} %");
    }
    let held_out = scores.held_out();
    assert!(held_out.reaches(ENOUGH), "held out: {held_out}, below {ENOUGH} %");
}

fn answer(estate: &Estate, case: &Case) -> Asked {
    let mut thread = Default::default();
    for before in case.before() {
        thread = ask(estate, before, &thread).context;
    }
    ask(estate, case.question(), &thread)
}
