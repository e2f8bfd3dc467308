//! What an accepted query must be, checked on its text by other means than the guard's: the
//! parser's own visitor, over the parser's own tree.

use query::{Accepted, Guard, Moment, Table};
use sqlparser::ast::{
    BinaryOperator, Expr, Ident, JoinConstraint, JoinOperator, ObjectName, Query, Select, SetExpr, Statement,
    TableFactor, Value, ValueWithSpan, Visit, Visitor,
};
use sqlparser::dialect::{MySqlDialect, SQLiteDialect};
use sqlparser::parser::Parser;
use std::collections::HashSet;
use std::ops::ControlFlow;

/// Names of functions that may stand in a query, in any dialect's spelling of the guard.
const FUNCTIONS: &str = " ABS AVG CEILING CHAR_LENGTH COALESCE CONCAT CONCAT_WS COUNT CUME_DIST DATE DATEDIFF \
    DATE_ADD DATE_FORMAT DATE_SUB DAY DAYNAME DAYOFWEEK DAYOFYEAR DENSE_RANK FIRST_VALUE FLOOR GREATEST \
    GROUP_CONCAT HOUR IF IFNULL INSTR LAG LAST_DAY LAST_VALUE LEAD LEAST LEFT LOCATE LOWER LTRIM MAX MIN MINUTE MOD \
    MONTH MONTHNAME NTILE NULLIF PERCENT_RANK QUARTER RANK RIGHT ROUND ROW_NUMBER RTRIM SECOND SIGN SUBSTRING SUM \
    TIME TIMESTAMPDIFF TRIM UNIX_TIMESTAMP UPPER WEEKDAY YEAR ";

/// Panics where the guard has let through what it must not.
pub(crate) fn assert_sound(guard: &Guard, moment: &Moment, accepted: &Accepted) {
    let sql = &accepted.sql;
    let parsed = Parser::parse_sql(&MySqlDialect {}, sql).unwrap_or_else(|error| panic!("{sql}: {error}"));
    let [Statement::Query(query)] = parsed.as_slice() else { panic!("not one query: {sql}") };
    let mut names = Names::default();
    let _ = query.visit(&mut names);
    let mut check = Check { guard, sql, names: &names, tables: HashSet::new() };
    let _ = query.visit(&mut check);
    assert_eq!(check.tables, accepted.tables.iter().copied().collect(), "{sql}");
    assert!(!accepted.tables.is_empty(), "{sql}");
    let databases: HashSet<_> = accepted.tables.iter().map(|table| table.database()).collect();
    assert_eq!(databases, HashSet::from([accepted.database]), "{sql}");
    for column in &accepted.columns {
        let listed = guard.schema().columns(column.0);
        assert!(listed.iter().any(|listed| listed.name == column.1), "{column:?}: {sql}");
    }
    let limit = query.limit_clause.as_ref().unwrap_or_else(|| panic!("no LIMIT: {sql}")).to_string();
    let rows: u64 = limit.trim_start_matches(" LIMIT ").split(' ').next().unwrap().parse().unwrap();
    assert!(rows <= guard.limits().max_rows && rows == accepted.limit, "{sql}");
    for (text, escape) in [(sql, Some('\\')), (&accepted.sqlite, None)] {
        let plain = outside_quotes(text, escape);
        assert!(!plain.contains([';', '@', '#', '?', '{']), "{text}");
        assert!(!plain.contains("--") && !plain.contains("/*"), "{text}");
    }
    assert!(Parser::parse_sql(&SQLiteDialect {}, &accepted.sqlite).is_ok(), "{}", accepted.sqlite);
    let again = guard.check(sql, moment).unwrap_or_else(|refusal| panic!("again: {refusal}: {sql}"));
    assert_eq!(again, *accepted);
}

/// The text with everything inside quotes left out. In literals `escape` hides what follows it.
fn outside_quotes(sql: &str, escape: Option<char>) -> String {
    let mut kept = String::new();
    let mut quote = None;
    let mut chars = sql.chars();
    while let Some(c) = chars.next() {
        match quote {
            Some('\'') if Some(c) == escape => {
                chars.next();
            }
            Some(open) if c == open => quote = None,
            Some(_) => {}
            None if matches!(c, '\'' | '"' | '`') => quote = Some(c),
            None => kept.push(c),
        }
    }
    kept
}

/// Names that the query itself gives.
#[derive(Default)]
struct Names {
    ctes: HashSet<String>,
    columns: HashSet<String>,
}

impl Visitor for Names {
    type Break = ();
    fn pre_visit_query(&mut self, query: &Query) -> ControlFlow<()> {
        let ctes = query.with.iter().flat_map(|with| &with.cte_tables);
        self.ctes.extend(ctes.map(|cte| cte.alias.name.value.to_lowercase()));
        let mut selects = Vec::new();
        selects_of(&query.body, &mut selects);
        for item in selects.iter().flat_map(|select| &select.projection) {
            if let sqlparser::ast::SelectItem::ExprWithAlias { alias, .. } = item {
                self.columns.insert(alias.value.to_lowercase());
            }
        }
        ControlFlow::Continue(())
    }
}

struct Check<'a> {
    guard: &'a Guard,
    sql: &'a str,
    names: &'a Names,
    tables: HashSet<Table>,
}

impl Check<'_> {
    fn table(&self, name: &ObjectName) -> Option<Table> {
        let parts: Vec<&str> = name.0.iter().map(|part| part.as_ident().unwrap().value.as_str()).collect();
        match parts.as_slice() {
            [cte] => {
                assert!(self.names.ctes.contains(&cte.to_lowercase()), "{cte}: {}", self.sql);
                None
            }
            [schema, name] => {
                let table = Table::ALL.into_iter().find(|table| table.name() == *name);
                let table = table.unwrap_or_else(|| panic!("{name}: {}", self.sql));
                assert_eq!(self.guard.schema().database_name(table.database()), *schema, "{}", self.sql);
                Some(table)
            }
            _ => panic!("{name}: {}", self.sql),
        }
    }

    fn select(&self, select: &Select) {
        let mut relations: Vec<(&TableFactor, Vec<&Expr>, bool)> = Vec::new();
        for from in &select.from {
            relations.push((&from.relation, Vec::new(), false));
            for join in &from.joins {
                let (is_left, on) = match &join.join_operator {
                    JoinOperator::Join(JoinConstraint::On(on)) => (false, Some(on)),
                    JoinOperator::Left(JoinConstraint::On(on)) => (true, Some(on)),
                    JoinOperator::CrossJoin(JoinConstraint::None) => (false, None),
                    other => panic!("{other:?}: {}", self.sql),
                };
                relations.push((&join.relation, on.map(conjuncts).unwrap_or_default(), is_left));
            }
        }
        let filter = select.selection.as_ref().map(conjuncts).unwrap_or_default();
        for at in 0..relations.len() {
            let TableFactor::Table { name, alias, .. } = relations[at].0 else { continue };
            let Some(table) = self.table(name) else { continue };
            let alias = alias.as_ref().map_or(table.name(), |alias| &alias.name.value);
            let mut conditions = filter.clone();
            conditions.extend(&relations[at].1);
            for (_, on, is_left) in &relations[at + 1..] {
                conditions.extend(on.iter().filter(|_| !is_left));
            }
            let is_alone = relations.len() == 1;
            let bounded = match table {
                Table::WorkflowRunInstance => self.is_bounded(&conditions, alias, "BUSINESS_DATE", is_alone),
                Table::TaskInstance | Table::DagRun => {
                    self.is_listed(&conditions, alias, is_alone)
                        || ["start_date", "execution_date"]
                            .iter()
                            .any(|column| self.is_bounded(&conditions, alias, column, is_alone))
                }
            };
            assert!(bounded, "{alias} is not bounded: {}", self.sql);
        }
    }

    /// Whether the first ten characters of literals bound the column from both sides.
    fn is_bounded(&self, conditions: &[&Expr], alias: &str, column: &str, is_alone: bool) -> bool {
        let is_column = |expr: &Expr| is_column(expr, alias, column, is_alone);
        let (mut lowest, mut highest) = (None::<i64>, None::<i64>);
        let mut bound = |low: Option<i64>, high: Option<i64>| {
            lowest = lowest.max(low);
            highest = match (highest, high) {
                (Some(one), Some(other)) => Some(one.min(other)),
                (one, other) => one.or(other),
            };
        };
        for condition in conditions {
            match condition {
                Expr::BinaryOp { left, op, right } => {
                    let (day, is_flipped) = match (is_column(left), is_column(right)) {
                        (true, false) => (day(right), false),
                        (false, true) => (day(left), true),
                        _ => continue,
                    };
                    match (op, is_flipped) {
                        (BinaryOperator::Eq | BinaryOperator::Spaceship, _) => bound(day, day),
                        (BinaryOperator::GtEq | BinaryOperator::Gt, false)
                        | (BinaryOperator::LtEq | BinaryOperator::Lt, true) => bound(day, None),
                        (BinaryOperator::LtEq | BinaryOperator::Lt, false)
                        | (BinaryOperator::GtEq | BinaryOperator::Gt, true) => bound(None, day),
                        _ => {}
                    }
                }
                Expr::Between { expr, negated: false, low, high } if is_column(expr) => {
                    bound(day(low), day(high));
                }
                Expr::InList { expr, list, negated: false } if is_column(expr) => {
                    let days: Option<Vec<i64>> = list.iter().map(day).collect();
                    if let Some(days) = days {
                        bound(days.iter().min().copied(), days.iter().max().copied());
                    }
                }
                _ => {}
            }
        }
        // One day more at either end for > and <.
        lowest.zip(highest).is_some_and(|(low, high)| high - low <= self.guard.limits().max_days + 1)
    }

    fn is_listed(&self, conditions: &[&Expr], alias: &str, is_alone: bool) -> bool {
        let is_run = |expr: &Expr| is_column(expr, alias, "run_id", is_alone);
        conditions.iter().any(|condition| match condition {
            Expr::BinaryOp { left, op: BinaryOperator::Eq, right } => {
                (is_run(left) && text(right).is_some()) || (is_run(right) && text(left).is_some())
            }
            Expr::InList { expr, list, negated: false } => {
                is_run(expr) && list.iter().all(|value| text(value).is_some())
            }
            _ => false,
        })
    }
}

impl Visitor for Check<'_> {
    type Break = ();

    fn pre_visit_query(&mut self, query: &Query) -> ControlFlow<()> {
        assert!(query.locks.is_empty() && query.fetch.is_none(), "{}", self.sql);
        assert!(query.with.as_ref().is_none_or(|with| !with.recursive), "{}", self.sql);
        let mut selects = Vec::new();
        selects_of(&query.body, &mut selects);
        for select in selects {
            assert!(select.into.is_none() && select.optimizer_hints.is_empty(), "{}", self.sql);
            assert!(select.select_modifiers.is_none(), "{}", self.sql);
            self.select(select);
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_relation(&mut self, name: &ObjectName) -> ControlFlow<()> {
        let table = self.table(name);
        self.tables.extend(table);
        ControlFlow::Continue(())
    }

    fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<()> {
        let name = match expr {
            Expr::Identifier(name) => Some(name),
            Expr::CompoundIdentifier(parts) => {
                assert_eq!(parts.len(), 2, "{expr}: {}", self.sql);
                parts.last()
            }
            Expr::Function(function) => {
                let name = function.name.to_string().to_uppercase();
                assert!(FUNCTIONS.contains(&format!(" {name} ")), "{name}: {}", self.sql);
                None
            }
            _ => None,
        };
        if let Some(name) = name {
            assert!(self.is_known(name), "{name}: {}", self.sql);
        }
        ControlFlow::Continue(())
    }
}

impl Check<'_> {
    fn is_known(&self, name: &Ident) -> bool {
        let is_listed = |table: Table| {
            self.guard
                .schema()
                .columns(table)
                .iter()
                .any(|column| column.name.eq_ignore_ascii_case(&name.value))
        };
        // The unit of TIMESTAMPDIFF is parsed as a name.
        ["SECOND", "MINUTE", "HOUR", "DAY", "WEEK"].contains(&name.value.as_str())
            || self.names.columns.contains(&name.value.to_lowercase())
            || Table::ALL.into_iter().any(is_listed)
    }
}

fn selects_of<'q>(body: &'q SetExpr, selects: &mut Vec<&'q Select>) {
    match body {
        SetExpr::Select(select) => selects.push(select),
        SetExpr::SetOperation { left, right, .. } => {
            selects_of(left, selects);
            selects_of(right, selects);
        }
        // Visited as a query of its own.
        SetExpr::Query(_) => {}
        other => panic!("{other}"),
    }
}

fn conjuncts(expr: &Expr) -> Vec<&Expr> {
    match expr {
        Expr::BinaryOp { left, op: BinaryOperator::And, right } => {
            [conjuncts(left), conjuncts(right)].concat()
        }
        Expr::Nested(expr) => conjuncts(expr),
        other => vec![other],
    }
}

fn is_column(expr: &Expr, alias: &str, column: &str, is_alone: bool) -> bool {
    match expr {
        Expr::Identifier(name) => is_alone && name.value == column,
        Expr::CompoundIdentifier(parts) => {
            matches!(parts.as_slice(), [of, name] if of.value == alias && name.value == column)
        }
        _ => false,
    }
}

fn text(expr: &Expr) -> Option<&str> {
    match expr {
        Expr::Value(ValueWithSpan { value: Value::SingleQuotedString(text), .. }) => Some(text),
        _ => None,
    }
}

/// Days since the year 0, leap days left out: too few by at most one a year.
fn day(expr: &Expr) -> Option<i64> {
    let date = model::BusinessDate::parse(text(expr)?.get(..10)?).ok()?.civil();
    Some(365 * i64::from(date.year()) + i64::from(date.day_of_year()))
}
