//! What a demo estate consists of: essentials, datasets and slices, when each pass of a
//! business date is at work, and what goes wrong in it. The content is in
//! [`tables`](super::tables).

use model::{EssentialName, Phase};
use serde_json::{Map, Value, json};

/// Before every dataset id.
const PREFIX: &str = "com.example.lri.";

/// One essential: what people call it, what it needs, when it runs.
pub(super) struct EssentialPlan {
    pub(super) name: &'static str,
    pub(super) display_name: &'static str,
    pub(super) aliases: &'static [&'static str],
    pub(super) depends_on: &'static [&'static str],
    /// First and last minute of PRELIM, counted from 00:00 UTC of the business date.
    pub(super) prelim: (i64, i64),
    /// First and last minute of FINAL.
    pub(super) final_: (i64, i64),
    pub(super) datasets: &'static [DatasetPlan],
}

impl EssentialPlan {
    /// First and last minute of `phase`.
    pub(super) fn window(&self, phase: Phase) -> (i64, i64) {
        match phase {
            Phase::Prelim => self.prelim,
            Phase::Final => self.final_,
        }
    }
}

/// Names of slices.
pub(super) type Slices = &'static [&'static str];

/// One dataset.
#[derive(Debug)]
pub(super) struct DatasetPlan {
    /// What follows the common beginning of all ids.
    pub(super) tail: &'static str,
    pub(super) order: i32,
    /// Share of its step's time that it takes, in percent.
    pub(super) weight: i64,
    /// `sliceGroups` of the catalog; empty for a dataset without any.
    pub(super) groups: &'static [(&'static str, Slices)],
}

impl DatasetPlan {
    /// Dataset id.
    pub(super) fn id(&self) -> String {
        format!("{PREFIX}{}", self.tail)
    }

    /// `WORKFLOW_ID`: the id's tail.
    pub(super) fn workflow_id(&self) -> &'static str {
        self.tail.rsplit_once('-').map_or(self.tail, |(_, tail)| tail)
    }

    /// The slices that run: the catalog's, or one for everything.
    pub(super) fn slices(&self) -> impl Iterator<Item = &'static str> {
        let unsliced: Slices = if self.groups.is_empty() { &["ALL"] } else { &[] };
        let listed = self.groups.iter().flat_map(|(_, slices)| slices.iter());
        listed.chain(unsliced).copied()
    }
}

/// The catalog's answer for `plan`, as Lenz would give it.
pub(super) fn catalog_answer(plan: &EssentialPlan) -> Value {
    let datasets: Vec<Value> = plan
        .datasets
        .iter()
        .map(|dataset| {
            let mut entry = Map::new();
            entry.insert("datasetId".to_owned(), json!(dataset.id()));
            entry.insert("sequenceOrder".to_owned(), json!(dataset.order));
            if !dataset.groups.is_empty() {
                let groups = dataset.groups.iter();
                let groups: Map<_, _> =
                    groups.map(|(group, slices)| ((*group).to_owned(), json!(slices))).collect();
                entry.insert("sliceGroups".to_owned(), Value::Object(groups));
            }
            Value::Object(entry)
        })
        .collect();
    let mut context = Map::new();
    context.insert(
        plan.name.to_owned(),
        json!({
            "essentialName": plan.name,
            "context": "GLOBAL",
            "effectiveFrom": "2025-10-24T17:33:32",
            "effectiveTo": null,
            "displayName": plan.name,
            "modifiedByUserSid": null,
            "info": null,
            "schemaJson": {"datasets": datasets},
        }),
    );
    json!({"GLOBAL": context})
}

/// The settings of `plan`.
pub(super) fn settings(plan: &EssentialPlan) -> crate::catalog::EssentialSettings {
    crate::catalog::EssentialSettings {
        name: EssentialName::new(plan.name),
        display_name: plan.display_name.to_owned(),
        aliases: plan.aliases.iter().map(|alias| (*alias).to_owned()).collect(),
        depends_on: plan.depends_on.iter().map(|name| EssentialName::new(*name)).collect(),
    }
}

/// A stretch of time in which something goes wrong, and the passes that it can hit: essential
/// (place in [`tables::ESSENTIALS`](super::tables::ESSENTIALS)) and phase. Minutes are counted from 00:00 UTC of the business date.
pub(super) struct Disturbance {
    pub(super) kind: Kind,
    pub(super) from: i64,
    pub(super) until: i64,
    pub(super) hits: &'static [(usize, Phase)],
}

/// What goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A slice fails at the start; at the end somebody starts its repair.
    Failure,
    /// A slice is still at work at the end, long after it should be done.
    Slow,
}
