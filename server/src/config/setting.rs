//! The list of settings: where each stands in `sentry.toml`, which environment variable
//! sets it, what it means. Everything else about configuration reads this list.

/// How a setting's text becomes a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Any text.
    Text,
    /// A whole number.
    Number,
    /// A number that may have a point, kept as it is written.
    Decimal,
    /// A text that is never printed, and that may stand in a file instead.
    Secret,
}

/// One setting.
#[derive(Clone, Copy, Debug)]
pub struct Setting {
    /// Place in `sentry.toml`: `table.key`, or `key` at the top.
    pub key: &'static str,
    /// Environment variable; it wins over the file.
    pub env: &'static str,
    /// How its text is read.
    pub kind: Kind,
    /// Value where nobody sets it; empty for none.
    pub default: &'static str,
    /// What it is and how to write it, as a sentence.
    pub doc: &'static str,
}

impl Setting {
    /// Environment variable of the file that holds the secret.
    pub fn file_env(&self) -> String {
        format!("{}_FILE", self.env)
    }

    /// Place in `sentry.toml` of the path of the file that holds the secret.
    pub fn file_key(&self) -> String {
        format!("{}_file", self.key)
    }
}

const fn setting(
    key: &'static str,
    env: &'static str,
    kind: Kind,
    default: &'static str,
    doc: &'static str,
) -> Setting {
    Setting { key, env, kind, default, doc }
}

/// Every setting but the list of essentials, in the order in which they are shown.
pub const SETTINGS: &[Setting] = &[
    setting(
        "listen",
        "SENTRY_LISTEN",
        Kind::Text,
        "127.0.0.1:3000",
        "Address and port to listen on; other than loopback only once there is an account.",
    ),
    setting(
        "environment",
        "SENTRY_ENVIRONMENT",
        Kind::Text,
        "",
        "Badge in the header, for example PROD or UAT; PROD for real sources and DEMO for the demo estate unless set.",
    ),
    setting(
        "log_level",
        "LOG_LEVEL",
        Kind::Text,
        "INFO",
        "How much is logged: ERROR, WARN, INFO, DEBUG or TRACE.",
    ),
    setting(
        "estate",
        "SENTRY_ESTATE",
        Kind::Text,
        "",
        "Estate file to show in place of real sources, as `--estate`.",
    ),
    setting(
        "data_dir",
        "SENTRY_DATA_DIR",
        Kind::Text,
        "sentry-data",
        "Folder for SENTRY's own state (accounts, keys, audit trail) in SQLite, as `--data-dir`.",
    ),
    setting(
        "public_url",
        "SENTRY_PUBLIC_URL",
        Kind::Text,
        "",
        "Address that people use, where a proxy stands in front; with https:// cookies are sent by HTTPS only.",
    ),
    setting(
        "trusted_proxies",
        "SENTRY_TRUSTED_PROXIES",
        Kind::Text,
        "",
        "IP addresses of proxies whose X-Forwarded-For is believed, separated by commas.",
    ),
    setting(
        "site_root",
        "SENTRY_SITE_ROOT",
        Kind::Text,
        "",
        "Folder of the built pages' files; `../site` beside the program unless set.",
    ),
    setting(
        "database.url",
        "DATABASE_URL",
        Kind::Secret,
        "",
        "PostgreSQL database for SENTRY's own state in place of the data folder: postgres://user:password@host/database.",
    ),
    setting(
        "telemetry.prices",
        "SENTRY_PRICES_FILE",
        Kind::Text,
        "",
        "File with the prices of models, in the form of crates/telemetry/prices.toml; those that come with the program unless set.",
    ),
    setting(
        "telemetry.agent_error_percent",
        "SENTRY_AGENT_ERROR_PERCENT",
        Kind::Number,
        "50",
        "An agent is in error while at least this share of its calls of the last five minutes failed, 1 to 100 percent.",
    ),
    setting(
        "telemetry.agent_error_min_calls",
        "SENTRY_AGENT_ERROR_MIN_CALLS",
        Kind::Number,
        "5",
        "With fewer calls in five minutes nothing is said of their share, 1 to 1000000.",
    ),
    setting(
        "telemetry.in_flight_mb",
        "SENTRY_TELEMETRY_IN_FLIGHT_MB",
        Kind::Number,
        "128",
        "MiB of agents' requests that may be in memory at once, 64 to 4096; beyond it agents are told to try again.",
    ),
    setting(
        "telemetry.queue_mb",
        "SENTRY_TELEMETRY_QUEUE_MB",
        Kind::Number,
        "512",
        "MiB of batches that may wait in Redis, 1 to 1048576; beyond it agents are told to try again.",
    ),
    setting(
        "rds.host",
        "RDS_HOST",
        Kind::Text,
        "",
        "Host of the MySQL, MariaDB or Aurora server with the workflow and Airflow databases.",
    ),
    setting("rds.port", "RDS_PORT", Kind::Number, "6150", "Its port."),
    setting("rds.user", "RDS_USER", Kind::Text, "", "Its user; one that may only read is enough."),
    setting(
        "rds.password",
        "RDS_PASSWORD",
        Kind::Secret,
        "",
        "Its password or IAM token, exactly as issued: no URL encoding, single quotes around it in a shell; RDS_PASSWORD_FILE is read again when a login is refused.",
    ),
    setting(
        "rds.pem_path",
        "RDS_PEM_PATH",
        Kind::Text,
        "rds.pem",
        "Certificate authorities to verify the server with; without that file the connection is encrypted but not verified.",
    ),
    setting(
        "rds.certificate_check",
        "RDS_CERTIFICATE_CHECK",
        Kind::Text,
        "host",
        "What is checked once RDS_PEM_PATH exists: `host` (issuer and host name) or `issuer` (for a load balancer whose name the certificate does not carry).",
    ),
    setting(
        "rds.fgw_database",
        "FGW_DATABASE",
        Kind::Text,
        "FINEGRAINED_WORKFLOW",
        "Database that holds WORKFLOW_RUN_INSTANCE.",
    ),
    setting(
        "rds.airflow_database",
        "AIRFLOW_DATABASE",
        Kind::Text,
        "airflow",
        "Database that holds task_instance.",
    ),
    setting(
        "sqlite.path",
        "SENTRY_SQLITE_PATH",
        Kind::Text,
        "",
        "SQLite file with both tables, as an alternative to RDS_HOST; never created or written.",
    ),
    setting(
        "query.timeout_s",
        "QUERY_TIMEOUT",
        Kind::Number,
        "10",
        "Seconds after which the database server ends a query, 1 to 300.",
    ),
    setting(
        "query.max_rows",
        "MAX_QUERY_ROWS",
        Kind::Number,
        "500",
        "Rows of one query, 1 to 10000; more are read page by page.",
    ),
    setting(
        "lenz.base_url",
        "LENZ_API_BASE_URL",
        Kind::Text,
        "",
        "Base of the Lenz catalog's API, without `/def`.",
    ),
    setting(
        "lenz.auth",
        "LENZ_AUTH",
        Kind::Text,
        "",
        "How to log in to Lenz: none, ntlm or adfs-form; adfs-form where LENZ_USERNAME is set, else none.",
    ),
    setting(
        "lenz.username",
        "LENZ_USERNAME",
        Kind::Text,
        "",
        "User for Lenz, with or without its domain (`DOMAIN\\name`).",
    ),
    setting(
        "lenz.password",
        "LENZ_PASSWORD",
        Kind::Secret,
        "",
        "Password for Lenz; LENZ_PASSWORD_FILE names a file that holds it.",
    ),
    setting(
        "lenz.cache_ttl_s",
        "LENZ_CACHE_TTL",
        Kind::Number,
        "300",
        "Seconds that an answer of Lenz counts as fresh.",
    ),
    setting(
        "airflow.base_url",
        "AIRFLOW_BASE_URL",
        Kind::Text,
        "",
        "Base of links to runs in Airflow's own pages; no links without it.",
    ),
    setting(
        "poll.today_s",
        "SENTRY_POLL_TODAY",
        Kind::Number,
        "15",
        "Seconds between two polls of today's board.",
    ),
    setting(
        "poll.past_s",
        "SENTRY_POLL_PAST",
        Kind::Number,
        "300",
        "Seconds between two polls of a past date that somebody reads.",
    ),
    setting(
        "oidc.issuer",
        "OIDC_ISSUER",
        Kind::Text,
        "",
        "Issuer of an OpenID Connect provider; its callback is /sign-in/oidc/callback of the public address.",
    ),
    setting("oidc.client_id", "OIDC_CLIENT_ID", Kind::Text, "", "Our client id there."),
    setting(
        "oidc.client_secret",
        "OIDC_CLIENT_SECRET",
        Kind::Secret,
        "",
        "Our secret there; none for a public client.",
    ),
    setting("oidc.label", "OIDC_LABEL", Kind::Text, "single sign-on", "What the sign-in page calls it."),
    setting(
        "oidc.group_claim",
        "OIDC_GROUP_CLAIM",
        Kind::Text,
        "groups",
        "Claim that lists a person's groups.",
    ),
    setting(
        "oidc.ca_file",
        "OIDC_CA_FILE",
        Kind::Text,
        "",
        "Authorities of the provider's certificate, as PEM; those of the machine unless set.",
    ),
    setting(
        "ldap.url",
        "LDAP_URL",
        Kind::Text,
        "",
        "Directory: ldaps://host, or ldap://host, which changes to TLS by STARTTLS.",
    ),
    setting(
        "ldap.ca_file",
        "LDAP_CA_FILE",
        Kind::Text,
        "",
        "Authorities of the directory's certificate, as PEM; those of the machine unless set.",
    ),
    setting("ldap.bind_dn", "LDAP_BIND_DN", Kind::Text, "", "Entry that searches the directory."),
    setting("ldap.bind_password", "LDAP_BIND_PASSWORD", Kind::Secret, "", "Its password."),
    setting(
        "ldap.user_base",
        "LDAP_USER_BASE",
        Kind::Text,
        "",
        "Under which entry people are, for example ou=people,dc=example,dc=org.",
    ),
    setting(
        "ldap.user_filter",
        "LDAP_USER_FILTER",
        Kind::Text,
        "(mail={login})",
        "Finds a person by what they typed.",
    ),
    setting(
        "ldap.group_base",
        "LDAP_GROUP_BASE",
        Kind::Text,
        "",
        "Under which entry groups are; no groups unless set.",
    ),
    setting(
        "ldap.group_filter",
        "LDAP_GROUP_FILTER",
        Kind::Text,
        "(member={dn})",
        "Finds the groups of an entry.",
    ),
    setting(
        "azure.tenant_id",
        "AZURE_TENANT_ID",
        Kind::Text,
        "",
        "Azure tenant of the service principal that asks Azure OpenAI beside the key.",
    ),
    setting(
        "azure.spn_client_id",
        "AZURE_SPN_CLIENT_ID",
        Kind::Text,
        "",
        "Client id of the service principal.",
    ),
    setting(
        "azure.pem_path",
        "AZURE_PEM_PATH",
        Kind::Text,
        "",
        "Certificate of the service principal with its RSA key, as PEM; without that file the key goes alone.",
    ),
    setting("azure.openai_api_key", "AZURE_OPENAI_API_KEY", Kind::Secret, "", "API key of Azure OpenAI."),
    setting(
        "azure.openai_endpoint",
        "AZURE_OPENAI_ENDPOINT",
        Kind::Text,
        "",
        "Endpoint of Azure OpenAI, without `/openai`; without any model the built-in understanding answers questions.",
    ),
    setting(
        "azure.openai_api_version",
        "AZURE_OPENAI_API_VERSION",
        Kind::Text,
        "2024-02-01",
        "API version of Azure OpenAI: v1, or a date.",
    ),
    setting(
        "azure.openai_deployment",
        "AZURE_OPENAI_DEPLOYMENT",
        Kind::Text,
        "",
        "Deployment of Azure OpenAI.",
    ),
    setting(
        "azure.user_id",
        "AZURE_USER_ID",
        Kind::Text,
        "",
        "User id sent along to Azure OpenAI as x-ms-useragent.",
    ),
    setting(
        "openai.base_url",
        "OPENAI_BASE_URL",
        Kind::Text,
        "",
        "Any server that speaks OpenAI's chat completions, as an alternative to Azure: what stands before /chat/completions.",
    ),
    setting("openai.api_key", "OPENAI_API_KEY", Kind::Secret, "", "Its key, where it asks for one."),
    setting("openai.model", "OPENAI_MODEL", Kind::Text, "", "The model to ask there."),
    setting(
        "model.input_price",
        "SENTRY_MODEL_INPUT_PRICE",
        Kind::Decimal,
        "",
        "Price of a million tokens sent to the model, for example 2.50, in the currency you count in; without prices answers show tokens and no cost.",
    ),
    setting(
        "model.cached_input_price",
        "SENTRY_MODEL_CACHED_INPUT_PRICE",
        Kind::Decimal,
        "",
        "Price of a million of those tokens that the provider had in its cache; an answer that made use of the cache shows no cost without it.",
    ),
    setting(
        "model.output_price",
        "SENTRY_MODEL_OUTPUT_PRICE",
        Kind::Decimal,
        "",
        "Price of a million tokens that the model answers.",
    ),
    setting(
        "redis.url",
        "REDIS_URL",
        Kind::Secret,
        "",
        "Redis server that queues what agents send, as needed by `sentry ingest` and `sentry process`: redis://:password@host:6379/0, or rediss:// with TLS.",
    ),
    setting(
        "clickhouse.url",
        "CLICKHOUSE_URL",
        Kind::Secret,
        "",
        "ClickHouse database for telemetry in place of the data folder, ours alone: https://user:password@host:8443/database.",
    ),
];

/// The setting at `key`, also for the `_file` form of a secret.
pub fn find(key: &str) -> Option<&'static Setting> {
    SETTINGS.iter().find(|setting| {
        setting.key == key || (setting.kind == Kind::Secret && key.strip_suffix("_file") == Some(setting.key))
    })
}
