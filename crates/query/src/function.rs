//! The functions on the list, and how each is written.

use crate::schema::Kind;

/// A function on the list. Constants such as `NOW()` and those with a grammar of their own
/// (`DATE_ADD`, `TIMESTAMPDIFF`, `CAST`) are not here: they are expressions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Function {
    // Aggregates.
    Count,
    Sum,
    Avg,
    Min,
    Max,
    GroupConcat,
    // Windows.
    RowNumber,
    Rank,
    DenseRank,
    PercentRank,
    CumeDist,
    Ntile,
    Lag,
    Lead,
    FirstValue,
    LastValue,
    // Conditions.
    If,
    IfNull,
    NullIf,
    Coalesce,
    Greatest,
    Least,
    // Texts.
    Concat,
    ConcatWs,
    Lower,
    Upper,
    CharLength,
    Substring,
    Left,
    Right,
    Trim,
    LTrim,
    RTrim,
    InStr,
    Locate,
    // Numbers.
    Abs,
    Round,
    Floor,
    Ceiling,
    Mod,
    Sign,
    // Dates.
    Date,
    Year,
    Quarter,
    Month,
    Day,
    DayOfWeek,
    WeekDay,
    DayOfYear,
    DayName,
    MonthName,
    LastDay,
    Time,
    Hour,
    Minute,
    Second,
    DateDiff,
    DateFormat,
    UnixTimestamp,
}

/// Where a function may stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// Anywhere.
    Scalar,
    /// Over groups, or with OVER over a window.
    Aggregate,
    /// Only with OVER.
    Window,
}

/// How a function is written.
pub(crate) struct Signature {
    pub(crate) function: Function,
    pub(crate) role: Role,
    /// Fewest and most arguments.
    pub(crate) arity: (usize, usize),
    /// Its name, and what MySQL also calls it.
    pub(crate) names: &'static [&'static str],
    /// For the sentence of a refusal.
    pub(crate) usage: &'static str,
}

impl Function {
    /// The signature of the function of this name, however it is capitalised.
    pub(crate) fn parse(name: &str) -> Option<&'static Signature> {
        SIGNATURES
            .iter()
            .find(|signature| signature.names.iter().any(|known| known.eq_ignore_ascii_case(name)))
    }

    /// Its name in MySQL.
    pub(crate) fn name(self) -> &'static str {
        let signature = SIGNATURES.iter().find(|signature| signature.function == self);
        signature.expect("every function has a signature").names[0]
    }

    /// What it makes, where that does not follow from its arguments.
    pub(crate) fn kind(self) -> Option<Kind> {
        match self {
            Self::Date | Self::LastDay => Some(Kind::Date),
            Self::Concat
            | Self::ConcatWs
            | Self::Lower
            | Self::Upper
            | Self::Substring
            | Self::Left
            | Self::Right
            | Self::DateFormat
            | Self::GroupConcat => Some(Kind::Text),
            Self::Count | Self::Sum | Self::Avg => Some(Kind::Number),
            _ => None,
        }
    }

    /// Whether what it makes is of the kind of its first argument.
    pub(crate) fn keeps_kind(self) -> bool {
        matches!(
            self,
            Self::Min
                | Self::Max
                | Self::Lag
                | Self::Lead
                | Self::FirstValue
                | Self::LastValue
                | Self::IfNull
                | Self::NullIf
                | Self::Coalesce
                | Self::Greatest
                | Self::Least
        )
    }
}

/// As many arguments as anyone writes.
const MANY: usize = 64;

const fn signature(
    function: Function,
    role: Role,
    arity: (usize, usize),
    names: &'static [&'static str],
    usage: &'static str,
) -> Signature {
    Signature { function, role, arity, names, usage }
}

use Function as F;
use Role::{Aggregate, Scalar, Window};

const SIGNATURES: &[Signature] = &[
    signature(F::Count, Aggregate, (0, 1), &["COUNT"], "COUNT(*), COUNT(column) or COUNT(DISTINCT column)"),
    signature(F::Sum, Aggregate, (1, 1), &["SUM"], "SUM(expression)"),
    signature(F::Avg, Aggregate, (1, 1), &["AVG"], "AVG(expression)"),
    signature(F::Min, Aggregate, (1, 1), &["MIN"], "MIN(expression)"),
    signature(F::Max, Aggregate, (1, 1), &["MAX"], "MAX(expression)"),
    signature(
        F::GroupConcat,
        Aggregate,
        (1, 1),
        &["GROUP_CONCAT"],
        "GROUP_CONCAT(DISTINCT column) or GROUP_CONCAT(column ORDER BY column SEPARATOR ', ')",
    ),
    signature(F::RowNumber, Window, (0, 0), &["ROW_NUMBER"], "ROW_NUMBER() OVER (…)"),
    signature(F::Rank, Window, (0, 0), &["RANK"], "RANK() OVER (…)"),
    signature(F::DenseRank, Window, (0, 0), &["DENSE_RANK"], "DENSE_RANK() OVER (…)"),
    signature(F::PercentRank, Window, (0, 0), &["PERCENT_RANK"], "PERCENT_RANK() OVER (…)"),
    signature(F::CumeDist, Window, (0, 0), &["CUME_DIST"], "CUME_DIST() OVER (…)"),
    signature(F::Ntile, Window, (1, 1), &["NTILE"], "NTILE(4) OVER (…)"),
    signature(F::Lag, Window, (1, 2), &["LAG"], "LAG(column) OVER (…) or LAG(column, 1) OVER (…)"),
    signature(F::Lead, Window, (1, 2), &["LEAD"], "LEAD(column) OVER (…) or LEAD(column, 1) OVER (…)"),
    signature(F::FirstValue, Window, (1, 1), &["FIRST_VALUE"], "FIRST_VALUE(column) OVER (…)"),
    signature(F::LastValue, Window, (1, 1), &["LAST_VALUE"], "LAST_VALUE(column) OVER (…)"),
    signature(F::If, Scalar, (3, 3), &["IF"], "IF(condition, value, value)"),
    signature(F::IfNull, Scalar, (2, 2), &["IFNULL"], "IFNULL(value, value)"),
    signature(F::NullIf, Scalar, (2, 2), &["NULLIF"], "NULLIF(value, value)"),
    signature(F::Coalesce, Scalar, (2, MANY), &["COALESCE"], "COALESCE(value, value, …)"),
    signature(F::Greatest, Scalar, (2, MANY), &["GREATEST"], "GREATEST(value, value, …)"),
    signature(F::Least, Scalar, (2, MANY), &["LEAST"], "LEAST(value, value, …)"),
    signature(F::Concat, Scalar, (1, MANY), &["CONCAT"], "CONCAT(text, text, …)"),
    signature(F::ConcatWs, Scalar, (2, MANY), &["CONCAT_WS"], "CONCAT_WS(separator, text, …)"),
    signature(F::Lower, Scalar, (1, 1), &["LOWER", "LCASE"], "LOWER(text)"),
    signature(F::Upper, Scalar, (1, 1), &["UPPER", "UCASE"], "UPPER(text)"),
    signature(F::CharLength, Scalar, (1, 1), &["CHAR_LENGTH", "CHARACTER_LENGTH"], "CHAR_LENGTH(text)"),
    signature(F::Substring, Scalar, (2, 3), &["SUBSTRING", "SUBSTR", "MID"], "SUBSTRING(text, from, length)"),
    signature(F::Left, Scalar, (2, 2), &["LEFT"], "LEFT(text, length), its length a whole number"),
    signature(F::Right, Scalar, (2, 2), &["RIGHT"], "RIGHT(text, length), its length a whole number above 0"),
    signature(F::Trim, Scalar, (1, 1), &["TRIM"], "TRIM(text)"),
    signature(F::LTrim, Scalar, (1, 1), &["LTRIM"], "LTRIM(text)"),
    signature(F::RTrim, Scalar, (1, 1), &["RTRIM"], "RTRIM(text)"),
    signature(F::InStr, Scalar, (2, 2), &["INSTR"], "INSTR(text, part)"),
    signature(F::Locate, Scalar, (2, 2), &["LOCATE"], "LOCATE(part, text)"),
    signature(F::Abs, Scalar, (1, 1), &["ABS"], "ABS(number)"),
    signature(F::Round, Scalar, (1, 2), &["ROUND"], "ROUND(number) or ROUND(number, decimals)"),
    signature(F::Floor, Scalar, (1, 1), &["FLOOR"], "FLOOR(number)"),
    signature(F::Ceiling, Scalar, (1, 1), &["CEILING", "CEIL"], "CEILING(number)"),
    signature(F::Mod, Scalar, (2, 2), &["MOD"], "MOD(number, number)"),
    signature(F::Sign, Scalar, (1, 1), &["SIGN"], "SIGN(number)"),
    signature(F::Date, Scalar, (1, 1), &["DATE"], "DATE(time)"),
    signature(F::Year, Scalar, (1, 1), &["YEAR"], "YEAR(date)"),
    signature(F::Quarter, Scalar, (1, 1), &["QUARTER"], "QUARTER(date)"),
    signature(F::Month, Scalar, (1, 1), &["MONTH"], "MONTH(date)"),
    signature(F::Day, Scalar, (1, 1), &["DAY", "DAYOFMONTH"], "DAY(date)"),
    signature(F::DayOfWeek, Scalar, (1, 1), &["DAYOFWEEK"], "DAYOFWEEK(date)"),
    signature(F::WeekDay, Scalar, (1, 1), &["WEEKDAY"], "WEEKDAY(date)"),
    signature(F::DayOfYear, Scalar, (1, 1), &["DAYOFYEAR"], "DAYOFYEAR(date)"),
    signature(F::DayName, Scalar, (1, 1), &["DAYNAME"], "DAYNAME(date)"),
    signature(F::MonthName, Scalar, (1, 1), &["MONTHNAME"], "MONTHNAME(date)"),
    signature(F::LastDay, Scalar, (1, 1), &["LAST_DAY"], "LAST_DAY(date)"),
    signature(F::Time, Scalar, (1, 1), &["TIME"], "TIME(time)"),
    signature(F::Hour, Scalar, (1, 1), &["HOUR"], "HOUR(time)"),
    signature(F::Minute, Scalar, (1, 1), &["MINUTE"], "MINUTE(time)"),
    signature(F::Second, Scalar, (1, 1), &["SECOND"], "SECOND(time)"),
    signature(F::DateDiff, Scalar, (2, 2), &["DATEDIFF"], "DATEDIFF(later, earlier)"),
    signature(
        F::DateFormat,
        Scalar,
        (2, 2),
        &["DATE_FORMAT"],
        "DATE_FORMAT(time, '%Y-%m-%d %H:%i:%s'), its format of %Y %m %d %H %i %s %S %T %j %a %b %M %W %%",
    ),
    signature(F::UnixTimestamp, Scalar, (1, 1), &["UNIX_TIMESTAMP"], "UNIX_TIMESTAMP(time)"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_however_capitalised_and_are_of_one_function_each() {
        let mut names: Vec<&str> = SIGNATURES.iter().flat_map(|signature| signature.names).copied().collect();
        for name in &names {
            let found = Function::parse(&name.to_ascii_lowercase()).unwrap().function;
            assert!(SIGNATURES.iter().any(|s| s.function == found && s.names.contains(name)), "{name}");
        }
        let count = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), count);
        assert!(Function::parse("SLEEP").is_none());
    }
}
