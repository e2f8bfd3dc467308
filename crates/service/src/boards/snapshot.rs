//! What is known of one business date at one moment.

use crate::audience::{Audience, Content};
use crate::sources::CatalogCalls;
use crate::{Error, Result};
use estate::catalog::CatalogSnapshot;
use model::source::SourceStatus;
use model::view::BoardView;
use model::{Board, BusinessDate, Run, SnapshotId, Timestamp};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// What is known of one business date at one moment. Immutable.
#[derive(Debug)]
pub struct Snapshot {
    /// The date.
    pub business_date: BusinessDate,
    /// Grows with every snapshot of this process: with `audience`, names this very one, for caches.
    pub version: u64,
    /// The board; `None` while no poll has succeeded.
    pub board: Option<Arc<Board>>,
    /// The runs behind it, oldest first.
    pub runs: Arc<[Run]>,
    /// When the sources last answered for it.
    pub polled_at: Option<Timestamp>,
    /// How the sources were.
    pub sources: Vec<SourceStatus>,
    /// Who may see it.
    pub audience: Audience,
    /// The catalog that the board was built from.
    pub(crate) catalog: Arc<CatalogSnapshot>,
    /// What `sources` says of the catalog, by essential.
    pub(crate) catalog_calls: Arc<CatalogCalls>,
}

impl Snapshot {
    pub(super) fn nothing_yet(date: BusinessDate) -> Self {
        Self {
            business_date: date,
            version: 0,
            board: None,
            runs: Arc::from([]),
            polled_at: None,
            sources: Vec::new(),
            audience: Audience::default(),
            catalog: Arc::default(),
            catalog_calls: Arc::default(),
        }
    }

    pub(crate) fn content(&self) -> Content {
        Content { board: self.board.clone(), runs: self.runs.clone(), catalog: self.catalog.clone() }
    }

    /// For a page, at the server's time `now`.
    pub fn view(&self, now: Timestamp) -> BoardView {
        BoardView {
            board: self.board.as_deref().cloned(),
            polled_at: self.polled_at,
            now,
            sources: self.sources.clone(),
        }
    }

    /// The board, or why there is none.
    pub fn board(&self) -> Result<&Arc<Board>> {
        self.board.as_ref().ok_or_else(|| {
            let down: Vec<String> = self
                .sources
                .iter()
                .filter_map(|source| Some(format!("{} {}", source.name.label(), source.error.as_ref()?)))
                .collect();
            let why = if down.is_empty() {
                "the sources have not answered yet".to_owned()
            } else {
                down.join("; ")
            };
            Error::Unavailable { message: format!("nothing is known of {} yet: {why}", self.business_date) }
        })
    }
}

/// Gives out the ids of one date's boards, of all audiences: none twice, so that nobody whose
/// audience changes takes another board for the one at hand.
#[derive(Default)]
pub(crate) struct SnapshotIds(AtomicU64);

impl SnapshotIds {
    /// The next id: `millis` since the epoch, unless a later one has been given out.
    pub(super) fn next(&self, millis: Option<i64>) -> SnapshotId {
        let millis = millis.and_then(|millis| u64::try_from(millis).ok()).unwrap_or(0);
        let next = |last: u64| millis.max(last + 1);
        let last = self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |last| Some(next(last)));
        SnapshotId(next(last.unwrap_or_else(|last| last)))
    }
}
