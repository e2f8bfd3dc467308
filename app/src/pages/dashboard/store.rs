//! The board that the page shows, kept up to date by live events.

use crate::api::board::{DatedBoard, get_board};
use crate::live::{self, BoardUpdate};
use leptos::prelude::*;
use leptos::task::spawn_local;
use model::diff::BoardDiff;
use model::source::SourceStatus;
use model::{Board, BusinessDate, EssentialName, SnapshotId, Timestamp};

/// One date's board as signals.
#[derive(Clone, Copy)]
pub struct BoardStore {
    /// The date.
    pub date: BusinessDate,
    /// The board; `None` while nothing is known.
    pub board: RwSignal<Option<Board>>,
    /// When the sources last answered for it.
    pub polled_at: RwSignal<Option<Timestamp>>,
    /// The server's time.
    pub now: RwSignal<Timestamp>,
    /// How the sources are.
    pub sources: RwSignal<Vec<SourceStatus>>,
    /// The newest change in words.
    pub news: RwSignal<String>,
    /// The board that is current on the server, as far as heard.
    current: StoredValue<Option<SnapshotId>>,
    fetching: StoredValue<bool>,
}

impl BoardStore {
    /// Shows `loaded` and, in the browser, follows its date: first come the datasets of rows
    /// that are still closed, then every change.
    pub fn new(loaded: DatedBoard) -> Self {
        let whole = loaded.whole;
        let store = Self {
            date: loaded.date,
            current: StoredValue::new(loaded.view.board.as_ref().map(|board| board.id)),
            board: RwSignal::new(loaded.view.board),
            polled_at: RwSignal::new(loaded.view.polled_at),
            now: RwSignal::new(loaded.view.now),
            sources: RwSignal::new(loaded.view.sources),
            news: RwSignal::new(String::new()),
            fetching: StoredValue::new(false),
        };
        Effect::new(move |_| {
            if !whole {
                store.fetch();
            }
        });
        live::follow(move || Some(store.date), move |update| store.apply(update));
        store
    }

    /// Fetches the whole board; once more where the server has moved on meanwhile.
    pub fn fetch(self) {
        if self.fetching.try_get_value() != Some(false) {
            return;
        }
        self.fetching.set_value(true);
        spawn_local(async move {
            let answer = get_board(Some(self.date), None).await;
            if self.fetching.try_set_value(false).is_some() {
                return; // The page is gone.
            }
            if let Ok(loaded) = answer {
                self.polled_at.set(loaded.view.polled_at);
                self.now.set(loaded.view.now);
                self.sources.set(loaded.view.sources);
                if loaded.view.board.is_some() {
                    self.board.set(loaded.view.board);
                }
            }
        });
    }

    fn id(self) -> Option<SnapshotId> {
        self.board.try_with_untracked(|board| board.as_ref().map(|board| board.id)).flatten()
    }

    fn apply(self, update: BoardUpdate) {
        self.current.set_value(update.current());
        match update {
            BoardUpdate::Pulse(pulse) => {
                self.now.set(pulse.at);
                self.polled_at.set(pulse.polled_at);
                if self.sources.with_untracked(|sources| *sources != pulse.sources) {
                    self.sources.set(pulse.sources);
                }
            }
            BoardUpdate::Diff(diff) if self.id() == Some(diff.from) => {
                let news = self.board.with_untracked(|board| news(board.as_ref(), &diff));
                self.board.update(|board| {
                    if let Some(board) = board {
                        let _ = diff.apply(board); // Cannot fail: it starts from this very board.
                    }
                });
                if !news.is_empty() {
                    self.news.set(news);
                }
            }
            BoardUpdate::Diff(_) => {}
        }
        if self.id() != self.current.get_value() {
            self.fetch();
        }
    }
}

/// The status changes of `diff`, as a sentence.
fn news(board: Option<&Board>, diff: &BoardDiff) -> String {
    let before = |name: &EssentialName| board?.essentials.iter().find(|essential| essential.name == *name);
    let changed =
        diff.changed.iter().filter(|new| before(&new.name).is_none_or(|old| old.status != new.status));
    let parts: Vec<_> =
        changed.map(|new| format!("{} is {}", new.display_name, new.status.label())).collect();
    parts.join(", ")
}
