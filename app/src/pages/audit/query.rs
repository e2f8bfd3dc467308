//! The audit page's query in the URL.

use crate::components::run_link::add_parameters;
use crate::location::{InvalidPlace, Place};
use model::Timestamp;
use model::audit::{AuditFilter, AuditResult};

/// The page's path.
pub(crate) const PATH: &str = "/audit";

/// Pages that the way back remembers.
const MOST_NEWER: usize = 50;

/// What the URL asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct AuditQuery {
    /// `actor`: by whom.
    pub(crate) actor: String,
    /// `action`: a whole action, or a noun with its dot.
    pub(crate) action: String,
    /// `object`: what it begins with.
    pub(crate) object: String,
    /// `result`.
    pub(crate) result: Option<AuditResult>,
    /// `from`: recorded then or later.
    pub(crate) from: Option<Timestamp>,
    /// `to`: recorded earlier.
    pub(crate) to: Option<Timestamp>,
    /// `q`: anywhere in the record.
    pub(crate) text: String,
    /// `before`: only older records than that place in the chain.
    pub(crate) before: Option<i64>,
    /// `newer`: `before` of the pages that led here, newest first; 0 for the first page.
    pub(crate) newer: Vec<i64>,
    /// `open`: the record whose details are shown.
    pub(crate) open: Option<i64>,
    /// `seq`: this record alone.
    pub(crate) seq: Option<i64>,
}

impl AuditQuery {
    /// Reads decoded names and values. Unknown names and empty values count as absent.
    pub(crate) fn parse<'a>(
        query: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Result<Self, InvalidPlace> {
        let mut read = Self::default();
        for (name, value) in query {
            let value = value.trim();
            if value.is_empty() {
                continue;
            }
            match name {
                "actor" => read.actor = value.to_owned(),
                "action" => read.action = value.to_owned(),
                "object" => read.object = value.to_owned(),
                "result" => read.result = Some(parse_result(value)?),
                "from" => read.from = Some(parse_time("from", value)?),
                "to" => read.to = Some(parse_time("to", value)?),
                "q" => read.text = value.to_owned(),
                "before" => read.before = Some(parse_seq("before", value)?),
                "newer" => {
                    let places = value.split(',').map(|place| parse_seq("newer", place));
                    read.newer = places.take(MOST_NEWER).collect::<Result<_, _>>()?;
                }
                "open" => read.open = Some(parse_seq("open", value)?),
                "seq" => read.seq = Some(parse_seq("seq", value)?),
                _ => {}
            }
        }
        Ok(read)
    }

    /// The records that are asked for.
    pub(crate) fn filter(&self) -> AuditFilter {
        let text = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        AuditFilter {
            actor: text(&self.actor),
            action: text(&self.action),
            object: text(&self.object),
            result: self.result,
            from: self.from,
            to: self.to,
            text: text(&self.text),
            ..AuditFilter::default()
        }
    }

    /// Whether something is filtered.
    pub(crate) fn is_filtered(&self) -> bool {
        self.filter() != AuditFilter::default()
    }

    /// The same records, from the newest on.
    pub(crate) fn newest_first(&self) -> Self {
        Self { before: None, newer: Vec::new(), open: None, seq: None, ..self.clone() }
    }

    /// The page of older records that begins before `seq`.
    pub(crate) fn older(&self, seq: i64) -> Self {
        let mut newer = vec![self.before.unwrap_or(0)];
        newer.extend(self.newer.iter().copied().take(MOST_NEWER - 1));
        Self { before: Some(seq), newer, open: None, ..self.clone() }
    }

    /// The page that led here.
    pub(crate) fn newer(&self) -> Option<Self> {
        let (first, rest) = self.newer.split_first()?;
        let before = Some(*first).filter(|before| *before > 0);
        Some(Self { before, newer: rest.to_vec(), open: None, ..self.clone() })
    }

    /// The same page with the details of `seq` shown, or hidden where they are.
    pub(crate) fn toggled(&self, seq: i64) -> Self {
        Self { open: (self.open != Some(seq)).then_some(seq), ..self.clone() }
    }

    /// The URL of `path` with this query, keeping what every page keeps of `place`.
    pub(crate) fn href(&self, place: &Place, path: &str) -> String {
        let number = |number: Option<i64>| number.map(|number| number.to_string()).unwrap_or_default();
        let time = |at: Option<Timestamp>| at.map(|at| at.to_string()).unwrap_or_default();
        let newer = self.newer.iter().map(i64::to_string).collect::<Vec<_>>().join(",");
        let parameters = [
            ("actor", self.actor.clone()),
            ("action", self.action.clone()),
            ("object", self.object.clone()),
            ("result", self.result.map(|result| result.as_str().to_owned()).unwrap_or_default()),
            ("from", time(self.from)),
            ("to", time(self.to)),
            ("q", self.text.clone()),
            ("before", number(self.before)),
            ("newer", newer),
            ("open", number(self.open)),
            ("seq", number(self.seq)),
        ];
        let set = parameters.iter().filter(|(_, value)| !value.is_empty());
        add_parameters(place.elsewhere().href(path), set.map(|(name, value)| (*name, value.as_str())))
    }
}

/// The permalink of a record.
pub(crate) fn record_href(place: &Place, seq: i64) -> String {
    AuditQuery { seq: Some(seq), ..AuditQuery::default() }.href(place, PATH)
}

fn parse_result(text: &str) -> Result<AuditResult, InvalidPlace> {
    AuditResult::parse(text).ok_or_else(|| InvalidPlace {
        field: "result",
        message: "write success, failure or refused".to_owned(),
    })
}

fn parse_seq(field: &'static str, text: &str) -> Result<i64, InvalidPlace> {
    let seq = text.trim().parse().ok().filter(|seq| *seq >= 0);
    seq.ok_or_else(|| InvalidPlace { field, message: "write the number of a record".to_owned() })
}

/// A time, or a time or date without a zone, which is UTC.
fn parse_time(field: &'static str, text: &str) -> Result<Timestamp, InvalidPlace> {
    let spellings = [text.to_owned(), format!("{text}Z"), format!("{text}T00:00:00Z")];
    let time = spellings.iter().find_map(|spelling| spelling.parse().ok());
    time.ok_or_else(|| InvalidPlace {
        field,
        message: "write a time such as 2026-02-18T12:00 (UTC)".to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(query: &[(&str, &str)]) -> Result<AuditQuery, InvalidPlace> {
        AuditQuery::parse(query.iter().copied())
    }

    #[test]
    fn writes_what_it_reads() {
        let check = |query: &[(&str, &str)], expect: &str| {
            let place = Place::parse(query.iter().copied()).unwrap();
            assert_eq!(parse(query).unwrap().href(&place, PATH), expect);
        };
        check(&[], "/audit");
        check(
            &[
                ("actor", "ada@example.org"),
                ("action", "member."),
                ("result", "refused"),
                ("project", "rates"),
            ],
            "/audit?project=rates&actor=ada%40example.org&action=member.&result=refused",
        );
        check(
            &[("from", "2026-02-18T12:00"), ("to", "2026-02-19"), ("q", " a b "), ("object", ""), ("x", "y")],
            "/audit?from=2026-02-18T12%3A00%3A00Z&to=2026-02-19T00%3A00%3A00Z&q=a%20b",
        );
        check(
            &[("before", "200"), ("newer", "300,0"), ("open", "7")],
            "/audit?before=200&newer=300%2C0&open=7",
        );
        check(&[("seq", "42"), ("tz", "UTC")], "/audit?tz=UTC&seq=42");
    }

    #[test]
    fn a_malformed_parameter_is_named() {
        for (name, value) in [
            ("from", "yesterday"),
            ("to", "2026-02-30"),
            ("result", "maybe"),
            ("seq", "x"),
            ("before", "-1"),
            ("newer", "1,x"),
        ] {
            assert_eq!(parse(&[(name, value)]).unwrap_err().field, name);
        }
    }

    #[test]
    fn only_a_filter_filters() {
        assert!(!parse(&[("before", "7"), ("open", "7")]).unwrap().is_filtered());
        let query = parse(&[("before", "7"), ("q", "x")]).unwrap();
        assert!(query.is_filtered());
        assert_eq!(query.filter(), AuditFilter { text: Some("x".to_owned()), ..AuditFilter::default() });
        assert_eq!(query.newest_first(), parse(&[("q", "x")]).unwrap());
    }

    #[test]
    fn pages_lead_back_the_way_they_came() {
        let first = parse(&[("q", "x"), ("open", "950")]).unwrap();
        let second = first.older(901);
        let third = second.older(801);
        assert_eq!((third.before, third.newer.clone()), (Some(801), vec![901, 0]));
        assert_eq!(third.newer().as_ref(), Some(&second));
        assert_eq!(second.newer(), Some(first.newest_first()));
        assert_eq!(first.newer(), None);
        let mut deep = first;
        for seq in (1..=200).rev() {
            deep = deep.older(seq);
        }
        assert_eq!(deep.newer.len(), MOST_NEWER);
    }

    #[test]
    fn a_record_opens_and_closes() {
        let query = parse(&[]).unwrap();
        assert_eq!(query.toggled(7).open, Some(7));
        assert_eq!(query.toggled(7).toggled(8).open, Some(8));
        assert_eq!(query.toggled(7).toggled(7), query);
    }
}
