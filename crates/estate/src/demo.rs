//! The demo estate: an invented day that moves, derived from a seed and the clock.

use crate::catalog::EssentialSettings;
use model::{BusinessDate, Clock, DagId, DatasetId, EssentialName, RunId, RunRow, TaskRow};
use std::collections::HashMap;

/// An invented estate.
#[derive(Clone, Debug)]
pub struct DemoEstate {
    seed: u64,
    clock: Clock,
}

impl DemoEstate {
    /// The estate of `seed`, moving with `clock`.
    pub fn new(seed: u64, clock: Clock) -> Self {
        Self { seed, clock }
    }

    /// The essentials, in display order.
    pub fn essentials(&self) -> Vec<EssentialSettings> {
        todo!()
    }

    /// Raw answers of the catalog, by essential.
    pub fn catalog(&self) -> HashMap<EssentialName, serde_json::Value> {
        todo!()
    }

    /// Its runs and tasks.
    pub fn runs(&self) -> DemoRuns {
        DemoRuns { estate: self.clone() }
    }

    /// Its runs and tasks.
    pub fn into_runs(self) -> DemoRuns {
        DemoRuns { estate: self }
    }
}

/// Runs and tasks of the demo estate.
#[derive(Clone, Debug)]
pub struct DemoRuns {
    estate: DemoEstate,
}

impl DemoRuns {
    /// Every run of `date` that made one of `datasets`.
    pub fn list_runs(&self, date: BusinessDate, datasets: &[DatasetId]) -> Vec<RunRow> {
        let _ = (date, datasets, self.estate.seed, &self.estate.clock);
        todo!()
    }

    /// The tasks of one run.
    pub fn list_tasks(&self, dag_id: &DagId, run_id: &RunId) -> Vec<TaskRow> {
        let _ = (dag_id, run_id);
        todo!()
    }
}
