//! The snapshots that everything reads. One poller a business date builds them; however many
//! people look, the sources are asked no more often.
//!
//! Today's date is polled all the time. A past date is polled once somebody reads it, then
//! every few minutes while it is read; the least recently read ones are forgotten.

mod audiences;
mod snapshot;

pub use snapshot::Snapshot;

use crate::audience::{Audience, Content};
use crate::live::{Frames, Subscription};
use crate::settings::Settings;
use crate::sources::Sources;
use crate::{Result, Service};
use arc_swap::ArcSwap;
use audiences::Audiences;
use model::rules::read_runs;
use model::source::SourceName;
use model::{Actor, BusinessDate, Capability, Clock, SnapshotId, Timestamp};
use snapshot::SnapshotIds;
use std::collections::HashMap;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::{Semaphore, watch};
use tokio::time::{Instant, timeout};

/// Past dates that are kept.
const PAST_DATES_KEPT: usize = 8;
/// A past date is forgotten this long after its last reader.
const FORGET_AFTER: Duration = Duration::from_secs(600);
/// First polls of past dates under way at once.
const FIRST_POLLS_AT_ONCE: usize = 2;
/// How long the first reader of a date waits for its first poll.
const FIRST_POLL_WAIT: Duration = Duration::from_secs(12);
/// Delay before the first retry of a failed poll; doubled for each further failure.
const RETRY_FIRST: Duration = Duration::from_secs(1);
/// Longest delay between retries.
const RETRY_MOST: Duration = Duration::from_secs(60);

pub(crate) struct Boards {
    poll_today: Duration,
    poll_past: Duration,
    dates: Mutex<HashMap<BusinessDate, Arc<DateBoard>>>,
    versions: AtomicU64,
    first_polls: Semaphore,
    /// Wakes the pollers: the catalog has changed.
    wake: watch::Sender<()>,
}

/// One business date: its newest snapshot, its followers, and when it is polled next.
pub(crate) struct DateBoard {
    date: BusinessDate,
    snapshot: ArcSwap<Snapshot>,
    frames: Mutex<Frames>,
    audiences: Audiences,
    ids: SnapshotIds,
    polling: tokio::sync::Mutex<PollState>,
    last_read: LastRead,
}

/// When something was last read, in milliseconds since the epoch.
pub(crate) struct LastRead(AtomicI64);

impl LastRead {
    fn at(now: Timestamp) -> Self {
        Self(AtomicI64::new(now.as_millisecond()))
    }

    fn touch(&self, now: Timestamp) {
        self.0.store(now.as_millisecond(), Ordering::Relaxed);
    }

    fn idle(&self, now: Timestamp) -> Duration {
        let millis = now.as_millisecond() - self.0.load(Ordering::Relaxed);
        Duration::from_millis(u64::try_from(millis).unwrap_or(0))
    }
}

struct PollState {
    due: Instant,
    failures: u32,
    catalog_version: u64,
}

impl DateBoard {
    fn frames(&self) -> std::sync::MutexGuard<'_, Frames> {
        self.frames.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn whole(&self) -> Arc<Snapshot> {
        self.snapshot.load_full()
    }

    /// The newest snapshot, as `audience` sees it.
    pub(crate) fn snapshot(&self, audience: &Audience, now: Timestamp) -> Arc<Snapshot> {
        if audience.sees_all() {
            return self.whole();
        }
        let narrowed = self.audiences.get(audience, &self.snapshot.load(), now);
        narrowed.snapshot(|| self.whole(), &self.ids, now)
    }

    pub(crate) fn follow(
        &self,
        audience: &Audience,
        last: Option<SnapshotId>,
        clock: &Clock,
    ) -> Subscription {
        let now = clock.now();
        if audience.sees_all() {
            // Under the lock of the frames no poll can publish in between.
            let mut frames = self.frames();
            return frames.follow(last, &self.whole(), now);
        }
        let narrowed = self.audiences.get(audience, &self.snapshot.load(), now);
        narrowed.follow(last, || self.whole(), &self.ids, now)
    }

    fn has_followers(&self) -> bool {
        self.frames().has_followers() || self.audiences.has_followers()
    }

    /// Shows everybody `next` in place of `before`.
    fn publish(&self, before: &Snapshot, next: &Arc<Snapshot>, now: Timestamp) {
        {
            let mut frames = self.frames();
            self.snapshot.store(next.clone());
            frames.publish(before, next, now);
        }
        for narrowed in self.audiences.followed() {
            narrowed.snapshot(|| self.whole(), &self.ids, now);
        }
    }

    fn heartbeat(&self, sources: &Sources, now: Timestamp) {
        self.frames().heartbeat(&self.whole(), &sources.status(&Audience::default()), now);
        for narrowed in self.audiences.followed() {
            narrowed.heartbeat(|audience| sources.status(audience), now);
        }
    }
}

impl Boards {
    pub(crate) fn new(settings: &Settings) -> Self {
        Self {
            poll_today: settings.poll_today,
            poll_past: settings.poll_past,
            dates: Mutex::default(),
            versions: AtomicU64::new(0),
            first_polls: Semaphore::new(FIRST_POLLS_AT_ONCE),
            wake: watch::Sender::new(()),
        }
    }

    /// Has every date polled again at once where the catalog has changed.
    pub(crate) fn wake(&self) {
        self.wake.send_replace(());
    }

    fn dates(&self) -> std::sync::MutexGuard<'_, HashMap<BusinessDate, Arc<DateBoard>>> {
        self.dates.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Service {
    /// The newest snapshot of `date`. The first reader of a date waits for its first poll;
    /// nobody waits after that.
    pub async fn get_board(&self, actor: &Actor, date: BusinessDate) -> Result<Arc<Snapshot>> {
        self.require(actor, Capability::ViewEstate)?;
        Ok(self.date_board(date).await.snapshot(&Audience::of(actor), self.0.clock.now()))
    }

    pub(crate) async fn date_board(&self, date: BusinessDate) -> Arc<DateBoard> {
        let now = self.0.clock.now();
        let board = self.find_or_add(date, now);
        board.last_read.touch(now);
        if board.snapshot.load().board.is_none() {
            // Bounded: a page that waits longer than this shows what is missing instead.
            let first = async {
                let _place = self.0.boards.first_polls.acquire().await;
                self.poll_if_unknown(&board).await;
            };
            if timeout(FIRST_POLL_WAIT, first).await.is_err() {
                tracing::warn!(%date, "the first poll takes longer than {} s", FIRST_POLL_WAIT.as_secs());
            }
        }
        board
    }

    /// Seconds since the sources last answered for today's board; `None` before they first did.
    pub fn board_age_s(&self) -> Option<f64> {
        let polled_at = self.known_date(self.today())?.whole().polled_at?;
        Some((self.0.clock.now().as_millisecond() - polled_at.as_millisecond()) as f64 / 1e3)
    }

    /// A date that is kept, without asking for it.
    pub(crate) fn known_date(&self, date: BusinessDate) -> Option<Arc<DateBoard>> {
        self.0.boards.dates().get(&date).cloned()
    }

    fn find_or_add(&self, date: BusinessDate, now: Timestamp) -> Arc<DateBoard> {
        let boards = &self.0.boards;
        let today = self.today();
        let mut dates = boards.dates();
        if let Some(board) = dates.get(&date) {
            return board.clone();
        }
        while dates.keys().filter(|kept| **kept != today).count() >= PAST_DATES_KEPT {
            let coldest = dates
                .iter()
                .filter(|(kept, board)| **kept != today && !board.has_followers())
                .max_by_key(|(_, board)| board.last_read.idle(now))
                .map(|(kept, _)| *kept);
            match coldest {
                Some(coldest) => dates.remove(&coldest),
                None => break,
            };
        }
        let board = Arc::new(DateBoard {
            date,
            snapshot: ArcSwap::from_pointee(Snapshot {
                version: boards.versions.fetch_add(1, Ordering::Relaxed) + 1,
                sources: self.0.sources.status(&Audience::default()),
                catalog_calls: self.0.sources.catalog_calls(),
                ..Snapshot::nothing_yet(date)
            }),
            frames: Mutex::new(Frames::new()),
            audiences: Audiences::default(),
            ids: SnapshotIds::default(),
            polling: tokio::sync::Mutex::new(PollState {
                due: Instant::now(),
                failures: 0,
                catalog_version: 0,
            }),
            last_read: LastRead::at(now),
        });
        dates.insert(date, board.clone());
        board
    }

    /// Polls unless somebody else's poll has just answered, or one has failed and its retry is not due.
    async fn poll_if_unknown(&self, board: &DateBoard) {
        let mut state = board.polling.lock().await;
        if board.snapshot.load().board.is_none() && self.is_due(&state) {
            self.poll(board, &mut state).await;
        }
    }

    /// Polls every kept date when it is due, for ever. Today has a loop of its own, so that a
    /// slow past date never holds it up.
    pub(crate) async fn keep_boards_fresh(&self) {
        tokio::join!(self.keep_today_fresh(), self.keep_past_fresh());
    }

    async fn keep_today_fresh(&self) {
        let mut wake = self.0.boards.wake.subscribe();
        loop {
            let now = self.0.clock.now();
            let board = self.find_or_add(self.today(), now);
            board.last_read.touch(now);
            let due = self.poll_if_due(&board).await;
            sleep_until_or_woken(due, &mut wake).await;
        }
    }

    async fn keep_past_fresh(&self) {
        let mut wake = self.0.boards.wake.subscribe();
        loop {
            let today = self.today();
            self.forget_unread(self.0.clock.now());
            let boards: Vec<_> =
                self.0.boards.dates().values().filter(|board| board.date != today).cloned().collect();
            for board in boards {
                self.poll_if_due(&board).await;
            }
            // Followers of a past date hear a heartbeat at today's pace.
            sleep_until_or_woken(Instant::now() + self.0.boards.poll_today, &mut wake).await;
        }
    }

    async fn poll_if_due(&self, board: &DateBoard) -> Instant {
        let mut state = board.polling.lock().await;
        if self.is_due(&state) {
            self.poll(board, &mut state).await;
        } else {
            board.heartbeat(&self.0.sources, self.0.clock.now());
        }
        state.due
    }

    /// Its time has come, or the catalog has changed; but a database that is down is not asked
    /// more often for that.
    fn is_due(&self, state: &PollState) -> bool {
        let catalog_changed = || state.catalog_version != self.0.sources.catalog.current().version;
        Instant::now() >= state.due || (state.failures == 0 && catalog_changed())
    }

    fn forget_unread(&self, now: Timestamp) {
        let today = self.today();
        self.0.boards.dates().retain(|date, board| {
            board.audiences.forget_unread(now, FORGET_AFTER);
            *date == today || board.has_followers() || board.last_read.idle(now) < FORGET_AFTER
        });
    }

    /// Asks the sources, builds the next snapshot and publishes it.
    async fn poll(&self, board: &DateBoard, state: &mut PollState) {
        self.wait_for_catalog().await;
        let started = Instant::now();
        let sources = &self.0.sources;
        let catalog = sources.catalog.current();
        let before = board.whole();
        let nothing_to_ask = catalog.catalog.essentials.is_empty();
        let rows = if nothing_to_ask {
            None // An empty board would be an invented one.
        } else {
            let ids = catalog.catalog.dataset_ids();
            sources.observe(SourceName::FgwDatabase, sources.runs.list_runs(board.date, &ids)).await.ok()
        };
        let now = self.0.clock.now();
        let answered = rows.is_some();
        let (content, polled_at) = match rows {
            None => (before.content(), before.polled_at),
            Some(rows) => {
                let runs = read_runs(rows, &catalog.catalog);
                let same = *before.runs == *runs && state.catalog_version == catalog.version;
                let content = if before.board.is_some() && same {
                    before.content()
                } else {
                    let id = board.ids.next(Some(now.as_millisecond()));
                    let next = model::board::build_board(id, board.date, &catalog.catalog, &runs);
                    Content { board: Some(Arc::new(next)), runs: runs.into(), catalog: catalog.clone() }
                };
                (content, Some(now))
            }
        };
        if answered || nothing_to_ask {
            state.catalog_version = catalog.version;
        }
        let snapshot = Arc::new(Snapshot {
            business_date: board.date,
            version: self.0.boards.versions.fetch_add(1, Ordering::Relaxed) + 1,
            board: content.board,
            runs: content.runs,
            polled_at,
            sources: sources.status(&Audience::default()),
            audience: Audience::default(),
            catalog: content.catalog,
            catalog_calls: sources.catalog_calls(),
        });
        board.publish(&before, &snapshot, now);
        self.schedule(board, state, answered || nothing_to_ask);
        metrics::histogram!("sentry_poll_duration_seconds").record(started.elapsed().as_secs_f64());
        if let (true, Some(known)) = (board.date == self.today(), &snapshot.board) {
            metrics::gauge!("sentry_unrecognised_rows").set(known.unrecognised_count as f64);
        }
    }

    fn schedule(&self, board: &DateBoard, state: &mut PollState, answered: bool) {
        let boards = &self.0.boards;
        let pace = if board.date == self.today() { boards.poll_today } else { boards.poll_past };
        state.failures = if answered { 0 } else { state.failures.saturating_add(1) };
        let delay = match state.failures {
            0 => pace,
            failures => RETRY_FIRST.saturating_mul(1 << (failures - 1).min(10)).min(RETRY_MOST),
        };
        state.due = Instant::now() + delay;
    }
}

async fn sleep_until_or_woken(due: Instant, wake: &mut watch::Receiver<()>) {
    tokio::select! {
        () = tokio::time::sleep_until(due) => {}
        _ = wake.changed() => {}
    }
}
