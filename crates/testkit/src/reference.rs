//! The reference estate: nine essentials of one business date, in the sources' own columns,
//! and what the status rules answer for it.

use serde_json::{Map, Value};

/// The estate file.
pub const ESTATE_JSON: &str = include_str!("../fixtures/estate.json");

/// What the board is for it.
pub const EXPECTED_DASHBOARD_JSON: &str = include_str!("../fixtures/expected-dashboard.json");

/// One row: column name to value, times as `2026-02-18T12:09:40Z`.
pub type Row = Map<String, Value>;

/// The rows of one of its tables, `workflow_run_instance` or `task_instance`.
pub fn rows(table: &str) -> Vec<Row> {
    let estate: Value = serde_json::from_str(ESTATE_JSON).expect("the fixture is JSON");
    let rows = estate[table].as_array().unwrap_or_else(|| panic!("the fixture has no table {table}"));
    rows.iter().map(|row| row.as_object().expect("a row is an object").clone()).collect()
}
