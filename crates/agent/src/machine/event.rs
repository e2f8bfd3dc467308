//! What goes into a turn and what comes out.

use crate::model_text::{ModelFailure, ModelRequest};
use crate::request::{PageFilters, ThreadContext};
use crate::tool::{ToolAnswer, ToolCall, ToolFailure};
use model::ask::{AskEvent, Entities, Question, SqlCard};
use model::{BusinessDate, Catalog, Timestamp};
use std::sync::Arc;

/// What a turn starts from.
#[derive(Clone, Debug)]
pub struct TurnInput {
    /// The question.
    pub question: Question,
    /// The catalog, as far as the reader may see it.
    pub catalog: Arc<Catalog>,
    /// What the thread carries.
    pub thread: ThreadContext,
    /// What the page shows.
    pub filters: PageFilters,
    /// The reader's date, in the reader's zone.
    pub today: BusinessDate,
    /// The server's time: running durations go to here.
    pub now: Timestamp,
    /// The model's name, where one may be asked.
    pub model: Option<String>,
    /// Whether the reader may ask by query: its rows are everybody's.
    pub may_query: bool,
}

/// What happened.
#[derive(Clone, Debug)]
pub enum Event {
    /// The tool call `id` is over.
    Tool {
        /// Of [`Effect::CallTool`].
        id: u32,
        /// Its answer.
        result: Result<ToolAnswer, ToolFailure>,
    },
    /// The model has said something, or not.
    Model(Result<String, ModelFailure>),
    /// The guard and the database are done with a query.
    Query(Result<QueryAnswer, QueryRefusal>),
    /// The nearest curated question, with its slots filled; `None` where none is near.
    Suggestion(Option<SuggestedQuery>),
    /// This much time has gone by since the start, in milliseconds.
    Elapsed(u64),
    /// Somebody pressed stop, or has gone.
    Cancel,
}

/// What is to be done.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// Ask a tool; answer with [`Event::Tool`]. Calls of one round may run side by side.
    CallTool {
        /// To be given back.
        id: u32,
        /// The question.
        call: ToolCall,
    },
    /// Ask the model; answer with [`Event::Model`].
    AskModel(ModelRequest),
    /// Guard the query and run it where it passes; answer with [`Event::Query`].
    GuardAndRun {
        /// What it answers.
        question: String,
        /// A SELECT in MySQL's dialect, by a model.
        sql: String,
    },
    /// Find the nearest curated question; answer with [`Event::Suggestion`].
    SuggestQuery {
        /// The question.
        question: String,
        /// What it speaks of.
        entities: Entities,
    },
    /// Tell the reader.
    Emit(AskEvent),
    /// The turn is over: keep this for the next one. Nothing follows.
    Finish(ThreadContext),
}

/// Rows of a guarded query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueryAnswer {
    /// The statement as it ran, its rows.
    pub card: SqlCard,
    /// How long it took.
    pub duration_ms: u64,
    /// When the source was asked.
    pub as_of: Option<Timestamp>,
}

/// A query that was not run, or failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueryRefusal {
    /// The guard's reason, or that the source is down.
    pub reason: String,
    /// Whether another wording of the query could pass.
    pub can_rewrite: bool,
}

/// A curated question that is near what was asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SuggestedQuery {
    /// The question that it answers, its slots filled.
    pub question: String,
    /// Its statement.
    pub sql: String,
}
