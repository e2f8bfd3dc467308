//! Identifiers. Each is its own type, so that a dataset id cannot be passed
//! where a DAG id is wanted.

use serde::{Deserialize, Serialize};
use std::fmt;

/// A text that is an identifier: a type of its own, so that none is passed for another.
macro_rules! text_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// Takes the text exactly as its source spells it.
            pub fn new(text: impl Into<String>) -> Self {
                Self(text.into())
            }

            /// The text as the source spells it.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self::new(text)
            }
        }
    };
}

pub(crate) use text_id;

text_id! {
    /// Catalog name of an essential, for example `TB-Derivatives`.
    EssentialName
}
text_id! {
    /// Dataset id as catalog (`datasetId`) and workflow rows (`OUTPUT_DATASET_ID`) spell it.
    DatasetId
}
text_id! {
    /// Airflow DAG id (`DAG_ID`, `dag_id`).
    DagId
}
text_id! {
    /// Airflow run id (`DAG_RUN_ID`, `run_id`).
    RunId
}
text_id! {
    /// Name of one slice of a dataset, as the catalog spells it.
    SliceName
}

impl DatasetId {
    /// The tail after the last `-`: the workflow id of datasets named by convention,
    /// or the whole id where there is no `-`.
    pub fn workflow_id(&self) -> &str {
        self.0.rsplit_once('-').map_or(self.as_str(), |(_, tail)| tail)
    }

    /// The DAG id that the naming convention expects (`WORKFLOW_ID` + `_V2`) for a
    /// dataset that no run has been seen of. Once a run is seen, the run's own counts.
    pub fn conventional_dag_id(&self) -> DagId {
        DagId::new(format!("{}_V2", self.workflow_id()))
    }
}

/// Primary key of a workflow run row (`WORKFLOW_RUN_INSTANCE_KEY`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RunKey(pub i64);

/// Names one content of a board: milliseconds since the epoch of the poll that first
/// saw it, raised where needed so that it only grows within one server process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SnapshotId(pub u64);

impl fmt::Display for SnapshotId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
