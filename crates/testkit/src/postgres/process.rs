//! The server as a process, under a shell that ends it when we end.

use std::io::Write;
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const START_LIMIT: Duration = Duration::from_secs(60);

/// Keeps the server until its input ends (we are gone: delete the data too) or says a word
/// (stop in order, keep the data).
const KEEPER: &str = r#"
dir=$1; shift
"$@" </dev/null &
pid=$!
if read -r _; then
    kill -s INT "$pid"; wait "$pid"
else
    kill -s QUIT "$pid"; wait "$pid"; rm -rf "$dir"
fi
"#;

/// Prints the folder of the server's programs: Debian keeps them apart, by version.
const PROGRAMS: &str = r#"
found=$(command -v initdb) && { dirname "$found"; exit; }
ls -d /usr/lib/postgresql/*/bin /usr/pgsql-*/bin 2>/dev/null | sort -V | tail -n 1 | grep .
"#;

/// Prints, for root, the ordinary user to run as, `UID:GID`: PostgreSQL refuses to be root.
const ORDINARY_USER: &str = r#"
[ "$(id -u)" = 0 ] || exit
user=postgres; id "$user" >/dev/null 2>&1 || user=nobody
echo "$(id -u "$user"):$(id -g "$user")"
"#;

pub(super) struct Process {
    keeper: Child,
}

/// Makes a new data folder and returns the folder around it.
pub(super) fn initialise(admin_password: &str) -> PathBuf {
    let dir = tempfile::Builder::new().prefix("sentry-postgres-").tempdir().expect("create a folder").keep();
    std::fs::set_permissions(&dir, std::fs::Permissions::from_mode(0o755)).expect("open the folder");
    let password = dir.join("password");
    std::fs::write(&password, admin_password).expect("write the password");
    if let Some(user) = shell(ORDINARY_USER) {
        let owned = Command::new("chown").arg("-R").arg(&user).arg(&dir).status();
        assert!(owned.is_ok_and(|status| status.success()), "cannot give {} to {user}", dir.display());
    }
    let [program, arguments @ ..] = &program("initdb")[..] else { unreachable!("a program") };
    let output = Command::new(program)
        .args(arguments)
        .args([
            "--username=admin",
            "--auth=scram-sha-256",
            "--encoding=UTF8",
            "--locale=C.UTF-8",
            "--no-sync",
        ])
        .arg(format!("--pwfile={}", password.display()))
        .arg(format!("--pgdata={}", dir.join("data").display()))
        .current_dir(&dir)
        .output()
        .expect("run initdb");
    assert!(output.status.success(), "initdb failed: {}", String::from_utf8_lossy(&output.stderr));
    dir
}

impl Process {
    pub(super) fn spawn_on_free_port(dir: &Path) -> (Self, u16) {
        let mut failure = String::new();
        for _ in 0..5 {
            let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("find a free port");
            let port = listener.local_addr().expect("the port").port();
            drop(listener);
            match Self::spawn(dir, port) {
                Ok(process) => return (process, port),
                Err(message) => failure = message,
            }
        }
        panic!("postgres does not start: {failure}");
    }

    /// Starts the server and waits until it takes connections.
    pub(super) fn spawn(dir: &Path, port: u16) -> Result<Self, String> {
        let log = std::fs::File::create(dir.join("server.log")).map_err(|error| error.to_string())?;
        let mut command = Command::new("sh");
        command.args(["-c", KEEPER, "sh"]).arg(dir).args(program("postgres"));
        command.arg("-D").arg(dir.join("data"));
        for option in [
            "listen_addresses=127.0.0.1".to_owned(),
            format!("port={port}"),
            format!("unix_socket_directories={}", dir.display()),
            "max_connections=300".to_owned(),
            // Neither UTC nor ours: what forgets the session's zone shows.
            "timezone=Asia/Kolkata".to_owned(),
            "lc_messages=C".to_owned(),
            // A test's data need not survive a power cut.
            "fsync=off".to_owned(),
        ] {
            command.arg("-c").arg(option);
        }
        let child = command
            .current_dir(dir)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(log)
            // Not in the terminal's group: Ctrl-C ends us, and that ends it, in order.
            .process_group(0)
            .spawn()
            .map_err(|error| error.to_string())?;
        let mut process = Self { keeper: child };
        process.wait_until_ready(dir)?;
        Ok(process)
    }

    fn wait_until_ready(&mut self, dir: &Path) -> Result<(), String> {
        let started = Instant::now();
        loop {
            let log = std::fs::read_to_string(dir.join("server.log")).unwrap_or_default();
            if log.contains("database system is ready to accept connections") {
                return Ok(());
            }
            if started.elapsed() > START_LIMIT || log.contains("FATAL:  could not") {
                self.end();
                return Err(log);
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

/// One of the server's programs, as a command of an ordinary user.
fn program(name: &str) -> Vec<String> {
    let Some(programs) = shell(PROGRAMS) else {
        panic!(
            "PostgreSQL is not installed: `apt-get install postgresql` (Debian, Ubuntu), \
             `dnf install postgresql-server` (Fedora) or `brew install postgresql` (macOS)"
        )
    };
    let user = shell(ORDINARY_USER);
    let mut command = match user.as_deref().and_then(|user| user.split_once(':')) {
        Some((user, group)) => {
            ["setpriv", "--reuid", user, "--regid", group, "--clear-groups"].map(str::to_owned).into()
        }
        None => Vec::new(),
    };
    command.push(format!("{programs}/{name}"));
    command
}

fn shell(script: &str) -> Option<String> {
    let output = Command::new("sh").args(["-c", script]).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    let text = text.trim();
    (output.status.success() && !text.is_empty()).then(|| text.to_owned())
}
