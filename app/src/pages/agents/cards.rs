//! How many agents are up and down, and what all of them do together.

use super::{agents_href, status_label};
use crate::components::figures::{amount, count, known, megabytes, milliseconds, per_minute, percent};
use crate::location::Place;
use leptos::prelude::*;
use model::telemetry::AgentStatus;
use model::telemetry::view::{AgentList, AgentQuery, AgentTotals};

/// A card for each status, which filters by it, or no more where it does.
pub(super) fn status_cards(list: &AgentList, query: &AgentQuery, place: &Place) -> AnyView {
    let total = list.counts.total();
    let cards = AgentStatus::ALL.map(|status| {
        let is_chosen = query.status == Some(status);
        let to = AgentQuery { status: (!is_chosen).then_some(status), ..query.clone() };
        let class = match status {
            AgentStatus::Running => "summary-card-value completed",
            AgentStatus::Error => "summary-card-value failed",
            AgentStatus::Stopped | AgentStatus::Unknown => "summary-card-value not_started",
        };
        view! {
            <li>
                <a class="summary-card" href=agents_href(place, &to) aria-current=is_chosen.then_some("true")>
                    <span class="summary-card-label">{status_label(status)}</span>
                    <span class=class>{list.counts.of(status)}</span>
                    <span class="summary-card-sub">{format!("of {}", agents(total))}</span>
                </a>
            </li>
        }
    });
    view! { <ul class="summary-cards agent-cards" aria-label="Agents by status">{cards.into_iter().collect::<Vec<_>>()}</ul> }.into_any()
}

/// `1 agent`, `12 agents`.
pub(super) fn agents(number: usize) -> String {
    format!("{} agent{}", count(number as u64), if number == 1 { "" } else { "s" })
}

/// Sums and means over the agents that are shown.
pub(super) fn totals(totals: &AgentTotals) -> AnyView {
    let failed = match totals.requests {
        0 => String::new(),
        requests => percent(totals.errors as f64 * 100.0 / requests as f64),
    };
    let unpriced = match totals.unpriced {
        0 => "all calls priced".to_owned(),
        calls => format!("without {} calls of unknown cost", count(calls)),
    };
    let facts = [
        ("Requests", count(totals.requests), format!("{failed} failed").trim().to_owned()),
        ("Cost", amount(totals.cost), unpriced),
        ("Tokens", count(totals.tokens), "sent and answered".to_owned()),
        ("Latency", known(totals.mean_latency_ms, milliseconds), "mean over all requests".to_owned()),
        ("Throughput", known(totals.throughput_per_min, per_minute), "sum of the latest".to_owned()),
        ("CPU", known(totals.mean_cpu_percent, percent), "mean of the latest".to_owned()),
        ("GPU", known(totals.mean_gpu_percent, percent), "mean of the latest".to_owned()),
        ("Memory", known(totals.memory_mb, megabytes), "sum of the latest".to_owned()),
        ("GPU memory", known(totals.gpu_memory_mb, megabytes), "sum of the latest".to_owned()),
    ];
    let facts = facts.map(|(name, value, note)| {
        view! { <div class="total"><dt>{name}</dt><dd>{value} <span class="total-note">{note}</span></dd></div> }
    });
    view! {
        <section class="section-card">
            <div class="section-header"><h2 class="section-title">"All agents shown"</h2></div>
            <dl class="totals">{facts.into_iter().collect::<Vec<_>>()}</dl>
        </section>
    }
    .into_any()
}
