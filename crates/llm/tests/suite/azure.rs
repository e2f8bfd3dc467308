//! Azure OpenAI: both forms of address, both credentials, and the token's life.

use crate::{LIMITS, ask, clock};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64_URL;
use futures::future::join_all;
use jiff::SignedDuration;
use llm::{Azure, AzureApi, Client, Error, Limits, Outage, Provider, Server, ServicePrincipal, Settings};
use model::clock::Clock;
use ring::signature::{RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use testkit::model_server::{Answer, ModelServer, Received};

// Made for these tests with openssl: principal.pem is a certificate, the authority's, and the
// first one's key; the others have the same certificate with the same key, another or none.
const PUBLIC_KEY: &[u8] = include_bytes!("../fixtures/principal.pub.der");
const SHA1: &str = "TS5z57bag9USNE2DyFUlVAad3Kw";
const SHA256: &str = "xVoatx_YeypDG-XlC5nprRxgnY-J5icbYYNQhedJpE8";

pub(crate) const KEY: &str = "azure-key-of-a-test";

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name)
}

pub(crate) fn azure(server: &ModelServer) -> Azure {
    Azure {
        endpoint: server.url().to_owned(),
        api: AzureApi::parse("2024-02-01").expect("a version"),
        deployment: "gpt 4o".to_owned(),
        api_key: KEY.into(),
        service_principal: Some(ServicePrincipal {
            tenant_id: "a-tenant".to_owned(),
            client_id: "a-client".to_owned(),
            pem_path: fixture("principal.pem"),
            authority: server.url().to_owned(),
        }),
        user_id: Some("u123".to_owned()),
    }
}

pub(crate) fn of(azure: Azure, clock: &Clock) -> Result<Client, Error> {
    let limits = Limits { retries: 0, ..LIMITS };
    Client::new(Settings { provider: Provider::Azure(azure), limits, price: None }, clock.clone())
}

/// Gives tokens that are good for an hour, and answers with the token that it was asked with.
async fn echo() -> ModelServer {
    let mut tokens = 0;
    ModelServer::start_with(move |request| {
        if is_for_a_token(request) {
            tokens += 1;
            return Answer::token(&format!("token-{tokens}"), 3600);
        }
        Answer::says(request.header("authorization"))
    })
    .await
}

fn is_for_a_token(request: &Received) -> bool {
    request.uri.path() == "/a-tenant/oauth2/v2.0/token"
}

async fn bearer(client: &Client) -> Result<String, Error> {
    client.complete(&ask("hi")).await.map(|reply| reply.text)
}

#[tokio::test]
async fn both_credentials_go_along() {
    let server = echo().await;
    let client = of(azure(&server), &clock()).unwrap();
    for _ in 0..2 {
        assert_eq!(bearer(&client).await.unwrap(), "Bearer token-1");
    }
    let questions = server.questions();
    assert_eq!(questions.len(), 2);
    for question in questions {
        let expect = "/openai/deployments/gpt%204o/chat/completions?api-version=2024-02-01";
        assert_eq!(question.uri, expect);
        assert_eq!(question.header("authorization"), "Bearer token-1");
        assert_eq!(question.header("api-key"), KEY);
        assert_eq!(question.header("x-ms-useragent"), "u123");
        assert_eq!(question.body["model"], Value::Null, "the address says it");
    }
}

#[tokio::test]
async fn the_assertion_is_signed_by_the_certificates_key() {
    let check = async |pem: &str| {
        let server = echo().await;
        let mut azure = azure(&server);
        azure.service_principal.as_mut().unwrap().pem_path = fixture(pem);
        bearer(&of(azure, &clock()).unwrap()).await.unwrap();
        let [request] = &server.token_requests()[..] else { panic!("one request for a token") };
        let form = &request.body;
        assert_eq!(form["grant_type"], "client_credentials");
        assert_eq!(form["client_id"], "a-client");
        assert_eq!(form["scope"], "https://cognitiveservices.azure.com/.default");
        assert_eq!(form["client_assertion_type"], "urn:ietf:params:oauth:client-assertion-type:jwt-bearer");

        let assertion = form["client_assertion"].as_str().unwrap();
        let (signed, signature) = assertion.rsplit_once('.').unwrap();
        let key = UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, PUBLIC_KEY);
        key.verify(signed.as_bytes(), &BASE64_URL.decode(signature).unwrap()).expect("our signature");
        let part =
            |part: &str| -> Value { serde_json::from_slice(&BASE64_URL.decode(part).unwrap()).unwrap() };
        let (header, claims) = signed.split_once('.').unwrap();
        let expect = json!({ "alg": "RS256", "typ": "JWT", "x5t": SHA1, "x5t#S256": SHA256 });
        assert_eq!(part(header), expect);
        let claims = part(claims);
        let now = clock().now().as_second();
        assert_eq!(claims["aud"], format!("{}/a-tenant/oauth2/v2.0/token", server.url()));
        assert_eq!((&claims["iss"], &claims["sub"]), (&json!("a-client"), &json!("a-client")));
        assert_eq!((&claims["nbf"], &claims["iat"]), (&json!(now), &json!(now)));
        assert_eq!(claims["exp"], now + 600);
        claims["jti"].as_str().unwrap().to_owned()
    };
    let ids = [check("principal.pem").await, check("principal-pkcs1.pem").await];
    assert!(ids[0] != ids[1] && ids[0].len() >= 20, "no id twice");
}

#[tokio::test]
async fn a_token_is_replaced_shortly_before_it_expires() {
    let server = echo().await;
    let clock = clock();
    let client = of(azure(&server), &clock).unwrap();
    // An hour's token: replaced after 55 minutes.
    for (minutes, expect) in [(0, "1"), (30, "1"), (24, "1"), (1, "2"), (54, "2"), (1, "3"), (600, "4")] {
        clock.advance(SignedDuration::from_mins(minutes));
        assert_eq!(bearer(&client).await.unwrap(), format!("Bearer token-{expect}"));
    }
    assert_eq!(server.token_requests().len(), 4);
}

#[tokio::test]
async fn a_short_token_is_used_for_half_of_its_life() {
    let mut tokens = 0;
    let server = ModelServer::start_with(move |request| {
        tokens += u32::from(is_for_a_token(request));
        if is_for_a_token(request) {
            Answer::token(&format!("token-{tokens}"), 60)
        } else {
            Answer::says("x")
        }
    })
    .await;
    let clock = clock();
    let client = of(azure(&server), &clock).unwrap();
    for (seconds, expect) in [(0, 1), (29, 1), (1, 2), (30, 3)] {
        clock.advance(SignedDuration::from_secs(seconds));
        bearer(&client).await.unwrap();
        assert_eq!(server.token_requests().len(), expect);
    }
}

#[tokio::test]
async fn however_many_ask_one_token_is_fetched() {
    let server = echo().await;
    let clock = clock();
    let client = of(azure(&server), &clock).unwrap();
    for expect in 1..=2 {
        let all = join_all((0..20).map(|_| bearer(&client))).await;
        assert!(all.iter().all(|seen| seen.as_deref() == Ok(&format!("Bearer token-{expect}"))), "{all:?}");
        assert_eq!(server.token_requests().len(), expect);
        clock.advance(SignedDuration::from_hours(1));
    }
}

#[tokio::test]
async fn an_old_token_is_used_while_it_is_good_and_no_new_one_is_to_be_had() {
    let mut tokens = 0;
    let server = ModelServer::start_with(move |request| {
        if !is_for_a_token(request) {
            return Answer::says(request.header("authorization"));
        }
        tokens += 1;
        if tokens == 1 { Answer::token("token-1", 3600) } else { Answer::error(503, json!({})) }
    })
    .await;
    let clock = clock();
    let client = of(azure(&server), &clock).unwrap();
    assert_eq!(bearer(&client).await.unwrap(), "Bearer token-1");
    // After 56 minutes a new one is due; not had, it is asked for again half a minute later.
    for (seconds, requests) in [(56 * 60, 2), (29, 2), (1, 3)] {
        clock.advance(SignedDuration::from_secs(seconds));
        assert_eq!(bearer(&client).await.unwrap(), "Bearer token-1");
        assert_eq!(server.token_requests().len(), requests);
    }
    clock.advance(SignedDuration::from_mins(5));
    let failing = Outage::Failing { status: 503 };
    assert_eq!(
        bearer(&client).await,
        Err(Error::Unavailable { server: Server::TokenAuthority, outage: failing })
    );
}

#[tokio::test]
async fn a_token_that_is_not_accepted_is_not_used_again() {
    let server = ModelServer::start([
        Answer::error(401, json!({ "code": "401" })),
        Answer::says("hello"),
        Answer::says("hello"),
    ])
    .await;
    let client = of(azure(&server), &clock()).unwrap();
    assert_eq!(bearer(&client).await, Err(Error::Unauthorized { server: Server::Model, status: 401 }));
    assert_eq!(bearer(&client).await.unwrap(), "hello");
    assert_eq!(bearer(&client).await.unwrap(), "hello");
    let tokens: Vec<_> = server.questions().iter().map(|q| q.header("authorization").to_owned()).collect();
    assert_eq!(tokens, ["Bearer token-1", "Bearer token-2", "Bearer token-2"]);
}

#[tokio::test]
async fn an_authority_may_give_no_token() {
    let check = async |answer: Answer, expect: Error| {
        let server = ModelServer::start_with(move |_| answer.clone()).await;
        let client = of(azure(&server), &clock()).unwrap();
        let error = bearer(&client).await.unwrap_err();
        assert_eq!(error, expect);
        assert!(!error.to_string().contains("secret"));
        assert_eq!(server.questions().len(), 0, "nothing goes without a token");
    };
    let authority = Server::TokenAuthority;
    let unauthorized = |status| Error::Unauthorized { server: authority, status };
    let malformed = |what: &str| Error::Malformed { what: what.to_owned() };
    let refused = json!("invalid_client");
    check(Answer::error(401, refused.clone()), unauthorized(401)).await;
    check(Answer::error(400, refused), unauthorized(400)).await;
    let no_token = || malformed("the token authority gives no token");
    check(Answer::raw("text/html", &["<html>secret</html>"]), no_token()).await;
    check(Answer::raw("application/json", &[r#"{"token_type":"Bearer"}"#]), no_token()).await;
    check(Answer::token("secret\n", 3600), malformed("the token authority gives no usable token")).await;
    let failing = Outage::Failing { status: 500 };
    check(Answer::error(500, json!({})), Error::Unavailable { server: authority, outage: failing }).await;
}

#[tokio::test]
async fn without_a_certificate_the_key_goes_alone() {
    let check = async |principal: Option<ServicePrincipal>| {
        let server = echo().await;
        let azure = Azure { service_principal: principal, user_id: None, ..azure(&server) };
        assert_eq!(bearer(&of(azure, &clock()).unwrap()).await.unwrap(), "", "no token");
        let [question] = &server.questions()[..] else { panic!("one question") };
        assert_eq!(question.header("api-key"), KEY);
        assert!(!question.headers.contains_key("x-ms-useragent"));
        assert!(server.token_requests().is_empty());
    };
    check(None).await;
    let principal = ServicePrincipal {
        tenant_id: "a-tenant".to_owned(),
        client_id: "a-client".to_owned(),
        pem_path: fixture("not-there.pem"),
        authority: ServicePrincipal::AUTHORITY.to_owned(),
    };
    check(Some(principal)).await;
}

#[tokio::test]
async fn the_v1_path_names_the_deployment_in_the_body() {
    let server = echo().await;
    let endpoint = format!("{}/gateway/", server.url());
    let api = AzureApi::parse("v1").unwrap();
    bearer(&of(Azure { endpoint, api, ..azure(&server) }, &clock()).unwrap()).await.unwrap();
    let [question] = &server.questions()[..] else { panic!("one question") };
    assert_eq!(question.uri, "/gateway/openai/v1/chat/completions");
    assert_eq!(question.body["model"], "gpt 4o");
}

#[test]
fn api_versions_are_v1_or_dates() {
    let check = |text: &str, is_good: bool| assert_eq!(AzureApi::parse(text).is_ok(), is_good, "{text}");
    check("v1", true);
    check("2024-02-01", true);
    check("2025-01-01-preview", true);
    for bad in ["", "v2", "latest", "2024-02-31", "2024-2-1", "2024-02-01&x=y", "2024-02-01 ", "20240201"] {
        check(bad, false);
    }
}

#[tokio::test]
async fn settings_that_cannot_work_are_refused_at_once() {
    let server = echo().await;
    let check = |change: &dyn Fn(&mut Azure), expect: &str| {
        let mut azure = azure(&server);
        change(&mut azure);
        let error = of(azure, &clock()).unwrap_err().to_string();
        assert!(error.contains(expect) && !error.contains("secret"), "{error}");
    };
    let pem = |azure: &mut Azure, name: &str| {
        azure.service_principal.as_mut().unwrap().pem_path = fixture(name);
    };
    check(&|azure| azure.endpoint = "our-gateway".to_owned(), "AZURE_OPENAI_ENDPOINT");
    check(&|azure| azure.endpoint = "https://secret@gateway".to_owned(), "AZURE_OPENAI_ENDPOINT");
    check(&|azure| azure.endpoint = "https://secret gateway".to_owned(), "AZURE_OPENAI_ENDPOINT");
    check(&|azure| azure.endpoint = "http://gateway.example.org?key=secret".to_owned(), "not https://");
    check(&|azure| azure.api_key = "secret\n".into(), "AZURE_OPENAI_API_KEY");
    check(&|azure| azure.user_id = Some("\n".to_owned()), "AZURE_USER_ID");
    check(
        &|azure| azure.service_principal.as_mut().unwrap().authority = "http://login.example.org".to_owned(),
        "not https://",
    );
    check(&|azure| pem(azure, "certificate-alone.pem"), "no private key");
    check(&|azure| pem(azure, "principal-encrypted.pem"), "without a password");
    check(&|azure| pem(azure, "principal-ec.pem"), "no usable RSA key");
    check(&|azure| pem(azure, "principal.pub.der"), "no certificate");
}
