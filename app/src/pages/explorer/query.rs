//! The explorer's query in the URL: `q`, `sort` (`started`, or `-started` for the largest
//! first), and one parameter for each column that is filtered.

use crate::location::{PhaseChoice, Place};
use model::view::{RunColumn, RunQuery, SortOrder};

/// The query of `place`. A column that cannot be sorted by counts as not named.
pub(crate) fn read_query(place: &Place) -> RunQuery {
    let phase = place.phase.and_then(PhaseChoice::phase).map(|phase| (RunColumn::Phase, phase.to_string()));
    let sort = place.sort.as_ref();
    RunQuery {
        search: place.search.clone(),
        filters: in_column_order(place.filters.iter().cloned().chain(phase)),
        sort: sort.and_then(|(key, order)| Some((RunColumn::parse(key)?, *order))),
    }
}

/// `place` with `query` in place of its own.
pub(crate) fn with_query(place: &Place, query: &RunQuery) -> Place {
    let (phase, filters): (Vec<_>, Vec<_>) =
        query.filters.iter().cloned().partition(|(column, _)| *column == RunColumn::Phase);
    let named = |text: &str| PhaseChoice::ALL.into_iter().find(|phase| phase.as_str() == text);
    Place {
        phase: phase.first().and_then(|(_, text)| named(text)),
        sort: query.sort.map(|(column, order)| (column.key().to_owned(), order)),
        filters,
        search: query.search.clone(),
        ..place.elsewhere()
    }
}

/// The text that `column` is filtered on; empty where it is not.
pub(crate) fn filter_of(query: &RunQuery, column: RunColumn) -> &str {
    query.filters.iter().find(|(other, _)| *other == column).map_or("", |(_, text)| text)
}

/// `query` with `column` filtered on `text`; an empty text takes the filter away.
pub(crate) fn with_filter(query: &RunQuery, column: RunColumn, text: &str) -> RunQuery {
    let others = query.filters.iter().filter(|(other, _)| *other != column).cloned();
    let this = (!text.is_empty()).then(|| (column, text.to_owned()));
    RunQuery { filters: in_column_order(others.chain(this)), ..query.clone() }
}

fn in_column_order(filters: impl Iterator<Item = (RunColumn, String)>) -> Vec<(RunColumn, String)> {
    let mut filters: Vec<_> = filters.collect();
    filters.sort_by_key(|(column, _)| RunColumn::ALL.iter().position(|other| other == column));
    filters
}

/// The sort that a click on the heading of `column` asks for: ascending first, then turned round.
pub(crate) fn next_sort(query: &RunQuery, column: RunColumn) -> (RunColumn, SortOrder) {
    match query.sort {
        Some((sorted, SortOrder::Ascending)) if sorted == column => (column, SortOrder::Descending),
        _ => (column, SortOrder::Ascending),
    }
}

/// Writes a sort as its URL parameter.
pub(crate) fn write_sort((column, order): (RunColumn, SortOrder)) -> String {
    match order {
        SortOrder::Ascending => column.key().to_owned(),
        SortOrder::Descending => format!("-{}", column.key()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(query: &[(&str, &str)]) -> RunQuery {
        read_query(&Place::parse(query.iter().copied()).unwrap())
    }

    #[test]
    fn writes_what_it_reads() {
        let check = |query: &[(&str, &str)], expect: &str| {
            let place = Place::parse(query.iter().copied()).unwrap();
            let query = read_query(&place);
            let written = with_query(&place, &query);
            assert_eq!(written.href(""), expect);
            assert_eq!(read_query(&written), query);
        };
        check(&[], "");
        check(
            &[
                ("date", "2026-02-18"),
                ("status", "=FAILED"),
                ("sort", "-started"),
                ("q", " emea "),
                ("dataset", "cfg"),
            ],
            "?date=2026-02-18&sort=-started&dataset=cfg&status=%3DFAILED&q=emea",
        );
        check(&[("phase", "FINAL"), ("dag", "x")], "?phase=FINAL&dag=x");
        check(&[("phase", "ALL"), ("sort", "colour"), ("open", "A")], "");
    }

    #[test]
    fn the_phase_is_a_filter_like_others() {
        let query = read(&[("phase", "prelim"), ("run", "r")]);
        assert_eq!(filter_of(&query, RunColumn::Phase), "PRELIM");
        assert_eq!(filter_of(&query, RunColumn::Run), "r");
        assert_eq!(filter_of(&query, RunColumn::Slice), "");
    }

    #[test]
    fn a_heading_sorts_up_then_down() {
        let mut query = RunQuery::default();
        for expect in ["status", "-status", "status"] {
            query.sort = Some(next_sort(&query, RunColumn::Status));
            assert_eq!(query.sort.map(write_sort).as_deref(), Some(expect));
        }
        query.sort = Some(next_sort(&query, RunColumn::Run));
        assert_eq!(query.sort.map(write_sort).as_deref(), Some("run"));
    }

    #[test]
    fn a_filter_replaces_the_one_before() {
        let query = read(&[("run", "r"), ("dag", "a")]);
        let texts = |query: RunQuery| query.filters.into_iter().map(|(_, text)| text).collect::<Vec<_>>();
        assert_eq!(texts(with_filter(&query, RunColumn::Dag, "b")), ["b", "r"]);
        assert_eq!(texts(with_filter(&query, RunColumn::Run, "")), ["a"]);
        assert_eq!(texts(with_filter(&query, RunColumn::Status, "x")), ["x", "a", "r"]);
    }
}
