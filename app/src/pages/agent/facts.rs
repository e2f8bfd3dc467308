//! Who an agent is, and how it did.

use crate::components::copy_button::CopyButton;
use crate::letters::lowercase;
use crate::pages::agents::{agent_badge, ago, status_label};
use crate::pages::trace::value_text;
use crate::time::Zone;
use leptos::prelude::*;
use model::telemetry::view::{AgentDetail, StatusRow};

/// Status, times and what it says of itself.
pub(super) fn facts(detail: &AgentDetail, zone: &Zone) -> AnyView {
    let agent = &detail.agent;
    let now = detail.now;
    let since = agent.state.since.map(|since| view! { " since " {ago(since, now, zone)} });
    let seen = match agent.state.last_seen {
        Some(at) => ago(at, now, zone),
        None => view! { "never" }.into_any(),
    };
    let metadata: Vec<_> = agent
        .metadata
        .iter()
        .map(|fact| view! { <dt class="mono">{fact.key.to_string()}</dt><dd>{value_text(&fact.value)}</dd> })
        .collect();
    let id = agent.id.to_string();
    view! {
        <dl class="facts">
            <dt>"Status"</dt><dd>{agent_badge(agent.state.status)} {since}</dd>
            <dt>"Last data"</dt><dd>{seen}</dd>
            <dt>"First data"</dt><dd>{ago(agent.first_seen, now, zone)}</dd>
            <dt>"Id"</dt><dd class="mono">{id.clone()} " " <CopyButton text=id what="agent id"/></dd>
            {metadata}
        </dl>
    }
    .into_any()
}

/// When it began to do otherwise, the newest first.
pub(super) fn changes(changes: &[StatusRow], zone: &Zone) -> AnyView {
    if changes.is_empty() {
        return view! { <p class="settings-empty">"It has never changed."</p> }.into_any();
    }
    let rows: Vec<_> = changes
        .iter()
        .map(|change| {
            let at = change.at.timestamp();
            view! {
                <li>
                    <time class="mono" datetime=at.to_string()>{zone.exact(at)}</time>
                    " " {agent_badge(change.to)}
                    <span class="status-why">
                        {format!("was {}; {}", lowercase(status_label(change.from)), change.why)}
                    </span>
                </li>
            }
        })
        .collect();
    view! { <ol class="status-changes">{rows}</ol> }.into_any()
}
