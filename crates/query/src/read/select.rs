//! One SELECT: its relations, conditions and columns.

use super::names::{Aliases, Names, Output, Visible};
use super::query::place;
use super::{MAX_RELATIONS, Reader, unsupported};
use crate::bound::{self, Bound};
use crate::refusal::Refusal;
use crate::schema::{Database, Table};
use crate::tree::{Expr, Item, Join, Relation, Select, Source};
use sqlparser::ast;

impl Reader<'_> {
    pub(super) fn select(
        &mut self,
        select: &ast::Select,
        outer: Option<&Names>,
    ) -> Result<(Select, Vec<Visible>, Vec<Output>), Refusal> {
        let ast::Select {
            select_token: _,
            optimizer_hints,
            distinct,
            select_modifiers,
            top,
            top_before_distinct: _,
            projection,
            exclude,
            into,
            from,
            lateral_views,
            prewhere,
            selection,
            connect_by,
            group_by,
            cluster_by,
            distribute_by,
            sort_by,
            having,
            named_window,
            qualify,
            window_before_qualify: _,
            value_table_mode,
            flavor,
        } = select;
        if into.is_some() {
            return Err(Refusal::Into);
        }
        if !optimizer_hints.is_empty() {
            return Err(Refusal::Comment);
        }
        if select_modifiers.is_some() {
            return Err(Refusal::Hint("the words between SELECT and the columns"));
        }
        if !named_window.is_empty() {
            return Err(unsupported("A named window", "write OVER (…) at each function"));
        }
        let is_foreign = top.is_some()
            || exclude.is_some()
            || !lateral_views.is_empty()
            || prewhere.is_some()
            || !connect_by.is_empty()
            || !cluster_by.is_empty()
            || !distribute_by.is_empty()
            || !sort_by.is_empty()
            || qualify.is_some()
            || value_table_mode.is_some()
            || *flavor != ast::SelectFlavor::Standard;
        if is_foreign {
            return Err(unsupported("A clause that MySQL does not have", "write plain MySQL"));
        }
        let distinct = match distinct {
            None | Some(ast::Distinct::All) => false,
            Some(ast::Distinct::Distinct) => true,
            Some(ast::Distinct::On(_)) => return Err(unsupported("DISTINCT ON", "write GROUP BY")),
        };

        let (sources, own) = self.from(from, outer)?;
        let names = Names { own: &own, outer, items: &[], aliases: Aliases::Hidden };
        let filter = selection.as_ref().map(|filter| self.expression(filter, &names)).transpose()?;
        self.check_bounds(&sources, filter.as_ref())?;

        let mut items = Vec::new();
        for item in projection {
            self.item(item, &names, &mut items)?;
        }
        let outputs = items.iter().map(output).collect::<Vec<_>>();
        let grouping = Names { items: &items, aliases: Aliases::Place, ..names };
        let group_by = self.group_by(group_by, &grouping)?;
        let having_names = Names { items: &items, aliases: Aliases::Only, ..names };
        let having = having.as_ref().map(|having| self.expression(having, &having_names)).transpose()?;
        Ok((Select { distinct, items, from: sources, filter, group_by, having }, own, outputs))
    }

    fn item(&mut self, item: &ast::SelectItem, names: &Names, items: &mut Vec<Item>) -> Result<(), Refusal> {
        let wildcard = |options: &ast::WildcardAdditionalOptions| {
            let plain = ast::WildcardAdditionalOptions {
                wildcard_token: options.wildcard_token.clone(),
                ..Default::default()
            };
            if *options == plain { Ok(()) } else { Err(unsupported("What follows *", "name the columns")) }
        };
        match item {
            ast::SelectItem::UnnamedExpr(expr) => items.push(self.column(expr, None, names)?),
            ast::SelectItem::ExprWithAlias { expr, alias } => {
                let alias = self.new_name(alias)?;
                items.push(self.column(expr, Some(alias), names)?);
            }
            ast::SelectItem::Wildcard(options) => {
                wildcard(options)?;
                items.extend(self.wildcard(None, names.own)?);
            }
            ast::SelectItem::QualifiedWildcard(
                ast::SelectItemQualifiedWildcardKind::ObjectName(name),
                options,
            ) => {
                wildcard(options)?;
                let parts = idents(name)?;
                let qualifier = match parts.as_slice() {
                    [qualifier] => qualifier,
                    [schema, table] => {
                        self.known_schema(&schema.value, &table.value)?;
                        table
                    }
                    _ => return Err(Refusal::UnknownTable(name.to_string())),
                };
                items.extend(self.wildcard(Some(&qualifier.value), names.own)?);
            }
            ast::SelectItem::ExprWithAliases { .. } | ast::SelectItem::QualifiedWildcard(..) => {
                return Err(unsupported("This form of a column", "write expression AS name"));
            }
        }
        Ok(())
    }

    fn column(&mut self, expr: &ast::Expr, alias: Option<String>, names: &Names) -> Result<Item, Refusal> {
        let before = self.expressions;
        let expr = self.expression(expr, names)?;
        Ok(Item { expr, alias, size: self.expressions - before })
    }

    fn group_by(&mut self, group_by: &ast::GroupByExpr, names: &Names) -> Result<Vec<Expr>, Refusal> {
        let ast::GroupByExpr::Expressions(terms, modifiers) = group_by else {
            return Err(unsupported("GROUP BY ALL", "name the columns"));
        };
        if !modifiers.is_empty() {
            return Err(unsupported("WITH ROLLUP", "ask for the total apart"));
        }
        let mut group = Vec::new();
        for term in terms {
            group.push(match term {
                ast::Expr::Value(value) => place(&value.value, names.items.len())?,
                _ => self.expression(term, names)?,
            });
        }
        Ok(group)
    }

    fn from(
        &mut self,
        from: &[ast::TableWithJoins],
        outer: Option<&Names>,
    ) -> Result<(Vec<Source>, Vec<Visible>), Refusal> {
        let (mut sources, mut own) = (Vec::new(), Vec::new());
        for ast::TableWithJoins { relation, joins } in from {
            sources.push(self.source(relation, Join::Cross, &mut own)?);
            for ast::Join { relation, global, join_operator } in joins {
                if *global {
                    return Err(unsupported("GLOBAL JOIN", "write JOIN"));
                }
                let (join, constraint) = join_kind(join_operator)?;
                let mut source = self.source(relation, join, &mut own)?;
                source.on = match constraint {
                    ast::JoinConstraint::On(on) => {
                        let names = Names { own: &own, outer, items: &[], aliases: Aliases::Hidden };
                        Some(self.expression(on, &names)?)
                    }
                    ast::JoinConstraint::None if join != Join::Left => {
                        source.join = Join::Cross;
                        None
                    }
                    ast::JoinConstraint::Using(_)
                    | ast::JoinConstraint::Natural
                    | ast::JoinConstraint::None => {
                        return Err(unsupported("A join without ON", "write JOIN … ON a.column = b.column"));
                    }
                };
                if source.on.is_some() && source.join == Join::Cross {
                    source.join = Join::Inner;
                }
                sources.push(source);
            }
        }
        Ok((sources, own))
    }

    /// Reads one relation and adds it to those in sight.
    fn source(
        &mut self,
        factor: &ast::TableFactor,
        join: Join,
        own: &mut Vec<Visible>,
    ) -> Result<Source, Refusal> {
        self.relations += 1;
        if self.relations > MAX_RELATIONS {
            return Err(Refusal::TooComplex { what: "tables in FROM", limit: MAX_RELATIONS });
        }
        let id = self.relations;
        let (relation, alias, name, columns, table) = match factor {
            ast::TableFactor::Table {
                name,
                alias,
                args,
                with_hints,
                version,
                with_ordinality,
                partitions,
                json_path,
                sample,
                index_hints,
            } => {
                if !index_hints.is_empty() || !with_hints.is_empty() {
                    return Err(Refusal::Hint("USE, FORCE and IGNORE INDEX"));
                }
                if args.is_some() {
                    return Err(Refusal::FunctionNotAllowed(name.to_string()));
                }
                if version.is_some()
                    || *with_ordinality
                    || !partitions.is_empty()
                    || json_path.is_some()
                    || sample.is_some()
                {
                    return Err(unsupported("What follows the table's name", "write the name and an alias"));
                }
                self.named_relation(name, alias.as_ref())?
            }
            ast::TableFactor::Derived { lateral, subquery, alias, sample } => {
                if *lateral || sample.is_some() {
                    return Err(unsupported("LATERAL", "join on conditions instead"));
                }
                let Some(alias) = alias else {
                    return Err(unsupported("A derived table without a name", "write (SELECT …) AS name"));
                };
                let name = self.new_relation_name(plain_alias(alias)?, None)?;
                let (query, outputs) = self.query(subquery, None)?;
                (Relation::Derived(Box::new(query)), Some(name.clone()), name, outputs, None)
            }
            ast::TableFactor::NestedJoin { .. } => {
                return Err(unsupported("A join in parentheses", "write the joins one after the other"));
            }
            ast::TableFactor::TableFunction { .. }
            | ast::TableFactor::Function { .. }
            | ast::TableFactor::JsonTable { .. } => {
                return Err(unsupported("A function in FROM", "select from a table"));
            }
            _ => return Err(unsupported("This form of a table", "write the name and an alias")),
        };
        if own.iter().any(|other| other.alias.eq_ignore_ascii_case(&name)) {
            return Err(Refusal::NameTaken(name));
        }
        own.push(Visible { alias: name, columns, id, table });
        Ok(Source { join, relation, alias, id, on: None })
    }

    #[allow(clippy::type_complexity, reason = "the parts of a relation, taken apart at once")]
    fn named_relation(
        &mut self,
        name: &ast::ObjectName,
        alias: Option<&ast::TableAlias>,
    ) -> Result<(Relation, Option<String>, String, Vec<Output>, Option<Table>), Refusal> {
        let parts = idents(name)?;
        let alias = alias.map(plain_alias).transpose()?;
        let table = match parts.as_slice() {
            [name] => {
                let cte =
                    self.ctes.iter().rev().find(|(cte, _)| cte.eq_ignore_ascii_case(&name.value)).cloned();
                if let Some((cte, outputs)) = cte {
                    let alias = alias.map(|alias| self.new_relation_name(alias, None)).transpose()?;
                    let seen = alias.clone().unwrap_or_else(|| cte.clone());
                    return Ok((Relation::Cte(cte), alias, seen, outputs, None));
                }
                Table::parse(&name.value).ok_or_else(|| unknown_table(&name.value))?
            }
            [schema, name] => self.known_schema(&schema.value, &name.value)?,
            _ => return Err(Refusal::OtherSchema(short(&name.to_string()))),
        };
        let columns = self.guard.schema().columns(table);
        if columns.is_empty() {
            return Err(unknown_table(table.name()));
        }
        let outputs = columns
            .iter()
            .map(|column| Output { name: Some(column.name.clone()), kind: Some(column.kind) })
            .collect();
        self.tables.insert(table);
        let alias = alias.map(|alias| self.new_relation_name(alias, Some(table))).transpose()?;
        let seen = alias.clone().unwrap_or_else(|| table.name().to_owned());
        Ok((Relation::Table(table), alias, seen, outputs, Some(table)))
    }

    /// The table `name` of `schema`, if that is its schema.
    pub(super) fn known_schema(&self, schema: &str, name: &str) -> Result<Table, Refusal> {
        let databases = [Database::Workflow, Database::Airflow];
        let is_meant =
            |database: &Database| self.guard.schema().database_name(*database).eq_ignore_ascii_case(schema);
        if !databases.iter().any(is_meant) {
            return Err(Refusal::OtherSchema(short(schema)));
        }
        Table::parse(name)
            .filter(|table| is_meant(&table.database()))
            .ok_or_else(|| unknown_table(&format!("{schema}.{name}")))
    }

    fn check_bounds(&mut self, sources: &[Source], filter: Option<&Expr>) -> Result<(), Refusal> {
        for source in sources {
            let Relation::Table(table) = source.relation else { continue };
            let conditions = bound::conditions_on(source, sources, filter);
            match bound::check(table, source, &conditions, self.guard.limits().max_days)? {
                Bound::Days(days) => self.span = Some(self.span.map_or(days, |all| all.hull(days))),
                Bound::Runs(runs) => self.run_ids.extend(runs),
            }
        }
        Ok(())
    }
}

fn output(item: &Item) -> Output {
    let own_name = || match &item.expr {
        Expr::Column(column) => Some(column.name.clone()),
        _ => None,
    };
    Output { name: item.alias.clone().or_else(own_name), kind: item.expr.kind() }
}

fn join_kind(operator: &ast::JoinOperator) -> Result<(Join, &ast::JoinConstraint), Refusal> {
    use ast::JoinOperator as J;
    Ok(match operator {
        J::Join(constraint) | J::Inner(constraint) => (Join::Inner, constraint),
        J::CrossJoin(constraint) => (Join::Cross, constraint),
        J::Left(constraint) | J::LeftOuter(constraint) => (Join::Left, constraint),
        J::Right(_) | J::RightOuter(_) => {
            return Err(unsupported("RIGHT JOIN", "write LEFT JOIN with the tables exchanged"));
        }
        J::StraightJoin(_) => return Err(Refusal::Hint("STRAIGHT_JOIN")),
        _ => return Err(unsupported("This join", "write JOIN or LEFT JOIN")),
    })
}

fn plain_alias(alias: &ast::TableAlias) -> Result<&ast::Ident, Refusal> {
    let ast::TableAlias { explicit: _, name, columns, at } = alias;
    if columns.is_empty() && at.is_none() {
        Ok(name)
    } else {
        Err(unsupported("A column list after an alias", "name the columns inside with AS"))
    }
}

pub(super) fn idents(name: &ast::ObjectName) -> Result<Vec<&ast::Ident>, Refusal> {
    let idents: Option<Vec<_>> = name.0.iter().map(ast::ObjectNamePart::as_ident).collect();
    idents.ok_or_else(|| unknown_table(&name.to_string()))
}

fn unknown_table(name: &str) -> Refusal {
    Refusal::UnknownTable(short(name))
}

fn short(text: &str) -> String {
    text.chars().take(80).collect()
}
