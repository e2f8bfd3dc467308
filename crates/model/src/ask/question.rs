//! What somebody asks.

use super::{ThreadId, TurnId};
use crate::date::BusinessDate;
use crate::ids::EssentialName;
use crate::run::Phase;
use serde::{Deserialize, Serialize};

/// The longest question, in characters.
pub const LONGEST_QUESTION: usize = 4_000;

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
