//! The catalog: which datasets make up an essential, in which order and slices.
//! Membership comes from here only, never from a name pattern.

use crate::ids::{DatasetId, EssentialName, SliceName};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

/// A business batch: a named set of datasets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Essential {
    /// Canonical name in the catalog.
    pub name: EssentialName,
    /// The name people see.
    pub display_name: String,
    /// Further names people use.
    pub aliases: Vec<String>,
    /// Essentials that must be SUCCESS before this one is expected to start.
    pub depends_on: Vec<EssentialName>,
    /// Its datasets, by sequence order, then as the catalog lists them.
    pub datasets: Vec<Dataset>,
}

/// One dataset of an essential.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dataset {
    /// Dataset id.
    pub id: DatasetId,
    /// Step: equal orders run in parallel, a higher one waits for all lower ones.
    pub sequence_order: i32,
    /// Expected slices; empty where the catalog names none.
    pub slices: Vec<SliceName>,
}

impl Dataset {
    /// Whether a run of `slice` is this essential's: the catalog names the slice, or none at
    /// all. Two essentials may hold the same dataset with different slices.
    pub fn expects(&self, slice: &SliceName) -> bool {
        self.slices.is_empty() || self.slices.contains(slice)
    }
}

/// All essentials, in the order they are shown.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Catalog {
    /// The essentials, in display order.
    pub essentials: Vec<Essential>,
}

impl Catalog {
    /// The essential of exactly this catalog name.
    pub fn get(&self, name: &EssentialName) -> Option<&Essential> {
        self.essentials.iter().find(|essential| &essential.name == name)
    }

    /// The places of each dataset: one an essential that holds it.
    pub fn places(&self) -> HashMap<&DatasetId, Vec<&Dataset>> {
        let mut places: HashMap<&DatasetId, Vec<&Dataset>> = HashMap::new();
        for dataset in self.essentials.iter().flat_map(|essential| &essential.datasets) {
            places.entry(&dataset.id).or_default().push(dataset);
        }
        places
    }

    /// Every dataset id once, sorted: what a poll asks the workflow database for.
    pub fn dataset_ids(&self) -> Vec<DatasetId> {
        let mut ids: Vec<_> = self
            .essentials
            .iter()
            .flat_map(|essential| essential.datasets.iter().map(|dataset| dataset.id.clone()))
            .collect();
        ids.sort();
        ids.dedup();
        ids
    }
}
