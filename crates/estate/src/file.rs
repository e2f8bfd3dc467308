//! An estate file: a whole estate in one JSON file, in the sources' own columns.

use crate::catalog::EssentialSettings;
use crate::error::SourceError;
use model::{BusinessDate, DagId, DatasetId, EssentialName, RunId, RunRow, TaskRow, Timestamp};
use std::collections::HashMap;
use std::path::Path;

/// What an estate file holds.
#[derive(Debug)]
pub struct EstateFile {
    /// The time at which the file is a picture of the estate.
    pub now: Timestamp,
    /// The business date it was made for.
    pub business_date: BusinessDate,
    /// `PROD`, `UAT`, …: shown beside the brand.
    pub environment: String,
    /// The essentials, in display order.
    pub essentials: Vec<EssentialSettings>,
    /// Raw answers of the catalog, by essential.
    pub catalog: HashMap<EssentialName, serde_json::Value>,
    /// Workflow runs and tasks.
    pub runs: FileRuns,
}

impl EstateFile {
    /// Reads the file at `path`.
    pub fn load(path: impl AsRef<Path>) -> Result<Self, SourceError> {
        let _ = path;
        todo!()
    }
}

/// The runs and tasks of an estate file, wholly in memory.
#[derive(Debug)]
pub struct FileRuns {}

impl FileRuns {
    /// Every run of `date` that made one of `datasets`.
    pub fn list_runs(&self, date: BusinessDate, datasets: &[DatasetId]) -> Vec<RunRow> {
        let _ = (date, datasets);
        todo!()
    }

    /// The tasks of one run.
    pub fn list_tasks(&self, dag_id: &DagId, run_id: &RunId) -> Vec<TaskRow> {
        let _ = (dag_id, run_id);
        todo!()
    }
}
