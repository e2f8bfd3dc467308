//! Why a query is refused.

use crate::schema::Table;
use model::ErrorKind;

/// Why a query is refused. `Display` is one sentence that says what to do instead: it goes to
/// whoever wrote the query, a person or a model.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs, reason = "the sentence above each variant is its documentation")]
pub enum Refusal {
    #[error("The statement is too long: at most {limit} bytes, so ask for less at once.")]
    TooLong { limit: usize },
    #[error("The statement holds a control character: use only printable characters, spaces and line ends.")]
    ControlCharacter,
    #[error("Comments and hints are not taken: remove `--`, `#` and `/* */`.")]
    Comment,
    #[error("Variables are not taken: write the value itself in place of `@…` and `:=`.")]
    Variable,
    #[error("Placeholders are not taken: write the value itself in place of `{0}`.")]
    Placeholder(String),
    #[error("The statement cannot be read as MySQL: {0}.")]
    Unreadable(String),
    #[error("One statement at a time: remove everything after the first `;`.")]
    SeveralStatements,
    #[error("Only queries are taken, and this is {0}: begin with SELECT or WITH.")]
    NotAQuery(String),
    #[error("The statement has too many {what} (at most {limit}): split it into simpler questions.")]
    TooComplex { what: &'static str, limit: usize },
    #[error("Recursive queries are not taken: write WITH without RECURSIVE.")]
    Recursive,
    #[error(
        "There is no table `{0}` here: use WORKFLOW_RUN_INSTANCE, or airflow.task_instance and airflow.dag_run."
    )]
    UnknownTable(String),
    #[error("The schema `{0}` is not open to queries: read only the workflow and the Airflow tables.")]
    OtherSchema(String),
    #[error(
        "Workflow and Airflow tables are in two databases that cannot be joined: ask for the run ids first, \
         then for their tasks with run_id IN (…)."
    )]
    TwoDatabases,
    #[error("The query reads no table: select from WORKFLOW_RUN_INSTANCE, task_instance or dag_run.")]
    NoTable,
    #[error("There is no column `{column}` here: use one of {known}.")]
    UnknownColumn { column: String, known: String },
    #[error("The column `{0}` could be of several tables: put the table's alias before it.")]
    AmbiguousColumn(String),
    #[error("The name `{0}` is taken or could be mistaken for a table or schema: choose another alias.")]
    NameTaken(String),
    #[error("The name `{0}` is out of shape: use letters, digits and `_`, at most 64 of them.")]
    BadName(String),
    #[error("The function {0} is not on the list: use the usual aggregates, dates, texts and conditions.")]
    FunctionNotAllowed(String),
    #[error("The function {name} is not written like that here: write {usage}.")]
    FunctionUse { name: String, usage: &'static str },
    #[error("INTO is not taken: rows are only read, so remove it.")]
    Into,
    #[error("Locks are not taken: remove FOR UPDATE, FOR SHARE or LOCK IN SHARE MODE.")]
    Locking,
    #[error("Hints to the optimizer are not taken: remove {0}.")]
    Hint(&'static str),
    #[error("{what} is not taken here: {instead}.")]
    Unsupported { what: String, instead: &'static str },
    #[error(
        "{table}{alias} is read without bounds: {}, beside the other conditions and not under OR or NOT.",
        how_to_bound(*.table)
    )]
    Unbounded { table: Table, alias: String },
    #[error("{table} is read over {days} days: at most {limit} are allowed, so narrow the dates.")]
    SpanTooLong { table: Table, days: i64, limit: i64 },
    #[error("The dates of {0} leave no day: the lower bound must not be after the upper one.")]
    SpanEmpty(Table),
    #[error("`{0}` is no date that can be worked out: write a date like '2026-02-18'.")]
    BadDate(String),
    #[error("LIMIT and OFFSET take whole numbers only: write LIMIT 100.")]
    BadLimit,
    #[error("OFFSET may be at most {limit}: narrow the conditions instead of paging so far.")]
    OffsetTooLarge { limit: u64 },
    #[error("LIMIT inside IN (…) does not work in MySQL: put the limited query into a derived table.")]
    LimitInIn,
}

fn how_to_bound(table: Table) -> &'static str {
    match table {
        Table::WorkflowRunInstance => {
            "give its BUSINESS_DATE as = or IN with dates, or with BETWEEN, or with >= and <= together"
        }
        Table::TaskInstance => "give its run_id with = or IN, or its start_date a lower and an upper bound",
        Table::DagRun => {
            "give its run_id with = or IN, or its execution_date or start_date a lower and an upper bound"
        }
    }
}

impl Refusal {
    /// A short fixed word for logs and counters.
    pub fn code(&self) -> &'static str {
        match self {
            Self::TooLong { .. } => "too_long",
            Self::ControlCharacter => "control_character",
            Self::Comment => "comment",
            Self::Variable => "variable",
            Self::Placeholder(_) => "placeholder",
            Self::Unreadable(_) => "unreadable",
            Self::SeveralStatements => "several_statements",
            Self::NotAQuery(_) => "not_a_query",
            Self::TooComplex { .. } => "too_complex",
            Self::Recursive => "recursive",
            Self::UnknownTable(_) => "unknown_table",
            Self::OtherSchema(_) => "other_schema",
            Self::TwoDatabases => "two_databases",
            Self::NoTable => "no_table",
            Self::UnknownColumn { .. } => "unknown_column",
            Self::AmbiguousColumn(_) => "ambiguous_column",
            Self::NameTaken(_) => "name_taken",
            Self::BadName(_) => "bad_name",
            Self::FunctionNotAllowed(_) => "function_not_allowed",
            Self::FunctionUse { .. } => "function_use",
            Self::Into => "into",
            Self::Locking => "locking",
            Self::Hint(_) => "hint",
            Self::Unsupported { .. } => "unsupported",
            Self::Unbounded { .. } => "unbounded",
            Self::SpanTooLong { .. } => "span_too_long",
            Self::SpanEmpty(_) => "span_empty",
            Self::BadDate(_) => "bad_date",
            Self::BadLimit => "bad_limit",
            Self::OffsetTooLarge { .. } => "offset_too_large",
            Self::LimitInIn => "limit_in_in",
        }
    }

    /// The caller can mend any of them.
    pub fn kind(&self) -> ErrorKind {
        ErrorKind::Invalid
    }
}
