//! What rules of thumb say of what was spent.

use crate::telemetry::figures::{Mean, measured, priced_calls};
use crate::telemetry::steps::{NANOS_A_DAY, minutes_between};
use ::telemetry::analysis::{self, CostWindow, Spending};
use ::telemetry::rollup::Bucket;
use ::telemetry::store::TimeRange;
use model::telemetry::analysis::CostAdvice;
use model::telemetry::view::{Figure, Spend};

/// How agents did while they spent.
#[derive(Default)]
pub(in crate::telemetry) struct Means {
    requests: u64,
    reported_throughput: Mean,
    latency: Mean,
    cpu: Mean,
    memory: Mean,
}

impl Means {
    pub(in crate::telemetry) fn add(&mut self, bucket: &Bucket) {
        self.requests += bucket.requests.count;
        // How long a step is matters only to requests that are counted.
        let add = |mean: &mut Mean, figure| {
            measured(figure, bucket, 1.0).into_iter().for_each(|of_step| mean.add(of_step));
        };
        if bucket.requests.count == 0 {
            add(&mut self.reported_throughput, Figure::Throughput);
        }
        add(&mut self.latency, Figure::Latency);
        add(&mut self.cpu, Figure::Cpu);
        add(&mut self.memory, Figure::Memory);
    }

    fn throughput_per_min(&self, range: TimeRange) -> Option<f64> {
        match self.requests {
            0 => self.reported_throughput.get(),
            requests => Some(requests as f64 / minutes_between(range.from, range.until)),
        }
    }
}

/// What a range cost.
pub(in crate::telemetry) fn window(range: TimeRange, spend: &Spend) -> CostWindow {
    CostWindow { from: range.from, to: range.until, cost: spend.cost, requests: priced_calls(spend) }
}

/// How to spend less.
pub(in crate::telemetry) fn advice(range: TimeRange, spend: &Spend, means: &Means) -> CostAdvice {
    let days = (range.until.0 - range.from.0 + NANOS_A_DAY - 1) / NANOS_A_DAY;
    analysis::cost_advice(&Spending {
        from: range.from,
        to: range.until,
        days: u32::try_from(days).unwrap_or(u32::MAX).max(1),
        cost: spend.cost,
        requests: priced_calls(spend),
        latency_ms: means.latency.get(),
        throughput_per_min: means.throughput_per_min(range),
        cpu_percent: means.cpu.get(),
        memory_mb: means.memory.get(),
    })
}
