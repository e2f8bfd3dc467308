//! A server's process under a shell that ends it when we end.

use std::ffi::OsString;
use std::io::Write;
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const START_LIMIT: Duration = Duration::from_secs(30);

/// Keeps the server until it ends, or until its own input says with which signal to end it; where
/// the input just ends we are gone, and the folder goes too.
const KEEPER: &str = r#"
dir=$1; shift
exec 3<&0
"$@" 3<&- </dev/null >"$dir/server.log" 2>&1 &
server=$!
{
    read -r signal <&3 || : >"$dir/abandoned"
    kill -s "${signal:-KILL}" "$server"
} &
listener=$!
wait "$server"
kill "$listener" 2>/dev/null
if [ -e "$dir/abandoned" ]; then rm -rf "$dir"; fi
"#;

/// How a server is ended.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Signal {
    /// In order.
    Term,
    /// At once, as a crash would.
    Kill,
}

/// A running server.
pub(crate) struct Keeper {
    shell: Child,
}

impl Keeper {
    /// Starts a server on a free port and waits until it is ready: `command` and `is_ready` are
    /// told the port. A panic with the server's own words where it does not start.
    pub(crate) fn start(
        dir: &Path,
        command: impl Fn(u16) -> Vec<OsString>,
        is_ready: impl Fn(u16) -> bool,
    ) -> (Self, u16) {
        let mut failure = String::new();
        // Another process may take the port that was free a moment ago.
        for _ in 0..3 {
            let free = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("find a free port");
            let port = free.local_addr().expect("the port").port();
            drop(free);
            match Self::start_again(dir, &command(port), || is_ready(port)) {
                Ok(keeper) => return (keeper, port),
                Err(log) => failure = log,
            }
        }
        panic!("{:?} does not start: {failure}", command(0));
    }

    /// Starts a server in a folder that has its data, and waits until it is ready; else its log.
    pub(crate) fn start_again(
        dir: &Path,
        command: &[OsString],
        is_ready: impl Fn() -> bool,
    ) -> Result<Self, String> {
        let shell = Command::new("sh")
            .args(["-c", KEEPER, "sh"])
            .arg(dir)
            .args(command)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            // Not in the terminal's group: Ctrl-C ends us, and that ends it.
            .process_group(0)
            .spawn()
            .map_err(|error| error.to_string())?;
        let mut keeper = Self { shell };
        let started = Instant::now();
        while !is_ready() {
            let has_ended = keeper.shell.try_wait().is_ok_and(|status| status.is_some());
            if has_ended || started.elapsed() > START_LIMIT {
                keeper.end(Signal::Kill);
                return Err(std::fs::read_to_string(dir.join("server.log")).unwrap_or_default());
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        Ok(keeper)
    }

    /// Ends the server at once and deletes its folder.
    pub(crate) fn abandon(mut self) {
        drop(self.shell.stdin.take());
        let _ = self.shell.wait();
    }

    /// Ends the server and keeps its data.
    pub(crate) fn end(mut self, signal: Signal) {
        let name: &[u8] = match signal {
            Signal::Term => b"TERM\n",
            Signal::Kill => b"KILL\n",
        };
        if let Some(mut input) = self.shell.stdin.take() {
            let _ = input.write_all(name);
        }
        let _ = self.shell.wait();
    }
}

/// Where set-up puts tools: the same as in scripts/lib/tools.sh.
#[allow(clippy::disallowed_methods)] // the same variables as there
pub(crate) fn tools() -> PathBuf {
    let var = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty()).map(PathBuf::from);
    let cache = || var("XDG_CACHE_HOME").or_else(|| var("HOME").map(|home| home.join(".cache")));
    let tools = var("SENTRY_TOOLS").or_else(|| cache().map(|cache| cache.join("sentry-tools")));
    tools.unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[should_panic(expected = "out of luck")]
    fn a_server_that_does_not_start_is_quoted() {
        let dir = tempfile::tempdir().unwrap();
        let command = |_| ["sh", "-c", "echo out of luck >&2; exit 1"].map(OsString::from).into();
        Keeper::start(dir.path(), command, |_| false);
    }

    #[test]
    fn only_an_abandoned_folder_goes() {
        let dir = tempfile::tempdir().unwrap().keep();
        let start = || {
            let command = ["sh", "-c", "echo; exec sleep 60"].map(OsString::from);
            let has_begun = || std::fs::read(dir.join("server.log")).is_ok_and(|log| !log.is_empty());
            Keeper::start_again(&dir, &command, has_begun).unwrap()
        };
        start().end(Signal::Term);
        start().end(Signal::Kill);
        assert!(dir.exists());
        start().abandon();
        assert!(!dir.exists());
    }
}
