//! Query parameters, each read with an error that names it.

use crate::error::Fault;
use axum::extract::{FromRequestParts, Query};
use http::request::Parts;
use model::view::{RunColumn, RunQuery, SortOrder};
use model::{BusinessDate, Phase};
use service::Service;

/// The query of a request. Unknown names are left alone; empty values count as absent; where
/// a name stands twice, the first counts.
#[derive(Debug)]
pub struct Params(Vec<(String, String)>);

impl<S: Send + Sync> FromRequestParts<S> for Params {
    type Rejection = Fault;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Fault> {
        let Query(pairs) = Query::from_request_parts(parts, state).await.map_err(|_| {
            Fault::invalid("query", "the query string cannot be read: percent-encode it as UTF-8")
        })?;
        Ok(Self(pairs))
    }
}

impl Params {
    /// All names and values.
    pub fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// The text of `name`, trimmed.
    pub fn text(&self, name: &str) -> Option<&str> {
        let (_, value) = self.0.iter().find(|(key, value)| key == name && !value.trim().is_empty())?;
        Some(value.trim())
    }

    /// The first of `names` that is given: the long names of the first API, and the short ones
    /// that the pages' URLs have.
    pub fn either(&self, names: [&'static str; 2]) -> &'static str {
        names.into_iter().find(|name| self.text(name).is_some()).unwrap_or(names[0])
    }

    /// A business date; today's unless given.
    pub fn date(&self, name: &'static str, service: &Service) -> Result<BusinessDate, Fault> {
        match self.text(name) {
            None => Ok(service.today()),
            Some(text) => {
                BusinessDate::parse(text).map_err(|error| Fault::invalid(name, format!("{name}: {error}")))
            }
        }
    }

    /// A phase; `None` for `ALL` and where it is not given.
    pub fn phase(&self, name: &'static str) -> Result<Option<Phase>, Fault> {
        match self.text(name).map(str::to_ascii_uppercase).as_deref() {
            None | Some("ALL") => Ok(None),
            Some("PRELIM") => Ok(Some(Phase::Prelim)),
            Some("FINAL") => Ok(Some(Phase::Final)),
            Some(_) => Err(Fault::invalid(name, format!("{name}: write PRELIM, FINAL or ALL"))),
        }
    }

    /// A whole number; `unset` where it is not given.
    pub fn number(&self, name: &'static str, unset: usize) -> Result<usize, Fault> {
        match self.text(name) {
            None => Ok(unset),
            Some(text) => {
                text.parse().map_err(|_| Fault::invalid(name, format!("{name}: write a whole number from 0")))
            }
        }
    }

    /// `offset` and `limit`, which is `unset` where it is not given and at most `most`.
    pub fn window(&self, unset: usize, most: usize) -> Result<(usize, usize), Fault> {
        let limit = self.number("limit", unset)?;
        if !(1..=most).contains(&limit) {
            return Err(Fault::invalid("limit", format!("limit: write a whole number from 1 to {most}")));
        }
        Ok((self.number("offset", 0)?, limit))
    }

    /// What the explorer's URL says: `q`, `sort` (`-` before the column for the largest first),
    /// and a column's name for what it must hold.
    pub fn run_query(&self) -> Result<RunQuery, Fault> {
        let sort = match self.text("sort") {
            None => None,
            Some(text) => {
                let (key, order) = match text.strip_prefix('-') {
                    Some(key) => (key, SortOrder::Descending),
                    None => (text, SortOrder::Ascending),
                };
                let column = RunColumn::parse(key).ok_or_else(|| {
                    let columns = RunColumn::ALL.map(RunColumn::key).join(", ");
                    Fault::invalid(
                        "sort",
                        format!("sort: write one of {columns}, with - before it for the largest first"),
                    )
                })?;
                Some((column, order))
            }
        };
        let phase = self.phase("phase")?;
        let filter = |column: RunColumn| match column {
            RunColumn::Phase => phase.map(|phase| (column, format!("={phase}"))),
            column => Some((column, self.text(column.key())?.to_owned())),
        };
        Ok(RunQuery {
            search: self.text("q").unwrap_or_default().to_owned(),
            filters: RunColumn::ALL.into_iter().filter_map(filter).collect(),
            sort,
        })
    }
}
