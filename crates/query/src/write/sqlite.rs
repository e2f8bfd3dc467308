//! What SQLite writes otherwise: dates are text there, `/` divides whole numbers into whole
//! numbers, and a few functions have other names or none.

use super::expression::Level;
use super::{Dialect, Writer};
use crate::function::Function;
use crate::schema::Kind;
use crate::tree::{Arithmetic, Call, CastTo, Expr, Unit};

const DAYS: [&str; 7] = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

impl Writer<'_> {
    /// Writes `expr` if SQLite writes it otherwise than MySQL; says whether it did.
    pub(super) fn sqlite_expr(&mut self, expr: &Expr) -> bool {
        match expr {
            // One form of all times, so that they compare as texts.
            Expr::Column(column) if column.is_stored && column.kind == Some(Kind::Time) => {
                self.push("datetime(");
                self.plain_expr(expr);
                self.push(")");
            }
            Expr::Arithmetic { operator: Arithmetic::Divide, left, right } => {
                self.push("CAST(");
                self.expr(left, Level::Or);
                self.push(" AS REAL) / ");
                self.expr(right, Level::Minus);
            }
            Expr::Arithmetic { operator: Arithmetic::IntegerDivide, left, right } => {
                self.push("CAST(");
                self.expr(left, Level::Product);
                self.push(" / ");
                self.expr(right, Level::Minus);
                self.push(" AS INTEGER)");
            }
            Expr::DateAdd { expr: of, amount, unit } => {
                let is_date = expr.kind() == Some(Kind::Date);
                self.push(if is_date { "date(" } else { "datetime(" });
                self.time(of);
                self.push(&format!(", '{}')", modifier(*amount, *unit)));
            }
            Expr::TimestampDiff { unit, from, to } => {
                self.wrapped("((unixepoch(", to, ") - unixepoch(");
                self.time(from);
                let seconds = match unit {
                    Unit::Second => 1,
                    Unit::Minute => 60,
                    Unit::Hour => 3_600,
                    Unit::Week => 604_800,
                    Unit::Day | Unit::Month | Unit::Quarter | Unit::Year => 86_400,
                };
                self.push(&format!(")) / {seconds})"));
            }
            Expr::Cast { expr, to: CastTo::Date } => self.wrapped("date(", expr, ")"),
            Expr::Cast { expr, to: CastTo::DateTime } => self.wrapped("datetime(", expr, ")"),
            Expr::Cast { expr, to } => {
                self.push(if matches!(to, CastTo::Decimal { .. }) { "round(CAST(" } else { "CAST(" });
                self.expr(expr, Level::Or);
                match to {
                    CastTo::Char => self.push(" AS TEXT)"),
                    CastTo::Decimal { scale, .. } => self.push(&format!(" AS REAL), {scale})")),
                    _ => self.push(" AS INTEGER)"),
                }
            }
            Expr::Call(call) => return self.sqlite_call(call),
            _ => return false,
        }
        true
    }

    fn sqlite_call(&mut self, call: &Call) -> bool {
        use Function as F;
        let args = call.args.as_slice();
        match (call.function, args) {
            (F::If, [condition, yes, no]) => {
                self.push("CASE WHEN ");
                self.expr(condition, Level::Or);
                self.push(" THEN ");
                self.expr(yes, Level::Or);
                self.push(" ELSE ");
                self.expr(no, Level::Or);
                self.push(" END");
            }
            (F::Concat, [only]) => {
                self.push("CAST(");
                self.expr(only, Level::Or);
                self.push(" AS TEXT)");
            }
            (F::Concat, parts) => {
                self.push("(");
                for (at, part) in parts.iter().enumerate() {
                    self.push(if at > 0 { " || " } else { "" });
                    self.expr(part, Level::Atom);
                }
                self.push(")");
            }
            (F::Mod, [left, right]) => {
                self.push("(");
                self.expr(left, Level::Product);
                self.push(" % ");
                self.expr(right, Level::Minus);
                self.push(")");
            }
            (F::Left, [text, length]) => {
                self.push("substr(");
                self.expr(text, Level::Or);
                self.push(", 1, ");
                self.expr(length, Level::Or);
                self.push(")");
            }
            (F::Right, [text, length]) => {
                self.push("substr(");
                self.expr(text, Level::Or);
                self.push(", -");
                self.expr(length, Level::Atom);
                self.push(")");
            }
            (F::Locate, [part, text]) => {
                self.push("instr(");
                self.separated(&[text, part], |writer, arg| writer.expr(arg, Level::Or));
                self.push(")");
            }
            (F::Round, [number]) => {
                self.push("CAST(round(");
                self.expr(number, Level::Or);
                self.push(") AS INTEGER)");
            }
            (F::Floor, [number]) => self.truncated(number, " - (", " < "),
            (F::Ceiling, [number]) => self.truncated(number, " + (", " > "),
            (F::Date, [time]) => self.wrapped("date(", time, ")"),
            (F::Time, [time]) => self.wrapped("time(", time, ")"),
            (F::LastDay, [date]) => {
                self.wrapped("date(", date, ", 'start of month', '+1 month', '-1 day')");
            }
            (F::UnixTimestamp, [time]) => self.wrapped("unixepoch(", time, ")"),
            (F::Year, [date]) => self.date_part("%Y", date),
            (F::Month, [date]) => self.date_part("%m", date),
            (F::Day, [date]) => self.date_part("%d", date),
            (F::DayOfYear, [date]) => self.date_part("%j", date),
            (F::Hour, [time]) => self.date_part("%H", time),
            (F::Minute, [time]) => self.date_part("%M", time),
            (F::Second, [time]) => self.date_part("%S", time),
            (F::Quarter, [date]) => self.wrapped("((CAST(strftime('%m', ", date, ") AS INTEGER) + 2) / 3)"),
            (F::DayOfWeek, [date]) => self.wrapped("(CAST(strftime('%w', ", date, ") AS INTEGER) + 1)"),
            (F::WeekDay, [date]) => self.wrapped("((CAST(strftime('%w', ", date, ") AS INTEGER) + 6) % 7)"),
            (F::DayName, [date]) => self.named("%w", date, &DAYS, 0),
            (F::MonthName, [date]) => self.named("%m", date, &MONTHS, 1),
            (F::DateDiff, [later, earlier]) => {
                self.wrapped("CAST(julianday(date(", later, "))");
                self.wrapped(" - julianday(date(", earlier, ")) AS INTEGER)");
            }
            (F::DateFormat, [time, Expr::Text(format)]) => self.date_format(time, format),
            _ => {
                let name = match call.function {
                    F::CharLength => "length",
                    F::Substring => "substr",
                    F::Greatest => "max",
                    F::Least => "min",
                    _ => return false,
                };
                self.push(name);
                self.call_args(call);
            }
        }
        true
    }

    /// The heading that MySQL gives to a column without an alias.
    pub(super) fn sqlite_heading(&mut self, expr: &Expr) {
        let heading = match expr {
            Expr::Column(column) if column.kind != Some(Kind::Time) => return,
            Expr::Column(column) => column.name.clone(),
            _ => {
                let mut writer = Writer { dialect: Dialect::MySql, schema: self.schema, out: String::new() };
                writer.expr(expr, Level::Or);
                writer.out
            }
        };
        self.push(&format!(" AS \"{}\"", heading.replace('"', "\"\"")));
    }

    /// A date or time for a function of SQLite's that reads any form of them.
    fn time(&mut self, expr: &Expr) {
        match expr {
            Expr::Column(_) => self.plain_expr(expr),
            _ => self.expr(expr, Level::Or),
        }
    }

    fn wrapped(&mut self, before: &str, time: &Expr, after: &str) {
        self.push(before);
        self.time(time);
        self.push(after);
    }

    fn date_part(&mut self, code: &str, time: &Expr) {
        self.wrapped(&format!("CAST(strftime('{code}', "), time, ") AS INTEGER)");
    }

    /// The number towards zero, and one less or more where that is on the wrong side.
    fn truncated(&mut self, number: &Expr, correction: &str, wrong_side: &str) {
        self.push("(CAST(");
        self.expr(number, Level::Or);
        self.push(" AS INTEGER)");
        self.push(correction);
        self.expr(number, Level::Sum);
        self.push(wrong_side);
        self.push("CAST(");
        self.expr(number, Level::Or);
        self.push(" AS INTEGER)))");
    }

    /// A name by the number that `code` gives, counting from `first`.
    fn named<N: AsRef<str>>(&mut self, code: &str, time: &Expr, names: &[N], first: usize) {
        self.wrapped(&format!("CASE CAST(strftime('{code}', "), time, ") AS INTEGER)");
        for (at, name) in names.iter().enumerate() {
            self.push(&format!(" WHEN {} THEN '{}'", at + first, name.as_ref()));
        }
        self.push(" END");
    }

    /// Runs of codes that SQLite knows, joined with the names that it does not.
    fn date_format(&mut self, time: &Expr, format: &str) {
        let short = |names: &[&'static str]| names.iter().map(|name| &name[..3]).collect::<Vec<_>>();
        let mut pieces = 0;
        let mut known = String::new();
        let mut chars = format.chars();
        self.push("(");
        loop {
            let next = chars.next();
            let code = if next == Some('%') { chars.next() } else { None };
            match (next, code) {
                (Some(_), Some('i')) => known.push_str("%M"),
                (Some(_), Some('s' | 'S')) => known.push_str("%S"),
                (Some(_), Some('T')) => known.push_str("%H:%M:%S"),
                (Some(_), Some(code)) if !"abMW".contains(code) => known.extend(['%', code]),
                (Some(plain), None) => known.push(plain),
                (name, code) => {
                    if !known.is_empty() || (name.is_none() && pieces == 0) {
                        self.push(if pieces > 0 { " || strftime(" } else { "strftime(" });
                        self.text(&known);
                        self.wrapped(", ", time, ")");
                        known.clear();
                        pieces += 1;
                    }
                    if name.is_none() {
                        break;
                    }
                    self.push(if pieces > 0 { " || " } else { "" });
                    match code {
                        Some('a') => self.named("%w", time, &short(&DAYS), 0),
                        Some('b') => self.named("%m", time, &short(&MONTHS), 1),
                        Some('M') => self.named("%m", time, &MONTHS, 1),
                        _ => self.named("%w", time, &DAYS, 0),
                    }
                    pieces += 1;
                }
            }
        }
        self.push(")");
    }
}

fn modifier(amount: i64, unit: Unit) -> String {
    match unit {
        Unit::Second => format!("{amount:+} seconds"),
        Unit::Minute => format!("{amount:+} minutes"),
        Unit::Hour => format!("{amount:+} hours"),
        Unit::Day => format!("{amount:+} days"),
        Unit::Week => format!("{:+} days", 7 * amount),
        // A month's last day stays one, as in MySQL.
        Unit::Month => format!("{amount:+} months', 'floor"),
        Unit::Quarter => format!("{:+} months', 'floor", 3 * amount),
        Unit::Year => format!("{amount:+} years', 'floor"),
    }
}
