//! What a turn did, as the spans of a trace: we watch our own agent as any other.
//!
//! While a turn runs, [`Notes`] only takes down what happens and when. Spans are made of that when the
//! turn is over, apart from it.

mod spans;

use super::tally::ModelCall;
use identity::token;
use model::ask::{AskError, AskEvent, Node, NodeEnd, Question, Response, ToolUse, TurnRef};
use model::identity::ProjectId;
use model::telemetry::{Span, SpanId, TraceId, UnixNanos};
use spans::{Writer, word};
use tokio::time::Instant;

/// What happens in a turn.
pub(super) struct Notes {
    pub(super) trace_id: TraceId,
    began_at: UnixNanos,
    began: Instant,
    events: Vec<(Instant, AskEvent)>,
}

impl Notes {
    pub(super) fn begin(now: UnixNanos) -> Self {
        let trace_id = TraceId::from_bytes(&token::new_uuid()).expect("a UUID's version is not zero");
        Self { trace_id, began_at: now, began: Instant::now(), events: Vec::new() }
    }

    /// Takes down what a span is made of.
    pub(super) fn take(&mut self, event: &AskEvent) {
        let is_of_use = matches!(
            event,
            AskEvent::NodeStart(_) | AskEvent::NodeEnd(_) | AskEvent::ToolCall(_) | AskEvent::ToolResult(_)
        );
        if is_of_use {
            self.events.push((Instant::now(), event.clone()));
        }
    }

    /// The turn is over now.
    pub(super) fn end(self, of: TurnOf, calls: Vec<ModelCall>, last: &AskEvent) -> TurnTrace {
        let end = match last {
            AskEvent::Response(response) => Ok(Answered::of(&response.data)),
            AskEvent::Error(error) => Err(error.clone()),
            _ => Err(super::lost()),
        };
        TurnTrace { of, notes: self, ended: Instant::now(), calls, end }
    }
}

/// Whose a turn is, and what it is about.
pub(super) struct TurnOf {
    pub(super) project: ProjectId,
    pub(super) turn: TurnRef,
    pub(super) user: String,
    pub(super) question: Question,
    /// Who provides the model, and its name there.
    pub(super) model: Option<(&'static str, String)>,
    pub(super) environment: String,
}

/// What is kept of an answer.
struct Answered {
    tier: u8,
    intent: String,
}

impl Answered {
    fn of(response: &Response) -> Self {
        Self { tier: response.tier.into(), intent: word(&response.intent) }
    }
}

/// A turn that is over.
pub(crate) struct TurnTrace {
    of: TurnOf,
    notes: Notes,
    ended: Instant,
    calls: Vec<ModelCall>,
    end: Result<Answered, AskError>,
}

/// Whether the question and what names essentials go into the spans: everybody in the project may read
/// those.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Content {
    Told,
    LeftOut,
}

/// A step of a turn.
struct Step {
    node: Node,
    began: Instant,
    ended: Option<Instant>,
    end: Option<NodeEnd>,
}

/// A tool that was asked.
struct Asked {
    tool: ToolUse,
    began: Instant,
    ended: Option<Instant>,
}

impl TurnTrace {
    /// Whose it is.
    pub(crate) fn project(&self) -> &ProjectId {
        &self.of.project
    }

    /// The spans, the root first. Their attributes are not read yet.
    pub(crate) fn spans(self, content: Content) -> Vec<Span> {
        let (steps, tools) = self.read();
        let mut writer = Writer::new(&self, content);
        writer.root(&self);
        let step_ids: Vec<(Instant, SpanId)> =
            steps.iter().map(|step| (step.began, writer.step(step))).collect();
        // A tool and a model are asked in the step that began last before it.
        let parent_of = |began: Instant, root: SpanId| {
            step_ids.iter().rev().find(|(step, _)| *step <= began).map_or(root, |(_, id)| *id)
        };
        for tool in &tools {
            let parent = parent_of(tool.began, writer.root_id());
            writer.tool(tool, parent);
        }
        for call in &self.calls {
            let parent = parent_of(call.began, writer.root_id());
            writer.call(call, self.of.model.as_ref(), parent);
        }
        writer.into_spans()
    }

    /// Steps and tools, in the order in which they began.
    fn read(&self) -> (Vec<Step>, Vec<Asked>) {
        let (mut steps, mut tools): (Vec<Step>, Vec<Asked>) = (Vec::new(), Vec::new());
        for (at, event) in &self.notes.events {
            match event {
                AskEvent::NodeStart(start) => {
                    // One that did not say that it is over is, when the next one begins.
                    if let Some(step) = steps.last_mut() {
                        step.ended.get_or_insert(*at);
                    }
                    steps.push(Step { node: start.node, began: *at, ended: None, end: None });
                }
                AskEvent::NodeEnd(end) => {
                    if let Some(step) = steps.iter_mut().rfind(|step| step.node == end.node) {
                        (step.ended, step.end) = (Some(*at), Some(end.clone()));
                    }
                }
                AskEvent::ToolCall(tool) => {
                    tools.push(Asked { tool: tool.clone(), began: *at, ended: None });
                }
                AskEvent::ToolResult(result) => {
                    if let Some(asked) = tools.iter_mut().rfind(|asked| asked.tool.id == result.id) {
                        (asked.tool, asked.ended) = (result.clone(), Some(*at));
                    }
                }
                _ => {}
            }
        }
        (steps, tools)
    }
}
