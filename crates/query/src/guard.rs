//! The guard: a statement in, an [`Accepted`] one or a [`Refusal`] out.

use crate::bound::DateSpan;
use crate::growth;
use crate::lexical::{MAX_PARENTHESES, tokenize};
use crate::moment::Moment;
use crate::read::Reader;
use crate::refusal::Refusal;
use crate::schema::{Database, Schema, Table};
use crate::write::{Dialect, write};
use sqlparser::ast;
use sqlparser::dialect::MySqlDialect;
use sqlparser::keywords::Keyword;
use sqlparser::parser::{Parser, ParserError};
use sqlparser::tokenizer::{Token, TokenWithSpan};
use std::collections::BTreeSet;

/// The nesting that the parser follows. It takes up to 20 KB of stack a level (optimised), and a
/// server's thread has 2 MB.
const PARSER_DEPTH: usize = 40;

/// Bounds of a query.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Rows of an answer (`MAX_QUERY_ROWS`): LIMIT is put in, or lowered to this.
    pub max_rows: u64,
    /// Days from the first to the last that one reference of a table may read.
    pub max_days: i64,
    /// The largest OFFSET.
    pub max_offset: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { max_rows: 500, max_days: 400, max_offset: 10_000 }
    }
}

/// A query that may be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Accepted {
    /// The query in MySQL's dialect: written anew, with constants for the dates and with its
    /// LIMIT. The guard accepts it again and leaves it as it is.
    pub sql: String,
    /// The same for a SQLite file that has the tables under their bare names, dates as
    /// `YYYY-MM-DD` and times in any form that SQLite's date functions read.
    pub sqlite: String,
    /// The database to send it to.
    pub database: Database,
    /// The tables that it reads.
    pub tables: BTreeSet<Table>,
    /// The columns that it reads.
    pub columns: BTreeSet<(Table, String)>,
    /// The days that it reads: business dates of workflow rows, those of the times that bound
    /// Airflow's. `None` where run ids bound all that it reads.
    pub span: Option<DateSpan>,
    /// The runs that bound what it reads of Airflow's tables beside the span.
    pub run_ids: BTreeSet<String>,
    /// The most rows that it can answer.
    pub limit: u64,
}

/// Decides which queries may be sent to the source databases.
#[derive(Clone, Debug, Default)]
pub struct Guard {
    schema: Schema,
    limits: Limits,
}

impl Guard {
    /// A guard that lets through what reads `schema` within `limits`.
    pub fn new(schema: Schema, limits: Limits) -> Self {
        Self { schema, limits }
    }

    /// What queries may read.
    pub fn schema(&self) -> &Schema {
        &self.schema
    }

    /// The bounds of queries.
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// Reads `sql`, one query in MySQL's dialect, and writes it anew.
    ///
    /// # Errors
    /// The first reason found why it may not be sent.
    pub fn check(&self, sql: &str, moment: &Moment) -> Result<Accepted, Refusal> {
        let accepted = self.rewrite(sql, moment)?;
        // What goes out must itself be accepted and stay as it is: a statement whose
        // parentheses have grown beyond the bounds is not, nor would be one that was written
        // otherwise than it was understood.
        match self.rewrite(&accepted.sql, moment) {
            Ok(again) if again == accepted => Ok(accepted),
            _ => Err(Refusal::TooComplex { what: "nested expressions", limit: MAX_PARENTHESES }),
        }
    }

    fn rewrite(&self, sql: &str, moment: &Moment) -> Result<Accepted, Refusal> {
        let parsed = parse(tokenize(sql)?)?;
        let mut reader = Reader::new(self, moment);
        let mut query = reader.statement(&parsed)?;
        growth::check(&query)?;
        let limit = query.limit.map_or(self.limits.max_rows, |limit| limit.min(self.limits.max_rows));
        query.limit = Some(limit);
        let database = reader.database()?;
        let Reader { tables, columns, span, run_ids, .. } = reader;
        Ok(Accepted {
            sql: write(&query, Dialect::MySql, &self.schema)?,
            sqlite: write(&query, Dialect::Sqlite, &self.schema)?,
            database,
            tables,
            columns,
            span,
            run_ids,
            limit,
        })
    }
}

fn parse(tokens: Vec<TokenWithSpan>) -> Result<ast::Query, Refusal> {
    let is_query = match tokens.first().map(|token| &token.token) {
        Some(Token::LParen) => true,
        Some(Token::Word(word)) => matches!(word.keyword, Keyword::SELECT | Keyword::WITH),
        _ => false,
    };
    if !is_query {
        let first = tokens.first().map_or("empty".to_owned(), |token| token.token.to_string());
        return Err(Refusal::NotAQuery(first.chars().take(20).collect()));
    }
    let mut parser =
        Parser::new(&MySqlDialect {}).with_recursion_limit(PARSER_DEPTH).with_tokens_with_locations(tokens);
    let query = parser.parse_query().map_err(unreadable)?;
    match &parser.peek_token_ref().token {
        Token::EOF => Ok(*query),
        Token::Word(word) if matches!(word.keyword, Keyword::LOCK | Keyword::FOR) => Err(Refusal::Locking),
        other => Err(Refusal::Unreadable(format!("found {other} where the statement should end"))),
    }
}

fn unreadable(error: ParserError) -> Refusal {
    match error {
        ParserError::RecursionLimitExceeded => {
            Refusal::TooComplex { what: "nested expressions", limit: PARSER_DEPTH }
        }
        ParserError::ParserError(message) | ParserError::TokenizerError(message) => {
            Refusal::Unreadable(message.chars().take(200).collect())
        }
    }
}
