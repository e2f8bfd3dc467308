//! What somebody would try who means harm.

use crate::people::{Caller, PASSWORD, People, account, actor_of, invite};
use axum::http::{HeaderName, Method, StatusCode, header};
use model::audit::{AuditFilter, AuditResult};
use model::{Actor, Role};
use std::time::{Duration, Instant};
use testkit::app::Answer;

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

async fn sign_in(people: &People, email: &str, password: &str, return_to: &str) -> Answer {
    let encode = |text: &str| percent_encode(text);
    let body =
        format!("email={}&password={}&return_to={}", encode(email), encode(password), encode(return_to));
    people.ask(people.caller("anonymous"), Method::POST, "/api/ui/create_session", &body).await
}

fn percent_encode(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

/// The session's token in a `Set-Cookie` header.
fn token(answer: &Answer) -> String {
    let cookie = answer.header("set-cookie");
    assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax"), "{cookie}");
    cookie.strip_prefix("sentry_session=").unwrap().split(';').next().unwrap().to_owned()
}

#[tokio::test]
async fn a_session_that_an_attacker_chose_is_none() {
    let people = People::start().await;
    let chosen = Caller::with_session("victim", "chosen-by-the-attacker");
    assert_eq!(
        people.ask(&chosen, Method::GET, "/api/essentials", "").await.status,
        StatusCode::UNAUTHORIZED
    );
    let signed_in = sign_in(&people, "viewer@example.org", PASSWORD, "/").await;
    let (first, second) =
        (token(&signed_in), token(&sign_in(&people, "viewer@example.org", PASSWORD, "/").await));
    assert!(first.len() >= 43 && first != second, "each sign-in makes a token of its own");
    assert_eq!(
        people.ask(&chosen, Method::GET, "/api/essentials", "").await.status,
        StatusCode::UNAUTHORIZED
    );

    // What was signed out, stays out.
    let session = Caller::with_session("viewer", &first);
    assert_eq!(people.ask(&session, Method::GET, "/api/essentials", "").await.status, StatusCode::OK);
    people.ask(&session, Method::POST, "/api/ui/remove_session", "").await;
    assert_eq!(
        people.ask(&session, Method::GET, "/api/essentials", "").await.status,
        StatusCode::UNAUTHORIZED
    );
    let other = Caller::with_session("viewer", &second);
    people.ask(&other, Method::POST, "/api/ui/remove_all_sessions", "").await;
    assert_eq!(people.ask(&other, Method::GET, "/api/essentials", "").await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_session_ends_when_idle_and_in_any_case() {
    let people = People::start().await;
    let session =
        Caller::with_session("viewer", &token(&sign_in(&people, "viewer@example.org", PASSWORD, "/").await));
    let ask = || people.ask(&session, Method::GET, "/api/openapi.json", "");
    let read = || people.ask(&session, Method::GET, "/api/essentials", "");
    assert_eq!(read().await.status, StatusCode::OK);
    for _ in 0..35 {
        people.app.clock.advance(jiff::SignedDuration::from_hours(20));
        // What is remembered of a session counts for two seconds of real time.
        tokio::time::sleep(Duration::from_millis(1)).await;
        people.app.service.forget_sessions();
        ask().await;
    }
    assert_eq!(read().await.status, StatusCode::OK, "in use, 29 days old");
    people.app.clock.advance(jiff::SignedDuration::from_hours(21));
    assert_eq!(read().await.status, StatusCode::UNAUTHORIZED, "30 days old");

    let session =
        Caller::with_session("viewer", &token(&sign_in(&people, "viewer@example.org", PASSWORD, "/").await));
    people.app.clock.advance(jiff::SignedDuration::from_hours(25));
    assert_eq!(
        people.ask(&session, Method::GET, "/api/essentials", "").await.status,
        StatusCode::UNAUTHORIZED
    );
}

#[tokio::test]
async fn no_other_site_can_send_a_form() {
    let people = People::start().await;
    let owner = people.caller("owner");
    let mut count = 0;
    for (path, method) in leptos::server_fn::axum::server_fn_paths() {
        if method != Method::POST {
            continue;
        }
        for headers in [[(SEC_FETCH_SITE, "cross-site")], [(header::ORIGIN, "https://evil.example")]] {
            let (answer, _) = people.ask_with(owner, Method::POST, path, "", &headers).await;
            assert_eq!(answer.status, StatusCode::FORBIDDEN, "{path}");
        }
        count += 1;
    }
    assert!(count >= 20, "{count} forms");
}

#[tokio::test]
async fn an_unknown_account_answers_like_a_known_one() {
    let people = People::start().await;
    let accounts = ["viewer@example.org", "nobody@example.org"];
    let mut ratios = Vec::new();
    for _ in 0..24 {
        let mut seconds = [0.0; 2];
        // Each is first once, so that neither has the colder caches.
        for index in [0, 1, 1, 0] {
            // Past every limit.
            people.app.clock.advance(jiff::SignedDuration::from_mins(10));
            let started = Instant::now();
            let answer = sign_in(&people, accounts[index], "not the password", "/").await;
            seconds[index] += started.elapsed().as_secs_f64();
            assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
            assert!(answer.text().contains("e-mail address or password is wrong"), "{}", answer.text());
        }
        ratios.push(seconds[0] / seconds[1]);
    }
    // Of neighbours in time: what else the machine does slows both.
    ratios.sort_unstable_by(f64::total_cmp);
    let median = ratios[ratios.len() / 2];
    assert!((1.0 / 1.1..=1.1).contains(&median), "a known account takes {median:.3} times as long");
}

#[tokio::test]
async fn guessing_is_limited_by_account_and_by_address() {
    let people = People::start().await;
    people.app.clock.advance(jiff::SignedDuration::from_mins(10));
    let mut refused = None;
    for attempt in 0..8 {
        let answer = sign_in(&people, "viewer@example.org", "wrong", "/").await;
        if answer.status == StatusCode::TOO_MANY_REQUESTS {
            refused = Some(attempt);
            break;
        }
    }
    assert_eq!(refused, Some(5), "one account");
    // The right password is not even tried.
    assert_eq!(
        sign_in(&people, "viewer@example.org", PASSWORD, "/").await.status,
        StatusCode::TOO_MANY_REQUESTS
    );
    people.app.clock.advance(jiff::SignedDuration::from_mins(10));
    let mut limited = 0;
    for account in 0..40 {
        let answer = sign_in(&people, &format!("a{account}@example.org"), "Password1234", "/").await;
        limited += u32::from(answer.status == StatusCode::TOO_MANY_REQUESTS);
    }
    assert!((15..=25).contains(&limited), "spraying from one address: {limited} of 40 limited");
    people.app.clock.advance(jiff::SignedDuration::from_mins(10));
    assert_eq!(sign_in(&people, "viewer@example.org", PASSWORD, "/").await.status, StatusCode::OK);
}

#[tokio::test]
async fn nobody_is_led_elsewhere_or_given_a_header() {
    let people = People::start().await;
    for target in
        ["https://evil.example", "//evil.example", "/\\evil.example", "/\r\nSet-Cookie: a=b", "javascript:x"]
    {
        people.app.clock.advance(jiff::SignedDuration::from_mins(10));
        let answer = sign_in(&people, "viewer@example.org", PASSWORD, target).await;
        let leads_to = ["location", "serverfnredirect"].map(|name| answer.header(name).to_owned());
        assert!(leads_to.iter().all(|to| to.is_empty() || to == "/"), "{target:?}: {leads_to:?}");
        assert_eq!(answer.headers.get_all("set-cookie").iter().count(), 1, "{target:?}");
    }
    // A page leads to the sign-in with the path only.
    let html = [(header::ACCEPT, "text/html")];
    let (answer, _) = people
        .ask_with(people.caller("anonymous"), Method::GET, "/rca?date=2026-02-18%0d%0aX:%20y", "", &html)
        .await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
    assert!(
        answer.header("location").starts_with("/sign-in?return_to=%2Frca"),
        "{}",
        answer.header("location")
    );
}

#[tokio::test]
async fn projects_cannot_be_guessed() {
    let people = People::start().await;
    let viewer = people.caller("viewer");
    let problem = |answer: &Answer, slug: &str| {
        let mut problem = answer.json();
        problem["request_id"] = "".into();
        (answer.status, problem.to_string().replace(slug, "SLUG"))
    };
    let there = people.ask(viewer, Method::GET, "/api/essentials?project=other", "").await;
    let nowhere = people.ask(viewer, Method::GET, "/api/essentials?project=nowhere", "").await;
    assert_eq!(there.status, StatusCode::NOT_FOUND);
    assert_eq!(problem(&there, "other"), problem(&nowhere, "nowhere"));
    let key = people.caller("read");
    assert_eq!(
        people.ask(key, Method::GET, "/api/essentials?project=other", "").await.status,
        StatusCode::FORBIDDEN
    );
}

#[tokio::test]
async fn an_essential_that_is_narrowed_is_nowhere_for_others() {
    let people = People::start().await;
    let owner = people.caller("owner");
    let body = "essential=TB-Derivatives&groups=rates";
    assert_eq!(
        people.ask(owner, Method::POST, "/api/ui/set_essential_access", body).await.status,
        StatusCode::OK
    );
    for name in ["viewer", "engineer", "read"] {
        let caller = people.caller(name);
        let known = people.ask(caller, Method::GET, "/api/status/TB-Derivatives", "").await;
        let unknown = people.ask(caller, Method::GET, "/api/status/TB-Xxxxxxxxxxx", "").await;
        assert_eq!((known.status, unknown.status), (StatusCode::NOT_FOUND, StatusCode::NOT_FOUND), "{name}");
        for path in [
            "/api/essentials",
            "/api/runs?limit=1000",
            "/api/failures",
            "/api/runs/export.csv",
            "/?phase=ALL",
        ] {
            let text = people.ask(caller, Method::GET, path, "").await;
            let text = text.text().to_lowercase();
            assert!(!text.contains("derivatives") && !text.contains("contractual_cf"), "{name}: {path}");
        }
    }
    for name in ["admin", "owner"] {
        let answer = people.ask(people.caller(name), Method::GET, "/api/status/TB-Derivatives", "").await;
        assert_eq!(answer.status, StatusCode::OK, "{name}");
    }
}

#[tokio::test]
async fn the_last_owner_stays_and_nobody_rises_above_themselves() {
    let people = People::start().await;
    let service = &people.app.service;
    let owner = people.caller("owner");
    let admin = people.caller("admin");
    let members = people.ask(owner, Method::GET, "/api/ui/get_members", "").await.json();
    let find = |email: &str| {
        let member =
            members["members"].as_array().unwrap().iter().find(|member| member["user"]["email"] == email);
        let member = member.unwrap();
        (member["user"]["id"].as_str().unwrap().to_owned(), member["version"].as_i64().unwrap())
    };
    let (owner_id, owner_version) = find("owner@example.org");
    let (admin_id, admin_version) = find("admin@example.org");
    for (path, body) in [
        ("/api/ui/update_member", format!("user={owner_id}&role=viewer&version={owner_version}")),
        ("/api/ui/remove_member", format!("user={owner_id}&version={owner_version}")),
    ] {
        assert_eq!(people.ask(owner, Method::POST, path, &body).await.status, StatusCode::CONFLICT, "{path}");
        assert_eq!(
            people.ask(admin, Method::POST, path, &body).await.status,
            StatusCode::FORBIDDEN,
            "{path}"
        );
    }
    let rise = format!("user={admin_id}&role=owner&version={admin_version}");
    assert_eq!(
        people.ask(admin, Method::POST, "/api/ui/update_member", &rise).await.status,
        StatusCode::FORBIDDEN
    );
    let invitation = people.ask(admin, Method::POST, "/api/ui/create_invitation", "role=owner").await;
    assert_eq!(invitation.status, StatusCode::FORBIDDEN);

    // The second of two who edit at once gets a conflict.
    let demote = format!("user={admin_id}&role=engineer&version={admin_version}");
    assert_eq!(
        people.ask(owner, Method::POST, "/api/ui/update_member", &demote).await.status,
        StatusCode::OK
    );
    assert_eq!(
        people.ask(owner, Method::POST, "/api/ui/update_member", &demote).await.status,
        StatusCode::CONFLICT
    );

    // A set-up link and an invitation work once.
    let session = invite(&people.app, &owner_token(&people).await, Role::Viewer, "late").await;
    assert!(actor_of(&people.app, &session, None).await.user_id().is_some());
    assert!(service.setup_path().is_none());
    assert!(service.create_first_owner(&Actor::anonymous(), "guess", account("x")).await.is_err());
}

async fn owner_token(people: &People) -> String {
    token(&sign_in(people, "owner@example.org", PASSWORD, "/").await)
}

#[tokio::test]
async fn keys_are_limited_and_can_be_revoked() {
    let people = People::start().await;
    let read = people.caller("read");
    let first = people.ask(read, Method::GET, "/api/essentials", "").await;
    assert_eq!(first.status, StatusCode::OK);
    assert_eq!(first.header("x-ratelimit-limit"), "3000");
    let left: u32 = first.header("x-ratelimit-remaining").parse().unwrap();
    let second = people.ask(read, Method::GET, "/api/essentials", "").await;
    assert_eq!(second.header("x-ratelimit-remaining").parse::<u32>().unwrap(), left - 1);
    for _ in 0..left {
        people.ask(read, Method::GET, "/api/nothing", "").await;
    }
    let limited = people.ask(read, Method::GET, "/api/essentials", "").await;
    assert_eq!(limited.status, StatusCode::TOO_MANY_REQUESTS);
    assert!(limited.header("retry-after").parse::<u64>().unwrap() >= 1);
    people.app.clock.advance(jiff::SignedDuration::from_mins(2));

    let owner = people.caller("owner");
    let keys = people.ask(owner, Method::GET, "/api/ui/list_keys", "").await.json();
    let key = keys[0].as_array().unwrap().iter().find(|key| key["name"] == "read").unwrap();
    assert!(key["prefix"].as_str().unwrap().starts_with("sk_live_") && key.get("hash").is_none());
    let body = format!("id={}", key["id"].as_str().unwrap());
    assert_eq!(
        people.ask(people.caller("other"), Method::POST, "/api/ui/revoke_key", &body).await.status,
        StatusCode::CONFLICT
    );
    assert_eq!(people.ask(read, Method::GET, "/api/essentials", "").await.status, StatusCode::OK);
    assert_eq!(people.ask(owner, Method::POST, "/api/ui/revoke_key", &body).await.status, StatusCode::OK);
    assert_eq!(people.ask(read, Method::GET, "/api/essentials", "").await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn what_is_done_and_what_is_refused_is_recorded() {
    let people = People::start().await;
    sign_in(&people, "viewer@example.org", "wrong", "/").await;
    people.ask(people.caller("viewer"), Method::POST, "/api/ui/create_invitation", "role=viewer").await;
    people.ask(people.caller("viewer"), Method::GET, "/api/runs/export.csv", "").await;
    let actor = actor_of(&people.app, &owner_token(&people).await, None).await;
    let recorded = |action: &'static str, result| {
        let filter =
            AuditFilter { action: Some(action.to_owned()), result: Some(result), ..AuditFilter::default() };
        let (service, actor) = (&people.app.service, &actor);
        async move {
            // Refused attempts reach the trail through a queue.
            for _ in 0..200 {
                let page = service.list_audit(actor, filter.clone(), None).await.unwrap();
                if page.total > 0 {
                    return page.records;
                }
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
            panic!("{action} is not recorded")
        }
    };
    let failed = recorded("session.create", AuditResult::Failure).await;
    assert_eq!(failed[0].entry.object, "user:viewer@example.org");
    assert!(failed[0].entry.request_id.is_some());
    let refused = recorded("permission.refuse", AuditResult::Refused).await;
    assert_eq!(refused[0].entry.actor, "viewer@example.org");
    assert_eq!(refused[0].entry.object, "capability:ManageMembers");

    // What is said not to be there is recorded too, and so is a key that does not work.
    let body = "essential=TB-Derivatives&groups=rates";
    people.ask(people.caller("owner"), Method::POST, "/api/ui/set_essential_access", body).await;
    for (path, caller) in [
        ("/api/status/derivatives", "viewer"),
        ("/api/essentials?project=other", "viewer"),
        ("/api/essentials?project=other", "read"),
    ] {
        people.ask(people.caller(caller), Method::GET, path, "").await;
    }
    let unknown = [(header::AUTHORIZATION, "Bearer sk_live_guess")];
    people.ask_with(people.caller("anonymous"), Method::GET, "/api/essentials", "", &unknown).await;
    let mut found = Vec::new();
    for _ in 0..200 {
        let records = recorded("permission.refuse", AuditResult::Refused).await;
        found = records.into_iter().map(|record| (record.entry.actor, record.entry.object)).collect();
        if found.len() >= 5 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    for (actor, object) in [
        ("viewer@example.org", "essential:TB-Derivatives"),
        ("viewer@example.org", "project:other"),
        ("key:read", "project:other"),
        ("anonymous", "key:unknown, revoked or expired"),
    ] {
        assert!(found.contains(&(actor.to_owned(), object.to_owned())), "{actor} {object}: {found:?}");
    }
    assert_eq!(recorded("runs.export", AuditResult::Success).await[0].entry.actor, "viewer@example.org");
    for action in [
        "session.create",
        "user.create",
        "invitation.create",
        "invitation.accept",
        "key.create",
        "project.create",
    ] {
        recorded(action, AuditResult::Success).await;
    }
}
