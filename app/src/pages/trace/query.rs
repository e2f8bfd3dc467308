//! What of a trace the address asks for.

use crate::location::Place;
use crate::pages::agents::with_parameters;
use crate::pages::traces;
use model::telemetry::view::InvalidQuery;
use model::telemetry::{SpanId, TraceId};

/// `span` and `fold`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct SpanQuery {
    /// `span`: the one whose details are shown.
    pub(super) span: Option<SpanId>,
    /// `fold`: those whose descendants are hidden, with commas between.
    pub(super) folded: Vec<SpanId>,
}

impl SpanQuery {
    /// Reads decoded names and values. Unknown names and empty values count as absent.
    pub(super) fn parse<'a>(
        query: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Result<Self, InvalidQuery> {
        let mut read = Self::default();
        let id = |field: &'static str, text: &str| {
            SpanId::parse(text.trim()).map_err(|error| InvalidQuery { field, message: error.to_string() })
        };
        for (name, value) in query {
            match name {
                _ if value.trim().is_empty() => {}
                "span" => read.span = Some(id("span", value)?),
                "fold" => {
                    for text in value.split(',') {
                        let folded = id("fold", text)?;
                        if !read.folded.contains(&folded) {
                            read.folded.push(folded);
                        }
                    }
                }
                _ => {}
            }
        }
        Ok(read)
    }

    /// The same with the details of `span` shown, or hidden where they are.
    pub(super) fn selecting(&self, span: SpanId) -> Self {
        Self { span: (self.span != Some(span)).then_some(span), ..self.clone() }
    }

    /// The same with the descendants of `span` hidden, or shown where they are hidden.
    pub(super) fn folding(&self, span: SpanId) -> Self {
        let mut folded = self.folded.clone();
        match folded.iter().position(|other| *other == span) {
            Some(index) => drop(folded.remove(index)),
            None => folded.push(span),
        }
        Self { folded, ..self.clone() }
    }

    /// The address of the trace with this query.
    pub(super) fn href(&self, place: &Place, trace: TraceId) -> String {
        let folded: Vec<_> = self.folded.iter().map(ToString::to_string).collect();
        let parameters = [
            ("span", self.span.map(|span| span.to_string()).unwrap_or_default()),
            ("fold", folded.join(",")),
        ];
        let set: Vec<_> = parameters.into_iter().filter(|(_, value)| !value.is_empty()).collect();
        with_parameters(place, &format!("{}/{trace}", traces::PATH), &set)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn selects_and_folds() {
        let trace = TraceId::from_bytes(&[7; 16]).unwrap();
        let span = |id: u64| SpanId::from_bytes(&id.to_be_bytes()).unwrap();
        let place = Place::default();
        let path = "/traces/07070707070707070707070707070707";
        let check = |query: &SpanQuery, expect: &str| {
            assert_eq!(query.href(&place, trace), format!("{path}{expect}"));
        };
        let query = SpanQuery::default();
        check(&query, "");
        check(&query.selecting(span(1)), "?span=0000000000000001");
        check(&query.selecting(span(1)).selecting(span(1)), "");
        let folded = query.folding(span(1)).folding(span(2));
        check(&folded, "?fold=0000000000000001%2C0000000000000002");
        check(&folded.folding(span(1)), "?fold=0000000000000002");
        let read =
            SpanQuery::parse([("span", "0000000000000003"), ("fold", "0000000000000001,0000000000000001")]);
        assert_eq!(read, Ok(query.folding(span(1)).selecting(span(3))));
        for (name, value) in [("span", "x"), ("fold", "0000000000000001,")] {
            assert_eq!(SpanQuery::parse([(name, value)]).unwrap_err().field, name);
        }
    }
}
