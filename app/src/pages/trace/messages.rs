//! What was said in a span.

use leptos::prelude::*;
use model::telemetry::view::SpanMessage;

/// Messages and calls of tools, in order.
pub(super) fn messages(messages: &[SpanMessage]) -> AnyView {
    let items: Vec<_> = messages
        .iter()
        .map(|message| {
            let tool = message.tool.clone().map(|tool| view! { " " <span class="span-kind">{tool}</span> });
            view! {
                <li class="span-message">
                    <p class="span-role">{message.role.clone()} {tool}</p>
                    <pre tabindex="0">{message.text.clone()}</pre>
                </li>
            }
        })
        .collect();
    view! { <ol class="span-messages" aria-label="Messages">{items}</ol> }.into_any()
}
