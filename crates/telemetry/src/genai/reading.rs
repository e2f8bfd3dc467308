//! How attributes were read.

use super::table::{self, Field, Ranked};
use super::value;
use model::telemetry::{Attribute, Reading, Verdict};
use std::sync::Arc;

/// Kinds of span that are looked at for one with the same attributes: a program has few.
const LOOKED_AT: usize = 16;

/// What became of an attribute, before it is put into words.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Finding {
    Recognised,
    /// It has this name today.
    Renamed(&'static str),
    /// Its value is none of the field's.
    OtherValue(Field),
    /// The attribute at that place says the same.
    SaidBy(usize),
    /// Not used, and why.
    Overruled(&'static str),
    Ignored,
}

/// How the attributes of many spans were read; each list once, because spans of one kind have the same.
#[derive(Default)]
pub struct Readings(Vec<Kind>);

/// Spans that have the same attributes, which were read in the same way.
struct Kind {
    rows: Arc<[Option<Ranked>]>,
    findings: Vec<Finding>,
    readings: Arc<[Reading]>,
}

impl Kind {
    fn has(&self, attributes: &[Attribute]) -> bool {
        self.readings.len() == attributes.len()
            && self.readings.iter().zip(attributes).all(|(reading, attribute)| reading.key == attribute.key)
    }
}

impl Readings {
    /// The rows of the table that these attributes have.
    pub(super) fn rows(&self, attributes: &[Attribute]) -> Arc<[Option<Ranked>]> {
        match self.recent().find(|kind| kind.has(attributes)) {
            Some(kind) => Arc::clone(&kind.rows),
            None => attributes.iter().map(|attribute| table::find(&attribute.key)).collect(),
        }
    }

    /// The list of these attributes, whose rows those are.
    pub(super) fn of(
        &mut self,
        attributes: &[Attribute],
        rows: Arc<[Option<Ranked>]>,
        findings: Vec<Finding>,
    ) -> Arc<[Reading]> {
        let is_same = |kind: &&Kind| {
            let has_them = Arc::ptr_eq(&kind.rows, &rows) || kind.has(attributes);
            has_them && kind.findings == findings
        };
        if let Some(kind) = self.recent().find(is_same) {
            return Arc::clone(&kind.readings);
        }
        let reading = |(attribute, finding): (&Attribute, &Finding)| Reading {
            key: attribute.key.clone(),
            verdict: finding.verdict(attributes),
        };
        let readings: Arc<[Reading]> = attributes.iter().zip(&findings).map(reading).collect();
        self.0.push(Kind { rows, findings, readings: Arc::clone(&readings) });
        readings
    }

    fn recent(&self) -> impl Iterator<Item = &Kind> {
        self.0.iter().rev().take(LOOKED_AT)
    }
}

impl Finding {
    fn verdict(self, attributes: &[Attribute]) -> Verdict {
        match self {
            Self::Recognised => Verdict::Recognised,
            Self::Renamed(name) => Verdict::Renamed(name.to_owned()),
            Self::OtherValue(field) => {
                Verdict::Overruled(format!("its value is not {}", value::expected(field)))
            }
            Self::SaidBy(place) => {
                Verdict::Overruled(format!("{} says the same and comes first", attributes[place].key))
            }
            Self::Overruled(why) => Verdict::Overruled(why.to_owned()),
            Self::Ignored => Verdict::Ignored,
        }
    }
}
