//! What a URL's query says, as one plain type: read with [`Place::parse`], written with
//! [`Place::href`].

use crate::time::Zone;
use model::ask::{ThreadId, TurnId};
use model::identity::Slug;
use model::view::{RunColumn, SortOrder};
use model::{BusinessDate, EssentialName, Phase};

/// Which phases a page shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PhaseChoice {
    /// The first pass; what the board shows unless told otherwise.
    #[default]
    Prelim,
    /// The second pass.
    Final,
    /// Overall: each essential in the phase that it is in.
    All,
}

impl PhaseChoice {
    /// In the order of the toggle.
    pub const ALL: [Self; 3] = [Self::Prelim, Self::Final, Self::All];

    /// The word in URLs and on the toggle.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Prelim => "PRELIM",
            Self::Final => "FINAL",
            Self::All => "ALL",
        }
    }

    /// The phase, where it is one.
    pub fn phase(self) -> Option<Phase> {
        match self {
            Self::Prelim => Some(Phase::Prelim),
            Self::Final => Some(Phase::Final),
            Self::All => None,
        }
    }
}

/// A parameter of the query is malformed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {message}")]
pub struct InvalidPlace {
    /// The parameter.
    pub field: &'static str,
    /// What is wrong with it and how to mend it.
    pub message: String,
}

/// All that a person chose: what a copied link carries.
///
/// `None` and empty mean that the parameter is not in the URL and the page's default holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// `date`: the business date.
    pub date: Option<BusinessDate>,
    /// `phase`.
    pub phase: Option<PhaseChoice>,
    /// `sort`: a column's key and the direction; `-` before the key means descending.
    pub sort: Option<(String, SortOrder)>,
    /// `open`: essentials whose row is expanded, with commas between.
    pub open: Vec<EssentialName>,
    /// `status`, `dataset`, `slice`, `run` and the keys of the explorer's other columns (but
    /// `phase`, which has its own field): what each must hold.
    pub filters: Vec<(RunColumn, String)>,
    /// `q`: words to search for.
    pub search: String,
    /// `tz`: the zone that times are shown in.
    pub zone: Option<Zone>,
    /// `project`: which of the viewer's projects; their first one where it is absent.
    pub project: Option<Slug>,
    /// `thread`: the conversation in the assistant's panel.
    pub thread: Option<ThreadId>,
    /// `turn`: the turn of it to be seen, and the branch that it stands on.
    pub turn: Option<TurnId>,
}

impl Place {
    /// Reads decoded names and values. Unknown names and empty values count as absent.
    pub fn parse<'a>(query: impl IntoIterator<Item = (&'a str, &'a str)>) -> Result<Self, InvalidPlace> {
        let mut place = Self::default();
        for (name, value) in query {
            let value = value.trim();
            if value.is_empty() {
                continue;
            }
            match name {
                "date" => place.date = Some(parse_date(value)?),
                "phase" => place.phase = Some(parse_phase(value)?),
                "sort" => {
                    place.sort = Some(match value.strip_prefix('-') {
                        Some(key) => (key.to_owned(), SortOrder::Descending),
                        None => (value.to_owned(), SortOrder::Ascending),
                    });
                }
                "open" => {
                    for name in value.split(',').map(str::trim).filter(|name| !name.is_empty()) {
                        let name = EssentialName::new(name);
                        if !place.open.contains(&name) {
                            place.open.push(name);
                        }
                    }
                }
                "q" => place.search = value.to_owned(),
                "tz" => place.zone = Some(parse_zone(value)?),
                "project" => place.project = Some(parse_project(value)?),
                "thread" => place.thread = Some(parse_thread(value)?),
                "turn" => place.turn = Some(parse_turn(value)?),
                _ => {
                    if let Some(column) = RunColumn::parse(name) {
                        place.set_filter(column, value);
                    }
                }
            }
        }
        Ok(place)
    }

    /// What `column` must hold, where it is filtered.
    pub fn filter(&self, column: RunColumn) -> Option<&str> {
        self.filters.iter().find(|(of, _)| *of == column).map(|(_, text)| text.as_str())
    }

    /// Filters `column` by `text`; an empty text takes the filter away.
    pub fn set_filter(&mut self, column: RunColumn, text: &str) {
        self.filters.retain(|(of, _)| *of != column);
        if !text.is_empty() {
            self.filters.push((column, text.to_owned()));
            self.filters.sort_by_key(|(of, _)| RunColumn::ALL.iter().position(|column| column == of));
        }
    }

    /// The phase that the board shows here.
    pub fn board_phase(&self) -> PhaseChoice {
        self.phase.unwrap_or_default()
    }

    /// The URL of `path` (already encoded) with this place as its query.
    pub fn href(&self, path: &str) -> String {
        let mut url = path.to_owned();
        let mut separator = '?';
        let mut add = |name: &str, value: &str| {
            url.push(separator);
            url.push_str(name);
            url.push('=');
            url.push_str(value);
            separator = '&';
        };
        if let Some(date) = self.date {
            add("date", &date.to_string());
        }
        if let Some(phase) = self.phase {
            add("phase", phase.as_str());
        }
        if let Some((key, order)) = &self.sort {
            let sign = if *order == SortOrder::Descending { "-" } else { "" };
            add("sort", &format!("{sign}{}", encode(key)));
        }
        if !self.open.is_empty() {
            let names: Vec<_> = self.open.iter().map(|name| encode(name.as_str())).collect();
            add("open", &names.join(","));
        }
        for (column, text) in &self.filters {
            add(column.key(), &encode(text));
        }
        if !self.search.is_empty() {
            add("q", &encode(&self.search));
        }
        if let Some(zone) = &self.zone {
            add("tz", &encode(zone.as_str()));
        }
        if let Some(project) = &self.project {
            add("project", project.as_str());
        }
        if let Some(thread) = &self.thread {
            add("thread", thread.as_str());
        }
        if let Some(turn) = self.turn {
            add("turn", &turn.0.to_string());
        }
        url
    }

    /// What every page keeps on the way to another: the date, the zone, the project and the
    /// conversation beside it.
    pub fn elsewhere(&self) -> Self {
        Self {
            date: self.date,
            zone: self.zone.clone(),
            project: self.project.clone(),
            thread: self.thread.clone(),
            turn: self.turn,
            ..Self::default()
        }
    }

    /// Zone, project and conversation as hidden fields of a form that has a date of its own: names
    /// and values.
    pub fn hidden_fields(&self) -> Vec<(&'static str, String)> {
        let zone = self.zone.as_ref().map(|zone| ("tz", zone.as_str().to_owned()));
        let project = self.project.as_ref().map(|project| ("project", project.to_string()));
        let thread = self.thread.as_ref().map(|thread| ("thread", thread.to_string()));
        let turn = self.turn.map(|turn| ("turn", turn.0.to_string()));
        zone.into_iter().chain(project).chain(thread).chain(turn).collect()
    }
}

/// The URL path of an essential's page.
pub fn essential_path(name: &EssentialName) -> String {
    format!("/essentials/{}", encode(name.as_str()))
}

/// Percent-encodes everything but RFC 3986's unreserved characters, alike on server and in browser.
pub fn encode(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => encoded.push(byte as char),
            _ => encoded.push_str(&format!("%{byte:02X}")),
        }
    }
    encoded
}

fn parse_date(text: &str) -> Result<BusinessDate, InvalidPlace> {
    BusinessDate::parse(text).map_err(|error| InvalidPlace { field: "date", message: error.to_string() })
}

fn parse_phase(text: &str) -> Result<PhaseChoice, InvalidPlace> {
    PhaseChoice::ALL.into_iter().find(|phase| phase.as_str().eq_ignore_ascii_case(text)).ok_or_else(|| {
        InvalidPlace {
            field: "phase",
            message: format!("`{}` is not a phase: write PRELIM, FINAL or ALL", shortened(text)),
        }
    })
}

fn parse_zone(text: &str) -> Result<Zone, InvalidPlace> {
    Zone::parse(text).ok_or_else(|| InvalidPlace {
        field: "tz",
        message: format!(
            "`{}` is not a time zone: write UTC or a name such as Europe/London",
            shortened(text)
        ),
    })
}

fn parse_project(text: &str) -> Result<Slug, InvalidPlace> {
    Slug::parse(text).ok_or_else(|| InvalidPlace {
        field: "project",
        message: format!("`{}` is not the short name of a project", shortened(text)),
    })
}

fn parse_thread(text: &str) -> Result<ThreadId, InvalidPlace> {
    let is_shaped = text.len() <= 64 && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b));
    is_shaped.then(|| ThreadId::new(text)).ok_or_else(|| InvalidPlace {
        field: "thread",
        message: format!("`{}` names no conversation", shortened(text)),
    })
}

fn parse_turn(text: &str) -> Result<TurnId, InvalidPlace> {
    text.parse().map(TurnId).map_err(|_| InvalidPlace {
        field: "turn",
        message: format!("`{}` is not the number of a turn", shortened(text)),
    })
}

fn shortened(text: &str) -> String {
    text.chars().take(40).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(query: &[(&str, &str)]) -> Result<Place, InvalidPlace> {
        Place::parse(query.iter().copied())
    }

    /// What a browser makes of the query of `href`.
    fn decode(href: &str) -> Vec<(String, String)> {
        let unescape = |text: &str| {
            let mut bytes = Vec::new();
            let mut rest = text.bytes();
            while let Some(byte) = rest.next() {
                bytes.push(match byte {
                    b'%' => {
                        let hex = [rest.next().unwrap(), rest.next().unwrap()];
                        u8::from_str_radix(std::str::from_utf8(&hex).unwrap(), 16).unwrap()
                    }
                    _ => byte,
                });
            }
            String::from_utf8(bytes).unwrap()
        };
        let query = href.split_once('?').map_or("", |(_, query)| query);
        query
            .split('&')
            .filter_map(|pair| pair.split_once('='))
            .map(|(name, value)| (name.to_owned(), unescape(value)))
            .collect()
    }

    #[test]
    fn what_is_written_reads_back_the_same() {
        let places = [
            Place::default(),
            Place { date: Some(BusinessDate::parse("2026-02-18").unwrap()), ..Place::default() },
            Place { phase: Some(PhaseChoice::All), search: "a&b=c d+é%".into(), ..Place::default() },
            Place { sort: Some(("status".into(), SortOrder::Descending)), ..Place::default() },
            Place { sort: Some(("eta".into(), SortOrder::Ascending)), ..Place::default() },
            Place { open: vec!["TB-Derivatives".into(), "A B/C".into()], ..Place::default() },
            Place {
                filters: vec![(RunColumn::Dataset, "com.x-y".into()), (RunColumn::Status, "failed".into())],
                zone: Zone::parse("Europe/London"),
                project: Slug::parse("rates-2"),
                ..Place::default()
            },
            Place { thread: Some("t_1-x".into()), turn: Some(TurnId(7)), ..Place::default() },
        ];
        for place in places {
            let pairs = decode(&place.href("/"));
            let read = Place::parse(pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())));
            assert_eq!(read.as_ref(), Ok(&place), "{}", place.href("/"));
        }
    }

    #[test]
    fn defaults_are_left_out() {
        assert_eq!(Place::default().href("/"), "/");
        let place = parse(&[("date", "2026-02-18"), ("open", "TB-Derivatives"), ("phase", "all")]).unwrap();
        assert_eq!(place.href("/"), "/?date=2026-02-18&phase=ALL&open=TB-Derivatives");
    }

    #[test]
    fn unknown_and_empty_parameters_do_not_come_back() {
        let place = parse(&[("utm_source", "mail"), ("date", ""), ("q", " "), ("open", ",,")]).unwrap();
        assert_eq!(place, Place::default());
    }

    #[test]
    fn a_malformed_parameter_is_named() {
        let check = |name: &str, value: &str| parse(&[(name, value)]).unwrap_err().field;
        assert_eq!(check("date", "18-02-2026"), "date");
        assert_eq!(check("date", "2026-02-30"), "date");
        assert_eq!(check("phase", "MANUAL"), "phase");
        assert_eq!(check("tz", "no zone"), "tz");
        assert_eq!(check("project", "No Slug"), "project");
        assert_eq!(check("thread", "a/../b"), "thread");
        assert_eq!(check("turn", "-1"), "turn");
        let error = parse(&[("phase", &"x".repeat(500))]).unwrap_err();
        assert!(error.message.len() < 120, "{}", error.message);
    }

    #[test]
    fn a_filter_is_kept_once_in_column_order() {
        let place = parse(&[("run", "r"), ("status", "failed"), ("run", "s"), ("dataset", "d")]).unwrap();
        assert_eq!(place.href("/explorer"), "/explorer?dataset=d&status=failed&run=s");
        assert_eq!(place.filter(RunColumn::Run), Some("s"));
        assert_eq!(place.filter(RunColumn::Dag), None);
    }

    #[test]
    fn another_page_keeps_date_zone_project_and_conversation_only() {
        let query = [
            ("date", "2026-02-18"),
            ("tz", "UTC"),
            ("q", "x"),
            ("phase", "ALL"),
            ("project", "rates"),
            ("thread", "t1"),
            ("turn", "2"),
        ];
        let place = parse(&query).unwrap();
        assert_eq!(
            place.elsewhere().href("/rca"),
            "/rca?date=2026-02-18&tz=UTC&project=rates&thread=t1&turn=2"
        );
        let fields = [("tz", "UTC"), ("project", "rates"), ("thread", "t1"), ("turn", "2")];
        assert_eq!(place.hidden_fields(), fields.map(|(name, value)| (name, value.to_owned())));
    }
}
