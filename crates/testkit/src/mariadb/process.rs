//! The server as a process, under a shell that ends it when we end.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const START_LIMIT: Duration = Duration::from_secs(60);

/// Keeps the server until its input ends (we are gone: delete the data too) or says a word
/// (stop, keep the data). Debian keeps servers in `sbin`, which is not on everyone's PATH.
const KEEPER: &str = r#"
PATH="$PATH:/usr/sbin:/usr/local/sbin"
dir=$1; shift
"$@" </dev/null &
pid=$!
if read -r _; then
    kill "$pid"; wait "$pid"
else
    kill -9 "$pid"; wait "$pid"; rm -rf "$dir"
fi
"#;

/// Prints, for root, the ordinary user to run as: mariadbd refuses to be root.
const ORDINARY_USER: &str = r#"[ "$(id -u)" = 0 ] && { id -un mysql 2>/dev/null || id -un nobody; }"#;

pub(super) struct Process {
    keeper: Child,
}

/// Makes a new data folder and returns the folder around it.
pub(super) fn initialise() -> PathBuf {
    let installed = shell("command -v mariadbd && command -v mariadb-install-db");
    assert!(
        installed.is_some(),
        "MariaDB is not installed: `apt-get install mariadb-server` (Debian, Ubuntu), \
         `dnf install mariadb-server` (Fedora) or `brew install mariadb` (macOS)"
    );
    let dir = tempfile::Builder::new().prefix("sentry-mariadb-").tempdir().expect("create a folder").keep();
    std::fs::set_permissions(&dir, std::fs::Permissions::from_mode(0o755)).expect("open the folder");
    let mut command = Command::new("sh");
    command.args(["-c", r#"PATH="$PATH:/usr/sbin:/usr/local/sbin"; exec "$@""#, "sh", "mariadb-install-db"]);
    command.args(["--no-defaults", "--skip-test-db", "--skip-name-resolve"]);
    command.arg(format!("--datadir={}", dir.join("data").display()));
    if let Some(user) = shell(ORDINARY_USER) {
        let owned = Command::new("chown").arg(&user).arg(&dir).status();
        assert!(owned.is_ok_and(|status| status.success()), "cannot give {} to {user}", dir.display());
        command.arg(format!("--user={user}"));
    }
    let output = command.output().expect("run mariadb-install-db");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "mariadb-install-db failed: {said}");
    dir
}

impl Process {
    pub(super) fn spawn_on_free_port(dir: &Path, options: &[String]) -> (Self, u16) {
        let mut failure = String::new();
        for _ in 0..5 {
            let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("find a free port");
            let port = listener.local_addr().expect("the port").port();
            drop(listener);
            match Self::spawn(dir, port, options) {
                Ok(process) => return (process, port),
                Err(message) => failure = message,
            }
        }
        panic!("mariadbd does not start: {failure}");
    }

    /// Starts the server and waits until it greets.
    pub(super) fn spawn(dir: &Path, port: u16, options: &[String]) -> Result<Self, String> {
        let log = std::fs::File::create(dir.join("server.log")).map_err(|error| error.to_string())?;
        let path = |file: &str| dir.join(file).display().to_string();
        let mut command = Command::new("sh");
        command.args(["-c", KEEPER, "sh"]).arg(dir).args(["mariadbd", "--no-defaults"]).args([
            format!("--datadir={}", path("data")),
            format!("--socket={}", path("socket")),
            format!("--pid-file={}", path("pid")),
            format!("--init-file={}", path("init.sql")),
            format!("--ssl-ca={}", path("ca.pem")),
            format!("--ssl-cert={}", path("server.pem")),
            format!("--ssl-key={}", path("server.key")),
            format!("--port={port}"),
        ]);
        command.args([
            "--bind-address=127.0.0.1",
            "--require-secure-transport=ON",
            "--skip-name-resolve",
            // Neither UTC nor ours: what forgets the session's zone shows.
            "--default-time-zone=+05:30",
            "--character-set-server=utf8mb4",
            // A test's data need not survive a power cut.
            "--innodb-flush-log-at-trx-commit=0",
            "--innodb-flush-method=nosync",
        ]);
        if let Some(user) = shell(ORDINARY_USER) {
            command.arg(format!("--user={user}"));
        }
        command.args(options);
        let child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(log)
            // Not in the terminal's group: Ctrl-C ends us, and that ends it, in order.
            .process_group(0)
            .spawn()
            .map_err(|error| error.to_string())?;
        let mut process = Self { keeper: child };
        process.wait_for_greeting(dir, port)?;
        Ok(process)
    }

    fn wait_for_greeting(&mut self, dir: &Path, port: u16) -> Result<(), String> {
        let started = Instant::now();
        loop {
            let mut greeting = [0; 5];
            let greets = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_ok_and(|mut stream| {
                let limited = stream.set_read_timeout(Some(START_LIMIT));
                limited.is_ok() && stream.read_exact(&mut greeting).is_ok()
            });
            let log = || std::fs::read_to_string(dir.join("server.log")).unwrap_or_default();
            if greets {
                return Ok(());
            }
            if started.elapsed() > START_LIMIT || log().contains("[ERROR] Aborting") {
                self.end();
                return Err(log());
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Stops the server in order and keeps its data.
    pub(super) fn stop(mut self) {
        self.end();
    }

    fn end(&mut self) {
        if let Some(mut input) = self.keeper.stdin.take() {
            let _ = input.write_all(b"stop\n");
        }
        let _ = self.keeper.wait();
    }
}

/// Sends a signal to the server of `dir`.
pub(super) fn signal(dir: &Path, name: &str) {
    let script = r#"kill -s "$1" "$(cat "$2/pid")""#;
    let status = Command::new("sh").args(["-c", script, "sh", name]).arg(dir).status();
    assert!(status.is_ok_and(|status| status.success()), "cannot send {name} to mariadbd");
}

fn shell(script: &str) -> Option<String> {
    let script = format!(r#"PATH="$PATH:/usr/sbin:/usr/local/sbin"; {script}"#);
    let output = Command::new("sh").args(["-c", &script]).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    output.status.success().then(|| text.trim().to_owned())
}
