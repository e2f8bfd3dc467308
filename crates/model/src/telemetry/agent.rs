//! Agents: who sends, and how they do.

pub use super::ids::AgentId;
use super::ids::UnixNanos;
use super::value::Attribute;
use crate::ids::text_id;
use serde::{Deserialize, Serialize};
use std::fmt;

text_id! {
    /// Name of an agent, unique in its project: `gen_ai.agent.name`, else `service.name`, or what
    /// the sender of a metric calls it.
    AgentName
}

/// What a record says of the agent that it belongs to. Shared by all records of one resource.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AgentIdentity {
    /// The agent's name.
    pub name: AgentName,
    /// The id that the sender chose, where it did.
    pub id: Option<AgentId>,
    /// `service.version`, `deployment.environment.name`, team, type, model and the like, with the
    /// names that pages filter by: `environment`, `team`, `type`, `version`; others as the sender
    /// spells them.
    pub metadata: Vec<Attribute>,
}

/// How an agent does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AgentStatus {
    /// It sends, and most of its calls succeed: up.
    Running,
    /// It was stopped on purpose: down.
    Stopped,
    /// Too many of its calls of the last five minutes failed.
    Error,
    /// Nothing was heard of it for five minutes, or ever: down.
    #[default]
    Unknown,
}

impl AgentStatus {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Running, Self::Error, Self::Stopped, Self::Unknown];

    /// The word on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Stopped => "stopped",
            Self::Error => "error",
            Self::Unknown => "unknown",
        }
    }

    /// The status of that word.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == text)
    }

    /// Whether pages show it as up; all others are down.
    pub fn is_up(self) -> bool {
        self == Self::Running
    }
}

/// What is known of how an agent does. A new agent's is the default.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AgentState {
    /// How it does.
    pub status: AgentStatus,
    /// Since when; `None` where it was never anything else.
    pub since: Option<UnixNanos>,
    /// When something of it last came in. Never goes back.
    pub last_seen: Option<UnixNanos>,
}

/// An agent does otherwise than before: an event of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatusChange {
    /// When.
    pub at: UnixNanos,
    /// What it was.
    pub from: AgentStatus,
    /// What it is.
    pub to: AgentStatus,
    /// Why.
    pub reason: StatusReason,
}

/// Why an agent does otherwise than before. `Display` is a sentence without an end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "reason", rename_all = "snake_case")]
pub enum StatusReason {
    /// It sends.
    Heard,
    /// Too many of its latest calls failed.
    Failing {
        /// So many of them.
        errors: u64,
        /// All of them.
        calls: u64,
    },
    /// Few enough of its latest calls failed.
    Recovered {
        /// So many of them.
        errors: u64,
        /// All of them.
        calls: u64,
    },
    /// Nothing was heard of it.
    Silent {
        /// For so long.
        seconds: u64,
    },
    /// Somebody said so.
    Stopped,
}

impl fmt::Display for StatusReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Heard => write!(f, "data came in"),
            Self::Failing { errors, calls } => write!(f, "{errors} of its last {calls} calls failed"),
            Self::Recovered { errors, calls } => write!(f, "only {errors} of its last {calls} calls failed"),
            Self::Silent { seconds } => write!(f, "no data for {seconds} s"),
            Self::Stopped => write!(f, "it was stopped"),
        }
    }
}
