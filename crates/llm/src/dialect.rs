//! What a server understands of the protocol. Its extensions came over years, and every server
//! and model lacks others; each says so once, with a 400, and is not asked again.

use crate::wire::ServerError;

/// Starts with everything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Dialect {
    /// How an answer's form is asked for.
    pub(crate) format: Format,
    /// Whether `temperature` may be sent: reasoning models take none.
    pub(crate) temperature: bool,
    /// What the limit of the answer is called.
    pub(crate) max_tokens: &'static str,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    /// By schema, which the server enforces.
    Schema,
    /// As any JSON object; the schema is told in words.
    Object,
    /// Only in words.
    Words,
}

const MAX_TOKENS: &str = "max_tokens";
const MAX_COMPLETION_TOKENS: &str = "max_completion_tokens";

impl Default for Dialect {
    fn default() -> Self {
        Self { format: Format::Schema, temperature: true, max_tokens: MAX_TOKENS }
    }
}

impl Dialect {
    /// What may be understood after `error`; `None` where the error is about something else, or
    /// there is nothing left to leave out.
    pub(crate) fn without_what_caused(self, error: &ServerError) -> Option<Self> {
        if error.status != 400 && error.status != 422 {
            return None;
        }
        let is_about = |name: &str| error.param.starts_with(name) || error.message.contains(name);
        if is_about("response_format") || is_about("json_schema") {
            return match self.format {
                Format::Schema => Some(Self { format: Format::Object, ..self }),
                Format::Object => Some(Self { format: Format::Words, ..self }),
                Format::Words => None,
            };
        }
        if is_about("temperature") && self.temperature {
            return Some(Self { temperature: false, ..self });
        }
        if is_about(MAX_TOKENS) && self.max_tokens == MAX_TOKENS {
            return Some(Self { max_tokens: MAX_COMPLETION_TOKENS, ..self });
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(status: u16, param: &str, message: &str, dialect: Dialect) -> Option<Dialect> {
        let (param, message) = (param.to_owned(), message.to_owned());
        dialect.without_what_caused(&ServerError { status, code: String::new(), param, message })
    }

    #[test]
    fn what_is_not_understood_is_left_out() {
        let all = Dialect::default();
        let object = Dialect { format: Format::Object, ..all };
        let words = Dialect { format: Format::Words, ..all };
        let check = |param: &str, message: &str, from: Dialect, expect: Option<Dialect>| {
            assert_eq!(after(400, param, message, from), expect, "{message:?}");
        };
        let only_newer = "response_format value as json_schema is enabled only for api versions 2024-08-01-preview and later";
        check("", only_newer, all, Some(object));
        check("response_format", "Invalid parameter", object, Some(words));
        check("response_format", "Invalid parameter", words, None);
        check("response_format.json_schema.schema", "Invalid schema", all, Some(object));
        let warm = Dialect { temperature: false, ..all };
        check("temperature", "Unsupported value: 'temperature' does not support 0.", all, Some(warm));
        check("temperature", "Unsupported value: 'temperature' does not support 0.", warm, None);
        let newer = Dialect { max_tokens: MAX_COMPLETION_TOKENS, ..all };
        check("max_tokens", "Use 'max_completion_tokens' instead.", all, Some(newer));
        check("max_tokens", "Use 'max_completion_tokens' instead.", newer, None);
        check("messages", "Invalid value", all, None);
        check("", "", all, None);
    }

    #[test]
    fn only_refused_requests_teach_anything() {
        let all = Dialect::default();
        for status in [401, 404, 429, 500] {
            assert_eq!(after(status, "response_format", "", all), None, "{status}");
        }
        assert!(after(422, "response_format", "", all).is_some());
    }

    #[test]
    fn nothing_is_left_out_twice() {
        let everything = "response_format temperature max_tokens";
        let mut dialect = Dialect::default();
        let mut steps = 0;
        while let Some(less) = after(400, "", everything, dialect) {
            dialect = less;
            steps += 1;
        }
        // The format has two steps; it is asked about before temperature and the limit.
        assert_eq!((steps, dialect.format), (2, Format::Words));
    }
}
