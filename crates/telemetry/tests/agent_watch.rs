//! Agents are watched: up while they send, in error while their calls fail, down when they are silent or
//! stopped, and the same after a start and beside another server.

#![allow(clippy::unwrap_used, reason = "a test that panics has failed")]

#[path = "contract/make.rs"]
#[expect(dead_code, reason = "other tests make more kinds of record")]
mod make;

use AgentStatus::{Error, Running, Stopped, Unknown};
use jiff::SignedDuration;
use make::{agent, at, call, event, log, record, span, text};
use model::Clock;
use model::identity::ProjectId;
use model::telemetry::{AgentStatus, EventBody, LogLevel, MetricName, Operation, SpanStatus, UnixNanos};
use std::path::Path;
use std::sync::Arc;
use telemetry::agent_state::Thresholds;
use telemetry::agent_watch::{AgentWatch, STOPPED};
use telemetry::pipeline::{Pipeline, PipelineSettings};
use telemetry::store::{AgentSummary, Batch, SharedStore, Sqlite, StatusChange};
use telemetry::writer::Writer;

fn project() -> ProjectId {
    ProjectId::from("ours")
}

/// A server: what it writes with, and what it watches with.
struct Server {
    writer: Writer,
    pipeline: Pipeline,
    store: SharedStore,
    clock: Clock,
}

impl Server {
    fn start(store: SharedStore, clock: Clock) -> Self {
        let writer = Writer::new(Arc::clone(&store), clock.clone(), Thresholds::default());
        let pipeline = Pipeline::start(writer.clone(), clock.clone(), PipelineSettings::default());
        Self { writer, pipeline, store, clock }
    }

    fn watch(&self) -> &AgentWatch {
        self.writer.agents()
    }

    /// Moves the clock to so many seconds after the tests' beginning.
    fn go_to(&self, seconds: i64) {
        let by = at(seconds).0 - UnixNanos::from(self.clock.now()).0;
        self.clock.advance(SignedDuration::from_nanos(by));
    }

    async fn send(&self, batch: Batch) {
        self.pipeline.submit(project(), batch).await.unwrap();
    }

    async fn agent(&self) -> AgentSummary {
        let mut agents = self.store.agents(&project()).await.unwrap();
        assert_eq!(agents.len(), 1);
        agents.remove(0)
    }

    async fn changes(&self) -> Vec<StatusChange> {
        let mut changes = self.store.status_changes(&project(), &"writer".into(), 100).await.unwrap();
        changes.reverse();
        changes
    }

    /// Sweeps at a second, and says how the agent does then.
    async fn status_at(&self, seconds: i64) -> AgentStatus {
        self.go_to(seconds);
        self.watch().sweep().await.unwrap();
        self.agent().await.status
    }
}

fn open(dir: &Path) -> SharedStore {
    Arc::new(Sqlite::open(dir).unwrap())
}

fn clock() -> Clock {
    Clock::frozen(at(0).timestamp())
}

/// Runs a test with a server on a new store.
fn with_server(test: impl AsyncFnOnce(Server)) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let dir = tempfile::tempdir().unwrap();
    runtime.block_on(async { test(Server::start(open(dir.path()), clock())).await });
}

fn heard(seconds: i64) -> Batch {
    Batch { records: vec![record("writer", seconds, MetricName::CpuPercent, 1.0)], ..Batch::default() }
}

/// Requests that took no time, so many of them failed. Each call of it makes others.
fn requests(seconds: i64, trace: u64, all: u64, failed: u64) -> Batch {
    let spans = (0..all).map(|number| {
        let mut priced = span(trace + number, 1, 0);
        (priced.span.started, priced.span.ended) = (at(seconds), at(seconds));
        priced.span.status = if number < failed { SpanStatus::Error } else { SpanStatus::Ok };
        priced
    });
    Batch { spans: spans.collect(), ..Batch::default() }
}

#[test]
fn an_agent_is_up_until_it_is_silent_for_five_minutes() {
    with_server(async |server| {
        server.send(heard(0)).await;
        assert_eq!(server.status_at(1).await, Running);
        assert_eq!(server.status_at(300).await, Running);
        assert_eq!(server.status_at(301).await, Unknown);
        // What is down stays so, and is said once.
        assert_eq!(server.status_at(900).await, Unknown);
        server.send(heard(900)).await;
        assert_eq!(server.status_at(901).await, Running);
        let changes: Vec<_> =
            server.changes().await.into_iter().map(|change| (change.at, change.to, change.why)).collect();
        let expect = [
            (at(0), Running, "it sends"),
            (at(301), Unknown, "no data for 301 s"),
            (at(900), Running, "it sends"),
        ];
        assert_eq!(changes, expect.map(|(at, to, why)| (at, to, why.to_owned())));
    });
}

#[test]
fn it_was_last_seen_when_something_of_it_came_in() {
    with_server(async |server| {
        let check = async |now: i64, carried: i64, first: i64, last: i64| {
            server.go_to(now);
            server.send(heard(carried)).await;
            let agent = server.agent().await;
            assert_eq!((agent.first_seen, agent.last_seen), (at(first), at(last)), "{carried} at {now}");
        };
        check(100, 90, 90, 100).await;
        // Late, and ahead of the server's clock.
        check(110, -5_000, -5_000, 110).await;
        check(120, 400, -5_000, 120).await;
        // The server's clock was set back.
        check(50, 50, -5_000, 120).await;
        let changes = server.changes().await;
        assert_eq!(changes.iter().map(|change| change.at).collect::<Vec<_>>(), [at(90)]);
    });
}

#[test]
fn one_whose_clock_is_wrong_is_heard_all_the_same() {
    for wrong in [-86_400, 240] {
        with_server(async |server| {
            server.send(heard(wrong)).await;
            assert_eq!(server.status_at(1).await, Running, "{wrong}");
            for second in [200, 400, 600] {
                server.go_to(second);
                server.send(heard(second + wrong)).await;
                assert_eq!(server.status_at(second + 10).await, Running, "{wrong}: {second}");
            }
            assert_eq!(server.status_at(901).await, Unknown, "{wrong}");
            server.go_to(1_000);
            server.send(heard(1_000 + wrong)).await;
            assert_eq!(server.status_at(1_001).await, Running, "{wrong}");
            assert!(server.agent().await.status_since <= at(1_001));
        });
    }
}

/// At which second how many calls come in, how many of them fail, and how the agent does then.
type Step = (i64, u64, u64, AgentStatus);

fn check_calls(batch: impl Fn(i64, u64, u64, u64) -> Batch, steps: &[Step]) {
    with_server(async |server| {
        for (place, (second, calls, failed, expect)) in steps.iter().enumerate() {
            server.go_to(*second);
            if *calls > 0 {
                server.send(batch(*second, 1_000 * (place as u64 + 1), *calls, *failed)).await;
            }
            assert_eq!(server.status_at(*second).await, *expect, "{steps:?}: {second}");
        }
    });
}

#[test]
fn it_is_in_error_while_half_of_five_calls_fail() {
    check_calls(requests, &[(0, 4, 4, Running), (10, 1, 0, Error), (20, 3, 0, Error), (30, 1, 0, Running)]);
    check_calls(requests, &[(0, 5, 2, Running), (60, 5, 3, Error), (120, 1, 0, Running)]);
    // The calls that failed are no longer among those of the last minutes.
    check_calls(requests, &[(0, 5, 5, Error), (200, 1, 0, Error), (301, 1, 0, Error), (360, 0, 0, Running)]);
    check_calls(requests, &[(0, 5, 5, Error), (301, 0, 0, Unknown), (400, 1, 1, Running)]);
    // Hours ago: it sends, and what it did then says nothing of now.
    let late = |_, trace, all, failed| requests(-7_200, trace, all, failed);
    check_calls(late, &[(0, 9, 9, Running), (10, 9, 9, Running)]);
}

#[test]
fn calls_inside_of_others_count_where_there_are_no_requests() {
    let calls = |seconds, trace, all, failed| {
        let mut batch = requests(seconds, trace, all, failed);
        for priced in &mut batch.spans {
            let of_call = call(1, 1, 9, 10);
            priced.span.parent_id = of_call.span.parent_id;
            priced.span.usage = of_call.span.usage;
            priced.span.operation = Operation::Model;
        }
        batch
    };
    check_calls(calls, &[(0, 4, 4, Running), (10, 1, 0, Error), (20, 9, 0, Running)]);
    let steps = |seconds, trace, all, failed| {
        let mut batch = requests(seconds, trace, all, failed);
        batch.spans.iter_mut().for_each(|priced| priced.span.parent_id = Some(make::span_id(9)));
        batch
    };
    check_calls(steps, &[(0, 9, 9, Running)]);
    // With requests, what is inside of them does not count.
    let both = |seconds, trace, all, failed| {
        let mut batch = calls(seconds, trace, all, failed);
        batch.spans.extend(requests(seconds, trace + 500, 5, 0).spans);
        batch
    };
    check_calls(both, &[(0, 9, 9, Running)]);
    let errors = |seconds, trace: u64, all: u64, _| {
        let error = |number: u64| {
            let (message, fingerprint) = ("late".to_owned(), Vec::new());
            let body = EventBody::Error { message, stack: None, fingerprint, metadata: Vec::new() };
            event((trace / 100 + number) as u8, seconds, body)
        };
        Batch { events: (0..all).map(error).collect(), ..Batch::default() }
    };
    check_calls(errors, &[(0, 4, 4, Running), (10, 1, 1, Error)]);
}

#[test]
fn it_says_that_it_stops() {
    let of_event = || {
        let body = EventBody::Custom { name: STOPPED.to_owned(), payload: Vec::new() };
        Batch { events: vec![event(1, 20, body)], ..Batch::default() }
    };
    let of_log = || {
        let mut said = log(20, LogLevel::Info, "bye");
        said.event_name = Some(STOPPED.to_owned());
        Batch { logs: vec![said], ..Batch::default() }
    };
    let of_record = || {
        let mut batch = heard(20);
        batch.records[0].custom = vec![text("status", "stopped")];
        batch
    };
    let check = |stop: &dyn Fn() -> Batch| {
        with_server(async |server| {
            server.send(heard(0)).await;
            assert_eq!(server.status_at(1).await, Running);
            server.go_to(21);
            server.send(stop()).await;
            assert_eq!(server.status_at(22).await, Stopped);
            // It is not silent: it is stopped. What was made before comes late.
            assert_eq!(server.status_at(400).await, Stopped);
            server.send(heard(19)).await;
            assert_eq!(server.status_at(401).await, Stopped);
            server.go_to(402);
            server.send(heard(402)).await;
            assert_eq!(server.status_at(403).await, Running);
            let changes = server.changes().await;
            let found: Vec<_> = changes.iter().map(|change| (change.at, change.to)).collect();
            assert_eq!(found, [(at(0), Running), (at(20), Stopped), (at(402), Running)]);
        });
    };
    check(&of_event);
    check(&of_log);
    check(&of_record);
}

#[test]
fn one_that_starts_again_at_once_is_up() {
    with_server(async |server| {
        server.send(heard(0)).await;
        assert_eq!(server.status_at(1).await, Running);
        server.go_to(12);
        let mut stop = heard(10);
        stop.records[0].custom = vec![text("status", "stopped")];
        server.send(stop.clone()).await;
        server.send(heard(12)).await;
        assert_eq!(server.status_at(15).await, Running);
        // The stop is sent again, by who did not hear the answer.
        server.send(stop).await;
        assert_eq!(server.status_at(16).await, Running);
    });
}

#[test]
fn a_server_that_starts_knows_the_agents() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let dir = tempfile::tempdir().unwrap();
        let clock = clock();
        let run = async |seconds: i64, batch: Option<Batch>, sweeps: bool| {
            let server = Server::start(open(dir.path()), clock.clone());
            server.watch().load(&project()).await.unwrap();
            server.go_to(seconds);
            if let Some(batch) = batch {
                server.send(batch).await;
            }
            if sweeps {
                server.watch().sweep().await.unwrap();
            }
            let status = server.agent().await.status;
            server.pipeline.close().await;
            status
        };
        assert_eq!(run(0, Some(requests(0, 100, 4, 4)), true).await, Running);
        // It dies before it looks.
        assert_eq!(run(10, Some(requests(10, 200, 1, 1)), false).await, Running);
        assert_eq!(run(20, None, true).await, Error);
        assert_eq!(run(30, Some(requests(30, 300, 9, 0)), true).await, Running);
        assert_eq!(run(331, None, true).await, Unknown);
        assert_eq!(run(332, None, true).await, Unknown);
        let server = Server::start(open(dir.path()), clock.clone());
        assert_eq!(server.changes().await.len(), 4);
        server.pipeline.close().await;
    });
}

#[test]
fn two_servers_on_one_store_write_a_change_once() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let dir = tempfile::tempdir().unwrap();
        let (store, clock) = (open(dir.path()), clock());
        let [one, other] = [(); 2].map(|()| Server::start(Arc::clone(&store), clock.clone()));
        let both_sweep = async || {
            let (left, right) = futures::future::join(one.watch().sweep(), other.watch().sweep()).await;
            left.and(right).unwrap();
        };
        one.send(heard(0)).await;
        other.watch().load(&project()).await.unwrap();
        // One hears it, the other does not.
        for second in [200, 400, 600] {
            one.go_to(second);
            one.send(heard(second)).await;
            both_sweep().await;
            assert_eq!(one.agent().await.status, Running, "{second}");
        }
        // Neither hears as many calls as say something; together they do.
        one.send(requests(600, 100, 3, 3)).await;
        other.send(requests(600, 200, 3, 2)).await;
        both_sweep().await;
        assert_eq!(one.agent().await.status, Error);
        // The good calls come in at the other one.
        other.send(requests(600, 300, 9, 0)).await;
        both_sweep().await;
        assert_eq!(one.agent().await.status, Running);
        one.go_to(901);
        both_sweep().await;
        both_sweep().await;
        let changes: Vec<_> =
            one.changes().await.iter().map(|change| (change.at, change.from, change.to)).collect();
        let expect = [
            (at(0), Unknown, Running),
            (at(600), Running, Error),
            (at(600), Error, Running),
            (at(901), Running, Unknown),
        ];
        assert_eq!(changes, expect);
    });
}

#[test]
fn agents_and_projects_are_told_apart() {
    with_server(async |server| {
        let theirs = ProjectId::from("theirs");
        server.send(heard(0)).await;
        server.pipeline.submit(theirs.clone(), requests(0, 100, 5, 5)).await.unwrap();
        let mut other = heard(0);
        other.records[0].agent = agent("reader");
        server.send(other).await;
        server.watch().sweep().await.unwrap();
        server.go_to(200);
        server.send(heard(200)).await;
        server.go_to(301);
        server.watch().sweep().await.unwrap();
        let statuses = async |project: ProjectId| {
            let agents = server.store.agents(&project).await.unwrap();
            agents.iter().map(|agent| (agent.name.to_string(), agent.status)).collect::<Vec<_>>()
        };
        let expect = [("reader".to_owned(), Unknown), ("writer".to_owned(), Running)];
        assert_eq!(statuses(project()).await, expect);
        assert_eq!(statuses(theirs).await, [("writer".to_owned(), Unknown)]);
    });
}
