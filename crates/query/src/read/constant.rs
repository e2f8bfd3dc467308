//! Working out what is known before the query is sent: dates relative to now, and whole
//! numbers.

use crate::function::Function;
use crate::moment::{Constant, days_between};
use crate::schema::Kind;
use crate::tree::{Arithmetic, CastTo, Expr};

impl Expr {
    /// The date or time that it is known to be.
    pub(crate) fn constant(&self) -> Option<Constant> {
        match self {
            Self::Text(text) => Constant::parse(text),
            _ => None,
        }
    }

    /// The whole number that it is known to be.
    pub(super) fn integer(&self) -> Option<i64> {
        match self {
            Self::Number(number) => number.parse().ok(),
            // INTERVAL '7' DAY
            Self::Text(text) => text.parse().ok(),
            Self::Minus(expr) => expr.integer()?.checked_neg(),
            Self::Arithmetic { operator, left, right } => {
                let (left, right) = (left.integer()?, right.integer()?);
                match operator {
                    Arithmetic::Add => left.checked_add(right),
                    Arithmetic::Subtract => left.checked_sub(right),
                    Arithmetic::Multiply => left.checked_mul(right),
                    Arithmetic::IntegerDivide => left.checked_div(right),
                    Arithmetic::Modulo => left.checked_rem(right),
                    Arithmetic::Divide => None,
                }
            }
            _ => None,
        }
    }

    /// What it makes, where that is known.
    pub(crate) fn kind(&self) -> Option<Kind> {
        match self {
            Self::Column(column) => column.kind,
            Self::Text(_) => Some(Kind::Text),
            Self::Number(_) | Self::Minus(_) | Self::Arithmetic { .. } | Self::TimestampDiff { .. } => {
                Some(Kind::Number)
            }
            Self::DateAdd { expr, unit, .. } => match expr.kind() {
                Some(Kind::Date) if unit.is_whole_days() => Some(Kind::Date),
                _ => Some(Kind::Time),
            },
            Self::Cast { to, .. } => Some(match to {
                CastTo::Char => Kind::Text,
                CastTo::Signed | CastTo::Unsigned | CastTo::Decimal { .. } => Kind::Number,
                CastTo::Date => Kind::Date,
                CastTo::DateTime => Kind::Time,
            }),
            Self::Call(call) if call.function.keeps_kind() => call.args.first().and_then(Self::kind),
            Self::Call(call) => call.function.kind(),
            _ => None,
        }
    }
}

/// What a date function makes of a known date.
pub(super) fn fold(function: Function, args: &[Expr]) -> Option<Expr> {
    let known = args.first()?.constant()?;
    let date = known.date();
    let number = |number: i64| Some(Expr::Number(number.to_string()));
    match function {
        Function::Date => Some(Expr::Text(Constant::Date(date).text())),
        Function::LastDay => Some(Expr::Text(Constant::Date(date.last_of_month()).text())),
        Function::Year => number(i64::from(date.year())),
        Function::Quarter => number((i64::from(date.month()) + 2) / 3),
        Function::Month => number(i64::from(date.month())),
        Function::Day => number(i64::from(date.day())),
        Function::DayOfYear => number(i64::from(date.day_of_year())),
        Function::DayOfWeek => number(i64::from(date.weekday().to_sunday_one_offset())),
        Function::WeekDay => number(i64::from(date.weekday().to_monday_zero_offset())),
        Function::DateDiff => number(days_between(args.get(1)?.constant()?.date(), date)),
        Function::DateFormat => match args.get(1)? {
            Expr::Text(format) => format_constant(known, format).map(Expr::Text),
            _ => None,
        },
        _ => None,
    }
}

/// `DATE_FORMAT` of a known date; `None` for what stands for names, which need no folding.
fn format_constant(known: Constant, format: &str) -> Option<String> {
    let at = known.at_midnight().text();
    let mut text = String::new();
    let mut chars = format.chars();
    while let Some(c) = chars.next() {
        if c != '%' {
            text.push(c);
            continue;
        }
        match chars.next()? {
            'Y' => text.push_str(&at[..4]),
            'm' => text.push_str(&at[5..7]),
            'd' => text.push_str(&at[8..10]),
            'H' => text.push_str(&at[11..13]),
            'i' => text.push_str(&at[14..16]),
            's' | 'S' => text.push_str(&at[17..19]),
            'T' => text.push_str(&at[11..19]),
            '%' => text.push('%'),
            _ => return None,
        }
    }
    Some(text)
}
