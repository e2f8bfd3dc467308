//! What is wrong with an agent: each verdict with what it stands on.

use crate::components::figures::{count, megabytes, milliseconds, number, per_minute, percent};
use crate::components::plain_table::plain_table;
use crate::components::status_badge::{Tone, status_badge};
use crate::time::{Zone, duration};
use leptos::prelude::*;
use model::telemetry::analysis::{
    Advice, Area, Evidence, Finding, FindingKind, Health, Measure, Rating, Score, Severity, Subject,
};
use model::telemetry::view::Diagnosis;

/// Health in points, findings with evidence, and what to do.
pub(super) fn diagnosis(diagnosis: &Diagnosis, zone: &Zone) -> AnyView {
    view! {
        {health(&diagnosis.health)}
        {findings(&diagnosis.findings, zone)}
        {what_to_do(&diagnosis.advice)}
    }
    .into_any()
}

fn rating_words(rating: Rating) -> (&'static str, Tone) {
    match rating {
        Rating::Excellent => ("Excellent", Tone::Success),
        Rating::Good => ("Good", Tone::Success),
        Rating::Fair => ("Fair", Tone::Warning),
        Rating::Poor => ("Poor", Tone::Failed),
        Rating::Critical => ("Critical", Tone::Failed),
        Rating::Unknown => ("Unknown", Tone::Idle),
    }
}

fn area_name(area: Area) -> &'static str {
    match area {
        Area::Latency => "Latency",
        Area::Throughput => "Throughput",
        Area::Resources => "Resources",
        Area::Reliability => "Reliability",
    }
}

/// The name of a measure, and a value of it with its unit.
fn measured(measure: Measure, value: f64) -> (&'static str, String) {
    match measure {
        Measure::MeanLatencyMs => ("mean latency", milliseconds(value)),
        Measure::P95LatencyMs => ("p95 latency", milliseconds(value)),
        Measure::ThroughputPerMin => ("throughput", per_minute(value)),
        Measure::CpuPercent => ("CPU", percent(value)),
        Measure::GpuPercent => ("GPU", percent(value)),
        Measure::MemoryMb => ("memory", megabytes(value)),
        Measure::MemoryGrowthPercent => ("growth of memory", percent(value)),
        Measure::SilenceSeconds => ("silence", duration(value as i64)),
        Measure::HeardPercent => ("heard of", percent(value)),
    }
}

fn health(health: &Health) -> AnyView {
    let (word, tone) = rating_words(health.rating);
    let row = |area: Area, score: &Score| {
        let basis: Vec<_> = score
            .basis
            .iter()
            .map(|basis| {
                let (name, value) = measured(basis.measure, basis.value);
                format!("{name} {value} in {} measurements", count(basis.count))
            })
            .collect();
        let basis = if basis.is_empty() { "nothing was measured".to_owned() } else { basis.join("; ") };
        view! {
            <tr>
                <th scope="row">{area_name(area)}</th>
                <td class="mono">{number(score.points)}</td>
                <td>{basis}</td>
            </tr>
        }
        .into_any()
    };
    let rows = vec![
        row(Area::Latency, &health.latency),
        row(Area::Throughput, &health.throughput),
        row(Area::Resources, &health.resources),
        row(Area::Reliability, &health.reliability),
    ];
    view! {
        <p class="health">
            <span class="health-points">{number(health.overall)}</span> " of 100 " {status_badge(tone, word)}
        </p>
        {plain_table("Health", &["Part", "Points of 100", "Stands on"], rows)}
    }
    .into_any()
}

/// The word of a severity, and its colour.
pub(crate) fn severity_badge(severity: Severity) -> AnyView {
    let (tone, word) = match severity {
        Severity::Low => (Tone::Idle, "low"),
        Severity::Medium => (Tone::Warning, "medium"),
        Severity::High => (Tone::Failed, "high"),
        Severity::Critical => (Tone::Failed, "critical"),
    };
    status_badge(tone, word).into_any()
}

fn finding_title(kind: FindingKind) -> &'static str {
    match kind {
        FindingKind::HighLatency => "It answers slowly",
        FindingKind::LowThroughput => "It does little",
        FindingKind::HighResourceUsage => "It uses up its machine",
        FindingKind::MemoryLeak => "Its memory grows",
        FindingKind::PerformanceDegradation => "It answers ever more slowly",
        FindingKind::IntermittentIssues => "It is silent for long times",
    }
}

/// `between 05:00:00 and 06:00:00 UTC, in 360 measurements`.
pub(crate) fn evidence_words(evidence: &Evidence, zone: &Zone) -> String {
    format!(
        "between {} and {}, in {} measurements",
        zone.exact(evidence.from.timestamp()),
        zone.exact(evidence.to.timestamp()),
        count(evidence.count)
    )
}

fn findings(findings: &[Finding], zone: &Zone) -> AnyView {
    if findings.is_empty() {
        return view! { <p class="settings-empty">"Nothing is wrong by any rule."</p> }.into_any();
    }
    let items: Vec<_> = findings
        .iter()
        .map(|finding| {
            let (name, value) = measured(finding.measure, finding.evidence.value);
            let (_, threshold) = measured(finding.measure, finding.evidence.threshold);
            let stands_on = format!(
                "{name} is {value}, the limit is {threshold}: {}.",
                evidence_words(&finding.evidence, zone)
            );
            view! {
                <li>
                    <h4>{severity_badge(finding.severity)} " " {finding_title(finding.kind)}</h4>
                    <p class="evidence">{stands_on}</p>
                    <p>{finding.kind.recommendation()} "."</p>
                </li>
            }
        })
        .collect();
    view! { <ul class="findings" aria-label="Findings">{items}</ul> }.into_any()
}

fn what_to_do(advice: &[Advice]) -> Option<AnyView> {
    let items: Vec<_> = advice
        .iter()
        .filter_map(|advice| match advice.subject {
            // What to do about a finding stands beside it.
            Subject::Finding(_) => None,
            Subject::Area(area) => Some((area, advice.priority)),
        })
        .map(|(area, priority)| {
            let actions = area.actions().map(|action| view! { <li>{action}</li> });
            view! {
                <li>
                    <h4>{severity_badge(priority)} " " {area_name(area)}</h4>
                    <ul>{actions.into_iter().collect::<Vec<_>>()}</ul>
                </li>
            }
        })
        .collect();
    (!items.is_empty()).then(|| {
        view! { <h4 class="advice-title">"What to do"</h4><ul class="findings advice">{items}</ul> }
            .into_any()
    })
}

#[cfg(all(test, feature = "ssr"))]
mod tests {
    use super::super::page::tests::detail;
    use super::*;
    use model::telemetry::UnixNanos;

    #[test]
    fn a_finding_says_what_it_stands_on() {
        let evidence = Evidence {
            value: 2500.0,
            threshold: 2000.0,
            from: UnixNanos(1_771_400_000_000_000_000),
            to: UnixNanos(1_771_403_600_000_000_000),
            count: 360,
        };
        let finding = Finding {
            kind: FindingKind::HighLatency,
            measure: Measure::MeanLatencyMs,
            severity: Severity::High,
            evidence,
        };
        let advice = |subject| Advice { subject, priority: Severity::High };
        let wrong = Diagnosis {
            findings: vec![finding],
            advice: vec![advice(Subject::Finding(finding)), advice(Subject::Area(Area::Latency))],
            ..detail().diagnosis
        };
        let html = |wrong: &Diagnosis| Owner::new().with(|| diagnosis(wrong, &Zone::UTC).to_html());
        let found = html(&wrong);
        for part in [
            "mean latency is 2.5 s, the limit is 2 s: between 2026-02-18 07:33:20 UTC and 2026-02-18 08:33:20 UTC, in 360 measurements.",
            "high",
            "It answers slowly",
            "Find the slowest spans of its traces, and the model or tool",
            "Shorten prompts",
        ] {
            assert!(found.contains(part), "{part} is not in {found}");
        }
        assert_eq!(found.matches("<h4>").count(), 2, "{found}");
        let well = html(&detail().diagnosis);
        assert!(well.contains("Nothing is wrong by any rule.") && !well.contains("What to do"), "{well}");
    }
}
