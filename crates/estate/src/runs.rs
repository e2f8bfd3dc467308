//! What ran: one door to workflow runs and tasks, whatever holds them.

use crate::demo::DemoRuns;
use crate::error::SourceError;
use crate::file::FileRuns;
use crate::sql::SqlRuns;
use model::{BusinessDate, DagId, DatasetId, RunId, RunRow, TaskRow};

/// A source of workflow runs and Airflow tasks.
pub enum Runs {
    /// MySQL, MariaDB or SQLite.
    Sql(SqlRuns),
    /// An estate file, wholly in memory.
    File(FileRuns),
    /// The built-in demo.
    Demo(DemoRuns),
}

impl Runs {
    /// Every run of `date` that made one of `datasets`, in no particular order.
    /// Pages through as many rows as there are; never a truncated answer.
    pub async fn list_runs(
        &self,
        date: BusinessDate,
        datasets: &[DatasetId],
    ) -> Result<Vec<RunRow>, SourceError> {
        match self {
            Self::Sql(runs) => runs.list_runs(date, datasets).await,
            Self::File(runs) => Ok(runs.list_runs(date, datasets)),
            Self::Demo(runs) => Ok(runs.list_runs(date, datasets)),
        }
    }

    /// The tasks of one run; empty where Airflow knows none.
    pub async fn list_tasks(&self, dag_id: &DagId, run_id: &RunId) -> Result<Vec<TaskRow>, SourceError> {
        match self {
            Self::Sql(runs) => runs.list_tasks(dag_id, run_id).await,
            Self::File(runs) => Ok(runs.list_tasks(dag_id, run_id)),
            Self::Demo(runs) => Ok(runs.list_tasks(dag_id, run_id)),
        }
    }

    /// Makes a trivial call to the workflow database.
    pub async fn check_workflow(&self) -> Result<(), SourceError> {
        match self {
            Self::Sql(runs) => runs.check_workflow().await,
            Self::File(_) | Self::Demo(_) => Ok(()),
        }
    }

    /// Makes a trivial call to Airflow's database.
    pub async fn check_airflow(&self) -> Result<(), SourceError> {
        match self {
            Self::Sql(runs) => runs.check_airflow().await,
            Self::File(_) | Self::Demo(_) => Ok(()),
        }
    }
}
