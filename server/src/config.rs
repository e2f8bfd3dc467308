//! Settings: defaults, then `sentry.toml`, then the environment, then the command line; later
//! ones win. [`setting::SETTINGS`] says once what each of them is.
//!
//! Nothing else in the workspace reads the environment. Secrets stay in `secrecy` types from
//! here on.

mod essentials;
mod model;
pub mod print;
pub mod setting;
mod sign_in;
mod values;

use secrecy::SecretString;
use service::settings::{
    AgentThresholds, CertificateCheck, EssentialSettings, LenzAuth, LenzSettings, MySqlSettings, QueryLimits,
    SqlSettings, SqliteSettings, StoreKind, StoreSettings,
};
use service::{Settings, SourceSettings};
use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;
use values::Values;

/// Seed of the demo estate: everybody sees the same one.
const DEMO_SEED: u64 = 2052;
/// What `sentry` reads unless `--config` names another file.
const DEFAULT_FILE: &str = "sentry.toml";

/// A setting that cannot work.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{setting}: {problem}")]
pub struct ConfigError {
    /// The setting as the person wrote it, or the file.
    pub setting: String,
    /// What is wrong with it and what to write.
    pub problem: String,
}

impl ConfigError {
    fn new(setting: String, problem: String) -> Self {
        Self { setting, problem }
    }
}

/// What the command line and the surroundings say.
#[derive(Clone, Debug, Default)]
pub struct Given {
    /// `--config`; `sentry.toml` in the working folder unless set, where there is one.
    pub config: Option<PathBuf>,
    /// `--listen`.
    pub listen: Option<String>,
    /// `--data-dir`.
    pub data_dir: Option<PathBuf>,
    /// `--estate`.
    pub estate: Option<PathBuf>,
    /// The environment.
    pub environment: HashMap<String, String>,
}

/// The effective settings.
#[derive(Clone, Debug)]
pub struct Config {
    /// Address to listen on.
    pub listen: SocketAddr,
    /// Filter of the log.
    pub log_level: tracing::Level,
    /// Folder of the built pages' files, where one is named.
    pub site_root: Option<PathBuf>,
    /// The address that people use, where it is another one: behind a proxy.
    pub public_url: Option<String>,
    /// Proxies whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<IpAddr>,
    /// What the service is built from.
    pub service: Settings,
    /// The effective list of essentials.
    pub essentials: Vec<EssentialSettings>,
    values: Values,
}

impl Config {
    /// Reads and checks everything.
    ///
    /// # Errors
    /// The first setting that cannot work, named as the person wrote it.
    pub fn load(given: &Given) -> Result<Self, ConfigError> {
        let default = Path::new(DEFAULT_FILE);
        let file = given.config.as_deref().or_else(|| default.is_file().then_some(default));
        let (file, listed) = file.map(values::read_file).transpose()?.unwrap_or_default();
        let values = Values::merge(&file, &given.environment, &command_line(given))?;
        let essentials = listed.unwrap_or_else(essentials::default_essentials);
        essentials::check_essentials(&essentials)?;
        let source = source(&values, &essentials)?;
        let badge = match source {
            SourceSettings::Demo { .. } => "DEMO",
            _ => "PROD",
        };
        let data_dir = values.path("data_dir").unwrap_or_else(|| PathBuf::from("sentry-data"));
        let mut service = Settings::new(source, values.text("environment").unwrap_or(badge), data_dir);
        if let Some(url) = values.secret("database.url") {
            service.store = StoreSettings { kind: StoreKind::Postgres { url } };
        }
        let listen = listen(&values)?;
        service.is_loopback = listen.ip().is_loopback();
        let public_url = url(&values, "public_url")?;
        service.sign_in = sign_in::sign_in(&values, listen, public_url.as_deref())?;
        service.model = model::model(&values)?;
        service.telemetry.prices = values.path("telemetry.prices");
        service.telemetry.agents = agents(&values)?;
        let in_flight_mb = values.number("telemetry.in_flight_mb", 64, 4096)?;
        service.telemetry.in_flight_bytes = usize::try_from(in_flight_mb << 20).unwrap_or(usize::MAX);
        service.airflow_base_url = url(&values, "airflow.base_url")?;
        service.poll_today = Duration::from_secs(values.number("poll.today_s", 1, 3600)?);
        service.poll_past = Duration::from_secs(values.number("poll.past_s", 1, 86_400)?);
        Ok(Self {
            listen,
            trusted_proxies: trusted_proxies(&values)?,
            public_url,
            log_level: values
                .text("log_level")
                .unwrap_or_default()
                .parse()
                .map_err(|_| values.refuse("log_level", "that is not a level"))?,
            site_root: values.path("site_root"),
            service,
            essentials,
            values,
        })
    }
}

/// Key, option and text of what the command line sets.
fn command_line(given: &Given) -> Vec<(&'static str, &'static str, String)> {
    let path = |path: &Option<PathBuf>| path.as_ref().map(|path| path.display().to_string());
    [
        ("listen", "--listen", given.listen.clone()),
        ("data_dir", "--data-dir", path(&given.data_dir)),
        ("estate", "--estate", path(&given.estate)),
    ]
    .into_iter()
    .filter_map(|(key, option, text)| Some((key, option, text?)))
    .collect()
}

fn agents(values: &Values) -> Result<AgentThresholds, ConfigError> {
    Ok(AgentThresholds {
        error_share: values.number("telemetry.agent_error_percent", 1, 100)? as f64 / 100.0,
        min_calls: values.number("telemetry.agent_error_min_calls", 1, 1_000_000)?,
        ..AgentThresholds::default()
    })
}

fn listen(values: &Values) -> Result<SocketAddr, ConfigError> {
    let text = values.text("listen").unwrap_or_default();
    let address: SocketAddr = text.parse().map_err(|_| {
        values.refuse("listen", &format!("`{text}` is not an address with a port, such as 127.0.0.1:3000"))
    })?;
    Ok(address)
}

fn trusted_proxies(values: &Values) -> Result<Vec<IpAddr>, ConfigError> {
    let text = values.text("trusted_proxies").unwrap_or_default();
    let addresses = text.split([',', ' ']).filter(|address| !address.is_empty());
    addresses
        .map(|address| {
            let refuse = |_| values.refuse("trusted_proxies", &format!("`{address}` is not an IP address"));
            address.parse().map_err(refuse)
        })
        .collect()
}

fn source(values: &Values, essentials: &[EssentialSettings]) -> Result<SourceSettings, ConfigError> {
    if let Some(path) = values.path("estate") {
        return Ok(SourceSettings::File(path));
    }
    let sql = sql(values)?;
    let base_url = url(values, "lenz.base_url")?;
    let (sql, base_url) = match (sql, base_url) {
        (None, None) => return Ok(SourceSettings::Demo { seed: DEMO_SEED }),
        (Some(sql), Some(base_url)) => (sql, base_url),
        (None, Some(_)) => {
            let problem =
                "the catalog is set but no database is: set RDS_HOST, or sqlite.path in sentry.toml";
            return Err(values.refuse("rds.host", problem));
        }
        (Some(_), None) => {
            let problem = "a database is set but the catalog is not: set LENZ_API_BASE_URL";
            return Err(values.refuse("lenz.base_url", problem));
        }
    };
    Ok(SourceSettings::Real {
        sql,
        lenz: LenzSettings { base_url, auth: lenz_auth(values)? },
        essentials: essentials.to_vec(),
        lenz_cache_ttl: Duration::from_secs(values.number("lenz.cache_ttl_s", 1, 86_400)?),
    })
}

fn sql(values: &Values) -> Result<Option<SqlSettings>, ConfigError> {
    let limits = QueryLimits {
        timeout: Duration::from_secs(values.number("query.timeout_s", 1, 300)?),
        max_rows: usize::try_from(values.number("query.max_rows", 1, 10_000)?).unwrap_or(500),
    };
    let port = u16::try_from(values.number("rds.port", 1, 65_535)?).unwrap_or(6150);
    let certificate_check = match values.text("rds.certificate_check") {
        Some("issuer") => CertificateCheck::Issuer,
        Some("host") | None => CertificateCheck::Host,
        Some(_) => return Err(values.refuse("rds.certificate_check", "write `host` or `issuer`")),
    };
    match (values.text("rds.host"), values.path("sqlite.path")) {
        (None, None) => Ok(None),
        (None, Some(path)) => Ok(Some(SqlSettings::Sqlite(SqliteSettings { path, limits }))),
        (Some(_), Some(_)) => Err(values.refuse("sqlite.path", "RDS_HOST is set too: leave one of the two")),
        (Some(host), None) => Ok(Some(SqlSettings::MySql(MySqlSettings {
            host: host.to_owned(),
            port,
            user: required(values, "rds.user", "RDS_HOST")?.to_owned(),
            password: required_secret(values, "rds.password", "RDS_HOST")?,
            password_file: values.secret_file("rds.password"),
            pem_path: values.path("rds.pem_path"),
            certificate_check,
            fgw_database: required(values, "rds.fgw_database", "RDS_HOST")?.to_owned(),
            airflow_database: required(values, "rds.airflow_database", "RDS_HOST")?.to_owned(),
            limits,
        }))),
    }
}

fn lenz_auth(values: &Values) -> Result<LenzAuth, ConfigError> {
    let unset = if values.text("lenz.username").is_some() { "adfs-form" } else { "none" };
    let auth = values.text("lenz.auth").unwrap_or(unset);
    let login = || {
        let username = required(values, "lenz.username", "LENZ_AUTH")?.to_owned();
        Ok((username, required_secret(values, "lenz.password", "LENZ_AUTH")?))
    };
    match auth {
        "none" => Ok(LenzAuth::None),
        "ntlm" => login().map(|(username, password)| LenzAuth::Ntlm { username, password }),
        "adfs-form" => login().map(|(username, password)| LenzAuth::AdfsForm { username, password }),
        other => Err(values.refuse("lenz.auth", &format!("`{other}` is not a way to log in"))),
    }
}

fn required<'a>(values: &'a Values, key: &'static str, because: &str) -> Result<&'a str, ConfigError> {
    values.text(key).ok_or_else(|| missing(values, key, because))
}

fn required_secret(values: &Values, key: &'static str, because: &str) -> Result<SecretString, ConfigError> {
    values.secret(key).ok_or_else(|| missing(values, key, because))
}

fn missing(values: &Values, key: &'static str, because: &str) -> ConfigError {
    let env = setting::find(key).map_or(key, |setting| setting.env);
    values.refuse(key, &format!("{because} is set, so {env} is needed too"))
}

/// The address at `key` without a trailing slash.
fn url(values: &Values, key: &'static str) -> Result<Option<String>, ConfigError> {
    let Some(text) = values.text(key) else { return Ok(None) };
    let uri = text.parse::<http::Uri>().ok();
    let whole = uri.is_some_and(|uri| {
        uri.host().is_some() && uri.query().is_none() && matches!(uri.scheme_str(), Some("http" | "https"))
    });
    if whole && !text.contains('@') {
        return Ok(Some(text.trim_end_matches('/').to_owned()));
    }
    Err(values.refuse(key, "write a whole address, such as https://host/path, without a user in it"))
}
