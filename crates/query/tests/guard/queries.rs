//! Legitimate queries are accepted, and written as expected.

use super::corpus::{guard, moment, queries};

#[test]
fn every_query_is_accepted() {
    let queries = queries();
    assert!(queries.len() >= 80, "{}", queries.len());
    let refused: Vec<String> = queries
        .iter()
        .filter_map(|query| {
            let error = guard().check(query.sql, &moment()).err()?;
            Some(format!("{}: {error}", query.name))
        })
        .collect();
    assert!(refused.is_empty(), "{}", refused.join("\n"));
}
