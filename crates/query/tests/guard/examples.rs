//! The curated examples pass the guard, whatever fills their slots, and run.

use super::corpus::{guard, moment};
use super::database::{connect, rows};
use model::{BusinessDate, DatasetId, Phase, RunId, SliceName};
use proptest::prelude::*;
use query::examples::{Batch, EXAMPLES, Entities, Slot};
use query::{Database, Table};

fn entities() -> Entities {
    Entities {
        batches: vec![
            Batch { name: "6G".to_owned(), datasets: vec!["x-calc".into(), "x-other".into()] },
            Batch { name: "SNU".to_owned(), datasets: vec!["x-load".into()] },
        ],
        date: moment().today,
        period: None,
        phase: None,
        slice: Some("6G-GLOBAL-SLICE-1".into()),
        runs: vec!["a".into()],
    }
}

#[tokio::test]
async fn every_example_is_accepted_and_runs() {
    assert!(EXAMPLES.len() >= 25);
    let mut connection = connect().await;
    for example in EXAMPLES {
        let sql = example.fill(&entities()).unwrap();
        let accepted = guard().check(&sql, &moment()).unwrap_or_else(|refusal| panic!("{sql}: {refusal}"));
        rows(&mut connection, &accepted.sqlite).await;
        let is_workflow = accepted.tables.contains(&Table::WorkflowRunInstance);
        assert_eq!(accepted.database == Database::Workflow, is_workflow);
        assert!(guard().check(&accepted.sql, &moment()) == Ok(accepted), "{sql}");
    }
}

#[tokio::test]
async fn the_batch_that_failed_most() {
    let sql = EXAMPLES[0].fill(&entities()).unwrap();
    let accepted = guard().check(&sql, &moment()).unwrap();
    let found = rows(&mut connect().await, &accepted.sqlite).await;
    assert_eq!(found, [["6G", "1", "2"], ["SNU", "1", "1"]]);
}

#[tokio::test]
async fn a_slice_is_matched_whole() {
    let example = EXAMPLES.iter().find(|example| example.question.contains("{slice}")).unwrap();
    let mut connection = connect().await;
    for (slice, expect) in [
        ("6G-GLOBAL-SLICE-1", 1),
        ("6G-GLOBAL-SLICE-10", 1),
        ("6G-GLOBAL-SLICE", 0),
        ("SLICE-1", 0),
        ("N_", 0),
    ] {
        let entities = Entities { slice: Some(slice.into()), ..entities() };
        let accepted = guard().check(&example.fill(&entities).unwrap(), &moment()).unwrap();
        assert_eq!(rows(&mut connection, &accepted.sqlite).await.len(), expect, "{slice}");
    }
}

#[test]
fn what_is_not_known_is_named() {
    let nothing = Entities { batches: Vec::new(), slice: None, runs: Vec::new(), ..entities() };
    let missing: Vec<Result<String, Slot>> = EXAMPLES.iter().map(|example| example.fill(&nothing)).collect();
    assert!(missing.contains(&Err(Slot::Datasets)) || missing.contains(&Err(Slot::Batch)));
    assert!(missing.contains(&Err(Slot::Runs)));
    let no_slice = Entities { slice: None, ..entities() };
    assert!(EXAMPLES.iter().any(|example| example.fill(&no_slice) == Err(Slot::Slice)));
}

#[test]
fn a_phase_and_a_period_go_into_the_query() {
    let day = |text| BusinessDate::parse(text).unwrap();
    let period = Some((day("2026-01-01"), day("2026-01-31")));
    let entities = Entities { phase: Some(Phase::Final), period, ..entities() };
    let sql = EXAMPLES[0].fill(&entities).unwrap();
    assert!(sql.contains("BETWEEN '2026-01-01' AND '2026-01-31'"), "{sql}");
    assert!(sql.contains("TRIGGER_TYPE IN ('RerunTrigger')"), "{sql}");
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever a name holds, it stays inside its literal: what is accepted reads the same
    /// tables and columns as with harmless names.
    #[test]
    fn no_name_leaves_its_literal(at in 0..EXAMPLES.len(), name in "[ -~é'\\\\%_{}-]{0,24}") {
        let hostile = Entities {
            batches: vec![Batch { name: name.clone(), datasets: vec![DatasetId::new(name.clone())] }],
            slice: Some(SliceName::new(name.clone())),
            runs: vec![RunId::new(name)],
            ..entities()
        };
        let tame = guard().check(&EXAMPLES[at].fill(&entities()).unwrap(), &moment()).unwrap();
        let accepted = guard().check(&EXAMPLES[at].fill(&hostile).unwrap(), &moment());
        let accepted = accepted.map_err(|refusal| TestCaseError::fail(refusal.to_string()))?;
        prop_assert_eq!((accepted.tables, accepted.columns, accepted.span), (tame.tables, tame.columns, tame.span));
    }
}
