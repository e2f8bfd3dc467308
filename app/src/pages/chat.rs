//! The assistant as a page: the conversations on the left, one of them in the middle.

use crate::chat::{Composer, ContextBar, Conversation, Welcome, thread_list, use_chat};
use crate::components::page_meta::PageMeta;
use crate::context::WithPlace;
use leptos::prelude::*;

/// `/chat` and `/chat/{thread}`.
#[component]
pub fn ChatPage() -> impl IntoView {
    view! { <WithPlace children=|_| view! { <Chat/> }/> }
}

#[component]
fn Chat() -> impl IntoView {
    let chat = use_chat();
    let welcome = Welcome::fetch();
    let new = move || chat.href(None, None);
    // An opened conversation begins with its own first question.
    let is_new = Memo::new(move |_| chat.thread.with(Option::is_none));
    let path = chat
        .thread
        .get_untracked()
        .map_or_else(|| "/chat".to_owned(), |thread| crate::chat::links::thread_path(&thread));
    view! {
        <PageMeta title="SENTRY AI — SENTRY" description="Questions about the batches, answered from the sources." path/>
        <div class="chat-page">
            <nav class="chat-page-threads" aria-label="Conversations">
                <a class="button is-secondary" href=new>"New conversation"</a>
                {thread_list(chat)}
            </nav>
            <section class="chat-page-thread" aria-label="SENTRY AI">
                <div class="chat-header">
                    <div class="chat-identity">
                        <span class="chat-logo" aria-hidden="true">"S"</span>
                        <div><h1 class="chat-title">"SENTRY AI"</h1> {welcome.status()}</div>
                    </div>
                </div>
                <ContextBar/>
                <div class="chat-messages" tabindex="0" role="log" aria-live="polite" aria-label="Conversation">
                    {move || is_new.get().then(|| welcome.message())}
                    <Conversation/>
                </div>
                <Composer/>
            </section>
        </div>
    }
}
