//! Conversations: threads, and the turns that they are made of.

use super::{AskError, Question, Response};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

crate::ids::text_id! {
    /// A conversation.
    ThreadId
}

/// Names a turn that was begun.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct TurnRef {
    /// Its conversation.
    pub thread_id: ThreadId,
    /// Itself.
    pub turn_id: TurnId,
}

/// A turn that was begun.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Begun {
    /// Its name.
    pub turn: TurnRef,
    /// When, by the server's clock.
    #[serde(deserialize_with = "crate::wire::timestamp")]
    pub asked_at: Timestamp,
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
    /// Whether there are turns after these.
    pub has_newer: bool,
}

/// Which turns of a conversation are wanted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TurnPage {
    /// The newest.
    #[default]
    Newest,
    /// Those before this one.
    Before(TurnId),
    /// Those before and after this one, and itself.
    Around(TurnId),
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
