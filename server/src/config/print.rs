//! Settings as text: the effective ones without their secrets, and the two example files.

use super::setting::{Kind, SETTINGS};
use super::values::Origin;
use super::{Config, essentials};
use service::settings::EssentialSettings;
use std::fmt::Write as _;

/// What stands in place of a secret.
const HIDDEN: &str = "***";

impl Config {
    /// The effective settings as TOML, secrets as `***`, each with where it came from.
    pub fn to_toml(&self) -> String {
        let mut text = String::new();
        let mut table = "";
        for setting in SETTINGS {
            let Some(value) = self.values.get(setting.key) else { continue };
            let name = heading(&mut text, &mut table, setting.key);
            let from = match &value.origin {
                Origin::Default => "default".to_owned(),
                Origin::File => "sentry.toml".to_owned(),
                Origin::Environment(env) => env.clone(),
                Origin::CommandLine(option) => (*option).to_owned(),
            };
            let shown = self.values.text(setting.key).unwrap_or_default();
            let shown = match setting.kind {
                Kind::Secret => quote(HIDDEN),
                Kind::Number => shown.to_owned(),
                Kind::Text | Kind::Decimal => quote(shown),
            };
            let _ = writeln!(text, "{name} = {shown} # {from}");
            if let Some(path) = &value.secret_file {
                let _ = writeln!(text, "{name}_file = {}", quote(&path.display().to_string()));
            }
        }
        write_essentials(&mut text, &self.essentials);
        text
    }
}

/// `.env.example`: every environment variable with a sentence.
pub fn env_example() -> String {
    let mut text = String::from(
        "# Settings of SENTRY as environment variables; they win over sentry.toml. To load a copy:\n\
         #   set -a; . ./.env; set +a\n\
         # An empty value counts as not set. Without RDS_HOST (or SENTRY_SQLITE_PATH) and\n\
         # LENZ_API_BASE_URL the built-in demo estate is shown. NAME_FILE names a file that holds\n\
         # the secret NAME.\n",
    );
    for setting in SETTINGS {
        let default = setting.default;
        let _ = write!(text, "\n# {}\n{}={default}\n", setting.doc, setting.env);
        if setting.kind == Kind::Secret {
            let _ = writeln!(text, "{}=", setting.file_env());
        }
    }
    text
}

/// `sentry.example.toml`: every setting with a sentence, and the default list of essentials.
pub fn toml_example() -> String {
    let mut text = String::from(
        "# Settings of SENTRY. Copy to sentry.toml (read from the working folder, or --config FILE) and\n\
         # uncomment what you set; the environment variable in brackets wins over what stands here.\n\
         # A secret can stand in a file of its own: NAME_file = \"path\".\n",
    );
    let mut table = "";
    for setting in SETTINGS {
        let mut head = String::new();
        let name = heading(&mut head, &mut table, setting.key);
        let value = match setting.kind {
            Kind::Number => setting.default.to_owned(),
            _ => quote(setting.default),
        };
        let _ = write!(text, "{head}\n# {} [{}]\n#{name} = {value}\n", setting.doc, setting.env);
    }
    text.push_str(
        "\n# What is watched, in the order of display. This list is the default; a list here replaces it.\n\
         # Names, display names and aliases are what people may write in any case; an essential that\n\
         # depends on others waits for them. Datasets, steps and slices come from the catalog.\n",
    );
    let mut list = String::new();
    write_essentials(&mut list, &essentials::default_essentials());
    for line in list.lines() {
        let _ = writeln!(text, "{}{line}", if line.is_empty() { "" } else { "#" });
    }
    text
}

/// Begins the table of `key` where it is not the current one; answers the name within it.
fn heading<'a>(text: &mut String, table: &mut &'a str, key: &'a str) -> &'a str {
    let (of, name) = key.split_once('.').unwrap_or(("", key));
    if *table != of {
        let _ = writeln!(text, "\n[{of}]");
        *table = of;
    }
    name
}

fn write_essentials(text: &mut String, essentials: &[EssentialSettings]) {
    for essential in essentials {
        let list = |names: Vec<&str>| names.into_iter().map(quote).collect::<Vec<_>>().join(", ");
        let aliases = list(essential.aliases.iter().map(String::as_str).collect());
        let depends_on = list(essential.depends_on.iter().map(|name| name.as_str()).collect());
        let _ = write!(
            text,
            "\n[[essentials]]\nname = {}\ndisplay_name = {}\naliases = [{aliases}]\ndepends_on = [{depends_on}]\n",
            quote(essential.name.as_str()),
            quote(&essential.display_name),
        );
    }
}

fn quote(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}
