//! One span as a row.

use super::Links;
use super::tree::{bar, descendants, is_parent, ticks};
use crate::components::figures::{amount, count, nanoseconds};
use crate::components::status_badge::{Tone, status_badge};
use leptos::prelude::*;
use model::telemetry::view::{SpanRow, TraceView};
use model::telemetry::{CostSource, SpanId, SpanStatus};
use std::collections::HashSet;

/// How far a span stands to the right of its parent, in CSS pixels.
const INDENT_PX: usize = 14;
/// The deepest that is still indented; deeper ones say their level.
const DEEPEST: u16 = 16;

fn percent(part: f64) -> String {
    format!("{:.2}%", part * 100.0)
}

/// The times above the bars, from the start of the trace on.
pub(super) fn axis(length_ns: u64) -> AnyView {
    let ticks = ticks(length_ns).into_iter().map(|(at, part)| {
        let anchor = match part {
            _ if part < 0.1 => "start",
            _ if part > 0.9 => "end",
            _ => "middle",
        };
        view! { <text class="chart-mark" x=percent(part) y="12" text-anchor=anchor>{nanoseconds(at)}</text> }
    });
    view! { <svg width="100%" height="16" aria-hidden="true">{ticks.collect::<Vec<_>>()}</svg> }.into_any()
}

/// The cells of the span at `index`.
pub(super) fn cells(
    trace: &TraceView,
    index: usize,
    folded: &HashSet<SpanId>,
    links: impl Links,
) -> Option<AnyView> {
    let span = trace.spans.get(index)?;
    let (begin, width) = bar(span, trace.trace.duration_ns);
    let is_failed = span.status == SpanStatus::Error;
    let class = format!("span-bar is-{}", if is_failed { "failed" } else { span.operation.as_str() });
    let tokens = span.tokens.map(|(input, output)| format!("{} / {}", count(input), count(output)));
    let cells = view! {
        <th scope="row" class="span-name">{name(trace, index, folded, links)}</th>
        <td><span class="span-kind">{span.operation.as_str()}</span></td>
        <td class="span-lane">
            <svg width="100%" height="16" aria-hidden="true">
                <rect class=class x=percent(begin) width=percent(width) y="3" height="10" rx="2"></rect>
            </svg>
        </td>
        <td class="mono">{nanoseconds(span.duration_ns)}</td>
        <td class="mono">{tokens}</td>
        <td class="mono">{cost(span)}</td>
    };
    Some(cells.into_any())
}

fn name(trace: &TraceView, index: usize, folded: &HashSet<SpanId>, links: impl Links) -> Option<AnyView> {
    let span = trace.spans.get(index)?;
    let named = |place: u32| trace.names.get(place as usize).cloned().unwrap_or_default();
    let text = named(span.name);
    let is_folded = folded.contains(&span.id);
    let fold = is_parent(&trace.spans, index).then(|| {
        let words = if is_folded { "Show what happened in" } else { "Hide what happened in" };
        view! {
            <a class="span-fold" href=links.fold(span.id) aria-expanded=(!is_folded).to_string() title=words>
                <span aria-hidden="true">{if is_folded { "▸" } else { "▾" }}</span>
                <span class="visually-hidden">{format!("{words} {text}")}</span>
            </a>
        }
    });
    let inside = is_folded.then(|| {
        let inside = count(descendants(&trace.spans, index) as u64);
        view! { <span class="span-note">{format!("{inside} inside")}</span> }
    });
    let model = span.model.map(named).filter(|model| !text.contains(model.as_str()));
    let orphan = span.is_orphan.then(|| {
        view! { <span class="span-note" title="The span that it happened in has not arrived">"parent missing"</span> }
    });
    let failed = (span.status == SpanStatus::Error).then(|| status_badge(Tone::Failed, "failed"));
    let indent = INDENT_PX * usize::from(span.depth.min(DEEPEST));
    let view = view! {
        <div class="span-line">
            <svg width=indent.to_string() height="1" aria-hidden="true"></svg>
            {fold.map_or_else(|| view! { <span class="span-fold"></span> }.into_any(), |fold| fold.into_any())}
            <a class="span-link" data-row="" href=links.select(span.id) title=text.clone()>
                {text.clone()}
                <span class="visually-hidden">{format!(", level {}", span.depth + 1)}</span>
            </a>
            {model.map(|model| view! { <span class="span-note">{model}</span> })}
            {inside} {orphan} {failed}
        </div>
    };
    Some(view.into_any())
}

fn cost(span: &SpanRow) -> Option<AnyView> {
    if span.is_unpriced {
        let why = "No price for the model, or no tokens: not counted";
        return Some(view! { <span class="span-note" title=why>"not known"</span> }.into_any());
    }
    let cost = span.cost?;
    let note = (cost.source == CostSource::Reported)
        .then(|| view! { " " <span class="span-note" title="The sender says what it cost">"sent"</span> });
    let exact = cost.amount.to_string();
    Some(view! { <span title=exact>{amount(cost.amount)}</span> {note} }.into_any())
}
