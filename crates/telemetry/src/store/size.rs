//! How much memory records take, about: enough to bound what waits.

use super::batch::{Batch, PricedSpan};
use model::telemetry::{Attribute, Reading, Value, Verdict};
use std::mem::size_of_val;
use std::sync::Arc;

impl Batch {
    /// Memory that the batch takes, with what its records point at.
    pub fn memory_bytes(&self) -> usize {
        let spans = self.spans.iter().map(span_bytes);
        let records = self
            .records
            .iter()
            .map(|record| size_of_val(record) + size_of_val(&*record.values) + attributes(&record.custom));
        let points = self.points.iter().map(|point| {
            size_of_val(point) + point.sent_name.len() + point.unit.len() + attributes(&point.attributes)
        });
        let logs =
            self.logs.iter().map(|log| size_of_val(log) + log.message.len() + attributes(&log.attributes));
        // The body of an event has many forms; as text it has one.
        let events = self.events.iter().map(|priced| {
            let body = serde_json::to_vec(&priced.event.body).map_or(0, |body| 2 * body.len());
            size_of_val(priced) + body + attributes(&priced.event.context)
        });
        size_of_val(self)
            + spans.chain(records).chain(points).chain(logs).chain(events).sum::<usize>()
            + size_of_val(&*self.changes)
    }
}

/// Memory that a span takes, with what it points at.
pub(super) fn span_bytes(priced: &PricedSpan) -> usize {
    let span = &priced.span;
    let events = span.events.iter().map(|event| size_of_val(event) + attributes(&event.attributes));
    let links = span.links.iter().map(|link| size_of_val(link) + attributes(&link.attributes));
    let texts = [&span.error_type, &span.model, &span.provider, &span.user, &span.session];
    size_of_val(priced)
        + span.name.len()
        + span.status_message.len()
        + texts.into_iter().flatten().map(|text| text.len()).sum::<usize>()
        + attributes(&span.attributes)
        // Its share of what spans of one kind have together.
        + span.readings.iter().map(reading).sum::<usize>() / Arc::strong_count(&span.readings)
        + events.chain(links).sum::<usize>()
}

fn attributes(list: &[Attribute]) -> usize {
    list.iter().map(|attribute| attribute.key.len() + size_of_val(attribute) + behind(&attribute.value)).sum()
}

/// What a value points at.
fn behind(value: &Value) -> usize {
    match value {
        Value::Bool(_) | Value::Int(_) | Value::Double(_) => 0,
        Value::Text(text) => text.len(),
        Value::Bytes(bytes) => bytes.len(),
        Value::List(list) => list.iter().map(|value| size_of_val(value) + behind(value)).sum(),
        Value::Map(map) => attributes(map),
    }
}

fn reading(reading: &Reading) -> usize {
    let verdict = match &reading.verdict {
        Verdict::Recognised | Verdict::Ignored => 0,
        Verdict::Renamed(text) | Verdict::Overruled(text) => text.len(),
    };
    size_of_val(reading) + reading.key.len() + verdict
}
