//! What stands in a slot.

use super::{Example, Period};
use jiff::ToSpan;
use model::{BusinessDate, DatasetId, Phase, RunId, SliceName};
use std::fmt;

/// A batch and what it is made of, from the catalog.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Batch {
    /// The name to show.
    pub name: String,
    /// Its datasets.
    pub datasets: Vec<DatasetId>,
}

/// What is known of a question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entities {
    /// The batches that it is about: all of the catalog where it names none.
    pub batches: Vec<Batch>,
    /// The business date.
    pub date: BusinessDate,
    /// The first and last business date, where it says.
    pub period: Option<(BusinessDate, BusinessDate)>,
    /// The phase, where it says.
    pub phase: Option<Phase>,
    /// The slice, where it names one.
    pub slice: Option<SliceName>,
    /// The runs that it is about, where they are known.
    pub runs: Vec<RunId>,
}

/// A place in an example's SQL, written `{name}`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Slot {
    /// `{batch}`: an expression that makes the batch's name of a dataset id.
    Batch,
    /// `{datasets}`: the ids of all datasets of the batches, for IN.
    Datasets,
    /// `{date}`: the business date.
    Date,
    /// `{from}`: the first business date of the period.
    From,
    /// `{to}`: the last one.
    To,
    /// `{triggers}`: the triggers of the phase, for IN.
    Triggers,
    /// `{slice}`: the slice's name, for a LIKE pattern.
    Slice,
    /// `{runs}`: run ids, for IN.
    Runs,
}

const SLOTS: [(&str, Slot); 8] = [
    ("batch", Slot::Batch),
    ("datasets", Slot::Datasets),
    ("date", Slot::Date),
    ("from", Slot::From),
    ("to", Slot::To),
    ("triggers", Slot::Triggers),
    ("slice", Slot::Slice),
    ("runs", Slot::Runs),
];

/// What has to be known to fill it.
impl fmt::Display for Slot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Batch | Self::Datasets => "a batch",
            Self::Date | Self::From | Self::To => "a business date",
            Self::Triggers => "a phase",
            Self::Slice => "a slice",
            Self::Runs => "a run",
        })
    }
}

/// Text, and the slot after it.
pub(super) type Piece<'t> = (&'t str, Option<Slot>);

/// Cuts a template at its slots. Braces that name no slot are text.
pub(super) fn pieces(template: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut rest = template;
    while let Some((at, name, slot)) = next_slot(rest) {
        pieces.push((&rest[..at], Some(slot)));
        rest = &rest[at + name.len() + 2..];
    }
    pieces.push((rest, None));
    pieces
}

fn next_slot(text: &str) -> Option<(usize, &'static str, Slot)> {
    let places =
        SLOTS.iter().filter_map(|(name, slot)| Some((text.find(&format!("{{{name}}}"))?, *name, *slot)));
    places.min_by_key(|(at, _, _)| *at)
}

impl Example {
    /// Its SQL for what is known of a question.
    ///
    /// # Errors
    /// The first slot for which nothing is known.
    pub fn fill(&self, entities: &Entities) -> Result<String, Slot> {
        let mut sql = String::new();
        for (text, slot) in pieces(self.sql) {
            sql.push_str(text);
            if let Some(slot) = slot {
                sql.push_str(&self.value(slot, entities).ok_or(slot)?);
            }
        }
        Ok(sql)
    }

    fn value(&self, slot: Slot, entities: &Entities) -> Option<String> {
        let (from, to) = entities.period.unwrap_or_else(|| (self.period.start(entities.date), entities.date));
        match slot {
            Slot::Batch => batch_of(&entities.batches),
            Slot::Datasets => {
                list(entities.batches.iter().flat_map(|batch| &batch.datasets).map(DatasetId::as_str))
            }
            Slot::Date => Some(literal(&entities.date.to_string())),
            Slot::From => Some(literal(&from.to_string())),
            Slot::To => Some(literal(&to.to_string())),
            Slot::Triggers => list(triggers(entities.phase).iter().copied()),
            Slot::Slice => entities.slice.as_ref().map(|slice| literal(&like(slice.as_str()))),
            Slot::Runs => list(entities.runs.iter().map(RunId::as_str)),
        }
    }
}

impl Period {
    /// Its first day, `end` being the last.
    fn start(self, end: BusinessDate) -> BusinessDate {
        let end = end.civil();
        let start = match self {
            Self::Days(days) => end.saturating_sub((days - 1).days()),
            Self::Month => end.first_of_month(),
        };
        start.into()
    }
}

/// Repairs by hand count in the phase that they repair, which a single row does not tell: a
/// question about a phase is about its own trigger, one about none about all.
fn triggers(phase: Option<Phase>) -> &'static [&'static str] {
    match phase {
        Some(Phase::Prelim) => &["ProcessTrigger"],
        Some(Phase::Final) => &["RerunTrigger"],
        None => &["ProcessTrigger", "RerunTrigger", "ManualTrigger"],
    }
}

fn batch_of(batches: &[Batch]) -> Option<String> {
    let mut branches = String::new();
    for batch in batches {
        let Some(datasets) = list(batch.datasets.iter().map(DatasetId::as_str)) else { continue };
        branches.push_str(&format!(" WHEN OUTPUT_DATASET_ID IN ({datasets}) THEN {}", literal(&batch.name)));
    }
    (!branches.is_empty()).then(|| format!("CASE{branches} END"))
}

fn list<'t>(texts: impl Iterator<Item = &'t str>) -> Option<String> {
    let literals: Vec<String> = texts.map(literal).collect();
    (!literals.is_empty()).then(|| literals.join(", "))
}

/// A literal of MySQL's that is one in every SQL mode.
fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\\', "\\\\").replace('\'', "''"))
}

/// A pattern that matches `text` and nothing else.
fn like(text: &str) -> String {
    text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literals_hold_whatever_is_in_them() {
        for (text, expect) in [
            ("a", "'a'"),
            ("it's", "'it''s'"),
            ("\\", "'\\\\'"),
            ("\\'", "'\\\\'''"),
            ("' OR 1 = 1 -- ", "''' OR 1 = 1 -- '"),
            ("{date}", "'{date}'"),
        ] {
            assert_eq!(literal(text), expect);
        }
        assert_eq!(like("6G_NA%\\"), "6G\\_NA\\%\\\\");
    }

    #[test]
    fn periods_end_with_the_business_date() {
        let date = BusinessDate::parse("2026-02-18").unwrap();
        assert_eq!(Period::Month.start(date).to_string(), "2026-02-01");
        assert_eq!(Period::Days(1).start(date), date);
        assert_eq!(Period::Days(30).start(date).to_string(), "2026-01-20");
    }

    #[test]
    fn braces_that_are_no_slot_are_text() {
        let cut = pieces("a {date} {x} {to}");
        assert_eq!(cut, [("a ", Some(Slot::Date)), (" {x} ", Some(Slot::To)), ("", None)]);
    }
}
