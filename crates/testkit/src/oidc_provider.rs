//! A private OpenID Connect provider: npm's `oidc-provider` on loopback and a free port, which
//! ends with the test. Its people, and those whose tokens it spoils, stand in
//! `oidc-provider/accounts.json`.

use std::io::{BufRead, BufReader};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// A running provider. Dropping it stops it; so does the end of the process, however it comes.
pub struct OidcProvider {
    node: Child,
    issuer: String,
}

impl OidcProvider {
    /// The clients with a secret.
    pub const CLIENT_IDS: [&str; 2] = ["sentry", "another"];
    /// The client without one.
    pub const PUBLIC_CLIENT_ID: &str = "public";
    /// The secret of those that have one.
    pub const CLIENT_SECRET: &str = "secret-of-the-tests-client-0123456789";

    /// Starts a provider that sends people back to `redirect_url`. Panics where it is not
    /// installed, and says how to.
    pub fn start(redirect_url: &str) -> Self {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("oidc-provider");
        assert!(
            folder.join("node_modules/oidc-provider").exists(),
            "the OpenID Connect provider is not installed: `npm ci` in {}, or `make setup`",
            folder.display()
        );
        let mut node = Command::new("node")
            .arg("server.mjs")
            .arg(redirect_url)
            .current_dir(folder)
            .env("NODE_ENV", "test")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()
            .expect("run node");
        let mut issuer = String::new();
        let output = node.stdout.take().expect("its output");
        BufReader::new(output).read_line(&mut issuer).expect("read its issuer");
        let issuer = issuer.trim().to_owned();
        assert!(issuer.starts_with("http://127.0.0.1:"), "the provider does not start: {issuer:?}");
        Self { node, issuer }
    }

    /// What it calls itself.
    pub fn issuer(&self) -> &str {
        &self.issuer
    }
}

impl Drop for OidcProvider {
    fn drop(&mut self) {
        drop(self.node.stdin.take());
        let _ = self.node.wait();
    }
}
