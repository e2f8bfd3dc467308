//! Where a metric goes.

use super::{Bucket, change_percent, mean};
use model::telemetry::analysis::{Figures, MetricTrend};

/// Changes of less say nothing.
const STABLE_BELOW_PERCENT: f64 = 5.0;

/// Where a metric goes: `(last − first) / first`, of hourly means, in percent; less than 5 up or
/// down is stable. From 0 to more is up; from 0 to 0 is stable.
pub fn trend(hours: &[Bucket]) -> MetricTrend {
    let (Some(first), Some(last), Some(avg_value)) = (hours.first(), hours.last(), mean(hours)) else {
        return MetricTrend::NoData;
    };
    let change = change_percent(first.mean, last.mean);
    let means = || hours.iter().map(|hour| hour.mean);
    let figures = Figures {
        data_points: hours.len(),
        change_percent: change.filter(|_| hours.len() > 1),
        current_value: last.mean,
        min_value: means().fold(f64::INFINITY, f64::min),
        max_value: means().fold(f64::NEG_INFINITY, f64::max),
        avg_value,
    };
    if hours.len() == 1 {
        return MetricTrend::InsufficientData(figures);
    }
    let change = change.unwrap_or(if last.mean > 0.0 { f64::INFINITY } else { 0.0 });
    if change.abs() < STABLE_BELOW_PERCENT {
        MetricTrend::Stable(figures)
    } else if change > 0.0 {
        MetricTrend::Increasing(figures)
    } else {
        MetricTrend::Decreasing(figures)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::telemetry::UnixNanos;
    use serde_json::json;

    #[test]
    fn a_metric_goes_up_down_or_nowhere() {
        let check = |means: &[f64], expect: &str, change: Option<f64>| {
            let bucket = |(hour, mean): (usize, &f64)| Bucket {
                start: UnixNanos(hour as i64 * 3_600_000_000_000),
                count: 1,
                mean: *mean,
            };
            let hours: Vec<_> = means.iter().enumerate().map(bucket).collect();
            let trend = serde_json::to_value(trend(&hours)).unwrap();
            assert_eq!(trend["trend"], expect, "{means:?}");
            let percent = trend.get("change_percent").and_then(serde_json::Value::as_f64);
            assert_eq!(percent.map(|percent| percent.round()), change, "{means:?}");
        };
        check(&[], "no_data", None);
        check(&[7.0], "insufficient_data", None);
        check(&[100.0, 300.0, 110.0], "increasing", Some(10.0));
        check(&[100.0, 90.0], "decreasing", Some(-10.0));
        check(&[100.0, 105.0], "increasing", Some(5.0));
        check(&[100.0, 104.9], "stable", Some(5.0));
        check(&[100.0, 95.1], "stable", Some(-5.0));
        check(&[100.0, 95.0], "decreasing", Some(-5.0));
        check(&[100.0, 0.0], "decreasing", Some(-100.0));
        // What the first implementation divided by zero.
        check(&[0.0, 5.0], "increasing", None);
        check(&[0.0, 0.0], "stable", None);
    }

    #[test]
    fn its_figures_are_those_of_the_hours() {
        let hour = |count, mean| Bucket { start: UnixNanos(0), count, mean };
        let figures = serde_json::to_value(trend(&[hour(1, 10.0), hour(3, 40.0), hour(1, 20.0)])).unwrap();
        let expect = json!({ "trend": "increasing", "data_points": 3, "change_percent": 100.0,
            "current_value": 20.0, "min_value": 10.0, "max_value": 40.0, "avg_value": 30.0 });
        assert_eq!(figures, expect);
    }
}
