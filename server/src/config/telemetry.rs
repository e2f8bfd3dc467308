//! What is done with telemetry, and where it is kept.

use super::ConfigError;
use super::values::Values;
use secrecy::{ExposeSecret, SecretString};
use service::settings::{ClickHouseSettings, QueueSettings, Redaction, TelemetrySettings};
use std::path::PathBuf;

/// Kept in `dir` unless a ClickHouse is set.
pub(super) fn telemetry(values: &Values, dir: PathBuf) -> Result<TelemetrySettings, ConfigError> {
    let in_flight_mb = values.number("telemetry.in_flight_mb", 64, 4096)?;
    Ok(TelemetrySettings {
        clickhouse: clickhouse(values)?,
        queue: queue(values)?,
        prices: values.path("telemetry.prices"),
        redaction: redaction(values)?,
        in_flight_bytes: usize::try_from(in_flight_mb << 20).unwrap_or(usize::MAX),
        ..TelemetrySettings::new(dir)
    })
}

fn redaction(values: &Values) -> Result<Redaction, ConfigError> {
    match values.text("telemetry.redaction") {
        None | Some("on") => Ok(Redaction::On),
        Some("off") => Ok(Redaction::Off),
        Some(other) => Err(values.refuse("telemetry.redaction", &format!("`{other}` is neither on nor off"))),
    }
}

fn queue(values: &Values) -> Result<Option<QueueSettings>, ConfigError> {
    let most_mb = values.number("telemetry.queue_mb", 1, 1 << 20)?;
    let Some(url) = values.secret("redis.url") else { return Ok(None) };
    let settings = QueueSettings::new(url);
    let mut settings = settings.map_err(|error| values.refuse("redis.url", &error.to_string()))?;
    settings.most_bytes = most_mb << 20;
    Ok(Some(settings))
}

/// An address with its user and password is a secret as a whole, and no error quotes a part of it.
fn clickhouse(values: &Values) -> Result<Option<ClickHouseSettings>, ConfigError> {
    let Some(url) = values.secret("clickhouse.url") else { return Ok(None) };
    let refuse = |problem| Err(values.refuse("clickhouse.url", problem));
    let Ok(uri) = url.expose_secret().parse::<http::Uri>() else {
        return refuse("that is no address; %40, %2F and the like stand for @ and / in a password");
    };
    let (Some(scheme @ ("http" | "https")), Some(authority)) = (uri.scheme_str(), uri.authority()) else {
        return refuse("the address does not begin with http:// or https://");
    };
    let (login, host) = authority.as_str().rsplit_once('@').unwrap_or(("default", authority.as_str()));
    let (user, password) = login.split_once(':').unwrap_or((login, ""));
    let database = uri.path().trim_matches('/');
    if database.is_empty() || database.contains('/') || uri.query().is_some() {
        return refuse("the address does not end with the name of a database");
    }
    let plain = |text| percent_encoding::percent_decode_str(text).decode_utf8().map(String::from);
    match (plain(user), plain(password), plain(database)) {
        (Ok(user), Ok(password), Ok(database)) => Ok(Some(ClickHouseSettings {
            url: format!("{scheme}://{host}"),
            user,
            password: SecretString::from(password),
            database,
        })),
        _ => refuse("what stands for signs, as in %40, is no UTF-8"),
    }
}
