//! What lists, sums and exports of telemetry take as parameters.

use crate::api::params::Params;
use crate::error::{Answer, Fault};
use model::telemetry::UnixNanos;
use model::telemetry::view::Moment;
use service::Service;
use service::telemetry::{ListCursor, ListQuery};

/// The most items of a page.
pub(super) const MOST_ITEMS: usize = 10_000;

/// From when on and until when, where it is said; `start_time` and `end_time` are names of before.
pub(super) struct Bounds {
    pub(super) from: Option<UnixNanos>,
    pub(super) until: Option<UnixNanos>,
}

impl Bounds {
    pub(super) fn read(params: &Params, service: &Service) -> Answer<Self> {
        let now = service.clock().now().into();
        let read = |names| {
            let name = params.either(names);
            params.text(name).map(|text| moment(name, text, now)).transpose()
        };
        Ok(Self { from: read(["start_date", "start_time"])?, until: read(["end_date", "end_time"])? })
    }
}

/// When it is that a parameter says.
pub(super) fn moment(name: &'static str, text: &str, now: UnixNanos) -> Answer<UnixNanos> {
    let moment = Moment::parse(text).map(|moment| moment.at(now));
    moment.ok_or_else(|| {
        Fault::invalid(name, format!("{name}: write a time such as 2026-02-18T12:00:00Z, or now-6h"))
    })
}

/// The id or name of the agent that is asked for.
pub(super) fn agent(params: &Params) -> Option<String> {
    params.text(params.either(["agent_id", "agent"])).map(str::to_owned)
}

/// `limit`. There is no offset: what comes in would move the items from page to page.
pub(super) fn limit(params: &Params, unset: usize) -> Answer<usize> {
    match params.window(unset, MOST_ITEMS)? {
        (0, limit) => Ok(limit),
        _ => Err(Fault::invalid("offset", "offset: ask for the next page by cursor")),
    }
}

/// `cursor`
pub(super) fn cursor<T>(params: &Params, parse: fn(&str) -> Option<T>) -> Answer<Option<T>> {
    let refused = || Fault::invalid("cursor", "cursor: write what next_cursor of the page before says");
    params.text("cursor").map(|text| parse(text).ok_or_else(refused)).transpose()
}

pub(super) fn list_query(params: &Params, service: &Service, unset_limit: usize) -> Answer<ListQuery> {
    let Bounds { from, until } = Bounds::read(params, service)?;
    Ok(ListQuery {
        from,
        until,
        agent: agent(params),
        limit: limit(params, unset_limit)?,
        after: cursor(params, ListCursor::parse)?,
    })
}

/// The one of `all` that a parameter names.
pub(super) fn one_of<T: Copy>(
    name: &'static str,
    text: &str,
    all: &[T],
    word: impl Fn(T) -> &'static str,
) -> Answer<T> {
    all.iter().copied().find(|one| word(*one) == text).ok_or_else(|| {
        let words: Vec<_> = all.iter().map(|one| word(*one)).collect();
        Fault::invalid(name, format!("{name}: write one of {}", words.join(", ")))
    })
}

/// An amount of millionths of a millionth as a number.
pub(super) fn money(picos: i64) -> f64 {
    picos as f64 / 1e12
}
