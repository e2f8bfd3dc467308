//! The assistant, in the panel beside every page and on its own page. A turn lives on the
//! server: what is here begins turns, follows them and shows what they say.
//!
//! Questions are forms, so that they are asked without a script too; whatever the page, its
//! form is `composer::FORM`, and every offered question is a button of it. What asks, and what
//! shows a conversation, is a part of the program ([`conversation`]) which a first visit does not
//! load.
//! Text is shown node by node from `model::ask::Block`, never as markup.

mod answer;
mod asking;
mod blocks;
mod cards;
mod chart;
pub mod composer;
pub mod context_bar;
pub mod conversation;
mod data_table;
#[cfg(feature = "ssr")]
pub(crate) mod greeting;
pub(crate) mod links;
mod progress;
mod question;
mod rating;
mod sql;
mod stream;
pub mod threads;
mod tools;
mod turn;
mod welcome;

pub use composer::Composer;
pub(crate) use composer::prefilled_question;
#[cfg(not(feature = "ssr"))]
pub(crate) use composer::{focus_field, set_drawer};
pub use context_bar::ContextBar;
pub use conversation::Conversation;
pub use threads::ThreadMenu;
pub(crate) use threads::thread_list;
pub(crate) use welcome::Welcome;

use crate::api::ask::Asked;
use crate::context::use_place;
use crate::error::AppError;
use crate::location::Place;
use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::hooks::{use_location, use_navigate};
use model::ask::{Begun, ThreadId, TurnId, TurnRef};

/// What panel, page and rows share of the assistant.
#[derive(Clone, Copy)]
pub(crate) struct Chat {
    /// Whether a question is on its way to the server.
    pub(crate) is_sending: RwSignal<bool>,
    /// The question that is on its way, once it is read.
    pub(crate) asked: RwSignal<Option<Asked>>,
    /// What came of the last question that was sent.
    pub(crate) begun: RwSignal<Option<Result<Begun, AppError>>>,
    /// The conversation that the URL names.
    pub(crate) thread: Memo<Option<ThreadId>>,
    /// The turn of it that the URL names.
    pub(crate) turn: Memo<Option<TurnId>>,
    /// The turn that is being answered, if one is.
    pub(crate) running: RwSignal<Option<TurnRef>>,
    /// The last turn that is shown: what is asked next is asked after it.
    pub(crate) last: RwSignal<Option<TurnId>>,
    /// Whether only somebody else may carry the conversation on.
    pub(crate) is_foreign: RwSignal<bool>,
    /// The place that the URL names.
    pub(crate) place: Memo<Place>,
    /// Whether the page is the assistant's own, which has no panel beside it.
    pub(crate) is_page: Memo<bool>,
    pathname: Memo<String>,
}

impl Chat {
    /// Whether a question has to wait: one is being asked or answered.
    pub(crate) fn is_busy(self) -> bool {
        self.is_sending.get() || self.running.with(Option::is_some)
    }

    /// Where `thread` is shown beside the page at hand; on the assistant's page, that of `thread`.
    /// Without one, where a new conversation begins.
    pub(crate) fn href(self, thread: Option<&ThreadId>, turn: Option<TurnId>) -> String {
        let place = Place { turn, thread: None, ..self.place.get() };
        if self.is_page.get() {
            return place.href(&thread.map_or_else(|| links::PATH.to_owned(), links::thread_path));
        }
        self.pathname.with(|path| Place { thread: thread.cloned(), ..place }.href(path))
    }
}

/// Puts the assistant into the context. When a question has begun a conversation, the URL names it.
pub(crate) fn provide_chat() {
    let location = use_location();
    let named = use_place();
    let place = Memo::new(move |_| named.with(|place| place.as_ref().cloned().unwrap_or_default()));
    let own = Memo::new(move |_| location.pathname.with(|path| links::thread_of_path(path)));
    let chat = Chat {
        is_sending: RwSignal::new(false),
        asked: RwSignal::new(None),
        begun: RwSignal::new(None),
        thread: Memo::new(move |_| match own.get() {
            Some(of_path) => of_path,
            None => place.with(|place| place.thread.clone()),
        }),
        turn: Memo::new(move |_| place.with(|place| place.turn)),
        running: RwSignal::new(None),
        last: RwSignal::new(None),
        is_foreign: RwSignal::new(false),
        place,
        is_page: Memo::new(move |_| own.with(Option::is_some)),
        pathname: location.pathname,
    };
    provide_context(chat);
    let navigate = use_navigate();
    Effect::new(move |_| {
        let Some(Ok(Begun { turn: begun, .. })) = chat.begun.get() else { return };
        let is_named = untrack(|| chat.thread.with(|thread| thread.as_ref() == Some(&begun.thread_id)));
        if is_named && chat.turn.get_untracked().is_none() {
            return;
        }
        let href = untrack(|| chat.href(Some(&begun.thread_id), None));
        navigate(&href, NavigateOptions { scroll: false, replace: is_named, ..Default::default() });
    });
}

/// The assistant.
pub(crate) fn use_chat() -> Chat {
    expect_context()
}

#[cfg(test)]
impl Chat {
    /// An assistant at rest, on the page of no conversation.
    fn at_rest() -> Self {
        Self {
            is_sending: RwSignal::new(false),
            asked: RwSignal::new(None),
            begun: RwSignal::new(None),
            thread: Memo::new(|_| None),
            turn: Memo::new(|_| None),
            running: RwSignal::new(None),
            last: RwSignal::new(None),
            is_foreign: RwSignal::new(false),
            place: Memo::new(|_| Place::default()),
            is_page: Memo::new(|_| true),
            pathname: Memo::new(|_| links::PATH.to_owned()),
        }
    }
}
