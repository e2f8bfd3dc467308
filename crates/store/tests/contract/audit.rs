//! The audit trail: finding, refusing changes, verifying, exporting, sealing.

use crate::fixture::{Fixture, entry, on_both};
use model::audit::{AuditEntry, AuditFilter, AuditResult, AuditValues, ChainVerdict};
use store::audit::verify_export;
use store::{Error, Store};

on_both!(
    records_are_found_by_each_filter,
    text_is_found_in_values_in_any_case,
    pages_follow_each_other,
    nobody_changes_records_seals_or_head,
    every_tampering_is_named,
    records_behind_the_head_are_found,
    an_export_verifies_alone,
    every_byte_of_an_export_counts,
    a_seal_takes_the_place_of_old_records,
    a_forged_seal_is_found,
    a_record_among_sealed_ones_is_found,
    sealing_is_recorded_by_sealing_only,
    nul_characters_are_replaced,
);

async fn fill(store: &Store, count: usize) {
    let entries: Vec<_> = (0..count).map(|n| entry("key.create", &format!("key:{n}"))).collect();
    store.record(&entries).await.unwrap();
}

async fn records_are_found_by_each_filter(fixture: Fixture) {
    let Fixture { store, .. } = &fixture;
    let project = Some("p-1".into());
    store
        .record(&[AuditEntry { project, ..entry("member.invite", "member:eve@example.org") }])
        .await
        .unwrap();
    fixture.pass(10);
    let second = fixture.now();
    let failed =
        AuditEntry { result: AuditResult::Failure, ..entry("login.password", "user:eve@example.org") };
    store.record(&[AuditEntry { actor: "anonymous".to_owned(), ..failed }]).await.unwrap();
    fixture.pass(10);
    let third = fixture.now();
    let refused =
        AuditEntry { result: AuditResult::Refused, ..entry("member.remove", "member:ada@example.org") };
    store.record(&[refused, entry("members.export", "project:rates")]).await.unwrap();

    let check = async |filter: AuditFilter, expect: &[i64]| {
        let found = store.list_audit(&filter, None, 10).await.unwrap();
        assert_eq!(found.iter().map(|record| record.seq).collect::<Vec<_>>(), expect, "{filter:?}");
        assert_eq!(store.count_audit(&filter).await.unwrap(), expect.len() as u64, "{filter:?}");
    };
    let all = AuditFilter::default;
    let text = |text: &str| Some(text.to_owned());
    check(all(), &[4, 3, 2, 1]).await;
    check(AuditFilter { project: Some("p-1".into()), ..all() }, &[1]).await;
    check(AuditFilter { project: Some("p-2".into()), ..all() }, &[]).await;
    check(AuditFilter { actor: text("anonymous"), ..all() }, &[2]).await;
    check(AuditFilter { actor: text("ANONYMOUS"), ..all() }, &[]).await;
    check(AuditFilter { action: text("member.remove"), ..all() }, &[3]).await;
    check(AuditFilter { action: text("member."), ..all() }, &[3, 1]).await;
    check(AuditFilter { action: text("member"), ..all() }, &[]).await;
    check(AuditFilter { object: text("member:eve@example.org"), ..all() }, &[1]).await;
    check(AuditFilter { object: text("member:"), ..all() }, &[3, 1]).await;
    check(AuditFilter { object: text("user:e_e"), ..all() }, &[]).await;
    check(AuditFilter { result: Some(AuditResult::Refused), ..all() }, &[3]).await;
    check(AuditFilter { from: Some(second), ..all() }, &[4, 3, 2]).await;
    check(AuditFilter { to: Some(third), ..all() }, &[2, 1]).await;
    check(AuditFilter { from: Some(second), to: Some(third), ..all() }, &[2]).await;
    check(AuditFilter { action: text("member."), result: Some(AuditResult::Success), ..all() }, &[1]).await;

    let record = store.find_audit(2).await.unwrap().unwrap();
    assert_eq!((record.seq, record.at, record.entry.result), (2, second, AuditResult::Failure));
    assert_eq!(record.entry.address.as_deref(), Some("192.0.2.7"));
    assert_eq!(store.find_audit(5).await.unwrap(), None);
}

async fn text_is_found_in_values_in_any_case(fixture: Fixture) {
    let Fixture { store, .. } = &fixture;
    let after = |value: &str| AuditValues::from([("name".to_owned(), value.to_owned())]);
    let named = |value: &str| AuditEntry { after: after(value), ..entry("project.rename", "project:x") };
    store
        .record(&[named("Rates \"EMEA\""), named("ÄRZTE 100%"), named("a\\b_c"), named("plain")])
        .await
        .unwrap();
    let check = async |text: &str, expect: &[i64]| {
        let filter = AuditFilter { text: Some(text.to_owned()), ..AuditFilter::default() };
        let found = store.list_audit(&filter, None, 10).await.unwrap();
        assert_eq!(found.iter().map(|record| record.seq).collect::<Vec<_>>(), expect, "{text}");
        assert_eq!(store.count_audit(&filter).await.unwrap(), expect.len() as u64, "{text}");
    };
    check("emea", &[1]).await;
    check("\"emea\"", &[1]).await;
    check("ärzte", &[2]).await;
    check("Ärzte", &[2]).await;
    check("100%", &[2]).await;
    check("%", &[2]).await;
    check("_", &[3]).await;
    check("A\\B", &[3]).await;
    check("mozilla", &[4, 3, 2, 1]).await;
    check("user_agent", &[]).await;
    check("PLAIN ", &[4]).await;
    check("  ", &[4, 3, 2, 1]).await;
}

async fn pages_follow_each_other(fixture: Fixture) {
    let Fixture { store, .. } = &fixture;
    fill(store, 25).await;
    for text in [None, Some("mozilla".to_owned())] {
        let filter = AuditFilter { action: Some("key.".to_owned()), text, ..AuditFilter::default() };
        let mut before = None;
        let mut seen = Vec::new();
        loop {
            let page = store.list_audit(&filter, before, 10).await.unwrap();
            let Some(last) = page.last() else { break };
            before = Some(last.seq);
            seen.extend(page.iter().map(|record| record.seq));
        }
        assert_eq!(seen, (1..=25).rev().collect::<Vec<_>>());
        assert_eq!(store.list_audit(&filter, None, 0).await.unwrap(), []);
    }
}

async fn nobody_changes_records_seals_or_head(fixture: Fixture) {
    fill(&fixture.store, 5).await;
    let file = fixture.dir.path().join("sealed.jsonl");
    fixture.store.seal_audit(2, &file, entry("x.y", "audit:2")).await.unwrap();
    let mut statements = vec![
        "UPDATE audit_record SET body = '{}' WHERE seq = 4",
        "UPDATE audit_record SET seq = 40 WHERE seq = 4",
        "DELETE FROM audit_record WHERE seq = 4",
        "DELETE FROM audit_record",
        "UPDATE audit_seal SET records = 1",
        "DELETE FROM audit_seal",
        "UPDATE audit_head SET seq = 3",
        "UPDATE audit_head SET hash = ''",
        "DELETE FROM audit_head",
    ];
    if fixture.is_postgres() {
        statements.extend(["TRUNCATE audit_record", "TRUNCATE audit_seal", "TRUNCATE audit_head"]);
    } else {
        statements.push("REPLACE INTO audit_head (id, seq, hash) VALUES (1, 3, '')");
        statements.push("REPLACE INTO audit_record (seq, at_ms, body, hash) VALUES (4, 1, '{}', '')");
    }
    for statement in statements {
        assert!(fixture.tamper(statement).await.is_err(), "{statement}");
    }
    assert!(matches!(fixture.verdict().await, ChainVerdict::Intact { records: 4, last_seq: 6, .. }));
}

async fn every_tampering_is_named(fixture: Fixture) {
    fill(&fixture.store, 30).await;
    let broken_at = async |sql: &str, expect: i64| {
        fixture.tamper_without_triggers(sql).await;
        match fixture.verdict().await {
            ChainVerdict::Broken { seq, reason } => assert_eq!(seq, expect, "{sql}: {reason}"),
            intact => panic!("{sql}: {intact:?}"),
        }
    };
    let save = "CREATE TABLE kept AS SELECT seq, at_ms, body, hash FROM audit_record; \
                CREATE TABLE kept_head AS SELECT * FROM audit_head";
    let back = "DELETE FROM audit_record; DELETE FROM audit_head; \
                INSERT INTO audit_record (seq, at_ms, body, hash) SELECT * FROM kept; \
                INSERT INTO audit_head SELECT * FROM kept_head";
    fixture.tamper_without_triggers(save).await;
    for (sql, expect) in [
        ("UPDATE audit_record SET body = replace(body, 'key:6', 'key:7') WHERE seq = 7", 7),
        ("UPDATE audit_record SET at_ms = at_ms + 1 WHERE seq = 1", 1),
        ("UPDATE audit_record SET hash = upper(hash) WHERE seq = 30", 30),
        ("UPDATE audit_record SET hash = (SELECT hash FROM kept WHERE seq = 8) WHERE seq = 9", 9),
        ("DELETE FROM audit_record WHERE seq = 12", 12),
        ("DELETE FROM audit_record WHERE seq = 1", 1),
        ("DELETE FROM audit_record WHERE seq > 27", 28),
        ("DELETE FROM audit_record WHERE seq = 30", 30),
        ("DELETE FROM audit_record", 1),
        // Two records change places, with or without their hashes.
        (
            "UPDATE audit_record SET seq = -seq WHERE seq IN (4, 5); \
          UPDATE audit_record SET seq = 9 + seq WHERE seq < 0",
            4,
        ),
        (
            "UPDATE audit_record SET body = (SELECT body FROM kept WHERE seq = 21) WHERE seq = 20; \
          UPDATE audit_record SET body = (SELECT body FROM kept WHERE seq = 20) WHERE seq = 21",
            20,
        ),
        // One is taken out and the others move up.
        (
            "DELETE FROM audit_record WHERE seq = 15; UPDATE audit_record SET seq = -seq WHERE seq > 15; \
          UPDATE audit_record SET seq = -seq - 1 WHERE seq < 0",
            15,
        ),
        ("UPDATE audit_head SET hash = replace(hash, substr(hash, 1, 1), 'x')", 30),
        ("UPDATE audit_head SET seq = 29, hash = (SELECT hash FROM kept WHERE seq = 29)", 30),
        ("UPDATE audit_head SET seq = 31", 31),
    ] {
        broken_at(sql, expect).await;
        fixture.tamper_without_triggers(back).await;
        assert!(matches!(fixture.verdict().await, ChainVerdict::Intact { records: 30, .. }), "{sql}");
    }
}

async fn records_behind_the_head_are_found(fixture: Fixture) {
    fill(&fixture.store, 3).await;
    let sql = "INSERT INTO audit_record (seq, at_ms, body, hash) \
               SELECT seq + 1, at_ms, body, hash FROM audit_record WHERE seq = 3";
    fixture.tamper(sql).await.unwrap();
    let verdict = fixture.verdict().await;
    assert!(matches!(verdict, ChainVerdict::Broken { seq: 4, .. }), "{verdict:?}");
}

async fn an_export_verifies_alone(fixture: Fixture) {
    let Fixture { store, .. } = &fixture;
    let mut file = Vec::new();
    let exported = store.export_audit(1..=i64::MAX, &mut file).await.unwrap();
    assert_eq!((exported.records, exported.last_seq), (0, 0));
    assert!(matches!(verify_export(&file[..]).unwrap(), ChainVerdict::Intact { records: 0, .. }));

    fill(store, 2_500).await;
    for (range, first, last) in [(1..=i64::MAX, 1, 2_500), (1..=1, 1, 1), (999..=2_001, 999, 2_001)] {
        let mut file = Vec::new();
        let exported = store.export_audit(range, &mut file).await.unwrap();
        assert_eq!((exported.first_seq, exported.last_seq), (first, last));
        let head = store.find_audit(last).await.unwrap().unwrap().hash;
        let records = exported.records;
        let expect = ChainVerdict::Intact { records, last_seq: last, head };
        assert_eq!(records as i64, last - first + 1);
        assert_eq!(verify_export(&file[..]).unwrap(), expect);
    }
    let mut file = Vec::new();
    let beyond = store.export_audit(4_000..=5_000, &mut file).await.unwrap_err();
    assert!(matches!(beyond, Error::Invalid(_)), "{beyond:?}");
    fixture.tamper_without_triggers("DELETE FROM audit_record WHERE seq = 1500").await;
    let broken = store.export_audit(1..=i64::MAX, &mut file).await.unwrap_err();
    assert!(broken.to_string().contains("1500"), "{broken}");
}

async fn every_byte_of_an_export_counts(fixture: Fixture) {
    fill(&fixture.store, 4).await;
    let mut file = Vec::new();
    fixture.store.export_audit(1..=i64::MAX, &mut file).await.unwrap();
    let intact = verify_export(&file[..]).unwrap();
    for at in 0..file.len() {
        for flip in [1, 0x20, 0x80] {
            let mut copy = file.clone();
            copy[at] ^= flip;
            let verdict = verify_export(&copy[..]).unwrap();
            assert!(matches!(verdict, ChainVerdict::Broken { .. }), "byte {at} ^ {flip}: {verdict:?}");
        }
    }
    let lines: Vec<&[u8]> = file.split_inclusive(|byte| *byte == b'\n').collect();
    for gone in 0..lines.len() {
        let rest: Vec<u8> =
            lines.iter().enumerate().filter(|(n, _)| *n != gone).flat_map(|(_, l)| l.to_vec()).collect();
        assert!(
            matches!(verify_export(&rest[..]).unwrap(), ChainVerdict::Broken { .. }),
            "without line {gone}"
        );
    }
    let twice = [file.clone(), file.clone()].concat();
    assert!(matches!(verify_export(&twice[..]).unwrap(), ChainVerdict::Broken { .. }));
    assert!(matches!(verify_export(&b""[..]).unwrap(), ChainVerdict::Broken { .. }));
    assert!(matches!(intact, ChainVerdict::Intact { records: 4, .. }));
}

async fn a_seal_takes_the_place_of_old_records(fixture: Fixture) {
    let Fixture { store, .. } = &fixture;
    fill(store, 20).await;
    let path = |name: &str| fixture.dir.path().join(name);
    let seal = store.seal_audit(8, &path("first.jsonl"), entry("x.y", "audit:8")).await.unwrap();
    assert_eq!((seal.seq, seal.records), (8, 8));
    let file = std::fs::read(path("first.jsonl")).unwrap();
    let expect = ChainVerdict::Intact { records: 8, last_seq: 8, head: seal.hash.clone() };
    assert_eq!(verify_export(&file[..]).unwrap(), expect);
    assert!(matches!(fixture.verdict().await, ChainVerdict::Intact { records: 13, last_seq: 21, .. }));
    assert_eq!(store.find_audit(8).await.unwrap(), None);
    let record = store.find_audit(21).await.unwrap().unwrap();
    assert_eq!(record.entry.action, "audit.seal");
    assert_eq!(record.entry.after["file_sha256"], seal.file_sha256);
    assert_eq!(record.entry.after["last_seq"], "8");

    // A sealing's own record is sealed by a later one, and all seals stay under the chain.
    store.seal_audit(21, &path("second.jsonl"), entry("x.y", "audit:21")).await.unwrap();
    fill(store, 1).await;
    assert!(matches!(fixture.verdict().await, ChainVerdict::Intact { records: 2, last_seq: 23, .. }));
    assert_eq!(store.list_seals().await.unwrap().len(), 2);
    let second = std::fs::read(path("second.jsonl")).unwrap();
    assert!(matches!(verify_export(&second[..]).unwrap(), ChainVerdict::Intact { records: 13, .. }));
    let mut rest = Vec::new();
    let exported = store.export_audit(1..=i64::MAX, &mut rest).await.unwrap();
    assert_eq!((exported.first_seq, exported.last_seq), (22, 23));
    assert!(matches!(verify_export(&rest[..]).unwrap(), ChainVerdict::Intact { records: 2, .. }));
    assert_eq!(store.describe().await.unwrap().audit_records, 2);

    for up_to in [0, 21, 24] {
        let refused = store.seal_audit(up_to, &path("third.jsonl"), entry("x.y", "audit")).await.unwrap_err();
        assert!(matches!(refused, Error::Invalid(_)), "{refused:?}");
    }
    let refused = store.seal_audit(22, &path("first.jsonl"), entry("x.y", "audit")).await.unwrap_err();
    assert!(matches!(refused, Error::Directory { .. }), "{refused:?}");
    assert_eq!(std::fs::read(path("first.jsonl")).unwrap(), file, "an old file stays");
    fixture.tamper_without_triggers("UPDATE audit_record SET at_ms = 1 WHERE seq = 22").await;
    let refused = store.seal_audit(23, &path("third.jsonl"), entry("x.y", "audit")).await.unwrap_err();
    assert!(matches!(refused, Error::Malformed { .. }), "{refused:?}");
    assert!(!path("third.jsonl").exists());
}

async fn a_forged_seal_is_found(fixture: Fixture) {
    fill(&fixture.store, 10).await;
    let forge = "INSERT INTO audit_seal (seq, hash, records, file_sha256, sealed_at) \
                 SELECT seq, hash, seq, '', 0 FROM audit_record WHERE seq = 4; \
                 DELETE FROM audit_record WHERE seq <= 4";
    // The triggers let this pass: it is how sealing works. The record of it is missing.
    fixture.tamper(forge).await.unwrap();
    let verdict = fixture.verdict().await;
    assert!(matches!(verdict, ChainVerdict::Broken { seq: 4, .. }), "{verdict:?}");
}

async fn a_record_among_sealed_ones_is_found(fixture: Fixture) {
    fill(&fixture.store, 10).await;
    let file = fixture.dir.path().join("sealed.jsonl");
    fixture.store.seal_audit(5, &file, entry("x.y", "audit:5")).await.unwrap();
    let insert = "INSERT INTO audit_record (seq, at_ms, body, hash) \
                  SELECT 3, at_ms, body, hash FROM audit_record WHERE seq = 6";
    fixture.tamper_without_triggers(insert).await;
    let verdict = fixture.verdict().await;
    assert!(matches!(verdict, ChainVerdict::Broken { seq: 3, .. }), "{verdict:?}");
}

async fn sealing_is_recorded_by_sealing_only(fixture: Fixture) {
    let forged = fixture.store.record(&[entry("audit.seal", "audit")]).await.unwrap_err();
    assert!(matches!(forged, Error::Invalid(_)), "{forged:?}");
}

async fn nul_characters_are_replaced(fixture: Fixture) {
    let agent = Some("a\0b".to_owned());
    fixture
        .store
        .record(&[AuditEntry { user_agent: agent, ..entry("login.password", "user:x") }])
        .await
        .unwrap();
    let record = fixture.store.find_audit(1).await.unwrap().unwrap();
    assert_eq!(record.entry.user_agent.as_deref(), Some("a\u{fffd}b"));
    assert!(matches!(fixture.verdict().await, ChainVerdict::Intact { records: 1, .. }));
}
