//! What an agent costs, and where that goes.

use crate::components::figures::{amount, change, count};
use crate::pages::costs::{advice, alerts, efficiency_words, trend_words};
use crate::time::Zone;
use leptos::prelude::*;
use model::telemetry::view::AgentDetail;

/// Cost in the range, against the one before it.
pub(super) fn cost(detail: &AgentDetail, zone: &Zone) -> AnyView {
    let (spend, before) = (&detail.spend, &detail.previous_spend);
    let changed = detail.cost_trend.change_percent.map(|percent| format!(" ({})", change(percent)));
    let unpriced = (spend.unpriced > 0).then(|| {
        format!("{} calls are not in it: no price for their model, or no tokens.", count(spend.unpriced))
    });
    view! {
        <dl class="facts">
            <dt>"Cost"</dt><dd title=spend.cost.to_string()>{amount(spend.cost)}</dd>
            <dt>"Period before"</dt><dd title=before.cost.to_string()>{amount(before.cost)} {changed}</dd>
            <dt>"Trend"</dt><dd>{trend_words(&detail.cost_trend)}</dd>
            <dt>"A request"</dt><dd>{efficiency_words(detail.efficiency)}</dd>
            <dt>"Calls"</dt><dd>{count(spend.calls)}</dd>
            <dt>"Tokens in / out"</dt><dd>{format!("{} / {}", count(spend.input), count(spend.output))}</dd>
        </dl>
        {unpriced.map(|words| view! { <p class="settings-note">{words}</p> })}
        {alerts(&detail.cost_alerts, zone)}
        {advice(&detail.cost_advice, zone)}
    }
    .into_any()
}
