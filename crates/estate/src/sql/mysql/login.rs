//! The password of a pool, which may be an IAM token and then expires.

use super::super::MySqlSettings;
use secrecy::{ExposeSecret, SecretString};
use sqlx::mysql::{MySqlConnectOptions, MySqlPool};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

pub(super) struct Login {
    /// Which database, for the log.
    label: &'static str,
    /// Everything but the password.
    options: MySqlConnectOptions,
    password_file: Option<PathBuf>,
    password: Mutex<Password>,
    rejected: AtomicBool,
}

struct Password {
    text: SecretString,
    /// How often it was replaced.
    generation: u64,
}

impl Login {
    pub(super) fn new(label: &'static str, settings: &MySqlSettings, options: MySqlConnectOptions) -> Self {
        Self {
            label,
            options,
            password_file: settings.password_file.clone(),
            password: Mutex::new(Password { text: settings.password.clone(), generation: 0 }),
            rejected: AtomicBool::new(false),
        }
    }

    /// Options with the current password.
    pub(super) fn options(&self) -> MySqlConnectOptions {
        self.options.clone().password(self.password().text.expose_secret())
    }

    /// Which password is current: what to give to [`Self::renew`].
    pub(super) fn generation(&self) -> u64 {
        self.password().generation
    }

    /// Replaces the password of `generation`, which was rejected, by a new content of the
    /// password file. False where there is nothing new to try.
    pub(super) fn renew(&self, generation: u64, pool: &MySqlPool) -> bool {
        let mut password = self.password();
        if password.generation != generation {
            return true;
        }
        let Some(path) = &self.password_file else {
            return false;
        };
        let text = match std::fs::read_to_string(path) {
            Ok(text) => SecretString::from(text.trim_end_matches(['\r', '\n'])),
            Err(error) if self.rejected.load(Ordering::Relaxed) => {
                tracing::debug!(%error, path = %path.display(), "RDS_PASSWORD_FILE still cannot be read");
                return false;
            }
            Err(error) => {
                tracing::warn!(%error, path = %path.display(), "RDS_PASSWORD_FILE cannot be read");
                return false;
            }
        };
        if text.expose_secret() == password.text.expose_secret() {
            return false;
        }
        pool.set_connect_options(self.options.clone().password(text.expose_secret()));
        *password = Password { text, generation: generation + 1 };
        true
    }

    /// Logs the end of a time of rejected logins.
    pub(super) fn note_accepted(&self) {
        if self.rejected.swap(false, Ordering::Relaxed) {
            tracing::info!(database = self.label, "{}: login accepted again", self.label);
        }
    }

    /// Logs the begin of a time of rejected logins.
    pub(super) fn note_rejected(&self) {
        if !self.rejected.swap(true, Ordering::Relaxed) {
            tracing::error!(
                database = self.label,
                "{}: login rejected; token expired: regenerate it (RDS_PASSWORD, RDS_PASSWORD_FILE)",
                self.label
            );
        }
    }

    fn password(&self) -> MutexGuard<'_, Password> {
        self.password.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
