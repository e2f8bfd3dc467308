//! AI applications with the public instrumentations, of Python and Node: what they tell of is counted
//! right to the last digit, and none twice. They, and what they stand for, are in `end2end/clients`.

use crate::served::{Python, Served, root, run};
use axum::http::header;
use model::ask::Amount;
use model::telemetry::UnixNanos;
use serde::Deserialize;
use serde_json::Value;
use service::telemetry::{Order, RecordQuery, TimeRange, TraceQuery, TraceSummary};
use std::collections::{BTreeMap, BTreeSet};
use testkit::app::TestApp;

const PYTHON: Python = Python { name: "clients", list: "end2end/clients/python" };

/// Those that the scripted provider bills by.
const PRICES: &str = r#"
[[list]]
source = "end2end/clients/python/model_server.py"
valid_from = 2020-01-01

[list.models]
"gpt-4o" = { input = 5.00, output = 15.00, cache_read = 2.50 }
"text-embedding-3-small" = { input = 0.02, output = 0.00 }
"#;

/// What a client's telemetry must add up to: the provider's bill, but for what the client leaves out.
#[derive(Debug, Deserialize, PartialEq, Eq)]
struct Bill {
    service: String,
    model_calls: i64,
    calls_without_usage: i64,
    input_tokens: i64,
    output_tokens: i64,
    cache_read_tokens: i64,
    reasoning_tokens: i64,
    cost_usd: String,
}

impl Bill {
    /// With calls that are counted twice.
    fn and(&mut self, calls: i64, tokens: [i64; 4], cost: &str) {
        let [input, output, cache_read, reasoning] = tokens;
        self.model_calls += calls;
        self.input_tokens += input;
        self.output_tokens += output;
        self.cache_read_tokens += cache_read;
        self.reasoning_tokens += reasoning;
        let sum = Amount::parse(&self.cost_usd).unwrap() + Amount::parse(cost).unwrap();
        self.cost_usd = sum.to_string();
    }
}

/// What the server counts of the traces in which the service takes part.
fn counted(service: &str, traces: &[&TraceSummary]) -> Bill {
    let sum = |of: fn(&TraceSummary) -> i64| traces.iter().map(|trace| of(trace)).sum::<i64>();
    let picos = u64::try_from(sum(|trace| trace.spend.cost_picos)).unwrap();
    Bill {
        service: service.to_owned(),
        model_calls: sum(|trace| trace.spend.calls),
        calls_without_usage: sum(|trace| trace.spend.without_tokens),
        input_tokens: sum(|trace| trace.spend.input),
        output_tokens: sum(|trace| trace.spend.output),
        cache_read_tokens: sum(|trace| trace.spend.cache_read),
        reasoning_tokens: sum(|trace| trace.spend.reasoning),
        cost_usd: Amount::from_picos(picos).to_string(),
    }
}

/// Whose an agent is: some instrumentations tell of the agent inside of a service by its own name.
fn service_of(agent: &str) -> &str {
    agent.strip_suffix("-researcher").unwrap_or(agent)
}

async fn get(app: &TestApp, key: &str, path: &str) -> Value {
    let key = format!("Bearer {key}");
    let answer = app.get_with(path, &[(header::AUTHORIZATION, &key)]).await;
    assert!(answer.status.is_success(), "{path}: {}", answer.text());
    answer.json()
}

/// All calls of models are told in the names of today, whatever they were sent as.
fn check_names(trace: &Value) {
    for span in trace["spans"].as_array().unwrap() {
        let operation = span["operation"].as_str().unwrap();
        if !matches!(operation, "model" | "embedding") {
            continue;
        }
        let model = if operation == "embedding" { "text-embedding-3-small" } else { "gpt-4o" };
        let named = span["model"].as_str().unwrap_or_default();
        assert!(named.starts_with(model), "{span}");
        // OpenInference names a provider only sometimes.
        let provider = span["provider"].as_str();
        assert!(provider.is_none_or(|provider| provider == "openai"), "{span}");
        for reading in span["readings"].as_array().unwrap() {
            let key = reading["key"].as_str().unwrap();
            // Tokens of sound are part of the others, and priced as they are.
            let is_old =
                (key.starts_with("llm.token_count.") || key == "gen_ai.system") && !key.ends_with(".audio");
            if is_old {
                assert_ne!(reading["verdict"], "ignored", "{key}: {span}");
                assert_ne!(reading["verdict"], "recognised", "{key}: {span}");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_public_instrumentations_tell_is_counted_once_and_to_the_last_digit() {
    assert!(
        root().join("end2end/clients/node/node_modules/openai").exists(),
        "the clients of Node are not installed: `scripts/install/npm-parts.sh end2end/clients/node`, or `make setup`"
    );
    let served = Served::start(Some(PRICES)).await;
    let mut command = PYTHON.command("end2end/clients/python");
    command.args(["run.py", "--endpoint", &served.url, "--key", &served.key]);
    let mut bills: Vec<Bill> =
        run(command).await.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(bills.len(), 12);

    let query = RecordQuery {
        range: TimeRange { from: UnixNanos(0), until: UnixNanos(i64::MAX) },
        agent: None,
        order: Order::OldestFirst,
        limit: 1000,
        cursor: None,
    };
    let traces = served.app.service.list_traces(&served.owner, TraceQuery::of(query)).await.unwrap().items;
    let known: BTreeSet<String> = bills.iter().map(|bill| bill.service.clone()).collect();
    let mut of_service: BTreeMap<String, Vec<&TraceSummary>> = BTreeMap::new();
    for summary in &traces {
        let trace = get(&served.app, &served.key, &format!("/api/v1/traces/{}", summary.trace_id)).await;
        check_names(&trace);
        let agents = trace["spans"].as_array().unwrap().iter().map(|span| span["agent"].as_str().unwrap());
        let services: BTreeSet<&str> =
            agents.map(service_of).filter(|service| known.contains(*service)).collect();
        let [service] = services.into_iter().collect::<Vec<_>>()[..] else { panic!("{trace}") };
        of_service.entry(service.to_owned()).or_default().push(summary);
    }

    for bill in &mut bills {
        match bill.service.as_str() {
            // Its streamed call is a trace of its own for each of the two.
            "traceloop-langchain-and-openai-v2" => bill.and(1, [300, 70, 0, 0], "0.00255"),
            // The openai package's spans are in traces of their own, all four.
            "openinference-langchain-and-openai" => bill.and(4, [1600, 620, 328, 50], "0.01648"),
            _ => {}
        }
        let found = of_service.get(&bill.service).map(Vec::as_slice).unwrap_or_default();
        assert_eq!(counted(&bill.service, found), *bill);
    }

    let agents = get(&served.app, &served.key, "/api/v1/agents?limit=100").await;
    let names: Vec<&str> =
        agents["agents"].as_array().unwrap().iter().map(|agent| agent["name"].as_str().unwrap()).collect();
    let distinct: BTreeSet<&str> = names.iter().copied().collect();
    assert_eq!(distinct.len(), names.len(), "one agent a name: {names:?}");
    for bill in &bills {
        assert!(names.iter().any(|name| service_of(name) == bill.service), "{}: {names:?}", bill.service);
    }
}
