//! The server on a port, with the time of day, for programs that are not ours.

use model::{Clock, Origin, Scope};
use server::serve::serve;
use server::state::Shutdown;
use service::settings::TelemetrySettings;
use service::{Presented, Settings, SourceSettings};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use testkit::app::TestApp;
use tokio::net::TcpListener;
use tokio::sync::watch;

/// What was installed into an environment of Python, and how.
pub(crate) struct Python {
    /// Its name under `target/python`.
    pub(crate) name: &'static str,
    /// The folder with its list.
    pub(crate) list: &'static str,
}

/// The project's folder.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize().unwrap()
}

impl Python {
    /// A command that runs it in `folder`, and leaves nothing there.
    pub(crate) fn command(&self, folder: &str) -> Command {
        let place = root().join("target/python").join(self.name);
        assert!(
            place.join(".installed-list").exists(),
            "{0} is not installed: `scripts/install/python-parts.sh {0} {1}`, or `make setup`",
            self.list,
            self.name
        );
        let mut command = Command::new(place.join("bin/python"));
        command.current_dir(root().join(folder)).env("PYTHONDONTWRITEBYTECODE", "1");
        // A test must not depend on what whoever runs it has set.
        for name in ["OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_SERVICE_NAME", "OTEL_RESOURCE_ATTRIBUTES"] {
            command.env_remove(name);
        }
        command
    }
}

/// Runs a program to its end; what it printed.
///
/// # Panics
/// It fails; with what it said.
pub(crate) async fn run(mut command: Command) -> String {
    let ran = tokio::task::spawn_blocking(move || {
        let output = command.stdin(Stdio::null()).output();
        (format!("{command:?}"), output)
    });
    let (command, output) = ran.await.unwrap();
    let output = output.unwrap_or_else(|error| panic!("{command}: {error}"));
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command}: {}\n{printed}\n{said}", output.status);
    printed
}

/// A server that programs can reach.
pub(crate) struct Served {
    pub(crate) app: TestApp,
    /// Its address, without a slash at the end.
    pub(crate) url: String,
    /// A key that sends and reads.
    pub(crate) key: String,
    _switch: watch::Sender<bool>,
}

impl Served {
    /// A server on the demo estate, with prices of its own.
    pub(crate) async fn start(prices: Option<&str>) -> Self {
        let data = tempfile::tempdir().unwrap();
        let mut settings = Settings::new(SourceSettings::Demo { seed: 1 }, "TEST", data.path().to_owned());
        if let Some(prices) = prices {
            let file = data.path().join("prices.toml");
            std::fs::write(&file, prices).unwrap();
            let kept = TelemetrySettings::new(data.path().to_owned());
            settings.telemetry = TelemetrySettings { prices: Some(file), ..kept };
        }
        let app = TestApp::start_with(settings, data, Clock::system(), Path::new("/nonexistent")).await;
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (switch, shutdown) = Shutdown::new();
        tokio::spawn(serve(listener, app.router(), shutdown));
        let nobody = app.service.identify(Presented::Nothing, None, Origin::default()).await.unwrap();
        let owner = nobody.actor;
        let scopes = BTreeSet::from([Scope::Ingest, Scope::Read]);
        let key = app.service.create_key(&owner, "clients", scopes, None).await.unwrap().text;
        Self { app, url, key, _switch: switch }
    }
}
