//! Agents: registered, described, up and down.

use super::make::{agent, at, record, span, text};
use super::{each_store, project, write_at};
use model::telemetry::{AgentIdentity, AgentStatus, MetricName, UnixNanos};
use std::sync::Arc;
use telemetry::store::{AgentChange, AgentSummary, Batch, SharedStore};

async fn only(store: &SharedStore) -> AgentSummary {
    let mut agents = store.agents(&project()).await.unwrap();
    assert_eq!(agents.len(), 1);
    agents.remove(0)
}

fn heard(seconds: i64) -> Batch {
    Batch { records: vec![record("writer", seconds, MetricName::CpuPercent, 1.0)], ..Batch::default() }
}

fn change(seconds: i64, status: AgentStatus) -> Batch {
    let change = AgentChange { agent: "writer".into(), at: at(seconds), status, why: "so said".to_owned() };
    Batch { changes: vec![change], ..Batch::default() }
}

#[test]
fn an_agent_is_registered_once_and_seen_forward() {
    each_store(async |store| {
        assert!(store.agents(&project()).await.unwrap().is_empty());
        let check = async |batch: Batch, first: UnixNanos, last: UnixNanos| {
            write_at(store, last, batch).await;
            let agent = only(store).await;
            assert_eq!((agent.first_seen, agent.last_seen), (first, last));
            agent.id
        };
        let id = check(heard(100), at(100), at(100)).await;
        assert_eq!(check(heard(50), at(50), at(100)).await, id);
        assert_eq!(check(heard(120), at(50), at(120)).await, id);
        let spans = vec![span(1, 200, 0)];
        assert_eq!(check(Batch { spans, ..Batch::default() }, at(50), at(201)).await, id);
    });
}

#[test]
fn of_each_name_the_latest_is_kept() {
    each_store(async |store| {
        let check = async |metadata: &[(&str, &str)], expect: &[(&str, &str)]| {
            let list = |pairs: &[(&str, &str)]| {
                pairs.iter().map(|(key, value)| text(key, value)).collect::<Vec<_>>()
            };
            let mut batch = heard(1);
            batch.records[0].agent =
                Arc::new(AgentIdentity { metadata: list(metadata), ..(*agent("writer")).clone() });
            write_at(store, at(1), batch).await;
            assert_eq!(only(store).await.metadata, list(expect));
        };
        check(&[("team", "blue")], &[("team", "blue")]).await;
        check(&[("version", "1")], &[("team", "blue"), ("version", "1")]).await;
        check(&[("version", "2")], &[("team", "blue"), ("version", "2")]).await;
        check(&[], &[("team", "blue"), ("version", "2")]).await;
    });
}

#[test]
fn an_agent_goes_down_and_up() {
    each_store(async |store| {
        let check = async |batch: Batch, status: AgentStatus, since: i64| {
            write_at(store, at(100), batch).await;
            let agent = only(store).await;
            assert_eq!((agent.status, agent.status_since), (status, at(since)));
        };
        check(heard(10), AgentStatus::Running, 10).await;
        check(heard(20), AgentStatus::Running, 10).await;
        check(change(30, AgentStatus::Stopped), AgentStatus::Stopped, 30).await;
        // What was sent before the stop and comes late does not start it.
        check(heard(25), AgentStatus::Stopped, 30).await;
        check(heard(40), AgentStatus::Running, 40).await;
        check(change(50, AgentStatus::Error), AgentStatus::Error, 50).await;
        // That it sends does not make its calls succeed.
        check(heard(60), AgentStatus::Error, 50).await;
        check(change(70, AgentStatus::Error), AgentStatus::Error, 50).await;
        check(change(80, AgentStatus::Unknown), AgentStatus::Unknown, 80).await;
        check(heard(90), AgentStatus::Running, 90).await;
        let changes = store.status_changes(&project(), &"writer".into(), 100).await.unwrap();
        let found: Vec<_> = changes.iter().map(|change| (change.at, change.from, change.to)).collect();
        let expect = [
            (at(90), AgentStatus::Unknown, AgentStatus::Running),
            (at(80), AgentStatus::Error, AgentStatus::Unknown),
            (at(50), AgentStatus::Running, AgentStatus::Error),
            (at(40), AgentStatus::Stopped, AgentStatus::Running),
            (at(30), AgentStatus::Running, AgentStatus::Stopped),
            (at(10), AgentStatus::Unknown, AgentStatus::Running),
        ];
        assert_eq!(found, expect);
        assert_eq!(changes[1].why, "so said");
    });
}

#[test]
fn an_agent_that_nobody_heard_of_is_not_changed() {
    each_store(async |store| {
        let receipt = write_at(store, at(1), change(1, AgentStatus::Stopped)).await;
        assert_eq!((receipt.stored, receipt.repeated), (0, 1));
        assert!(store.agents(&project()).await.unwrap().is_empty());
    });
}
