//! Queries that somebody else wrote and a guard let through: within a time limit as all others,
//! and refused where the server expects to read too many rows for them.

use super::{Database, SqlRuns};
use crate::error::SourceError;
use model::source::SourceName;
use model::{BusinessDate, RunId};

/// A query that a guard has let through: it only reads, and has a LIMIT.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckedQuery {
    /// In the words of MySQL and MariaDB.
    pub mysql: String,
    /// The same in the words of SQLite.
    pub sqlite: String,
    /// The database that holds its tables: workflow or Airflow.
    pub database: SourceName,
    /// The days that it reads: business dates of workflow rows, or days on which tasks started.
    pub span: Option<(BusinessDate, BusinessDate)>,
    /// The runs whose tasks it reads beside those of the span.
    pub run_ids: Vec<RunId>,
    /// Rows that the server may expect to look at. (SQLite expects nothing: there the time limit
    /// is all.)
    pub max_examined_rows: u64,
}

/// What a query answers, every value as the text that the database makes of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ResultTable {
    /// Names of the columns.
    pub columns: Vec<String>,
    /// Rows; `None` for NULL.
    pub rows: Vec<Vec<Option<String>>>,
}

impl SqlRuns {
    /// Runs a checked query in a transaction that only reads.
    ///
    /// # Errors
    /// [`SourceError::TooManyRows`] where the server expects to read more than it may.
    pub async fn run_query(&self, query: &CheckedQuery) -> Result<ResultTable, SourceError> {
        let database = match query.database {
            SourceName::AirflowDatabase => &self.airflow,
            SourceName::FgwDatabase | SourceName::LenzApi => &self.workflow,
        };
        match database {
            Database::MySql(database) => database.run(&query.mysql, query.max_examined_rows).await,
            Database::Sqlite(database) => database.run(&query.sqlite, query.max_examined_rows).await,
        }
    }
}

/// Rows that MySQL expects to look at, from the lines of EXPLAIN: `(id, select_type, rows)`. The
/// tables of one SELECT are joined, so theirs multiply; a subquery that depends on the one around
/// it runs once for each row of that. Which one that is, EXPLAIN does not say: it has a lower id,
/// so the largest of those is the most it can be.
pub(super) fn expected_rows(lines: &[(Option<u64>, String, u64)]) -> u64 {
    let ids: std::collections::BTreeSet<u64> = lines.iter().filter_map(|(id, ..)| *id).collect();
    let (mut sum, mut largest) = (0u64, 1u64);
    for id in ids {
        let of_id = || lines.iter().filter(|(other, ..)| *other == Some(id));
        let repeats = |kind: &str| kind.starts_with("DEPENDENT") || kind.starts_with("UNCACHEABLE");
        let times = if of_id().any(|(_, kind, _)| repeats(kind)) { largest } else { 1 };
        let rows = of_id().fold(times, |product, (_, _, rows)| product.saturating_mul((*rows).max(1)));
        sum = sum.saturating_add(rows);
        largest = largest.max(rows);
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn joins_multiply_and_subqueries_add_unless_they_depend() {
        let check = |lines: &[(Option<u64>, &str, u64)], expect| {
            let lines: Vec<_> =
                lines.iter().map(|(id, kind, rows)| (*id, (*kind).to_owned(), *rows)).collect();
            assert_eq!(expected_rows(&lines), expect, "{lines:?}");
        };
        check(&[], 0);
        check(&[(Some(1), "SIMPLE", 700)], 700);
        check(&[(Some(1), "SIMPLE", 700), (Some(1), "SIMPLE", 10)], 7_000);
        check(&[(Some(1), "PRIMARY", 700), (Some(2), "DERIVED", 10)], 710);
        check(&[(Some(1), "PRIMARY", 700), (Some(2), "DEPENDENT SUBQUERY", 10)], 7_700);
        check(&[(Some(1), "PRIMARY", 700), (Some(2), "UNCACHEABLE SUBQUERY", 10)], 7_700);
        let dependent = "DEPENDENT SUBQUERY";
        let nested = [(Some(1), "PRIMARY", 1_000), (Some(2), dependent, 1_000), (Some(3), dependent, 1_000)];
        check(&nested, 1_001_001_000);
        check(&[(Some(1), "PRIMARY", 700), (Some(2), "DERIVED", 10), (Some(3), dependent, 10)], 7_710);
        check(&[(Some(1), "PRIMARY", 5), (Some(2), "UNION", 6), (None, "UNION RESULT", 0)], 11);
        check(&[(Some(1), "SIMPLE", u64::MAX), (Some(1), "SIMPLE", 2)], u64::MAX);
    }
}
