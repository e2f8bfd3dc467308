//! Access tokens for a service principal: Entra's client credentials, proven by an assertion
//! that the certificate's key signs (RFC 7523).

use crate::error::{Error, Server};
use crate::http::{self, Failure};
use crate::settings::{Limits, ServicePrincipal};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64_URL;
use jiff::{SignedDuration, Timestamp};
use model::clock::Clock;
use reqwest::Url;
use reqwest::header::HeaderValue;
use ring::digest;
use ring::rand::SystemRandom;
use ring::signature::{RSA_PKCS1_SHA256, RsaKeyPair};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use serde::Deserialize;
use serde_json::json;
use std::path::Path;
use tokio::sync::Mutex;
use tokio::time::Instant;

const SCOPE: &str = "https://cognitiveservices.azure.com/.default";
const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
const ASSERTION_LIFE: SignedDuration = SignedDuration::from_mins(10);
/// A token is replaced so long before it expires, or after half of its life if that is later.
const REFRESH_BEFORE: SignedDuration = SignedDuration::from_mins(5);
/// How long a token that could not be replaced in time goes on being used without another try.
const REFRESH_PAUSE: SignedDuration = SignedDuration::from_secs(30);
/// Nobody's tokens live longer; keeps what the authority says from overflowing.
const MAX_LIFE_S: u32 = 7 * 24 * 3600;

/// A certificate and its key.
pub(crate) struct Certificate {
    key: RsaKeyPair,
    /// What Entra knows the certificate by, of old …
    sha1: String,
    /// … and now.
    sha256: String,
}

impl Certificate {
    /// Reads a PEM file.
    ///
    /// # Errors
    /// [`Error::Settings`] where it has no certificate or no RSA key that can be used.
    pub(crate) fn load(path: &Path) -> Result<Self, Error> {
        let unusable = |why: String| Error::Settings(format!("AZURE_PEM_PATH: {}: {why}", path.display()));
        let pem = std::fs::read(path).map_err(|error| unusable(format!("cannot be read: {error}")))?;
        let certificate = CertificateDer::pem_slice_iter(&pem).next().and_then(Result::ok);
        let certificate = certificate.ok_or_else(|| unusable("holds no certificate".to_owned()))?;
        let key = PrivateKeyDer::from_pem_slice(&pem)
            .map_err(|_| unusable("holds no private key without a password".to_owned()))?;
        let key = match &key {
            PrivateKeyDer::Pkcs8(der) => RsaKeyPair::from_pkcs8(der.secret_pkcs8_der()),
            PrivateKeyDer::Pkcs1(der) => RsaKeyPair::from_der(der.secret_pkcs1_der()),
            _ => return Err(unusable("its key is not an RSA key".to_owned())),
        };
        let key = key.map_err(|error| unusable(format!("its key is no usable RSA key: {error}")))?;
        let thumbprint = |algorithm| BASE64_URL.encode(digest::digest(algorithm, &certificate));
        Ok(Self {
            sha1: thumbprint(&digest::SHA1_FOR_LEGACY_USE_ONLY),
            sha256: thumbprint(&digest::SHA256),
            key,
        })
    }

    /// A signed statement that we are `client_id`, for `audience` only.
    fn assertion(&self, client_id: &str, audience: &Url, now: Timestamp) -> String {
        let mut id = [0; 16];
        getrandom::fill(&mut id).expect("the machine has random numbers");
        let header = json!({ "alg": "RS256", "typ": "JWT", "x5t": self.sha1, "x5t#S256": self.sha256 });
        let claims = json!({
            "aud": audience.as_str(),
            "iss": client_id,
            "sub": client_id,
            "jti": BASE64_URL.encode(id),
            "iat": now.as_second(),
            "nbf": now.as_second(),
            "exp": (now + ASSERTION_LIFE).as_second(),
        });
        let encode = |part: &serde_json::Value| BASE64_URL.encode(part.to_string());
        let signed = format!("{}.{}", encode(&header), encode(&claims));
        let mut signature = vec![0; self.key.public().modulus_len()];
        self.key
            .sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), signed.as_bytes(), &mut signature)
            .expect("the buffer has the signature's length");
        format!("{signed}.{}", BASE64_URL.encode(signature))
    }
}

/// Keeps a token and replaces it in time. However many calls need one, it is asked for once.
pub(crate) struct Tokens {
    client: reqwest::Client,
    certificate: Certificate,
    client_id: String,
    url: Url,
    clock: Clock,
    token: Mutex<Option<Token>>,
}

#[derive(Clone)]
struct Token {
    bearer: HeaderValue,
    refresh_at: Timestamp,
    expires_at: Timestamp,
}

#[derive(Deserialize)]
struct Grant {
    access_token: String,
    expires_in: u32,
}

impl Tokens {
    pub(crate) fn new(
        client: reqwest::Client,
        principal: &ServicePrincipal,
        certificate: Certificate,
        clock: Clock,
    ) -> Result<Self, Error> {
        let authority = http::parse_url("the token authority", &principal.authority)?;
        if !http::is_private(&authority) {
            return Err(Error::Settings("the token authority is not https://".to_owned()));
        }
        let url = http::join(authority, &[&principal.tenant_id, "oauth2", "v2.0", "token"]);
        let client_id = principal.client_id.clone();
        Ok(Self { client, certificate, client_id, url, clock, token: Mutex::default() })
    }

    /// The value of the `Authorization` header.
    pub(crate) async fn bearer(&self, limits: &Limits, deadline: Instant) -> Result<HeaderValue, Failure> {
        // Held while a new one is asked for: whoever comes meanwhile waits for that one.
        let mut token = self.token.lock().await;
        let now = self.clock.now();
        if let Some(token) = token.as_ref().filter(|token| now < token.refresh_at) {
            return Ok(token.bearer.clone());
        }
        match self.request(limits, deadline).await {
            Ok(new) => Ok(token.insert(new).bearer.clone()),
            Err(failure) => match token.as_mut().filter(|token| now < token.expires_at) {
                Some(old) => {
                    tracing::warn!(error = %failure.error, "the access token cannot be replaced yet");
                    old.refresh_at = (now + REFRESH_PAUSE).min(old.expires_at);
                    Ok(old.bearer.clone())
                }
                None => Err(failure),
            },
        }
    }

    /// Forgets a token that was not accepted, so that the next call asks for another.
    pub(crate) async fn reject(&self, bearer: &HeaderValue) {
        let mut token = self.token.lock().await;
        if token.as_ref().is_some_and(|token| token.bearer == *bearer) {
            *token = None;
        }
    }

    async fn request(&self, limits: &Limits, deadline: Instant) -> Result<Token, Failure> {
        let now = self.clock.now();
        let assertion = self.certificate.assertion(&self.client_id, &self.url, now);
        let form = [
            ("grant_type", "client_credentials"),
            ("client_id", &self.client_id),
            ("scope", SCOPE),
            ("client_assertion_type", ASSERTION_TYPE),
            ("client_assertion", &assertion),
        ];
        let request = self.client.post(self.url.clone()).form(&form);
        let sent = http::send(request, Server::TokenAuthority, limits, deadline, now).await;
        let answer = sent.map_err(Self::refused)?.read().await?;
        let unreadable = |_| Error::malformed("the token authority gives no token");
        let grant: Grant = serde_json::from_slice(&answer).map_err(unreadable)?;
        let mut bearer = HeaderValue::try_from(format!("Bearer {}", grant.access_token))
            .map_err(|_| Error::malformed("the token authority gives no usable token"))?;
        bearer.set_sensitive(true);
        let life = SignedDuration::from_secs(grant.expires_in.min(MAX_LIFE_S).into());
        Ok(Token { bearer, refresh_at: now + (life - REFRESH_BEFORE).max(life / 2), expires_at: now + life })
    }

    /// An authority that does not accept the assertion says so with a 400 (RFC 6749, 5.2).
    fn refused(failure: Failure) -> Failure {
        let Error::Rejected { server, status: status @ 400, .. } = failure.error else { return failure };
        Failure { error: Error::Unauthorized { server, status }, ..failure }
    }
}
