//! People whom a provider or a directory vouches for, from the sign-in page to their role.

use crate::people::{Caller, People, account, invite};
use axum::body::Body;
use axum::http::{Method, StatusCode, header};
use model::audit::{AuditFilter, AuditResult};
use model::{Actor, Role};
use service::settings::{LdapSettings, OidcSettings, SignInSettings};
use std::sync::OnceLock;
use std::time::Duration;
use testkit::app::{Answer, HOST, TestApp, request};
use testkit::oidc_provider::OidcProvider;
use testkit::slapd::Slapd;

const CALLBACK: &str = "/sign-in/oidc/callback";

fn provider() -> &'static OidcProvider {
    static SHARED: OnceLock<OidcProvider> = OnceLock::new();
    SHARED.get_or_init(|| OidcProvider::start(&format!("http://{HOST}{CALLBACK}")))
}

fn oidc() -> SignInSettings {
    let settings = OidcSettings::new(provider().issuer(), "sentry", format!("http://{HOST}{CALLBACK}"));
    let oidc = OidcSettings { client_secret: Some(OidcProvider::CLIENT_SECRET.into()), ..settings };
    SignInSettings { oidc: Some(oidc), ldap: None }
}

fn ldap(slapd: &Slapd) -> SignInSettings {
    let ldap = LdapSettings {
        url: slapd.ldaps_url(),
        ca_file: Some(slapd.pem_path()),
        bind_dn: Some(Slapd::READER_DN.to_owned()),
        bind_password: Some(Slapd::READER_PASSWORD.into()),
        user_base: Slapd::USER_BASE.to_owned(),
        group_base: Some(Slapd::GROUP_BASE.to_owned()),
        ..LdapSettings::default()
    };
    SignInSettings { oidc: None, ldap: Some(ldap) }
}

/// Only the session's cookie of an answer.
fn session(name: &'static str, answer: &Answer) -> Caller {
    let mut cookies =
        answer.headers.get_all(header::SET_COOKIE).iter().filter_map(|cookie| cookie.to_str().ok());
    let token = cookies.find_map(|cookie| cookie.strip_prefix("sentry_session=")?.split(';').next());
    Caller::with_session(
        name,
        token.unwrap_or_else(|| panic!("no session: {} {}", answer.status, answer.text())),
    )
}

/// What the callback answers to a browser that signed in at the provider as `login`; the callback's
/// path and the browser's cookie, to come again.
async fn come_back(app: &TestApp, login: &str) -> (Answer, String, String) {
    let start = app.get("/sign-in/oidc?return_to=%2Frca%3Fdate%3D2026-02-18").await;
    assert_eq!(start.status, StatusCode::SEE_OTHER);
    let cookie = start.header("set-cookie").split(';').next().unwrap().to_owned();
    let back = provider().visit(start.header("location"), login).await;
    let path = format!("{}?{}", back.path(), back.query().unwrap());
    (app.get_with(&path, &[(header::COOKIE, &cookie)]).await, path, cookie)
}

async fn role(people: &People, caller: &Caller) -> Option<String> {
    let viewer = people.ask(caller, Method::GET, "/api/ui/get_viewer", "").await.json();
    viewer["role"].as_str().map(str::to_owned)
}

async fn failures(people: &People) -> Vec<String> {
    let filter = AuditFilter {
        action: Some("session.create".to_owned()),
        result: Some(AuditResult::Failure),
        ..AuditFilter::default()
    };
    let page = people.app.service.list_audit(&people.owner().await, filter, None).await.unwrap();
    page.records.into_iter().map(|record| record.entry.after["reason"].clone()).collect()
}

#[tokio::test]
async fn a_provider_signs_in_and_its_groups_are_roles() {
    let people = People::start_with(oidc()).await;
    let owner = people.caller("owner");
    let map =
        people.ask(owner, Method::POST, "/api/ui/set_group_role", "group=operators&role=engineer").await;
    assert_eq!(map.status, StatusCode::OK);

    let (answer, path, cookie) = come_back(&people.app, "ada").await;
    assert_eq!((answer.status, answer.header("location")), (StatusCode::SEE_OTHER, "/rca?date=2026-02-18"));
    let ada = session("ada", &answer);
    assert_eq!(role(&people, &ada).await.as_deref(), Some("engineer"));
    let profile = people.ask(&ada, Method::GET, "/api/ui/get_profile", "").await.json();
    assert_eq!(
        (&profile["user"]["email"], &profile["user"]["method"]),
        (&"ada@example.org".into(), &"oidc".into())
    );

    // Neither again, nor with another browser's answer.
    let again = people.app.get_with(&path, &[(header::COOKIE, &cookie)]).await;
    assert_eq!(again.status, StatusCode::UNAUTHORIZED);
    let start = people.app.get("/sign-in/oidc").await;
    let back = provider().visit(start.header("location"), "ada").await;
    let stolen = format!("{}?{}", back.path(), back.query().unwrap());
    assert_eq!(
        people.app.get_with(&stolen, &[(header::COOKIE, "sentry_login=x")]).await.status,
        StatusCode::UNAUTHORIZED
    );
    assert_eq!(
        people.app.get(&format!("{CALLBACK}?error=access_denied")).await.status,
        StatusCode::UNAUTHORIZED
    );
    assert_eq!(failures(&people).await, ["state unknown or of another browser"; 2]);

    // A spoilt token, and an address that the provider did not verify.
    for login in ["other-nonce", "unverified"] {
        let (answer, ..) = come_back(&people.app, login).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{login}");
    }

    // The same person again is the same account; what the groups no longer say is taken away.
    let unmap = people.ask(owner, Method::POST, "/api/ui/set_group_role", "group=operators").await;
    assert_eq!(unmap.status, StatusCode::OK, "{}", unmap.text());
    let (answer, ..) = come_back(&people.app, "ada").await;
    let ada = session("ada", &answer);
    assert_eq!(role(&people, &ada).await, None);
    let same = people.ask(&ada, Method::GET, "/api/ui/get_profile", "").await.json();
    assert_eq!(same["user"]["id"], profile["user"]["id"]);
}

#[tokio::test]
async fn a_provider_does_not_open_an_account_that_it_did_not_make() {
    let people = People::start_with(oidc()).await;
    let owner = people.owner_token().to_owned();
    invite(&people.app, &owner, Role::Admin, "ada").await;
    let (answer, ..) = come_back(&people.app, "ada").await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    assert_eq!(failures(&people).await, ["the address is that of another account"]);
}

#[tokio::test]
async fn nobody_is_the_first_by_a_provider() {
    let app = People::app_with(oidc()).await;
    let (answer, ..) = come_back(&app, "ada").await;
    assert_eq!(answer.status, StatusCode::CONFLICT, "{}", answer.text());
    let setup = app.service.setup_path().expect("nobody has an account still");
    let link = setup.strip_prefix("/setup/").unwrap();
    app.service.create_first_owner(&Actor::anonymous(), link, account("owner")).await.unwrap();
}

#[tokio::test]
async fn a_directory_signs_in_and_says_the_groups() {
    let slapd = Slapd::start();
    let people = People::start_with(ldap(&slapd)).await;
    let owner = people.caller("owner");
    for body in ["group=on-call&role=engineer", "group=staff&role=viewer"] {
        let map = people.ask(owner, Method::POST, "/api/ui/set_group_role", body).await;
        assert_eq!(map.status, StatusCode::OK);
    }
    let sign_in = async |login: &str, password: &str| {
        let body = format!("email={login}&password={password}&return_to=/");
        people.ask(people.caller("anonymous"), Method::POST, "/api/ui/create_session", &body).await
    };
    let answer = sign_in("ada@example.org", "rivers+of+pale+glass").await;
    let ada = session("ada", &answer);
    assert_eq!(
        role(&people, &ada).await.as_deref(),
        Some("engineer"),
        "the most of two, by a group of a group"
    );

    // Narrowing goes by the directory's groups.
    let narrow = "essential=TB-Derivatives&groups=operators";
    assert_eq!(
        people.ask(owner, Method::POST, "/api/ui/set_essential_access", narrow).await.status,
        StatusCode::OK
    );
    let status = async |caller: &Caller| {
        people.ask(caller, Method::GET, "/api/status/TB-Derivatives", "").await.status
    };
    assert_eq!(status(&ada).await, StatusCode::OK);
    assert_eq!(status(people.caller("engineer")).await, StatusCode::NOT_FOUND);

    // Somebody without groups is somebody, and belongs nowhere.
    let grace = session("grace", &sign_in("grace@example.org", "nanoseconds+of+wire").await);
    assert_eq!(role(&people, &grace).await, None);
    assert_eq!(status(&grace).await, StatusCode::FORBIDDEN);

    // A password of ours works beside it, one of neither does not, and a directory that is away is said.
    let owner = sign_in("owner@example.org", "correct+horse+battery+staple").await;
    assert_eq!(role(&people, &session("owner", &owner)).await.as_deref(), Some("owner"));
    assert_eq!(sign_in("ada@example.org", "wrong").await.status, StatusCode::UNAUTHORIZED);
    slapd.stop();
    assert_eq!(
        sign_in("ada@example.org", "rivers+of+pale+glass").await.status,
        StatusCode::SERVICE_UNAVAILABLE
    );
    assert_eq!(sign_in("owner@example.org", "correct+horse+battery+staple").await.status, StatusCode::OK);
}

#[tokio::test]
async fn what_is_followed_ends_with_the_right_to_it() {
    let people = People::start().await;
    let follow = async |caller: &str| {
        let headers = people.caller(caller).headers();
        let request = request(Method::GET, "/api/live", &headers, Body::empty());
        let (parts, body) = people.app.begin(request).await.into_parts();
        assert_eq!(parts.status, StatusCode::OK);
        body
    };
    let end = async |body: Body| {
        let whole = axum::body::to_bytes(body, usize::MAX);
        tokio::time::timeout(Duration::from_secs(5), whole).await.is_ok()
    };
    let (viewer, engineer, key) = (follow("viewer").await, follow("engineer").await, follow("read").await);
    let (admin, owner) = (follow("admin").await, follow("owner").await);
    // One is signed out, one sees less, one is revoked; the others go on.
    people.ask(people.caller("viewer"), Method::POST, "/api/ui/remove_session", "").await;
    let body = "essential=TB-Derivatives&groups=rates";
    people.ask(people.caller("owner"), Method::POST, "/api/ui/set_essential_access", body).await;
    let keys = people.ask(people.caller("owner"), Method::GET, "/api/ui/list_keys", "").await.json();
    let read = keys[0].as_array().unwrap().iter().find(|key| key["name"] == "read").unwrap();
    let body = format!("id={}", read["id"].as_str().unwrap());
    people.ask(people.caller("owner"), Method::POST, "/api/ui/revoke_key", &body).await;
    assert!(end(viewer).await && end(engineer).await && end(key).await);
    people.app.shut_down();
    assert!(end(admin).await && end(owner).await, "the orderly end");
}

#[tokio::test]
async fn a_session_that_ended_is_not_woken_by_asking() {
    let people = People::start().await;
    people.app.clock.advance(jiff::SignedDuration::from_hours(25));
    for _ in 0..2 {
        let answer = people.ask(people.caller("viewer"), Method::GET, "/api/essentials", "").await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
        people.app.service.forget_sessions();
    }
}
