//! What AI agents tell of themselves, in one form for every way in: spans, metrics, logs and
//! events, with the agent that each belongs to.
//!
//! Records are never changed once they are stored. Times are nanoseconds since the epoch, UTC.

mod agent;
pub mod analysis;
mod event;
mod ids;
mod metric;
mod policy;
mod price;
mod span;
mod value;
pub mod view;

pub use agent::{AgentId, AgentIdentity, AgentName, AgentState, AgentStatus, StatusChange, StatusReason};
pub use event::{Event, EventBody, EventKind, LogLevel, LogRecord, Retrieved};
pub use ids::{EventId, InvalidId, MetricId, SpanId, TraceId, UnixNanos};
pub use metric::{MetricName, MetricPoint, MetricRecord};
pub use policy::{Redaction, Retention, TelemetryPolicy};
pub use price::{Flag, Price};
pub use span::{
    Cost, CostSource, Operation, Reading, Span, SpanEvent, SpanLink, SpanStatus, TokenUsage, Verdict,
};
pub use value::{Attribute, Text, Value};
