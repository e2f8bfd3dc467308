//! Agents: who sends.

pub use super::ids::AgentId;
use super::value::Attribute;
use crate::ids::text_id;
use serde::{Deserialize, Serialize};

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
