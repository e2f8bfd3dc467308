//! Shared by the tests: the reference estate in memory, tools over it, and a driver of turns.

mod estate;
mod toolbox;

pub(crate) use estate::Estate;

use agent::{
    Effect, Event, ModelRequest, PageFilters, QueryAnswer, QueryRefusal, SuggestedQuery, ThreadContext, Turn,
    TurnInput,
};
use model::BusinessDate;
use model::ask::{AskEvent, Question, Response};
use std::collections::VecDeque;

/// One turn from question to last event, with tools over the estate.
pub(crate) struct Asked {
    /// All that the reader was told, in order.
    pub(crate) events: Vec<AskEvent>,
    /// What the thread carries on.
    pub(crate) context: ThreadContext,
    /// The tool calls, in order.
    pub(crate) calls: Vec<agent::ToolCall>,
    /// What the model was asked.
    pub(crate) prompts: Vec<ModelRequest>,
}

impl Asked {
    /// The answer.
    pub(crate) fn response(&self) -> &Response {
        match self.events.last() {
            Some(AskEvent::Response(event)) => &event.data,
            other => panic!("the turn ended with {other:?}"),
        }
    }
}

/// Whoever carries out effects that the estate cannot.
pub(crate) trait Outside {
    /// The model's next words.
    fn model(&mut self, request: &ModelRequest) -> Result<String, agent::ModelFailure>;
    /// What guard and database make of a query.
    fn query(&mut self, question: &str, sql: &str) -> Result<QueryAnswer, QueryRefusal>;
    /// The nearest curated question.
    fn suggestion(&mut self) -> Option<SuggestedQuery> {
        Some(SuggestedQuery {
            question: "Which batch had the most failed runs this month?".into(),
            sql: "SELECT 1".into(),
        })
    }
}

/// No model at all.
pub(crate) struct NoModel;

impl Outside for NoModel {
    fn model(&mut self, request: &ModelRequest) -> Result<String, agent::ModelFailure> {
        panic!("no model may be asked: {request:?}")
    }
    fn query(&mut self, _: &str, sql: &str) -> Result<QueryAnswer, QueryRefusal> {
        panic!("no query may be run: {sql}")
    }
}

/// What a question is asked with.
pub(crate) fn input(estate: &Estate, question: &str, thread: &ThreadContext) -> TurnInput {
    TurnInput {
        question: Question::parse(question).unwrap(),
        catalog: estate.catalog.clone(),
        thread: thread.clone(),
        filters: PageFilters::default(),
        today: BusinessDate::parse("2026-02-18").unwrap(),
        now: "2026-02-18T12:09:40Z".parse().unwrap(),
        model: None,
        may_query: true,
    }
}

/// Runs a turn to its end.
pub(crate) fn run(estate: &Estate, input: TurnInput, outside: &mut dyn Outside) -> Asked {
    let (mut turn, effects) = Turn::start(input);
    let mut asked = Asked {
        events: Vec::new(),
        context: ThreadContext::default(),
        calls: Vec::new(),
        prompts: Vec::new(),
    };
    let mut todo: VecDeque<Effect> = effects.into();
    while let Some(effect) = todo.pop_front() {
        let event = match effect {
            Effect::Emit(event) => {
                asked.events.push(event);
                continue;
            }
            Effect::Finish(context) => {
                asked.context = context;
                continue;
            }
            Effect::CallTool { id, call } => {
                let result = estate.answer(&call);
                asked.calls.push(call);
                Event::Tool { id, result }
            }
            Effect::AskModel(request) => {
                let said = outside.model(&request);
                asked.prompts.push(request);
                Event::Model(said)
            }
            Effect::GuardAndRun { question, sql } => Event::Query(outside.query(&question, &sql)),
            Effect::SuggestQuery { .. } => Event::Suggestion(outside.suggestion()),
        };
        todo.extend(turn.on(event));
    }
    assert!(turn.is_over(), "the turn never ended");
    let last = asked.events.iter().filter(|event| event.is_last()).count();
    assert_eq!(last, 1, "one last event");
    assert!(asked.events.last().is_some_and(AskEvent::is_last), "nothing follows the last event");
    asked
}

/// Asks without a model.
pub(crate) fn ask(estate: &Estate, question: &str, thread: &ThreadContext) -> Asked {
    run(estate, input(estate, question, thread), &mut NoModel)
}
