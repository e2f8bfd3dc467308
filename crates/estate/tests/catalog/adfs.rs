//! The ADFS login form: redirects, hidden fields, a session that expires.

use super::server::{Listening, answer, client, limits};
use axum::extract::{Form, Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::get;
use axum::{Router, response::AppendHeaders};
use estate::SourceError;
use estate::catalog::{LenzAuth, LenzClient, LenzLimits, LenzSettings};
use model::EssentialName;
use serde_json::json;
use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// A catalog behind a login server of another origin (`localhost`, where the catalog is `127.0.0.1`).
struct Adfs {
    base_url: String,
    state: Arc<Mutex<Steering>>,
    _catalog: Listening,
    _login: Listening,
}

#[derive(Default)]
struct Steering {
    catalog: String,
    login: String,
    /// The session that is good now; none before the first login.
    session: u32,
    forms: Vec<HashMap<String, String>>,
    definitions: usize,
    /// Whether a login leads to the start page in place of what was asked for.
    leads_home: bool,
    /// In place of the form's own address.
    action: Option<String>,
    failing: bool,
    /// A name that the catalog does not know.
    unknown: &'static str,
}

type Shared = State<Arc<Mutex<Steering>>>;

impl Adfs {
    async fn start() -> Self {
        let state = Arc::new(Mutex::new(Steering::default()));
        let catalog = Router::new()
            .route("/def", get(definition))
            .route("/signed-in", get(signed_in))
            .route("/home", get(|| async { Html("<h1>Lenz</h1>") }))
            .with_state(state.clone());
        let login = Router::new().route("/adfs/ls/", get(login_page).post(log_in)).with_state(state.clone());
        let (catalog, login) = (Listening::start(catalog).await, Listening::start(login).await);
        let base_url = format!("http://{}", catalog.address);
        {
            let mut state = state.lock().unwrap();
            state.catalog.clone_from(&base_url);
            state.login = format!("http://localhost:{}", login.address.port());
        }
        Self { base_url, state, _catalog: catalog, _login: login }
    }

    fn steer(&self, change: impl FnOnce(&mut Steering)) {
        change(&mut self.state.lock().unwrap());
    }

    fn logins(&self) -> usize {
        self.state.lock().unwrap().forms.len()
    }

    fn client(&self, username: &str, password: &str) -> LenzClient {
        let auth = LenzAuth::AdfsForm { username: username.to_owned(), password: password.to_owned().into() };
        client(&self.base_url, auth)
    }
}

async fn definition(
    State(state): Shared,
    Query(query): Query<HashMap<String, String>>,
    headers: HeaderMap,
) -> Response {
    let mut state = state.lock().unwrap();
    state.definitions += 1;
    if state.failing {
        return StatusCode::BAD_GATEWAY.into_response();
    }
    let cookie = headers.get(header::COOKIE).and_then(|cookie| cookie.to_str().ok()).unwrap_or_default();
    let name = &query["name"];
    if state.session > 0 && cookie.contains(&format!("session={}", state.session)) {
        if name == state.unknown {
            return StatusCode::NOT_FOUND.into_response();
        }
        return answer(name, json!([])).to_string().into_response();
    }
    Redirect::to(&format!("{}/adfs/ls/?for={name}", state.login)).into_response()
}

async fn login_page(State(state): Shared, Query(query): Query<HashMap<String, String>>) -> Html<String> {
    let own = format!("/adfs/ls/?for={}&amp;step=2", query["for"]);
    let action = state.lock().unwrap().action.clone().unwrap_or(own);
    Html(format!(
        r#"<!DOCTYPE html><html><body><form method="post" action="{action}">
        <input type="hidden" name="Context" value="a&amp;b"><input value="x=1" name="State" type="hidden">
        <input name="UserName"><input name="Password" type="password"></form></body></html>"#
    ))
}

async fn log_in(
    State(state): Shared,
    Query(query): Query<HashMap<String, String>>,
    Form(form): Form<HashMap<String, String>>,
) -> Response {
    let good = [
        ("UserName", r"NAEAST\ops"),
        ("Password", "p&ss w=rd"),
        ("AuthMethod", "FormsAuthentication"),
        ("Context", "a&b"),
        ("State", "x=1"),
    ];
    let mut state = state.lock().unwrap();
    let is_good = query.get("step").is_some_and(|step| step == "2")
        && form.len() == good.len()
        && good.iter().all(|(field, value)| form.get(*field).is_some_and(|given| given == value));
    state.forms.push(form);
    if !is_good {
        return Html("<form><p>Wrong password.</p><input type=password></form>").into_response();
    }
    state.session += 1;
    Redirect::to(&format!("{}/signed-in?for={}", state.catalog, query["for"])).into_response()
}

async fn signed_in(State(state): Shared, Query(query): Query<HashMap<String, String>>) -> Response {
    let state = state.lock().unwrap();
    let cookie =
        AppendHeaders([(header::SET_COOKIE, format!("session={}; HttpOnly; Path=/", state.session))]);
    let to = if state.leads_home { "/home".to_owned() } else { format!("/def?name={}", query["for"]) };
    (cookie, Redirect::to(&to)).into_response()
}

fn name(text: &str) -> EssentialName {
    EssentialName::new(text)
}

#[tokio::test]
async fn logs_in_once_and_keeps_the_session() {
    let server = Adfs::start().await;
    let lenz = server.client("ops", "p&ss w=rd");
    for essential in ["A", "B", "C"] {
        let found = lenz.get_definition(&name(essential)).await.unwrap();
        assert_eq!(found["GLOBAL"][essential]["essentialName"], essential);
    }
    assert_eq!(server.logins(), 1);
}

#[tokio::test]
async fn a_session_that_expired_is_renewed_once() {
    let server = Adfs::start().await;
    let lenz = server.client("ops", "p&ss w=rd");
    lenz.get_definition(&name("A")).await.unwrap();
    server.steer(|state| state.session += 100);
    lenz.get_definition(&name("A")).await.unwrap();
    assert_eq!(server.logins(), 2);
    lenz.get_definition(&name("B")).await.unwrap();
    assert_eq!(server.logins(), 2);
}

#[tokio::test]
async fn a_login_that_leads_to_the_start_page_is_followed_by_the_call() {
    let server = Adfs::start().await;
    server.steer(|state| state.leads_home = true);
    let found = server.client(r"NAEAST\ops", "p&ss w=rd").get_definition(&name("A")).await.unwrap();
    assert_eq!(found["GLOBAL"]["A"]["essentialName"], "A");
    assert_eq!(server.logins(), 1);
}

#[tokio::test]
async fn calls_at_the_same_time_share_a_login() {
    let server = Adfs::start().await;
    let lenz = server.client("ops", "p&ss w=rd");
    let calls = ["A", "B", "C", "D", "E", "F"].map(name);
    let answers = futures::future::join_all(calls.iter().map(|name| lenz.get_definition(name))).await;
    assert!(answers.iter().all(Result::is_ok), "{answers:?}");
    assert_eq!(server.logins(), 1);
}

#[tokio::test]
async fn a_wrong_password_is_tried_once_so_that_no_account_is_locked() {
    let server = Adfs::start().await;
    let lenz = server.client("ops", "wrong");
    for essential in ["A", "B", "C"] {
        let error = lenz.get_definition(&name(essential)).await.unwrap_err();
        assert!(matches!(error, SourceError::CredentialsRejected(_)), "{error:?}");
        assert_eq!(error.to_string(), "login refused: check LENZ_USERNAME and LENZ_PASSWORD");
    }
    assert_eq!(server.logins(), 1);

    let auth = LenzAuth::AdfsForm { username: "ops".to_owned(), password: "wrong".to_owned().into() };
    let settings = LenzSettings { base_url: server.base_url.clone(), auth };
    let limits = LenzLimits { refused_hold: Duration::ZERO, ..limits() };
    let lenz = LenzClient::with_limits(settings, limits).unwrap();
    for _ in 0..2 {
        lenz.get_definition(&name("A")).await.unwrap_err();
    }
    assert_eq!(server.logins(), 3, "after the hold it is tried again");
}

#[tokio::test]
async fn a_user_name_with_its_own_domain_stays_as_it_is() {
    for given in [r"OTHER\ops", "ops@example.com"] {
        let server = Adfs::start().await;
        server.client(given, "p&ss w=rd").get_definition(&name("A")).await.unwrap_err();
        server.steer(|state| assert_eq!(state.forms[0]["UserName"], given));
    }
}

#[tokio::test]
async fn the_password_goes_to_no_other_place() {
    let server = Adfs::start().await;
    let other = Adfs::start().await;
    let elsewhere = other.state.lock().unwrap().login.clone();
    for action in [format!("{elsewhere}/adfs/ls/?for=A"), "http://login.example.com/".to_owned()] {
        server.steer(|state| state.action = Some(action.clone()));
        let error = server.client("ops", "p&ss w=rd").get_definition(&name("A")).await.unwrap_err();
        assert!(matches!(error, SourceError::Refused(_)), "{action}: {error:?}");
    }
    assert_eq!((server.logins(), other.logins()), (0, 0));
}

#[tokio::test]
async fn a_broken_server_is_no_reason_to_log_in_again() {
    let server = Adfs::start().await;
    let lenz = server.client("ops", "p&ss w=rd");
    lenz.get_definition(&name("A")).await.unwrap();
    server.steer(|state| state.failing = true);
    let error = lenz.get_definition(&name("A")).await.unwrap_err();
    assert!(matches!(error, SourceError::Refused(_)), "{error:?}");
    assert_eq!(server.logins(), 1);
    server.steer(|state| state.failing = false);
    lenz.get_definition(&name("A")).await.unwrap();
    assert_eq!(server.logins(), 1);
}

#[tokio::test]
async fn a_name_that_the_catalog_does_not_know_is_no_reason_to_log_in_again() {
    for unknown_first in [true, false] {
        let server = Adfs::start().await;
        server.steer(|state| state.unknown = "Z");
        let lenz = server.client("ops", "p&ss w=rd");
        if !unknown_first {
            lenz.get_definition(&name("A")).await.unwrap();
        }
        for _ in 0..3 {
            let error = lenz.get_definition(&name("Z")).await.unwrap_err();
            assert!(matches!(error, SourceError::UnknownName), "{error:?}");
            assert_eq!(error.to_string(), "does not know the name");
        }
        lenz.get_definition(&name("A")).await.unwrap();
        assert_eq!(server.logins(), 1);
    }
}

#[tokio::test]
async fn a_login_page_that_is_not_there_is_no_unknown_name() {
    let server = Adfs::start().await;
    server.steer(|state| state.login.push_str("/gone"));
    let error = server.client("ops", "p&ss w=rd").get_definition(&name("A")).await.unwrap_err();
    assert!(matches!(error, SourceError::Refused(_)), "{error:?}");
    assert_eq!(server.logins(), 0);
}
