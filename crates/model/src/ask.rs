//! Asking: questions, the events of a turn, and its answer, as `POST /api/chat` and
//! `/api/chat/stream` carry them and threads keep them.

mod card;
mod text;

pub use card::*;
pub use text::{Block, Span};

use crate::date::BusinessDate;
use crate::error::ErrorKind;
use crate::ids::{DatasetId, EssentialName, RunId, SliceName};
use crate::run::Phase;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The longest question, in characters.
pub const LONGEST_QUESTION: usize = 4_000;

crate::ids::text_id! {
    /// A conversation.
    ThreadId
}

/// What somebody asked: not blank, and no longer than [`LONGEST_QUESTION`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Question(String);

/// The text is no question.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidQuestion {
    /// Nothing but white space.
    #[error("the question is empty")]
    Empty,
    /// Longer than [`LONGEST_QUESTION`].
    #[error("the question has {0} characters; at most {LONGEST_QUESTION} are read")]
    TooLong(usize),
}

impl Question {
    /// Takes the text without the white space around it.
    pub fn parse(text: &str) -> Result<Self, InvalidQuestion> {
        let text = text.trim();
        match text.chars().count() {
            0 => Err(InvalidQuestion::Empty),
            length if length > LONGEST_QUESTION => Err(InvalidQuestion::TooLong(length)),
            _ => Ok(Self(text.to_owned())),
        }
    }

    /// The text as typed.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Question {
    type Error = InvalidQuestion;
    fn try_from(text: String) -> Result<Self, InvalidQuestion> {
        Self::parse(&text)
    }
}

impl From<Question> for String {
    fn from(question: Question) -> Self {
        question.0
    }
}

/// Body of `POST /api/chat` and `/api/chat/stream`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AskRequest {
    /// The question.
    pub message: String,
    /// The conversation it belongs to; a new one where absent.
    #[serde(default)]
    pub thread_id: Option<ThreadId>,
    /// The date that the page shows: counts where neither question nor thread says one.
    #[serde(default)]
    pub business_date: Option<BusinessDate>,
    /// The phase that the page shows, likewise.
    #[serde(default)]
    pub processing_type: Option<Phase>,
    /// The essential that the page is about, likewise.
    #[serde(default)]
    pub essential: Option<EssentialName>,
    /// The turn it is asked after; the thread's newest where absent.
    #[serde(default)]
    pub parent: Option<TurnId>,
    /// The turn whose question it is a new version of: it is asked after the same turn, beside it.
    #[serde(default)]
    pub edits: Option<TurnId>,
}

/// Names a turn that was begun.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct TurnRef {
    /// Its conversation.
    pub thread_id: ThreadId,
    /// Itself.
    pub turn_id: TurnId,
}

/// A conversation with its newest turns, oldest first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Thread {
    /// Its id.
    pub id: ThreadId,
    /// What the list calls it.
    pub title: String,
    /// Whether everybody in the project may read it.
    pub is_shared: bool,
    /// Whether it is its reader's own: only its owner carries it on.
    pub is_mine: bool,
    /// Its turns: one page of them.
    pub turns: Vec<Turn>,
    /// Whether there are turns before these.
    pub has_older: bool,
}

/// A conversation in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ThreadItem {
    /// Its id.
    pub id: ThreadId,
    /// What the list calls it.
    pub title: String,
    /// When its newest turn was asked.
    #[serde(deserialize_with = "crate::wire::timestamp")]
    pub updated_at: Timestamp,
    /// How many turns it has.
    pub turn_count: usize,
    /// Whether everybody in the project may read it.
    pub is_shared: bool,
    /// Whether it is its reader's own.
    pub is_mine: bool,
}

/// Names a turn within its thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TurnId(pub u64);

/// A question and what came of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Turn {
    /// Its id.
    pub id: TurnId,
    /// The turn it was asked after; an edited question has the same one as the first version.
    pub parent: Option<TurnId>,
    /// The question.
    pub question: Question,
    /// When it was asked.
    #[serde(deserialize_with = "crate::wire::timestamp")]
    pub asked_at: Timestamp,
    /// What came of it; `None` while it is being answered.
    pub outcome: Option<Outcome>,
    /// What its reader thought of the answer.
    pub rating: Option<Rating>,
}

/// How a turn ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// With an answer.
    Answered(Box<Response>),
    /// Without one.
    Failed(AskError),
}

/// What a reader thought of an answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rating {
    /// Thumb up or down.
    pub thumb: Thumb,
    /// Why, in the reader's words; may be empty.
    pub comment: String,
}

/// A thumb.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Thumb {
    /// It helped.
    Up,
    /// It did not.
    Down,
}

/// How a question was answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "u8", into = "u8")]
pub enum Tier {
    /// By the tools.
    Tools,
    /// By a guarded query.
    Query,
    /// Declined, with what can be answered instead.
    Declined,
}

impl From<Tier> for u8 {
    fn from(tier: Tier) -> Self {
        match tier {
            Tier::Tools => 1,
            Tier::Query => 2,
            Tier::Declined => 3,
        }
    }
}

impl TryFrom<u8> for Tier {
    type Error = &'static str;
    fn try_from(number: u8) -> Result<Self, Self::Error> {
        match number {
            1 => Ok(Self::Tools),
            2 => Ok(Self::Query),
            3 => Ok(Self::Declined),
            _ => Err("a tier is 1, 2 or 3"),
        }
    }
}

/// What kind of question it is: the classes of the API.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Intent {
    /// How something is doing.
    StatusCheck,
    /// What failed, and why.
    RcaDrilldown,
    /// The tasks of a run.
    TaskDetail,
    /// When something will be done.
    Prediction,
    /// History, comparison, dependencies, and all that only a query answers.
    GeneralQuery,
    /// Nothing that is answered here.
    OutOfScope,
}

/// What a question is about: finer than [`Intent`], and what decides the tools.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Topic {
    /// Status and progress of essentials, datasets or slices.
    Status,
    /// What failed, why, and what it holds up.
    Failures,
    /// The tasks of a run.
    Tasks,
    /// Runs that fit: by id, status, trigger.
    Runs,
    /// When something will be done.
    Prediction,
    /// How long things took.
    History,
    /// Two dates, or two essentials, side by side.
    Compare,
    /// Which essentials wait for which.
    Dependencies,
    /// A question that only a query answers.
    Analysis,
    /// What can be asked.
    Help,
    /// A request to change something.
    Write,
    /// Business motives and all else that no source here knows.
    OffTopic,
}

impl Topic {
    /// The class of the API it belongs to.
    pub fn intent(self) -> Intent {
        match self {
            Self::Status | Self::Runs => Intent::StatusCheck,
            Self::Failures => Intent::RcaDrilldown,
            Self::Tasks => Intent::TaskDetail,
            Self::Prediction => Intent::Prediction,
            Self::History | Self::Compare | Self::Dependencies | Self::Analysis => Intent::GeneralQuery,
            Self::Help | Self::Write | Self::OffTopic => Intent::OutOfScope,
        }
    }

    /// How questions of this kind are answered.
    pub fn tier(self) -> Tier {
        match self {
            Self::Analysis => Tier::Query,
            Self::Help | Self::Write | Self::OffTopic => Tier::Declined,
            _ => Tier::Tools,
        }
    }
}

/// A phase as people say it: a run by hand is a kind of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum PhaseWord {
    /// The first pass.
    Prelim,
    /// The second pass.
    Final,
    /// Repairs by hand.
    Manual,
}

impl PhaseWord {
    /// The phase, where it is one of the two passes.
    pub fn phase(self) -> Option<Phase> {
        match self {
            Self::Prelim => Some(Phase::Prelim),
            Self::Final => Some(Phase::Final),
            Self::Manual => None,
        }
    }

    /// `PRELIM`, `FINAL` or `MANUAL`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Prelim => "PRELIM",
            Self::Final => "FINAL",
            Self::Manual => "MANUAL",
        }
    }
}

impl From<Phase> for PhaseWord {
    fn from(phase: Phase) -> Self {
        match phase {
            Phase::Prelim => Self::Prelim,
            Phase::Final => Self::Final,
        }
    }
}

/// What a question speaks of, in canonical names.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entities {
    /// Essentials; empty for all.
    pub essentials: Vec<EssentialName>,
    /// Datasets; empty for all of the essentials.
    pub datasets: Vec<DatasetId>,
    /// Slices; empty for all.
    pub slices: Vec<SliceName>,
    /// The date, or the last one of a range.
    pub business_date: Option<BusinessDate>,
    /// The first date of a range, or the date that `business_date` is compared with.
    pub from_date: Option<BusinessDate>,
    /// The phase; `None` for both.
    pub phase: Option<PhaseWord>,
    /// A run.
    pub run_id: Option<RunId>,
}

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
}

impl Response {
    /// Every card, in order.
    pub fn all_cards(&self) -> impl Iterator<Item = &Card> {
        self.structured_data.iter().chain(&self.cards)
    }
}

/// One event of a turn. On the wire its name is [`AskEvent::name`] and its data the content as
/// JSON, with the name as `type`; a reader goes by the name, so events themselves are only
/// written. Every turn ends with exactly one [`AskEvent::is_last`].
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum AskEvent {
    /// A step begins.
    NodeStart(NodeStart),
    /// A step is over.
    NodeEnd(NodeEnd),
    /// A tool is asked.
    ToolCall(ToolUse),
    /// It has answered.
    ToolResult(ToolUse),
    /// The next piece of the answer's text.
    Token(Token),
    /// Data to show.
    Card(CardEvent),
    /// The answer, whole. Last.
    Response(ResponseEvent),
    /// There is none. Last.
    Error(AskError),
}

impl AskEvent {
    /// The event's name on the wire.
    pub fn name(&self) -> &'static str {
        match self {
            Self::NodeStart(_) => "node_start",
            Self::NodeEnd(_) => "node_end",
            Self::ToolCall(_) => "tool_call",
            Self::ToolResult(_) => "tool_result",
            Self::Token(_) => "token",
            Self::Card(_) => "card",
            Self::Response(_) => "response",
            Self::Error(_) => "error",
        }
    }

    /// Whether nothing follows.
    pub fn is_last(&self) -> bool {
        matches!(self, Self::Response(_) | Self::Error(_))
    }
}

/// The steps of a turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Node {
    /// What the thread and the page say.
    ContextLoader,
    /// What is asked.
    IntentClassifier,
    /// Which names are meant.
    BatchResolver,
    /// The tools are asked.
    DataFetcher,
    /// A query is written and run.
    SqlAnalyst,
    /// The answer is put together.
    ResponseSynthesizer,
}

impl Node {
    /// What people are told meanwhile.
    pub fn label(self) -> &'static str {
        match self {
            Self::ContextLoader => "Loading context",
            Self::IntentClassifier => "Classifying intent",
            Self::BatchResolver => "Resolving batch",
            Self::DataFetcher => "Querying databases",
            Self::SqlAnalyst => "Writing a query",
            Self::ResponseSynthesizer => "Generating response",
        }
    }
}

/// A step begins.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NodeStart {
    /// Which step.
    pub node: Node,
}

/// A step is over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NodeEnd {
    /// Which step.
    pub node: Node,
    /// What came of it, for people who watch.
    pub result: NodeResult,
}

/// What a step found out; fields that do not concern the step are absent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NodeResult {
    /// Of the classifier.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub intent: Option<Intent>,
    /// Of the resolver: the essentials' display names.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub batch: Option<String>,
    /// Of the resolver.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dataset_count: Option<usize>,
    /// Of the fetcher and the analyst.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub row_count: Option<usize>,
}

/// A piece of the answer's text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Token {
    /// To be put behind what came before.
    pub text: String,
}

/// Data to show.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CardEvent {
    /// The data.
    pub card: Card,
}

/// The answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ResponseEvent {
    /// The answer.
    pub data: Box<Response>,
}

/// Why a turn has no answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AskError {
    /// Somebody stopped it: not a fault.
    pub cancelled: bool,
    /// What can be done about it.
    pub kind: ErrorKind,
    /// A sentence for people.
    pub message: String,
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
