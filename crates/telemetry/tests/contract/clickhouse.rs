//! A ClickHouse for tests.

use telemetry::store::ClickHouseSettings;
use testkit::clickhouse::ClickHouse;

/// Of a database of a test's server.
pub(crate) fn settings(url: String, database: String) -> ClickHouseSettings {
    let (user, password) = (ClickHouse::USER.to_owned(), ClickHouse::PASSWORD.into());
    ClickHouseSettings { url, user, password, database }
}
