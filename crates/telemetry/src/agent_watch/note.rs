//! What a batch says of its agents, noted before it is written.

use super::calls::{RecentCalls, Tally};
use crate::store::Write;
use jiff::SignedDuration;
use model::identity::ProjectId;
use model::telemetry::{AgentIdentity, AgentStatus, EventBody, MetricRecord, UnixNanos, Value};
use std::sync::Arc;

/// The name of the event or log record with which an agent says that it stops.
pub const STOPPED: &str = "agent.stopped";
/// The field of a record of metrics that says the same with the status `stopped`.
const STATUS: &str = "status";
/// Calls that ended longer ago are not counted: more than any window.
const COUNTED: SignedDuration = SignedDuration::from_hours(1);

/// What a batch says of its agents.
pub(crate) struct Note {
    pub(super) project: ProjectId,
    pub(super) received: UnixNanos,
    pub(super) agents: Vec<Told>,
}

/// What is said of one agent. There can be more than one of an agent.
pub(super) struct Told {
    pub(super) agent: Arc<AgentIdentity>,
    /// The newest time that a record carries; at the latest when it came in.
    pub(super) newest: UnixNanos,
    pub(super) stopped: Option<UnixNanos>,
    pub(super) calls: RecentCalls,
}

impl Note {
    pub(crate) fn of(write: &Write) -> Self {
        let mut note = Self { project: write.project.clone(), received: write.received, agents: Vec::new() };
        let batch = &write.batch;
        let counted_from =
            UnixNanos(write.received.0.saturating_sub(COUNTED.as_nanos().try_into().unwrap_or(i64::MAX)));
        for priced in &batch.spans {
            let ended = priced.span.ended.min(write.received);
            let told = note.agent(&priced.span.agent, ended);
            if ended >= counted_from {
                told.calls.count(ended, &Tally::of_span(priced));
            }
        }
        for priced in &batch.events {
            let event = &priced.event;
            let at = event.at.min(write.received);
            let told = note.agent(&event.agent, at);
            if at >= counted_from {
                told.calls.count(at, &Tally::of_event(priced));
            }
            if matches!(&event.body, EventBody::Custom { name, .. } if name == STOPPED) {
                told.stop(at);
            }
        }
        for log in &batch.logs {
            let at = log.at.min(write.received);
            let told = note.agent(&log.agent, at);
            if log.event_name.as_deref() == Some(STOPPED) {
                told.stop(at);
            }
        }
        for record in &batch.records {
            let at = record.at.min(write.received);
            let told = note.agent(&record.agent, at);
            if says_stopped(record) {
                told.stop(at);
            }
        }
        for point in &batch.points {
            note.agent(&point.agent, point.at.min(write.received));
        }
        note
    }

    fn agent(&mut self, agent: &Arc<AgentIdentity>, at: UnixNanos) -> &mut Told {
        // Neighbours mostly have the same agent, and the same in memory.
        let is_last = self
            .agents
            .last()
            .is_some_and(|last| Arc::ptr_eq(&last.agent, agent) || last.agent.name == agent.name);
        if !is_last {
            self.agents.push(Told {
                agent: Arc::clone(agent),
                newest: at,
                stopped: None,
                calls: RecentCalls::default(),
            });
        }
        let told = self.agents.last_mut().expect("one was pushed if there was none");
        told.newest = told.newest.max(at);
        told
    }
}

impl Told {
    fn stop(&mut self, at: UnixNanos) {
        self.stopped = self.stopped.max(Some(at));
    }
}

fn says_stopped(record: &MetricRecord) -> bool {
    let stopped = AgentStatus::Stopped.as_str();
    record
        .custom
        .iter()
        .any(|said| said.key == STATUS && matches!(&said.value, Value::Text(text) if text == stopped))
}
