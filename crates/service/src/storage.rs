//! What an operator does with our own state at the terminal, beside a running server or without one.

use crate::{Result, Settings};
use ::telemetry::store::{Sqlite, StoreResult};
use model::ask::{Intent, Outcome, ThreadId, Thumb, Tier, Turn, TurnId};
use model::audit::{AuditEntry, ChainVerdict};
use model::{Actor, Clock, Timestamp};
use serde::Serialize;
use std::io::BufRead;
use std::path::{Path, PathBuf};
use store::{DataDirectory, Store, StoreSettings};
use tokio::io::{AsyncWrite, AsyncWriteExt};

/// Answers that are read at once: they can be long.
const RATINGS_AT_ONCE: u32 = 50;

/// Writes a copy of the database to a file that is not there yet, and one of telemetry beside it, while the
/// server runs. Says where that of telemetry is, where there is any.
pub async fn backup(settings: &Settings, to: &Path) -> Result<Option<PathBuf>> {
    let store = Store::open(&settings.store, Clock::system()).await?;
    store.backup(to).await?;
    let (dir, of_telemetry) = (settings.telemetry.dir.clone(), telemetry_beside(to));
    let path = of_telemetry.clone();
    let copied = in_background(move || Sqlite::backup(&dir, &path)).await?;
    let copy = copied.then_some(of_telemetry);
    let mut entry = operator("store.backup", "store").after("file", to.display());
    if let Some(copy) = &copy {
        entry = entry.after("telemetry", copy.display());
    }
    store.record(&[entry]).await?;
    store.close().await;
    Ok(copy)
}

/// Where the ones are that stood in the place of what was restored.
#[derive(Debug)]
pub struct Restored {
    /// The database's.
    pub state: Option<PathBuf>,
    /// That of telemetry; `None` where the backup has none.
    pub telemetry: Option<Option<PathBuf>>,
}

/// Puts a copy in the place of the database in `dir`, and the one of telemetry that is beside it in the
/// place of that, where no server runs.
pub async fn restore(from: &Path, dir: &Path) -> Result<Restored> {
    let of_telemetry = telemetry_beside(from);
    let has_telemetry = of_telemetry.exists();
    if has_telemetry {
        let copy = of_telemetry.clone();
        in_background(move || Sqlite::check_backup(&copy)).await?;
    }
    let state = store::restore(from, dir).await?;
    let telemetry = if has_telemetry {
        let _alone = DataDirectory::enter_alone(dir).await?;
        let dir = dir.to_owned();
        Some(in_background(move || Sqlite::restore(&of_telemetry, &dir)).await?)
    } else {
        None
    };
    Ok(Restored { state, telemetry })
}

/// Where the copy of telemetry is that belongs to a copy of the database.
fn telemetry_beside(copy: &Path) -> PathBuf {
    let mut name = copy.as_os_str().to_owned();
    name.push(".telemetry");
    name.into()
}

async fn in_background<T: Send + 'static>(
    work: impl FnOnce() -> StoreResult<T> + Send + 'static,
) -> Result<T> {
    let done = tokio::task::spawn_blocking(work).await;
    Ok(done.unwrap_or_else(|panic| std::panic::resume_unwind(panic.into_panic()))?)
}

/// Whether the audit trail is as it was written. `progress` is told how many records were read.
pub async fn verify_audit(settings: &StoreSettings, progress: impl FnMut(u64)) -> Result<ChainVerdict> {
    let store = Store::open(settings, Clock::system()).await?;
    let verdict = store.verify_audit(progress).await?;
    store.close().await;
    Ok(verdict)
}

/// Whether a file that [`export_audit`] wrote is as it was written.
pub fn verify_export(reader: impl BufRead) -> Result<ChainVerdict> {
    Ok(store::audit::verify_export(reader)?)
}

/// Writes all records with their chain as JSON lines, and says how many.
pub async fn export_audit(
    settings: &StoreSettings,
    writer: &mut (impl AsyncWrite + Unpin + Send),
) -> Result<u64> {
    let store = Store::open(settings, Clock::system()).await?;
    store.record(&[operator("audit.export", "audit").after("format", "chain")]).await?;
    let exported = store.export_audit(1..=i64::MAX, writer).await?;
    store.close().await;
    Ok(exported.records)
}

/// Moves the records up to `seq` into a file, and leaves their sealing hash.
pub async fn seal_audit(settings: &StoreSettings, up_to: i64, file: &Path) -> Result<i64> {
    let store = Store::open(settings, Clock::system()).await?;
    let entry = operator("audit.seal", format!("audit:{up_to}")).after("file", file.display());
    let seal = store.seal_audit(up_to, file, entry).await?;
    store.close().await;
    Ok(seal.records)
}

/// A rated answer, as a line of [`export_ratings`].
#[derive(Serialize)]
struct RatedAnswer<'a> {
    thread_id: &'a ThreadId,
    turn: TurnId,
    asked_at: Timestamp,
    question: &'a str,
    /// What the reader saw: the answer's text, or the error's.
    answer: &'a str,
    /// None of these where there was an error.
    intent: Option<Intent>,
    tier: Option<Tier>,
    model: Option<&'a str>,
    thumb: Thumb,
    comment: &'a str,
}

/// Writes all rated answers with their questions as JSON lines, and says how many.
pub async fn export_ratings(
    settings: &StoreSettings,
    writer: &mut (impl AsyncWrite + Unpin + Send),
) -> Result<u64> {
    let store = Store::open(settings, Clock::system()).await?;
    store.record(&[operator("ratings.export", "ratings")]).await?;
    let (mut count, mut last) = (0, None::<(ThreadId, TurnId)>);
    loop {
        let after = last.as_ref().map(|(id, turn)| (id, *turn));
        let rated = store.list_rated(after, RATINGS_AT_ONCE).await?;
        for (id, turn) in &rated {
            if let Some(mut line) = rating_line(id, turn) {
                line.push('\n');
                writer.write_all(line.as_bytes()).await.map_err(store::Error::from)?;
                count += 1;
            }
        }
        match rated.into_iter().next_back() {
            Some((id, turn)) => last = Some((id, turn.id)),
            None => break,
        }
    }
    store.close().await;
    Ok(count)
}

/// `None` for a turn that is not rated, or still under way.
fn rating_line(thread_id: &ThreadId, turn: &Turn) -> Option<String> {
    let rating = turn.rating.as_ref()?;
    let (answer, response) = match turn.outcome.as_ref()? {
        Outcome::Answered(response) => (response.text.as_str(), Some(response)),
        Outcome::Failed(error) => (error.message.as_str(), None),
    };
    let line = RatedAnswer {
        thread_id,
        turn: turn.id,
        asked_at: turn.asked_at,
        question: turn.question.as_str(),
        answer,
        intent: response.map(|response| response.intent),
        tier: response.map(|response| response.tier),
        model: response.and_then(|response| response.model.as_deref()),
        thumb: rating.thumb,
        comment: &rating.comment,
    };
    Some(serde_json::to_string(&line).expect("it has string keys only"))
}

/// What the person at the terminal did.
fn operator(action: &str, object: impl Into<String>) -> AuditEntry {
    let mut entry = AuditEntry::by(&Actor::anonymous(), action, object);
    entry.actor = "operator".to_owned();
    entry
}
