use super::*;
use FindingKind::{
    HighLatency, HighResourceUsage, IntermittentIssues, LowThroughput, MemoryLeak, PerformanceDegradation,
};
use Severity::{Critical, High, Medium};
use proptest::prelude::*;

const HOUR: i64 = 3_600_000_000_000;

/// A day in which nothing is known.
fn nothing() -> Observed<'static> {
    Observed {
        from: UnixNanos(0),
        to: UnixNanos(24 * HOUR),
        latency_ms: &[],
        latency_p95_ms: None,
        throughput_per_min: &[],
        cpu_percent: &[],
        gpu_percent: &[],
        memory_mb: &[],
        heard: &[],
    }
}

/// One bucket an hour.
fn hours(means: &[f64]) -> Vec<Bucket> {
    let bucket =
        |(hour, mean): (usize, &f64)| Bucket { start: UnixNanos(hour as i64 * HOUR), count: 4, mean: *mean };
    means.iter().enumerate().map(bucket).collect()
}

fn times(seconds: &[i64]) -> Vec<UnixNanos> {
    seconds.iter().map(|seconds| UnixNanos(seconds * 1_000_000_000)).collect()
}

/// Kind, measure, severity, value, threshold, count.
type Expected = (FindingKind, Measure, Severity, f64, f64, u64);

fn check(observed: Observed<'_>, expect: &[Expected]) {
    let found: Vec<_> = diagnose(&observed)
        .into_iter()
        .map(|Finding { kind, measure, severity, evidence }| {
            assert_eq!((evidence.from, evidence.to), (observed.from, observed.to));
            let rounded = |value: f64| (value * 100.0).round() / 100.0;
            (kind, measure, severity, rounded(evidence.value), rounded(evidence.threshold), evidence.count)
        })
        .collect();
    assert_eq!(found, expect, "{observed:?}");
}

#[test]
fn each_rule_finds_what_is_beyond_its_threshold_only() {
    check(nothing(), &[]);

    let latency = |means: &[f64], p95: Option<f64>, expect: &[Expected]| {
        check(Observed { latency_ms: &hours(means), latency_p95_ms: p95, ..nothing() }, expect);
    };
    latency(&[2000.0], None, &[]);
    latency(&[1000.0, 3001.0], None, &[(HighLatency, Measure::MeanLatencyMs, High, 2000.5, 2000.0, 8)]);
    latency(&[100.0], Some(5000.0), &[]);
    latency(&[100.0], Some(5001.0), &[(HighLatency, Measure::P95LatencyMs, Critical, 5001.0, 5000.0, 4)]);

    let throughput = |means: &[f64], expect: &[Expected]| {
        check(Observed { throughput_per_min: &hours(means), ..nothing() }, expect);
    };
    throughput(&[5.0], &[]);
    throughput(&[4.9], &[(LowThroughput, Measure::ThroughputPerMin, Medium, 4.9, 5.0, 4)]);
    throughput(&[0.0], &[(LowThroughput, Measure::ThroughputPerMin, Medium, 0.0, 5.0, 4)]);

    let busy = hours(&[85.1]);
    check(Observed { cpu_percent: &hours(&[85.0]), gpu_percent: &hours(&[85.0]), ..nothing() }, &[]);
    let cpu = (HighResourceUsage, Measure::CpuPercent, High, 85.1, 85.0, 4);
    check(Observed { cpu_percent: &busy, ..nothing() }, &[cpu]);
    let gpu = (HighResourceUsage, Measure::GpuPercent, High, 85.1, 85.0, 4);
    check(Observed { gpu_percent: &busy, ..nothing() }, &[gpu]);

    let memory = |means: &[f64], expect: &[Expected]| {
        check(Observed { memory_mb: &hours(means), ..nothing() }, expect);
    };
    memory(&[100.0, 900.0], &[]);
    memory(&[100.0, 500.0, 120.0], &[]);
    memory(&[100.0, 500.0, 121.0], &[(MemoryLeak, Measure::MemoryMb, High, 121.0, 120.0, 12)]);
    // Of seven the first two and the last three.
    let seven = [100.0, 110.0, 1.0, 1.0, 120.0, 130.0, 140.0];
    memory(&seven, &[(MemoryLeak, Measure::MemoryMb, High, 130.0, 126.0, 28)]);
    memory(&[140.0, 120.0, 100.0], &[]);
}

#[test]
fn a_silence_is_long_by_the_agents_own_measure() {
    let silence = |seconds: &[i64], expect: &[Expected]| {
        check(Observed { heard: &times(seconds), ..nothing() }, expect);
    };
    silence(&[0], &[]);
    silence(&[0, 60, 120, 3720], &[]);
    let found = |longest, threshold, count| {
        [(IntermittentIssues, Measure::SilenceSeconds, Medium, longest, threshold, count)]
    };
    silence(&[0, 60, 120, 3721], &found(3601.0, 3600.0, 4));
    // Heard of once in two hours: four hours are no silence, seven are.
    silence(&[0, 7200, 14_400, 28_800], &[]);
    silence(&[0, 7200, 14_400, 39_600], &found(25_200.0, 21_600.0, 4));
    // Several at once are heard of once.
    silence(&[0, 0, 0, 0, 60, 120, 4000], &found(3880.0, 3600.0, 4));
}

#[test]
fn latency_degrades_between_the_halves_of_the_time() {
    let degraded = |means: &[f64], expect: &[Expected]| {
        check(Observed { latency_ms: &hours(means), ..nothing() }, expect);
    };
    let steady = [100.0; 24];
    degraded(&steady, &[]);
    let mut slower = steady;
    slower[12..].fill(130.0);
    degraded(&slower, &[]);
    slower[12..].fill(131.0);
    degraded(&slower, &[(PerformanceDegradation, Measure::MeanLatencyMs, High, 131.0, 130.0, 96)]);
    // All of it in the first half.
    degraded(&slower[..12], &[]);
    let one_each = |start: i64, mean| Bucket { start: UnixNanos(start * HOUR), count: 1, mean };
    let thin = [one_each(0, 100.0), one_each(1, 100.0), one_each(23, 900.0)];
    check(Observed { latency_ms: &thin, ..nothing() }, &[]);
}

/// Acceptance 6 of the metrics' facts.
#[test]
fn growing_memory_and_2500_ms_are_a_leak_and_high_latency() {
    let (latency_ms, memory_mb) =
        (hours(&[2500.0; 9]), hours(&[100.0, 100.0, 100.0, 150.0, 150.0, 150.0, 200.0, 200.0, 200.0]));
    check(
        Observed { latency_ms: &latency_ms, memory_mb: &memory_mb, ..nothing() },
        &[
            (HighLatency, Measure::MeanLatencyMs, High, 2500.0, 2000.0, 36),
            (MemoryLeak, Measure::MemoryMb, High, 200.0, 120.0, 36),
        ],
    );
}

#[test]
fn the_worst_is_first() {
    let (latency_ms, throughput) = (hours(&[9000.0]), hours(&[1.0]));
    let observed = Observed {
        latency_ms: &latency_ms,
        latency_p95_ms: Some(9999.0),
        throughput_per_min: &throughput,
        ..nothing()
    };
    let severities: Vec<_> = diagnose(&observed).iter().map(|finding| finding.severity).collect();
    assert_eq!(severities, [Critical, High, Medium]);
}

#[test]
fn points_fall_in_bands() {
    let check = |points: fn(f64) -> f64, rows: &[(f64, f64)]| {
        for (value, expect) in rows {
            assert_eq!(points(*value), *expect, "{value}");
        }
    };
    let latency = [
        (0.0, 100.0),
        (100.0, 100.0),
        (100.1, 85.0),
        (500.0, 85.0),
        (1000.0, 70.0),
        (2000.0, 50.0),
        (5000.0, 25.0),
        (5000.1, 0.0),
    ];
    check(latency_points, &latency);
    let throughput = [
        (60.0, 100.0),
        (59.9, 85.0),
        (30.0, 85.0),
        (15.0, 70.0),
        (5.0, 50.0),
        (1.0, 25.0),
        (0.9, 0.0),
        (0.0, 0.0),
    ];
    check(throughput_points, &throughput);
    let load = [
        (0.0, 30.0),
        (29.9, 30.0),
        (30.0, 70.0),
        (49.9, 70.0),
        (50.0, 100.0),
        (80.0, 100.0),
        (80.1, 70.0),
        (90.0, 70.0),
        (90.1, 30.0),
    ];
    check(load_points, &load);
    check(
        growth_points,
        &[(-5.0, 100.0), (0.0, 100.0), (0.1, 70.0), (10.0, 70.0), (20.0, 40.0), (20.1, 10.0)],
    );
    let ratings = [
        (100.0, Rating::Excellent),
        (90.0, Rating::Excellent),
        (89.9, Rating::Good),
        (75.0, Rating::Good),
        (60.0, Rating::Fair),
        (40.0, Rating::Poor),
        (39.9, Rating::Critical),
        (0.0, Rating::Critical),
    ];
    for (overall, expect) in ratings {
        assert_eq!(rating(overall), expect, "{overall}");
    }
}

#[test]
fn health_is_one_number_of_four_parts() {
    let points = |health: &Health| {
        [&health.latency, &health.throughput, &health.resources, &health.reliability]
            .map(|score| score.points)
    };
    let unknown = health(&nothing());
    assert_eq!((points(&unknown), unknown.overall, unknown.rating), ([50.0; 4], 0.0, Rating::Unknown));

    // Latency alone: 0.30 × 100 + 0.70 × 50.
    let fast = health(&Observed { latency_ms: &hours(&[80.0]), ..nothing() });
    assert_eq!((points(&fast), fast.overall, fast.rating), ([100.0, 50.0, 50.0, 50.0], 65.0, Rating::Fair));
    assert_eq!(fast.latency.basis, [Basis { measure: Measure::MeanLatencyMs, value: 80.0, count: 4 }]);

    // 0.30 × 85 + 0.25 × 70 + 0.25 × (70 + 100 + 40) / 3 + 0.20 × 100
    let day: Vec<_> = (0..=24).map(|hour| UnixNanos(hour * HOUR)).collect();
    let whole = health(&Observed {
        latency_ms: &hours(&[300.0]),
        throughput_per_min: &hours(&[20.0]),
        cpu_percent: &hours(&[45.0]),
        gpu_percent: &hours(&[60.0]),
        memory_mb: &hours(&[100.0, 100.0, 120.0]),
        heard: &day,
        ..nothing()
    });
    assert_eq!(
        (points(&whole), whole.overall, whole.rating),
        ([85.0, 70.0, 70.0, 100.0], 80.5, Rating::Good)
    );
    let measures: Vec<_> = whole.resources.basis.iter().map(|basis| basis.measure).collect();
    assert_eq!(measures, [Measure::CpuPercent, Measure::GpuPercent, Measure::MemoryGrowthPercent]);
}

#[test]
fn reliability_is_by_the_agents_own_interval_until_the_end() {
    let check = |seconds: &[i64], expect: f64| {
        let health = health(&Observed { heard: &times(seconds), ..nothing() });
        assert_eq!(health.reliability.points.round(), expect, "{seconds:?}");
    };
    check(&[], 50.0);
    check(&[0], 50.0);
    check(&[7, 7], 50.0);
    let every = |interval: usize, to: i64| (0..to).step_by(interval).collect::<Vec<_>>();
    check(&every(60, 86_400), 100.0);
    check(&every(3600, 86_400), 100.0);
    // Gone after half a day.
    check(&every(60, 43_200), 50.0);
    // Known since noon only.
    check(&(43_200..86_400).step_by(60).collect::<Vec<_>>(), 100.0);
}

proptest! {
    #[test]
    fn any_figures_have_points_between_0_and_100(
        means in prop::collection::vec(0.0..1e9_f64, 0..20),
        mut seconds in prop::collection::vec(0_i64..86_400, 0..20),
    ) {
        seconds.sort_unstable();
        let (buckets, heard) = (hours(&means), times(&seconds));
        let observed = Observed {
            latency_ms: &buckets, latency_p95_ms: means.last().copied(), throughput_per_min: &buckets,
            cpu_percent: &buckets, gpu_percent: &buckets, memory_mb: &buckets, heard: &heard, ..nothing()
        };
        let health = health(&observed);
        for score in [&health.latency, &health.throughput, &health.resources, &health.reliability] {
            prop_assert!((0.0..=100.0).contains(&score.points));
        }
        prop_assert!((0.0..=100.0).contains(&health.overall));
        for finding in diagnose(&observed) {
            prop_assert!(finding.evidence.value.is_finite() && finding.evidence.threshold.is_finite());
        }
    }
}
