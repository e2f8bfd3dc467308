//! Whether a reference of a table is bounded: that no condition beside the bound can let in
//! rows from outside it.
//!
//! Only conditions that every row must meet count: the parts of the AND in WHERE, in the
//! relation's own ON, and in the ON of the inner joins after it. Nothing under OR, NOT, CASE
//! or in a subquery does, and no comparison with anything but constants.

use crate::moment::{Constant, days_between};
use crate::refusal::Refusal;
use crate::schema::Table;
use crate::tree::{Comparison, Expr, Join, Source};
use jiff::civil::Date;
use model::BusinessDate;

/// Days that a query reads, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DateSpan {
    /// The first day.
    pub from: BusinessDate,
    /// The last day.
    pub to: BusinessDate,
}

impl DateSpan {
    /// How many days: at least 1.
    pub fn days(self) -> i64 {
        days_between(self.from.civil(), self.to.civil()) + 1
    }

    /// The shortest span that holds both.
    pub(crate) fn hull(self, other: Self) -> Self {
        Self { from: self.from.min(other.from), to: self.to.max(other.to) }
    }
}

/// The conditions that every row which `source` gives to the query must meet.
pub(crate) fn conditions_on<'e>(
    source: &Source,
    sources: &'e [Source],
    filter: Option<&'e Expr>,
) -> Vec<&'e Expr> {
    let joined = sources.iter().skip_while(|other| other.id != source.id);
    let ons = joined
        .filter(|other| other.id == source.id || other.join == Join::Inner)
        .filter_map(|other| other.on.as_ref());
    filter.into_iter().chain(ons).flat_map(conjuncts).collect()
}

fn conjuncts(expr: &Expr) -> &[Expr] {
    match expr {
        Expr::And(parts) => parts,
        other => std::slice::from_ref(other),
    }
}

/// What bounds a reference of a table.
pub(crate) enum Bound {
    /// Days of a column of dates or times.
    Days(DateSpan),
    /// Airflow's run ids.
    Runs(Vec<String>),
}

/// Checks that `source`, a reference of `table`, is bounded.
pub(crate) fn check(
    table: Table,
    source: &Source,
    conditions: &[&Expr],
    max_days: i64,
) -> Result<Bound, Refusal> {
    let mut named = conditions.iter().filter_map(|part| named_runs(part, source.id));
    if table != Table::WorkflowRunInstance
        && let Some(runs) = named.next()
    {
        return Ok(Bound::Runs(runs));
    }
    let mut refusal = Refusal::Unbounded {
        table,
        alias: source.alias.as_ref().map(|alias| format!(" ({alias})")).unwrap_or_default(),
    };
    for column in date_columns(table) {
        let bounds = conditions.iter().map(|part| range(part, source.id, column));
        let (lower, upper) = bounds.fold((None, None), |(lower, upper), range| {
            (later(lower, range.lower), earlier(upper, range.upper))
        });
        let (Some(lower), Some(upper)) = (lower, upper) else { continue };
        let days = days_between(lower, upper) + 1;
        if lower > upper {
            refusal = Refusal::SpanEmpty(table);
        } else if days > max_days {
            refusal = Refusal::SpanTooLong { table, days, limit: max_days };
        } else {
            return Ok(Bound::Days(DateSpan { from: lower.into(), to: upper.into() }));
        }
    }
    Err(refusal)
}

/// The columns that may bound a table.
fn date_columns(table: Table) -> &'static [&'static str] {
    match table {
        Table::WorkflowRunInstance => &["BUSINESS_DATE"],
        Table::TaskInstance => &["start_date"],
        Table::DagRun => &["execution_date", "logical_date", "start_date"],
    }
}

/// The run ids of `run_id = '…'` or `run_id IN ('…', …)`.
fn named_runs(condition: &Expr, relation: usize) -> Option<Vec<String>> {
    let is_run_id = |expr: &Expr| is_column(expr, relation, "run_id");
    let texts = |values: &[Expr]| {
        let text = |value: &Expr| match value {
            Expr::Text(text) => Some(text.clone()),
            _ => None,
        };
        values.iter().map(text).collect()
    };
    match condition {
        Expr::Compare { operator: Comparison::Equal, left, right } if is_run_id(left) => {
            texts(std::slice::from_ref(right))
        }
        Expr::Compare { operator: Comparison::Equal, left, right } if is_run_id(right) => {
            texts(std::slice::from_ref(left))
        }
        Expr::InList { expr, list, negated: false } if is_run_id(expr) => texts(list),
        _ => None,
    }
}

fn is_column(expr: &Expr, relation: usize, name: &str) -> bool {
    matches!(expr, Expr::Column(column) if column.is_stored
        && column.relation == relation
        && column.name.eq_ignore_ascii_case(name))
}

/// What a condition says of a column's days.
#[derive(Default)]
struct Range {
    lower: Option<Date>,
    upper: Option<Date>,
}

fn range(condition: &Expr, relation: usize, name: &str) -> Range {
    let is_meant = |expr: &Expr| is_column(expr, relation, name);
    match condition {
        Expr::Compare { operator, left, right } if is_meant(left) => compared(*operator, right.constant()),
        Expr::Compare { operator, left, right } if is_meant(right) => {
            compared(operator.flipped(), left.constant())
        }
        Expr::Between { expr, low, high, negated: false } if is_meant(expr) => {
            Range { lower: low.constant().map(Constant::date), upper: high.constant().map(Constant::date) }
        }
        Expr::InList { expr, list, negated: false } if is_meant(expr) => {
            let days: Option<Vec<Date>> =
                list.iter().map(|value| value.constant().map(Constant::date)).collect();
            let days = days.unwrap_or_default();
            Range { lower: days.iter().min().copied(), upper: days.iter().max().copied() }
        }
        _ => Range::default(),
    }
}

fn compared(operator: Comparison, known: Option<Constant>) -> Range {
    let Some(known) = known else { return Range::default() };
    let date = known.date();
    match operator {
        Comparison::Equal | Comparison::NullSafeEqual => Range { lower: Some(date), upper: Some(date) },
        Comparison::GreaterOrEqual => Range { lower: Some(date), upper: None },
        Comparison::Greater => {
            let is_whole_day = matches!(known, Constant::Date(_));
            Range { lower: if is_whole_day { date.tomorrow().ok() } else { Some(date) }, upper: None }
        }
        Comparison::LessOrEqual => Range { lower: None, upper: Some(date) },
        Comparison::Less => {
            let is_midnight = known.at_midnight() == Constant::Date(date).at_midnight();
            Range { lower: None, upper: if is_midnight { date.yesterday().ok() } else { Some(date) } }
        }
        Comparison::NotEqual => Range::default(),
    }
}

fn later(one: Option<Date>, other: Option<Date>) -> Option<Date> {
    one.max(other)
}

fn earlier(one: Option<Date>, other: Option<Date>) -> Option<Date> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.min(other)),
        (one, other) => one.or(other),
    }
}
