//! How much there was, from the sums of records.

use crate::rollup::{Bucket, Spend};
use model::telemetry::{EventKind, MetricName};

/// Events, and whole requests of traces: a root span is one.
pub fn events(sum: &Bucket) -> u64 {
    sum.events.values().sum::<u64>() + sum.requests.count
}

/// Events that are errors, and whole requests that failed.
pub fn errors(sum: &Bucket) -> u64 {
    sum.events.get(&EventKind::Error).copied().unwrap_or_default() + sum.requests.errors
}

/// [`errors`] in percent of [`events`]; 0 where there are none.
pub fn error_rate_percent(sum: &Bucket) -> f64 {
    match events(sum) {
        0 => 0.0,
        events => errors(sum) as f64 / events as f64 * 100.0,
    }
}

/// Tokens sent and answered.
pub fn tokens(spend: &Spend) -> i64 {
    spend.input.saturating_add(spend.output)
}

/// The mean of the latencies that agents report, in their metrics and in answers of models; where they
/// report none, of their traces' whole requests.
pub fn latency_ms(sum: &Bucket) -> Option<f64> {
    let reported = sum.numbers.get(&MetricName::LatencyMs).and_then(|numbers| numbers.mean());
    reported.or_else(|| sum.requests.latency.mean())
}

/// How many requests there were in so many minutes: those that traces tell of; where there are none,
/// the mean throughput that is reported times the minutes; without a throughput, a request for each
/// measured latency.
pub fn requests(sum: &Bucket, minutes: f64) -> f64 {
    if sum.requests.count > 0 {
        return sum.requests.count as f64;
    }
    let throughput = sum.numbers.get(&MetricName::ThroughputPerMin).and_then(|numbers| numbers.mean());
    throughput.map_or_else(
        || sum.numbers.get(&MetricName::LatencyMs).map_or(0.0, |numbers| numbers.count as f64),
        |per_minute| per_minute * minutes,
    )
}

/// What they cost: the calls of models; where none are known, the mean cost of a request that is
/// reported times the [`requests`].
pub fn cost(sum: &Bucket, requests: f64) -> Option<f64> {
    if !sum.calls.is_empty() {
        return Some(sum.spend().cost_picos as f64 / 1e12);
    }
    let per_request = sum.numbers.get(&MetricName::CostPerRequest)?.mean()?;
    Some(per_request * requests)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rollup::{Call, Fact};
    use model::telemetry::UnixNanos;

    fn sum(facts: &[Fact]) -> Bucket {
        let mut sum = Bucket::default();
        facts.iter().for_each(|fact| sum.observe(UnixNanos(0), fact));
        sum
    }

    fn number(name: MetricName, value: f64) -> Fact {
        Fact::Number { name, value, count: 1 }
    }

    fn request(latency_ms: f64, is_error: bool) -> Fact {
        Fact::Request { latency_ms, is_error }
    }

    #[test]
    fn events_and_errors_are_counted_with_requests() {
        let check = |facts: &[Fact], expect: (u64, u64, f64)| {
            let sum = sum(facts);
            assert_eq!((events(&sum), errors(&sum), error_rate_percent(&sum)), expect);
        };
        let event = Fact::Event;
        check(&[], (0, 0, 0.0));
        check(
            &[event(EventKind::Log), event(EventKind::Error), event(EventKind::Custom)],
            (3, 1, 1.0 / 3.0 * 100.0),
        );
        check(&[event(EventKind::Log), request(1.0, true), request(1.0, false)], (3, 1, 1.0 / 3.0 * 100.0));
    }

    #[test]
    fn what_agents_report_comes_before_what_traces_say_of_latency() {
        let latency = |value| number(MetricName::LatencyMs, value);
        assert_eq!(latency_ms(&sum(&[])), None);
        assert_eq!(latency_ms(&sum(&[request(5.0, false), request(7.0, false)])), Some(6.0));
        assert_eq!(latency_ms(&sum(&[latency(10.0), latency(30.0), request(5.0, false)])), Some(20.0));
    }

    #[test]
    fn requests_and_their_cost_are_those_of_traces_or_reported() {
        let check = |facts: &[Fact], minutes: f64, expect: (f64, Option<f64>)| {
            let sum = sum(facts);
            let requests = requests(&sum, minutes);
            assert_eq!((requests, cost(&sum, requests)), expect);
        };
        let throughput = number(MetricName::ThroughputPerMin, 30.0);
        let price = number(MetricName::CostPerRequest, 0.5);
        let latency = number(MetricName::LatencyMs, 100.0);
        let spend = Spend { calls: 1, cost_picos: 12_500_000_000, ..Spend::default() };
        let call = Call {
            model: "gpt-4o".into(),
            user: None,
            session: None,
            latency_ms: None,
            first_token_ms: None,
            spend,
        };
        check(&[], 60.0, (0.0, None));
        check(std::slice::from_ref(&throughput), 60.0, (1800.0, None));
        check(
            &[throughput.clone(), number(MetricName::ThroughputPerMin, 10.0), price.clone()],
            2.0,
            (40.0, Some(20.0)),
        );
        check(&[latency.clone(), latency.clone(), price.clone()], 60.0, (2.0, Some(1.0)));
        check(&[throughput, price.clone(), request(5.0, false)], 60.0, (1.0, Some(0.5)));
        check(&[latency, price, Fact::Call(call)], 60.0, (1.0, Some(0.0125)));
    }
}
