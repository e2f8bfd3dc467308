//! What ran: one door to workflow runs and tasks, whatever holds them.

use crate::demo::DemoRuns;
use crate::error::SourceError;
use crate::file::FileRuns;
use crate::sql::{CheckedQuery, QueryLimits, ResultTable, SqlRuns, memory};
use model::source::SourceName;
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

    /// Runs a query that a guard has let through. Estates without a database answer it from an
    /// embedded one.
    pub async fn run_query(&self, query: &CheckedQuery) -> Result<ResultTable, SourceError> {
        let wants_tasks = query.database == SourceName::AirflowDatabase;
        let (runs, tasks) = match self {
            Self::Sql(runs) => return runs.run_query(query).await,
            Self::File(file) if wants_tasks => (Vec::new(), file.tasks_of(query.span, &query.run_ids)),
            Self::Demo(demo) if wants_tasks => (Vec::new(), demo.tasks_of(query.span, &query.run_ids)),
            Self::File(file) => (query.span.map(|span| file.runs_of(span)).unwrap_or_default(), Vec::new()),
            Self::Demo(demo) => (query.span.map(|span| demo.runs_of(span)).unwrap_or_default(), Vec::new()),
        };
        memory::run_query(&runs, &tasks, &query.sqlite, QueryLimits::default()).await
    }

    /// The names of the columns of a table; none where the estate has no such table.
    pub async fn list_columns(&self, database: SourceName, table: &str) -> Result<Vec<String>, SourceError> {
        let names: &[&str] = match (self, table) {
            (Self::Sql(runs), _) => return runs.list_columns(database, table).await,
            (Self::File(_) | Self::Demo(_), "WORKFLOW_RUN_INSTANCE") => &memory::RUN_COLUMNS,
            (Self::File(_) | Self::Demo(_), "task_instance") => &memory::TASK_COLUMNS,
            (Self::File(_) | Self::Demo(_), _) => &[],
        };
        Ok(names.iter().map(ToString::to_string).collect())
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
