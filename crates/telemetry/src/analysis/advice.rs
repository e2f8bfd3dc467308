//! What to do.

use super::cost::scaled;
use model::ask::Amount;
use model::telemetry::UnixNanos;
use model::telemetry::analysis::{
    Advice, Area, Confidence, CostAdvice, Evidence, Finding, Health, Saving, SavingKind, Severity, Subject,
};

/// Fewer points of a part of the health ask for advice.
const ENOUGH_POINTS: f64 = 70.0;

/// What to do for an agent: for each part of its health with less than 70 points that something is
/// known of (resources medium, the others high), and for each finding that is high or critical.
pub fn advice(health: &Health, findings: &[Finding]) -> Vec<Advice> {
    let areas = [
        (Area::Latency, &health.latency, Severity::High),
        (Area::Throughput, &health.throughput, Severity::High),
        (Area::Resources, &health.resources, Severity::Medium),
        (Area::Reliability, &health.reliability, Severity::High),
    ];
    let low =
        areas.into_iter().filter(|(_, score, _)| !score.basis.is_empty() && score.points < ENOUGH_POINTS);
    let grave = findings.iter().filter(|finding| finding.severity >= Severity::High);
    let mut advice: Vec<_> = low
        .map(|(area, _, priority)| Advice { subject: Subject::Area(area), priority })
        .chain(
            grave.map(|finding| Advice { subject: Subject::Finding(*finding), priority: finding.severity }),
        )
        .collect();
    advice.sort_by_key(|advice| std::cmp::Reverse(advice.priority));
    advice
}

/// What an agent spent, and how it did meanwhile: means, `None` where they are not known.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spending {
    /// From when on.
    pub from: UnixNanos,
    /// Until when.
    pub to: UnixNanos,
    /// How many days that is: at least one.
    pub days: u32,
    /// What it cost.
    pub cost: Amount,
    /// How many requests: calls that have a cost.
    pub requests: u64,
    /// Latency in milliseconds.
    pub latency_ms: Option<f64>,
    /// Requests a minute.
    pub throughput_per_min: Option<f64>,
    /// CPU in use, 0 to 100.
    pub cpu_percent: Option<f64>,
    /// Memory in use, in MB.
    pub memory_mb: Option<f64>,
}

/// How an agent might spend less, by rules of thumb:
///
/// | what | when | may save |
/// |---|---|---|
/// | dear requests | > 0.01 a request | 20 % |
/// | slow requests | > 1,000 ms, and > 0.005 a request | 15 % |
/// | idle CPU | < 30 % | 10 % |
/// | idle memory | < 500 MB | 5 % |
/// | few requests | < 10 a minute | nothing that could be said |
///
/// A month is thirty such days. Confidence is low without a request that has a cost, high where
/// there is nothing to save, else medium.
pub fn cost_advice(spending: &Spending) -> CostAdvice {
    let Spending { cost, requests, latency_ms, throughput_per_min, cpu_percent, memory_mb, .. } = *spending;
    if requests == 0 {
        let potential_monthly_savings = Amount::default();
        return CostAdvice { savings: Vec::new(), potential_monthly_savings, confidence: Confidence::Low };
    }
    let saving = |kind, percent, value, threshold| {
        let evidence = Evidence { value, threshold, from: spending.from, to: spending.to, count: requests };
        Saving { kind, evidence, saving: scaled(cost, percent, 100) }
    };
    let per_request = cost.picos() as f64 / 1e12 / requests as f64;
    let dear = (per_request > 0.01).then(|| saving(SavingKind::DearRequests, 20, per_request, 0.01));
    let slow = latency_ms.filter(|latency| *latency > 1000.0 && per_request > 0.005);
    let idle_cpu = cpu_percent.filter(|cpu| *cpu < 30.0);
    let idle_memory = memory_mb.filter(|memory| *memory < 500.0);
    let few = throughput_per_min.filter(|throughput| *throughput < 10.0);
    let savings: Vec<Saving> = [
        dear,
        slow.map(|latency| saving(SavingKind::SlowRequests, 15, latency, 1000.0)),
        idle_cpu.map(|cpu| saving(SavingKind::IdleCpu, 10, cpu, 30.0)),
        idle_memory.map(|memory| saving(SavingKind::IdleMemory, 5, memory, 500.0)),
        few.map(|throughput| saving(SavingKind::FewRequests, 0, throughput, 10.0)),
    ]
    .into_iter()
    .flatten()
    .collect();
    let total = savings.iter().fold(Amount::default(), |sum, saving| sum + saving.saving);
    let confidence = if savings.is_empty() { Confidence::High } else { Confidence::Medium };
    let potential_monthly_savings = to_hundredths(scaled(total, 30, spending.days.into()));
    CostAdvice { savings, potential_monthly_savings, confidence }
}

/// Rounded to two digits behind the point.
fn to_hundredths(amount: Amount) -> Amount {
    const HUNDREDTH: u64 = 10_000_000_000;
    Amount::from_picos(amount.picos().saturating_add(HUNDREDTH / 2) / HUNDREDTH * HUNDREDTH)
}

#[cfg(test)]
mod tests;
