//! Sign-in by a real OpenID Connect provider, with a browser that fills in its forms.

use identity::oidc::{Callback, LoginStart, OidcClient, OidcSettings};
use identity::{Error, Vouched};
use jiff::{SignedDuration, Timestamp};
use model::clock::Clock;
use reqwest::Url;
use secrecy::{ExposeSecret, SecretString};
use std::collections::HashMap;
use std::sync::OnceLock;
use std::time::{Duration, Instant};
use testkit::oidc_provider::{OidcProvider, browser};

const CALLBACK: &str = "http://127.0.0.1:1/signed-in";

fn provider() -> &'static OidcProvider {
    static SHARED: OnceLock<OidcProvider> = OnceLock::new();
    SHARED.get_or_init(|| OidcProvider::start(CALLBACK))
}

fn settings() -> OidcSettings {
    OidcSettings {
        client_secret: Some(OidcProvider::CLIENT_SECRET.into()),
        ..OidcSettings::new(provider().issuer(), "sentry", CALLBACK)
    }
}

fn client(change: impl FnOnce(&mut OidcSettings)) -> OidcClient {
    let mut settings = settings();
    change(&mut settings);
    OidcClient::new(settings, Clock::system()).expect("good settings")
}

/// What a browser brings back that signed in as `login`.
async fn visit(start: &LoginStart, login: &str) -> Callback {
    let back = provider().visit(&start.url, login).await;
    let query: HashMap<_, _> = back.query_pairs().into_owned().collect();
    Callback {
        code: query["code"].as_str().into(),
        state: query["state"].as_str().into(),
        iss: query.get("iss").cloned(),
    }
}

async fn sign_in(client: &OidcClient, login: &str) -> Result<Vouched, Error> {
    let start = client.start("/essentials").await?;
    let callback = visit(&start, login).await;
    client.finish(&callback, &start).await
}

#[tokio::test]
async fn a_person_signs_in() {
    let client = client(|_| ());
    let start = client.start("/essentials?date=2025-11-10").await.unwrap();
    assert_eq!(start.return_to, "/essentials?date=2025-11-10");
    let query: HashMap<_, _> = Url::parse(&start.url).unwrap().query_pairs().into_owned().collect();
    assert_eq!(query["code_challenge_method"], "S256");
    assert_eq!(query["response_type"], "code");
    assert_eq!(query["scope"], "openid profile email");
    assert_eq!(query["redirect_uri"], CALLBACK);
    assert!(!start.url.contains(start.pkce_verifier.expose_secret()));

    let callback = visit(&start, "ada").await;
    assert_eq!(callback.iss.as_deref(), Some(provider().issuer()));
    let ada = client.finish(&callback, &start).await.unwrap();
    assert_eq!((ada.subject.as_str(), ada.email.as_str()), ("ada", "ada@example.org"));
    assert_eq!(ada.name, "Ada Lovelace");
    assert_eq!(ada.groups.iter().collect::<Vec<_>>(), ["operators", "staff"]);

    let grace = sign_in(&client, "grace").await.unwrap();
    assert_eq!(grace.name, "grace", "a user name, where there is no other");
    assert_eq!(grace.groups.iter().collect::<Vec<_>>(), ["operators"], "one group alone");
}

#[tokio::test]
async fn groups_stand_in_the_claim_that_the_settings_name() {
    let teams = client(|settings| settings.group_claim = "https://example.org/teams".to_owned());
    assert_eq!(sign_in(&teams, "ada").await.unwrap().groups.iter().collect::<Vec<_>>(), ["analysts"]);
    let none = client(|settings| settings.group_claim = "roles".to_owned());
    assert!(sign_in(&none, "ada").await.unwrap().groups.is_empty());
}

#[tokio::test]
async fn a_public_client_needs_no_secret() {
    let public = client(|settings| {
        settings.client_id = OidcProvider::PUBLIC_CLIENT_ID.to_owned();
        settings.client_secret = None;
    });
    assert_eq!(sign_in(&public, "ada").await.unwrap().subject, "ada");
}

#[tokio::test]
async fn an_address_that_is_not_verified_is_refused() {
    assert_eq!(sign_in(&client(|_| ()), "unverified").await, Err(Error::Rejected));
    assert_eq!(sign_in(&client(|_| ()), "no-address").await, Err(Error::Rejected));
    let trusting = client(|settings| settings.trust_unverified_email = true);
    assert_eq!(sign_in(&trusting, "unverified").await.unwrap().email.as_str(), "ada@example.org");
    let no_scope = client(|settings| settings.scopes = vec!["profile".to_owned()]);
    assert_eq!(sign_in(&no_scope, "ada").await, Err(Error::Rejected));
}

#[tokio::test]
async fn a_token_that_is_not_as_it_should_be_is_refused() {
    let client = client(|_| ());
    for login in [
        "other-issuer",
        "other-audience",
        "more-audiences",
        "other-nonce",
        "no-nonce",
        "expired",
        "other-access-token",
        "other-key",
        "shared-secret",
        "unsigned",
        "no-token",
        "other-subject",
    ] {
        assert_eq!(sign_in(&client, login).await, Err(Error::Rejected), "{login}");
    }
    assert!(sign_in(&client, "ada").await.is_ok());
}

#[tokio::test]
async fn an_answer_is_for_the_sign_in_that_asked() {
    let client = client(|_| ());
    let start = client.start("/").await.unwrap();
    let other = client.start("/").await.unwrap();
    let callback = visit(&start, "ada").await;
    let refused = async |callback: &Callback, start: &LoginStart| {
        assert_eq!(client.finish(callback, start).await, Err(Error::Rejected));
    };
    refused(&callback, &other).await; // the state
    refused(&Callback { state: other.state.clone(), ..callback.clone() }, &other).await; // the verifier
    refused(&Callback { iss: Some("https://elsewhere.example.org".to_owned()), ..callback }, &start).await;

    let start = client.start("/").await.unwrap();
    let callback = visit(&start, "ada").await;
    let nonce: SecretString = other.nonce.clone();
    refused(&callback, &LoginStart { nonce, ..start }).await;
}

#[tokio::test]
async fn a_code_counts_once_and_for_its_client() {
    let client = client(|_| ());
    let start = client.start("/").await.unwrap();
    let callback = visit(&start, "ada").await;
    assert!(client.finish(&callback, &start).await.is_ok());
    assert_eq!(client.finish(&callback, &start).await, Err(Error::Rejected));
    let made_up = Callback { code: "made-up".into(), ..callback };
    assert_eq!(client.finish(&made_up, &start).await, Err(Error::Rejected));

    let another = self::client(|settings| settings.client_id = "another".to_owned());
    let start = client.start("/").await.unwrap();
    let callback = visit(&start, "ada").await;
    assert_eq!(another.finish(&callback, &start).await, Err(Error::Rejected));
}

#[tokio::test]
async fn a_token_of_another_time_is_refused() {
    let now: Timestamp = Clock::system().now();
    let late = Clock::frozen(now + SignedDuration::from_mins(5));
    let client = OidcClient::new(settings(), late).unwrap();
    assert_eq!(sign_in(&client, "ada").await, Err(Error::Rejected));
}

#[tokio::test]
async fn what_is_set_up_wrongly_says_so() {
    let wrong_secret = client(|settings| settings.client_secret = Some("of-somebody-else".into()));
    let refused = sign_in(&wrong_secret, "ada").await;
    assert!(matches!(refused, Err(Error::Settings { .. })), "{refused:?}");
    let other_name = client(|settings| settings.issuer = settings.issuer.replace("127.0.0.1", "localhost"));
    for refused in [other_name.check().await, other_name.start("/").await.map(|_| ())] {
        assert!(matches!(refused, Err(Error::Settings { .. })), "{refused:?}");
    }
    client(|_| ()).check().await.unwrap();
}

#[tokio::test]
async fn a_session_with_the_provider_can_be_ended() {
    let client = client(|_| ());
    assert_eq!(client.logout_url(CALLBACK), None, "never asked");
    client.start("/").await.unwrap();
    let url = Url::parse(&client.logout_url(CALLBACK).unwrap()).unwrap();
    assert!(url.as_str().starts_with(&format!("{}/session/end?", provider().issuer())), "{url}");
    assert!(url.query_pairs().any(|(name, value)| name == "post_logout_redirect_uri" && value == CALLBACK));
    assert!(browser().get(url).send().await.unwrap().status().is_success());
}

#[tokio::test]
async fn a_provider_that_does_not_answer_is_unavailable_in_time() {
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let timeout = Duration::from_millis(300);
    let client = client(|settings| {
        settings.issuer = format!("http://{}", silent.local_addr().unwrap());
        settings.timeout = timeout;
    });
    let asked = Instant::now();
    let refused = client.start("/").await;
    assert!(matches!(refused, Err(Error::Unavailable { .. })), "{refused:?}");
    assert!(asked.elapsed() < timeout * 4, "{:?}", asked.elapsed());
    drop(silent);
    assert!(matches!(client.check().await, Err(Error::Unavailable { .. })));
}

#[tokio::test]
async fn keys_that_the_provider_has_changed_are_looked_up_again_but_not_at_once() {
    let own = OidcProvider::start(CALLBACK);
    let clock = Clock::frozen(Clock::system().now());
    let settings = OidcSettings { issuer: own.issuer().to_owned(), ..settings() };
    let client = OidcClient::new(settings, clock.clone()).unwrap();
    assert!(sign_in(&client, "ada").await.is_ok());
    assert_eq!(sign_in(&client, "new-key").await, Err(Error::Rejected), "looked up a moment ago");
    clock.advance(SignedDuration::from_secs(31));
    assert_eq!(sign_in(&client, "new-key").await.unwrap().subject, "new-key");
    assert_eq!(sign_in(&client, "other-key").await, Err(Error::Rejected));
}

#[tokio::test]
async fn a_provider_that_goes_away_in_between_is_unavailable() {
    let own = OidcProvider::start(CALLBACK);
    let client = client(|settings| settings.issuer = own.issuer().to_owned());
    let start = client.start("/").await.unwrap();
    let callback = visit(&start, "ada").await;
    drop(own);
    let gone = client.finish(&callback, &start).await;
    assert!(matches!(gone, Err(Error::Unavailable { .. })), "{gone:?}");
}
