//! Many writers at once: one chain.

use crate::fixture::{Fixture, entry, on_both};
use model::audit::{AuditFilter, ChainVerdict};

const RECORDS: usize = 100_000;
const WRITERS: usize = 8;
/// Records in a transaction: one, a few, many.
const BATCHES: [usize; 3] = [1, 20, 229];

on_both!(eight_writers_make_one_chain);

async fn eight_writers_make_one_chain(fixture: Fixture) {
    // Half of them through another store, as a second server would.
    let other = fixture.open_again().await;
    let writers = (0..WRITERS).map(|writer| {
        let store = if writer % 2 == 0 { fixture.store.clone() } else { other.clone() };
        tokio::spawn(async move {
            let mut written = 0;
            for batch in BATCHES.into_iter().cycle() {
                let batch = batch.min(RECORDS / WRITERS - written);
                let object = |n| format!("writer:{writer}/{}", written + n);
                let entries: Vec<_> = (0..batch).map(|n| entry("test.write", &object(n))).collect();
                store.record(&entries).await.unwrap();
                written += batch;
                if written == RECORDS / WRITERS {
                    break;
                }
            }
        })
    });
    for writer in writers.collect::<Vec<_>>() {
        writer.await.unwrap();
    }
    let verdict = fixture.verdict().await;
    let ChainVerdict::Intact { records, last_seq, .. } = verdict else { panic!("{verdict:?}") };
    assert_eq!((records, last_seq), (RECORDS as u64, RECORDS as i64));
    for writer in 0..WRITERS {
        let filter = AuditFilter { object: Some(format!("writer:{writer}/")), ..AuditFilter::default() };
        assert_eq!(fixture.store.count_audit(&filter).await.unwrap(), (RECORDS / WRITERS) as u64);
    }
    // An edit in the middle of many is named.
    let edit = "UPDATE audit_record SET at_ms = at_ms + 1 WHERE seq = 61234";
    fixture.tamper_without_triggers(edit).await;
    let verdict = fixture.verdict().await;
    assert!(matches!(verdict, ChainVerdict::Broken { seq: 61_234, .. }), "{verdict:?}");
}
