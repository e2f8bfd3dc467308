//! From the tree to the text of a statement.
//!
//! MySQL's dialect is here; what SQLite writes otherwise is in `sqlite`. Parentheses are set
//! by level, and wherever the two databases, or modes of one, could disagree on precedence.

mod expression;
mod reserved;
mod sqlite;

use crate::refusal::Refusal;
use crate::schema::{Schema, is_plain_name};
use crate::tree::{Body, Item, Join, Order, Query, Relation, Select, Source};
use expression::Level;
use reserved::is_reserved;

/// Bytes of a statement that is sent. Few: some functions are written with their argument
/// twice, and nested ones with it many times.
const MAX_BYTES: usize = 4 * crate::lexical::MAX_BYTES;

/// Whose SQL to write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dialect {
    MySql,
    Sqlite,
}

/// Writes `query`.
pub(crate) fn write(query: &Query, dialect: Dialect, schema: &Schema) -> Result<String, Refusal> {
    let mut writer = Writer { dialect, schema, out: String::new() };
    writer.query(query);
    if writer.is_full() {
        return Err(Refusal::TooLong { limit: MAX_BYTES });
    }
    Ok(writer.out)
}

struct Writer<'a> {
    dialect: Dialect,
    schema: &'a Schema,
    out: String,
}

impl Writer<'_> {
    fn is_full(&self) -> bool {
        self.out.len() > MAX_BYTES
    }

    fn push(&mut self, text: &str) {
        if !self.is_full() {
            self.out.push_str(text);
        }
    }

    fn query(&mut self, query: &Query) {
        let mut before = "WITH ";
        for cte in &query.with {
            self.push(before);
            self.name(&cte.name);
            self.push(" AS (");
            self.query(&cte.query);
            self.push(")");
            before = ", ";
        }
        if !query.with.is_empty() {
            self.push(" ");
        }
        self.body(&query.body);
        self.order_by(" ORDER BY ", &query.order_by);
        if let Some(limit) = query.limit {
            self.push(&format!(" LIMIT {limit}"));
        }
        if let Some(offset) = query.offset {
            self.push(&format!(" OFFSET {offset}"));
        }
    }

    fn body(&mut self, body: &Body) {
        match body {
            Body::Select(select) => self.select(select),
            Body::Parenthesised(query) => {
                // SQLite takes no parentheses around the parts of a UNION.
                self.push(if self.dialect == Dialect::Sqlite { "SELECT * FROM (" } else { "(" });
                self.query(query);
                self.push(")");
            }
            Body::Union { left, all, right } => {
                self.body(left);
                self.push(if *all { " UNION ALL " } else { " UNION " });
                self.body(right);
            }
        }
    }

    fn select(&mut self, select: &Select) {
        self.push(if select.distinct { "SELECT DISTINCT " } else { "SELECT " });
        self.separated(&select.items, Self::item);
        for (at, source) in select.from.iter().enumerate() {
            self.source(source, at == 0);
        }
        if let Some(filter) = &select.filter {
            self.push(" WHERE ");
            self.expr(filter, Level::Or);
        }
        if !select.group_by.is_empty() {
            self.push(" GROUP BY ");
            self.separated(&select.group_by, |writer, expr| writer.expr(expr, Level::Or));
        }
        if let Some(having) = &select.having {
            self.push(" HAVING ");
            self.expr(having, Level::Or);
        }
    }

    fn item(&mut self, item: &Item) {
        self.expr(&item.expr, Level::Or);
        if let Some(alias) = &item.alias {
            self.push(" AS ");
            self.name(alias);
        } else if self.dialect == Dialect::Sqlite {
            self.sqlite_heading(&item.expr);
        }
    }

    fn source(&mut self, source: &Source, is_first: bool) {
        self.push(match source.join {
            _ if is_first => " FROM ",
            Join::Cross => " CROSS JOIN ",
            Join::Inner => " JOIN ",
            Join::Left => " LEFT JOIN ",
        });
        match &source.relation {
            Relation::Table(table) => {
                if self.dialect == Dialect::MySql {
                    self.name(self.schema.database_name(table.database()));
                    self.push(".");
                }
                self.name(table.name());
            }
            Relation::Cte(name) => self.name(name),
            Relation::Derived(query) => {
                self.push("(");
                self.query(query);
                self.push(")");
            }
        }
        if let Some(alias) = &source.alias {
            self.push(" AS ");
            self.name(alias);
        }
        if let Some(on) = &source.on {
            self.push(" ON ");
            self.expr(on, Level::Or);
        }
    }

    fn order_by(&mut self, keyword: &str, orders: &[Order]) {
        if orders.is_empty() {
            return;
        }
        self.push(keyword);
        self.separated(orders, |writer, order| {
            writer.expr(&order.expr, Level::Or);
            if order.descending {
                writer.push(" DESC");
            }
        });
    }

    fn separated<T>(&mut self, items: &[T], mut write: impl FnMut(&mut Self, &T)) {
        for (at, item) in items.iter().enumerate() {
            if self.is_full() {
                return;
            }
            if at > 0 {
                self.push(", ");
            }
            write(self, item);
        }
    }

    /// A literal. Quotes are doubled, and in MySQL backslashes too: that is one literal in
    /// every SQL mode, whether backslashes escape or not.
    fn text(&mut self, text: &str) {
        let escaped = text.replace('\'', "''");
        match self.dialect {
            Dialect::MySql => self.push(&format!("'{}'", escaped.replace('\\', "\\\\"))),
            Dialect::Sqlite => self.push(&format!("'{escaped}'")),
        }
    }

    fn name(&mut self, name: &str) {
        if is_plain_name(name) && !is_reserved(name) {
            return self.push(name);
        }
        match self.dialect {
            Dialect::MySql => self.push(&format!("`{}`", name.replace('`', "``"))),
            Dialect::Sqlite => self.push(&format!("\"{}\"", name.replace('"', "\"\""))),
        }
    }
}
