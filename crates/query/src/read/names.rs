//! What a name means.

use super::Reader;
use crate::refusal::Refusal;
use crate::schema::{Kind, Table};
use crate::tree::{ColumnRef, Expr, Item};
use sqlparser::ast::Ident;

/// A column that a query or table gives.
#[derive(Clone, Debug)]
pub(super) struct Output {
    /// `None` for an expression without an alias: nothing can refer to it.
    pub(super) name: Option<String>,
    pub(super) kind: Option<Kind>,
}

/// A relation of FROM, as names see it.
pub(super) struct Visible {
    pub(super) alias: String,
    pub(super) columns: Vec<Output>,
    pub(super) id: usize,
    pub(super) table: Option<Table>,
}

/// What the aliases of the select list mean where a name stands.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Aliases {
    /// Nothing: in WHERE, ON and the list itself.
    Hidden,
    /// A column's name comes first; else the place of the item (GROUP BY).
    Place,
    /// A column's name comes first; else what the item is (inside ORDER BY, and inside the
    /// aggregates of HAVING).
    Inline,
    /// What the item is. The databases differ on a name that is a column's too (HAVING).
    Only,
}

/// What is in sight where a name stands.
#[derive(Clone, Copy)]
pub(super) struct Names<'n> {
    /// The relations of the query's own FROM.
    pub(super) own: &'n [Visible],
    /// What the query around it sees.
    pub(super) outer: Option<&'n Names<'n>>,
    /// The select list.
    pub(super) items: &'n [Item],
    pub(super) aliases: Aliases,
}

impl Reader<'_> {
    /// A name without a qualifier.
    pub(super) fn name(&mut self, name: &Ident, names: &Names) -> Result<Expr, Refusal> {
        if let Some(column) = self.find(None, &name.value, Some(names))? {
            if names.aliases == Aliases::Only
                && let Some(at) = item_named(names.items, &name.value)?
                && !matches!(&names.items[at].expr, Expr::Column(item) if *item == column)
            {
                let what = format!("`{}` in HAVING, a column and an alias,", name.value);
                return Err(super::unsupported(what, "give the alias another name"));
            }
            return Ok(Expr::Column(column));
        }
        let item = item_named(names.items, &name.value)?;
        match (names.aliases, item) {
            (Aliases::Place, Some(at)) => Ok(Expr::Place(at + 1)),
            (Aliases::Inline | Aliases::Only, Some(at)) => {
                self.count(names.items[at].size)?;
                Ok(names.items[at].expr.clone())
            }
            _ => Err(self.unknown_column(&name.value, names)),
        }
    }

    /// A name with its qualifiers.
    pub(super) fn qualified_name(&mut self, parts: &[Ident], names: &Names) -> Result<Expr, Refusal> {
        let (qualifier, name) = match parts {
            [qualifier, name] => (qualifier, name),
            [schema, table, name] => {
                self.known_schema(&schema.value, &table.value)?;
                (table, name)
            }
            _ => {
                let whole: Vec<&str> = parts.iter().map(|part| part.value.as_str()).collect();
                return Err(self.unknown_column(&whole.join("."), names));
            }
        };
        self.find(Some(&qualifier.value), &name.value, Some(names))?
            .map(Expr::Column)
            .ok_or_else(|| self.unknown_column(&format!("{}.{}", qualifier.value, name.value), names))
    }

    /// Looks in the nearest query first, as the databases do. A relation further out whose
    /// alias a nearer one also has cannot be named.
    fn find(
        &mut self,
        qualifier: Option<&str>,
        name: &str,
        names: Option<&Names>,
    ) -> Result<Option<ColumnRef>, Refusal> {
        let mut nearer: Vec<&str> = Vec::new();
        let mut here = names;
        while let Some(names) = here {
            let mut found = None;
            for relation in names.own {
                let is_meant =
                    qualifier.is_none_or(|qualifier| relation.alias.eq_ignore_ascii_case(qualifier));
                let named = |column: &&Output| {
                    column.name.as_deref().is_some_and(|column| column.eq_ignore_ascii_case(name))
                };
                for column in relation.columns.iter().filter(|_| is_meant).filter(named) {
                    if found.replace((relation, column)).is_some() {
                        return Err(Refusal::AmbiguousColumn(name.to_owned()));
                    }
                }
            }
            if let Some((relation, column)) = found {
                if nearer.iter().any(|alias| alias.eq_ignore_ascii_case(&relation.alias)) {
                    return Err(Refusal::AmbiguousColumn(name.to_owned()));
                }
                let is_alone = names.own.len() == 1 && nearer.is_empty() && qualifier.is_none();
                let column = ColumnRef {
                    qualifier: (!is_alone).then(|| relation.alias.clone()),
                    name: column.name.clone().unwrap_or_default(),
                    kind: column.kind,
                    relation: relation.id,
                    is_stored: relation.table.is_some(),
                };
                if let Some(table) = relation.table {
                    self.columns.insert((table, column.name.clone()));
                }
                return Ok(Some(column));
            }
            nearer.extend(names.own.iter().map(|relation| relation.alias.as_str()));
            here = names.outer;
        }
        Ok(None)
    }

    /// The columns of `*` or `alias.*`.
    pub(super) fn wildcard(
        &mut self,
        qualifier: Option<&str>,
        own: &[Visible],
    ) -> Result<Vec<Item>, Refusal> {
        let is_meant = |relation: &&Visible| {
            qualifier.is_none_or(|qualifier| relation.alias.eq_ignore_ascii_case(qualifier))
        };
        let mut items = Vec::new();
        for relation in own.iter().filter(is_meant) {
            for column in &relation.columns {
                let name = column.name.clone().ok_or_else(|| {
                    super::unsupported("* over a column without a name", "give every column an alias")
                })?;
                if let Some(table) = relation.table {
                    self.columns.insert((table, name.clone()));
                }
                let column = ColumnRef {
                    qualifier: (own.len() > 1).then(|| relation.alias.clone()),
                    name,
                    kind: column.kind,
                    relation: relation.id,
                    is_stored: relation.table.is_some(),
                };
                items.push(Item { expr: Expr::Column(column), alias: None, size: 1 });
            }
        }
        if items.is_empty() {
            let name = qualifier.map_or("*".to_owned(), |qualifier| format!("{qualifier}.*"));
            return Err(Refusal::UnknownColumn { column: name, known: known_columns(own) });
        }
        Ok(items)
    }

    fn unknown_column(&self, name: &str, names: &Names) -> Refusal {
        let column = name.chars().take(80).collect();
        Refusal::UnknownColumn { column, known: known_columns(names.own) }
    }
}

/// The item whose alias is `name`.
pub(super) fn item_named(items: &[Item], name: &str) -> Result<Option<usize>, Refusal> {
    let is_meant = |item: &Item| item.alias.as_deref().is_some_and(|alias| alias.eq_ignore_ascii_case(name));
    let mut found = items.iter().enumerate().filter(|(_, item)| is_meant(item)).map(|(at, _)| at);
    match (found.next(), found.next()) {
        (Some(_), Some(_)) => Err(Refusal::AmbiguousColumn(name.to_owned())),
        (found, _) => Ok(found),
    }
}

fn known_columns(own: &[Visible]) -> String {
    let names: Vec<&str> = own
        .iter()
        .flat_map(|relation| &relation.columns)
        .filter_map(|column| column.name.as_deref())
        .collect();
    if names.is_empty() { "the columns of a table in FROM".to_owned() } else { names.join(", ") }
}
