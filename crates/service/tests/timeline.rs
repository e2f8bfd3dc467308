//! What happened, by time, and who is told that there is more of it.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use futures::StreamExt;
use model::identity::{KeyId, Project, ProjectId, Slug, UserId};
use model::telemetry::TelemetryPolicy;
use model::telemetry::view::{EventTimeline, EventTimelineQuery};
use model::{Actor, Clock, Identity, Role, Scope};
use serde_json::{Value, json};
use service::telemetry::Sent;
use service::{Error, Service, Settings, SourceSettings};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

struct Home {
    service: Service,
    _data: tempfile::TempDir,
}

fn in_project(name: &str, identity: Identity, role: Option<Role>) -> Actor {
    let project = Project {
        id: ProjectId::new(name),
        slug: Slug::parse(name).unwrap(),
        name: name.to_owned(),
        has_estate: false,
        archived_at: None,
        version: 1,
        telemetry: TelemetryPolicy::default(),
        redacted: 0,
    };
    Actor { project: Some(Arc::new(project)), role, ..Actor::of(identity) }
}

fn viewer(project: &str) -> Actor {
    let identity = Identity::User { id: UserId::new("ada"), email: "ada@example.org".to_owned() };
    in_project(project, identity, Some(Role::Viewer))
}

fn sender(project: &str) -> Actor {
    let scopes = BTreeSet::from([Scope::Ingest]);
    in_project(project, Identity::Key { id: KeyId::new("key"), name: "agents".to_owned(), scopes }, None)
}

/// An event of `agent` at a time of the morning.
fn event(agent: &str, at: &str, kind: &str, body: Value) -> Value {
    json!({
        "type": kind, "timestamp": format!("2026-02-18T{at}Z"), "sdk": { "name": "test", "version": "1" },
        "context": { "agent": agent }, "body": body,
    })
}

fn log(agent: &str, at: &str, level: &str, message: &str) -> Value {
    event(agent, at, "log", json!({ "level": level, "message": message }))
}

impl Home {
    async fn open() -> Self {
        let data = tempfile::tempdir().unwrap();
        let settings = Settings::new(SourceSettings::Demo { seed: 1 }, "TEST", data.path().to_owned());
        let clock = Clock::frozen("2026-02-18T12:00:00Z".parse().unwrap());
        let service = Service::open(settings, clock).await.unwrap();
        let runner = service.clone();
        tokio::spawn(async move { runner.run(std::future::pending()).await });
        Self { service, _data: data }
    }

    async fn send(&self, project: &str, events: &[Value]) {
        let sender = sender(project);
        let body = json!({ "events": events }).to_string().into_bytes();
        let room = self.service.admit(&sender, body.len()).unwrap();
        let content_type = Some("application/json".to_owned());
        let sent = Sent { content_type, content_encoding: None, body: body.into(), room };
        self.service.record_events(&sender, sent).await.unwrap();
    }

    async fn list(&self, query: &str) -> EventTimeline {
        let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
        let query = EventTimelineQuery::parse(pairs).unwrap();
        self.service.list_event_timeline(&viewer("rates"), &query).await.unwrap()
    }

    /// The summaries of all pages, the newest first, and how many pages there are.
    async fn all(&self, query: &str) -> (Vec<String>, usize) {
        let mut page = self.list(query).await;
        let (mut summaries, mut pages) = (Vec::new(), 1);
        loop {
            summaries.extend(page.entries.iter().map(|entry| entry.summary.clone()));
            let Some(next) = page.next else { return (summaries, pages) };
            page = self.list(&format!("{query}&after={next}")).await;
            pages += 1;
        }
    }
}

#[tokio::test]
async fn filters_leave_out_what_is_not_asked_for() {
    let home = Home::open().await;
    home.send(
        "rates",
        &[
            log("planner", "09:00:00", "info", "one"),
            log("planner", "09:00:01", "warn", "Quota at 90 %"),
            event("writer", "09:00:02", "error", json!({ "message": "two" })),
            event(
                "writer",
                "09:00:03",
                "tool_call",
                json!({ "toolName": "find", "arguments": { "q": "quota" } }),
            ),
            log("writer", "08:00:00", "debug", "three"),
        ],
    )
    .await;
    home.send("other", &[log("planner", "09:00:00", "error", "theirs")]).await;
    let check = async |query: &str, expect: &[&str]| {
        let kinds = "types=log,error,tool_call&";
        let query = if query.contains("types") { query.to_owned() } else { format!("{kinds}{query}") };
        assert_eq!(home.all(&query).await.0, expect, "{query}");
    };
    check("", &["find", "two", "Quota at 90 %", "one", "three"]).await;
    check("types=log", &["Quota at 90 %", "one", "three"]).await;
    check("types=log,error", &["two", "Quota at 90 %", "one", "three"]).await;
    check("types=retrieval", &[]).await;
    check("agent=writer", &["find", "two", "three"]).await;
    check("agent=nobody", &[]).await;
    check("severity=info", &["find", "two", "Quota at 90 %", "one"]).await;
    check("severity=warn", &["two", "Quota at 90 %"]).await;
    check("severity=error", &["two"]).await;
    check("q=QUOTA", &["find", "Quota at 90 %"]).await;
    check("from=2026-02-18T09:00:01Z&to=2026-02-18T09:00:03Z", &["two", "Quota at 90 %"]).await;
    let timeline = home.list("").await;
    let agents: Vec<_> = timeline.agents.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(agents, ["planner", "writer"]);
}

#[tokio::test]
async fn pages_hold_everything_once_whatever_comes_meanwhile() {
    let home = Home::open().await;
    // Many of one moment, and more than one page of each kind.
    let events: Vec<_> = (0..160)
        .map(|n| {
            let level = if n % 40 == 0 { "error" } else { "info" };
            log("planner", &format!("09:{:02}:00", n / 30), level, &format!("n{n}"))
        })
        .collect();
    home.send("rates", &events).await;
    let mut expected: Vec<_> = (0..160).map(|n| format!("n{n}")).collect();
    expected.sort();
    let first = home.list("types=log").await;
    assert_eq!(first.entries.len(), 50);
    home.send("rates", &[log("planner", "09:59:00", "info", "late")]).await;
    let mut summaries: Vec<_> = first.entries.iter().map(|entry| entry.summary.clone()).collect();
    let rest = home.all(&format!("types=log&after={}", first.next.unwrap())).await;
    assert_eq!(rest.1, 3);
    summaries.extend(rest.0);
    summaries.sort();
    assert_eq!(summaries, expected);
    // A filter that leaves most out finds the rest in one go.
    assert_eq!(
        home.all("types=log&severity=error").await,
        (vec!["n120".into(), "n80".into(), "n40".into(), "n0".into()], 1)
    );
}

#[tokio::test]
async fn changes_of_agents_stand_among_the_events() {
    let home = Home::open().await;
    home.send("rates", &[log("planner", "11:59:00", "info", "hello")]).await;
    let timeline = home.list("").await;
    let kinds: Vec<_> = timeline.entries.iter().map(|entry| entry.kind.as_str()).collect();
    assert!(kinds.contains(&"log") && kinds.contains(&"status_change"), "{kinds:?}");
    let only = home.list("types=status_change").await;
    assert!(!only.entries.is_empty());
    for change in &only.entries {
        assert_eq!((change.kind.as_str(), change.agent.as_str()), ("status_change", "planner"));
        assert!(change.summary.starts_with("running: "), "{}", change.summary);
    }
    assert_eq!(home.list("types=status_change&agent=writer").await.entries, []);
    assert_eq!(home.list("types=status_change&severity=warn").await.entries, []);
}

#[tokio::test]
async fn who_may_not_look_and_what_cannot_be_read_is_refused() {
    let home = Home::open().await;
    let list = async |actor: &Actor, query: &EventTimelineQuery| {
        home.service.list_event_timeline(actor, query).await.map(|_| ()).unwrap_err()
    };
    let all = EventTimelineQuery::default();
    assert!(matches!(list(&Actor::anonymous(), &all).await, Error::Unauthenticated(_)));
    assert!(matches!(list(&sender("rates"), &all).await, Error::Forbidden));
    let malformed = EventTimelineQuery { after: "x".to_owned(), ..all };
    assert!(matches!(list(&viewer("rates"), &malformed).await, Error::Invalid { field: "after", .. }));
    assert!(matches!(
        home.service.subscribe_telemetry(&Actor::anonymous()).await,
        Err(Error::Unauthenticated(_))
    ));
    assert!(matches!(home.service.subscribe_telemetry(&sender("rates")).await, Err(Error::Forbidden)));
}

#[tokio::test]
async fn followers_of_a_project_are_told_of_what_is_stored_in_it() {
    let home = Home::open().await;
    let mut ours = home.service.subscribe_telemetry(&viewer("rates")).await.unwrap();
    let mut theirs = home.service.subscribe_telemetry(&viewer("other")).await.unwrap();
    let heartbeat: &[u8] = b"event: heartbeat\ndata: {}\n\n";
    assert_eq!(ours.next().await.unwrap(), heartbeat);
    assert_eq!(theirs.next().await.unwrap(), heartbeat);
    home.send("rates", &[log("planner", "09:00:00", "info", "hello")]).await;
    let told = tokio::time::timeout(Duration::from_secs(5), ours.next()).await.unwrap().unwrap();
    assert_eq!(told, b"event: change\ndata: {}\n\n".as_slice());
    // By now the other would have been told, too.
    let told = tokio::time::timeout(Duration::from_millis(10), theirs.next()).await;
    assert!(told.is_err(), "another project's follower hears nothing");
}
