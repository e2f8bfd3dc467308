//! Events as `POST /v1/events` and `/v1/events/batch` take them: an envelope (id, project, type,
//! time, SDK, context) around a body of that type.
//!
//! Field names may be in camelCase or snake_case. Unknown fields of the envelope are ignored;
//! those of a body go to its metadata. The first mistake refuses the request: a batch is stored
//! as a whole or not at all.

mod bodies;

use crate::body::fields::{Fields, is_named};
use crate::body::{MAX_NAME_CHARS, tree};
use crate::invalid::{Invalid, InvalidCode};
use jiff::Timestamp;
use model::telemetry::{AgentIdentity, AgentName, Attribute, Event, EventId, TraceId, Value};
use std::sync::Arc;

/// How many events a batch may hold.
pub const MAX_BATCH: usize = 1_000;

/// What is known of a request besides its body.
#[derive(Clone, Copy, Debug)]
pub struct Arrival<'a> {
    /// When it came: the time of events that name none.
    pub now: Timestamp,
    /// What an event may call the project that the key belongs to: its id and its name.
    pub project: &'a [&'a str],
}

/// Reads one event. `new_id` gives an id to an event that has none.
///
/// # Errors
/// The first field that is not as it must be, or that the event is for another project.
pub fn read(json: &[u8], arrival: Arrival<'_>, new_id: impl FnOnce() -> EventId) -> Result<Event, Invalid> {
    event(tree::read(json)?, arrival, new_id)
}

/// Reads a batch: a list of events, or an object with the list in `events`. It may be empty.
///
/// # Errors
/// As [`read`], with the event's place in the batch; or that there are more than [`MAX_BATCH`].
pub fn read_batch(
    json: &[u8],
    arrival: Arrival<'_>,
    mut new_id: impl FnMut() -> EventId,
) -> Result<Vec<Event>, Invalid> {
    let list = match tree::read(json)? {
        Value::Map(members) => Fields::of("", Value::Map(members))?.need("events", Fields::value)?,
        list => list,
    };
    let Value::List(events) = list else {
        return Err(Invalid::new("", "must be a list of events, or an object with the list in `events`"));
    };
    if events.len() > MAX_BATCH {
        let message = format!("holds {} events: at most {MAX_BATCH} are taken at once", events.len());
        return Err(Invalid { code: InvalidCode::BatchTooLarge, ..Invalid::new("", message) });
    }
    let numbered = events.into_iter().enumerate();
    let read = |(index, value)| {
        event(value, arrival, &mut new_id).map_err(|invalid| Invalid { index: Some(index), ..invalid })
    };
    numbered.map(read).collect()
}

fn event(value: Value, arrival: Arrival<'_>, new_id: impl FnOnce() -> EventId) -> Result<Event, Invalid> {
    let mut envelope = Fields::of("", value)?;
    if let Some(project) = envelope.text("projectId")?
        && !arrival.project.contains(&project.as_str())
    {
        let other = envelope.invalid("projectId", "is not the project of the key");
        return Err(Invalid { code: InvalidCode::OtherProject, ..other });
    }
    let id = match envelope.text("eventId")? {
        Some(id) => EventId::parse(&id).map_err(|_| envelope.invalid("eventId", "must be a UUID"))?,
        None => new_id(),
    };
    let kind = envelope.need("type", Fields::text)?;
    let at = envelope.moment("timestamp", arrival.now)?.unwrap_or(arrival.now.into());
    let mut sdk = envelope.need("sdk", Fields::fields)?;
    let (sdk_name, sdk_version) = (sdk.need("name", Fields::name)?, sdk.need("version", Fields::name)?);
    let service = sdk.name("service")?;
    let context = envelope.object("context")?.unwrap_or_default();
    let trace_id = envelope.text("traceId")?.or_else(|| said(&context, &["traceId"]));
    let trace_id = trace_id.map(|id| TraceId::parse(&id.replace('-', ""))).transpose();
    let trace_id =
        trace_id.map_err(|_| envelope.invalid("traceId", "must be 32 hexadecimal digits, not all 0"))?;
    let body = envelope.need("body", Fields::object)?;
    let agent = match named("context", &context, &["agent", "agentName"])? {
        Some(name) => name,
        None => named("body", &body, &["agentName"])?.or(service).unwrap_or_else(|| "default".to_owned()),
    };
    let agent = AgentIdentity { name: AgentName::new(agent), id: None, metadata: described(&context)? };
    Ok(Event {
        id,
        agent: Arc::new(agent),
        at,
        sdk_name,
        sdk_version,
        trace_id,
        user: named("context", &context, &["user", "userId"])?,
        session: named("context", &context, &["session", "sessionId"])?,
        body: bodies::read(&kind, Fields::of("body", Value::Map(body))?, arrival.now)?,
        context,
        redactions: 0,
    })
}

/// The name that free fields give under the first of `names` that says something.
fn named(path: &str, fields: &[Attribute], names: &[&str]) -> Result<Option<String>, Invalid> {
    match said(fields, names) {
        Some(text) if text.chars().count() > MAX_NAME_CHARS => {
            let message = format!("must be a text of at most {MAX_NAME_CHARS} characters");
            Err(Invalid::new(format!("{path}.{}", names[0]), message))
        }
        name => Ok(name),
    }
}

/// What free fields say under the first of `names` that says something: a text, a whole number, or
/// an object's `id` or `name`.
fn said(fields: &[Attribute], names: &[&str]) -> Option<String> {
    let of = |name: &&str| {
        let field = fields.iter().find(|field| is_named(&field.key, name))?;
        match &field.value {
            Value::Text(text) => Some(text.trim().to_owned()).filter(|text| !text.is_empty()),
            Value::Int(number) => Some(number.to_string()),
            Value::Map(inner) => said(inner, &["id", "name"]),
            _ => None,
        }
    };
    names.iter().find_map(of)
}

/// What the context says of the agent, under the names that pages filter by.
fn described(context: &[Attribute]) -> Result<Vec<Attribute>, Invalid> {
    let mut described = Vec::new();
    for (sent, key) in
        [("environment", "environment"), ("team", "team"), ("agentType", "type"), ("agentVersion", "version")]
    {
        let text = named("context", context, &[sent])?;
        described.extend(text.map(|text| Attribute { key: key.into(), value: Value::Text(text.into()) }));
    }
    Ok(described)
}

#[cfg(test)]
mod tests;
