//! Everything that is known of one span.

use super::messages::messages;
use super::values::value_text;
use crate::components::copy_button::CopyButton;
use crate::components::figures::{count, milliseconds, nanoseconds};
use crate::components::plain_table::plain_table;
use crate::components::status_badge::{Tone, status_badge};
use crate::location::Place;
use crate::pages::traces::trace_href;
use crate::time::Zone;
use leptos::prelude::*;
use model::telemetry::view::SpanDetail;
use model::telemetry::{Attribute, CostSource, Flag, SpanStatus, Verdict};

/// The details of a span; `close` is the address without them.
pub(super) fn span_detail(span: &SpanDetail, close: String, place: &Place, zone: &Zone) -> AnyView {
    let part = |title: &'static str, is_empty: bool, content: AnyView| {
        (!is_empty).then(|| {
            view! { <details class="span-part" open><summary>{title}</summary>{content}</details> }
        })
    };
    let redacted = (span.redactions > 0).then(|| {
        let words = format!("{} secrets were taken out before it was stored.", count(span.redactions.into()));
        view! { <p class="settings-note">{words}</p> }
    });
    view! {
        <div class="section-header">
            <h2 class="section-title">{span.name.clone()}</h2>
            <a class="quick-action" data-close="" href=close>"Close"</a>
        </div>
        <div class="settings-body">
            {facts(span, zone)}
            {redacted}
            {part("Messages and tool calls", span.messages.is_empty(), messages(&span.messages))}
            {part("Events", span.events.is_empty(), events(span, zone))}
            {part("Links", span.links.is_empty(), links(span, place))}
            {part("Attributes, as sent", span.attributes.is_empty(), attributes(&span.attributes))}
            {part("What we normalised", span.readings.is_empty(), readings(span))}
        </div>
    }
    .into_any()
}

/// Why a cost is not known.
pub(crate) fn flag_words(flag: &Flag) -> String {
    match flag {
        Flag::NoPrice { model } if model.is_empty() => "No model was named".to_owned(),
        Flag::NoPrice { model } => format!("No price for {model}"),
        Flag::NoTokens => "Nothing says how many tokens it took".to_owned(),
    }
}

fn facts(span: &SpanDetail, zone: &Zone) -> AnyView {
    let fact = |name: &'static str, value: Option<String>| {
        value.map(|value| view! { <dt>{name}</dt><dd>{value}</dd> })
    };
    let (tone, word) = match span.status {
        SpanStatus::Unset => (Tone::Idle, "not said"),
        SpanStatus::Ok => (Tone::Success, "ok"),
        SpanStatus::Error => (Tone::Failed, "failed"),
    };
    let said = (!span.status_message.is_empty()).then(|| format!(" {}", span.status_message));
    let usage = span.usage.map(|usage| {
        let mut words = format!("{} in, {} out", count(usage.input), count(usage.output));
        for (tokens, what) in [
            (usage.cache_read, "of those in read from a cache"),
            (usage.cache_write, "of those in written to a cache"),
            (usage.reasoning, "of those out thought, not said"),
        ] {
            if tokens > 0 {
                words.push_str(&format!("; {} {what}", count(tokens)));
            }
        }
        words
    });
    let cost = match (&span.cost, &span.flag) {
        (Some(cost), _) => Some(match cost.source {
            CostSource::Reported => format!("${}, as its sender says", cost.amount),
            CostSource::Priced => format!("${}, by the table of prices", cost.amount),
        }),
        (None, Some(flag)) => Some(format!("not known: {}", flag_words(flag))),
        (None, None) => None,
    };
    let id = span.id.to_string();
    view! {
        <dl class="facts">
            <dt>"Status"</dt><dd>{status_badge(tone, word)} {said}</dd>
            {fact("Error", span.error_type.clone())}
            <dt>"Operation"</dt><dd>{span.operation.as_str()}</dd>
            <dt>"Started"</dt><dd class="mono">{zone.exact(span.started.timestamp())}</dd>
            <dt>"Duration"</dt><dd class="mono">{nanoseconds(span.duration_ns)}</dd>
            {fact("First token after", span.first_token_ms.map(milliseconds))}
            {fact("Model", span.model.clone())}
            {fact("Provider", span.provider.clone())}
            {fact("Tokens", usage)}
            {fact("Cost", cost)}
            {fact("User", span.user.clone())}
            {fact("Session", span.session.clone())}
            <dt>"Id"</dt><dd class="mono">{id.clone()} " " <CopyButton text=id what="span id"/></dd>
            {fact("Parent", span.parent_id.map(|parent| parent.to_string()))}
        </dl>
    }
    .into_any()
}

fn attributes(attributes: &[Attribute]) -> AnyView {
    let rows = attributes.iter().map(|attribute| {
        view! {
            <tr>
                <th scope="row" class="mono">{attribute.key.to_string()}</th>
                <td class="mono span-value">{value_text(&attribute.value)}</td>
            </tr>
        }
        .into_any()
    });
    plain_table("Attributes", &["Name", "Value"], rows.collect())
}

fn events(span: &SpanDetail, zone: &Zone) -> AnyView {
    let rows = span.events.iter().map(|event| {
        let more: Vec<_> = event
            .attributes
            .iter()
            .map(|attribute| format!("{}: {}", attribute.key, value_text(&attribute.value)))
            .collect();
        view! {
            <tr>
                <th scope="row" class="mono">{zone.time(event.at.timestamp())}</th>
                <td>{event.name.clone()}</td>
                <td class="mono span-value">{more.join("\n")}</td>
            </tr>
        }
        .into_any()
    });
    plain_table("Events", &["Time", "Event", "More"], rows.collect())
}

fn links(span: &SpanDetail, place: &Place) -> AnyView {
    let items: Vec<_> = span
        .links
        .iter()
        .map(|link| {
            let words = format!("span {} of trace {}", link.span_id, link.trace_id);
            view! { <li><a class="mono" href=trace_href(place, link.trace_id)>{words}</a></li> }
        })
        .collect();
    view! { <ul class="span-links">{items}</ul> }.into_any()
}

/// How each attribute was read.
fn readings(span: &SpanDetail) -> AnyView {
    let rows = span.readings.iter().map(|reading| {
        let verdict = match &reading.verdict {
            Verdict::Recognised => "recognised".to_owned(),
            Verdict::Renamed(name) => format!("renamed to {name}"),
            Verdict::Overruled(why) => format!("not used: {why}"),
            Verdict::Ignored => "kept, nothing is made of it".to_owned(),
        };
        view! {
            <tr><th scope="row" class="mono">{reading.key.to_string()}</th><td>{verdict}</td></tr>
        }
        .into_any()
    });
    plain_table("What we normalised", &["Name, as sent", "What became of it"], rows.collect())
}

#[cfg(all(test, feature = "ssr"))]
mod tests {
    use super::*;
    use model::ask::Amount;
    use model::telemetry::view::SpanMessage;
    use model::telemetry::{Cost, Operation, Reading, SpanId, TokenUsage, UnixNanos, Value};

    fn span() -> SpanDetail {
        SpanDetail {
            id: SpanId::from_bytes(&1_u64.to_be_bytes()).expect("not all zero"),
            parent_id: None,
            name: "chat <gpt-4o>".to_owned(),
            operation: Operation::Model,
            started: UnixNanos(1_771_400_000_000_000_000),
            duration_ns: 1_250_000_000,
            status: SpanStatus::Error,
            status_message: "too long".to_owned(),
            error_type: Some("context_length".to_owned()),
            model: Some("gpt-4o".to_owned()),
            provider: None,
            usage: Some(TokenUsage { input: 1000, output: 500, cache_read: 200, ..TokenUsage::default() }),
            cost: Some(Cost {
                amount: Amount::parse("0.0125").expect("an amount"),
                source: CostSource::Priced,
            }),
            flag: None,
            first_token_ms: Some(150.0),
            user: None,
            session: None,
            messages: vec![SpanMessage {
                role: "assistant".to_owned(),
                tool: Some("search".to_owned()),
                text: "{\"q\": \"<script>\"}".to_owned(),
            }],
            events: Vec::new(),
            links: Vec::new(),
            attributes: vec![Attribute { key: "llm.usage".into(), value: Value::Int(5) }],
            readings: vec![Reading {
                key: "llm.usage".into(),
                verdict: Verdict::Renamed("gen_ai.usage.input_tokens".to_owned()),
            }],
            redactions: 2,
        }
    }

    fn html(span: &SpanDetail) -> String {
        Owner::new().with(|| span_detail(span, "/close".to_owned(), &Place::default(), &Zone::UTC).to_html())
    }

    #[test]
    fn everything_is_said_and_nothing_becomes_html() {
        let html = html(&span());
        for part in [
            "chat &lt;gpt-4o&gt;",
            "failed",
            "too long",
            "1,000 in, 500 out; 200 of those in read from a cache",
            "$0.0125, by the table of prices",
            "150 ms",
            "search</span>",
            "&lt;script&gt;",
            "renamed to gen_ai.usage.input_tokens",
            "2 secrets were taken out",
            "href=\"/close\"",
        ] {
            assert!(html.contains(part), "{part} is not in {html}");
        }
        assert!(!html.contains("<summary>Events"), "{html}");
    }

    #[test]
    fn an_unknown_cost_says_why() {
        let flag = |flag: Flag| html(&SpanDetail { cost: None, flag: Some(flag), ..span() });
        assert!(flag(Flag::NoTokens).contains("not known: Nothing says how many tokens it took"));
        assert!(flag(Flag::NoPrice { model: "m1".into() }).contains("not known: No price for m1"));
        assert!(flag(Flag::NoPrice { model: String::new() }).contains("not known: No model was named"));
    }
}
