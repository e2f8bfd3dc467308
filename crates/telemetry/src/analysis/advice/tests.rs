use super::*;
use model::telemetry::analysis::{Basis, FindingKind, Measure, Rating, Score};

fn health(points: [Option<f64>; 4]) -> Health {
    let [latency, throughput, resources, reliability] = points.map(|points| Score {
        points: points.unwrap_or(50.0),
        basis: points
            .map(|value| Basis { measure: Measure::MeanLatencyMs, value, count: 1 })
            .into_iter()
            .collect(),
    });
    let (from, to) = (UnixNanos(0), UnixNanos(1));
    Health { from, to, latency, throughput, resources, reliability, overall: 0.0, rating: Rating::Unknown }
}

fn finding(severity: Severity) -> Finding {
    let evidence = Evidence { value: 2.0, threshold: 1.0, from: UnixNanos(0), to: UnixNanos(1), count: 1 };
    Finding { kind: FindingKind::HighLatency, measure: Measure::MeanLatencyMs, severity, evidence }
}

#[test]
fn what_has_few_points_or_is_grave_asks_for_advice() {
    use Severity::{Critical, High, Low, Medium};
    let check = |points: [Option<f64>; 4], findings: &[Finding], expect: &[(Subject, Severity)]| {
        let found: Vec<_> = advice(&health(points), findings)
            .iter()
            .map(|advice| (advice.subject, advice.priority))
            .collect();
        assert_eq!(found, expect);
    };
    check([Some(70.0); 4], &[], &[]);
    // Nothing is known: nothing can be advised.
    check([None; 4], &[], &[]);
    check(
        [Some(69.9); 4],
        &[],
        &[
            (Subject::Area(Area::Latency), High),
            (Subject::Area(Area::Throughput), High),
            (Subject::Area(Area::Reliability), High),
            (Subject::Area(Area::Resources), Medium),
        ],
    );
    check(
        [Some(0.0), None, None, Some(100.0)],
        &[finding(Critical), finding(High), finding(Medium), finding(Low)],
        &[
            (Subject::Finding(finding(Critical)), Critical),
            (Subject::Area(Area::Latency), High),
            (Subject::Finding(finding(High)), High),
        ],
    );
}

#[test]
fn savings_are_parts_of_what_was_spent() {
    use SavingKind::{DearRequests, FewRequests, IdleCpu, IdleMemory, SlowRequests};
    let frugal = Spending {
        from: UnixNanos(0),
        to: UnixNanos(1),
        days: 7,
        cost: Amount::parse("7").unwrap(),
        requests: 700,
        latency_ms: Some(1000.0),
        throughput_per_min: Some(10.0),
        cpu_percent: Some(30.0),
        memory_mb: Some(500.0),
    };
    let check = |spending: Spending, expect: &[(SavingKind, &str)], monthly: &str, confidence| {
        let found = cost_advice(&spending);
        let savings: Vec<_> =
            found.savings.iter().map(|saving| (saving.kind, saving.saving.to_string())).collect();
        let expect: Vec<_> = expect.iter().map(|(kind, saving)| (*kind, (*saving).to_owned())).collect();
        assert_eq!(savings, expect, "{spending:?}");
        assert_eq!(
            (found.potential_monthly_savings.to_string().as_str(), found.confidence),
            (monthly, confidence)
        );
        assert!(found.savings.iter().all(|saving| saving.evidence.count == spending.requests));
    };
    check(frugal, &[], "0", Confidence::High);
    check(Spending { requests: 0, ..frugal }, &[], "0", Confidence::Low);
    check(Spending { requests: 699, ..frugal }, &[(DearRequests, "1.4")], "6", Confidence::Medium);
    let slow = Spending { latency_ms: Some(1000.1), ..frugal };
    check(slow, &[(SlowRequests, "1.05")], "4.5", Confidence::Medium);
    check(Spending { requests: 1400, ..slow }, &[], "0", Confidence::High);
    check(Spending { cpu_percent: Some(29.9), ..frugal }, &[(IdleCpu, "0.7")], "3", Confidence::Medium);
    check(Spending { memory_mb: Some(499.0), ..frugal }, &[(IdleMemory, "0.35")], "1.5", Confidence::Medium);
    check(
        Spending { throughput_per_min: Some(9.9), ..frugal },
        &[(FewRequests, "0")],
        "0",
        Confidence::Medium,
    );
    let unknown =
        Spending { latency_ms: None, throughput_per_min: None, cpu_percent: None, memory_mb: None, ..frugal };
    check(unknown, &[], "0", Confidence::High);
    let wasteful = Spending { requests: 100, cpu_percent: Some(0.0), memory_mb: Some(0.0), days: 9, ..slow };
    check(
        wasteful,
        &[(DearRequests, "1.4"), (SlowRequests, "1.05"), (IdleCpu, "0.7"), (IdleMemory, "0.35")],
        "11.67",
        Confidence::Medium,
    );
}
