//! How answers read, over all questions of `evals/`.

use crate::support::{Estate, ask};
use agent::ThreadContext;
use model::ask::{Block, Response, Span};
use testkit::evals;

#[test]
fn no_answer_holds_a_blank_or_a_slip() {
    let estate = Estate::reference();
    for case in evals::cases() {
        let mut thread = ThreadContext::default();
        for before in case.before() {
            thread = ask(&estate, before, &thread).context;
        }
        let asked = ask(&estate, case.question(), &thread);
        let faults = faults(asked.response());
        assert!(faults.is_empty(), "{:?}: {faults:?}\n{}", case.question(), asked.response().text);
    }
}

#[test]
fn the_reference_answer_names_all_that_failed_and_what_is_blocked() {
    let estate = Estate::reference();
    let question = "What failed in FR2052A? Give me the RCA.";
    let asked = ask(&estate, question, &ThreadContext::default());
    for fact in [
        "FR2052A (6G)",
        "step 3",
        "6g_calc_workflow_V2",
        "enrich_6g_calc_results",
        "6G-GLOBAL-SLICE-2",
        "08:15:44 UTC",
        "2 of 2 attempts",
        "**Blocked** (steps 4 and 5): `6g_inflows_table`, `6g_outflows_table`, `6g_submission_file`, \
         `6g_variance_report`.",
        "**UPC** waits for FR2052A (6G).",
    ] {
        assert!(asked.response().text.contains(fact), "{fact}: {}", asked.response().text);
    }
}

/// A day that no failure is left of is not a day on which nothing failed.
#[test]
fn what_failed_and_was_replaced_is_told() {
    let estate = Estate::reference();
    let check = |question: &str, facts: &[&str]| {
        let asked = ask(&estate, question, &ThreadContext::default());
        for fact in facts {
            assert!(asked.response().text.contains(fact), "{question}: {fact}: {}", asked.response().text);
        }
    };
    let replaced = "1 earlier run failed or was cancelled; a newer run has replaced it:";
    check("did secfin fail", &["No failure is open", replaced, "SECFIN_EMEA", "FAILED", "21:33:30 UTC"]);
    check("why was smaa cancelled", &["No failure is open", replaced, "SMAA_EMEA", "CANCELLED"]);
    check("what failed yesterday", &["No run is known", "17-Feb-2026"]);
}

#[test]
fn several_failed_batches_are_told_one_by_one() {
    let estate = Estate::reference().with_running_runs_failed();
    let asked = ask(&estate, "what failed today", &ThreadContext::default());
    let response = asked.response();
    for fact in [
        "**3 batches failed** on 18-Feb-2026.",
        "FINAL failed at **step 3**: ",
        "slice `GLOBAL_DERIV_CFG`: FAILED at 12:08:09 UTC after 2 h 50 min; ",
        "; and 1 more. It blocks 1 later dataset.",
        "2 of 2 attempts; the run took 43 min. It blocks 4 later datasets.",
        "**UPC** waits for FR2052A (6G).",
    ] {
        assert!(response.text.contains(fact), "{fact}: {}", response.text);
    }
    assert!(faults(response).is_empty(), "{:?}", faults(response));
    assert_eq!(response.suggested_queries[1], "What failed in FR2052A (6G)?");
}

/// What is wrong with how an answer reads.
fn faults(response: &Response) -> Vec<String> {
    let mut faults = Vec::new();
    let blocks = response.blocks.iter().map(|block| match block {
        Block::Paragraph(spans) => vec![spans.clone()],
        Block::List(points) => points.clone(),
        Block::Code(code) => vec![vec![Span::Text(code.clone())]],
    });
    for lines in blocks {
        if lines.is_empty() {
            faults.push("a block without lines".to_owned());
        }
        for spans in lines {
            if spans.is_empty() || spans.iter().any(|span| span.as_str().is_empty()) {
                faults.push(format!("an empty span: {spans:?}"));
            }
            let line: String = spans.iter().map(Span::as_str).collect();
            let slips = ["  ", " .", " ,", "..", ",,", "()", "( ", " )", "NaN", "inf ", "None", "Some("];
            for slip in slips.iter().filter(|slip| line.contains(**slip)) {
                faults.push(format!("{slip:?} in {line:?}"));
            }
            if line.trim() != line {
                faults.push(format!("white space around {line:?}"));
            }
        }
    }
    if response.blocks.is_empty() {
        faults.push("no answer".to_owned());
    }
    faults.extend(
        response
            .suggested_queries
            .iter()
            .filter(|query| query.trim().is_empty())
            .map(|_| "an empty chip".to_owned()),
    );
    faults
}
