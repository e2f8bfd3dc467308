//! Finding records.

use crate::error::Result;
use crate::row::{self, Columns};
use crate::store::Store;
use futures::TryStreamExt;
use model::audit::{AuditEntry, AuditFilter, AuditRecord};
use sqlx::any::{AnyArguments, AnyRow};
use sqlx::query::Query;
use sqlx::{Any, AssertSqlSafe};

impl Store {
    /// The records that `filter` wants, newest first, at most `limit`; with `before`, those
    /// older than that place.
    pub async fn list_audit(
        &self,
        filter: &AuditFilter,
        before: Option<i64>,
        limit: u32,
    ) -> Result<Vec<AuditRecord>> {
        let mut conditions = Conditions::of(filter);
        if let Some(before) = before {
            conditions.add("seq < ", Value::Number(before));
        }
        let search = Search::of(filter);
        // What the database finds by text is looked at again, so the limit is counted here.
        let limit_clause = if search.is_some() { String::new() } else { format!(" LIMIT {limit}") };
        let select = format!(
            "SELECT seq, at_ms, body, hash FROM audit_record{} ORDER BY seq DESC{limit_clause}",
            conditions.clause()
        );
        let mut found = Vec::new();
        if limit == 0 {
            return Ok(found);
        }
        let mut rows = conditions.query(select).fetch(self.pool());
        while let Some(row) = rows.try_next().await? {
            let record = record(&row)?;
            if search.as_ref().is_none_or(|search| search.finds(&record.entry)) {
                found.push(record);
            }
            if found.len() >= limit as usize {
                break;
            }
        }
        Ok(found)
    }

    /// How many records `filter` wants.
    pub async fn count_audit(&self, filter: &AuditFilter) -> Result<u64> {
        let conditions = Conditions::of(filter);
        let Some(search) = Search::of(filter) else {
            let select = format!("SELECT COUNT(*) AS records FROM audit_record{}", conditions.clause());
            let row = conditions.query(select).fetch_one(self.pool()).await?;
            return Ok(row.number("records")?.unsigned_abs());
        };
        let select = format!("SELECT seq, at_ms, body, hash FROM audit_record{}", conditions.clause());
        let mut rows = conditions.query(select).fetch(self.pool());
        let mut count = 0;
        while let Some(row) = rows.try_next().await? {
            count += u64::from(search.finds(&record(&row)?.entry));
        }
        Ok(count)
    }

    /// The record at a place, if it is not sealed.
    pub async fn find_audit(&self, seq: i64) -> Result<Option<AuditRecord>> {
        let select = "SELECT seq, at_ms, body, hash FROM audit_record WHERE seq = $1";
        let row = sqlx::query(select).bind(seq).fetch_optional(self.pool()).await?;
        row.as_ref().map(record).transpose()
    }
}

fn record(row: &AnyRow) -> Result<AuditRecord> {
    let seq = row.number("seq")?;
    let entry = serde_json::from_str(&row.text("body")?)
        .map_err(|_| row::malformed(&format!("the audit record {seq}")))?;
    Ok(AuditRecord { seq, at: row.time("at_ms")?, entry, hash: row.text("hash")? })
}

/// A text that is looked for in a record's values, in any case.
struct Search(String);

impl Search {
    fn of(filter: &AuditFilter) -> Option<Self> {
        let text = filter.text.as_deref().map(str::trim).filter(|text| !text.is_empty())?;
        Some(Self(text.to_lowercase()))
    }

    fn finds(&self, entry: &AuditEntry) -> bool {
        let texts = [Some(&entry.action), Some(&entry.actor), Some(&entry.object)];
        let optional = [&entry.actor_id, &entry.address, &entry.request_id, &entry.user_agent];
        let values = entry.before.iter().chain(&entry.after).flat_map(|(key, value)| [key, value]);
        texts
            .into_iter()
            .flatten()
            .chain(optional.into_iter().flatten())
            .chain(values)
            .any(|text| text.to_lowercase().contains(&self.0))
    }

    /// A pattern for the JSON in lower case that finds all that [`Self::finds`] does and
    /// perhaps more: databases agree on the case of ASCII letters only.
    fn pattern(&self) -> String {
        let json = serde_json::Value::from(self.0.as_str()).to_string();
        let mut pattern = "%".to_owned();
        for char in json[1..json.len() - 1].chars() {
            match char {
                '%' | '_' | '!' => pattern.extend(['!', char]),
                char if char.is_ascii() => pattern.push(char),
                _ => pattern.push('%'),
            }
        }
        pattern + "%"
    }
}

enum Value {
    Number(i64),
    Text(String),
}

/// The conditions of a statement, with placeholders for their values.
#[derive(Default)]
struct Conditions {
    texts: Vec<String>,
    values: Vec<Value>,
}

impl Conditions {
    fn of(filter: &AuditFilter) -> Self {
        let mut all = Self::default();
        let text = |text: &str| Value::Text(text.to_owned());
        if let Some(project) = &filter.project {
            all.add("project = ", text(project.as_str()));
            if let (true, Some(condition)) = (filter.with_server, all.texts.last_mut()) {
                *condition = format!("({condition} OR project IS NULL)");
            }
        }
        if let Some(actor) = &filter.actor {
            all.add("actor = ", text(actor));
        }
        match filter.action.as_deref() {
            Some(noun) if noun.ends_with('.') => all.add_prefix("action", noun),
            Some(action) => all.add("action = ", text(action)),
            None => {}
        }
        if let Some(object) = &filter.object {
            all.add_prefix("object", object);
        }
        if let Some(result) = filter.result {
            all.add("result = ", text(result.as_str()));
        }
        if let Some(from) = filter.from {
            all.add("at_ms >= ", Value::Number(from.as_millisecond()));
        }
        if let Some(to) = filter.to {
            all.add("at_ms < ", Value::Number(to.as_millisecond()));
        }
        if let Some(search) = Search::of(filter) {
            all.values.push(Value::Text(search.pattern()));
            all.texts.push(format!("lower(body) LIKE ${} ESCAPE '!'", all.values.len()));
        }
        all
    }

    fn add(&mut self, condition: &str, value: Value) {
        self.values.push(value);
        self.texts.push(format!("{condition}${}", self.values.len()));
    }

    /// As a range, which an index serves: no text that begins with `prefix` is greater than
    /// `prefix` with the last character there is behind it, byte by byte.
    fn add_prefix(&mut self, column: &str, prefix: &str) {
        self.add(&format!("{column} >= "), Value::Text(prefix.to_owned()));
        self.add(&format!("{column} <= "), Value::Text(format!("{prefix}{}", char::MAX)));
    }

    fn clause(&self) -> String {
        match self.texts.as_slice() {
            [] => String::new(),
            texts => format!(" WHERE {}", texts.join(" AND ")),
        }
    }

    /// A statement made of texts of ours and [`Self::clause`], with the values bound.
    fn query(self, statement: String) -> Query<'static, Any, AnyArguments> {
        let query = sqlx::query(AssertSqlSafe(statement));
        self.values.into_iter().fold(query, |query, value| match value {
            Value::Number(number) => query.bind(number),
            Value::Text(text) => query.bind(text),
        })
    }
}
