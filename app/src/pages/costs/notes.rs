//! Verdicts on costs, each with what it stands on.

use crate::components::figures::{
    amount, change, count, dollars, megabytes, milliseconds, number, per_minute, percent,
};
use crate::pages::agent::{evidence_words, severity_badge};
use crate::pages::trace::flag_words;
use crate::time::Zone;
use leptos::prelude::*;
use model::ask::Amount;
use model::telemetry::analysis::{
    Confidence, CostAdvice, CostAlert, CostAlertKind, CostSpike, CostTrend, Direction, Efficiency, Forecast,
    SavingKind,
};
use model::telemetry::view::Unpriced;

/// Where costs go, against the period of the same length before.
pub(crate) fn trend_words(trend: &CostTrend) -> String {
    let word = match trend.direction {
        Direction::Increasing => "▲ increasing",
        Direction::Decreasing => "▼ decreasing",
        Direction::Stable => "stable",
    };
    match trend.change_percent {
        Some(percent) => format!("{word}, {}", change(percent)),
        None => word.to_owned(),
    }
}

/// How dear a request is, and the limit of that word.
pub(crate) fn efficiency_words(efficiency: Efficiency) -> &'static str {
    match efficiency {
        Efficiency::Excellent => "excellent: at most $0.001",
        Efficiency::Good => "good: at most $0.005",
        Efficiency::Fair => "fair: at most $0.01",
        Efficiency::Poor => "poor: more than $0.01",
        Efficiency::Unknown => "not known",
    }
}

/// What somebody should look at.
pub(crate) fn alerts(alerts: &[CostAlert], zone: &Zone) -> Option<AnyView> {
    let items: Vec<_> = alerts
        .iter()
        .map(|alert| {
            let words = match alert.kind {
                CostAlertKind::CostSpike => "Costs rose",
                CostAlertKind::EfficiencyDrop => "A request became dearer",
            };
            let stands_on = format!(
                "{} instead of at most {}, between {} and {}, at {} requests",
                amount(alert.value),
                amount(alert.threshold),
                zone.exact(alert.from.timestamp()),
                zone.exact(alert.to.timestamp()),
                count(alert.count)
            );
            view! {
                <li>
                    <h4>{severity_badge(alert.severity)} " " {words}</h4>
                    <p class="evidence">{stands_on}</p>
                </li>
            }
        })
        .collect();
    (!items.is_empty())
        .then(|| view! { <ul class="findings" aria-label="Cost alerts">{items}</ul> }.into_any())
}

/// How to spend less.
pub(crate) fn advice(advice: &CostAdvice, zone: &Zone) -> AnyView {
    let confidence = match advice.confidence {
        Confidence::Low => "There is too little to say how to spend less.",
        Confidence::Medium => "Rules of thumb:",
        Confidence::High => "No rule finds anything to save.",
    };
    let items: Vec<_> = advice
        .savings
        .iter()
        .map(|saving| {
            let write = match saving.kind {
                SavingKind::DearRequests => dollars,
                SavingKind::SlowRequests => milliseconds,
                SavingKind::IdleCpu => percent,
                SavingKind::IdleMemory => megabytes,
                SavingKind::FewRequests => per_minute,
            };
            // Not every rule can say how much.
            let saves = if saving.saving == Amount::default() {
                String::new()
            } else {
                format!("may save {} in this time: ", amount(saving.saving))
            };
            let stands_on = format!(
                "{saves}{} against {}, {}",
                write(saving.evidence.value),
                write(saving.evidence.threshold),
                evidence_words(&saving.evidence, zone)
            );
            view! { <li><p>{saving.kind.advice()} "."</p><p class="evidence">{stands_on}</p></li> }
        })
        .collect();
    let in_all = (advice.potential_monthly_savings != Amount::default())
        .then(|| format!("All of it may save {} in thirty days.", amount(advice.potential_monthly_savings)));
    view! {
        <p class="settings-note">{confidence} " " {in_all}</p>
        <ul class="findings advice" aria-label="How to spend less">{items}</ul>
    }
    .into_any()
}

/// Times that cost much more than those before them.
pub(super) fn spikes(spikes: &[CostSpike], zone: &Zone) -> Option<AnyView> {
    let items: Vec<_> = spikes
        .iter()
        .map(|spike| {
            let words = format!(
                "{}: {}, {} times the mean of the {} before it ({})",
                zone.exact(spike.at.timestamp()),
                amount(spike.cost),
                number(spike.ratio),
                spike.buckets,
                amount(spike.baseline)
            );
            view! { <li>{words}</li> }
        })
        .collect();
    (!items.is_empty())
        .then(|| view! { <h4 class="advice-title">"Spikes"</h4><ul class="findings" aria-label="Spikes">{items}</ul> }.into_any())
}

/// What the month will have cost.
pub(super) fn forecast_words(forecast: Option<&Forecast>) -> String {
    match forecast {
        None => "There is too little to forecast the month's end.".to_owned(),
        Some(forecast) => format!(
            "By {} it will have cost about {}: {} so far, and {} a day, the mean of {} days.",
            forecast.month_end,
            amount(forecast.expected),
            amount(forecast.spent),
            amount(forecast.per_day),
            forecast.days
        ),
    }
}

/// Calls that are not in any sum, and why.
pub(super) fn unpriced(unpriced: &[Unpriced]) -> Option<AnyView> {
    let items: Vec<_> = unpriced
        .iter()
        .map(|unpriced| {
            let words = format!("{} calls: {}", count(unpriced.calls), flag_words(&unpriced.flag));
            view! { <li>{words}</li> }
        })
        .collect();
    (!items.is_empty())
        .then(|| view! { <ul class="findings" aria-label="Calls of unknown cost">{items}</ul> }.into_any())
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::telemetry::UnixNanos;
    use model::telemetry::analysis::{Evidence, Saving};

    #[test]
    fn a_forecast_says_what_it_stands_on() {
        let money = |text: &str| Amount::parse(text).unwrap();
        let forecast = Forecast {
            month_end: jiff::civil::date(2026, 2, 28),
            spent: money("18"),
            per_day: money("1.5"),
            days: 7,
            expected: money("33"),
        };
        assert_eq!(
            forecast_words(Some(&forecast)),
            "By 2026-02-28 it will have cost about $33: $18 so far, and $1.5 a day, the mean of 7 days."
        );
        assert!(forecast_words(None).contains("too little"));
    }

    #[cfg(feature = "ssr")]
    #[test]
    fn advice_names_a_saving_only_where_it_is_known() {
        let saving = |kind, saving: &str| Saving {
            kind,
            evidence: Evidence {
                value: 2.0,
                threshold: 10.0,
                count: 4,
                from: UnixNanos(0),
                to: UnixNanos(60_000_000_000),
            },
            saving: Amount::parse(saving).unwrap(),
        };
        let of = |saving| {
            let potential_monthly_savings = Amount::default();
            CostAdvice { savings: vec![saving], potential_monthly_savings, confidence: Confidence::Medium }
        };
        let html = |of: CostAdvice| Owner::new().with(|| advice(&of, &Zone::UTC).to_html());
        assert!(html(of(saving(SavingKind::IdleCpu, "1.5"))).contains("may save $1.5 in this time: 2%"));
        assert!(!html(of(saving(SavingKind::FewRequests, "0"))).contains("may save"));
    }

    #[test]
    fn a_trend_is_told_in_words() {
        let trend = |direction, change_percent| trend_words(&CostTrend { direction, change_percent });
        assert_eq!(trend(Direction::Increasing, Some(12.0)), "▲ increasing, +12%");
        assert_eq!(trend(Direction::Decreasing, Some(-50.0)), "▼ decreasing, -50%");
        assert_eq!(trend(Direction::Stable, None), "stable");
    }
}
