//! A server with accounts, and everybody who may ask it something.

use axum::body::Body;
use axum::http::{HeaderMap, HeaderName, Method, StatusCode, header};
use model::identity::Slug;
use model::{Actor, Clock, Role, Scope};
use service::settings::SignInSettings;
use service::{NewAccount, Presented, Settings, SourceSettings};
use std::collections::BTreeSet;
use std::path::Path;
use testkit::app::{Answer, REFERENCE_NOW, TestApp, request};

/// What everybody's password is.
pub(crate) const PASSWORD: &str = "correct horse battery staple";

/// How long an answer may take on a busy machine.
const ANSWER_WITHIN: std::time::Duration = std::time::Duration::from_secs(60);

/// Somebody who asks.
#[derive(Clone, Debug)]
pub(crate) struct Caller {
    pub(crate) name: &'static str,
    header: Option<(HeaderName, String)>,
}

/// A server with two projects: the first with one person a role and one key a scope, the other
/// with an owner of its own.
pub(crate) struct People {
    pub(crate) app: TestApp,
    pub(crate) callers: Vec<Caller>,
    owner: String,
}

impl People {
    pub(crate) async fn start() -> Self {
        Self::start_with(SignInSettings::default()).await
    }

    /// A server on the reference estate where people also sign in by `sign_in`, and nobody has yet.
    pub(crate) async fn app_with(sign_in: SignInSettings) -> TestApp {
        let data = tempfile::tempdir().unwrap();
        let source = SourceSettings::File(testkit::app::fixture("estate.json"));
        let mut settings = Settings::new(source, "PROD", data.path().to_owned());
        settings.sign_in = sign_in;
        let clock = Clock::frozen(REFERENCE_NOW.parse().unwrap());
        let app = TestApp::start_with(settings, data, clock, Path::new("/nonexistent")).await;
        app.wait_for_board().await;
        app
    }

    pub(crate) async fn start_with(sign_in: SignInSettings) -> Self {
        let app = Self::app_with(sign_in).await;
        let setup = app.service.setup_path().expect("nobody has an account yet");
        let link = setup.strip_prefix("/setup/").unwrap();
        let owner =
            app.service.create_first_owner(&Actor::anonymous(), link, account("owner")).await.unwrap();
        let owner = owner.expose().to_owned();
        let mut callers = vec![Caller { name: "anonymous", header: None }];
        for role in [Role::Viewer, Role::Engineer, Role::Admin] {
            let token = invite(&app, &owner, role, role.as_str()).await;
            callers.push(Caller::with_session(role.as_str(), &token));
        }
        callers.push(Caller::with_session("owner", &owner));
        callers.push(Caller::with_session("other", &other_owner(&app, &owner).await));
        let actor = actor_of(&app, &owner, None).await;
        for scope in Scope::ALL {
            let key =
                app.service.create_key(&actor, scope.as_str(), BTreeSet::from([scope]), None).await.unwrap();
            let value = format!("Bearer {}", key.text);
            callers.push(Caller { name: scope.as_str(), header: Some((header::AUTHORIZATION, value)) });
        }
        Self { app, callers, owner }
    }

    /// The token of the owner's session.
    pub(crate) fn owner_token(&self) -> &str {
        &self.owner
    }

    pub(crate) async fn owner(&self) -> Actor {
        actor_of(&self.app, &self.owner, None).await
    }

    pub(crate) fn caller(&self, name: &str) -> &Caller {
        self.callers.iter().find(|caller| caller.name == name).unwrap()
    }

    /// The status of `method path` with `body` for `caller`; does not wait for the end of a stream.
    pub(crate) async fn status(&self, caller: &Caller, method: Method, path: &str, body: &str) -> StatusCode {
        if path.starts_with("/api/live") {
            let request = request(method, path, &caller.headers(), Body::empty());
            return self.app.begin(request).await.status();
        }
        self.ask(caller, method, path, body).await.status
    }

    /// The answer of `method path` with `body` for `caller`.
    pub(crate) async fn ask(&self, caller: &Caller, method: Method, path: &str, body: &str) -> Answer {
        let (answer, _) = self.ask_with(caller, method, path, body, &[]).await;
        answer
    }

    pub(crate) async fn ask_with(
        &self,
        caller: &Caller,
        method: Method,
        path: &str,
        body: &str,
        headers: &[(HeaderName, &str)],
    ) -> (Answer, HeaderMap) {
        let mut all = [headers, &caller.headers()].concat();
        if method == Method::POST {
            let is_json = body.starts_with('{');
            all.push((
                header::CONTENT_TYPE,
                if is_json { "application/json" } else { "application/x-www-form-urlencoded" },
            ));
        }
        let sent = self.app.send(request(method, path, &all, body.to_owned().into()));
        let answer = tokio::time::timeout(ANSWER_WITHIN, sent).await;
        let answer = answer.unwrap_or_else(|_| panic!("no answer for {} from {path}", caller.name));
        let headers = answer.headers.clone();
        (answer, headers)
    }
}

impl Caller {
    pub(crate) fn with_session(name: &'static str, token: &str) -> Self {
        Self { name, header: Some((header::COOKIE, format!("sentry_session={token}"))) }
    }

    /// What it sends with each request.
    pub(crate) fn headers(&self) -> Vec<(HeaderName, &str)> {
        self.header.iter().map(|(name, value)| (name.clone(), &**value)).collect()
    }
}

pub(crate) fn account(name: &str) -> NewAccount {
    NewAccount {
        email: format!("{name}@example.org"),
        name: name.to_owned(),
        password: PASSWORD.to_owned().into(),
    }
}

/// The actor of a session.
pub(crate) async fn actor_of(app: &TestApp, token: &str, project: Option<&str>) -> Actor {
    let presented = Presented::Session(token.to_owned());
    app.service.identify(presented, project, model::Origin::default()).await.unwrap().actor
}

/// A new account with `role` in the first project, by an invitation of `owner`; its session.
pub(crate) async fn invite(app: &TestApp, owner: &str, role: Role, name: &str) -> String {
    let actor = actor_of(app, owner, None).await;
    let link = app.service.create_invitation(&actor, role).await.unwrap().text;
    let link = link.strip_prefix("/invitation/").unwrap();
    let session =
        app.service.accept_invitation(&Actor::anonymous(), link, Some(account(name))).await.unwrap();
    session.unwrap().expose().to_owned()
}

/// Somebody who owns another project and does not belong to the first.
async fn other_owner(app: &TestApp, owner: &str) -> String {
    let actor = actor_of(app, owner, None).await;
    let project = app.service.create_project(&actor, "Other").await.unwrap();
    assert_eq!(project.slug, Slug::parse("other").unwrap());
    let there = actor_of(app, owner, Some("other")).await;
    let link = app.service.create_invitation(&there, Role::Owner).await.unwrap().text;
    let link = link.strip_prefix("/invitation/").unwrap();
    let session =
        app.service.accept_invitation(&Actor::anonymous(), link, Some(account("other"))).await.unwrap();
    session.unwrap().expose().to_owned()
}
