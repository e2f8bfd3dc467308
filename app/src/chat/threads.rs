//! The conversations: found, opened, named, shared and deleted.

use super::composer::hidden_field;
use super::{Chat, use_chat};
use crate::api::ask::{DeleteThread, RenameThread, ShareThread, UnshareThread, list_threads};
use crate::components::form::{Outcome, SubmitButton, changes, error_words, last_attempt};
use crate::components::icons::ClockIcon;
use crate::context::use_zone;
use crate::location::Place;
use leptos::prelude::*;
use leptos::wasm_split::wasm_split;
use leptos_router::NavigateOptions;
use leptos_router::hooks::use_navigate;
use model::ask::ThreadItem;
use std::time::Duration;

/// Time without a key stroke after which is searched.
const TYPING_PAUSE: Duration = Duration::from_millis(250);

/// Shows the list of conversations.
type View = fn(Chat) -> AnyView;

/// The button that opens the list over the panel. Without a script it leads to the page of them.
#[component]
pub fn ThreadMenu() -> impl IntoView {
    let chat = use_chat();
    let code = RwSignal::new(None::<View>);
    let on_toggle = move |_| {
        #[cfg(not(feature = "ssr"))]
        if code.get_untracked().is_none() {
            leptos::task::spawn_local(async move {
                let view = load_threads().await;
                code.try_set(Some(view));
            });
        }
    };
    let all = move || chat.place.with(Place::elsewhere).href(super::links::PATH);
    view! {
        <details class="chat-threads" on:toggle=on_toggle>
            <summary class="chat-action" aria-label="Earlier conversations" title="Earlier conversations"><ClockIcon size=14/></summary>
            <div class="chat-threads-list">
                {move || match code.get() {
                    Some(view) => view(chat),
                    None => view! { <p class="data-note"><a href=all>"All conversations"</a></p> }.into_any(),
                }}
            </div>
        </details>
    }
}

/// What shows the list.
#[wasm_split(chat, wasm_split_path = ::leptos::wasm_split)]
fn load_threads() -> View {
    thread_list
}

/// What can be done with a conversation.
#[derive(Clone, Copy)]
struct Changes {
    rename: ServerAction<RenameThread>,
    delete: ServerAction<DeleteThread>,
    share: ServerAction<ShareThread>,
    unshare: ServerAction<UnshareThread>,
}

/// The list, with a field that searches it.
pub(crate) fn thread_list(chat: Chat) -> AnyView {
    let actions = Changes {
        rename: ServerAction::new(),
        delete: ServerAction::new(),
        share: ServerAction::new(),
        unshare: ServerAction::new(),
    };
    // Elsewhere the words in the URL are the page's own.
    let words = chat.is_page.get_untracked().then(|| chat.place.with_untracked(|place| place.search.clone()));
    let search = RwSignal::new(words.unwrap_or_default());
    let changed =
        [changes(actions.rename), changes(actions.delete), changes(actions.share), changes(actions.unshare)];
    let threads = Resource::new(
        move || (search.get(), changed.map(|changed| changed.get()), chat.begun.get().and_then(Result::ok)),
        |(search, ..)| list_threads(search),
    );
    leave_deleted(chat, actions.delete);
    let fields = chat
        .place
        .with_untracked(|place| Place { thread: None, turn: None, ..place.clone() }.hidden_fields())
        .into_iter()
        .map(|(name, value)| hidden_field(name, value))
        .collect::<Vec<_>>();
    let mut typed = debounce(TYPING_PAUSE, move |words| search.set(words));
    let rows = move || {
        threads.get().map(|threads| match threads {
            Err(error) => {
                view! { <p class="outcome is-bad" role="alert">{error_words(&error)}</p> }.into_any()
            }
            Ok(threads) if threads.is_empty() => {
                let words = match search.with(String::is_empty) {
                    true => "No conversations yet: ask something.",
                    false => "No conversation holds these words.",
                };
                view! { <p class="data-note">{words}</p> }.into_any()
            }
            Ok(threads) => {
                let items: Vec<_> = threads.iter().map(|thread| thread_item(thread, chat, actions)).collect();
                view! { <ul class="thread-list">{items}</ul> }.into_any()
            }
        })
    };
    view! {
        <form method="get" action=super::links::PATH role="search">
            {fields}
            <input class="field-input" r#type="search" name="q" value=search.get_untracked() aria-label="Search conversations"
                placeholder="Search" on:input:target=move |event| typed(event.target().value())/>
        </form>
        <Outcome attempts=vec![last_attempt(actions.rename)] done="The title is changed."/>
        <Outcome attempts=vec![last_attempt(actions.share)] done="Everybody in the project may read it now."/>
        <Outcome attempts=vec![last_attempt(actions.unshare)] done="It is yours alone again."/>
        <Outcome attempts=vec![last_attempt(actions.delete)] done="The conversation is deleted."/>
        <Transition fallback=|| view! { <div class="skeleton-bar is-tall" aria-busy="true"></div> }>{rows}</Transition>
    }
    .into_any()
}

/// A conversation that is shown and deleted gives way to a new one.
fn leave_deleted(chat: Chat, delete: ServerAction<DeleteThread>) {
    let navigate = use_navigate();
    Effect::new(move |_| {
        let deleted = delete.value().with(|answer| match answer {
            Some(Ok(thread)) => Some(thread.clone()),
            _ => None,
        });
        if deleted.is_some() && deleted == chat.thread.get_untracked() {
            let options = NavigateOptions { scroll: false, replace: true, ..Default::default() };
            navigate(&untrack(|| chat.href(None, None)), options);
        }
    });
}

fn thread_item(thread: &ThreadItem, chat: Chat, actions: Changes) -> AnyView {
    let zone = use_zone();
    let id = thread.id.clone();
    let shown = id.clone();
    let href = move || chat.href(Some(&id), None);
    let is_current = move || chat.thread.with(|current| current.as_ref() == Some(&shown)).then_some("true");
    let updated = thread.updated_at;
    let when = move || zone.with(|zone| zone.exact(updated).get(..16).unwrap_or_default().to_owned());
    let exact = move || zone.with(|zone| zone.exact(updated));
    let mark = match (thread.is_mine, thread.is_shared) {
        (false, _) => " · shared with you",
        (true, true) => " · shared",
        (true, false) => "",
    };
    let turns = if thread.turn_count == 1 { "question" } else { "questions" };
    let told = format!(" · {} {turns}{mark}", thread.turn_count);
    view! {
        <li class="thread-item">
            <a class="thread-link" href=href aria-current=is_current>{thread.title.clone()}</a>
            <p class="thread-told"><time datetime=updated.to_string() title=exact>{when}</time> {told}</p>
            {thread.is_mine.then(|| thread_menu(thread, actions))}
        </li>
    }
    .into_any()
}

fn thread_menu(thread: &ThreadItem, actions: Changes) -> AnyView {
    let hidden = || hidden_field("thread", thread.id.to_string());
    let (of_rename, of_sharing, of_delete) = (hidden(), hidden(), hidden());
    let (title, about) = (thread.title.clone(), format!(" {}", thread.title));
    let sharing = match thread.is_shared {
        false => view! {
            <ActionForm action=actions.share>
                {of_sharing}
                <SubmitButton label="Share in the project" pending=actions.share.pending() class="quick-action"/>
            </ActionForm>
        }
        .into_any(),
        true => view! {
            <ActionForm action=actions.unshare>
                {of_sharing}
                <SubmitButton label="Stop sharing" pending=actions.unshare.pending() class="quick-action"/>
            </ActionForm>
        }
        .into_any(),
    };
    view! {
        <details class="thread-menu">
            <summary class="quick-action">"Edit" <span class="visually-hidden">{about}</span></summary>
            <ActionForm action=actions.rename>
                {of_rename}
                <input class="field-input" name="title" value=title required maxlength="120" aria-label="Title"/>
                <SubmitButton label="Rename" pending=actions.rename.pending() class="quick-action"/>
            </ActionForm>
            {sharing}
            <details class="confirm">
                <summary class="quick-action">"Delete…"</summary>
                <ActionForm action=actions.delete>
                    {of_delete}
                    <p>"The conversation is deleted for good."</p>
                    <SubmitButton label="Delete" pending=actions.delete.pending() class="button is-danger"/>
                </ActionForm>
            </details>
        </details>
    }
    .into_any()
}
