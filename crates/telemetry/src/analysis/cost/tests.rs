use super::*;
use Direction::{Decreasing, Increasing, Stable};
use proptest::prelude::*;

fn amount(text: &str) -> Amount {
    Amount::parse(text).unwrap()
}

fn at(time: &str) -> UnixNanos {
    time.parse::<Timestamp>().unwrap().into()
}

#[test]
fn a_trend_is_more_than_ten_percent() {
    let check = |current: &str, previous: &str, direction, percent: Option<f64>| {
        let trend = cost_trend(amount(current), amount(previous));
        assert_eq!(trend.direction, direction, "{current} {previous}");
        let rounded = trend.change_percent.map(|percent| (percent * 100.0).round() / 100.0);
        assert_eq!(rounded, percent, "{current} {previous}");
    };
    check("1.11", "1", Increasing, Some(11.0));
    check("1.1", "1", Stable, Some(10.0));
    check("1.100000000001", "1", Increasing, Some(10.0));
    check("0.9", "1", Stable, Some(-10.0));
    check("0.89", "1", Decreasing, Some(-11.0));
    check("1", "1", Stable, Some(0.0));
    check("5", "0", Stable, None);
    check("0", "5", Stable, None);
    check("0", "0", Stable, None);
}

#[test]
fn efficiency_is_by_what_a_request_costs() {
    let check =
        |cost: &str, requests, expect| assert_eq!(efficiency(amount(cost), requests), expect, "{cost}");
    check("0.001", 1, Efficiency::Excellent);
    check("1", 1000, Efficiency::Excellent);
    check("1.000000000001", 1000, Efficiency::Good);
    check("0.005", 1, Efficiency::Good);
    check("0.0051", 1, Efficiency::Fair);
    check("0.01", 1, Efficiency::Fair);
    check("0.0101", 1, Efficiency::Poor);
    check("5000", 1, Efficiency::Poor);
    check("0", 10, Efficiency::Unknown);
    check("0", 0, Efficiency::Unknown);
    check("1", 0, Efficiency::Unknown);
    check("18446744", u64::MAX, Efficiency::Excellent);
}

/// Buckets at whole numbers of steps after a start.
fn buckets(step: Step, costs: &[(i64, &str)]) -> Vec<CostBucket> {
    let start = at("2026-02-01T00:00:00Z").0;
    let bucket = |(number, cost): &(i64, &str)| CostBucket {
        start: UnixNanos(start + number * step.nanos()),
        cost: amount(cost),
    };
    costs.iter().map(bucket).collect()
}

#[test]
fn a_spike_is_twice_the_mean_of_the_buckets_before() {
    let check = |step: Step, costs: &[(i64, &str)], expect: &[(i64, &str, f64, u32)]| {
        let found = spikes(&buckets(step, costs), step);
        let start = at("2026-02-01T00:00:00Z").0;
        let found: Vec<_> = found
            .iter()
            .map(|spike| {
                let number = (spike.at.0 - start) / step.nanos();
                (number, spike.baseline.to_string(), spike.ratio, spike.buckets)
            })
            .collect();
        let expect: Vec<_> = expect
            .iter()
            .map(|(number, baseline, ratio, of)| (*number, (*baseline).to_owned(), *ratio, *of))
            .collect();
        assert_eq!(found, expect, "{costs:?}");
    };
    let day = Step::Day;
    check(day, &[], &[]);
    check(day, &[(0, "1"), (1, "1"), (2, "1"), (3, "2")], &[(3, "1", 2.0, 3)]);
    check(day, &[(0, "1"), (1, "1"), (2, "1"), (3, "1.999999")], &[]);
    // Two days before are too few.
    check(day, &[(0, "1"), (1, "1"), (2, "9")], &[]);
    // Days that are left out cost nothing.
    check(day, &[(0, "3"), (3, "2")], &[(3, "1", 2.0, 3)]);
    // Only the seven days before count, and the dear one among them.
    check(day, &[(0, "99"), (1, "1"), (8, "0.3")], &[(8, "0.142857142857", 2.1, 7)]);
    check(day, &[(0, "1"), (1, "7"), (8, "1.9")], &[]);
    // After nothing there is nothing to compare with.
    check(day, &[(0, "5"), (8, "9")], &[]);
    check(day, &[(0, "0"), (1, "0"), (2, "0"), (3, "9")], &[]);
    let hour = Step::Hour;
    check(hour, &[(0, "24"), (24, "2")], &[(24, "1", 2.0, 24)]);
    check(hour, &[(0, "24"), (25, "2")], &[]);
    check(hour, &[(0, "1"), (1, "1"), (2, "1"), (3, "5"), (4, "5")], &[(3, "1", 5.0, 3), (4, "2", 2.5, 4)]);
}

fn window(cost: &str, requests: u64) -> CostWindow {
    let (from, to) = (at("2026-02-17T00:00:00Z"), at("2026-02-18T00:00:00Z"));
    CostWindow { from, to, cost: amount(cost), requests }
}

/// Acceptance 7 of the metrics' facts: more than doubled is one critical alert, at twice the day before.
#[test]
fn costs_that_rise_are_alerts() {
    use CostAlertKind::{CostSpike, EfficiencyDrop};
    use Severity::{Critical, High, Medium};
    let check =
        |current: (&str, u64), previous: (&str, u64), expect: &[(CostAlertKind, Severity, &str, &str)]| {
            let found = alerts(&window(current.0, current.1), &window(previous.0, previous.1));
            let found: Vec<_> = found
                .iter()
                .map(|alert| {
                    assert_eq!(
                        (alert.from, alert.to, alert.count),
                        (window("0", 0).from, window("0", 0).to, current.1)
                    );
                    (alert.kind, alert.severity, alert.value.to_string(), alert.threshold.to_string())
                })
                .collect();
            let expect: Vec<_> = expect
                .iter()
                .map(|(kind, severity, value, threshold)| {
                    (*kind, *severity, (*value).to_owned(), (*threshold).to_owned())
                })
                .collect();
            assert_eq!(found, expect, "{current:?} {previous:?}");
        };
    check(("20.01", 200), ("10", 100), &[(CostSpike, Critical, "20.01", "20")]);
    check(("20", 200), ("10", 100), &[(CostSpike, High, "20", "15")]);
    check(("15.01", 150), ("10", 100), &[(CostSpike, High, "15.01", "15")]);
    check(("15", 150), ("10", 100), &[]);
    check(("5", 100), ("10", 100), &[]);
    check(("12.6", 100), ("10", 100), &[(EfficiencyDrop, Medium, "0.126", "0.125")]);
    check(("12.5", 100), ("10", 100), &[]);
    check(
        ("30", 100),
        ("10", 100),
        &[(CostSpike, Critical, "30", "20"), (EfficiencyDrop, Medium, "0.3", "0.125")],
    );
    check(("5", 10), ("10", 100), &[(EfficiencyDrop, Medium, "0.5", "0.125")]);
    check(("5", 10), ("0", 0), &[]);
    check(("5", 10), ("0", 100), &[]);
    check(("0", 0), ("10", 100), &[]);
}

#[test]
fn a_forecast_goes_on_as_the_last_days_did() {
    // Days of February 2026 (28 days) and the time, to what was spent, a day, of days, expected.
    let check = |costs: &[(i64, &str)], now: &str, expect: Option<(&str, &str, u32, &str)>| {
        let forecast = forecast(&buckets(Step::Day, costs), now.parse().unwrap());
        let found = forecast.map(|forecast| {
            assert_eq!(forecast.month_end.to_string(), "2026-02-28");
            let Forecast { spent, per_day, days, expected, .. } = forecast;
            (spent.to_string(), per_day.to_string(), days, expected.to_string())
        });
        let expect = expect.map(|(spent, per_day, days, expected)| {
            (spent.to_owned(), per_day.to_owned(), days, expected.to_owned())
        });
        assert_eq!(found, expect, "{costs:?} {now}");
    };
    check(&[], "2026-02-10T12:00:00Z", None);
    check(&[(9, "1")], "2026-02-10T12:00:00Z", None);
    let week: Vec<_> = (0..9).map(|day| (day, "2")).collect();
    // 9 days of 2, today at least 2, and 18 days of 2.
    check(&week, "2026-02-10T12:00:00Z", Some(("18", "2", 7, "56")));
    // Today is dearer already.
    check(&[&week[..], &[(9, "5")]].concat(), "2026-02-10T12:00:00Z", Some(("23", "2", 7, "59")));
    // Two full days are known: (3 + 1) / 2 a day.
    check(&[(7, "3"), (8, "1"), (9, "1")], "2026-02-10T00:00:00Z", Some(("5", "2", 2, "42")));
    // Only the last seven days count, and those without a cost among them.
    check(&[(0, "70"), (8, "7")], "2026-02-10T23:59:59Z", Some(("77", "1", 7, "96")));
    // The month before is no part of the sum, but of the mean.
    check(&[(-3, "6"), (0, "2")], "2026-02-02T12:00:00Z", Some(("2", "2", 4, "56")));
    // The last day.
    check(&[(26, "2"), (27, "1")], "2026-02-28T23:59:59Z", Some(("3", "2", 1, "4")));
}

proptest! {
    #[test]
    fn any_buckets_have_spikes_that_are_twice_their_baseline(
        costs in prop::collection::vec((1_i64..4, 0_u64..1_000_000_000_000), 0..60),
    ) {
        let mut number = 0;
        let buckets: Vec<_> = costs
            .iter()
            .map(|(skip, picos)| {
                number += skip;
                CostBucket { start: UnixNanos(number * Step::Hour.nanos()), cost: Amount::from_picos(*picos) }
            })
            .collect();
        let found = spikes(&buckets, Step::Hour);
        for bucket in &buckets {
            let since = bucket.start.0 - 24 * Step::Hour.nanos();
            let before = buckets.iter().filter(|other| (since..bucket.start.0).contains(&other.start.0));
            let sum: u128 = before.map(|other| u128::from(other.cost.picos())).sum();
            let known = ((bucket.start.0 - buckets[0].start.0) / Step::Hour.nanos()).min(24) as u128;
            let is_spike = known >= 3 && sum > 0 && u128::from(bucket.cost.picos()) * known >= 2 * sum;
            prop_assert_eq!(found.iter().any(|spike| spike.at == bucket.start), is_spike);
        }
    }
}
