//! From the catalog's answer to datasets.
//!
//! An answer is `{context: {name: {schemaJson: {datasets: [{datasetId, sliceGroups?,
//! sequenceOrder?}]}}}}`. Parts that are malformed cost themselves only: the rest is used and
//! each of them is kept as a sentence. An answer without a list of datasets is no answer.

use crate::error::SourceError;
use model::{Dataset, DatasetId, EssentialName, SliceName};
use serde_json::{Map, Value};
use std::collections::HashSet;

/// The context that is preferred where several hold the name.
const GLOBAL: &str = "GLOBAL";

/// What the catalog says of one essential.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Definition {
    /// Its datasets, by sequence order, then as the answer lists them.
    pub datasets: Vec<Dataset>,
    /// Malformed parts of the answer, a sentence each.
    pub unrecognised: Vec<String>,
}

/// Reads the catalog's answer for the essential `name`.
///
/// # Errors
/// [`SourceError::Malformed`] where the answer holds no list of datasets of `name`.
pub fn parse_definition(name: &EssentialName, answer: &Value) -> Result<Definition, SourceError> {
    let malformed = |what: &str| SourceError::Malformed { what: what.to_owned() };
    let contexts = answer.as_object().ok_or_else(|| malformed("the answer is not an object"))?;
    let essential = find_essential(contexts, name)
        .ok_or_else(|| malformed("the answer does not hold the essential that was asked for"))?;
    let schema = essential.get("schemaJson").ok_or_else(|| malformed("schemaJson is missing"))?;
    let entries = schema
        .get("datasets")
        .and_then(Value::as_array)
        .ok_or_else(|| malformed("schemaJson.datasets is not a list"))?;

    let mut definition = Definition::default();
    let mut seen = HashSet::new();
    for (index, entry) in entries.iter().enumerate() {
        let Some(dataset) = read_dataset(index, entry, &mut definition.unrecognised) else {
            continue;
        };
        if seen.insert(dataset.id.clone()) {
            definition.datasets.push(dataset);
        } else {
            definition
                .unrecognised
                .push(format!("dataset {} is listed twice; the first one counts", dataset.id));
        }
    }
    definition.datasets.sort_by_key(|dataset| dataset.sequence_order);
    Ok(definition)
}

fn find_essential<'a>(contexts: &'a Map<String, Value>, name: &EssentialName) -> Option<&'a Value> {
    let preferred = contexts.get(GLOBAL).into_iter();
    preferred.chain(contexts.values()).find_map(|context| context.get(name.as_str()))
}

fn read_dataset(index: usize, entry: &Value, unrecognised: &mut Vec<String>) -> Option<Dataset> {
    let position = index + 1;
    let Some(id) = entry.get("datasetId").and_then(Value::as_str).filter(|id| !id.trim().is_empty()) else {
        unrecognised.push(format!("dataset {position} in the list has no datasetId"));
        return None;
    };
    Some(Dataset {
        id: DatasetId::new(id),
        sequence_order: read_order(id, entry.get("sequenceOrder"), unrecognised),
        slices: read_slices(id, entry.get("sliceGroups"), unrecognised),
    })
}

fn read_order(id: &str, value: Option<&Value>, unrecognised: &mut Vec<String>) -> i32 {
    let Some(value) = value.filter(|value| !value.is_null()) else {
        return 0;
    };
    let order = value.as_i64().and_then(|order| i32::try_from(order).ok());
    order.unwrap_or_else(|| {
        unrecognised.push(format!("sequenceOrder of {id} is not a whole number; it counts as 0"));
        0
    })
}

/// All slices of all groups, each once.
fn read_slices(id: &str, groups: Option<&Value>, unrecognised: &mut Vec<String>) -> Vec<SliceName> {
    let groups = match groups {
        None | Some(Value::Null) => return Vec::new(),
        Some(Value::Object(groups)) => groups,
        Some(_) => {
            unrecognised.push(format!("sliceGroups of {id} is not an object"));
            return Vec::new();
        }
    };
    let mut slices = Vec::new();
    for (group, members) in groups {
        let Some(members) = members.as_array() else {
            unrecognised.push(format!("slice group {group} of {id} is not a list"));
            continue;
        };
        for member in members {
            match member.as_str().filter(|slice| !slice.trim().is_empty()) {
                Some(slice) => {
                    let slice = SliceName::new(slice);
                    if !slices.contains(&slice) {
                        slices.push(slice);
                    }
                }
                None => {
                    unrecognised.push(format!("slice group {group} of {id} holds a slice without a name"))
                }
            }
        }
    }
    slices
}
