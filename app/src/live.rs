//! Live updates: `GET /api/live` and `/api/live/telemetry` as an `EventSource`, handed to whoever follows a
//! date, or telemetry.

use leptos::prelude::*;
use model::diff::BoardDiff;
use model::live::Pulse;
use model::{BusinessDate, SnapshotId};

/// Whether what is shown keeps itself up to date.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Connection {
    /// Not connected yet; where there is no script, for ever.
    #[default]
    Connecting,
    /// Events arrive and the sources answer.
    Live,
    /// The connection is lost; the browser tries again.
    Reconnecting,
    /// No event for three polls, or a source is down.
    Stale,
}

impl Connection {
    /// The word in `data-state`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Connecting => "connecting",
            Self::Live => "live",
            Self::Reconnecting => "reconnecting",
            Self::Stale => "stale",
        }
    }

    /// What the dot means.
    pub fn label(self) -> &'static str {
        match self {
            Self::Connecting => "Not live: shown as it was when the page was made",
            Self::Live => "Live: changes show by themselves",
            Self::Reconnecting => "Reconnecting: changes may be missing",
            Self::Stale => "Stale: a source is down, or no update has come for three polls",
        }
    }
}

/// An event of the stream.
#[derive(Clone, Debug)]
pub enum BoardUpdate {
    /// Which board is current; somebody with another one fetches it whole.
    Pulse(Pulse),
    /// The next board.
    Diff(BoardDiff),
}

impl BoardUpdate {
    /// The board that is current after this event.
    pub fn current(&self) -> Option<SnapshotId> {
        match self {
            Self::Pulse(pulse) => pulse.id,
            Self::Diff(diff) => Some(diff.to),
        }
    }
}

/// The one live connection of a page.
#[derive(Clone, Copy)]
pub struct Live {
    /// Whether the page is up to date.
    pub connection: RwSignal<Connection>,
    /// The board that is current, of the date that is followed.
    pub board: RwSignal<Option<SnapshotId>>,
}

/// Puts the connection's state into the context; it begins when somebody follows a date.
pub fn provide_live() {
    provide_context(Live { connection: RwSignal::new(Connection::Connecting), board: RwSignal::new(None) });
}

/// The connection's state.
pub fn use_live() -> Live {
    expect_context()
}

/// Hands every event of `date` to `on_update` until the caller is gone or the date changes.
/// Does nothing on the server.
pub fn follow(
    date: impl Fn() -> Option<BusinessDate> + Send + Sync + 'static,
    on_update: impl Fn(BoardUpdate) + Clone + Send + Sync + 'static,
) {
    #[cfg(not(feature = "ssr"))]
    browser::follow(use_live(), date, on_update);
    #[cfg(feature = "ssr")]
    let _ = (date, on_update);
}

/// Calls `on_change` when telemetry of the project may be other than before, while `is_followed` and until the
/// caller is gone.
#[cfg(not(feature = "ssr"))]
pub(crate) fn follow_telemetry(
    is_followed: impl Fn() -> bool + Send + Sync + 'static,
    on_change: impl Fn() + Clone + Send + Sync + 'static,
) {
    browser::follow_telemetry(use_live(), is_followed, on_change);
}

#[cfg(not(feature = "ssr"))]
mod browser {
    use super::*;
    use model::source::{SourceState, SourceStatus};
    use std::time::Duration;
    use wasm_bindgen::JsCast;
    use wasm_bindgen::closure::Closure;
    use web_sys::{EventSource, MessageEvent};

    /// Events come at least this often while all is well, in milliseconds.
    const POLL_MS: f64 = 15_000.0;
    /// How often silence is looked for.
    const WATCH: Duration = Duration::from_secs(5);
    /// Delay before a stream that the server refused is tried again; twice as long each time.
    const RETRY_MS: f64 = 5_000.0;
    /// How often that delay is doubled.
    const MOST_DOUBLINGS: u32 = 4;

    pub(super) fn follow(
        live: Live,
        date: impl Fn() -> Option<BusinessDate> + Send + Sync + 'static,
        on_update: impl Fn(BoardUpdate) + Clone + Send + Sync + 'static,
    ) {
        let url = move || date().map(|date| format!("/api/live?date={date}"));
        follow_stream(live, url, &["snapshot", "diff", "heartbeat"], move |name, data| {
            let (update, connection) = if name == "diff" {
                (BoardUpdate::Diff(serde_json::from_str(data).ok()?), live.connection.try_get_untracked()?)
            } else {
                let pulse: Pulse = serde_json::from_str(data).ok()?;
                let connection = after(&pulse.sources);
                (BoardUpdate::Pulse(pulse), connection)
            };
            if live.board.try_get_untracked().is_some_and(|board| board != update.current()) {
                live.board.set(update.current());
            }
            on_update(update);
            Some(connection)
        });
    }

    pub(super) fn follow_telemetry(
        live: Live,
        is_followed: impl Fn() -> bool + Send + Sync + 'static,
        on_change: impl Fn() + Clone + Send + Sync + 'static,
    ) {
        let url = move || is_followed().then(|| "/api/live/telemetry".to_owned());
        // A heartbeat says that time has passed, in which an agent may have fallen silent.
        follow_stream(live, url, &["change", "heartbeat"], move |_, _| {
            on_change();
            Some(Connection::Live)
        });
    }

    /// Hands the events `names` of the stream at `url` to `on_event`, which says how the connection is now;
    /// `None` of an event that it cannot read.
    fn follow_stream(
        live: Live,
        url: impl Fn() -> Option<String> + Send + Sync + 'static,
        names: &'static [&'static str],
        on_event: impl Fn(&str, &str) -> Option<Connection> + Clone + Send + Sync + 'static,
    ) {
        let attempt = RwSignal::new(0_u32);
        let refusals = StoredValue::new(0_u32);
        let last_event_ms = StoredValue::new(js_sys::Date::now());
        let poll_ms = StoredValue::new(POLL_MS);
        Effect::new(move |_| {
            attempt.track();
            let Some(url) = url() else { return };
            let Ok(source) = EventSource::new(&url) else { return };
            for name in names {
                let on_event = on_event.clone();
                listen(&source, name, move |data| {
                    let Some(connection) = on_event(name, &data) else { return };
                    let now_ms = js_sys::Date::now();
                    let Some(last_ms) = last_event_ms.try_get_value() else { return };
                    poll_ms.set_value((now_ms - last_ms).clamp(POLL_MS, 20.0 * POLL_MS));
                    last_event_ms.set_value(now_ms);
                    refusals.set_value(0);
                    set_if_other(live.connection, connection);
                });
            }
            let failing = source.clone();
            let on_error = Closure::<dyn Fn()>::new(move || {
                set_if_other(live.connection, Connection::Reconnecting);
                // The browser retries by itself unless the server's answer was no stream.
                if failing.ready_state() == EventSource::CLOSED {
                    let times = refusals.try_get_value().unwrap_or_default();
                    refusals.try_set_value(times + 1);
                    let wait_ms = RETRY_MS * f64::from(1_u32 << times.min(MOST_DOUBLINGS));
                    // Not all at once: many pages may have been refused in the same moment.
                    let wait_ms = wait_ms * (1.0 + js_sys::Math::random() / 2.0);
                    set_timeout(
                        move || {
                            attempt.try_update(|n| *n += 1);
                        },
                        Duration::from_millis(wait_ms as u64),
                    );
                }
            });
            source.set_onerror(Some(on_error.as_ref().unchecked_ref()));
            let open = StoredValue::new_local((source, on_error));
            let watch = set_interval_with_handle(
                move || {
                    let silent_ms = js_sys::Date::now() - last_event_ms.get_value();
                    if live.connection.get_untracked() == Connection::Live
                        && silent_ms > 3.0 * poll_ms.get_value()
                    {
                        live.connection.set(Connection::Stale);
                    }
                },
                WATCH,
            );
            on_cleanup(move || {
                open.with_value(|(source, _)| source.close());
                if let Ok(watch) = watch {
                    watch.clear();
                }
            });
        });
    }

    fn after(sources: &[SourceStatus]) -> Connection {
        let down = sources.iter().any(|source| source.state == SourceState::Down);
        if down { Connection::Stale } else { Connection::Live }
    }

    fn set_if_other(signal: RwSignal<Connection>, value: Connection) {
        if signal.try_get_untracked().is_some_and(|now| now != value) {
            signal.set(value);
        }
    }

    fn listen(source: &EventSource, name: &str, on_data: impl Fn(String) + 'static) {
        let listener = Closure::<dyn Fn(MessageEvent)>::new(move |event: MessageEvent| {
            if let Some(data) = event.data().as_string() {
                on_data(data);
            }
        });
        let _ = source.add_event_listener_with_callback(name, listener.as_ref().unchecked_ref());
        // The listener lives as long as its EventSource, which the browser collects with it.
        let _ = listener.into_js_value();
    }
}
