//! What sums say of each figure, and what calls cost.

use ::telemetry::analysis::volume;
use ::telemetry::rollup::{Bucket, Numbers, Spend as Sum};
use ::telemetry::sketch::Sketch;
use model::ask::Amount;
use model::telemetry::MetricName;
use model::telemetry::view::{Figure, Point, Spend};

/// A figure in one step.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Measured {
    /// How many measurements.
    pub(super) count: u64,
    /// As [`Point::value`].
    pub(super) value: f64,
}

/// The mean of numbers that stand for several measurements each.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Mean {
    pub(super) count: u64,
    pub(super) sum: f64,
}

impl Mean {
    pub(super) fn add(&mut self, Measured { count, value }: Measured) {
        self.count += count;
        self.sum += value * count as f64;
    }

    pub(super) fn get(self) -> Option<f64> {
        (self.count > 0).then(|| self.sum / self.count as f64)
    }
}

/// What a step of so many `minutes` says of a figure; `None` where nothing was measured.
///
/// Whole requests are counted from spans. Who sends none may say how long requests take and how many come.
pub(super) fn measured(figure: Figure, bucket: &Bucket, minutes: f64) -> Option<Measured> {
    let requests = &bucket.requests;
    let of_requests = |value| Some(Measured { count: requests.count, value });
    match figure {
        Figure::Latency if requests.count > 0 => of_requests(requests.latency.mean()?),
        Figure::Throughput if requests.count > 0 => of_requests(requests.count as f64 / minutes),
        Figure::Errors if requests.count > 0 => {
            of_requests(requests.errors as f64 * 100.0 / requests.count as f64)
        }
        Figure::Errors => None,
        Figure::FirstToken => {
            let first_token = first_token(bucket);
            Some(Measured { count: first_token.count(), value: first_token.mean()? })
        }
        Figure::Cost => {
            let spend = spend(&bucket.spend());
            let count = priced_calls(&spend);
            if bucket.calls.is_empty() {
                let requests = volume::requests(bucket, minutes);
                let value = volume::cost(bucket, requests)?;
                return Some(Measured { count: requests.round() as u64, value });
            }
            (count > 0).then(|| Measured { count, value: spend.cost.picos() as f64 / 1e12 })
        }
        Figure::Tokens => {
            let spend = spend(&bucket.spend());
            let tokens = spend.input.saturating_add(spend.output);
            (spend.calls > 0).then_some(Measured { count: spend.calls, value: tokens as f64 })
        }
        Figure::Latency | Figure::Throughput | Figure::Cpu | Figure::Gpu | Figure::Memory => {
            let numbers = reported(figure, bucket)?;
            Some(Measured { count: numbers.count, value: numbers.mean()? })
        }
    }
}

/// What a step of so many `minutes` says of a figure last: of what a machine does the latest number.
pub(super) fn latest(figure: Figure, bucket: &Bucket, minutes: f64) -> Option<f64> {
    match figure {
        Figure::Cpu | Figure::Gpu | Figure::Memory => Some(reported(figure, bucket)?.last),
        _ => Some(measured(figure, bucket, minutes)?.value),
    }
}

/// The numbers that agents send of a figure.
fn reported(figure: Figure, bucket: &Bucket) -> Option<&Numbers> {
    let name = match figure {
        Figure::Latency => MetricName::LatencyMs,
        Figure::Throughput => MetricName::ThroughputPerMin,
        Figure::Cpu => MetricName::CpuPercent,
        Figure::Gpu => MetricName::GpuPercent,
        Figure::Memory => MetricName::MemoryMb,
        Figure::FirstToken | Figure::Errors | Figure::Cost | Figure::Tokens => return None,
    };
    bucket.numbers.get(&name)
}

/// [`measured`] with percentiles.
pub(super) fn point(figure: Figure, bucket: &Bucket, minutes: f64) -> Option<Point> {
    let Measured { count, value } = measured(figure, bucket, minutes)?;
    let of = |sketch: &Sketch| [0.50, 0.95, 0.99].map(|share| sketch.percentile(share));
    let percentiles = match figure {
        Figure::Latency => latency(bucket).map(of),
        Figure::FirstToken => Some(of(&first_token(bucket))),
        Figure::Cpu | Figure::Gpu | Figure::Memory => {
            reported(figure, bucket).map(|numbers| of(&numbers.sketch))
        }
        Figure::Throughput | Figure::Errors | Figure::Cost | Figure::Tokens => None,
    };
    let [p50, p95, p99] = percentiles.unwrap_or_default();
    Some(Point { count, value, p50, p95, p99 })
}

/// How long requests took.
pub(super) fn latency(bucket: &Bucket) -> Option<&Sketch> {
    if bucket.requests.count > 0 {
        return Some(&bucket.requests.latency);
    }
    reported(Figure::Latency, bucket).map(|numbers| &numbers.sketch)
}

/// To the first piece of an answer, of all models.
fn first_token(bucket: &Bucket) -> Sketch {
    let mut all = Sketch::default();
    bucket.calls.values().for_each(|calls| all.merge(&calls.first_token));
    all
}

/// As views tell it. Calls whose cost is not known are those without a price and those without tokens.
pub(super) fn spend(sum: &Sum) -> Spend {
    let number = |number: i64| u64::try_from(number).unwrap_or_default();
    Spend {
        calls: number(sum.calls),
        errors: number(sum.errors),
        input: number(sum.input),
        output: number(sum.output),
        cache_read: number(sum.cache_read),
        cost: Amount::from_picos(number(sum.cost_picos)),
        unpriced: number(sum.unpriced.saturating_add(sum.without_tokens)),
    }
}

/// Calls that have a cost.
pub(super) fn priced_calls(spend: &Spend) -> u64 {
    spend.calls.saturating_sub(spend.unpriced)
}
