//! Agents, traces and costs.

use super::json::JsonText;
use crate::error::AppError;
use leptos::prelude::*;
use leptos::server_fn::codec::{GetUrl, Json, Post};
use model::telemetry::view::{
    AgentDetail, AgentList, AgentQuery, CostQuery, CostView, EventTimeline, EventTimelineQuery, SpanDetail,
    TimeRange, TraceList, TraceQuery, TraceView,
};
use model::telemetry::{AgentId, SpanId, TraceId};

/// The agents that `query` asks for.
#[server(prefix = "/api/ui", endpoint = "list_agents", input = Json, output = Post<JsonText>)]
pub async fn list_agents(
    /// Which agents.
    query: AgentQuery,
) -> Result<AgentList, AppError> {
    let (service, actor) = super::context()?;
    Ok(service.list_agents(&actor, &query).await?)
}

/// One agent in a range of time.
#[server(prefix = "/api/ui", endpoint = "get_agent", input = Json, output = Post<JsonText>)]
pub async fn get_agent(
    /// The agent.
    id: AgentId,
    /// When.
    range: TimeRange,
) -> Result<AgentDetail, AppError> {
    let (service, actor) = super::context()?;
    Ok(service.get_agent(&actor, id, range).await?)
}

/// The traces that `query` asks for.
#[server(prefix = "/api/ui", endpoint = "list_traces", input = Json, output = Post<JsonText>)]
pub async fn list_traces(
    /// Which traces.
    query: TraceQuery,
) -> Result<TraceList, AppError> {
    let (service, actor) = super::context()?;
    Ok(service.list_traces(&actor, &query).await?)
}

/// A trace with its spans, or with the first of them.
#[server(prefix = "/api/ui", endpoint = "get_trace", input = GetUrl, output = Post<JsonText>)]
pub async fn get_trace(
    /// The trace.
    trace_id: TraceId,
    /// How many spans at most; all where it is absent.
    limit: Option<usize>,
) -> Result<TraceView, AppError> {
    let (service, actor) = super::context()?;
    Ok(service.get_trace(&actor, trace_id, limit).await?)
}

/// All that is known of one span.
#[server(prefix = "/api/ui", endpoint = "get_span", input = GetUrl, output = Post<JsonText>)]
pub async fn get_span(
    /// Its trace.
    trace_id: TraceId,
    /// The span.
    span_id: SpanId,
) -> Result<SpanDetail, AppError> {
    let (service, actor) = super::context()?;
    Ok(service.get_span(&actor, trace_id, span_id).await?)
}

/// What a range of time cost.
#[server(prefix = "/api/ui", endpoint = "get_costs", input = Json, output = Post<JsonText>)]
pub async fn get_costs(
    /// Which costs.
    query: CostQuery,
) -> Result<CostView, AppError> {
    let (service, actor) = super::context()?;
    Ok(service.get_costs(&actor, &query).await?)
}

/// What happened, by time.
#[server(prefix = "/api/ui", endpoint = "list_event_timeline", input = Json, output = Post<JsonText>)]
pub async fn list_event_timeline(
    /// Of what.
    query: EventTimelineQuery,
) -> Result<EventTimeline, AppError> {
    let (service, actor) = super::context()?;
    Ok(service.list_event_timeline(&actor, &query).await?)
}
