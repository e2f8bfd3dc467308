//! Login through the form of ADFS (Active Directory Federation Services): the catalog
//! redirects to a page with a form, the form's answer redirects back with a session cookie.

use super::LenzLimits;
use super::http::{Http, Page, is_private};
use super::login_form::find_login_form;
use crate::error::SourceError;
use reqwest::{StatusCode, Url};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::time::Instant;
use tokio::sync::Mutex;

/// Domain of a user name that names none.
const DEFAULT_DOMAIN: &str = "NAEAST";

/// A session that is kept, and renewed once when it has expired.
#[derive(Debug)]
pub(super) struct AdfsSession {
    http: Http,
    base: Url,
    username: String,
    password: SecretString,
    limits: LenzLimits,
    /// How many logins succeeded.
    logins: AtomicU64,
    /// Held while logging in; when a login was last refused.
    refused_at: Mutex<Option<Instant>>,
}

impl AdfsSession {
    pub(super) fn new(
        http: Http,
        base: Url,
        username: &str,
        password: SecretString,
        limits: LenzLimits,
    ) -> Self {
        let username = match username.contains(['\\', '@']) {
            true => username.to_owned(),
            false => format!("{DEFAULT_DOMAIN}\\{username}"),
        };
        let (logins, refused_at) = (AtomicU64::new(0), Mutex::new(None));
        Self { http, base, username, password, limits, logins, refused_at }
    }

    /// The JSON at `url`, logging in at most once.
    pub(super) async fn get(&self, url: Url) -> Result<Value, SourceError> {
        let logins = self.logins.load(SeqCst);
        if logins > 0
            && let Some(answer) = self.probe(&url).await?
        {
            return Ok(answer);
        }
        let mut refused_at = self.refused_at.lock().await;
        if self.logins.load(SeqCst) > logins
            && let Some(answer) = self.probe(&url).await?
        {
            return Ok(answer);
        }
        if refused_at.is_some_and(|at| at.elapsed() < self.limits.refused_hold) {
            let hold = "a login was refused a short while ago; none is tried again for now";
            return Err(SourceError::CredentialsRejected(hold.into()));
        }
        let result = self.log_in(url).await;
        match &result {
            // Both need a session.
            Ok(_) | Err(SourceError::UnknownName) => {
                self.logins.fetch_add(1, SeqCst);
                *refused_at = None;
            }
            Err(SourceError::CredentialsRejected(_)) => *refused_at = Some(Instant::now()),
            Err(_) => {}
        }
        result
    }

    /// The JSON at `url`, while the session holds; nothing where a login is wanted.
    async fn probe(&self, url: &Url) -> Result<Option<Value>, SourceError> {
        let page = self.http.probe(url.clone()).await?;
        let wants_login = page.status.is_success()
            || page.status.is_redirection()
            || matches!(page.status, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN);
        match page.json() {
            Some(answer) => Ok(Some(answer)),
            None if wants_login => Ok(None),
            None => page.into_json().map(Some),
        }
    }

    async fn log_in(&self, url: Url) -> Result<Value, SourceError> {
        let page = self.http.get(url.clone()).await?;
        if let Some(answer) = page.json() {
            return Ok(answer);
        }
        if page.status == StatusCode::NOT_FOUND && page.url.origin() == self.base.origin() {
            return page.into_json(); // an earlier login still holds: this is about the name
        }
        page.check_status()?;
        let answer = self.send_form(&page).await?;
        if let Some(answer) = answer.json() {
            return Ok(answer);
        }
        answer.check_status_of_login()?;
        if answer.url.origin() == self.base.origin() {
            let page = self.http.probe(url).await?;
            if let Some(answer) = page.json() {
                return Ok(answer);
            }
            let wants_login = matches!(page.status, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN);
            if !page.status.is_success() && !page.status.is_redirection() && !wants_login {
                return page.into_json(); // logged in: this fault is about the name that was asked for
            }
        }
        Err(SourceError::CredentialsRejected("the login form came back without a session".into()))
    }

    async fn send_form(&self, page: &Page) -> Result<Page, SourceError> {
        let html = String::from_utf8_lossy(&page.body);
        let form = find_login_form(&page.url, &html).ok_or_else(|| SourceError::Malformed {
            what: "neither JSON nor a page with a login form".to_owned(),
        })?;
        if form.action.origin() != page.url.origin() || !is_private(&form.action) {
            let why = "its login form would send the password to another place or in clear";
            return Err(SourceError::Refused(why.into()));
        }
        let mut fields = form.hidden;
        let given = ["UserName", "Password", "AuthMethod"];
        fields.retain(|(name, _)| !given.contains(&name.as_str()));
        let values = [&self.username, self.password.expose_secret(), "FormsAuthentication"];
        fields.extend(given.iter().zip(values).map(|(name, value)| ((*name).to_owned(), value.to_owned())));
        self.http.post_form(form.action, &fields).await
    }
}

impl Page {
    /// Refuses the answer to a login form where the server itself failed.
    fn check_status_of_login(&self) -> Result<(), SourceError> {
        match self.status.is_server_error() {
            true => self.check_status(),
            false => Ok(()),
        }
    }
}
