//! What is made of costs. Sums and comparisons are exact; only ratios that are shown are rounded.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use model::ask::Amount;
use model::telemetry::UnixNanos;
use model::telemetry::analysis::{
    CostAlert, CostAlertKind, CostSpike, CostTrend, Direction, Efficiency, Forecast, Severity,
};

/// What a span of time cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CostWindow {
    /// From when on.
    pub from: UnixNanos,
    /// Until when.
    pub to: UnixNanos,
    /// All its requests together.
    pub cost: Amount,
    /// How many requests: calls that have a cost.
    pub requests: u64,
}

/// What an hour or a day cost. Those without a cost may be left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CostBucket {
    /// When it begins: a full hour, or midnight UTC.
    pub start: UnixNanos,
    /// All its requests together.
    pub cost: Amount,
}

/// How long buckets are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// An hour, compared with the 24 before it.
    Hour,
    /// A day, compared with the 7 before it.
    Day,
}

impl Step {
    fn nanos(self) -> i64 {
        match self {
            Self::Hour => 3_600_000_000_000,
            Self::Day => NANOS_PER_DAY,
        }
    }

    fn baseline(self) -> i64 {
        match self {
            Self::Hour => 24,
            Self::Day => 7,
        }
    }
}

const NANOS_PER_DAY: i64 = 86_400_000_000_000;

/// With fewer buckets before it nothing is said of a bucket.
const MIN_BASELINE: i64 = 3;

/// Days that a forecast looks back.
const FORECAST_DAYS: i64 = 7;

/// `amount × times / of`, cut off behind the smallest unit; saturates.
pub(super) fn scaled(amount: Amount, times: u64, of: u64) -> Amount {
    let picos = u128::from(amount.picos()) * u128::from(times) / u128::from(of.max(1));
    Amount::from_picos(u64::try_from(picos).unwrap_or(u64::MAX))
}

/// Whether `one × times > other × of`, exactly.
fn exceeds(one: Amount, times: u64, other: Amount, of: u64) -> bool {
    u128::from(one.picos()) * u128::from(times) > u128::from(other.picos()) * u128::from(of)
}

/// A window's cost against that of the window before it, of the same length: more than 10 % up is
/// increasing, more than 10 % down decreasing. Where one of them cost nothing it is stable.
pub fn cost_trend(current: Amount, previous: Amount) -> CostTrend {
    if current == Amount::default() || previous == Amount::default() {
        return CostTrend { direction: Direction::Stable, change_percent: None };
    }
    let direction = if exceeds(current, 10, previous, 11) {
        Direction::Increasing
    } else if exceeds(previous, 9, current, 10) {
        Direction::Decreasing
    } else {
        Direction::Stable
    };
    let (current, previous) = (current.picos() as f64, previous.picos() as f64);
    CostTrend { direction, change_percent: super::change_percent(previous, current) }
}

/// How dear a request is on average: at most 0.001 excellent, 0.005 good, 0.01 fair.
pub fn efficiency(cost: Amount, requests: u64) -> Efficiency {
    let is_at_most =
        |thousandths: u64| !exceeds(cost, 1, Amount::from_picos(thousandths * 1_000_000_000), requests);
    if requests == 0 || cost == Amount::default() {
        Efficiency::Unknown
    } else if is_at_most(1) {
        Efficiency::Excellent
    } else if is_at_most(5) {
        Efficiency::Good
    } else if is_at_most(10) {
        Efficiency::Fair
    } else {
        Efficiency::Poor
    }
}

/// Buckets that cost at least twice the mean of those before them: a day against the 7 days before
/// it, an hour against the 24 hours. Buckets that are left out cost nothing; those before the first
/// are not counted, and at least 3 are needed. After nothing but free ones there is no spike.
pub fn spikes(buckets: &[CostBucket], step: Step) -> Vec<CostSpike> {
    let Some(first) = buckets.first() else { return Vec::new() };
    let mut spikes = Vec::new();
    let mut before = 0_u128;
    let mut oldest = 0;
    for bucket in buckets {
        let since = bucket.start.0 - step.baseline() * step.nanos();
        while buckets[oldest].start.0 < since {
            before -= u128::from(buckets[oldest].cost.picos());
            oldest += 1;
        }
        let known = ((bucket.start.0 - first.start.0) / step.nanos()).min(step.baseline());
        let cost = u128::from(bucket.cost.picos());
        if known >= MIN_BASELINE && before > 0 && cost * known as u128 >= 2 * before {
            let baseline = before / known as u128;
            spikes.push(CostSpike {
                at: bucket.start,
                cost: bucket.cost,
                baseline: Amount::from_picos(u64::try_from(baseline).unwrap_or(u64::MAX)),
                ratio: cost as f64 * known as f64 / before as f64,
                buckets: known as u32,
            });
        }
        before += cost;
    }
    spikes
}

/// What is wrong with a window's costs against those of the window before it:
/// - all of it rose by more than 100 %: critical, by more than 50 %: high (the higher one only);
/// - a request on average rose by more than 25 %: medium.
///
/// Against a window that cost nothing, nothing is said.
pub fn alerts(current: &CostWindow, previous: &CostWindow) -> Vec<CostAlert> {
    let alert = |kind, severity, value, threshold| CostAlert {
        kind,
        severity,
        value,
        threshold,
        from: current.from,
        to: current.to,
        count: current.requests,
    };
    let mut alerts = Vec::new();
    if previous.cost == Amount::default() {
        return alerts;
    }
    let rises = [(Severity::Critical, 200), (Severity::High, 150)];
    let rise = rises.into_iter().find(|(_, percent)| exceeds(current.cost, 100, previous.cost, *percent));
    alerts.extend(rise.map(|(severity, percent)| {
        alert(CostAlertKind::CostSpike, severity, current.cost, scaled(previous.cost, percent, 100))
    }));
    if current.requests > 0 && previous.requests > 0 {
        let threshold = scaled(previous.cost, 125, previous.requests.saturating_mul(100));
        let value = scaled(current.cost, 1, current.requests);
        if value > threshold {
            alerts.push(alert(CostAlertKind::EfficiencyDrop, Severity::Medium, value, threshold));
        }
    }
    alerts
}

/// What the month of `now` will have cost, in UTC. A day costs the mean of the last 7 full days, of
/// fewer where the first cost is more recent. Expected is what was spent before today, today's cost
/// (a mean day's where that is more), and a mean day's for each day that is left. Without a full
/// day there is no forecast.
pub fn forecast(days: &[CostBucket], now: Timestamp) -> Option<Forecast> {
    let date = now.to_zoned(TimeZone::UTC).date();
    let midnight = |date: jiff::civil::Date| -> Option<i64> {
        let zoned = date.to_zoned(TimeZone::UTC).ok()?;
        Some(UnixNanos::from(zoned.timestamp()).0)
    };
    let (today, month_start) = (midnight(date)?, midnight(date.first_of_month())?);
    let sum = |from: i64, to: i64| {
        let within = days.iter().filter(|day| (from..to).contains(&day.start.0));
        within.fold(Amount::default(), |sum, day| sum + day.cost)
    };
    let full_days = ((today - days.first()?.start.0) / NANOS_PER_DAY).min(FORECAST_DAYS);
    let mean_of = u64::try_from(full_days).ok().filter(|days| *days > 0)?;
    let per_day = scaled(sum(today - full_days * NANOS_PER_DAY, today), 1, mean_of);
    let (before, so_far) = (sum(month_start, today), sum(today, today + NANOS_PER_DAY));
    let month_end = date.last_of_month();
    let left = u64::from((month_end.day() - date.day()).unsigned_abs());
    Some(Forecast {
        month_end,
        spent: before + so_far,
        per_day,
        days: mean_of as u32,
        expected: before + so_far.max(per_day) + scaled(per_day, left, 1),
    })
}

#[cfg(test)]
mod tests;
