//! What records add to sums, and what accounting asks of a span.

use super::batch::{CostGap, PricedEvent, PricedSpan};
use crate::accounting::{Answer, TreeSpan};
use crate::rollup::{Call, Fact, Spend};
use model::ask::Amount;
use model::telemetry::{EventBody, MetricName, Span, SpanStatus, Text};

/// What accounting needs to know of a span.
pub fn tree_span(priced: &PricedSpan) -> TreeSpan {
    let span = &priced.span;
    let has_usage = has_usage(priced);
    TreeSpan { id: span.span_id, parent: span.parent_id, has_usage, answer: Answer::of(span) }
}

/// Whether a span says what it used: tokens or a cost.
pub(super) fn has_usage(priced: &PricedSpan) -> bool {
    priced.span.usage.is_some() || priced.cost.is_some()
}

/// How long a span took.
pub(super) fn latency_ms(span: &Span) -> f64 {
    span.ended.0.saturating_sub(span.started.0) as f64 / 1e6
}

/// The call of a model that a span is, where its usage counts.
pub(super) fn call_of(priced: &PricedSpan) -> Call {
    let span = &priced.span;
    Call {
        model: span.model.clone().unwrap_or_default(),
        user: span.user.clone(),
        session: span.session.clone(),
        latency_ms: Some(latency_ms(span)),
        first_token_ms: span.first_token_ms,
        spend: Spend {
            calls: 1,
            errors: i64::from(span.status == SpanStatus::Error),
            cost_picos: priced.cost.map_or(0, |cost| cost_picos(cost.amount)),
            unpriced: i64::from(priced.gap == Some(CostGap::NoPrice)),
            without_tokens: i64::from(priced.gap == Some(CostGap::NoTokens)),
            ..span.usage.as_ref().map(Spend::of_tokens).unwrap_or_default()
        },
    }
}

/// What an event adds to sums besides itself: of tokens a call, of a model's answer its latency.
pub(super) fn fact_of_event(priced: &PricedEvent) -> Option<Fact> {
    match &priced.event.body {
        EventBody::TokenUsage { model, usage, .. } => Some(Fact::Call(Call {
            model: model.as_str().into(),
            user: priced.event.user.as_deref().map(Text::from),
            session: priced.event.session.as_deref().map(Text::from),
            latency_ms: None,
            first_token_ms: None,
            spend: Spend {
                calls: 1,
                cost_picos: priced.cost.map_or(0, |cost| cost_picos(cost.amount)),
                unpriced: i64::from(priced.gap == Some(CostGap::NoPrice)),
                without_tokens: i64::from(priced.gap == Some(CostGap::NoTokens)),
                ..Spend::of_tokens(usage)
            },
        })),
        EventBody::ModelResponse { latency_ms, .. } => {
            Some(Fact::Number { name: MetricName::LatencyMs, value: *latency_ms, count: 1 })
        }
        _ => None,
    }
}

fn cost_picos(amount: Amount) -> i64 {
    i64::try_from(amount.picos()).unwrap_or(i64::MAX)
}
