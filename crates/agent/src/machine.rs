//! One turn of a conversation as a state machine: [`Turn::start`] and [`Turn::on`] take what
//! happened and give what is to be done. It does nothing itself, so time-outs, failures and a
//! stop button are plain function calls in tests.

mod event;
mod query;

pub use event::{Effect, Event, QueryAnswer, QueryRefusal, SuggestedQuery, TurnInput};

use crate::compose::{self, Draft};
use crate::facts::Facts;
use crate::model_text::{self, ModelFailure};
use crate::plan;
use crate::request::{Request, ThreadContext};
use crate::tool::{ToolAnswer, ToolCall, ToolFailure, ToolOutput};
use crate::understand::understand;
use model::ErrorKind;
use model::ask::{
    AskError, AskEvent, Block, CardEvent, Node, NodeEnd, NodeResult, NodeStart, Response, ResponseEvent,
    Tier, Token, ToolStatus, ToolUse, Topic,
};
use std::collections::BTreeMap;

/// Tool calls of one turn at the most.
pub const MOST_TOOL_CALLS: usize = 24;
/// Events that one turn takes at the most.
pub const MOST_EVENTS: usize = 200;
/// A turn that takes longer answers with what it has.
pub const LONGEST_TURN_MS: u64 = 30_000;
/// How often a query that the guard refused is written anew.
pub const MOST_REWRITES: usize = 2;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Understanding,
    Fetching,
    WritingQuery,
    RunningQuery,
    Suggesting,
    Wording,
    Over,
}

/// A turn under way.
#[derive(Debug)]
pub struct Turn {
    input: TurnInput,
    request: Request,
    state: State,
    round: usize,
    events: usize,
    calls: BTreeMap<u32, ToolCall>,
    uses: Vec<ToolUse>,
    outputs: Vec<ToolOutput>,
    failures: Vec<ToolFailure>,
    refusals: Vec<(String, String)>,
    sql: String,
    draft: Draft,
    notes: Vec<String>,
    worded_by_model: bool,
}

impl Turn {
    /// Begins a turn.
    pub fn start(input: TurnInput) -> (Self, Vec<Effect>) {
        let reading = understand(input.question.as_str(), &input.catalog, input.today);
        let request = Request::new(&reading, &input.thread, &input.filters, input.today, &input.catalog);
        let mut turn = Self {
            input,
            request,
            state: State::Understanding,
            round: 0,
            events: 0,
            calls: BTreeMap::new(),
            uses: Vec::new(),
            outputs: Vec::new(),
            failures: Vec::new(),
            refusals: Vec::new(),
            sql: String::new(),
            draft: Draft::default(),
            notes: Vec::new(),
            worded_by_model: false,
        };
        let mut effects =
            vec![start_of(Node::ContextLoader), end_of(Node::ContextLoader, NodeResult::default())];
        effects.push(start_of(Node::IntentClassifier));
        let doubtful = !turn.request.is_sure || !turn.request.troubles.is_empty();
        if turn.input.model.is_some() && doubtful {
            let request = model_text::understand_request(&turn.input);
            effects.push(Effect::AskModel(request));
        } else {
            turn.understood(&mut effects);
        }
        (turn, effects)
    }

    /// Takes what happened. After [`Effect::Finish`] nothing has any effect.
    pub fn on(&mut self, event: Event) -> Vec<Effect> {
        let mut effects = Vec::new();
        self.events += 1;
        match (self.state, event) {
            (State::Over, _) => {}
            (_, Event::Cancel) => self.fail(&mut effects, true, "Stopped."),
            (_, Event::Elapsed(elapsed_ms)) if elapsed_ms < LONGEST_TURN_MS => {}
            (_, Event::Elapsed(_)) => self.out_of_time(&mut effects),
            _ if self.events > MOST_EVENTS => self.out_of_time(&mut effects),
            (State::Understanding, Event::Model(said)) => self.model_understood(said, &mut effects),
            (State::Fetching, Event::Tool { id, result }) => self.tool_answered(id, result, &mut effects),
            (State::WritingQuery, Event::Model(said)) => self.query_written(said, &mut effects),
            (State::RunningQuery, Event::Query(result)) => self.query_answered(result, &mut effects),
            (State::Suggesting, Event::Suggestion(found)) => self.suggested(found, &mut effects),
            (State::Wording, Event::Model(said)) => self.worded(said, &mut effects),
            // An answer that nobody waits for any more.
            _ => {}
        }
        effects
    }

    /// Whether the turn is over.
    pub fn is_over(&self) -> bool {
        self.state == State::Over
    }

    fn model_understood(&mut self, said: Result<String, ModelFailure>, effects: &mut Vec<Effect>) {
        let input = &self.input;
        let reading =
            said.and_then(|text| model_text::read_understanding(&text, &input.catalog, input.today));
        match reading {
            Ok(reading) => {
                self.request =
                    Request::new(&reading, &input.thread, &input.filters, input.today, &input.catalog);
            }
            Err(failure) => self.notes.push(failure.note()),
        }
        self.understood(effects);
    }

    fn understood(&mut self, effects: &mut Vec<Effect>) {
        let intent = Some(self.request.topic.intent());
        effects.push(end_of(Node::IntentClassifier, NodeResult { intent, ..NodeResult::default() }));
        effects.push(start_of(Node::BatchResolver));
        effects.push(end_of(Node::BatchResolver, self.resolved()));
        if self.request.tier() == Tier::Declined || self.request.blocking_trouble().is_some() {
            self.compose(effects);
        } else if self.request.topic == Topic::Analysis {
            self.analyse(effects);
        } else {
            self.state = State::Fetching;
            effects.push(start_of(Node::DataFetcher));
            self.next_round(effects);
        }
    }

    fn resolved(&self) -> NodeResult {
        let known = self.request.essentials.iter().filter_map(|name| self.input.catalog.get(name));
        let names: Vec<&str> = known.clone().map(|essential| essential.display_name.as_str()).collect();
        NodeResult {
            batch: (!names.is_empty()).then(|| names.join(", ")),
            dataset_count: (!names.is_empty()).then(|| known.map(|essential| essential.datasets.len()).sum()),
            ..NodeResult::default()
        }
    }

    fn next_round(&mut self, effects: &mut Vec<Effect>) {
        let calls = plan::calls(&self.request, &self.input.thread, self.round, &self.outputs);
        self.round += 1;
        for call in calls.into_iter().take(MOST_TOOL_CALLS.saturating_sub(self.uses.len())) {
            // Numbered from 1, in the order they are told.
            let id = u32::try_from(self.uses.len() + 1).unwrap_or(u32::MAX);
            let started = call.started(id);
            self.uses.push(started.clone());
            self.calls.insert(id, call.clone());
            effects.push(Effect::Emit(AskEvent::ToolCall(started)));
            effects.push(Effect::CallTool { id, call });
        }
        if self.calls.is_empty() {
            let row_count = Some(self.uses.iter().filter_map(|tool| tool.row_count).sum());
            effects.push(end_of(Node::DataFetcher, NodeResult { row_count, ..NodeResult::default() }));
            self.compose(effects);
        }
    }

    fn tool_answered(&mut self, id: u32, result: Result<ToolAnswer, ToolFailure>, effects: &mut Vec<Effect>) {
        if self.calls.remove(&id).is_none() {
            return;
        }
        let Some(tool) = self.uses.iter_mut().find(|tool| tool.id == id) else { return };
        match result {
            Ok(answer) => {
                tool.status = ToolStatus::Completed;
                tool.duration_ms = Some(answer.duration_ms);
                tool.row_count = Some(answer.row_count);
                tool.query = Some(answer.query);
                tool.as_of = answer.as_of;
                self.outputs.push(answer.output);
            }
            Err(failure) => {
                tool.status = ToolStatus::Failed;
                tool.error = Some(failure.message.clone());
                self.failures.push(failure);
            }
        }
        effects.push(Effect::Emit(AskEvent::ToolResult(tool.clone())));
        if self.calls.is_empty() {
            self.next_round(effects);
        }
    }

    fn compose(&mut self, effects: &mut Vec<Effect>) {
        self.request.adopt_run(&self.outputs, &self.input.catalog);
        self.draft = compose::compose(&self.request, &self.input, &self.outputs, &self.failures);
        self.word(effects);
    }

    /// Has the model word the answer, where there is one and it rests on data.
    fn word(&mut self, effects: &mut Vec<Effect>) {
        effects.push(start_of(Node::ResponseSynthesizer));
        // What did not answer, and what could not be resolved, is told as composed: a wording may
        // leave it out.
        let plain = self.request.tier() == Tier::Declined
            || self.draft.is_error
            || !self.notes.is_empty()
            || !self.failures.is_empty()
            || !self.request.troubles.is_empty();
        let request = model_text::wording_request(self.input.question.as_str(), &self.draft);
        match request.filter(|_| self.input.model.is_some() && !plain) {
            None => self.finish(effects),
            Some(request) => {
                self.state = State::Wording;
                effects.push(Effect::AskModel(request));
            }
        }
    }

    fn worded(&mut self, said: Result<String, ModelFailure>, effects: &mut Vec<Effect>) {
        match said {
            Ok(text) => {
                let facts = Facts::new(&self.draft.cards, &self.draft.text(), &self.input.catalog);
                let blocks = Block::read_markdown(&text);
                if facts.cover(&text) && blocks.iter().all(compose::says_something) {
                    self.draft.blocks = compose::linked(blocks, &self.draft.blocks);
                    self.worded_by_model = true;
                }
            }
            Err(failure) => self.notes.push(failure.note()),
        }
        self.finish(effects);
    }

    fn out_of_time(&mut self, effects: &mut Vec<Effect>) {
        // A step that waits for a model goes on without it; the next tick ends what then still runs.
        match self.state {
            State::Understanding => return self.model_understood(Err(ModelFailure::Slow), effects),
            State::WritingQuery => return self.query_written(Err(ModelFailure::Slow), effects),
            State::Wording => return self.worded(Err(ModelFailure::Slow), effects),
            State::Fetching | State::RunningQuery | State::Suggesting | State::Over => {}
        }
        self.notes.push("This took too long; the answer rests on what was known by then.".to_owned());
        self.calls.clear();
        if self.state == State::Fetching {
            self.compose(effects);
        } else {
            self.suggested(None, effects);
        }
    }

    fn respond(&mut self, effects: &mut Vec<Effect>) {
        effects.push(start_of(Node::ResponseSynthesizer));
        self.finish(effects);
    }

    fn finish(&mut self, effects: &mut Vec<Effect>) {
        self.state = State::Over;
        let mut draft = std::mem::take(&mut self.draft);
        draft.blocks.extend(self.notes.iter().map(|note| compose::note(note)));
        for card in &draft.cards {
            effects.push(Effect::Emit(AskEvent::Card(CardEvent { card: card.clone() })));
        }
        for (i, block) in draft.blocks.iter().enumerate() {
            let gap = if i == 0 { "" } else { "\n\n" };
            let text = format!("{gap}{}", Block::to_markdown(std::slice::from_ref(block)));
            effects.push(Effect::Emit(AskEvent::Token(Token { text })));
        }
        effects.push(end_of(Node::ResponseSynthesizer, NodeResult::default()));
        let context = self.context(&draft);
        let text = draft.text();
        let mut cards = draft.cards.into_iter();
        let response = Response {
            text,
            blocks: draft.blocks,
            structured_data: cards.next(),
            cards: cards.collect(),
            tool_calls: std::mem::take(&mut self.uses),
            suggested_queries: draft.chips,
            error: draft.is_error,
            tier: self.request.tier(),
            intent: self.request.topic.intent(),
            topic: self.request.topic,
            entities: self.request.entities(),
            model: self.input.model.clone().filter(|_| self.worded_by_model),
            // Whoever asks the model counts, and names the trace.
            usage: None,
            trace_id: None,
        };
        effects.push(Effect::Emit(AskEvent::Response(ResponseEvent { data: Box::new(response) })));
        effects.push(Effect::Finish(context));
    }

    fn context(&self, draft: &Draft) -> ThreadContext {
        let mut context = self.request.context().clone();
        if !draft.failed_runs.is_empty() {
            context.failed_runs = draft.failed_runs.clone();
        }
        if self.request.topic == Topic::Analysis && !self.request.carries_on {
            context.query_question = Some(self.input.question.as_str().to_owned());
        }
        context
    }

    fn fail(&mut self, effects: &mut Vec<Effect>, cancelled: bool, message: &str) {
        self.state = State::Over;
        let error = AskError { cancelled, kind: ErrorKind::Conflict, message: message.to_owned() };
        effects.push(Effect::Emit(AskEvent::Error(error)));
        effects.push(Effect::Finish(self.input.thread.clone()));
    }
}

fn start_of(node: Node) -> Effect {
    Effect::Emit(AskEvent::NodeStart(NodeStart { node }))
}

fn end_of(node: Node, result: NodeResult) -> Effect {
    Effect::Emit(AskEvent::NodeEnd(NodeEnd { node, result }))
}
