//! What queries share: reading the parameters of a URL.

/// A parameter is malformed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {message}")]
pub struct InvalidQuery {
    /// The parameter.
    pub field: &'static str,
    /// How to mend it.
    pub message: String,
}

impl InvalidQuery {
    pub(super) fn new(field: &'static str, message: impl Into<String>) -> Self {
        Self { field, message: message.into() }
    }
}

/// A number that is finite and not below zero.
pub(super) fn number(field: &'static str, text: &str) -> Result<f64, InvalidQuery> {
    let number = text.parse().ok().filter(|number: &f64| number.is_finite() && *number >= 0.0);
    number.ok_or_else(|| InvalidQuery::new(field, "write a number that is not below zero, such as 500"))
}

/// One of `all`, which are written as `word` says.
pub(super) fn one_of<T: Copy>(
    field: &'static str,
    text: &str,
    all: &[T],
    word: impl Fn(T) -> &'static str,
) -> Result<T, InvalidQuery> {
    all.iter().copied().find(|one| word(*one) == text).ok_or_else(|| {
        let words: Vec<_> = all.iter().map(|one| word(*one)).collect();
        InvalidQuery::new(field, format!("write one of {}", words.join(", ")))
    })
}

/// The parameters that say something, in order.
pub(super) fn written<const N: usize>(
    parameters: [(&'static str, String); N],
) -> Vec<(&'static str, String)> {
    parameters.into_iter().filter(|(_, value)| !value.is_empty()).collect()
}

/// Of a number that may be absent.
pub(super) fn written_number(number: Option<f64>) -> String {
    number.map(|number| number.to_string()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_numbers_from_zero_on_are_taken() {
        for (text, expect) in
            [("0", Some(0.0)), ("500", Some(500.0)), ("0.5", Some(0.5)), ("1e3", Some(1000.0))]
        {
            assert_eq!(number("n", text).ok(), expect, "{text}");
        }
        for text in ["", "-1", "NaN", "inf", "1e999", "5 ms"] {
            assert_eq!(number("n", text).unwrap_err().field, "n", "{text}");
        }
    }
}
