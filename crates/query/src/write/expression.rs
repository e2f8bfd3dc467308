//! Expressions, as MySQL and SQLite both write them.

use super::{Dialect, Writer};
use crate::function::Function;
use crate::tree::{Arithmetic, Call, CastTo, Comparison, Expr, Frame, FrameBound, Unit, Window};

/// How tightly an expression binds: a looser one inside a tighter one takes parentheses.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Level {
    Or,
    And,
    Not,
    Comparison,
    Sum,
    Product,
    Minus,
    Atom,
}

impl Writer<'_> {
    /// Writes `expr` where nothing looser than `least` may stand without parentheses.
    pub(super) fn expr(&mut self, expr: &Expr, least: Level) {
        if self.is_full() {
            return;
        }
        let parenthesised = level(expr) < least;
        if parenthesised {
            self.push("(");
        }
        let is_written = self.dialect == Dialect::Sqlite && self.sqlite_expr(expr);
        if !is_written {
            self.plain_expr(expr);
        }
        if parenthesised {
            self.push(")");
        }
    }

    pub(super) fn plain_expr(&mut self, expr: &Expr) {
        match expr {
            Expr::Column(column) => {
                if let Some(qualifier) = &column.qualifier {
                    self.name(qualifier);
                    self.push(".");
                }
                self.name(&column.name);
            }
            Expr::Output(name) => self.name(name),
            Expr::Place(place) => self.push(&place.to_string()),
            Expr::Text(text) => self.text(text),
            Expr::Number(number) => self.push(number),
            Expr::Boolean(value) => self.push(if *value { "TRUE" } else { "FALSE" }),
            Expr::Null => self.push("NULL"),
            Expr::Not(expr) => {
                // With parentheses whatever it is: a mode of MySQL lets NOT bind tighter.
                self.push("NOT (");
                self.expr(expr, Level::Or);
                self.push(")");
            }
            Expr::Minus(expr) => {
                self.push("-");
                self.expr(expr, Level::Atom);
            }
            Expr::And(parts) => self.chain(parts, " AND ", Level::Not),
            Expr::Or(parts) => self.chain(parts, " OR ", Level::And),
            Expr::Compare { operator, left, right } => {
                self.expr(left, Level::Sum);
                self.push(self.comparison(*operator));
                self.expr(right, Level::Sum);
            }
            Expr::Arithmetic { operator, left, right } => {
                let (sign, level, tighter) = match operator {
                    Arithmetic::Add => (" + ", Level::Sum, Level::Product),
                    Arithmetic::Subtract => (" - ", Level::Sum, Level::Product),
                    Arithmetic::Multiply => (" * ", Level::Product, Level::Minus),
                    Arithmetic::Divide => (" / ", Level::Product, Level::Minus),
                    Arithmetic::IntegerDivide => (" DIV ", Level::Product, Level::Minus),
                    Arithmetic::Modulo => (" % ", Level::Product, Level::Minus),
                };
                self.expr(left, level);
                self.push(sign);
                self.expr(right, tighter);
            }
            Expr::IsNull { expr, negated } => {
                self.expr(expr, Level::Sum);
                self.push(if *negated { " IS NOT NULL" } else { " IS NULL" });
            }
            Expr::IsTrue { expr, value, negated } => {
                self.expr(expr, Level::Sum);
                self.push(if *negated { " IS NOT " } else { " IS " });
                self.push(if *value { "TRUE" } else { "FALSE" });
            }
            Expr::Between { expr, low, high, negated } => {
                self.expr(expr, Level::Sum);
                self.push(if *negated { " NOT BETWEEN " } else { " BETWEEN " });
                self.expr(low, Level::Sum);
                self.push(" AND ");
                self.expr(high, Level::Sum);
            }
            Expr::InList { expr, list, negated } => {
                self.expr(expr, Level::Sum);
                self.push(if *negated { " NOT IN (" } else { " IN (" });
                self.separated(list, |writer, value| writer.expr(value, Level::Or));
                self.push(")");
            }
            Expr::InQuery { expr, query, negated } => {
                self.expr(expr, Level::Sum);
                self.push(if *negated { " NOT IN (" } else { " IN (" });
                self.query(query);
                self.push(")");
            }
            Expr::Exists { query, negated } => {
                self.push(if *negated { "NOT EXISTS (" } else { "EXISTS (" });
                self.query(query);
                self.push(")");
            }
            Expr::Like { expr, pattern, escape, negated } => self.like(expr, pattern, *escape, *negated),
            Expr::Case { operand, branches, otherwise } => {
                self.push("CASE");
                if let Some(operand) = operand {
                    self.push(" ");
                    self.expr(operand, Level::Or);
                }
                for (condition, result) in branches {
                    self.push(" WHEN ");
                    self.expr(condition, Level::Or);
                    self.push(" THEN ");
                    self.expr(result, Level::Or);
                }
                if let Some(otherwise) = otherwise {
                    self.push(" ELSE ");
                    self.expr(otherwise, Level::Or);
                }
                self.push(" END");
            }
            Expr::Scalar(query) => {
                self.push("(");
                self.query(query);
                self.push(")");
            }
            Expr::Call(call) => self.call(call),
            Expr::DateAdd { expr, amount, unit } => {
                self.push(if *amount < 0 { "DATE_SUB(" } else { "DATE_ADD(" });
                self.expr(expr, Level::Or);
                self.push(&format!(", INTERVAL {} {})", amount.abs(), unit_name(*unit)));
            }
            Expr::TimestampDiff { unit, from, to } => {
                self.push(&format!("TIMESTAMPDIFF({}, ", unit_name(*unit)));
                self.expr(from, Level::Or);
                self.push(", ");
                self.expr(to, Level::Or);
                self.push(")");
            }
            Expr::Cast { expr, to } => {
                self.push("CAST(");
                self.expr(expr, Level::Or);
                self.push(" AS ");
                match to {
                    CastTo::Char => self.push("CHAR"),
                    CastTo::Signed => self.push("SIGNED"),
                    CastTo::Unsigned => self.push("UNSIGNED"),
                    CastTo::Decimal { digits, scale } => self.push(&format!("DECIMAL({digits}, {scale})")),
                    CastTo::Date => self.push("DATE"),
                    CastTo::DateTime => self.push("DATETIME"),
                }
                self.push(")");
            }
        }
    }

    fn chain(&mut self, parts: &[Expr], sign: &str, least: Level) {
        for (at, part) in parts.iter().enumerate() {
            if at > 0 {
                self.push(sign);
            }
            self.expr(part, least);
        }
    }

    fn comparison(&self, operator: Comparison) -> &'static str {
        match (operator, self.dialect) {
            (Comparison::Equal, _) => " = ",
            (Comparison::NotEqual, _) => " <> ",
            (Comparison::Less, _) => " < ",
            (Comparison::LessOrEqual, _) => " <= ",
            (Comparison::Greater, _) => " > ",
            (Comparison::GreaterOrEqual, _) => " >= ",
            (Comparison::NullSafeEqual, Dialect::MySql) => " <=> ",
            (Comparison::NullSafeEqual, Dialect::Sqlite) => " IS NOT DISTINCT FROM ",
        }
    }

    fn like(&mut self, expr: &Expr, pattern: &Expr, escape: char, negated: bool) {
        self.expr(expr, Level::Sum);
        self.push(if negated { " NOT LIKE " } else { " LIKE " });
        self.expr(pattern, Level::Sum);
        // MySQL's escape is the backslash unless told; SQLite has none unless told.
        if escape != '\\' || self.dialect == Dialect::Sqlite {
            self.push(" ESCAPE ");
            self.text(&escape.to_string());
        }
    }

    fn call(&mut self, call: &Call) {
        self.push(call.function.name());
        self.call_args(call);
        self.over(call);
    }

    pub(super) fn call_args(&mut self, call: &Call) {
        self.push("(");
        if call.distinct {
            self.push("DISTINCT ");
        }
        if call.args.is_empty() && call.function == Function::Count {
            self.push("*");
        }
        self.separated(&call.args, |writer, arg| writer.expr(arg, Level::Or));
        if self.dialect == Dialect::Sqlite
            && let Some(separator) = &call.separator
        {
            self.push(", ");
            self.text(separator);
        }
        self.order_by(" ORDER BY ", &call.order_by);
        if self.dialect == Dialect::MySql
            && let Some(separator) = &call.separator
        {
            self.push(" SEPARATOR ");
            self.text(separator);
        }
        self.push(")");
    }

    fn over(&mut self, call: &Call) {
        let Some(Window { partition_by, order_by, frame }) = &call.over else { return };
        self.push(" OVER (");
        if !partition_by.is_empty() {
            self.push("PARTITION BY ");
            self.separated(partition_by, |writer, expr| writer.expr(expr, Level::Or));
        }
        self.order_by(if partition_by.is_empty() { "ORDER BY " } else { " ORDER BY " }, order_by);
        if let Some(Frame { rows, start, end }) = *frame {
            self.push(if rows { " ROWS BETWEEN " } else { " RANGE BETWEEN " });
            self.frame_bound(start);
            self.push(" AND ");
            self.frame_bound(end);
        }
        self.push(")");
    }

    fn frame_bound(&mut self, bound: FrameBound) {
        match bound {
            FrameBound::UnboundedPreceding => self.push("UNBOUNDED PRECEDING"),
            FrameBound::Preceding(rows) => self.push(&format!("{rows} PRECEDING")),
            FrameBound::CurrentRow => self.push("CURRENT ROW"),
            FrameBound::Following(rows) => self.push(&format!("{rows} FOLLOWING")),
            FrameBound::UnboundedFollowing => self.push("UNBOUNDED FOLLOWING"),
        }
    }
}

fn level(expr: &Expr) -> Level {
    match expr {
        Expr::Or(_) => Level::Or,
        Expr::And(_) => Level::And,
        Expr::Not(_) | Expr::Exists { negated: true, .. } => Level::Not,
        Expr::Compare { .. }
        | Expr::IsNull { .. }
        | Expr::IsTrue { .. }
        | Expr::Between { .. }
        | Expr::InList { .. }
        | Expr::InQuery { .. }
        | Expr::Like { .. } => Level::Comparison,
        Expr::Arithmetic { operator: Arithmetic::Add | Arithmetic::Subtract, .. } => Level::Sum,
        Expr::Arithmetic { .. } => Level::Product,
        Expr::Minus(_) => Level::Minus,
        _ => Level::Atom,
    }
}

fn unit_name(unit: Unit) -> &'static str {
    match unit {
        Unit::Second => "SECOND",
        Unit::Minute => "MINUTE",
        Unit::Hour => "HOUR",
        Unit::Day => "DAY",
        Unit::Week => "WEEK",
        Unit::Month => "MONTH",
        Unit::Quarter => "QUARTER",
        Unit::Year => "YEAR",
    }
}
