//! One meaning for the many names under which agents tell of models, tokens and cost.
//!
//! [`normalise`] reads a span's attributes by a table of names: three generations of OpenTelemetry's
//! GenAI conventions, OpenInference, Vercel's AI SDK, Traceloop, MLflow, Langfuse and others. Where
//! several say the same, the earliest of the table counts. What became of each attribute is kept in
//! the span's readings; nothing is removed from its attributes.

mod message;
mod metric;
mod operation;
mod provider;
mod reading;
mod table;
mod usage;
mod value;

pub use message::messages;
pub(crate) use metric::normalise as normalise_metric;
pub use reading::Readings;

use model::ask::Amount;
use model::telemetry::{Attribute, Operation, Reading, Span, Text, Value};
use reading::Finding;
use std::mem::size_of;
use table::{Field, Ranked, Row};

/// Events that mark the first piece of an answer: OpenInference's and Vercel's.
const FIRST_PIECE: [&str; 2] = ["First Token Stream Event", "ai.stream.firstChunk"];

/// The attribute that counts, of those that say the same.
#[derive(Clone, Copy)]
struct Chosen {
    row: &'static Row,
    rank: usize,
    place: usize,
}

/// The attributes that count, by what they say.
struct Facts<'a> {
    attributes: &'a [Attribute],
    chosen: [Option<Chosen>; Field::COUNT],
}

/// Fills in what a span's attributes and events say: operation, model, tokens, cost and so on, and how
/// each attribute was read, by a list of `readings` where there is such a one.
pub fn normalise(span: &mut Span, readings: &mut Readings) {
    let rows = readings.rows(&span.attributes);
    let (facts, mut findings) = read(&span.attributes, &rows);
    let said = facts.value(Field::Operation).and_then(operation::operation);
    span.usage = usage::usage(&facts, said, &mut findings);
    span.reported_cost = usage::cost(&facts, &mut findings);
    span.model = facts.text(Field::ResponseModel).or_else(|| facts.text(Field::RequestModel));
    span.provider = facts.text(Field::Provider).map(provider::provider);
    span.operation = said.unwrap_or_else(|| {
        let asks_a_model = span.model.is_some() && (span.provider.is_some() || span.usage.is_some());
        if asks_a_model { Operation::Model } else { Operation::Other }
    });
    span.user = facts.text(Field::User);
    span.session = facts.text(Field::Session);
    span.first_token_ms = facts
        .number(Field::FirstTokenSeconds)
        .map(|seconds| seconds * 1e3)
        .filter(|millis| millis.is_finite())
        .or_else(|| facts.number(Field::FirstTokenMs))
        .or_else(|| first_piece_ms(span));
    span.error_type = facts.text(Field::ErrorType).or_else(|| exception_type(span));
    span.readings = readings.of(&span.attributes, rows, findings);
}

/// Memory that the readings of these attributes take where no other span has the same: the names are the
/// attributes' own.
pub(crate) fn readings_bytes(attributes: &[Attribute]) -> usize {
    attributes.len() * (size_of::<Reading>() + size_of::<Finding>() + size_of::<Option<Ranked>>())
}

/// What attributes say that have these rows of the table.
fn read<'a>(attributes: &'a [Attribute], rows: &[Option<Ranked>]) -> (Facts<'a>, Vec<Finding>) {
    let mut facts = Facts { attributes, chosen: [None; Field::COUNT] };
    let mut findings = Vec::with_capacity(attributes.len());
    for (place, (attribute, row)) in attributes.iter().zip(rows).enumerate() {
        let finding = match *row {
            None => Finding::Ignored,
            Some((_, row)) if !value::fits(row.field, &attribute.value) => Finding::OtherValue(row.field),
            Some((rank, row)) => facts.choose(Chosen { row, rank, place }, &mut findings),
        };
        findings.push(finding);
    }
    facts.overrule(Field::RequestModel, Field::ResponseModel, &mut findings);
    (facts, findings)
}

impl Facts<'_> {
    /// Takes the attribute into account and says what becomes of it.
    fn choose(&mut self, new: Chosen, findings: &mut [Finding]) -> Finding {
        let finding = new.row.today.map_or(Finding::Recognised, Finding::Renamed);
        // What is only shown is not summed up: all of it counts.
        if new.row.field == Field::Shown {
            return finding;
        }
        let chosen = &mut self.chosen[new.row.field as usize];
        match *chosen {
            Some(before) if before.rank <= new.rank => Finding::SaidBy(before.place),
            before => {
                *chosen = Some(new);
                if let Some(before) = before {
                    findings[before.place] = Finding::SaidBy(new.place);
                }
                finding
            }
        }
    }

    /// Where both are said, `field` does not count beside `by`.
    fn overrule(&self, field: Field, by: Field, findings: &mut [Finding]) {
        if let (Some(loser), Some(winner)) = (self.chosen[field as usize], self.chosen[by as usize]) {
            findings[loser.place] = Finding::SaidBy(winner.place);
        }
    }

    fn value(&self, field: Field) -> Option<&Value> {
        self.chosen[field as usize].map(|chosen| &self.attributes[chosen.place].value)
    }

    /// The name under which it was sent.
    fn name(&self, field: Field) -> Option<&'static str> {
        self.chosen[field as usize].map(|chosen| chosen.row.name)
    }

    fn text(&self, field: Field) -> Option<Text> {
        self.value(field).and_then(value::text)
    }

    fn count(&self, field: Field) -> Option<u64> {
        self.value(field).and_then(value::count)
    }

    fn amount(&self, field: Field) -> Option<Amount> {
        self.value(field).and_then(value::amount)
    }

    fn number(&self, field: Field) -> Option<f64> {
        self.value(field).and_then(value::number)
    }
}

fn first_piece_ms(span: &Span) -> Option<f64> {
    let first = span.events.iter().find(|event| FIRST_PIECE.contains(&event.name.as_str()))?;
    let nanos = first.at.0.checked_sub(span.started.0)?;
    (nanos >= 0).then_some(nanos as f64 / 1e6)
}

fn exception_type(span: &Span) -> Option<Text> {
    let mut attributes = span.events.iter().flat_map(|event| &event.attributes);
    attributes
        .find(|attribute| attribute.key == "exception.type")
        .and_then(|attribute| value::text(&attribute.value))
}

#[cfg(test)]
mod tests;
