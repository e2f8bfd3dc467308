//! How large the values of an answer can grow.
//!
//! LIMIT bounds rows, and nothing bounds a value: CONCAT over a derived table of CONCATs multiplies
//! the texts of the tables, and GROUP_CONCAT gathers as many as the join under it has rows. An
//! embedded SQLite would hold them in the memory of the program that asks. So texts are counted: a
//! column of a table is one, a literal one for each [`LITERAL_BYTES`], CONCAT is all of its parts.

use crate::function::Function;
use crate::refusal::Refusal;
use crate::tree::{Body, Call, ColumnRef, Expr, Item, Query, Relation, Select};
use std::collections::HashMap;

/// Texts in one row, or in one CONCAT.
const MAX_TEXTS: usize = 500;
/// Texts that GROUP_CONCAT may gather from one row.
const MAX_GATHERED: usize = 4;
/// What GROUP_CONCAT counts as: a row has room for three.
const GROUP_CONCAT: usize = 150;
/// Bytes between two texts of a GROUP_CONCAT.
const MAX_SEPARATOR_BYTES: usize = 16;
/// Bytes of a literal that count as one text.
const LITERAL_BYTES: usize = 200;

/// Refuses a query whose values could grow beyond the bounds.
pub(crate) fn check(query: &Query) -> Result<(), Refusal> {
    Growth::default().query(query, 0).map(drop)
}

/// What a query gives.
#[derive(Clone, Default)]
struct Extent {
    /// Texts in each of its columns.
    columns: Vec<(Option<String>, usize)>,
    /// Stored tables that its rows may be the product of.
    tables: usize,
}

#[derive(Default)]
struct Growth {
    /// By name, which is used once in a statement.
    ctes: HashMap<String, Extent>,
    /// By [`Source::id`](crate::tree::Source::id).
    relations: HashMap<usize, Extent>,
}

impl Growth {
    /// `around`: tables that the query around this one joins, where this one can gather its columns.
    fn query(&mut self, query: &Query, around: usize) -> Result<Extent, Refusal> {
        for cte in &query.with {
            let extent = self.query(&cte.query, 0)?;
            self.ctes.insert(cte.name.clone(), extent);
        }
        let extent = self.body(&query.body, around)?;
        for order in &query.order_by {
            self.texts(&order.expr, around.max(extent.tables))?;
        }
        Ok(extent)
    }

    fn body(&mut self, body: &Body, around: usize) -> Result<Extent, Refusal> {
        match body {
            Body::Select(select) => self.select(select, around),
            Body::Parenthesised(query) => self.query(query, around),
            Body::Union { left, all: _, right } => {
                let (left, right) = (self.body(left, around)?, self.body(right, around)?);
                let larger = |((name, one), (_, other)): (_, (_, usize))| (name, other.max(one));
                let columns = left.columns.into_iter().zip(right.columns).map(larger).collect();
                Ok(Extent { columns, tables: left.tables.max(right.tables) })
            }
        }
    }

    fn select(&mut self, select: &Select, around: usize) -> Result<Extent, Refusal> {
        let mut tables = 0;
        for source in &select.from {
            let extent = match &source.relation {
                Relation::Table(_) => Extent { columns: Vec::new(), tables: 1 },
                Relation::Cte(name) => self.ctes.get(name).cloned().unwrap_or_default(),
                Relation::Derived(query) => self.query(query, 0)?,
            };
            tables += extent.tables;
            self.relations.insert(source.id, extent);
        }
        let joined = around.max(tables);
        let ons = select.from.iter().filter_map(|source| source.on.as_ref());
        for expr in ons.chain(&select.filter).chain(&select.group_by).chain(&select.having) {
            self.texts(expr, joined)?;
        }
        let mut columns = Vec::new();
        for item in &select.items {
            columns.push((name(item), self.texts(&item.expr, joined)?));
        }
        at_most(columns.iter().map(|(_, texts)| texts).sum())?;
        Ok(Extent { columns, tables })
    }

    /// Texts that a value of `expr` may hold, in a SELECT that joins so many tables.
    fn texts(&mut self, expr: &Expr, tables: usize) -> Result<usize, Refusal> {
        match expr {
            Expr::Column(column) => return Ok(self.column(column)),
            Expr::Text(text) => return Ok(1 + text.len() / LITERAL_BYTES),
            Expr::Scalar(query) => {
                let extent = self.query(query, tables)?;
                return Ok(extent.columns.iter().map(|(_, texts)| texts).sum());
            }
            Expr::InQuery { query, .. } | Expr::Exists { query, .. } => {
                self.query(query, tables)?;
            }
            _ => {}
        }
        let mut parts = Vec::new();
        for operand in expr.operands() {
            parts.push(self.texts(operand, tables)?);
        }
        let Expr::Call(call) = expr else { return Ok(parts.into_iter().max().unwrap_or(1)) };
        match (call.function, parts.as_slice()) {
            (Function::Concat, parts) => at_most(parts.iter().sum()),
            (Function::ConcatWs, [separator, parts @ ..]) => {
                at_most(parts.iter().map(|part| part + separator).sum())
            }
            (Function::GroupConcat, parts) => gathered(call, parts, tables),
            (_, parts) => Ok(parts.iter().copied().max().unwrap_or(1)),
        }
    }

    fn column(&self, column: &ColumnRef) -> usize {
        let is_meant = |name: &str| name.eq_ignore_ascii_case(&column.name);
        let columns = self.relations.get(&column.relation).map_or(&[][..], |extent| &extent.columns);
        let found = columns.iter().find(|(name, _)| name.as_deref().is_some_and(is_meant));
        found.map_or(1, |(_, texts)| *texts)
    }
}

fn gathered(call: &Call, parts: &[usize], tables: usize) -> Result<usize, Refusal> {
    if tables > 1 {
        return Err(Refusal::Unsupported {
            what: "GROUP_CONCAT over joined tables".to_owned(),
            instead: "select the rows themselves, or gather from one table",
        });
    }
    if call.separator.as_ref().is_some_and(|separator| separator.len() > MAX_SEPARATOR_BYTES) {
        return Err(Refusal::TooComplex { what: "bytes in a SEPARATOR", limit: MAX_SEPARATOR_BYTES });
    }
    if parts.iter().any(|texts| *texts > MAX_GATHERED) {
        return Err(Refusal::TooComplex { what: "texts joined in a GROUP_CONCAT", limit: MAX_GATHERED });
    }
    Ok(GROUP_CONCAT)
}

fn at_most(texts: usize) -> Result<usize, Refusal> {
    if texts > MAX_TEXTS {
        return Err(Refusal::TooComplex { what: "texts in one row", limit: MAX_TEXTS });
    }
    Ok(texts)
}

fn name(item: &Item) -> Option<String> {
    match (&item.alias, &item.expr) {
        (Some(alias), _) => Some(alias.clone()),
        (None, Expr::Column(column)) => Some(column.name.clone()),
        (None, _) => None,
    }
}
