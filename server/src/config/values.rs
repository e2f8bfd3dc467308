//! From files, environment and command line to one text a setting, with where it came from.

use super::ConfigError;
use super::setting::{self, Kind, SETTINGS, Setting};
use secrecy::{ExposeSecret, SecretString};
use service::settings::EssentialSettings;
use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};

/// Where a value came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    /// Nobody set it.
    Default,
    /// `sentry.toml`.
    File,
    /// This environment variable.
    Environment(String),
    /// This option of the command line.
    CommandLine(&'static str),
}

/// The text of one setting. In a `SecretString` whatever its kind, so that no `Debug` shows it.
#[derive(Clone, Debug)]
pub(super) struct Value {
    text: SecretString,
    pub(super) origin: Origin,
    /// The file that a secret was read from.
    pub(super) secret_file: Option<PathBuf>,
}

/// The text of every setting that has one, by key.
#[derive(Clone, Debug, Default)]
pub(super) struct Values(BTreeMap<&'static str, Value>);

impl Values {
    /// Defaults, then `file`, then `environment`, then `command_line`; later ones win.
    /// Empty texts count as absent.
    pub(super) fn merge(
        file: &FileValues,
        environment: &HashMap<String, String>,
        command_line: &[(&'static str, &'static str, String)],
    ) -> Result<Self, ConfigError> {
        let mut values = Self::default();
        for setting in SETTINGS {
            if !setting.default.is_empty() {
                values.set(setting, setting.default.to_owned(), Origin::Default);
            }
            values.layer(setting, file.0.get(setting.key), file.0.get(&setting.file_key()), &Origin::File)?;
            let origin = Origin::Environment(setting.env.to_owned());
            values.layer(
                setting,
                environment.get(setting.env),
                environment.get(&setting.file_env()),
                &origin,
            )?;
        }
        for (key, option, text) in command_line {
            if let Some(setting) = setting::find(key) {
                values.set(setting, text.clone(), Origin::CommandLine(option));
            }
        }
        Ok(values)
    }

    /// One layer of one setting. A layer that says anything hides what the layers below say,
    /// be it as text or as file.
    fn layer(
        &mut self,
        setting: &'static Setting,
        text: Option<&String>,
        file: Option<&String>,
        origin: &Origin,
    ) -> Result<(), ConfigError> {
        let text = text.filter(|text| !text.is_empty());
        let file = file.filter(|path| !path.is_empty() && setting.kind == Kind::Secret);
        if let Some(text) = text {
            self.set(setting, text.clone(), origin.clone());
        }
        if let Some(path) = file {
            let origin = match origin {
                Origin::Environment(_) if text.is_none() => Origin::Environment(setting.file_env()),
                other => other.clone(),
            };
            if text.is_none() {
                let read = std::fs::read_to_string(path).map_err(|error| {
                    ConfigError::new(
                        name(&setting.file_key(), &origin),
                        format!(
                            "cannot read {path} ({error}): write the path of a file that holds the secret"
                        ),
                    )
                })?;
                self.set(setting, read.trim_end_matches(['\r', '\n']).to_owned(), origin);
            }
            if let Some(value) = self.0.get_mut(setting.key) {
                value.secret_file = Some(PathBuf::from(path));
            }
        }
        Ok(())
    }

    fn set(&mut self, setting: &'static Setting, text: String, origin: Origin) {
        self.0.insert(setting.key, Value { text: text.into(), origin, secret_file: None });
    }

    /// The value, for printing.
    pub(super) fn get(&self, key: &str) -> Option<&Value> {
        self.0.get(key)
    }

    /// The text at `key`, if anything sets it.
    pub(super) fn text(&self, key: &str) -> Option<&str> {
        self.0.get(key).map(|value| value.text.expose_secret())
    }

    /// The secret at `key`.
    pub(super) fn secret(&self, key: &str) -> Option<SecretString> {
        self.0.get(key).map(|value| value.text.clone())
    }

    /// The file that the secret at `key` was read from, or is to be read from again.
    pub(super) fn secret_file(&self, key: &str) -> Option<PathBuf> {
        self.0.get(key)?.secret_file.clone()
    }

    /// The path at `key`.
    pub(super) fn path(&self, key: &str) -> Option<PathBuf> {
        self.text(key).map(PathBuf::from)
    }

    /// The number at `key`, which has a default, within `least` and `most`.
    pub(super) fn number(&self, key: &'static str, least: u64, most: u64) -> Result<u64, ConfigError> {
        let text = self.text(key).unwrap_or_default();
        match text.parse::<u64>() {
            Ok(number) if (least..=most).contains(&number) => Ok(number),
            _ => Err(self.refuse(key, &format!("`{text}` is not a whole number from {least} to {most}"))),
        }
    }

    /// The error that what stands at `key` cannot be; names the setting as the person set it.
    pub(super) fn refuse(&self, key: &str, problem: &str) -> ConfigError {
        let origin = self.0.get(key).map_or(&Origin::Default, |value| &value.origin);
        let doc = setting::find(key).map_or("", |setting| setting.doc);
        ConfigError::new(name(key, origin), format!("{problem}. {doc}"))
    }
}

/// What a person calls the setting: as they wrote it.
fn name(key: &str, origin: &Origin) -> String {
    match origin {
        Origin::Environment(env) => env.clone(),
        Origin::CommandLine(option) => (*option).to_owned(),
        Origin::Default | Origin::File => key.to_owned(),
    }
}

/// What `sentry.toml` says: texts by key (also the `_file` form of secrets).
#[derive(Clone, Debug, Default)]
pub(super) struct FileValues(HashMap<String, String>);

/// Reads `sentry.toml`: its settings, and its essentials where it lists any.
pub(super) fn read_file(path: &Path) -> Result<(FileValues, Option<Vec<EssentialSettings>>), ConfigError> {
    let refuse = |problem: String| ConfigError::new(path.display().to_string(), problem);
    let text = std::fs::read_to_string(path).map_err(|error| refuse(format!("cannot be read: {error}")))?;
    // Without the line that the parser would quote: it may hold a secret.
    let mut document: toml::Table = text.parse().map_err(|error: toml::de::Error| {
        let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
        refuse(format!("line {}: {}", before.matches('\n').count() + 1, error.message()))
    })?;
    let essentials = match document.remove("essentials") {
        None => None,
        Some(list) => Some(list.try_into().map_err(|error: toml::de::Error| {
            let problem = error.message();
            refuse(format!(
                "[[essentials]]: {problem}; each takes name, display_name, aliases and depends_on"
            ))
        })?),
    };
    let mut values = FileValues::default();
    for (key, value) in document {
        match value {
            toml::Value::Table(table) => {
                for (name, value) in table {
                    values.add(&format!("{key}.{name}"), &value).map_err(refuse)?;
                }
            }
            value => values.add(&key, &value).map_err(refuse)?,
        }
    }
    Ok((values, essentials))
}

impl FileValues {
    fn add(&mut self, key: &str, value: &toml::Value) -> Result<(), String> {
        let Some(setting) = setting::find(key) else {
            return Err(format!("there is no setting `{key}`{}", did_you_mean(key)));
        };
        let text = match (value, setting.kind) {
            (toml::Value::String(text), _) => text.clone(),
            (toml::Value::Integer(number), Kind::Number | Kind::Decimal) => number.to_string(),
            (toml::Value::Float(number), Kind::Decimal) => number.to_string(),
            (_, Kind::Number) => return Err(format!("{key}: write a whole number. {}", setting.doc)),
            (_, Kind::Decimal) => return Err(format!("{key}: write a number. {}", setting.doc)),
            _ => return Err(format!("{key}: write a text in quotes. {}", setting.doc)),
        };
        self.0.insert(key.to_owned(), text);
        Ok(())
    }
}

/// The setting that was most likely meant, or where all are listed.
fn did_you_mean(key: &str) -> String {
    let (nearest, likeness) = SETTINGS
        .iter()
        .map(|setting| (setting.key, strsim::jaro_winkler(key, setting.key)))
        .max_by(|a, b| a.1.total_cmp(&b.1))
        .unwrap_or_default();
    if likeness > 0.8 {
        format!(": did you mean `{nearest}`?")
    } else {
        ": sentry.example.toml lists all that there are".to_owned()
    }
}
