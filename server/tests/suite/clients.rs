//! AI applications with the public instrumentations, of Python and Node: what they tell of is counted
//! right to the last digit, and none twice. They, and what they stand for, are in `end2end/clients`.

use crate::served::{Python, Served, root, run};
use axum::http::header;
use model::ask::Amount;
use model::telemetry::view::{AgentList, SpanDetail, SpanRow, TraceList, TraceRow, TraceView};
use model::telemetry::{Operation, Verdict};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::collections::{BTreeMap, BTreeSet};

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
    model_calls: u64,
    calls_without_usage: u64,
    input_tokens: u64,
    output_tokens: u64,
    cache_read_tokens: u64,
    reasoning_tokens: u64,
    cost_usd: String,
}

impl Bill {
    /// With calls that are counted twice.
    fn and(&mut self, calls: u64, tokens: [u64; 4], cost: &str) {
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

/// A trace as it is read over REST, with the details of the calls of models in it.
struct Told {
    row: TraceRow,
    agents: Vec<String>,
    calls: Vec<(SpanRow, SpanDetail)>,
}

/// What the server counts of the traces in which the service takes part.
fn counted(service: &str, traces: &[Told]) -> Bill {
    let sum = |of: fn(&Told) -> u64| traces.iter().map(of).sum::<u64>();
    let cost = traces.iter().map(|told| told.row.spend.cost).fold(Amount::default(), |sum, cost| sum + cost);
    Bill {
        service: service.to_owned(),
        model_calls: sum(|told| told.row.spend.calls),
        // All models here have a price.
        calls_without_usage: sum(|told| told.row.spend.unpriced),
        input_tokens: sum(|told| told.row.spend.input),
        output_tokens: sum(|told| told.row.spend.output),
        cache_read_tokens: sum(|told| told.row.spend.cache_read),
        reasoning_tokens: sum(|told| {
            let counted = told.calls.iter().filter(|(row, _)| row.cost.is_some());
            counted.filter_map(|(_, detail)| Some(detail.usage?.reasoning)).sum()
        }),
        cost_usd: cost.to_string(),
    }
}

/// Whose an agent is: some instrumentations tell of the agent inside of a service by its own name.
fn service_of(agent: &str) -> &str {
    agent.strip_suffix("-researcher").unwrap_or(agent)
}

async fn get<T: DeserializeOwned>(served: &Served, path: &str) -> T {
    let key = format!("Bearer {}", served.key);
    let answer = served.app.get_with(path, &[(header::AUTHORIZATION, &key)]).await;
    assert!(answer.status.is_success(), "{path}: {}", answer.text());
    serde_json::from_value(answer.json()).unwrap_or_else(|error| panic!("{path}: {error}: {}", answer.text()))
}

async fn all_traces(served: &Served) -> Vec<TraceRow> {
    let mut traces = Vec::new();
    let mut after = String::new();
    loop {
        let page: TraceList = get(served, &format!("/api/v1/traces?from=now-1d&after={after}")).await;
        traces.extend(page.traces);
        match page.next {
            Some(next) => after = next,
            None => return traces,
        }
    }
}

async fn told(served: &Served, row: TraceRow) -> Told {
    let path = format!("/api/v1/traces/{}", row.trace_id);
    let trace: TraceView = get(served, &path).await;
    let agents = trace.spans.iter().map(|span| trace.names[span.agent as usize].clone()).collect();
    let mut calls = Vec::new();
    for span in trace.spans {
        if matches!(span.operation, Operation::Model | Operation::Embedding) {
            calls.push((span, get(served, &format!("{path}/spans/{}", span.id)).await));
        }
    }
    Told { row, agents, calls }
}

/// A call of a model is told in the names of today, whatever it was sent as.
fn check_names(span: &SpanDetail) {
    let model = if span.operation == Operation::Embedding { "text-embedding-3-small" } else { "gpt-4o" };
    assert!(span.model.as_deref().is_some_and(|named| named.starts_with(model)), "{span:?}");
    // OpenInference names a provider only sometimes.
    assert!(span.provider.as_deref().is_none_or(|provider| provider == "openai"), "{span:?}");
    for reading in &span.readings {
        // Tokens of sound are part of the others, and priced as they are.
        let is_old = reading.key.starts_with("llm.token_count.") || reading.key == "gen_ai.system";
        if is_old && !reading.key.ends_with(".audio") {
            let is_understood = !matches!(reading.verdict, Verdict::Ignored | Verdict::Recognised);
            assert!(is_understood, "{reading:?}: {span:?}");
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

    let known: BTreeSet<String> = bills.iter().map(|bill| bill.service.clone()).collect();
    let mut of_service: BTreeMap<String, Vec<Told>> = BTreeMap::new();
    for row in all_traces(&served).await {
        let told = told(&served, row).await;
        told.calls.iter().for_each(|(_, call)| check_names(call));
        let services: BTreeSet<&str> =
            told.agents.iter().map(|agent| service_of(agent)).filter(|name| known.contains(*name)).collect();
        let [service] = services.into_iter().collect::<Vec<_>>()[..] else { panic!("{:?}", told.agents) };
        of_service.entry(service.to_owned()).or_default().push(told);
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

    let list: AgentList = get(&served, "/api/v1/agents").await;
    let names: Vec<&str> = list.agents.iter().map(|card| card.name.as_str()).collect();
    let distinct: BTreeSet<&str> = names.iter().copied().collect();
    assert_eq!(distinct.len(), names.len(), "one agent a name: {names:?}");
    for bill in &bills {
        assert!(names.iter().any(|name| service_of(name) == bill.service), "{}: {names:?}", bill.service);
    }
}
