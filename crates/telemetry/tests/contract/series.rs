//! Sums over time.

use super::make::{agent, at, call, event, point, record, span};
use super::{all, each_store, maintain, project, write};
use model::ErrorKind;
use model::telemetry::{EventBody, EventKind, MetricName, SpanStatus, TokenUsage};
use proptest::prelude::*;
use telemetry::rollup::Bucket;
use telemetry::store::{Batch, Grouping, Party, SeriesQuery, SharedStore, TimeRange};

const MINUTE: i64 = 60_000_000_000;
const DAY: i64 = 1_440 * MINUTE;

fn query(from: i64, until: i64, step_ns: i64) -> SeriesQuery {
    let range = TimeRange { from: at(from), until: at(until) };
    SeriesQuery { range, agents: None, step_ns, grouping: Grouping::Together }
}

/// What all agents did on the tests' first day.
pub(crate) async fn day(store: &SharedStore) -> Bucket {
    let sums = store.series(&project(), query(0, 86_400, DAY)).await.unwrap();
    assert_eq!(sums.len(), 1);
    sums[0].bucket.clone()
}

#[test]
fn levels_agree_and_late_records_count() {
    each_store(async |store| {
        let latency = |seconds, value| Batch {
            records: vec![record("writer", seconds, MetricName::LatencyMs, value)],
            ..Batch::default()
        };
        write(store, latency(30, 10.0)).await;
        write(store, latency(7_200, 30.0)).await;
        let check = async |from, until, step_ns, expect: &[(i64, u64, f64)]| {
            let sums = store.series(&project(), query(from, until, step_ns)).await.unwrap();
            let found: Vec<_> = sums
                .iter()
                .map(|sum| {
                    let numbers = &sum.bucket.numbers[&MetricName::LatencyMs];
                    ((sum.start.0 - at(0).0) / 1_000_000_000, numbers.count, numbers.mean().unwrap())
                })
                .collect();
            assert_eq!(found, expect, "{from}..{until} by {step_ns}");
        };
        check(0, 86_400, DAY, &[(0, 2, 20.0)]).await;
        check(0, 86_400, 60 * MINUTE, &[(0, 1, 10.0), (7_200, 1, 30.0)]).await;
        check(0, 86_400, MINUTE, &[(0, 1, 10.0), (7_200, 1, 30.0)]).await;
        check(0, 86_400, 5 * MINUTE, &[(0, 1, 10.0), (7_200, 1, 30.0)]).await;
        maintain(store).await;
        // A record that is a day old when it comes, and one beside the first.
        write(store, latency(-86_400, 7.0)).await;
        write(store, latency(31, 20.0)).await;
        check(-86_400, 86_400, DAY, &[(-86_400, 1, 7.0), (0, 3, 20.0)]).await;
        check(0, 3_600, 60 * MINUTE, &[(0, 2, 15.0)]).await;
        check(0, 60, MINUTE, &[(0, 2, 15.0)]).await;
        check(60, 7_200, DAY, &[]).await;
        let wrong = store.series(&project(), query(0, 60, MINUTE + 1)).await.map(|_| ());
        assert_eq!(wrong.unwrap_err().kind(), ErrorKind::Invalid);
    });
}

#[test]
fn agents_are_told_apart_where_asked() {
    each_store(async |store| {
        let of = |name, value| record(name, 10, MetricName::CpuPercent, value);
        write(
            store,
            Batch { records: vec![of("a", 10.0), of("b", 20.0), of("c", 60.0)], ..Batch::default() },
        )
        .await;
        let check = async |agents: Option<&[&str]>, grouping, expect: &[(Option<&str>, f64)]| {
            let agents = agents.map(|agents| agents.iter().map(|agent| (*agent).into()).collect());
            let sums = store
                .series(&project(), SeriesQuery { agents, grouping, ..query(0, 60, MINUTE) })
                .await
                .unwrap();
            let found: Vec<_> = sums
                .iter()
                .map(|sum| {
                    let mean = sum.bucket.numbers[&MetricName::CpuPercent].mean().unwrap();
                    (sum.agent.as_ref().map(|agent| agent.as_str()), mean)
                })
                .collect();
            assert_eq!(found, expect);
        };
        check(None, Grouping::Together, &[(None, 30.0)]).await;
        check(None, Grouping::ByAgent, &[(Some("a"), 10.0), (Some("b"), 20.0), (Some("c"), 60.0)]).await;
        check(Some(&["c", "a", "x"]), Grouping::ByAgent, &[(Some("a"), 10.0), (Some("c"), 60.0)]).await;
        check(Some(&["a", "b"]), Grouping::Together, &[(None, 15.0)]).await;
        check(Some(&[]), Grouping::Together, &[]).await;
    });
}

#[test]
fn calls_requests_and_events_are_counted() {
    each_store(async |store| {
        let mut root = span(1, 1, 0);
        root.span.status = SpanStatus::Error;
        let mut untold = span(1, 4, 1);
        untold.span.model = Some("own".into());
        untold.gap = Some(telemetry::store::CostGap::NoTokens);
        let usage = TokenUsage { input: 7, output: 3, ..TokenUsage::default() };
        let body = EventBody::TokenUsage {
            model: "gpt-4o".to_owned(),
            usage,
            reported_cost: None,
            metadata: Vec::new(),
        };
        let mut unpriced = event(1, 20, body);
        unpriced.gap = Some(telemetry::store::CostGap::NoPrice);
        let spans = vec![root, call(1, 2, 1, 100), call(1, 3, 1, 50), untold];
        write(store, Batch { spans, events: vec![unpriced], ..Batch::default() }).await;
        let day = day(store).await;
        assert_eq!((day.requests.count, day.requests.errors), (1, 1));
        assert_eq!(day.requests.latency.percentile(0.5), Some(1_000.0));
        assert_eq!(day.events[&EventKind::TokenUsage], 1);
        let spend = day.calls["gpt-4o"].spend;
        assert_eq!((spend.calls, spend.input, spend.output, spend.cost_picos), (3, 157, 3, 150));
        assert_eq!((spend.unpriced, spend.without_tokens), (1, 0));
        assert_eq!(day.calls["own"].spend.without_tokens, 1);
        let spent = store.spend_by(&project(), Party::Session, all(), 10).await.unwrap();
        assert_eq!((spent[0].name.as_str(), spent[0].spend.calls), ("talk", 3));
        let sessions = store.sessions(&project(), super::records()).await.unwrap().items;
        assert_eq!(sessions.len(), 1);
        let session = &sessions[0];
        assert_eq!((session.id.as_str(), session.user.as_deref(), session.traces), ("talk", Some("ada"), 1));
        assert_eq!((session.agent.as_str(), session.spend.calls), ("writer", 3));
        assert_eq!((session.started, session.last_seen), (at(1), at(20)));
    });
}

#[test]
fn the_dearest_of_each_day_are_found() {
    each_store(async |store| {
        let of = |user: &str, seconds, trace, cost| {
            let mut priced = call(trace, 1, 0, cost);
            priced.span.user = Some(user.into());
            priced.span.started = at(seconds);
            priced.span.ended = at(seconds + 1);
            priced
        };
        let spans = vec![
            of("a", 0, 1, 5),
            of("b", 0, 2, 9),
            of("c", 0, 3, 7),
            of("a", 90_000, 4, 1),
            of("b", 10, 5, 1),
        ];
        write(store, Batch { spans, ..Batch::default() }).await;
        let found = store.spend_by(&project(), Party::User, all(), 2).await.unwrap();
        let found: Vec<_> =
            found.iter().map(|spent| (spent.day, spent.name.as_str(), spent.spend.cost_picos)).collect();
        assert_eq!(found, [(at(0), "b", 10), (at(0), "c", 7), (at(86_400), "a", 1)]);
    });
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(8))]
    #[test]
    fn percentiles_are_right_to_one_per_cent(values in prop::collection::vec(0.01..1e6_f64, 1..400)) {
        each_store(async |store| {
            for (place, chunk) in values.chunks(7).enumerate() {
                let seconds = 50 * place as i64;
                let record = |value: &f64| record(["a", "b"][place % 2], seconds, MetricName::LatencyMs, *value);
                write(store, Batch { records: chunk.iter().map(record).collect(), ..Batch::default() }).await;
                if place % 3 == 0 {
                    maintain(store).await;
                }
            }
            let mut sorted = values.clone();
            sorted.sort_by(f64::total_cmp);
            for step_ns in [DAY, 7 * DAY] {
                let sums = store.series(&project(), query(-86_400 * 7, 86_400 * 7, step_ns)).await.unwrap();
                assert_eq!(sums.len(), 1);
                let numbers = &sums[0].bucket.numbers[&MetricName::LatencyMs];
                assert_eq!(numbers.count, values.len() as u64);
                assert_eq!((numbers.min, numbers.max), (sorted[0], sorted[sorted.len() - 1]));
                for share in [0.5, 0.9, 0.95, 0.99] {
                    let exact = sorted[(share * (sorted.len() - 1) as f64) as usize];
                    let found = numbers.sketch.percentile(share).unwrap();
                    assert!((found - exact).abs() <= exact * 0.0101, "{share}: {found}, not {exact}");
                }
            }
        });
    }
}

#[test]
fn the_latest_numbers_of_an_agent_are_known() {
    each_store(async |store| {
        let gpu = |seconds, value| record("writer", seconds, MetricName::GpuPercent, value);
        write(store, Batch { records: vec![gpu(100, 50.0)], ..Batch::default() }).await;
        assert_eq!(agent("writer").name.as_str(), "writer");
        let latest = async || store.agents(&project()).await.unwrap().remove(0).latest;
        assert_eq!(latest().await, [(MetricName::GpuPercent, at(100), 50.0)]);
        write(store, Batch { records: vec![gpu(40, 99.0)], ..Batch::default() }).await;
        assert_eq!(latest().await, [(MetricName::GpuPercent, at(100), 50.0)]);
        write(store, Batch { records: vec![gpu(101, 51.0)], ..Batch::default() }).await;
        assert_eq!(latest().await, [(MetricName::GpuPercent, at(101), 51.0)]);
    });
}

#[test]
fn a_running_total_counts_what_it_grew_by() {
    each_store(async |store| {
        let send = async |seconds, since, value, count| {
            let running_since = Some(at(since));
            let total = model::telemetry::MetricPoint { running_since, ..point(seconds, value, count) };
            write(store, Batch { points: vec![total.clone()], ..Batch::default() }).await;
            let mut stored = store.metric_points(&project(), super::records()).await.unwrap().items;
            stored.iter_mut().for_each(|point| point.agent = total.agent.clone());
            assert!(stored.contains(&total), "points are stored as they were sent");
            let numbers = day(store).await.numbers[&MetricName::GpuPercent].clone();
            (numbers.count, numbers.sum)
        };
        assert_eq!(send(10, 0, 10.0, 4).await, (4, 40.0));
        assert_eq!(send(20, 0, 12.0, 6).await, (6, 72.0));
        // Nothing new; one that is late; one that began anew.
        assert_eq!(send(30, 0, 12.0, 6).await, (6, 72.0));
        assert_eq!(send(15, 0, 11.0, 5).await, (6, 72.0));
        assert_eq!(send(40, 35, 1.0, 2).await, (8, 74.0));
    });
}

#[test]
fn names_without_end_do_not_make_sums_without_end() {
    each_store(async |store| {
        let records = (0..2_000).map(|number| {
            record("writer", 1, MetricName::Other(format!("metric {number}")), f64::from(number))
        });
        let spans = (1..=2_000).map(|number| {
            let mut priced = call(number, 1, 0, 1);
            priced.span.model = Some(format!("model {number}").into());
            priced
        });
        write(store, Batch { records: records.collect(), spans: spans.collect(), ..Batch::default() }).await;
        let day = day(store).await;
        assert!(day.numbers.len() <= 200 && day.calls.len() <= 201);
        // No call is lost from the sum of all.
        assert_eq!((day.spend().calls, day.spend().input), (2_000, 2_000));
    });
}
