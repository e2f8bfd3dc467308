//! Numbers as people read them: few digits, and the unit.

use crate::time;
use model::ask::Amount;
use model::telemetry::view::Figure;

/// What a figure is called.
pub(crate) fn label(figure: Figure) -> &'static str {
    match figure {
        Figure::Latency => "Latency",
        Figure::FirstToken => "Time to first token",
        Figure::Throughput => "Throughput",
        Figure::Errors => "Errors",
        Figure::Cost => "Cost",
        Figure::Tokens => "Tokens",
        Figure::Cpu => "CPU",
        Figure::Gpu => "GPU",
        Figure::Memory => "Memory",
    }
}

/// How the values of a figure are written.
pub(crate) fn writer(figure: Figure) -> fn(f64) -> String {
    match figure {
        Figure::Latency | Figure::FirstToken => milliseconds,
        Figure::Throughput => per_minute,
        Figure::Errors | Figure::Cpu | Figure::Gpu => percent,
        Figure::Cost => dollars,
        Figure::Tokens => number,
        Figure::Memory => megabytes,
    }
}

/// Three digits that count: `0.0125`, `12.3`, `1,234`.
pub(crate) fn number(value: f64) -> String {
    let magnitude = value.abs();
    let decimals = match magnitude {
        0.0 => 0,
        _ if magnitude >= 99.95 => 0,
        _ if magnitude >= 9.995 => 1,
        _ if magnitude >= 0.9995 => 2,
        // Of what is smaller than one, the zeros behind the point do not count.
        _ => (2 - magnitude.log10().floor() as i32).clamp(3, 12) as usize,
    };
    let text = format!("{value:.decimals$}");
    match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.').to_owned(),
        false => grouped(&text),
    }
}

/// `12,345`.
pub(crate) fn count(count: u64) -> String {
    grouped(&count.to_string())
}

/// Whole digits in groups of three.
fn grouped(digits: &str) -> String {
    let (sign, digits) = digits.strip_prefix('-').map_or(("", digits), |rest| ("-", rest));
    let mut text = sign.to_owned();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place) % 3 == 0 {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `850 µs`, `150 ms`, `1.25 s`, `2m`.
pub(crate) fn milliseconds(ms: f64) -> String {
    match ms.abs() {
        0.0 => "0 ms".to_owned(),
        size if size < 1.0 => format!("{} µs", number(ms * 1000.0)),
        size if size < 999.5 => format!("{} ms", number(ms)),
        size if size < 60_000.0 => format!("{} s", number(ms / 1000.0)),
        _ => time::duration((ms / 1000.0) as i64),
    }
}

/// The same of nanoseconds.
pub(crate) fn nanoseconds(ns: u64) -> String {
    milliseconds(ns as f64 / 1e6)
}

/// `45%`.
pub(crate) fn percent(value: f64) -> String {
    format!("{}%", number(value))
}

/// `+12%`.
pub(crate) fn change(percent_of_before: f64) -> String {
    let sign = if percent_of_before > 0.0 { "+" } else { "" };
    format!("{sign}{}", percent(percent_of_before))
}

/// `512 MB`, `1.5 GB`.
pub(crate) fn megabytes(mb: f64) -> String {
    match mb.abs() < 1000.0 {
        true => format!("{} MB", number(mb)),
        false => format!("{} GB", number(mb / 1000.0)),
    }
}

/// `12.5/min`.
pub(crate) fn per_minute(value: f64) -> String {
    format!("{}/min", number(value))
}

/// An amount of money as a number to draw and to compare.
pub(crate) fn of_amount(amount: Amount) -> f64 {
    amount.picos() as f64 / 1e12
}

/// An amount of money. Prices, and what agents report, are in US dollars.
pub(crate) fn amount(amount: Amount) -> String {
    dollars(of_amount(amount))
}

/// `$12,345.67` from a hundred on, else three digits that count.
pub(crate) fn dollars(value: f64) -> String {
    if value < 99.95 {
        return format!("${}", number(value));
    }
    let cents = (value * 100.0).round() as u64;
    format!("${}.{:02}", count(cents / 100), cents % 100)
}

/// What is not known.
pub(crate) const UNKNOWN: &str = "—";

/// A value, or a dash where there is none.
pub(crate) fn known(value: Option<f64>, write: fn(f64) -> String) -> String {
    value.map_or_else(|| UNKNOWN.to_owned(), write)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_three_digits_that_count() {
        for (value, expect) in [
            (0.0, "0"),
            (0.0125, "0.0125"),
            (0.000_012_34, "0.0000123"),
            (0.5, "0.5"),
            (0.9999, "1"),
            (1.0, "1"),
            (1.256, "1.26"),
            (12.34, "12.3"),
            (99.99, "100"),
            (123.4, "123"),
            (1234.5, "1,234"),
            (12_345_678.0, "12,345,678"),
            (-1234.0, "-1,234"),
            (-0.5, "-0.5"),
        ] {
            assert_eq!(number(value), expect, "{value}");
        }
    }

    #[test]
    fn units_fit_the_size() {
        for (ms, expect) in [
            (0.0, "0 ms"),
            (0.85, "850 µs"),
            (150.0, "150 ms"),
            (999.4, "999 ms"),
            (999.6, "1 s"),
            (1250.0, "1.25 s"),
            (125_000.0, "2m"),
        ] {
            assert_eq!(milliseconds(ms), expect, "{ms}");
        }
        assert_eq!(nanoseconds(1_500_000), "1.5 ms");
        assert_eq!((megabytes(512.0), megabytes(1500.0)), ("512 MB".to_owned(), "1.5 GB".to_owned()));
        assert_eq!(
            (percent(45.0), change(12.0), change(-3.25)),
            ("45%".into(), "+12%".into(), "-3.25%".into())
        );
        assert_eq!(known(None, percent), "—");
    }

    #[test]
    fn money_keeps_what_counts() {
        for (text, expect) in [
            ("0", "$0"),
            ("0.0125", "$0.0125"),
            ("0.000001", "$0.000001"),
            ("12.5", "$12.5"),
            ("1234.567", "$1,234.57"),
            ("100", "$100.00"),
        ] {
            assert_eq!(amount(Amount::parse(text).unwrap()), expect, "{text}");
        }
    }
}
