//! What is wrong with an agent, and how well it does.

use super::{Bucket, change_percent, count, mean};
use model::telemetry::UnixNanos;
use model::telemetry::analysis::{
    Basis, Evidence, Finding, FindingKind, Health, Measure, Rating, Score, Severity,
};

/// What is known of an agent in a span of time; each slice in the order of time.
#[derive(Clone, Copy, Debug)]
pub struct Observed<'a> {
    /// From when on.
    pub from: UnixNanos,
    /// Until when.
    pub to: UnixNanos,
    /// Latency in milliseconds.
    pub latency_ms: &'a [Bucket],
    /// The latency that 95 % of all its requests of that time stay within.
    pub latency_p95_ms: Option<f64>,
    /// Requests a minute.
    pub throughput_per_min: &'a [Bucket],
    /// CPU in use, 0 to 100.
    pub cpu_percent: &'a [Bucket],
    /// GPU in use, 0 to 100.
    pub gpu_percent: &'a [Bucket],
    /// Memory in use, in MB.
    pub memory_mb: &'a [Bucket],
    /// When it was heard of.
    pub heard: &'a [UnixNanos],
}

/// What is wrong with an agent, the worst first:
///
/// | what | when | severity |
/// |---|---|---|
/// | high latency | mean > 2,000 ms | high |
/// | high latency | 95th percentile > 5,000 ms | critical |
/// | low throughput | mean < 5 requests a minute | medium |
/// | high resource usage | mean CPU > 85 % | high |
/// | high resource usage | mean GPU > 85 % | high |
/// | memory leak | mean of the last third > 1.2 × that of the first | high |
/// | intermittent | silent for > 1 h, and > 3 × its usual interval | medium |
/// | degradation | mean latency of the second half of the time > 1.3 × that of the first | high |
///
/// Thirds are of the measurements, at least 3; each half needs at least 2. The usual interval is
/// the median between the times when it was heard of.
pub fn diagnose(observed: &Observed<'_>) -> Vec<Finding> {
    use FindingKind::*;
    use Severity::{Critical, High, Medium};
    let found = |kind, measure, severity, value, threshold, count| {
        let evidence = Evidence { value, threshold, from: observed.from, to: observed.to, count };
        Some(Finding { kind, measure, severity, evidence })
    };
    // Where the value is known, and more than it may be.
    let above = |kind, measure, severity, value: Option<f64>, threshold, count| {
        value
            .filter(|value| *value > threshold)
            .and_then(|value| found(kind, measure, severity, value, threshold, count))
    };
    let Observed { latency_ms, throughput_per_min, cpu_percent, gpu_percent, memory_mb, .. } = *observed;
    let (latencies, throughput) = (count(latency_ms), mean(throughput_per_min));
    let rhythm = Rhythm::of(observed.heard);
    let mut findings: Vec<_> = [
        above(HighLatency, Measure::MeanLatencyMs, High, mean(latency_ms), 2000.0, latencies),
        above(HighLatency, Measure::P95LatencyMs, Critical, observed.latency_p95_ms, 5000.0, latencies),
        throughput.filter(|mean| *mean < 5.0).and_then(|mean| {
            found(LowThroughput, Measure::ThroughputPerMin, Medium, mean, 5.0, count(throughput_per_min))
        }),
        above(HighResourceUsage, Measure::CpuPercent, High, mean(cpu_percent), 85.0, count(cpu_percent)),
        above(HighResourceUsage, Measure::GpuPercent, High, mean(gpu_percent), 85.0, count(gpu_percent)),
        thirds(memory_mb).and_then(|(first, last)| {
            above(MemoryLeak, Measure::MemoryMb, High, Some(last), first * 1.2, count(memory_mb))
        }),
        rhythm.and_then(|Rhythm { interval, longest, times, .. }| {
            let threshold = (3.0 * interval).max(3600.0);
            above(IntermittentIssues, Measure::SilenceSeconds, Medium, Some(longest), threshold, times)
        }),
        halves(observed).and_then(|(first, second)| {
            above(PerformanceDegradation, Measure::MeanLatencyMs, High, Some(second), first * 1.3, latencies)
        }),
    ]
    .into_iter()
    .flatten()
    .collect();
    findings.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
    findings
}

/// How well an agent does. Each part has 0 to 100 points, and 50 where nothing is known:
///
/// - latency, the mean: ≤ 100 ms 100, ≤ 500 85, ≤ 1,000 70, ≤ 2,000 50, ≤ 5,000 25, else 0;
/// - throughput, the mean: ≥ 60 a minute 100, ≥ 30 85, ≥ 15 70, ≥ 5 50, ≥ 1 25, else 0;
/// - resources, the mean of what is known of CPU and GPU (each 50–80 % 100, 30–50 or 80–90 70, else
///   30) and of memory's growth from the first third to the last (≤ 0 % 100, ≤ 10 70, ≤ 20 40,
///   else 10);
/// - reliability: how many times it was heard of, in percent of how many there would be at its
///   usual interval from the first until the end; at least two times are needed.
///
/// Overall is 0.30 latency + 0.25 throughput + 0.25 resources + 0.20 reliability, to one digit; 0
/// where nothing at all is known.
pub fn health(observed: &Observed<'_>) -> Health {
    let known = |measure, value: f64, count, points| (Basis { measure, value, count }, points);
    let of = |measure, buckets: &[Bucket], points: fn(f64) -> f64| {
        mean(buckets).map(|mean| known(measure, mean, count(buckets), points(mean)))
    };
    let growth = thirds(observed.memory_mb).and_then(|(first, last)| change_percent(first, last));
    let heard = Rhythm::of(observed.heard).map(|rhythm| (rhythm.heard_percent(observed.to), rhythm.times));

    let latency = score([of(Measure::MeanLatencyMs, observed.latency_ms, latency_points)]);
    let throughput = score([of(Measure::ThroughputPerMin, observed.throughput_per_min, throughput_points)]);
    let resources = score([
        of(Measure::CpuPercent, observed.cpu_percent, load_points),
        of(Measure::GpuPercent, observed.gpu_percent, load_points),
        growth.map(|growth| {
            known(Measure::MemoryGrowthPercent, growth, count(observed.memory_mb), growth_points(growth))
        }),
    ]);
    let reliability =
        score([heard.map(|(percent, times)| known(Measure::HeardPercent, percent, times, percent))]);

    let parts = [(&latency, 0.30), (&throughput, 0.25), (&resources, 0.25), (&reliability, 0.20)];
    let (overall, rating) = if parts.iter().all(|(part, _)| part.basis.is_empty()) {
        (0.0, Rating::Unknown)
    } else {
        let overall: f64 = parts.iter().map(|(part, weight)| weight * part.points).sum();
        let overall = (overall * 10.0).round() / 10.0;
        (overall, rating(overall))
    };
    Health {
        from: observed.from,
        to: observed.to,
        latency,
        throughput,
        resources,
        reliability,
        overall,
        rating,
    }
}

/// The mean of the points for what is known.
fn score<const N: usize>(parts: [Option<(Basis, f64)>; N]) -> Score {
    let (basis, points): (Vec<_>, Vec<f64>) = parts.into_iter().flatten().unzip();
    let points = if points.is_empty() { 50.0 } else { points.iter().sum::<f64>() / points.len() as f64 };
    Score { points, basis }
}

fn latency_points(ms: f64) -> f64 {
    match ms {
        ..=100.0 => 100.0,
        ..=500.0 => 85.0,
        ..=1000.0 => 70.0,
        ..=2000.0 => 50.0,
        ..=5000.0 => 25.0,
        _ => 0.0,
    }
}

fn throughput_points(per_min: f64) -> f64 {
    match per_min {
        60.0.. => 100.0,
        30.0.. => 85.0,
        15.0.. => 70.0,
        5.0.. => 50.0,
        1.0.. => 25.0,
        _ => 0.0,
    }
}

fn load_points(percent: f64) -> f64 {
    match percent {
        50.0..=80.0 => 100.0,
        30.0..=90.0 => 70.0,
        _ => 30.0,
    }
}

fn growth_points(percent: f64) -> f64 {
    match percent {
        ..=0.0 => 100.0,
        ..=10.0 => 70.0,
        ..=20.0 => 40.0,
        _ => 10.0,
    }
}

fn rating(overall: f64) -> Rating {
    match overall {
        90.0.. => Rating::Excellent,
        75.0.. => Rating::Good,
        60.0.. => Rating::Fair,
        40.0.. => Rating::Poor,
        _ => Rating::Critical,
    }
}

/// The means of the first and of the last third; where they do not divide evenly the last is longer.
fn thirds(buckets: &[Bucket]) -> Option<(f64, f64)> {
    let (first, last) = (buckets.len() / 3, buckets.len().div_ceil(3));
    mean(&buckets[..first]).zip(mean(&buckets[buckets.len() - last..]))
}

/// Mean latency of the first and of the second half of the time, at least two measurements each.
fn halves(observed: &Observed<'_>) -> Option<(f64, f64)> {
    let middle = observed.from.0.midpoint(observed.to.0);
    let latency = observed.latency_ms;
    let (first, second) = latency.split_at(latency.partition_point(|bucket| bucket.start.0 < middle));
    (count(first) >= 2 && count(second) >= 2).then(|| mean(first).zip(mean(second)))?
}

/// When an agent is heard of, by its own measure.
struct Rhythm {
    /// The first time.
    first: UnixNanos,
    /// How many times.
    times: u64,
    /// The median between two of them, in seconds.
    interval: f64,
    /// The longest between two of them, in seconds.
    longest: f64,
}

impl Rhythm {
    /// Of at least two times.
    fn of(heard: &[UnixNanos]) -> Option<Self> {
        let mut intervals: Vec<i64> =
            heard.windows(2).map(|pair| pair[1].0 - pair[0].0).filter(|nanos| *nanos > 0).collect();
        intervals.sort_unstable();
        let seconds = |nanos: i64| nanos as f64 / 1e9;
        Some(Self {
            first: *heard.first()?,
            times: intervals.len() as u64 + 1,
            interval: seconds(*intervals.get(intervals.len() / 2)?),
            longest: seconds(*intervals.last()?),
        })
    }

    /// How many times, in percent of how many there would be until `to`.
    fn heard_percent(&self, to: UnixNanos) -> f64 {
        let seconds = (to.0 - self.first.0) as f64 / 1e9;
        let expected = (seconds / self.interval).max(1.0);
        (self.times as f64 / expected * 100.0).min(100.0)
    }
}

#[cfg(test)]
mod tests;
