//! The events of a turn as an `EventSource`. The browser resumes it by itself where the line
//! drops; where the server refuses it, the turn is looked up, and followed again if it goes on.

use super::progress::Progress;
use leptos::prelude::*;
use model::ask::{ThreadId, TurnId};

/// Follows a turn into `progress` until it has an outcome or the caller is gone.
pub(super) fn follow(thread: ThreadId, turn: TurnId, progress: RwSignal<Progress>) {
    #[cfg(not(feature = "ssr"))]
    browser::follow(thread, turn, progress);
    #[cfg(feature = "ssr")]
    let _ = (thread, turn, progress);
}

#[cfg(not(feature = "ssr"))]
mod browser {
    use super::*;
    use crate::api::ask::get_thread;
    use crate::chat::links::encoded_thread;
    use crate::chat::progress::EVENTS;
    use leptos::task::spawn_local;
    use model::ErrorKind;
    use model::ask::{AskError, Outcome};
    use std::time::Duration;
    use wasm_bindgen::JsCast;
    use wasm_bindgen::closure::Closure;
    use web_sys::{EventSource, MessageEvent};

    /// Delay before a stream that the server refused is tried again.
    const RETRY: Duration = Duration::from_secs(2);
    /// How often it is tried again before the reader is told.
    const MOST_RETRIES: u32 = 5;

    pub(super) fn follow(thread: ThreadId, turn: TurnId, progress: RwSignal<Progress>) {
        let attempt = RwSignal::new(0_u32);
        Effect::new(move |_| {
            attempt.track();
            // A stream that begins anew tells everything again.
            progress.update(|progress| *progress = Progress::default());
            let url = format!("/api/chat/{}/{}/events", encoded_thread(&thread), turn.0);
            let Ok(source) = EventSource::new(&url) else { return };
            let mut listeners = Vec::with_capacity(EVENTS.len() + 1);
            for name in EVENTS {
                let (failing, thread) = (source.clone(), thread.clone());
                // The stream's `error` events carry data; the browser's own, when the line drops, do not.
                listeners.push(listen(&source, name, move |data| match data {
                    Some(data) => {
                        let taken = progress.try_update(|progress| progress.take(name, &data));
                        if matches!(taken, Some(Err(_))) && matches!(name, "response" | "error") {
                            end_unread(progress);
                        }
                    }
                    None => on_drop(&failing, &thread, turn, progress, attempt),
                }));
            }
            let done = source.clone();
            listeners.push(listen(&source, "message", move |data| {
                if data.as_deref() == Some("[DONE]") {
                    done.close();
                    end_unread(progress);
                }
            }));
            let open = StoredValue::new_local((source, listeners));
            on_cleanup(move || open.with_value(|(source, _)| source.close()));
        });
    }

    type Listener = Closure<dyn Fn(web_sys::Event)>;

    fn listen(source: &EventSource, name: &str, on_event: impl Fn(Option<String>) + 'static) -> Listener {
        let listener = Closure::<dyn Fn(web_sys::Event)>::new(move |event: web_sys::Event| {
            on_event(event.dyn_ref::<MessageEvent>().and_then(|event| event.data().as_string()));
        });
        let _ = source.add_event_listener_with_callback(name, listener.as_ref().unchecked_ref());
        listener
    }

    fn on_drop(
        source: &EventSource,
        thread: &ThreadId,
        turn: TurnId,
        progress: RwSignal<Progress>,
        attempt: RwSignal<u32>,
    ) {
        let is_over = progress.try_with_untracked(|progress| progress.outcome.is_some());
        if is_over != Some(false) {
            source.close();
            return;
        }
        progress.try_update(|progress| progress.doing = Some("Reconnecting".to_owned()));
        // The browser retries by itself unless the server's answer was no stream.
        if source.ready_state() != EventSource::CLOSED {
            return;
        }
        let thread = thread.clone();
        spawn_local(async move {
            let tries = attempt.try_get_untracked().unwrap_or(MOST_RETRIES);
            let outcome = match get_thread(thread, None, Some(turn)).await {
                Ok(found) => {
                    found.turns.into_iter().find(|known| known.id == turn).and_then(|turn| turn.outcome)
                }
                Err(error) if error.kind != ErrorKind::Unavailable => Some(failed(error.kind, error.message)),
                Err(_) => None,
            };
            match outcome {
                Some(outcome) => {
                    progress.try_update(|progress| progress.outcome = Some(outcome));
                }
                None if tries >= MOST_RETRIES => {
                    let lost = "The server does not answer. Load the page again: the answer is kept there.";
                    let lost = failed(ErrorKind::Unavailable, lost.to_owned());
                    progress.try_update(|progress| progress.outcome = Some(lost));
                }
                None => set_timeout(
                    move || {
                        attempt.try_update(|attempt| *attempt += 1);
                    },
                    RETRY,
                ),
            }
        });
    }

    /// A stream that is over has an outcome, even where the page cannot read the server's.
    fn end_unread(progress: RwSignal<Progress>) {
        progress.try_update(|progress| {
            progress.outcome.get_or_insert_with(|| {
                let words =
                    "The answer is there, but this page is older than the server. Load the page again.";
                failed(ErrorKind::Unavailable, words.to_owned())
            });
        });
    }

    fn failed(kind: ErrorKind, message: String) -> Outcome {
        Outcome::Failed(AskError { cancelled: false, kind, message })
    }
}
