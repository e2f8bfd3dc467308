//! From the parser's tree to ours, refusing whatever ours has no place for.
//!
//! Every name is resolved here as the databases would resolve it, against the columns on the
//! list only. Where a name could mean a column that is not on the list (an alias of the select
//! list in GROUP BY or HAVING, a column of an outer query), the tree says what it means
//! without using the name.

mod call;
mod constant;
mod expression;
mod names;
mod query;
mod select;

use crate::bound::DateSpan;
use crate::guard::Guard;
use crate::moment::Moment;
use crate::refusal::Refusal;
use crate::schema::{Database, Table, is_plain_name};
use crate::tree::Query;
use names::Output;
use sqlparser::ast;
use std::collections::BTreeSet;

/// Tables, CTEs and derived tables in FROM, in the whole statement.
const MAX_RELATIONS: usize = 12;
/// SELECTs in the whole statement.
const MAX_SELECTS: usize = 16;
/// Nested expressions and queries: what the stack of a server's thread bears easily.
const MAX_DEPTH: usize = 48;
/// Expressions in the whole statement.
const MAX_EXPRESSIONS: usize = 5_000;

/// Reads one statement.
pub(crate) struct Reader<'a> {
    guard: &'a Guard,
    moment: &'a Moment,
    /// CTEs in sight, the nearest last.
    ctes: Vec<(String, Vec<Output>)>,
    cte_names: BTreeSet<String>,
    relations: usize,
    selects: usize,
    expressions: usize,
    depth: usize,
    pub(crate) tables: BTreeSet<Table>,
    pub(crate) columns: BTreeSet<(Table, String)>,
    /// From the first to the last day that any reference of a table reads.
    pub(crate) span: Option<DateSpan>,
    /// The runs that references of Airflow's tables name instead.
    pub(crate) run_ids: BTreeSet<String>,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(guard: &'a Guard, moment: &'a Moment) -> Self {
        Self {
            guard,
            moment,
            ctes: Vec::new(),
            cte_names: BTreeSet::new(),
            relations: 0,
            selects: 0,
            expressions: 0,
            depth: 0,
            tables: BTreeSet::new(),
            columns: BTreeSet::new(),
            span: None,
            run_ids: BTreeSet::new(),
        }
    }

    /// Reads the whole statement. Its LIMIT is as written.
    pub(crate) fn statement(&mut self, query: &ast::Query) -> Result<Query, Refusal> {
        Ok(self.query(query, None)?.0)
    }

    /// The database that all its tables are in.
    pub(crate) fn database(&self) -> Result<Database, Refusal> {
        let databases: BTreeSet<Database> = self.tables.iter().map(|table| table.database()).collect();
        match (databases.len(), databases.first()) {
            (1, Some(database)) => Ok(*database),
            (0, _) => Err(Refusal::NoTable),
            _ => Err(Refusal::TwoDatabases),
        }
    }

    /// Runs `read` one level deeper.
    fn nested<T>(&mut self, read: impl FnOnce(&mut Self) -> Result<T, Refusal>) -> Result<T, Refusal> {
        if self.depth >= MAX_DEPTH {
            return Err(Refusal::TooComplex { what: "nested expressions", limit: MAX_DEPTH });
        }
        self.depth += 1;
        let result = read(self);
        self.depth -= 1;
        result
    }

    /// A name that the query gives to something.
    fn new_name(&self, name: &ast::Ident) -> Result<String, Refusal> {
        if is_plain_name(&name.value) { Ok(name.value.clone()) } else { Err(bad_name(&name.value)) }
    }

    /// A name for a relation: none that a table or a database has, whatever it stands for.
    fn new_relation_name(&self, name: &ast::Ident, of: Option<Table>) -> Result<String, Refusal> {
        let name = self.new_name(name)?;
        let databases = [Database::Workflow, Database::Airflow];
        let is_database = |database| name.eq_ignore_ascii_case(self.guard.schema().database_name(database));
        let is_other_table = Table::parse(&name).is_some_and(|table| Some(table) != of);
        if is_other_table || databases.into_iter().any(is_database) {
            return Err(Refusal::NameTaken(name));
        }
        Ok(name)
    }
}

fn bad_name(name: &str) -> Refusal {
    Refusal::BadName(name.chars().take(40).collect())
}

fn unsupported(what: impl Into<String>, instead: &'static str) -> Refusal {
    Refusal::Unsupported { what: what.into(), instead }
}
