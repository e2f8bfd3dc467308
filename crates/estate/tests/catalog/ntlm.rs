//! NTLM against a server that computes the NTLMv2 response itself (MS-NLMP 3.3.2).

use super::server::{Listening, answer, client};
use axum::Router;
use axum::extract::{ConnectInfo, Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use base64::prelude::{BASE64_STANDARD, Engine};
use estate::SourceError;
use estate::catalog::LenzAuth;
use hmac::{Hmac, KeyInit, Mac};
use md4::{Digest, Md4};
use md5::Md5;
use model::EssentialName;
use serde_json::json;
use std::collections::{HashMap, HashSet};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

const CHALLENGE: [u8; 8] = [0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef];

fn utf16(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

fn hmac_md5(key: &[u8], parts: &[&[u8]]) -> Vec<u8> {
    let mut mac = Hmac::<Md5>::new_from_slice(key).unwrap();
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().to_vec()
}

/// NTOWFv2.
fn ntowf_v2(password: &str, user: &str, domain: &str) -> Vec<u8> {
    let user_and_domain = utf16(&format!("{}{domain}", user.to_uppercase()));
    hmac_md5(&Md4::digest(utf16(password)), &[&user_and_domain])
}

/// NTProofStr for the rest of the client's response.
fn proof(password: &str, user: &str, domain: &str, blob: &[u8]) -> Vec<u8> {
    hmac_md5(&ntowf_v2(password, user, domain), &[&CHALLENGE, blob])
}

fn av_pair(id: u16, value: &[u8]) -> Vec<u8> {
    [&id.to_le_bytes()[..], &(value.len() as u16).to_le_bytes(), value].concat()
}

/// CHALLENGE_MESSAGE (2.2.1.2).
fn challenge_message() -> Vec<u8> {
    let target = utf16("NAEAST");
    let info = [
        av_pair(2, &target),
        av_pair(1, &utf16("LENZ01")),
        av_pair(7, &133_842_240_000_000_000_u64.to_le_bytes()),
        av_pair(0, &[]),
    ]
    .concat();
    let flags: u32 =
        0x0000_0001 | 0x0000_0004 | 0x0000_0200 | 0x0000_8000 | 0x0008_0000 | 0x0080_0000 | 0x0200_0000;
    let field = |length: usize, offset: usize| {
        let length = (length as u16).to_le_bytes();
        [&length[..], &length, &(offset as u32).to_le_bytes()].concat()
    };
    [
        b"NTLMSSP\0".to_vec(),
        2_u32.to_le_bytes().to_vec(),
        field(target.len(), 56),
        flags.to_le_bytes().to_vec(),
        CHALLENGE.to_vec(),
        vec![0; 8],
        field(info.len(), 56 + target.len()),
        vec![10, 0, 0x63, 0x45, 0, 0, 0, 15],
        target,
        info,
    ]
    .concat()
}

/// One field of AUTHENTICATE_MESSAGE (2.2.1.3).
fn field(message: &[u8], at: usize) -> &[u8] {
    let length = usize::from(u16::from_le_bytes([message[at], message[at + 1]]));
    let offset = u32::from_le_bytes(message[at + 4..at + 8].try_into().unwrap()) as usize;
    &message[offset..offset + length]
}

fn text(bytes: &[u8]) -> String {
    let units: Vec<u16> = bytes.chunks(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]])).collect();
    String::from_utf16(&units).unwrap()
}

/// Whether an AUTHENTICATE_MESSAGE proves that its sender knows the password of `NAEAST\ops`.
fn is_proven(message: &[u8]) -> bool {
    let (response, domain, user) = (field(message, 20), text(field(message, 28)), text(field(message, 36)));
    response.len() > 24
        && (domain.as_str(), user.as_str()) == ("NAEAST", "ops")
        && response[..16] == proof("p&ss wörd", &user, &domain, &response[16..])
}

#[derive(Default)]
struct Connections {
    challenged: HashSet<SocketAddr>,
    proven: HashSet<SocketAddr>,
    refused: usize,
    seen: HashSet<SocketAddr>,
}

async fn definition(
    State(state): State<Arc<Mutex<Connections>>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    Query(query): Query<HashMap<String, String>>,
    headers: HeaderMap,
) -> Response {
    let mut state = state.lock().unwrap();
    state.seen.insert(peer);
    let token = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let token = token.and_then(|value| value.strip_prefix("NTLM "));
    let message = token.map(|token| BASE64_STANDARD.decode(token).unwrap());
    let refuse =
        |offer: String| (StatusCode::UNAUTHORIZED, [(header::WWW_AUTHENTICATE, offer)]).into_response();
    match message.as_deref() {
        Some(message) if message.starts_with(b"NTLMSSP\0\x01") => {
            state.challenged.insert(peer);
            return refuse(format!("NTLM {}", BASE64_STANDARD.encode(challenge_message())));
        }
        Some(message) if message.starts_with(b"NTLMSSP\0\x03") => {
            if state.challenged.remove(&peer) && is_proven(message) {
                state.proven.insert(peer);
            } else {
                state.refused += 1;
            }
        }
        _ => {}
    }
    match state.proven.contains(&peer) {
        true => answer(&query["name"], json!([])).to_string().into_response(),
        false => refuse("NTLM".to_owned()),
    }
}

async fn start() -> (Listening, Arc<Mutex<Connections>>) {
    let state = Arc::new(Mutex::new(Connections::default()));
    let router = Router::new().route("/def", get(definition)).with_state(state.clone());
    (Listening::start(router).await, state)
}

fn auth(username: &str, password: &str) -> LenzAuth {
    LenzAuth::Ntlm { username: username.to_owned(), password: password.to_owned().into() }
}

#[test]
fn the_verifier_agrees_with_the_published_example() {
    // MS-NLMP 4.2.4: user "User", password "Password", domain "Domain", time 0
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    assert_eq!(hex(&ntowf_v2("Password", "User", "Domain")), "0c868a403bfd7a93a3001ef22ef02e3f");
    let info = [av_pair(2, &utf16("Domain")), av_pair(1, &utf16("Server")), av_pair(0, &[])].concat();
    let blob = [&[1, 1, 0, 0, 0, 0, 0, 0][..], &[0; 8], &[0xaa; 8], &[0; 4], &info, &[0; 4]].concat();
    assert_eq!(hex(&proof("Password", "User", "Domain", &blob)), "68cd0ab851e51c96aabc927bebef6a1c");
}

#[tokio::test]
async fn logs_in_one_connection_and_keeps_it() {
    let (server, state) = start().await;
    let lenz = client(&format!("http://{}", server.address), auth(r"NAEAST\ops", "p&ss wörd"));
    let names = ["A", "B", "C", "D"].map(EssentialName::new);
    let answers = futures::future::join_all(names.iter().map(|name| lenz.get_definition(name))).await;
    for (name, answer) in names.iter().zip(answers) {
        assert_eq!(answer.unwrap()["GLOBAL"][name.as_str()]["essentialName"], name.as_str());
    }
    let state = state.lock().unwrap();
    assert_eq!((state.seen.len(), state.proven.len(), state.refused), (1, 1, 0));
}

#[tokio::test]
async fn logs_in_again_when_the_server_forgets_the_connection() {
    let (server, state) = start().await;
    let lenz = client(&format!("http://{}", server.address), auth(r"NAEAST\ops", "p&ss wörd"));
    lenz.get_definition(&EssentialName::new("A")).await.unwrap();
    state.lock().unwrap().proven.clear();
    lenz.get_definition(&EssentialName::new("A")).await.unwrap();
    assert_eq!(state.lock().unwrap().seen.len(), 2);
}

#[tokio::test]
async fn a_wrong_password_is_tried_once_so_that_no_account_is_locked() {
    let (server, state) = start().await;
    let lenz = client(&format!("http://{}", server.address), auth(r"NAEAST\ops", "wrong"));
    for _ in 0..3 {
        let error = lenz.get_definition(&EssentialName::new("A")).await.unwrap_err();
        assert!(matches!(error, SourceError::CredentialsRejected(_)), "{error:?}");
    }
    assert_eq!(state.lock().unwrap().refused, 1);
}

#[tokio::test]
async fn a_server_that_offers_something_else_is_refused() {
    let offer = || async { (StatusCode::UNAUTHORIZED, [(header::WWW_AUTHENTICATE, "Basic realm=x")]) };
    let server = Listening::start(Router::new().route("/def", get(offer))).await;
    let lenz = client(&format!("http://{}", server.address), auth(r"NAEAST\ops", "p&ss wörd"));
    let error = lenz.get_definition(&EssentialName::new("A")).await.unwrap_err();
    assert!(matches!(&error, SourceError::Refused(why) if why.to_string().contains("NTLM")), "{error:?}");
}
