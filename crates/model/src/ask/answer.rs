//! What a question gets: the answer, with the receipts of what it rests on.

use super::{Block, Card, Entities, Intent, ModelUsage, SqlCard, Tier, Topic};
use crate::telemetry::TraceId;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The answer of a turn.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Response {
    /// The answer as Markdown.
    pub text: String,
    /// The same for a page, which never turns text into markup.
    pub blocks: Vec<Block>,
    /// The data that the answer speaks of.
    pub structured_data: Option<Card>,
    /// Further data, where the answer speaks of several things.
    pub cards: Vec<Card>,
    /// The tools that were called, with the query behind every number.
    pub tool_calls: Vec<ToolUse>,
    /// What to ask next, at most five.
    pub suggested_queries: Vec<String>,
    /// Whether the question could not be answered as asked.
    pub error: bool,
    /// How it was answered.
    pub tier: Tier,
    /// What kind of question it was.
    pub intent: Intent,
    /// The same, finer.
    pub topic: Topic,
    /// What it speaks of.
    pub entities: Entities,
    /// The model that worded the answer or wrote its query; `None` where none did.
    pub model: Option<String>,
    /// What the model's answers took, also those that were not used; `None` where it was not
    /// asked, or did not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub usage: Option<ModelUsage>,
    /// The trace that shows step by step how it was answered: of the agent `sentry-assistant`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trace_id: Option<TraceId>,
}

impl Response {
    /// Every card, in order.
    pub fn all_cards(&self) -> impl Iterator<Item = &Card> {
        self.structured_data.iter().chain(&self.cards)
    }
}

/// A tool call, with its receipt once it is over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToolUse {
    /// Numbers the calls of a turn.
    pub id: u32,
    /// The tool's name.
    pub tool: String,
    /// What it was given.
    pub input: BTreeMap<String, String>,
    /// How far it is.
    pub status: ToolStatus,
    /// How long it took.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duration_ms: Option<u64>,
    /// Rows it rests on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub row_count: Option<usize>,
    /// What was asked of which source, in words or SQL.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub query: Option<String>,
    /// When the source last answered: the age of the data.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "crate::wire::optional_timestamp"
    )]
    pub as_of: Option<Timestamp>,
    /// The page that shows the same, as a path with its query.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link: Option<String>,
    /// Why it failed, in a sentence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// The rows of a guarded query, with their receipt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct QueryRun {
    /// The statement as it ran, its rows.
    pub card: SqlCard,
    /// How long it took.
    pub duration_ms: u64,
    /// When the source was asked.
    #[serde(deserialize_with = "crate::wire::timestamp")]
    pub as_of: Timestamp,
}

/// How far a tool call is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ToolStatus {
    /// Asked.
    Executing,
    /// Answered.
    Completed,
    /// Did not answer.
    Failed,
}
