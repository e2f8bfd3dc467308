//! A process that writes is killed again and again: what it was told is written is there.

use crate::fixture::{Fixture, entry, on_both};
use model::Clock;
use model::audit::{AuditFilter, ChainVerdict};
use secrecy::ExposeSecret;
use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};
use std::time::Duration;
use store::{Store, StoreKind, StoreSettings};

const KILLS: u64 = 50;
/// Set for the process that writes: which database.
const DATABASE: &str = "SENTRY_TEST_WRITES_TO";

on_both!(no_acknowledged_record_is_lost);

async fn no_acknowledged_record_is_lost(fixture: Fixture) {
    if let Some(database) = std::env::var_os(DATABASE) {
        return write_until_killed(database.to_str().unwrap()).await;
    }
    let (database, test) = match &fixture.settings.kind {
        StoreKind::Sqlite { dir } => {
            (dir.display().to_string(), "kills::sqlite::no_acknowledged_record_is_lost")
        }
        StoreKind::Postgres { url } => {
            (url.expose_secret().to_owned(), "kills::postgres::no_acknowledged_record_is_lost")
        }
    };
    // The data stay, as after a crash; this store only looks.
    let mut acknowledged: Vec<(i64, String)> = Vec::new();
    for round in 0..KILLS {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args([test, "--exact", "--nocapture"])
            .env(DATABASE, &database)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
        let ready = lines.by_ref().find(|line| line.starts_with("written "));
        assert!(ready.is_some(), "the writer of round {round} does not write");
        // Another moment of a write each time.
        std::thread::sleep(Duration::from_micros(round * 733));
        child.kill().unwrap();
        child.wait().unwrap();
        let before = acknowledged.len();
        for line in ready.into_iter().chain(lines) {
            if let Some((seq, object)) = line.strip_prefix("written ").and_then(|rest| rest.split_once(' ')) {
                acknowledged.push((seq.parse().unwrap(), object.to_owned()));
            }
        }
        assert!(acknowledged.len() > before);
        let verdict = fixture.verdict().await;
        let ChainVerdict::Intact { last_seq, .. } = verdict else { panic!("round {round}: {verdict:?}") };
        let last = acknowledged.iter().map(|(seq, _)| *seq).max().unwrap_or_default();
        assert!(last_seq >= last, "round {round}: {last} was acknowledged, the last is {last_seq}");
    }
    for (seq, object) in &acknowledged {
        let record = fixture.store.find_audit(*seq).await.unwrap();
        assert_eq!(record.map(|record| record.entry.object).as_ref(), Some(object), "{seq}");
    }
    // Whatever a killed transaction wrote is there as a whole or not at all.
    let filter = AuditFilter { action: Some("test.pair".to_owned()), ..AuditFilter::default() };
    assert_eq!(fixture.store.count_audit(&filter).await.unwrap() % 2, 0);
    assert_eq!(fixture.store.list_sessions(&"nobody".into()).await.unwrap(), []);
}

/// Says each write on standard output once it is committed.
async fn write_until_killed(database: &str) {
    let kind = match database.starts_with("postgres:") {
        true => StoreKind::Postgres { url: database.to_owned().into() },
        false => StoreKind::Sqlite { dir: database.into() },
    };
    let store = Store::open(&StoreSettings { kind }, Clock::system()).await.unwrap();
    let mut out = std::io::stdout();
    for n in 0.. {
        let object = format!("pair:{}-{n}", std::process::id());
        let pair = [entry("test.pair", &object), entry("test.pair", &object)];
        let seq = store.record(&pair).await.unwrap();
        writeln!(out, "written {seq} {object}").unwrap();
        out.flush().unwrap();
    }
}
