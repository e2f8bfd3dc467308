//! Pages of a table, by time and id.

use super::entry::last_id;
use super::journal;
use super::server::{Question, Server};
use super::wire::Answer;
use crate::store::{Cursor, MAX_PAGE, Order, Page, RecordQuery, StoreResult};
use model::identity::ProjectId;

/// Where a list's records are. Columns have names without a table's.
pub(super) struct Listed {
    /// The table, `FINAL` where of a key one row counts.
    pub(super) table: &'static str,
    /// The column of the time that it is ordered by.
    pub(super) time: &'static str,
    /// The columns to read, beginning with the id and the time.
    pub(super) columns: &'static str,
}

/// The question for one page, as it is put together.
pub(super) struct PageReader<'q> {
    listed: Listed,
    query: &'q RecordQuery,
    conditions: String,
    values: Vec<(&'static str, Value)>,
}

/// What is bound.
pub(super) enum Value {
    Int(i64),
    Text(String),
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Int(number)
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl<'q> PageReader<'q> {
    pub(super) fn new(listed: Listed, project: &ProjectId, query: &'q RecordQuery) -> Self {
        let mut reader = Self { listed, query, conditions: String::new(), values: Vec::new() };
        let time = reader.listed.time;
        reader.conditions.push_str("project = {project:String}");
        reader.values.push(("project", project.as_str().into()));
        reader.filter(&format!("{time} >= {{from:Int64}}"), "from", query.range.from.0);
        reader.filter(&format!("{time} < {{until:Int64}}"), "until", query.range.until.0);
        if let Some(agent) = &query.agent {
            reader.filter("agent = {agent:String}", "agent", agent.as_str());
        }
        reader
    }

    /// Only rows for which the condition holds, which calls the value by its name.
    pub(super) fn filter(&mut self, condition: &str, name: &'static str, value: impl Into<Value>) {
        self.constrain(condition);
        self.values.push((name, value.into()));
    }

    /// Only rows for which the condition holds.
    pub(super) fn constrain(&mut self, condition: &str) {
        self.conditions.push_str(" AND ");
        self.conditions.push_str(condition);
    }

    /// Reads the page. An item is made of the columns behind the id and the time.
    pub(super) async fn read<T>(
        mut self,
        server: &Server,
        mut item: impl FnMut(i64, &mut Answer) -> StoreResult<T>,
    ) -> StoreResult<Page<T>> {
        let Listed { table, time, columns } = self.listed;
        let (direction, beyond) = match self.query.order {
            Order::NewestFirst => ("DESC", '<'),
            Order::OldestFirst => ("ASC", '>'),
        };
        let newest = match &self.query.cursor {
            Some(cursor) => {
                self.filter(&format!("({time}, id) {beyond} ({{at:Int64}}, {{id:Int64}})"), "at", cursor.at);
                self.values.push(("id", cursor.id.into()));
                cursor.newest
            }
            None => last_id(journal::newest(server).await?),
        };
        self.filter("id <= {newest:Int64}", "newest", newest);
        let limit = self.query.limit.clamp(1, MAX_PAGE);
        // One more than asked for tells whether there is a next page.
        self.values.push(("limit", (limit as i64 + 1).into()));
        let sql = format!(
            "SELECT {columns} FROM {table} WHERE {} ORDER BY {time} {direction}, id {direction} \
             LIMIT {{limit:UInt64}}",
            self.conditions
        );
        let mut answer = bind(server.ask(&sql), self.values).rows().await?;
        let mut page = Page::empty();
        let mut last = Cursor { newest, at: 0, id: 0 };
        while !answer.is_empty() {
            if page.items.len() == limit {
                page.next = Some(last);
                break;
            }
            last = Cursor { newest, id: answer.int()?, at: answer.int()? };
            page.items.push(item(last.at, &mut answer)?);
        }
        Ok(page)
    }

    /// The sum of a column over all pages, of the first `at_most` rows. A number in the column's place
    /// counts the rows.
    pub(super) async fn sum(mut self, server: &Server, column: &str, at_most: u64) -> StoreResult<u64> {
        self.values.push(("limit", i64::try_from(at_most).unwrap_or(i64::MAX).into()));
        let sql = format!(
            "SELECT toInt64(sum(number)) FROM (SELECT {column} AS number FROM {} WHERE {} \
             LIMIT {{limit:UInt64}})",
            self.listed.table, self.conditions
        );
        Ok(bind(server.ask(&sql), self.values).rows().await?.int()? as u64)
    }
}

fn bind(question: Question, values: Vec<(&'static str, Value)>) -> Question {
    values.into_iter().fold(question, |question, (name, value)| match value {
        Value::Int(number) => question.with(name, number),
        Value::Text(text) => question.with(name, text),
    })
}
