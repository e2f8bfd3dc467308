//! The assistant beside every page: a panel with a handle that sets its width, and a drawer where
//! there is no room.

pub mod resize;

use crate::chat::{Composer, ContextBar, Conversation, ThreadMenu, Welcome, links, use_chat};
use crate::components::icons::{ExpandIcon, PlusIcon};
use crate::location::Place;
use leptos::prelude::*;
use resize::ResizeHandle;

/// The panel.
#[component]
pub fn ChatPanel() -> impl IntoView {
    let chat = use_chat();
    let welcome = Welcome::fetch();
    let new = move || chat.href(None, None);
    let whole = move || {
        let place = chat.place.with(|place| Place { thread: None, ..place.elsewhere() });
        place.href(
            &chat
                .thread
                .with(|thread| thread.as_ref().map_or_else(|| links::PATH.to_owned(), links::thread_path)),
        )
    };
    view! {
        <input r#type="checkbox" class="chat-toggle" id="chat-toggle" aria-label="Show the assistant"/>
        <label class="chat-open" for="chat-toggle" aria-hidden="true">"S"</label>
        <aside class="chat-panel" aria-label="SENTRY AI">
            <ResizeHandle/>
            <div class="chat-header">
                <div class="chat-identity">
                    <span class="chat-logo" aria-hidden="true">"S"</span>
                    <div>
                        <div class="chat-title">"SENTRY AI"</div>
                        {welcome.status()}
                    </div>
                </div>
                <div class="chat-actions">
                    <a class="chat-action" href=new aria-label="New conversation" title="New conversation"><PlusIcon size=14/></a>
                    <ThreadMenu/>
                    <a class="chat-action" href=whole aria-label="Whole page" title="Whole page"><ExpandIcon size=14/></a>
                    <label class="chat-action chat-close" for="chat-toggle" aria-hidden="true">"×"</label>
                </div>
            </div>
            <ContextBar/>
            <div class="chat-messages" tabindex="0" role="log" aria-live="polite" aria-label="Conversation">
                {welcome.message()}
                <Conversation/>
            </div>
            <Composer/>
        </aside>
    }
}
