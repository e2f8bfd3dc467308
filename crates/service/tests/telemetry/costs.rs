//! Costs.

use super::support::{Home, Span, at, money, refused, viewer};
use model::ask::Amount;
use model::telemetry::Flag;
use model::telemetry::analysis::{CostAlertKind, Direction, Efficiency, Severity};
use model::telemetry::view::{CostQuery, CostRow, CostView, Unpriced};
use serde_json::json;

/// A request that is a call of a model, at a time of February, on behalf of somebody or nobody.
fn call(trace: u8, start: &str, model: &str, who: Option<(&str, &str)>) -> Span {
    let call = Span::new((trace, 1, 0), "chat", &format!("2026-02-{start}:00Z"), 100).call(model);
    match who {
        Some((user, session)) => call.text("user.id", user).text("session.id", session),
        None => call,
    }
}

/// `a` and `b` from the 13th on; it is noon of the 18th.
async fn home() -> Home {
    let home = Home::open().await;
    let ada = Some(("ada", "s1"));
    let of_a = vec![
        call(1, "13T11:00", "alpha", None),
        call(2, "14T10:00", "alpha", None),
        call(3, "16T10:00", "alpha", ada),
        call(4, "17T10:00", "alpha", ada),
        call(5, "17T10:30", "alpha", ada),
        Span::new((6, 1, 0), "chat", "2026-02-18T11:30:00Z", 100).call_without_tokens("alpha"),
    ];
    let of_b = vec![
        call(7, "17T11:00", "beta", Some(("bob", "s2"))),
        call(8, "18T10:00", "alpha", None),
        call(9, "18T11:00", "nobody", None),
    ];
    home.spans(&[("service.name", "a")], of_a).await;
    home.spans(&[("service.name", "b")], of_b).await;
    home
}

/// Of the two and a half days until now.
async fn costs(home: &Home, query: &[(&str, &str)]) -> CostView {
    costs_of(home, &[&[("from", "2026-02-16")], query].concat()).await
}

async fn costs_of(home: &Home, query: &[(&str, &str)]) -> CostView {
    let query = CostQuery::parse(query.iter().copied()).unwrap();
    home.get_costs(&viewer("rates"), &query).await.unwrap()
}

#[tokio::test]
async fn costs_are_summed_against_the_time_before() {
    let home = home().await;
    let view = costs(&home, &[]).await;
    assert_eq!((view.from, view.to), (at("2026-02-16T00:00:00Z"), at("2026-02-18T12:00:00Z")));
    let spend = &view.spend;
    assert_eq!((spend.calls, spend.input, spend.output, spend.unpriced), (7, 6000, 3000, 2));
    // Of the time before, from noon of the 13th on, there is one call.
    assert_eq!((spend.cost, view.previous), (money("0.082"), money("0.02")));
    assert_eq!(view.trend.direction, Direction::Increasing);
    assert_eq!(view.trend.change_percent.map(f64::round), Some(310.0));
    let [alert] = view.alerts[..] else { panic!("{:?}", view.alerts) };
    assert_eq!((alert.kind, alert.severity), (CostAlertKind::CostSpike, Severity::Critical));
    assert_eq!((alert.threshold, alert.count), (money("0.04"), 5));
    assert_eq!(
        view.unpriced,
        [(Flag::NoPrice { model: "nobody".to_owned() }, 1), (Flag::NoTokens, 1)]
            .map(|(flag, calls)| Unpriced { flag, calls })
    );
    let prices: Vec<_> = view.prices.iter().map(|price| (price.model.as_str(), price.input)).collect();
    assert_eq!(prices, [("alpha", money("10")), ("beta", money("1"))]);
    assert_eq!(
        (view.prices[0].source.as_str(), view.prices[0].valid_from.to_string()),
        ("a price list", "2026-01-01".to_owned())
    );
    assert_eq!(view.agents.iter().map(|agent| agent.as_str()).collect::<Vec<_>>(), ["a", "b"]);
}

#[tokio::test]
async fn hours_without_a_call_are_there_and_cost_nothing() {
    let home = home().await;
    let view = costs(&home, &[]).await;
    assert_eq!((view.buckets.len(), view.step_s), (60, 3600));
    assert!(view.buckets.windows(2).all(|pair| pair[1].at.0 - pair[0].at.0 == 3_600_000_000_000));
    let known: Vec<_> = view
        .buckets
        .iter()
        .enumerate()
        .filter(|(_, bucket)| bucket.calls > 0)
        .map(|(hour, bucket)| (hour, bucket.cost, bucket.calls))
        .collect();
    assert_eq!(
        known,
        [
            (10, money("0.02"), 1),
            (34, money("0.04"), 2),
            (35, money("0.002"), 1),
            (58, money("0.02"), 1),
            (59, money("0"), 2),
        ]
    );
    // Against the 24 hours before them, which cost 0.02 and 0.042.
    let spikes: Vec<_> =
        view.spikes.iter().map(|spike| (spike.at, spike.ratio.round(), spike.buckets)).collect();
    assert_eq!(spikes, [(at("2026-02-17T10:00:00Z"), 48.0, 24), (at("2026-02-18T10:00:00Z"), 11.0, 24)]);
}

#[tokio::test]
async fn costs_are_grouped() {
    let home = home().await;
    let check = async |by: &str, expect: &[(&str, u64, &str, Option<f64>)]| {
        let view = costs(&home, &[("by", by)]).await;
        let row = |row: &CostRow| {
            let change = row.trend.change_percent.map(f64::round);
            (row.name.clone(), row.spend.calls, row.spend.cost, change)
        };
        let expect: Vec<_> = expect
            .iter()
            .map(|(name, calls, cost, change)| ((*name).to_owned(), *calls, money(cost), *change))
            .collect();
        assert_eq!(view.rows.iter().map(row).collect::<Vec<_>>(), expect, "{by}");
        let calls: u64 = view.rows.iter().map(|row| row.spend.calls).sum();
        assert_eq!((calls, view.spend.cost), (7, money("0.082")), "{by}");
        view.rows
    };
    let rows = check("agent", &[("a", 4, "0.06", Some(200.0)), ("b", 3, "0.022", None)]).await;
    assert_eq!(rows[0].agent, Some(home.id_of("a").await));
    assert_eq!(rows[0].efficiency, Efficiency::Poor, "0.02 a call");
    let rows = check(
        "model",
        &[("alpha", 5, "0.08", Some(300.0)), ("beta", 1, "0.002", None), ("nobody", 1, "0", None)],
    )
    .await;
    assert_eq!(
        rows.iter().map(|row| row.efficiency).collect::<Vec<_>>(),
        [Efficiency::Poor, Efficiency::Good, Efficiency::Unknown]
    );
    check("user", &[("ada", 3, "0.06", None), ("", 3, "0.02", Some(0.0)), ("bob", 1, "0.002", None)]).await;
    check("session", &[("s1", 3, "0.06", None), ("", 3, "0.02", Some(0.0)), ("s2", 1, "0.002", None)]).await;
    check(
        "day",
        &[
            ("2026-02-16", 1, "0.02", None),
            ("2026-02-17", 3, "0.042", Some(110.0)),
            ("2026-02-18", 3, "0.02", Some(-52.0)),
        ],
    )
    .await;
}

#[tokio::test]
async fn the_month_is_forecast_from_its_last_full_days() {
    let home = home().await;
    // Whatever range is shown.
    let forecast = costs(&home, &[("from", "now-1h")]).await.forecast.unwrap();
    assert_eq!(forecast.month_end.to_string(), "2026-02-28");
    assert_eq!((forecast.spent, forecast.days), (money("0.122"), 5));
    // The 13th to the 17th cost 0.102.
    assert_eq!(forecast.per_day, money("0.0204"));
    // Those days, today at least as a mean day, and ten more.
    assert_eq!(forecast.expected, money("0.3264"));
    let of_b = costs(&home, &[("agent", "b")]).await.forecast.unwrap();
    assert_eq!((of_b.spent, of_b.days, of_b.per_day), (money("0.022"), 1, money("0.002")));
    let nothing = costs(&home, &[("agent", "nobody")]).await;
    assert_eq!((nothing.forecast, nothing.spend.calls, nothing.rows.len()), (None, 0, 0));
}

#[tokio::test]
async fn costs_of_one_agent_are_its_own() {
    let home = home().await;
    let view = costs(&home, &[("agent", "b"), ("by", "model")]).await;
    assert_eq!((view.spend.calls, view.spend.cost, view.previous), (3, money("0.022"), money("0")));
    assert_eq!(
        view.rows.iter().map(|row| row.name.as_str()).collect::<Vec<_>>(),
        ["alpha", "beta", "nobody"]
    );
    assert_eq!(view.agents.len(), 2, "the others can still be chosen");
    for by in ["user", "session"] {
        let query = CostQuery::parse([("agent", "b"), ("by", by)]).unwrap();
        assert_eq!(refused(home.get_costs(&viewer("rates"), &query).await), "by");
    }
}

#[tokio::test]
async fn what_is_kept_by_day_is_shown_by_whole_days() {
    let home = home().await;
    let query = CostQuery::parse([("by", "user"), ("from", "2026-02-16T15:00"), ("to", "2026-02-17T01:00")]);
    let view = home.get_costs(&viewer("rates"), &query.unwrap()).await.unwrap();
    assert_eq!((view.from, view.to), (at("2026-02-16T00:00:00Z"), at("2026-02-18T00:00:00Z")));
    assert_eq!(view.spend.cost, money("0.062"));
    assert_eq!(view.rows.iter().map(|row| row.name.as_str()).collect::<Vec<_>>(), ["ada", "bob"]);
}

#[tokio::test]
async fn what_a_request_is_said_to_cost_counts_as_often_as_requests_are_said_to_come() {
    let home = home().await;
    for (at, per_minute, cost) in
        [("17T09:10", 20, 0.01), ("17T09:40", 40, 0.03), ("18T11:30", 10, 0.5), ("18T11:40", 10, 0.5)]
    {
        home.record(json!({
            "agent_id": "c", "timestamp": format!("2026-02-{at}:00Z"),
            "throughput_req_per_min": per_minute, "cost_per_request": cost,
        }))
        .await;
    }
    // 1,800 at two cents on average, and 600 at fifty; in steps of an hour and of a day.
    for (from, step_s) in [("2026-02-16", 3_600), ("2026-02-13", 86_400)] {
        let view = costs_of(&home, &[("from", from)]).await;
        assert_eq!(view.step_s, step_s);
        let of_c = view.rows.iter().find(|row| row.name == "c").expect("it has a row");
        assert_eq!((of_c.spend.calls, of_c.spend.cost), (2400, money("336")));
        let all = view.rows.iter().fold(Amount::default(), |sum, row| sum + row.spend.cost);
        assert_eq!(view.spend.cost, all);
        let by_model = costs_of(&home, &[("from", from), ("by", "model")]).await;
        assert_eq!(by_model.rows[0].name, "", "the dearest is not named");
    }
    assert_eq!(costs(&home, &[]).await.unpriced.len(), 2, "nothing of it lacks a price");
}
