//! How many records a second are written and verified, on both databases: `cargo bench -p store`.

#[allow(clippy::unwrap_used, unused_imports, unused_macros)] // as tests use it
#[path = "../tests/common/fixture.rs"]
mod fixture;

use fixture::{Fixture, entry};
use model::audit::{AuditEntry, AuditValues, ChainVerdict};
use std::time::Instant;

const RECORDS: usize = 300_000;
const BATCH: usize = 1_000;
const ROUNDS: usize = 5;

fn main() {
    // `cargo test --benches` asks for a test run: nothing to test here.
    if std::env::args().any(|argument| argument == "--test") {
        return;
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        measure("SQLite", Fixture::sqlite().await).await;
        measure("PostgreSQL", Fixture::postgres().await).await;
    });
}

async fn measure(name: &str, fixture: Fixture) {
    let started = Instant::now();
    for batch in 0..RECORDS / BATCH {
        let entries: Vec<_> = (0..BATCH).map(|n| typical(batch * BATCH + n)).collect();
        fixture.store.record(&entries).await.expect("write");
    }
    println!("{name}: {:.0} records/s written, {BATCH} a transaction", rate(started));
    let mut rates: Vec<f64> = Vec::new();
    for _ in 0..ROUNDS {
        let started = Instant::now();
        let verdict = fixture.store.verify_audit(|_| ()).await.expect("read");
        assert!(matches!(verdict, ChainVerdict::Intact { .. }), "{verdict:?}");
        rates.push(rate(started));
    }
    rates.sort_by(f64::total_cmp);
    println!(
        "{name}: {:.0} records/s verified (median of {ROUNDS}, worst {:.0})",
        rates[ROUNDS / 2],
        rates[0]
    );
}

fn rate(started: Instant) -> f64 {
    RECORDS as f64 / started.elapsed().as_secs_f64()
}

/// A change of a member's role, about 400 bytes.
fn typical(n: usize) -> AuditEntry {
    let role = |role: &str| AuditValues::from([("role".to_owned(), role.to_owned())]);
    AuditEntry {
        before: role("viewer"),
        after: role("engineer"),
        project: Some("01JF8Z3W8M5V7Q2K4T6Y9B1C3D".into()),
        actor: format!("person{}@example.org", n % 97),
        user_agent: Some("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0".to_owned()),
        ..entry("member.set_role", &format!("member:person{}@example.org", n % 1_003))
    }
}
