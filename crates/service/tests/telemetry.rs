//! What the pages of agents, traces and costs are told of what agents sent: numbers worked out by hand.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

#[path = "telemetry/support.rs"]
mod support;

#[path = "telemetry/agents.rs"]
mod agents;
#[path = "telemetry/costs.rs"]
mod costs;
#[path = "telemetry/traces.rs"]
mod traces;
