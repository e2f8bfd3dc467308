//! What failed, and which models were asked.

use crate::components::figures::{amount, count, known, milliseconds};
use crate::components::plain_table::plain_table;
use crate::location::Place;
use crate::pages::traces::trace_href;
use crate::time::Zone;
use leptos::prelude::*;
use model::telemetry::view::{ErrorGroup, ModelUse};

/// Spans that failed, those that failed alike together.
pub(super) fn errors(errors: &[ErrorGroup], place: &Place, zone: &Zone) -> AnyView {
    if errors.is_empty() {
        return view! { <p class="settings-empty">"Nothing failed in this time."</p> }.into_any();
    }
    let rows = errors.iter().map(|error| {
        let at = error.latest.started.timestamp();
        view! {
            <tr>
                <th scope="row">{error.name.clone()}</th>
                <td class="mono">{error.error_type.clone()}</td>
                <td>{error.message.clone()}</td>
                <td class="mono">{count(error.count)}</td>
                <td><a href=trace_href(place, error.latest.trace_id) title=zone.exact(at)>{zone.time(at)}</a></td>
            </tr>
        }
        .into_any()
    });
    plain_table("Errors", &["Span", "Error", "Message", "Times", "Latest trace"], rows.collect())
}

/// Models with what was asked of them.
pub(super) fn models(models: &[ModelUse]) -> AnyView {
    if models.is_empty() {
        return view! { <p class="settings-empty">"No model was asked in this time."</p> }.into_any();
    }
    let rows = models.iter().map(|model| {
        let spend = &model.spend;
        let name = if model.model.is_empty() { "(not named)" } else { &model.model };
        let cost = match spend.unpriced {
            0 => amount(spend.cost),
            calls => format!("{} and {} calls of unknown cost", amount(spend.cost), count(calls)),
        };
        view! {
            <tr>
                <th scope="row" class="mono">{name.to_owned()}</th>
                <td class="mono">{count(spend.calls)}</td>
                <td class="mono">{count(spend.errors)}</td>
                <td class="mono">{count(spend.input)}</td>
                <td class="mono">{count(spend.cache_read)}</td>
                <td class="mono">{count(spend.output)}</td>
                <td class="mono">{known(model.p95_latency_ms, milliseconds)}</td>
                <td class="mono">{known(model.p95_first_token_ms, milliseconds)}</td>
                <td class="mono">{cost}</td>
            </tr>
        }
        .into_any()
    });
    let headings = [
        "Model",
        "Calls",
        "Failed",
        "Tokens in",
        "of them cached",
        "Tokens out",
        "p95 latency",
        "p95 first token",
        "Cost",
    ];
    plain_table("Models", &headings, rows.collect())
}
