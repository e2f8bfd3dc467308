//! A private directory: OpenLDAP's `slapd` on loopback and free ports, with TLS, which ends
//! with the test. Its people and groups stand in `slapd/directory.ldif`.

mod process;

use crate::mariadb::certificates;
use process::Process;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

const DIRECTORY: &str = include_str!("slapd/directory.ldif");

/// A running directory. Dropping it stops it and deletes its data; so does the end of the
/// process, however it comes.
pub struct Slapd {
    dir: PathBuf,
    ports: process::Ports,
    process: Mutex<Option<Process>>,
}

impl Slapd {
    /// The account that may search.
    pub const READER_DN: &str = "cn=reader,dc=example,dc=org";
    /// Its password.
    pub const READER_PASSWORD: &str = "reader-of-a-test";
    /// Where people are.
    pub const USER_BASE: &str = "ou=people,dc=example,dc=org";
    /// Where groups are.
    pub const GROUP_BASE: &str = "ou=groups,dc=example,dc=org";

    /// Starts a directory. Panics where slapd is not installed, and says how to.
    pub fn start() -> Self {
        let dir = tempfile::Builder::new().prefix("sentry-slapd-").tempdir().expect("create a folder").keep();
        certificates::write(&dir, &["127.0.0.1", "localhost"]);
        process::load(&dir, DIRECTORY);
        let (process, ports) = Process::spawn_on_free_ports(&dir);
        Self { dir, ports, process: Mutex::new(Some(process)) }
    }

    /// Its URL with TLS from the first byte on.
    pub fn ldaps_url(&self) -> String {
        format!("ldaps://127.0.0.1:{}", self.ports.ldaps)
    }

    /// Its URL without TLS, where `StartTLS` changes to it.
    pub fn ldap_url(&self) -> String {
        format!("ldap://127.0.0.1:{}", self.ports.ldap)
    }

    /// The authority that issued its certificate.
    pub fn pem_path(&self) -> PathBuf {
        self.dir.join("ca.pem")
    }

    /// An authority that did not.
    pub fn foreign_pem_path(&self) -> PathBuf {
        self.dir.join("foreign-ca.pem")
    }

    /// Stops it.
    pub fn stop(&self) {
        if let Some(process) = self.process.lock().unwrap_or_else(PoisonError::into_inner).take() {
            process.stop();
        }
    }

    /// Makes it fall silent: it keeps its connections and answers nothing.
    pub fn freeze(&self) {
        process::signal(&self.dir, "STOP");
    }

    /// Lets a frozen directory go on.
    pub fn thaw(&self) {
        process::signal(&self.dir, "CONT");
    }
}

impl Drop for Slapd {
    fn drop(&mut self) {
        self.stop();
        let _ = std::fs::remove_dir_all(&self.dir);
    }
}
