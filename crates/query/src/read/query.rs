//! Queries: WITH, UNION, ORDER BY, LIMIT.

use super::names::{Aliases, Names, Output, Visible, item_named};
use super::{MAX_SELECTS, Reader, unsupported};
use crate::refusal::Refusal;
use crate::tree::{Body, Cte, Expr, Item, Order, Query};
use sqlparser::ast;

/// What ORDER BY of a query sees.
struct Ordered {
    own: Vec<Visible>,
    outputs: Vec<Output>,
    /// Whether it is a UNION, whose rows have nothing but the output columns.
    is_union: bool,
}

impl Reader<'_> {
    /// Reads a query and the columns that it gives. `outer` is what the query around it sees,
    /// where it may look there at all.
    pub(super) fn query(
        &mut self,
        query: &ast::Query,
        outer: Option<&Names>,
    ) -> Result<(Query, Vec<Output>), Refusal> {
        self.nested(|reader| reader.query_parts(query, outer))
    }

    fn query_parts(
        &mut self,
        query: &ast::Query,
        outer: Option<&Names>,
    ) -> Result<(Query, Vec<Output>), Refusal> {
        let ast::Query {
            with,
            body,
            order_by,
            limit_clause,
            fetch,
            locks,
            for_clause,
            settings,
            format_clause,
            pipe_operators,
        } = query;
        if !locks.is_empty() {
            return Err(Refusal::Locking);
        }
        if fetch.is_some() {
            return Err(unsupported("FETCH", "write LIMIT"));
        }
        if for_clause.is_some() || settings.is_some() || format_clause.is_some() || !pipe_operators.is_empty()
        {
            return Err(unsupported("What follows the query", "end after LIMIT"));
        }
        let ctes_before = self.ctes.len();
        let with = self.with(with.as_ref())?;
        let (body, ordered) = self.body(body, outer)?;
        let order_by = match order_by {
            None => Vec::new(),
            Some(order_by) => self.order_by(order_by, &body, &ordered, outer)?,
        };
        let (limit, offset) = self.limit(limit_clause.as_ref())?;
        self.ctes.truncate(ctes_before);
        let query = Query { with, body, order_by, limit, offset };
        Ok((query.without_parentheses(), ordered.outputs))
    }

    /// CTEs see those before them, and nothing of the query around them. Their names are
    /// used once in a statement, and are no table's.
    fn with(&mut self, with: Option<&ast::With>) -> Result<Vec<Cte>, Refusal> {
        let Some(ast::With { with_token: _, recursive, cte_tables }) = with else {
            return Ok(Vec::new());
        };
        if *recursive {
            return Err(Refusal::Recursive);
        }
        let mut ctes = Vec::new();
        for ast::Cte { alias, query, from, materialized, closing_paren_token: _ } in cte_tables {
            if from.is_some() || materialized.is_some() || alias.at.is_some() {
                return Err(unsupported("What stands beside a WITH query", "write WITH name AS (SELECT …)"));
            }
            if !alias.columns.is_empty() {
                return Err(unsupported("A column list after WITH", "name the columns inside with AS"));
            }
            let name = self.new_relation_name(&alias.name, None)?;
            if !self.cte_names.insert(name.to_ascii_lowercase()) {
                return Err(Refusal::NameTaken(name));
            }
            let (query, outputs) = self.query(query, None)?;
            self.ctes.push((name.clone(), outputs));
            ctes.push(Cte { name, query });
        }
        Ok(ctes)
    }

    fn body(&mut self, body: &ast::SetExpr, outer: Option<&Names>) -> Result<(Body, Ordered), Refusal> {
        self.nested(|reader| match body {
            ast::SetExpr::Select(select) => {
                reader.selects += 1;
                if reader.selects > MAX_SELECTS {
                    return Err(Refusal::TooComplex { what: "SELECTs", limit: MAX_SELECTS });
                }
                let (select, own, outputs) = reader.select(select, outer)?;
                Ok((Body::Select(Box::new(select)), Ordered { own, outputs, is_union: false }))
            }
            ast::SetExpr::Query(query) => {
                let (query, outputs) = reader.query(query, outer)?;
                let ordered = Ordered { own: Vec::new(), outputs, is_union: true };
                Ok((Body::Parenthesised(Box::new(query)), ordered))
            }
            ast::SetExpr::SetOperation { left, op, set_quantifier, right } => {
                if *op != ast::SetOperator::Union {
                    return Err(unsupported(op.to_string(), "write IN (…) or NOT IN (…)"));
                }
                let all = match set_quantifier {
                    ast::SetQuantifier::All => true,
                    ast::SetQuantifier::Distinct | ast::SetQuantifier::None => false,
                    other => return Err(unsupported(format!("UNION {other}"), "write UNION or UNION ALL")),
                };
                let (left, ordered) = reader.body(left, outer)?;
                let (right, right_ordered) = reader.body(right, outer)?;
                if ordered.outputs.len() != right_ordered.outputs.len() {
                    return Err(unsupported(
                        "A UNION of different numbers of columns",
                        "select the same columns",
                    ));
                }
                let ordered = Ordered { own: Vec::new(), outputs: ordered.outputs, is_union: true };
                let (left, right) = (left.without_parentheses(), right.without_parentheses());
                Ok((Body::Union { left: Box::new(left), all, right: Box::new(right) }, ordered))
            }
            ast::SetExpr::Values(_) => Err(Refusal::NotAQuery("VALUES".to_owned())),
            ast::SetExpr::Table(_) => Err(Refusal::NotAQuery("TABLE".to_owned())),
            ast::SetExpr::Insert(_) => Err(Refusal::NotAQuery("INSERT".to_owned())),
            ast::SetExpr::Update(_) => Err(Refusal::NotAQuery("UPDATE".to_owned())),
            ast::SetExpr::Delete(_) => Err(Refusal::NotAQuery("DELETE".to_owned())),
            ast::SetExpr::Merge(_) => Err(Refusal::NotAQuery("MERGE".to_owned())),
        })
    }

    fn order_by(
        &mut self,
        order_by: &ast::OrderBy,
        body: &Body,
        ordered: &Ordered,
        outer: Option<&Names>,
    ) -> Result<Vec<Order>, Refusal> {
        let ast::OrderBy { kind, interpolate } = order_by;
        let ast::OrderByKind::Expressions(terms) = kind else {
            return Err(unsupported("ORDER BY ALL", "name the columns"));
        };
        if interpolate.is_some() {
            return Err(unsupported("INTERPOLATE", "remove it"));
        }
        let items: &[Item] = match body {
            Body::Select(select) => &select.items,
            Body::Parenthesised(_) | Body::Union { .. } => &[],
        };
        let names = Names { own: &ordered.own, outer, items, aliases: Aliases::Inline };
        let mut orders = Vec::new();
        for term in terms {
            let descending = direction(term)?;
            let expr = match self.output(&term.expr, items, ordered)? {
                Some(output) => output,
                None if ordered.is_union => {
                    return Err(unsupported(
                        "ORDER BY an expression after UNION",
                        "order by an output column's name or place",
                    ));
                }
                None => self.expression(&term.expr, &names)?,
            };
            orders.push(Order { expr, descending });
        }
        Ok(orders)
    }

    /// A place, or the name of an output column: what ORDER BY tries first.
    fn output(&self, expr: &ast::Expr, items: &[Item], ordered: &Ordered) -> Result<Option<Expr>, Refusal> {
        match expr {
            ast::Expr::Value(value) => place(&value.value, ordered.outputs.len()).map(Some),
            ast::Expr::Identifier(name) if ordered.is_union => {
                let named = |output: &&Output| {
                    output.name.as_deref().is_some_and(|output| output.eq_ignore_ascii_case(&name.value))
                };
                let mut found = ordered.outputs.iter().filter(named);
                match (found.next(), found.next()) {
                    (Some(_), Some(_)) => Err(Refusal::AmbiguousColumn(name.value.clone())),
                    (found, _) => Ok(found.and_then(|output| output.name.clone()).map(Expr::Output)),
                }
            }
            ast::Expr::Identifier(name) => {
                let at = item_named(items, &name.value)?;
                Ok(at.and_then(|at| items[at].alias.clone()).map(Expr::Output))
            }
            _ => Ok(None),
        }
    }

    fn limit(&self, clause: Option<&ast::LimitClause>) -> Result<(Option<u64>, Option<u64>), Refusal> {
        let (limit, offset) = match clause {
            None => return Ok((None, None)),
            Some(ast::LimitClause::LimitOffset { limit, offset, limit_by }) => {
                if !limit_by.is_empty() {
                    return Err(Refusal::BadLimit);
                }
                (limit.as_ref(), offset.as_ref().map(|offset| &offset.value))
            }
            Some(ast::LimitClause::OffsetCommaLimit { offset, limit }) => (Some(limit), Some(offset)),
        };
        let limit = whole_number(limit.ok_or(Refusal::BadLimit)?)?;
        let offset = offset.map(whole_number).transpose()?;
        let most = self.guard.limits().max_offset;
        if offset.is_some_and(|offset| offset > most) {
            return Err(Refusal::OffsetTooLarge { limit: most });
        }
        Ok((Some(limit), offset.filter(|offset| *offset > 0)))
    }
}

/// Whether the term is DESC.
pub(super) fn direction(term: &ast::OrderByExpr) -> Result<bool, Refusal> {
    let ast::OrderByExpr { expr: _, options, with_fill } = term;
    if options.nulls_first.is_some() || with_fill.is_some() {
        return Err(unsupported("NULLS FIRST or LAST", "order by `column IS NULL` first"));
    }
    match options.sort {
        None | Some(ast::OrderBySort::Asc) => Ok(false),
        Some(ast::OrderBySort::Desc) => Ok(true),
        Some(ast::OrderBySort::Using(_)) => Err(unsupported("ORDER BY … USING", "write ASC or DESC")),
    }
}

/// A literal in GROUP BY or ORDER BY: the place of an output column.
pub(super) fn place(value: &ast::Value, outputs: usize) -> Result<Expr, Refusal> {
    let place = match value {
        ast::Value::Number(number, false) => number.parse::<usize>().ok(),
        _ => None,
    };
    place
        .filter(|place| (1..=outputs).contains(place))
        .map(Expr::Place)
        .ok_or_else(|| unsupported("A literal in GROUP BY or ORDER BY", "name a column"))
}

fn whole_number(expr: &ast::Expr) -> Result<u64, Refusal> {
    match expr {
        ast::Expr::Value(ast::ValueWithSpan { value: ast::Value::Number(number, false), .. })
            if number.bytes().all(|byte| byte.is_ascii_digit()) =>
        {
            number.parse().map_err(|_| Refusal::BadLimit)
        }
        _ => Err(Refusal::BadLimit),
    }
}
