//! Settings: where they come from, which wins, what is refused and what is shown.

use server::config::{Config, Given, print, setting};
use service::SourceSettings;
use service::settings::{CertificateCheck, LenzAuth, Price, SqlSettings, TokenPrice};
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// A folder with `sentry.toml` and an environment.
struct Place {
    folder: TempDir,
    given: Given,
}

impl Place {
    fn new(toml: &str, environment: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let config = folder.path().join("sentry.toml");
        std::fs::write(&config, toml).unwrap();
        let environment =
            environment.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect();
        Self { folder, given: Given { config: Some(config), environment, ..Given::default() } }
    }

    fn file(&self, name: &str, text: &str) -> PathBuf {
        let path = self.folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    }

    fn load(&self) -> Config {
        Config::load(&self.given).unwrap()
    }

    fn refusal(&self) -> String {
        Config::load(&self.given).unwrap_err().to_string()
    }
}

fn mysql(config: &Config) -> &service::settings::MySqlSettings {
    match &config.service.source {
        SourceSettings::Real { sql: SqlSettings::MySql(settings), .. } => settings,
        other => panic!("no MySQL: {other:?}"),
    }
}

const REAL: [(&str, &str); 4] = [
    ("RDS_HOST", "db.example"),
    ("RDS_USER", "AuroraRead"),
    ("RDS_PASSWORD", "to%k@e&n?=+/"),
    ("LENZ_API_BASE_URL", "https://lenz.example/api/"),
];

#[test]
fn without_sources_the_demo_estate_is_shown() {
    let config = Place::new("", &[]).load();
    assert!(matches!(config.service.source, SourceSettings::Demo { .. }));
    assert_eq!(config.service.environment, "DEMO");
    assert_eq!(config.listen.to_string(), "127.0.0.1:3000");
}

#[test]
fn the_environment_that_operators_have_is_enough() {
    let place = Place::new("", &REAL);
    let config = place.load();
    let settings = mysql(&config);
    assert_eq!((settings.host.as_str(), settings.port), ("db.example", 6150));
    assert_eq!(settings.fgw_database, "FINEGRAINED_WORKFLOW");
    assert_eq!(settings.airflow_database, "airflow");
    assert_eq!(settings.pem_path.as_deref(), Some(Path::new("rds.pem")));
    assert_eq!(settings.limits.max_rows, 500);
    assert_eq!(settings.limits.timeout.as_secs(), 10);
    assert_eq!(settings.certificate_check, CertificateCheck::Host);
    assert_eq!(secrecy::ExposeSecret::expose_secret(&settings.password), "to%k@e&n?=+/");
    let SourceSettings::Real { lenz, essentials, lenz_cache_ttl, .. } = &config.service.source else {
        panic!()
    };
    assert_eq!(lenz.base_url, "https://lenz.example/api");
    assert!(matches!(lenz.auth, LenzAuth::None));
    assert_eq!(essentials.len(), 12);
    assert_eq!(lenz_cache_ttl.as_secs(), 300);
    assert_eq!(config.service.environment, "PROD");
}

#[test]
fn command_line_over_environment_over_file_over_default() {
    let toml = "listen = \"127.0.0.1:1\"\n[rds]\nport = 1111\nuser = \"of-file\"\n[query]\nmax_rows = 7\n";
    let mut environment = REAL.to_vec();
    environment.extend([("RDS_PORT", "2222"), ("SENTRY_LISTEN", "127.0.0.1:2")]);
    let mut place = Place::new(toml, &environment);
    let config = place.load();
    assert_eq!(mysql(&config).port, 2222);
    assert_eq!(mysql(&config).user, "AuroraRead");
    assert_eq!(mysql(&config).limits.max_rows, 7);
    assert_eq!(config.listen.port(), 2);
    place.given.listen = Some("127.0.0.1:3".to_owned());
    assert_eq!(place.load().listen.port(), 3);
}

#[test]
fn telemetry_is_kept_in_the_data_folder() {
    let check = |environment: &[(&str, &str)], dir: &str, error_share: f64, in_flight_bytes| {
        let telemetry = Place::new("", environment).load().service.telemetry;
        assert_eq!(telemetry.dir, Path::new(dir), "{environment:?}");
        assert_eq!((telemetry.agents.error_share, telemetry.agents.min_calls), (error_share, 5));
        assert_eq!(telemetry.in_flight_bytes, in_flight_bytes);
    };
    check(&[], "sentry-data", 0.5, 128 << 20);
    check(&[("SENTRY_DATA_DIR", "/d"), ("DATABASE_URL", "postgres://u:p@h/d")], "/d", 0.5, 128 << 20);
    check(
        &[("SENTRY_AGENT_ERROR_PERCENT", "20"), ("SENTRY_TELEMETRY_IN_FLIGHT_MB", "64")],
        "sentry-data",
        0.2,
        64 << 20,
    );
}

#[test]
fn an_empty_variable_counts_as_not_set() {
    let place = Place::new("[rds]\nhost = \"of-file\"\n", &[REAL[1], REAL[2], REAL[3], ("RDS_HOST", "")]);
    assert_eq!(mysql(&place.load()).host, "of-file");
}

#[test]
fn a_secret_can_stand_in_a_file() {
    let mut place = Place::new("[rds]\npassword = \"of-file\"\n", &[REAL[0], REAL[1], REAL[3]]);
    let token = place.file("token", "fresh token \r\n");
    place.given.environment.insert("RDS_PASSWORD_FILE".to_owned(), token.display().to_string());
    let config = place.load();
    assert_eq!(secrecy::ExposeSecret::expose_secret(&mysql(&config).password), "fresh token ");
    assert_eq!(mysql(&config).password_file.as_deref(), Some(token.as_path()));
    // A token at hand is used first, the file once it is refused.
    place.given.environment.insert("RDS_PASSWORD".to_owned(), "at hand".to_owned());
    let config = place.load();
    assert_eq!(secrecy::ExposeSecret::expose_secret(&mysql(&config).password), "at hand");
    assert_eq!(mysql(&config).password_file.as_deref(), Some(token.as_path()));
    // What the environment says hides the file that sentry.toml names.
    let toml = format!("[rds]\npassword_file = \"{}\"\n", token.display());
    let place = Place::new(&toml, &REAL);
    assert_eq!(mysql(&place.load()).password_file, None);
}

#[test]
fn logins_to_the_catalog() {
    let check = |extra: &[(&str, &str)], expect: fn(&LenzAuth) -> bool| {
        let environment: Vec<_> = REAL.iter().chain(extra).copied().collect();
        let config = Place::new("", &environment).load();
        let SourceSettings::Real { lenz, .. } = &config.service.source else { panic!() };
        assert!(expect(&lenz.auth), "{extra:?}: {:?}", lenz.auth);
    };
    let login = [("LENZ_USERNAME", "NAEAST\\me"), ("LENZ_PASSWORD", "secret")];
    check(&login, |auth| matches!(auth, LenzAuth::AdfsForm { username, .. } if username == "NAEAST\\me"));
    check(&[login[0], login[1], ("LENZ_AUTH", "ntlm")], |auth| matches!(auth, LenzAuth::Ntlm { .. }));
    check(&[login[0], login[1], ("LENZ_AUTH", "none")], |auth| matches!(auth, LenzAuth::None));
}

#[test]
fn what_cannot_work_is_named_as_it_was_written() {
    let check = |toml: &str, environment: &[(&str, &str)], parts: &[&str]| {
        let refusal = Place::new(toml, environment).refusal();
        for part in parts {
            assert!(refusal.contains(part), "`{part}` is not in: {refusal}");
        }
    };
    check("lisen = \"x\"", &[], &["sentry.toml", "`lisen`", "did you mean `listen`?"]);
    check("[rds]\nhots = \"x\"", &[], &["`rds.hots`", "did you mean `rds.host`?"]);
    check("[nonsense]\nzzz = 1", &[], &["`nonsense.zzz`", "sentry.example.toml"]);
    check("listen = 3000", &[], &["listen", "text in quotes"]);
    check("[rds]\nport = \"6150a\"", &[], &["rds.port: `6150a`", "from 1 to 65535"]);
    check("", &[("RDS_PORT", "0")], &["RDS_PORT: `0`"]);
    check("", &[("QUERY_TIMEOUT", "0")], &["QUERY_TIMEOUT", "1 to 300"]);
    check("", &[("MAX_QUERY_ROWS", "many")], &["MAX_QUERY_ROWS: `many`"]);
    check("", &[("SENTRY_TELEMETRY_IN_FLIGHT_MB", "63")], &["SENTRY_TELEMETRY_IN_FLIGHT_MB: `63`"]);
    check("", &[("LOG_LEVEL", "loud")], &["LOG_LEVEL", "ERROR, WARN, INFO, DEBUG or TRACE"]);
    check("", &[("SENTRY_LISTEN", "3000")], &["SENTRY_LISTEN", "127.0.0.1:3000"]);
    check("", &REAL[..3], &["lenz.base_url", "LENZ_API_BASE_URL"]);
    check("", &REAL[3..], &["rds.host", "RDS_HOST"]);
    check("", &[REAL[0], REAL[2], REAL[3]], &["rds.user", "RDS_USER is needed too"]);
    check("", &[REAL[0], REAL[1], REAL[3]], &["rds.password", "RDS_PASSWORD is needed too"]);
    check(
        "",
        &[REAL[0], REAL[1], REAL[2], ("LENZ_API_BASE_URL", "lenz.example")],
        &["LENZ_API_BASE_URL", "https://"],
    );
    check(
        "",
        &[("LENZ_PASSWORD_FILE", "/nonexistent/secret")],
        &["LENZ_PASSWORD_FILE", "/nonexistent/secret"],
    );
    check("[[essentials]]\nname = \"A\"", &[], &["[[essentials]]", "display_name"]);
    check(
        "[[essentials]]\nname = \"A\"\ndisplay_name = \"A\"\nalias = []",
        &[],
        &["[[essentials]]", "alias"],
    );
    let two = "[[essentials]]\nname = \"A\"\ndisplay_name = \"X\"\n[[essentials]]\nname = \"B\"\ndisplay_name = \"x\"";
    check(two, &[], &["[[essentials]]", "means both A and B"]);
    let lost = "[[essentials]]\nname = \"A\"\ndisplay_name = \"A\"\ndepends_on = [\"Z\"]";
    check(lost, &[], &["A depends on `Z`"]);
}

#[test]
fn a_line_that_is_no_toml_is_named_but_not_quoted() {
    for line in ["password = hunter2", "password = \"hunter2", "password = \"x\" hunter2", "hunter2"] {
        let refusal = Place::new(&format!("[rds]\nhost = \"db\"\n{line}\n"), &[]).refusal();
        assert!(refusal.contains("sentry.toml") && refusal.contains("line 3"), "{line}: {refusal}");
        assert!(!refusal.contains("hunter2"), "{refusal}");
    }
    // Nor where the syntax is good but the kind is not.
    let refusal = Place::new("[rds]\npassword = [\"hunter2\"]\n", &[]).refusal();
    assert!(refusal.contains("rds.password") && !refusal.contains("hunter2"), "{refusal}");
}

#[test]
fn loopback_is_known_from_the_rest() {
    for (address, is_loopback) in [
        ("0.0.0.0:3000", false),
        ("[::]:3000", false),
        ("192.0.2.1:3000", false),
        ("127.0.0.1:0", true),
        ("127.0.0.2:3000", true),
        ("[::1]:3000", true),
    ] {
        let config = Place::new("", &[("SENTRY_LISTEN", address)]).load();
        assert_eq!(config.listen.to_string(), address);
        assert_eq!(config.service.is_loopback, is_loopback, "{address}");
    }
}

#[test]
fn ways_to_sign_in_are_read_whole_or_refused() {
    let config =
        Place::new("", &[("OIDC_ISSUER", "https://id.example"), ("OIDC_CLIENT_ID", "sentry")]).load();
    let oidc = config.service.sign_in.oidc.unwrap();
    assert_eq!(oidc.redirect_url, "http://127.0.0.1:3000/sign-in/oidc/callback");
    assert_eq!(oidc.group_claim, "groups");
    let public = [
        ("OIDC_ISSUER", "https://id.example"),
        ("OIDC_CLIENT_ID", "sentry"),
        ("SENTRY_PUBLIC_URL", "https://sentry.example/"),
    ];
    let oidc = Place::new("", &public).load().service.sign_in.oidc.unwrap();
    assert_eq!(oidc.redirect_url, "https://sentry.example/sign-in/oidc/callback");
    let refusal = Place::new("", &[("OIDC_ISSUER", "https://id.example")]).refusal();
    assert!(refusal.contains("OIDC_CLIENT_ID is needed"), "{refusal}");

    let ldap = [("LDAP_URL", "ldap://dir.example"), ("LDAP_USER_BASE", "ou=people,dc=example")];
    let ldap = Place::new("", &ldap).load().service.sign_in.ldap.unwrap();
    assert!(ldap.starttls, "nothing is said in the clear");
    assert!(Place::new("", &[("LDAP_URL", "ldap://dir.example")]).refusal().contains("LDAP_USER_BASE"));
    assert!(Place::new("", &[("SENTRY_TRUSTED_PROXIES", "10.0.0.1, proxy")]).refusal().contains("`proxy`"));
}

#[test]
fn telemetry_may_be_kept_in_clickhouse_and_wait_in_redis() {
    let check = |url: &str, expect: [&str; 4]| {
        let clickhouse =
            Place::new("", &[("CLICKHOUSE_URL", url)]).load().service.telemetry.clickhouse.unwrap();
        let password = secrecy::ExposeSecret::expose_secret(&clickhouse.password);
        assert_eq!([&clickhouse.url, &clickhouse.user, password, &clickhouse.database], expect);
    };
    check("http://h:8123/d", ["http://h:8123", "default", "", "d"]);
    check("https://u:p@h:8443", ["https://h:8443", "u", "p", "default"]);
    check("https://u:p@h:8443/d/", ["https://h:8443", "u", "p", "d"]);
    check("https://u:p%40%2F:@[::1]:8443/d", ["https://[::1]:8443", "u", "p@/:", "d"]);
    let queue = |environment: &[(&str, &str)]| Place::new("", environment).load().service.telemetry.queue;
    assert!(queue(&[]).is_none());
    assert_eq!(queue(&[("REDIS_URL", "redis://x")]).unwrap().most_bytes, 512 << 20);
    let small = [("REDIS_URL", "rediss://:p@x:6380/1"), ("SENTRY_TELEMETRY_QUEUE_MB", "1")];
    assert_eq!(queue(&small).unwrap().most_bytes, 1 << 20);
    let refused = |name: &str, value: &str, says: &str| {
        let refusal = Place::new("", &[(name, value)]).refusal();
        assert!(refusal.contains(name) && refusal.contains(says), "{refusal}");
        assert!(!refusal.contains("hidden"), "{refusal}");
    };
    refused("REDIS_URL", "http://:hidden@x", "redis://:password@host:6379/0");
    refused("REDIS_URL", "hidden", "no address of a Redis server");
    refused("SENTRY_TELEMETRY_QUEUE_MB", "0", "`0`");
    refused("CLICKHOUSE_URL", "hidden", "https://user:password@clickhouse.example.org:8443/database");
    refused(
        "CLICKHOUSE_URL",
        "https://u:hidden@h/a/b",
        "https://user:password@clickhouse.example.org:8443/database",
    );
    refused(
        "CLICKHOUSE_URL",
        "tcp://u:hidden@h:9000/d",
        "https://user:password@clickhouse.example.org:8443/database",
    );
}

#[test]
fn settings_of_later_parts_are_accepted() {
    let environment = [("AZURE_OPENAI_API_KEY", "key"), ("AZURE_TENANT_ID", "tenant")];
    Place::new("[azure]\nuser_id = \"u\"\n", &environment).load();
}

#[test]
fn secrets_are_never_printed() {
    let mut environment = REAL.to_vec();
    environment.extend([("REDIS_URL", "redis://:hidden@x"), ("AZURE_OPENAI_API_KEY", "hidden")]);
    environment.push(("CLICKHOUSE_URL", "https://u:hidden@x/d"));
    environment.extend([("LENZ_USERNAME", "me"), ("LENZ_PASSWORD", "hidden")]);
    let config = Place::new("[poll]\ntoday_s = 5\n", &environment).load();
    let printed = config.to_toml();
    for shown in [printed.clone(), format!("{config:?}")] {
        assert!(!shown.contains("hidden") && !shown.contains("to%k"), "{shown}");
    }
    assert!(printed.contains("password = \"***\" # RDS_PASSWORD"), "{printed}");
    assert!(printed.contains("today_s = 5 # sentry.toml"), "{printed}");
    assert!(printed.contains("port = 6150 # default"), "{printed}");
    // What is printed can be read again.
    let table: toml::Table = printed.parse().unwrap();
    assert_eq!(table["rds"]["host"].as_str(), Some("db.example"));
    assert_eq!(table["essentials"].as_array().map(Vec::len), Some(12));
}

/// Each file lists every setting; it is written anew by running this with UPDATE_EXAMPLES set.
#[test]
fn the_example_files_list_every_setting() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    for (name, expect) in
        [(".env.example", print::env_example()), ("sentry.example.toml", print::toml_example())]
    {
        let path = root.join(name);
        if std::env::var_os("UPDATE_EXAMPLES").is_some() {
            std::fs::write(&path, &expect).unwrap();
        }
        assert_eq!(
            std::fs::read_to_string(&path).unwrap(),
            expect,
            "{name}: run this test with UPDATE_EXAMPLES=1"
        );
    }
}

#[test]
fn the_example_files_can_be_used() {
    let as_it_stands = print::toml_example();
    Place::new(&as_it_stands, &[]).load();
    // Uncommented, every line is a setting that there is.
    let uncommented: String = as_it_stands
        .lines()
        .map(|line| line.strip_prefix('#').filter(|rest| !rest.starts_with(' ')).unwrap_or(line))
        .fold(String::new(), |text, line| text + line + "\n");
    let config = Place::new(&uncommented, &[]).load();
    assert_eq!(config.essentials, Place::new("", &[]).load().essentials);
    let environment: HashMap<String, String> = print::env_example()
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.split_once('='))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    let mut place = Place::new("", &[]);
    place.given.environment = environment;
    assert!(matches!(place.load().service.source, SourceSettings::Demo { .. }));
    assert!(
        setting::SETTINGS.iter().all(|setting| print::env_example().contains(&format!("\n{}=", setting.env)))
    );
}

#[test]
fn a_model_is_azures_or_any_compatible_one() {
    let azure = [
        ("AZURE_OPENAI_ENDPOINT", "https://gateway.example/"),
        ("AZURE_OPENAI_DEPLOYMENT", "gpt-4o"),
        ("AZURE_OPENAI_API_KEY", "hunter2"),
    ];
    let config = Place::new("", &azure).load();
    assert_eq!(config.service.model.as_ref().unwrap().name(), "gpt-4o");
    assert!(!format!("{config:?}").contains("hunter2"));
    // Part of a service principal is none: the key goes alone.
    let part = [azure[0], azure[1], azure[2], ("AZURE_PEM_PATH", "spn.pem"), ("AZURE_TENANT_ID", "t")];
    let config = Place::new("", &part).load();
    assert!(format!("{config:?}").contains("service_principal: None"), "{config:?}");
    let whole = [&part[..], &[("AZURE_SPN_CLIENT_ID", "c")]].concat();
    let config = Place::new("", &whole).load();
    assert!(format!("{config:?}").contains("service_principal: Some"), "{config:?}");
    let compatible = [("OPENAI_BASE_URL", "http://gpu:8000/v1"), ("OPENAI_MODEL", "qwen")];
    let config = Place::new("", &compatible).load();
    assert_eq!(config.service.model.as_ref().unwrap().name(), "qwen");
    assert!(Place::new("", &[]).load().service.model.is_none());

    let check = |environment: &[(&str, &str)], expect: &str| {
        let refusal = Place::new("", environment).refusal();
        assert!(refusal.contains(expect), "{refusal}");
    };
    check(&azure[..1], "AZURE_OPENAI_DEPLOYMENT");
    check(&azure[..2], "AZURE_OPENAI_API_KEY");
    check(&compatible[..1], "OPENAI_MODEL");
    check(&[azure[0], compatible[0]], "leave one of the two");
    check(&[azure[0], azure[1], azure[2], ("AZURE_OPENAI_API_VERSION", "soon")], "v1");
}

#[test]
fn prices_of_the_model_are_whole_and_exact() {
    const MODEL: [(&str, &str); 2] = [("OPENAI_BASE_URL", "http://gpu:8000/v1"), ("OPENAI_MODEL", "qwen")];
    let with = |prices: &[(&'static str, &'static str)]| -> Vec<(&str, &str)> {
        MODEL.iter().chain(prices).copied().collect()
    };
    let price = |toml: &str, prices: &[(&'static str, &'static str)]| {
        Place::new(toml, &with(prices)).load().service.model.unwrap().price()
    };
    let token = |text| TokenPrice::per_million(text).unwrap();
    let (input, output) = (("SENTRY_MODEL_INPUT_PRICE", "2.50"), ("SENTRY_MODEL_OUTPUT_PRICE", "10"));
    let cached = ("SENTRY_MODEL_CACHED_INPUT_PRICE", "1.25");
    let plain = Price { input: token("2.5"), cached_input: None, output: token("10") };
    assert_eq!(price("", &[]), None);
    assert_eq!(price("", &[input, output]), Some(plain));
    let whole = Price { cached_input: Some(token("1.25")), ..plain };
    assert_eq!(price("", &[input, cached, output]), Some(whole));
    for toml in ["input_price = 2.5\noutput_price = 10", "input_price = \"2.50\"\noutput_price = 10.0"] {
        assert_eq!(price(&format!("[model]\n{toml}\n"), &[]), Some(plain), "{toml}");
    }
    let printed = Place::new("", &with(&[input, output])).load().to_toml();
    assert!(printed.contains("input_price = \"2.50\" # SENTRY_MODEL_INPUT_PRICE"), "{printed}");
    assert_eq!(price(&printed, &[]), Some(plain), "what is printed can be read again");

    let check = |toml: &str, prices: &[(&'static str, &'static str)], expect: &str| {
        let refusal = Place::new(toml, &with(prices)).refusal();
        assert!(refusal.contains(expect), "{refusal}");
    };
    check("", &[input], "SENTRY_MODEL_OUTPUT_PRICE is needed");
    check("", &[output], "SENTRY_MODEL_INPUT_PRICE is needed");
    check("", &[cached], "SENTRY_MODEL_INPUT_PRICE is needed");
    check("", &[input, ("SENTRY_MODEL_OUTPUT_PRICE", "free")], "`free` is no price");
    check("", &[("SENTRY_MODEL_INPUT_PRICE", "-1"), output], "SENTRY_MODEL_INPUT_PRICE: `-1` is no price");
    check("[model]\ninput_price = true\n", &[output], "write a number");
}
