//! The turns of the conversation that the URL names. The server renders them as they are; in the
//! browser, what makes them live takes their place when its part of the program has come.

mod branch;

use super::progress::Progress;
use super::turn::{TurnFrame, pending_view, running_view, turn_view};
use super::{Chat, use_chat};
use crate::api::ask::{Asked, get_thread};
use crate::components::form::{error_words, sentence};
use crate::context::use_zone;
use crate::location::Place;
use crate::time::Zone;
use branch::{Branch, shown_path};
use leptos::prelude::*;
use leptos::wasm_split::wasm_split;
use model::ask::{Begun, Outcome, Question, Thread, ThreadId, Turn, TurnId, TurnRef};

/// Makes a conversation live; `is_live` is set once it shows what the server rendered.
type View = fn(Chat, RwSignal<bool>) -> AnyView;

/// The turns, where the URL names a conversation or a question was asked.
#[component]
pub fn Conversation() -> impl IntoView {
    let chat = use_chat();
    let is_live = RwSignal::new(false);
    let code = RwSignal::new(None::<View>);
    #[cfg(not(feature = "ssr"))]
    {
        let wanted = Memo::new(move |_| chat.thread.with(Option::is_some) || chat.is_sending.get());
        Effect::new(move |_| {
            if wanted.get() && code.get_untracked().is_none() {
                leptos::task::spawn_local(async move {
                    let view = load_conversation().await;
                    code.try_set(Some(view));
                });
            }
        });
    }
    view! {
        {move || (!is_live.get()).then(|| first_turns(chat))}
        {move || code.get().map(|view| view(chat, is_live))}
    }
}

/// What the server renders. The browser leaves it as it is until the live turns take its place.
#[cfg(feature = "ssr")]
fn first_turns(chat: Chat) -> impl IntoView {
    let zone = use_zone().get_untracked();
    let (place, turn) = (chat.place.get_untracked(), chat.turn.get_untracked());
    let turns = chat.thread.get_untracked().map(|thread| {
        Suspend::new(async move {
            // The browser will need it. The assistant's own page is in that part, and has said so.
            if !chat.is_page.get_untracked() {
                crate::shell::hydration::preload("chat");
            }
            match get_thread(thread, None, turn).await {
                Err(error) => {
                    if chat.is_page.get_untracked() {
                        crate::components::error_page::set_status(error.status());
                    }
                    trouble_view(&error_words(&error))
                }
                Ok(thread) => {
                    let branches = shown_path(&thread.turns, turn);
                    let turns: Vec<_> = branches
                        .iter()
                        .filter_map(|branch| {
                            let turn = thread.turns.iter().find(|turn| turn.id == branch.turn)?;
                            let frame = frame(chat, &thread.id, thread.is_mine, branch, &place, &zone);
                            Some(view! {
                                {turn_view(turn, &frame)}
                                {turn.outcome.is_none().then(|| view! {
                                    <noscript><p class="chat-note">"This is still being answered: load the page again in a moment."</p></noscript>
                                })}
                            })
                        })
                        .collect();
                    let newer = thread.has_newer.then(|| newer_link(chat, &thread.id));
                    view! { {turns} {newer} }.into_any()
                }
            }
        })
    });
    view! { <div class="chat-turns">{turns}</div> }
}

#[cfg(not(feature = "ssr"))]
fn first_turns(_chat: Chat) -> impl IntoView {
    // Without children in the view nothing inside is looked at.
    view! { <div class="chat-turns"></div> }
}

/// What makes a conversation live.
#[wasm_split(chat, wasm_split_path = ::leptos::wasm_split)]
pub(super) fn load_conversation() -> View {
    live_conversation
}

fn trouble_view(words: &str) -> AnyView {
    view! { <p class="outcome is-bad" role="alert">{words.to_owned()}</p> }.into_any()
}

fn frame(
    chat: Chat,
    thread: &ThreadId,
    is_mine: bool,
    branch: &Branch,
    place: &Place,
    zone: &Zone,
) -> TurnFrame {
    TurnFrame {
        chat,
        thread: thread.clone(),
        is_mine,
        versions: branch.versions.clone(),
        place: place.clone(),
        zone: zone.clone(),
    }
}

/// The conversation that is shown.
#[derive(Clone, Copy)]
struct Shown {
    id: RwSignal<Option<ThreadId>>,
    is_mine: RwSignal<bool>,
    has_older: RwSignal<bool>,
    has_newer: RwSignal<bool>,
    turns: RwSignal<Vec<Turn>>,
    trouble: RwSignal<Option<String>>,
}

impl Shown {
    fn set(self, thread: Thread) {
        self.is_mine.set(thread.is_mine);
        self.has_older.set(thread.has_older);
        self.has_newer.set(thread.has_newer);
        self.turns.set(thread.turns);
        self.id.set(Some(thread.id));
        self.trouble.set(None);
    }

    fn finish(self, turn: TurnId, outcome: Outcome) {
        self.turns.try_update(|turns| {
            if let Some(turn) = turns.iter_mut().find(|known| known.id == turn) {
                turn.outcome = Some(outcome);
            }
        });
    }
}

fn live_conversation(chat: Chat, is_live: RwSignal<bool>) -> AnyView {
    let shown = Shown {
        id: RwSignal::new(None),
        is_mine: RwSignal::new(true),
        has_older: RwSignal::new(false),
        has_newer: RwSignal::new(false),
        turns: RwSignal::new(Vec::new()),
        trouble: RwSignal::new(None),
    };
    fetch_named(chat, shown, is_live);
    take_begun(chat, shown);
    let branches = Memo::new(move |_| shown.turns.with(|turns| shown_path(turns, chat.turn.get())));
    Effect::new(move |_| {
        // What is asked while only older turns are shown goes on from the newest all the same.
        let last = branches.with(|branches| branches.last().map(|branch| branch.turn));
        chat.last.set(last.filter(|_| !shown.has_newer.get()));
        chat.is_foreign.set(!shown.is_mine.get());
    });
    keep_in_sight(branches, chat);
    // An edited question shows up in its place.
    let asked = move || {
        chat.asked.with(|asked| {
            let question = asked.as_ref().filter(|question| question.edits.is_none());
            question.map(|question| pending_view(question.text()))
        })
    };
    view! {
        <div class="chat-turns">
            {move || shown.trouble.get().map(|words| trouble_view(&words))}
            {move || shown.has_older.get().then(|| older_button(shown))}
            <For
                each=move || branches.get()
                key=move |branch| (shown.id.get_untracked(), branch.clone())
                children=move |branch| live_turn(chat, shown, branch)
            />
            {move || shown.has_newer.get().then(|| shown.id.get().map(|thread| newer_link(chat, &thread)))}
            {asked}
        </div>
    }
    .into_any()
}

/// Fetches the conversation that the URL names whenever that is another one.
fn fetch_named(chat: Chat, shown: Shown, is_live: RwSignal<bool>) {
    Effect::new(move |_| {
        let named = chat.thread.get();
        if named == shown.id.get_untracked() {
            if named.is_none() {
                is_live.set(true);
            }
            return;
        }
        let Some(named) = named else {
            shown.id.set(None);
            shown.is_mine.set(true);
            shown.has_older.set(false);
            shown.has_newer.set(false);
            shown.turns.set(Vec::new());
            shown.trouble.set(None);
            is_live.set(true);
            return;
        };
        let wanted = chat.turn.get_untracked();
        leptos::task::spawn_local(async move {
            let found = get_thread(named.clone(), None, wanted).await;
            if chat.thread.try_get_untracked().flatten() != Some(named.clone()) {
                return;
            }
            match found {
                Ok(thread) => shown.set(thread),
                Err(error) => {
                    shown.turns.set(Vec::new());
                    shown.id.set(Some(named));
                    shown.trouble.set(Some(error_words(&error)));
                }
            }
            is_live.set(true);
        });
    });
}

/// Puts the turn that a question has begun behind the others, or beside the one that it edits.
fn take_begun(chat: Chat, shown: Shown) {
    Effect::new(move |last: Option<Option<Asked>>| {
        let on_its_way = chat.asked.get();
        if on_its_way.is_some() {
            return on_its_way;
        }
        let asked = last.flatten()?;
        let question = Question::parse(asked.text()).ok()?;
        let begun = chat.begun.get_untracked()?.ok()?;
        let Begun { turn: TurnRef { thread_id, turn_id }, asked_at } = begun;
        if shown.id.get_untracked().as_ref() != Some(&thread_id) {
            shown.turns.set(Vec::new());
            shown.is_mine.set(true);
            shown.has_older.set(false);
            shown.has_newer.set(false);
            shown.trouble.set(None);
            shown.id.set(Some(thread_id));
        }
        shown.turns.update(|turns| {
            let parent = match asked.edits {
                Some(edited) => turns.iter().find(|turn| turn.id == edited).and_then(|turn| turn.parent),
                None => asked.parent.or_else(|| turns.last().map(|turn| turn.id)),
            };
            let is_known = turns.iter().any(|turn| turn.id == turn_id);
            if !is_known {
                turns.push(Turn { id: turn_id, parent, question, asked_at, outcome: None, rating: None });
            }
        });
        None
    });
}

fn live_turn(chat: Chat, shown: Shown, branch: Branch) -> AnyView {
    let zone = use_zone();
    let id = branch.turn;
    let turn = Memo::new(move |_| shown.turns.with(|turns| turns.iter().find(|turn| turn.id == id).cloned()));
    let is_over =
        Memo::new(move |_| turn.with(|turn| turn.as_ref().is_some_and(|turn| turn.outcome.is_some())));
    let framed = move || {
        let thread = shown.id.get()?;
        Some(frame(chat, &thread, shown.is_mine.get(), &branch, &chat.place.get(), &zone.get()))
    };
    let view = move || {
        if is_over.get() {
            return Some(turn_view(&turn.get()?, &framed()?));
        }
        // Nothing but its end takes a turn that is being answered off the screen.
        let (turn, frame) = untrack(|| turn.get().zip(framed()))?;
        let progress = RwSignal::new(Progress::default());
        keep_running(chat, TurnRef { thread_id: frame.thread.clone(), turn_id: id });
        super::stream::follow(frame.thread.clone(), id, progress);
        Effect::new(move |_| {
            if let Some(outcome) = progress.with(|progress| progress.outcome.clone()) {
                shown.finish(id, outcome);
            }
        });
        Some(running_view(&turn, &frame, progress))
    };
    view.into_any()
}

/// `turn` is the one that is being answered for as long as its view is there.
fn keep_running(chat: Chat, turn: TurnRef) {
    chat.running.set(Some(turn.clone()));
    on_cleanup(move || {
        chat.running.try_update(|running| {
            if running.as_ref() == Some(&turn) {
                *running = None;
            }
        });
    });
}

/// Fetches the turns before the oldest that is shown.
fn older_button(shown: Shown) -> AnyView {
    let fetch = move |_| {
        let (Some(thread), Some(oldest)) =
            (shown.id.get_untracked(), shown.turns.with_untracked(|turns| turns.first().map(|turn| turn.id)))
        else {
            return;
        };
        leptos::task::spawn_local(async move {
            match get_thread(thread, Some(oldest), None).await {
                Ok(older) => {
                    shown.has_older.try_set(older.has_older);
                    shown.turns.try_update(|turns| {
                        turns.splice(0..0, older.turns);
                    });
                }
                Err(error) => {
                    shown.trouble.try_set(Some(sentence(&error.message)));
                }
            }
        });
    };
    view! { <button type="button" class="quick-action" on:click=fetch>"Earlier turns"</button> }.into_any()
}

/// Leads to the newest turns.
fn newer_link(chat: Chat, thread: &ThreadId) -> AnyView {
    let href = untrack(|| chat.href(Some(thread), None));
    view! { <a class="quick-action" rel="external" href=href>"Newest turns"</a> }.into_any()
}

/// Scrolls to the turn that the URL names, and to the newest one when it is added.
fn keep_in_sight(branches: Memo<Vec<Branch>>, chat: Chat) {
    Effect::new(move |before: Option<Option<TurnId>>| {
        let last = branches.with(|branches| branches.last().map(|branch| branch.turn));
        let wanted = match before.flatten() {
            None => chat.turn.get_untracked().or(last),
            before if before != last => last,
            _ => None,
        };
        if let Some(wanted) = wanted {
            request_animation_frame(move || {
                if let Some(turn) = document().get_element_by_id(&super::links::turn_anchor(wanted)) {
                    scroll_to(&turn);
                }
            });
        }
        last
    });
}

/// Scrolls the conversation to `turn`. The page around it stays where it is.
fn scroll_to(turn: &web_sys::Element) {
    if let Ok(Some(messages)) = turn.closest(".chat-messages") {
        let below = turn.get_bounding_client_rect().top() - messages.get_bounding_client_rect().top();
        messages.set_scroll_top(messages.scroll_top() + below as i32);
    }
}
