//! slapd as a process, under a shell that ends it when we end.

use crate::keeper;
use std::io::Write;
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const START_LIMIT: Duration = Duration::from_secs(30);

/// Keeps the server until its input says a word (stop) or ends (we are gone: delete the data
/// too). `-d 0` keeps slapd from leaving for the background.
const KEEPER: &str = r#"
dir=$1; shift
"$@" </dev/null &
pid=$!
echo "$pid" >"$dir/pid"
read -r _ || gone=1
kill -9 "$pid"; wait "$pid"
if [ -n "$gone" ]; then rm -rf "$dir"; fi
"#;

#[derive(Clone, Copy)]
pub(super) struct Ports {
    pub(super) ldap: u16,
    pub(super) ldaps: u16,
}

pub(super) struct Process {
    keeper: Child,
}

/// slapd with its modules and schemas: where set-up unpacks it, else where systems keep it.
struct Installation {
    program: PathBuf,
    modules: PathBuf,
    schema: PathBuf,
}

impl Installation {
    fn find() -> Self {
        let unpacked = keeper::tools().join("slapd");
        let at = |program: PathBuf, modules: &str, schema: &str| {
            let around = program.parent().map(Path::to_path_buf).unwrap_or_default();
            Self { modules: around.join(modules), schema: around.join(schema), program }
        };
        let candidates = [
            at(unpacked.join("slapd"), "modules", "schema"),
            at("/usr/sbin/slapd".into(), "/usr/lib/ldap", "/etc/ldap/schema"),
            at("/usr/sbin/slapd".into(), "/usr/lib64/openldap", "/etc/openldap/schema"),
        ];
        candidates
            .into_iter()
            .find(|candidate| candidate.program.exists() && candidate.schema.exists())
            .unwrap_or_else(|| {
                panic!("OpenLDAP's slapd is not installed: scripts/install/slapd.sh, or `make setup`")
            })
    }
}

/// Writes the configuration and loads `ldif`.
pub(super) fn load(dir: &Path, ldif: &str) {
    let Installation { program, modules, schema } = Installation::find();
    std::fs::create_dir(dir.join("data")).expect("create the data folder");
    let [dir_path, modules, schema] = [dir, &modules, &schema].map(|path| path.display().to_string());
    let config = format!(
        "include {schema}/core.schema\n\
         include {schema}/cosine.schema\n\
         include {schema}/inetorgperson.schema\n\
         modulepath {modules}\n\
         moduleload back_mdb\n\
         TLSCACertificateFile {dir_path}/ca.pem\n\
         TLSCertificateFile {dir_path}/server.pem\n\
         TLSCertificateKeyFile {dir_path}/server.key\n\
         # As careless as a directory may be: a bind without a password succeeds as nobody.\n\
         allow bind_anon_dn\n\
         database mdb\n\
         suffix dc=example,dc=org\n\
         directory {dir_path}/data\n\
         maxsize 16777216\n\
         dbnosync\n\
         index mail,member,objectClass eq\n\
         # People cannot read: whoever forgets to bind as the reader again finds no groups.\n\
         access to attrs=userPassword by anonymous auth by * none\n\
         access to * by dn.exact=cn=reader,dc=example,dc=org read by * none\n"
    );
    std::fs::write(dir.join("slapd.conf"), config).expect("write slapd.conf");
    std::fs::write(dir.join("directory.ldif"), ldif).expect("write directory.ldif");
    let output = Command::new(program)
        .args(["-T", "add", "-f"])
        .arg(dir.join("slapd.conf"))
        .arg("-l")
        .arg(dir.join("directory.ldif"))
        .output()
        .expect("run slapd -T add");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "slapd cannot load the directory: {said}");
}

impl Process {
    pub(super) fn spawn_on_free_ports(dir: &Path) -> (Self, Ports) {
        let mut failure = String::new();
        for _ in 0..5 {
            let free = || TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("find a free port");
            let (ldap, ldaps) = (free(), free());
            let [ldap, ldaps] = [ldap, ldaps].map(|port| port.local_addr().expect("the port").port());
            let ports = Ports { ldap, ldaps };
            match Self::spawn(dir, ports) {
                Ok(process) => return (process, ports),
                Err(message) => failure = message,
            }
        }
        panic!("slapd does not start: {failure}");
    }

    /// Starts the server and waits until it listens.
    fn spawn(dir: &Path, ports: Ports) -> Result<Self, String> {
        let log = std::fs::File::create(dir.join("server.log")).map_err(|error| error.to_string())?;
        let child = Command::new("sh")
            .args(["-c", KEEPER, "sh"])
            .arg(dir)
            .arg(Installation::find().program)
            .args(["-d", "0", "-f"])
            .arg(dir.join("slapd.conf"))
            .arg("-h")
            .arg(format!("ldap://127.0.0.1:{}/ ldaps://127.0.0.1:{}/", ports.ldap, ports.ldaps))
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(log)
            // Not in the terminal's group: Ctrl-C ends us, and that ends it, in order.
            .process_group(0)
            .spawn()
            .map_err(|error| error.to_string())?;
        let process = Self { keeper: child };
        let started = Instant::now();
        let listens = |port| TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_ok();
        while !(listens(ports.ldap) && listens(ports.ldaps)) {
            if started.elapsed() > START_LIMIT || !process.is_alive(dir) {
                process.stop();
                return Err(std::fs::read_to_string(dir.join("server.log")).unwrap_or_default());
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(process)
    }

    /// Whether slapd runs, or the keeper has not started it yet.
    fn is_alive(&self, dir: &Path) -> bool {
        std::fs::read_to_string(dir.join("pid"))
            .is_ok_and(|pid| pid.trim().is_empty() || Path::new("/proc").join(pid.trim()).exists())
            || !dir.join("pid").exists()
    }

    pub(super) fn stop(mut self) {
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
    assert!(status.is_ok_and(|status| status.success()), "cannot send {name} to slapd");
}
