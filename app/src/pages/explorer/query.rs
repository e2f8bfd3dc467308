//! The explorer's query in the URL: `q`, `sort` (`started`, or `-started` for the largest
//! first) and one `f.<column>` for each filter.

use model::view::{RunColumn, RunQuery, SortOrder};

const FILTER_PREFIX: &str = "f.";

/// Reads the query from URL parameters. Unknown columns and empty texts are left out;
/// where a parameter stands twice, the first counts.
pub(crate) fn read_query<'a>(parameters: impl IntoIterator<Item = (&'a str, &'a str)>) -> RunQuery {
    let mut query = RunQuery::default();
    for (name, value) in parameters {
        let value = value.trim();
        if value.is_empty() {
            continue;
        }
        match name {
            "q" if query.search.is_empty() => query.search = value.to_owned(),
            "sort" if query.sort.is_none() => query.sort = read_sort(value),
            _ => {
                let column = name.strip_prefix(FILTER_PREFIX).and_then(RunColumn::parse);
                if let Some(column) = column.filter(|column| filter_of(&query, *column).is_empty()) {
                    query.filters.push((column, value.to_owned()));
                }
            }
        }
    }
    query.filters = in_column_order(query.filters.into_iter());
    query
}

/// The URL parameters of a query, in a fixed order, without the empty ones.
pub(crate) fn write_query(query: &RunQuery) -> Vec<(String, String)> {
    let search = (!query.search.is_empty()).then(|| ("q".to_owned(), query.search.clone()));
    let sort = query.sort.map(|sort| ("sort".to_owned(), write_sort(sort)));
    let filters = query.filters.iter().map(|(column, text)| (filter_name(*column), text.clone()));
    search.into_iter().chain(sort).chain(filters).collect()
}

/// The parameter that filters `column`, for example `f.dataset`.
pub(crate) fn filter_name(column: RunColumn) -> String {
    format!("{FILTER_PREFIX}{}", column.key())
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

fn read_sort(text: &str) -> Option<(RunColumn, SortOrder)> {
    match text.strip_prefix('-') {
        Some(key) => Some((RunColumn::parse(key)?, SortOrder::Descending)),
        None => Some((RunColumn::parse(text)?, SortOrder::Ascending)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_it_writes() {
        let check = |parameters: &[(&str, &str)], expect: &[(&str, &str)]| {
            let query = read_query(parameters.iter().copied());
            let written = write_query(&query);
            let pairs: Vec<_> = written.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
            assert_eq!(pairs, expect);
            assert_eq!(read_query(pairs.iter().copied()), query);
        };
        check(&[], &[]);
        check(
            &[("f.status", "=FAILED"), ("sort", "-started"), ("q", " emea "), ("f.dataset", "cfg")],
            &[("q", "emea"), ("sort", "-started"), ("f.dataset", "cfg"), ("f.status", "=FAILED")],
        );
        check(&[("sort", "duration"), ("sort", "run")], &[("sort", "duration")]);
        check(&[("f.status", "A"), ("f.status", "B")], &[("f.status", "A")]);
        check(&[("f.nothing", "x"), ("sort", "colour"), ("date", "2026-02-18"), ("q", "  ")], &[]);
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
        let query = read_query([("f.run", "r"), ("f.dag", "a")]);
        let written = |query: &RunQuery| write_query(query).into_iter().map(|(_, text)| text).collect::<Vec<_>>();
        assert_eq!(written(&with_filter(&query, RunColumn::Dag, "b")), ["b", "r"]);
        assert_eq!(written(&with_filter(&query, RunColumn::Run, "")), ["a"]);
        assert_eq!(written(&with_filter(&query, RunColumn::Status, "x")), ["a", "x", "r"]);
    }

    #[test]
    fn finds_the_filter_of_a_column() {
        let query = read_query([("f.dag", "cfg_V2")]);
        assert_eq!(filter_of(&query, RunColumn::Dag), "cfg_V2");
        assert_eq!(filter_of(&query, RunColumn::Slice), "");
    }
}
