//! A private OpenID Connect provider: npm's `oidc-provider` on loopback and a free port, which
//! ends with the test. Its people, and those whose tokens it spoils, stand in
//! `oidc-provider/accounts.json`.

use reqwest::{Client, Url, redirect};
use std::io::{BufRead, BufReader};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

/// More steps than any sign-in takes.
const MOST_STEPS: usize = 12;

/// A running provider. Dropping it stops it; so does the end of the process, however it comes.
pub struct OidcProvider {
    node: Child,
    issuer: String,
    redirect_url: String,
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
        Self { node, issuer, redirect_url: redirect_url.to_owned() }
    }

    /// What it calls itself.
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// Goes where a browser goes from `url`: signs in as `login`, consents, and stops at our own
    /// address, which this answers with.
    ///
    /// # Panics
    /// The provider does not send the browser back to us.
    pub async fn visit(&self, url: &str, login: &str) -> Url {
        let browser = browser();
        let mut url = Url::parse(url).expect("a URL");
        for _ in 0..MOST_STEPS {
            if url.as_str().starts_with(&self.redirect_url) {
                return url;
            }
            let mut answer = browser.get(url.clone()).send().await.expect("an answer");
            if answer.status().is_success() {
                let page = answer.text().await.expect("a page");
                let prompt = if page.contains(r#"value="login""#) { "login" } else { "consent" };
                let form = [("prompt", prompt), ("login", login), ("password", "any")];
                answer = browser.post(url.clone()).form(&form).send().await.expect("an answer");
            }
            assert!(answer.status().is_redirection(), "{url}: {}", answer.status());
            url = url.join(answer.headers()["location"].to_str().expect("text")).expect("a URL");
        }
        panic!("the provider sends the browser around in circles");
    }
}

/// What a person would come with. Speaks no TLS, which the provider does not either; keeps
/// cookies and follows nothing by itself.
///
/// # Panics
/// There is no TLS library.
pub fn browser() -> Client {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let tls = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("TLS");
    let tls = tls.with_root_certificates(rustls::RootCertStore::empty()).with_no_client_auth();
    let client = Client::builder().use_preconfigured_tls(tls).cookie_store(true);
    client.redirect(redirect::Policy::none()).build().expect("a client")
}

impl Drop for OidcProvider {
    fn drop(&mut self) {
        drop(self.node.stdin.take());
        let _ = self.node.wait();
    }
}
