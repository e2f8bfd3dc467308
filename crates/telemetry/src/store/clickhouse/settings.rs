//! Where ClickHouse is, and as whom.

use crate::store::{StoreError, StoreResult};
use percent_encoding::percent_decode_str;
use secrecy::{ExposeSecret, SecretString};
use url::Url;

/// Where ClickHouse is, and as whom. Shown, it hides the password.
#[derive(Clone, Debug)]
pub struct ClickHouseSettings {
    /// Its HTTP interface, such as `https://clickhouse.example.org:8443`; without user and password.
    pub url: String,
    /// The user: may create tables in the database, and read and write them.
    pub user: String,
    /// The user's password.
    pub password: SecretString,
    /// The database; it exists and belongs to this program alone.
    pub database: String,
}

/// ClickHouse's own, where none is named.
const DEFAULT: &str = "default";

const WRONG: StoreError = StoreError::Invalid(
    "the address of ClickHouse is none such as https://user:password@clickhouse.example.org:8443/database",
);

impl ClickHouseSettings {
    /// Reads `https://user:password@clickhouse.example.org:8443/database`. What a URL cannot hold as it is
    /// stands percent-encoded. Where user or database is left out it is `default`, as with ClickHouse's own
    /// clients.
    ///
    /// # Errors
    /// [`StoreError::Invalid`], which quotes nothing of the text.
    pub fn parse(text: &SecretString) -> StoreResult<Self> {
        let mut url = Url::parse(text.expose_secret()).map_err(|_| WRONG)?;
        let is_plain = url.query().is_none() && url.fragment().is_none();
        if !matches!(url.scheme(), "http" | "https") || !url.has_host() || !is_plain {
            return Err(WRONG);
        }
        let database = url.path().strip_prefix('/').unwrap_or_default();
        let database = database.strip_suffix('/').unwrap_or(database);
        if database.contains('/') {
            return Err(WRONG);
        }
        let (database, user) = (named(database)?, named(url.username())?);
        let password = decoded(url.password().unwrap_or_default())?.into();
        url.set_path("");
        url.set_username("").and_then(|()| url.set_password(None)).map_err(|()| WRONG)?;
        let url = url.as_str().trim_end_matches('/').to_owned();
        Ok(Self { url, user, password, database })
    }
}

fn named(text: &str) -> StoreResult<String> {
    if text.is_empty() { Ok(DEFAULT.to_owned()) } else { decoded(text) }
}

fn decoded(text: &str) -> StoreResult<String> {
    percent_decode_str(text).decode_utf8().map(String::from).map_err(|_| WRONG)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read() {
        let check = |text: &str, expect: [&str; 4]| {
            let found = ClickHouseSettings::parse(&text.into()).unwrap();
            let password = found.password.expose_secret();
            assert_eq!([&found.url, &found.user, password, &found.database], expect, "{text}");
            let shown = format!("{found:?}");
            assert!(expect[2].is_empty() || !shown.contains(expect[2]), "{shown}");
        };
        check("http://127.0.0.1:8123", ["http://127.0.0.1:8123", "default", "", "default"]);
        check("https://ch.example.org/sentry/", ["https://ch.example.org", "default", "", "sentry"]);
        check("https://ops:s3cret@ch:8443/rooms", ["https://ch:8443", "ops", "s3cret", "rooms"]);
        check("http://ops@[::1]:8123/rooms", ["http://[::1]:8123", "ops", "", "rooms"]);
        check("https://o%40ps:p%2Fw%3A%C3%BC@ch/a%20b", ["https://ch", "o@ps", "p/w:\u{fc}", "a b"]);
    }

    #[test]
    fn what_is_no_address_is_not_quoted() {
        for text in [
            "",
            "ch:8123",
            "clickhouse://ops:s3cret@ch:9000/rooms",
            "https://ops:s3cret@",
            "https://ops:s3cret@ch/rooms/more",
            "https://ops:s3cret@ch/rooms?user=other",
            "https://ops:s3cret@ch/rooms#part",
            "https://ops:s3cret%ff@ch/rooms",
        ] {
            let refused = ClickHouseSettings::parse(&text.into()).unwrap_err();
            assert!(matches!(refused, StoreError::Invalid(_)), "{text}");
            assert!(!format!("{refused} {refused:?}").contains("s3cret"), "{text}");
        }
    }
}
