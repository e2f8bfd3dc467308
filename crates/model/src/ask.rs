//! Asking: questions, the events of a turn, and its answer, as `POST /api/chat` and
//! `/api/chat/stream` carry them and threads keep them.

mod answer;
mod card;
mod event;
mod meaning;
mod question;
mod text;
mod thread;
mod usage;

pub use answer::{QueryRun, Response, ToolStatus, ToolUse};
pub use card::*;
pub use event::{AskError, AskEvent, CardEvent, Node, NodeEnd, NodeResult, NodeStart, ResponseEvent, Token};
pub use meaning::{Entities, Intent, PhaseWord, Tier, Topic};
pub use question::{AskRequest, InvalidQuestion, LONGEST_QUESTION, Question};
pub use text::{Block, Span};
pub use thread::{
    Begun, Outcome, Rating, Thread, ThreadId, ThreadItem, Thumb, Turn, TurnId, TurnPage, TurnRef,
};
pub use usage::{Amount, InvalidAmount, ModelUsage};
