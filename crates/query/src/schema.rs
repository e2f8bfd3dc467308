//! What a query may read: three tables in two databases, and of each the columns on the list.

use std::fmt;

/// A table that a query may read. There are no others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Table {
    /// `WORKFLOW_RUN_INSTANCE`: one row is one execution of one workflow for one slice.
    WorkflowRunInstance,
    /// Airflow's `task_instance`.
    TaskInstance,
    /// Airflow's `dag_run`.
    DagRun,
}

impl Table {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::WorkflowRunInstance, Self::TaskInstance, Self::DagRun];

    /// Its name, as its database spells it.
    pub fn name(self) -> &'static str {
        match self {
            Self::WorkflowRunInstance => "WORKFLOW_RUN_INSTANCE",
            Self::TaskInstance => "task_instance",
            Self::DagRun => "dag_run",
        }
    }

    /// The database that holds it.
    pub fn database(self) -> Database {
        match self {
            Self::WorkflowRunInstance => Database::Workflow,
            Self::TaskInstance | Self::DagRun => Database::Airflow,
        }
    }

    /// The table of this name, however it is capitalised.
    pub(crate) fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|table| table.name().eq_ignore_ascii_case(name))
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// One of the two source databases. They may be on different servers: no query reads both.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Database {
    /// Holds `WORKFLOW_RUN_INSTANCE` (`FGW_DATABASE`).
    Workflow,
    /// Holds `task_instance` and `dag_run` (`AIRFLOW_DATABASE`).
    Airflow,
}

/// What a column holds, as far as the rewriting needs to know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Text.
    Text,
    /// A number.
    Number,
    /// A calendar date.
    Date,
    /// A point in time, UTC.
    Time,
}

/// A column that a query may read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// Its name, as the database spells it.
    pub name: String,
    /// What it holds.
    pub kind: Kind,
}

/// The databases' names and the columns on the list: discovered when the program starts, or
/// the documented ones ([`Schema::default`]).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schema {
    workflow_database: String,
    airflow_database: String,
    tables: [Vec<Column>; 3],
}

impl Schema {
    /// The documented columns, in databases of these names (`FGW_DATABASE`,
    /// `AIRFLOW_DATABASE`).
    pub fn documented(workflow_database: impl Into<String>, airflow_database: impl Into<String>) -> Self {
        let documented = |table| {
            let column = |&(name, kind): &(&str, Kind)| Column { name: name.to_owned(), kind };
            columns_documented(table).iter().map(column).collect()
        };
        Self {
            workflow_database: workflow_database.into(),
            airflow_database: airflow_database.into(),
            tables: Table::ALL.map(documented),
        }
    }

    /// The same with the columns of `table` replaced, for one that was discovered. Columns
    /// whose names are not letters, digits and `_` are left out: nobody can ask for them. No
    /// columns: the table cannot be read.
    #[must_use]
    pub fn with_columns(mut self, table: Table, columns: impl IntoIterator<Item = Column>) -> Self {
        self.tables[table as usize] =
            columns.into_iter().filter(|column| is_plain_name(&column.name)).collect();
        self
    }

    /// The columns of `table` on the list, in the table's order.
    pub fn columns(&self, table: Table) -> &[Column] {
        &self.tables[table as usize]
    }

    /// The name of `database`.
    pub fn database_name(&self, database: Database) -> &str {
        match database {
            Database::Workflow => &self.workflow_database,
            Database::Airflow => &self.airflow_database,
        }
    }
}

impl Default for Schema {
    fn default() -> Self {
        Self::documented("FINEGRAINED_WORKFLOW", "airflow")
    }
}

/// Letters, digits and `_`, not a digit first, at most 64: a name that needs no quoting in any
/// database unless it is a reserved word.
pub(crate) fn is_plain_name(name: &str) -> bool {
    let is_start = |first: u8| first.is_ascii_alphabetic() || first == b'_';
    name.len() <= 64
        && name.bytes().next().is_some_and(is_start)
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

fn columns_documented(table: Table) -> &'static [(&'static str, Kind)] {
    match table {
        Table::WorkflowRunInstance => &[
            ("WORKFLOW_RUN_INSTANCE_KEY", Kind::Number),
            ("WORKFLOW_KEY", Kind::Number),
            ("WORKFLOW_ID", Kind::Text),
            ("DAG_ID", Kind::Text),
            ("DAG_RUN_ID", Kind::Text),
            ("STATUS", Kind::Text),
            ("STATUS_DETAIL", Kind::Text),
            ("CREATED_DATE", Kind::Time),
            ("UPDATED_DATE", Kind::Time),
            ("BUSINESS_DATE", Kind::Date),
            ("MODEL_BUSINESS_DATE", Kind::Date),
            ("MODEL_AS_OF_DATE", Kind::Date),
            ("OUTPUT_DATASET_ID", Kind::Text),
            ("DATA_PROCESSOR_ID", Kind::Text),
            ("OUTPUT_BUSINESS_DATE_RULE", Kind::Text),
            ("TRIGGER_TYPE", Kind::Text),
            ("TRIGGER_VALUE", Kind::Text),
            ("OUTPUT_DATASET_EFFECTIVE_DATE", Kind::Time),
            ("OUTPUT_DATASET_AS_OF_DATE", Kind::Time),
        ],
        Table::TaskInstance => &[
            ("task_id", Kind::Text),
            ("dag_id", Kind::Text),
            ("run_id", Kind::Text),
            ("map_index", Kind::Number),
            ("start_date", Kind::Time),
            ("end_date", Kind::Time),
            ("duration", Kind::Number),
            ("state", Kind::Text),
            ("try_number", Kind::Number),
            ("max_tries", Kind::Number),
            ("hostname", Kind::Text),
            ("operator", Kind::Text),
            ("task_display_name", Kind::Text),
        ],
        Table::DagRun => &[
            ("dag_id", Kind::Text),
            ("run_id", Kind::Text),
            ("execution_date", Kind::Time),
            ("start_date", Kind::Time),
            ("end_date", Kind::Time),
            ("state", Kind::Text),
            ("run_type", Kind::Text),
        ],
    }
}
