//! All agents, and one of them.

use super::support::{
    Home, Span, at, check_near, is_not_found, money, range, refused, span_id, trace_id, viewer,
};
use model::telemetry::AgentStatus;
use model::telemetry::analysis::{
    CostAlertKind, Direction, Efficiency, FindingKind, Measure, MetricTrend, Rating, Severity,
};
use model::telemetry::view::{
    AgentDetail, AgentQuery, CostQuery, Figure, FigureSeries, Point, TimeRange, TraceQuery,
};
use serde_json::json;

const PLANNER: [(&str, &str); 5] = [
    ("service.name", "planner"),
    ("deployment.environment.name", "production"),
    ("team", "rates"),
    ("agent.type", "web"),
    ("service.version", "1.2"),
];

/// A request that asks a model once; both begin in the same minute.
fn request(trace: u8, start: &str, ms: i64, model: &str) -> [Span; 2] {
    let call = Span::new((trace, 2, 1), "chat", start, ms - 20).call(model);
    [Span::new((trace, 1, 0), "plan", start, ms), call.number("gen_ai.response.time_to_first_chunk", 0.05)]
}

/// The same where the request fails.
fn failed(trace: u8, start: &str, message: &str) -> [Span; 2] {
    let [root, call] = request(trace, start, 300, "alpha");
    [root.failed("timeout", message), call]
}

/// Five requests of the planner in the last hour and one before; the scribe tells of itself.
async fn home() -> Home {
    let home = Home::open().await;
    let requests = [
        request(9, "2026-02-18T10:30:00Z", 50, "alpha"),
        request(1, "2026-02-18T11:30:00Z", 100, "alpha"),
        request(2, "2026-02-18T11:32:00Z", 200, "alpha"),
        failed(3, "2026-02-18T11:40:30Z", "too slow"),
        failed(5, "2026-02-18T11:45:00Z", "slower"),
        request(4, "2026-02-18T11:58:00Z", 400, "nobody"),
    ];
    home.spans(&PLANNER, requests.into_iter().flatten().collect()).await;
    for record in [
        json!({
            "agent_id": "scribe", "timestamp": "2026-02-18T11:50:00Z", "environment": "staging",
            "team": "content", "type": "api", "latency_ms": 50, "throughput_req_per_min": 30,
            "cpu_usage_percent": 20, "gpu_usage_percent": 40, "memory_usage_mb": 512,
        }),
        json!({
            "agent_id": "scribe", "timestamp": "2026-02-18T11:55:00Z", "latency_ms": 70,
            "throughput_req_per_min": 40, "cpu_usage_percent": 30, "gpu_usage_percent": 60,
            "memory_usage_mb": 600,
        }),
        json!({
            "agent_id": "planner", "timestamp": "2026-02-18T11:59:00Z", "cpu_usage_percent": 90,
            "gpu_usage_percent": 20, "memory_usage_mb": 400,
        }),
    ] {
        home.record(record).await;
    }
    home
}

#[tokio::test]
async fn agents_are_listed_with_what_they_did() {
    let home = home().await;
    let query = AgentQuery::parse([("from", "now-1h")]).unwrap();
    let list = home.list_agents(&viewer("rates"), &query).await.unwrap();
    assert_eq!((list.counts.running, list.counts.total()), (2, 2));
    assert_eq!(list.choices.environments, ["production", "staging"]);
    assert_eq!(list.choices.teams, ["content", "rates"]);
    assert_eq!(list.choices.kinds, ["api", "web"]);

    let totals = &list.totals;
    assert_eq!((totals.requests, totals.errors, totals.unpriced, totals.tokens), (5, 2, 1, 7500));
    assert_eq!(totals.cost, money("0.08"));
    // 100 + 200 + 300 + 300 + 400 of the planner, 50 + 70 of the scribe.
    check_near(totals.mean_latency_ms, 1420.0 / 7.0);
    // One request in two minutes, and what the scribe says.
    assert_eq!(totals.throughput_per_min, Some(40.5));
    assert_eq!((totals.mean_cpu_percent, totals.mean_gpu_percent), (Some(60.0), Some(40.0)));
    assert_eq!((totals.memory_mb, totals.gpu_memory_mb), (Some(1000.0), None));

    assert_eq!((list.sparks_from, list.sparks_step_s), (at("2026-02-18T11:00:00Z"), 120));
    let planner = &list.agents[0];
    assert_eq!((planner.name.as_str(), planner.status), ("planner", AgentStatus::Running));
    assert_eq!(planner.last_seen, Some(at("2026-02-18T12:00:00Z")), "when it came in");
    assert_eq!((planner.version.as_deref(), planner.kind.as_deref()), (Some("1.2"), Some("web")));
    assert_eq!(planner.sparks.iter().map(|spark| spark.figure).collect::<Vec<_>>(), Figure::ON_CARD);
    let check = |figure: Figure, latest: Option<f64>, expect: &[(usize, f64)]| {
        let spark = planner.sparks.iter().find(|spark| spark.figure == figure).unwrap();
        let points = spark.points.iter().enumerate();
        let known: Vec<_> = points.filter_map(|(place, point)| Some((place, (*point)?))).collect();
        assert_eq!((spark.points.len(), spark.latest, &known[..]), (30, latest, expect), "{figure:?}");
    };
    check(Figure::Latency, Some(400.0), &[(15, 100.0), (16, 200.0), (20, 300.0), (22, 300.0), (29, 400.0)]);
    check(Figure::Throughput, Some(0.5), &[(15, 0.5), (16, 0.5), (20, 0.5), (22, 0.5), (29, 0.5)]);
    // What the last call cost is not known.
    check(Figure::Cost, Some(0.02), &[(15, 0.02), (16, 0.02), (20, 0.02), (22, 0.02)]);
    check(Figure::Memory, Some(400.0), &[(29, 400.0)]);
}

#[tokio::test]
async fn agents_are_filtered_and_sorted() {
    let home = home().await;
    let viewer = viewer("rates");
    let check = async |query: &[(&str, &str)], expect: &[&str]| {
        let query = AgentQuery::parse(query.iter().copied().chain([("from", "now-1h")])).unwrap();
        let list = home.list_agents(&viewer, &query).await.unwrap();
        let names: Vec<_> = list.agents.iter().map(|agent| agent.name.as_str()).collect();
        assert_eq!(names, expect, "{query:?}");
        assert_eq!(list.counts.total(), 2, "they are counted before any filter");
    };
    check(&[], &["planner", "scribe"]).await;
    check(&[("q", "PLAN")], &["planner"]).await;
    check(&[("q", "type:web OR type:api")], &["planner", "scribe"]).await;
    check(&[("environment", "production")], &["planner"]).await;
    check(&[("team", "content")], &["scribe"]).await;
    check(&[("type", "api")], &["scribe"]).await;
    check(&[("type", "ap")], &[]).await;
    check(&[("status", "running")], &["planner", "scribe"]).await;
    check(&[("status", "error")], &[]).await;
    check(&[("max_latency_ms", "60")], &["scribe"]).await;
    check(&[("max_latency_ms", "59")], &[]).await;
    check(&[("max_latency_ms", "261")], &["planner", "scribe"]).await;
    check(&[("max_cpu_percent", "30")], &["scribe"]).await;
    check(&[("sort", "-name")], &["scribe", "planner"]).await;
    check(&[("sort", "latency")], &["scribe", "planner"]).await;
    check(&[("sort", "-cost")], &["planner", "scribe"]).await;
    // Both were heard of at noon: by name then.
    check(&[("sort", "last_seen")], &["planner", "scribe"]).await;
}

async fn planner(home: &Home) -> AgentDetail {
    let id = home.id_of("planner").await;
    home.get_agent(&viewer("rates"), id, range("now-1h")).await.unwrap()
}

fn of(detail: &AgentDetail, figure: Figure) -> &FigureSeries {
    detail.series.iter().find(|series| series.figure == figure).unwrap()
}

#[tokio::test]
async fn an_agent_is_measured_over_time_and_against_the_time_before() {
    let home = home().await;
    let detail = planner(&home).await;
    assert_eq!((detail.from, detail.to), (at("2026-02-18T11:00:00Z"), at("2026-02-18T12:00:00Z")));
    assert_eq!(detail.step_s, 60);
    assert_eq!(detail.agent.state.status, AgentStatus::Running);
    assert_eq!(detail.agent.first_seen, at("2026-02-18T10:30:00Z"));
    let known = |points: &[Option<Point>]| -> Vec<(usize, Point)> {
        points.iter().enumerate().filter_map(|(place, point)| Some((place, (*point)?))).collect()
    };
    let latency = of(&detail, Figure::Latency);
    let points = known(&latency.points);
    assert_eq!(
        points.iter().map(|(place, point)| (*place, point.count, point.value)).collect::<Vec<_>>(),
        [(30, 1, 100.0), (32, 1, 200.0), (40, 1, 300.0), (45, 1, 300.0), (58, 1, 400.0)]
    );
    assert_eq!(points[4].1.p50, points[4].1.p99, "of one request all percentiles are the same");
    check_near(points[4].1.p95, 400.0);
    let before: Vec<_> = latency.previous.iter().enumerate().filter(|(_, value)| value.is_some()).collect();
    assert_eq!(before, [(30, &Some(50.0))], "the request of half past ten");
    assert!(matches!(latency.trend, MetricTrend::InsufficientData(_)), "{:?}", latency.trend);

    let errors = known(&of(&detail, Figure::Errors).points);
    assert_eq!(
        errors.iter().map(|(_, point)| point.value).collect::<Vec<_>>(),
        [0.0, 0.0, 100.0, 100.0, 0.0]
    );
    let check = |figure: Figure, place: usize, value: f64| {
        let series = of(&detail, figure);
        assert_eq!((series.points.len(), series.previous.len()), (60, 60), "{figure:?}");
        assert_eq!(series.points[place].unwrap().value, value, "{figure:?}");
    };
    check(Figure::FirstToken, 32, 50.0);
    check(Figure::Throughput, 40, 1.0);
    check(Figure::Tokens, 58, 1500.0);
    check(Figure::Cost, 45, 0.02);
    check(Figure::Cpu, 59, 90.0);
    check(Figure::Gpu, 59, 20.0);
    assert_eq!(of(&detail, Figure::Cost).points[58], None, "a cost that is not known is not 0");
}

#[tokio::test]
async fn an_agent_tells_its_costs_errors_and_models() {
    let home = home().await;
    let detail = planner(&home).await;
    let spend = &detail.spend;
    assert_eq!((spend.calls, spend.errors, spend.input, spend.output, spend.unpriced), (5, 0, 5000, 2500, 1));
    assert_eq!((spend.cost, detail.previous_spend.cost), (money("0.08"), money("0.02")));
    assert_eq!(detail.cost_trend.direction, Direction::Increasing);
    assert_eq!(detail.cost_trend.change_percent, Some(300.0));
    assert_eq!(detail.efficiency, Efficiency::Poor, "0.02 a call");
    let [alert] = detail.cost_alerts[..] else { panic!("{:?}", detail.cost_alerts) };
    assert_eq!((alert.kind, alert.severity), (CostAlertKind::CostSpike, Severity::Critical));
    assert_eq!((alert.value, alert.threshold, alert.count), (money("0.08"), money("0.04"), 4));

    let [error] = &detail.errors[..] else { panic!("{:?}", detail.errors) };
    assert_eq!((error.name.as_str(), error.error_type.as_deref()), ("plan", Some("timeout")));
    assert_eq!((error.count, error.message.as_str()), (2, "slower"));
    assert_eq!(error.latest.trace_id, trace_id(5));

    let [alpha, nobody] = &detail.models[..] else { panic!("{:?}", detail.models) };
    assert_eq!((alpha.model.as_str(), alpha.spend.calls, alpha.spend.cost), ("alpha", 4, money("0.08")));
    check_near(alpha.p95_first_token_ms, 50.0);
    assert_eq!((nobody.model.as_str(), nobody.spend.calls, nobody.spend.unpriced), ("nobody", 1, 1));
    check_near(nobody.p95_latency_ms, 380.0);

    let traces: Vec<_> = detail.traces.iter().map(|trace| trace.trace_id).collect();
    assert_eq!(traces, [4, 5, 3, 2, 1].map(trace_id), "the newest first");
    let first = detail.changes.last().unwrap();
    assert_eq!((first.from, first.to), (AgentStatus::Unknown, AgentStatus::Running));
}

#[tokio::test]
async fn a_diagnosis_says_what_it_stands_on() {
    let home = home().await;
    let diagnosis = planner(&home).await.diagnosis;
    let health = &diagnosis.health;
    // Mean latency of 260 ms; one request in each of five minutes; CPU of 90 % and GPU of 20 %; heard of in
    // six minutes, usually every five, of the thirty from the first on.
    assert_eq!(health.latency.points, 85.0);
    assert_eq!((health.latency.basis[0].measure, health.latency.basis[0].count), (Measure::MeanLatencyMs, 5));
    assert_eq!(health.throughput.points, 25.0);
    assert_eq!(health.resources.points, 50.0);
    assert_eq!(health.reliability.points, 100.0);
    assert_eq!((health.overall, health.rating), (64.3, Rating::Fair));
    let findings: Vec<_> = diagnosis
        .findings
        .iter()
        .map(|finding| {
            (
                finding.kind,
                finding.severity,
                finding.evidence.value,
                finding.evidence.threshold,
                finding.evidence.count,
            )
        })
        .collect();
    assert_eq!(
        findings,
        [
            (FindingKind::HighResourceUsage, Severity::High, 90.0, 85.0, 1),
            (FindingKind::LowThroughput, Severity::Medium, 1.0, 5.0, 5),
        ]
    );
    assert_eq!(diagnosis.findings[0].evidence.from, at("2026-02-18T11:00:00Z"));
    assert!(!diagnosis.advice.is_empty());
}

#[tokio::test]
async fn what_is_of_another_project_is_not_there() {
    let home = home().await;
    let id = home.id_of("planner").await;
    home.spans_in(
        "other",
        &[("service.name", "stranger")],
        request(7, "2026-02-18T11:30:00Z", 80, "alpha").into(),
    )
    .await;
    let other = viewer("other");
    let list = home.list_agents(&other, &AgentQuery::default()).await.unwrap();
    assert_eq!(list.agents.iter().map(|agent| agent.name.as_str()).collect::<Vec<_>>(), ["stranger"]);
    assert_eq!((list.totals.requests, list.choices.teams.len()), (1, 0));
    assert!(is_not_found(&home.get_agent(&other, id, TimeRange::default()).await));
    assert!(is_not_found(&home.find_agent(&other, "planner").await));
    assert!(is_not_found(&home.get_trace(&other, trace_id(1), None).await));
    assert!(is_not_found(&home.get_span(&other, trace_id(1), span_id(1)).await));
    let traces = home.list_traces(&other, &TraceQuery::default()).await.unwrap();
    assert_eq!(traces.traces.iter().map(|trace| trace.trace_id).collect::<Vec<_>>(), [trace_id(7)]);
    let costs = home.get_costs(&other, &CostQuery::default()).await.unwrap();
    assert_eq!((costs.spend.calls, costs.agents.len()), (1, 1));
}

#[tokio::test]
async fn a_range_that_ends_before_it_begins_is_refused() {
    let home = Home::open().await;
    let viewer = viewer("rates");
    for [from, to] in [["now", "now-1h"], ["2026-02-18", "2026-02-17"], ["1900-01-01", "1960-01-01"]] {
        let query = AgentQuery::parse([("from", from), ("to", to)]).unwrap();
        assert_eq!(refused(home.list_agents(&viewer, &query).await), "to", "{from} {to}");
    }
    // As long as a range can be written.
    let query = AgentQuery::parse([("from", "0001-01-01"), ("to", "9999-01-01")]).unwrap();
    assert!(home.list_agents(&viewer, &query).await.unwrap().agents.is_empty());
    let costs = CostQuery { range: query.range, ..CostQuery::default() };
    assert_eq!(home.get_costs(&viewer, &costs).await.unwrap().spend.calls, 0);
}
