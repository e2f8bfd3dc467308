//! Tier 2: queries that a model or a person wrote, let through by the guard and run read-only.

use crate::settings::{SourceSettings, SqlSettings};
use crate::{Error, Result, Service};
use agent::{QueryAnswer, QueryRefusal};
use estate::SourceError;
use estate::sql::CheckedQuery;
use model::ask::{QueryRun, SqlCard};
use model::audit::{AuditEntry, AuditResult};
use model::source::SourceName;
use model::{Actor, BusinessDate, Capability, RunId};
use query::{Accepted, Database, Guard, Limits, Moment, Schema, Table};
use std::sync::Arc;
use tokio::sync::{OnceCell, Semaphore};
use tokio::time::Instant;

/// Rows that the server may expect to look at for one query.
const MOST_EXAMINED_ROWS: u64 = 5_000_000;
/// Queries that run at once; further ones wait.
const QUERIES_AT_ONCE: usize = 4;
/// Characters of question and statement that the trail keeps.
const MOST_RECORDED_CHARS: usize = 4_000;
/// What a narrowed reader is told. It tells nothing of what is hidden.
const CLOSED: &str = "Queries cannot be asked for with this access: ask in words instead.";

/// What queries need.
pub(crate) struct Queries {
    names: Schema,
    limits: Limits,
    guard: OnceCell<Arc<Guard>>,
    places: Semaphore,
}

/// Why there are no rows.
pub(super) enum Problem {
    /// The guard's reason, or that it would read too much: another wording may do.
    Refused(String),
    /// The actor may not ask by query.
    Closed,
    /// The source did not answer.
    Failed(SourceError),
}

impl Problem {
    fn sentence(&self) -> String {
        match self {
            Self::Refused(reason) => reason.clone(),
            Self::Closed => CLOSED.to_owned(),
            Self::Failed(error) => format!("The source {error}."),
        }
    }
}

impl Queries {
    /// For the databases of `source`, by their names there.
    pub(crate) fn new(source: &SourceSettings) -> Self {
        let (names, limits) = match source {
            SourceSettings::Real { sql: SqlSettings::MySql(sql), .. } => {
                (Schema::documented(&sql.fgw_database, &sql.airflow_database), Some(sql.limits))
            }
            SourceSettings::Real { sql: SqlSettings::Sqlite(sql), .. } => {
                (Schema::default(), Some(sql.limits))
            }
            SourceSettings::Demo { .. } | SourceSettings::File(_) => (Schema::default(), None),
        };
        let limits = limits.map_or_else(Limits::default, |limits| Limits {
            max_rows: Limits::default().max_rows.min(limits.max_rows as u64),
            ..Limits::default()
        });
        Self { names, limits, guard: OnceCell::new(), places: Semaphore::new(QUERIES_AT_ONCE) }
    }
}

impl Service {
    /// The statement as it would run.
    ///
    /// # Errors
    /// Invalid, about `sql`, with the guard's reason.
    pub async fn check_query(&self, actor: &Actor, sql: &str, today: BusinessDate) -> Result<String> {
        self.require(actor, Capability::Ask)?;
        let checked = self.check(actor, sql, today).await;
        checked.map(|accepted| accepted.sql).map_err(into_error)
    }

    /// Guards a query and runs it; `question` is what it answers, for the card and the trail.
    ///
    /// # Errors
    /// Invalid, about `sql`, with the reason why it is not run; unavailable where the source is down.
    pub async fn run_query(
        &self,
        actor: &Actor,
        question: &str,
        sql: &str,
        today: BusinessDate,
    ) -> Result<QueryRun> {
        self.require(actor, Capability::Ask)?;
        let started = Instant::now();
        let answer = self.try_query(actor, sql, today).await;
        let duration_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.record(query_entry(actor, question, sql, &answer, duration_ms)).await?;
        let (accepted, table) = answer.map_err(into_error)?;
        let truncated = table.rows.len() as u64 >= self.0.asking.queries.limits.max_rows;
        let card = SqlCard {
            question: question.to_owned(),
            sql: accepted.sql,
            columns: table.columns,
            rows: table.rows,
            ran: true,
            truncated,
        };
        Ok(QueryRun { card, duration_ms, as_of: self.clock().now() })
    }

    /// The same for the agent, who has a refused query written anew.
    pub(super) async fn answer_query(
        &self,
        actor: &Actor,
        question: &str,
        sql: &str,
        today: BusinessDate,
    ) -> std::result::Result<QueryAnswer, QueryRefusal> {
        match self.run_query(actor, question, sql, today).await {
            Ok(QueryRun { card, duration_ms, as_of }) => {
                Ok(QueryAnswer { card, duration_ms, as_of: Some(as_of) })
            }
            Err(Error::Invalid { message, .. }) => Err(QueryRefusal { can_rewrite: true, reason: message }),
            Err(error) => Err(QueryRefusal { reason: error.to_string(), can_rewrite: false }),
        }
    }

    /// What the guard says of a statement.
    pub(super) async fn check(
        &self,
        actor: &Actor,
        sql: &str,
        today: BusinessDate,
    ) -> std::result::Result<Accepted, Problem> {
        if !may_query(actor) {
            return Err(Problem::Closed);
        }
        let moment = Moment { now: self.clock().now(), today };
        let (guard, sql) = (self.guard().await, sql.to_owned());
        // A long statement takes the guard long enough to hold others up.
        let checked = tokio::task::spawn_blocking(move || guard.check(&sql, &moment)).await;
        checked.expect("the guard does not panic").map_err(|refusal| Problem::Refused(refusal.to_string()))
    }

    async fn try_query(
        &self,
        actor: &Actor,
        sql: &str,
        today: BusinessDate,
    ) -> std::result::Result<(Accepted, estate::sql::ResultTable), Problem> {
        let accepted = self.check(actor, sql, today).await?;
        let database = source_of(accepted.database);
        let checked = CheckedQuery {
            mysql: accepted.sql.clone(),
            sqlite: accepted.sqlite.clone(),
            database,
            span: accepted.span.map(|span| (span.from, span.to)),
            run_ids: accepted.run_ids.iter().map(RunId::new).collect(),
            max_examined_rows: MOST_EXAMINED_ROWS,
        };
        // Never closed.
        let _place = self.0.asking.queries.places.acquire().await;
        match self.0.sources.runs.run_query(&checked).await {
            Ok(table) => Ok((accepted, table)),
            Err(error @ SourceError::TooManyRows { .. }) => {
                Err(Problem::Refused(format!("The {} {error}: ask for fewer dates.", database.label())))
            }
            Err(error @ SourceError::TooLarge { .. }) => {
                let instead = "ask for fewer rows or shorter columns";
                Err(Problem::Refused(format!("The {} {error}: {instead}.", database.label())))
            }
            Err(error) => {
                let cause = std::error::Error::source(&error).map(ToString::to_string).unwrap_or_default();
                tracing::warn!(source = database.as_str(), cause, "a query {error}");
                Err(Problem::Failed(error))
            }
        }
    }

    /// Looks at the start which columns there are, so that the first query need not. Never ends.
    pub(crate) async fn prepare_queries(&self) {
        self.guard().await;
        std::future::pending().await
    }

    /// The guard over the columns that the databases have. While they do not say, over the
    /// documented ones.
    pub(super) async fn guard(&self) -> Arc<Guard> {
        let queries = &self.0.asking.queries;
        let guard = queries.guard.get_or_try_init(|| async {
            let schema = self.discover_schema().await?;
            Ok::<_, SourceError>(Arc::new(Guard::new(schema, queries.limits)))
        });
        match guard.await {
            Ok(guard) => guard.clone(),
            Err(error) => {
                tracing::warn!("the columns of the databases are not known yet: a source {error}");
                Arc::new(Guard::new(queries.names.clone(), queries.limits))
            }
        }
    }

    /// The documented columns that are there. Others may hold anything: they cannot be asked for.
    async fn discover_schema(&self) -> std::result::Result<Schema, SourceError> {
        let mut schema = self.0.asking.queries.names.clone();
        for table in Table::ALL {
            let database = source_of(table.database());
            let found = self.0.sources.runs.list_columns(database, table.name()).await?;
            let mut columns = schema.columns(table).to_vec();
            columns.retain(|column| found.iter().any(|name| name.eq_ignore_ascii_case(&column.name)));
            schema = schema.with_columns(table, columns);
        }
        Ok(schema)
    }
}

/// Whose rows a query reads is not looked into, so it is for those who may see all of them.
pub(super) fn may_query(actor: &Actor) -> bool {
    actor.hidden.is_empty()
}

fn source_of(database: Database) -> SourceName {
    match database {
        Database::Workflow => SourceName::FgwDatabase,
        Database::Airflow => SourceName::AirflowDatabase,
    }
}

fn into_error(problem: Problem) -> Error {
    match problem {
        Problem::Failed(SourceError::Refused(_)) => Error::Invalid {
            field: "sql",
            message: "The database could not run the statement: simplify it.".to_owned(),
        },
        Problem::Failed(error) => Error::Unavailable { message: format!("the source {error}") },
        refused => Error::Invalid { field: "sql", message: refused.sentence() },
    }
}

fn query_entry(
    actor: &Actor,
    question: &str,
    sql: &str,
    answer: &std::result::Result<(Accepted, estate::sql::ResultTable), Problem>,
    duration_ms: u64,
) -> AuditEntry {
    let cut = |text: &str| text.chars().take(MOST_RECORDED_CHARS).collect::<String>();
    let entry = AuditEntry::by(actor, "query.run", "query")
        .after("question", cut(question))
        .after("sql", cut(sql))
        .after("duration_ms", duration_ms);
    let (verdict, rows) = match answer {
        Ok((_, table)) => ("accepted".to_owned(), table.rows.len()),
        Err(problem) => (problem.sentence(), 0),
    };
    tracing::info!(question, sql, verdict, rows, duration_ms, "query");
    let result = match answer {
        Ok(_) => AuditResult::Success,
        Err(Problem::Refused(_) | Problem::Closed) => AuditResult::Refused,
        Err(Problem::Failed(_)) => AuditResult::Failure,
    };
    entry.after("verdict", verdict).after("rows", rows).with_result(result)
}
