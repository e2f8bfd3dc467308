//! How attributes were read.

use super::table::Field;
use super::value;
use model::telemetry::{Attribute, Reading, Verdict};
use std::sync::Arc;

/// Lists that are looked at for one that is the same: a program has few kinds of span.
const LOOKED_AT: usize = 16;

/// What became of an attribute, before it is put into words.
#[derive(Clone, Copy)]
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
pub struct Readings(Vec<Arc<[Reading]>>);

impl Readings {
    /// The list of these attributes.
    pub(super) fn of(&mut self, attributes: &[Attribute], findings: &[Finding]) -> Arc<[Reading]> {
        let is_same = |list: &&Arc<[Reading]>| {
            list.len() == attributes.len()
                && list.iter().zip(attributes).zip(findings).all(|((reading, attribute), finding)| {
                    reading.key == attribute.key && finding.is(&reading.verdict, attributes)
                })
        };
        if let Some(known) = self.0.iter().rev().take(LOOKED_AT).find(is_same) {
            return Arc::clone(known);
        }
        let reading = |(attribute, finding): (&Attribute, &Finding)| Reading {
            key: attribute.key.clone(),
            verdict: finding.verdict(attributes),
        };
        let list: Arc<[Reading]> = attributes.iter().zip(findings).map(reading).collect();
        self.0.push(Arc::clone(&list));
        list
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

    /// Whether that is its [`Self::verdict`]; the frequent ones without making it.
    fn is(self, verdict: &Verdict, attributes: &[Attribute]) -> bool {
        match (self, verdict) {
            (Self::Recognised, Verdict::Recognised) | (Self::Ignored, Verdict::Ignored) => true,
            (Self::Renamed(name), Verdict::Renamed(other)) => name == other,
            (Self::OtherValue(_) | Self::SaidBy(_) | Self::Overruled(_), Verdict::Overruled(_)) => {
                self.verdict(attributes) == *verdict
            }
            _ => false,
        }
    }
}
