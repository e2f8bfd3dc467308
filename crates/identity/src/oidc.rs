//! Sign-in by an OpenID Connect provider: the authorization code flow with PKCE, any provider
//! that its discovery document describes (OpenID Connect Core 1.0, Discovery 1.0; RFC 7636).

mod claims;
mod http;
mod provider;

use crate::Vouched;
use crate::error::Error;
use claims::{Claims, OtherClaims};
use http::{Http, HttpError};
use model::clock::Clock;
use openidconnect::core::{
    CoreAuthDisplay, CoreAuthPrompt, CoreAuthenticationFlow, CoreErrorResponseType, CoreGenderClaim,
    CoreJsonWebKey, CoreJweContentEncryptionAlgorithm, CoreJwsSigningAlgorithm, CoreRevocableToken,
    CoreRevocationErrorResponse, CoreTokenIntrospectionResponse, CoreTokenType,
};
use openidconnect::{
    AccessTokenHash, AuthorizationCode, ClaimsVerificationError, Client, CsrfToken, EmptyExtraTokenFields,
    EndpointMaybeSet, EndpointNotSet, EndpointSet, IdTokenClaims, IdTokenFields, Nonce, OAuth2TokenResponse,
    PkceCodeChallenge, PkceCodeVerifier, RequestTokenError, Scope, StandardErrorResponse,
    StandardTokenResponse, TokenResponse, UserInfoClaims, UserInfoError,
};
use provider::{Provider, SIGNING_ALGORITHMS};
use secrecy::{ExposeSecret, SecretString};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

type IdFields = IdTokenFields<
    OtherClaims,
    EmptyExtraTokenFields,
    CoreGenderClaim,
    CoreJweContentEncryptionAlgorithm,
    CoreJwsSigningAlgorithm,
>;
type Tokens = StandardTokenResponse<IdFields, CoreTokenType>;
type OidcError = StandardErrorResponse<CoreErrorResponseType>;
/// The library's client, with the claims that are not standard ones.
type Relying = Client<
    OtherClaims,
    CoreAuthDisplay,
    CoreGenderClaim,
    CoreJweContentEncryptionAlgorithm,
    CoreJsonWebKey,
    CoreAuthPrompt,
    OidcError,
    Tokens,
    CoreTokenIntrospectionResponse,
    CoreRevocableToken,
    CoreRevocationErrorResponse,
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointMaybeSet,
    EndpointMaybeSet,
>;

/// Which provider, and as whom we speak to it.
#[derive(Clone, Debug)]
pub struct OidcSettings {
    /// The provider, as it calls itself: `https://…`, exactly.
    pub issuer: String,
    /// Our name there.
    pub client_id: String,
    /// Our secret there; `None` for a public client.
    pub client_secret: Option<SecretString>,
    /// Where the provider sends people back to: our own address.
    pub redirect_url: String,
    /// What is asked for besides `openid`.
    pub scopes: Vec<String>,
    /// The claim that lists a person's groups.
    pub group_claim: String,
    /// What the button says.
    pub label: String,
    /// Whether an address counts that the provider has not verified. Only for a provider where
    /// people cannot choose their address.
    pub trust_unverified_email: bool,
    /// The authorities of the provider's certificate; without it those that the machine trusts.
    pub ca_file: Option<PathBuf>,
    /// How long the provider may take for each step of a sign-in.
    pub timeout: Duration,
}

impl OidcSettings {
    /// The usual: a public client that asks for `profile` and `email`, groups in `groups`, 10 s.
    pub fn new(
        issuer: impl Into<String>,
        client_id: impl Into<String>,
        redirect_url: impl Into<String>,
    ) -> Self {
        Self {
            issuer: issuer.into(),
            client_id: client_id.into(),
            client_secret: None,
            redirect_url: redirect_url.into(),
            scopes: vec!["profile".to_owned(), "email".to_owned()],
            group_claim: "groups".to_owned(),
            label: "Single sign-on".to_owned(),
            trust_unverified_email: false,
            ca_file: None,
            timeout: Duration::from_secs(10),
        }
    }
}

/// A sign-in that a person was sent away for. Kept on the server, for that browser alone, until
/// it comes back, and used once.
#[derive(Clone, Debug)]
pub struct LoginStart {
    /// Where the browser goes.
    pub url: String,
    /// What it must bring back.
    pub state: SecretString,
    /// What the ID token must contain.
    pub nonce: SecretString,
    /// What proves that we are who asked (RFC 7636).
    pub pkce_verifier: SecretString,
    /// Where the person wanted to go; as given, not judged.
    pub return_to: String,
}

/// What the browser brings back: the query of the redirect URL.
#[derive(Clone, Debug)]
pub struct Callback {
    /// The authorization code.
    pub code: SecretString,
    /// The state.
    pub state: SecretString,
    /// Who answers, where the provider says so (RFC 9207).
    pub iss: Option<String>,
}

/// Sends people to one provider and reads what they bring back.
#[derive(Debug)]
pub struct OidcClient {
    settings: OidcSettings,
    clock: Clock,
    http: Http,
    provider: provider::Cache,
}

impl OidcClient {
    /// Checks the settings; the provider is asked at the first sign-in, and again after each
    /// failure and each hour.
    ///
    /// # Errors
    /// [`Error::Settings`] where a URL is none, or is readable on the way.
    pub fn new(settings: OidcSettings, clock: Clock) -> Result<Self, Error> {
        for (name, url) in [("issuer", &settings.issuer), ("redirect_url", &settings.redirect_url)] {
            let url = reqwest::Url::parse(url)
                .map_err(|error| Error::settings(format!("OIDC {name} {url:?}: {error}")))?;
            if !http::is_private(&url) {
                return Err(Error::settings(format!("OIDC {name}: {url} must be https://")));
            }
        }
        if settings.client_id.is_empty() || settings.group_claim.is_empty() {
            return Err(Error::settings("OIDC: client_id and group_claim must not be empty"));
        }
        let http = Http::new(settings.ca_file.as_deref(), settings.timeout)?;
        Ok(Self { settings, clock, http, provider: provider::Cache::default() })
    }

    /// What the button says.
    pub fn label(&self) -> &str {
        &self.settings.label
    }

    /// Whether the provider can be discovered, from scratch: for a test button.
    ///
    /// # Errors
    /// As [`Self::start`].
    pub async fn check(&self) -> Result<(), Error> {
        self.within_timeout(async { provider::discover(&self.settings, &self.http).await.map(|_| ()) }).await
    }

    /// Begins a sign-in.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when the provider cannot be discovered in time, [`Error::Settings`]
    /// when it calls itself otherwise.
    pub async fn start(&self, return_to: &str) -> Result<LoginStart, Error> {
        let provider = self.within_timeout(self.provider(None)).await?;
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let relying = provider.relying(&self.settings);
        let mut request = relying
            .authorize_url(
                CoreAuthenticationFlow::AuthorizationCode,
                CsrfToken::new_random,
                Nonce::new_random,
            )
            .set_pkce_challenge(challenge);
        for scope in self.settings.scopes.iter().filter(|scope| *scope != "openid") {
            request = request.add_scope(Scope::new(scope.clone()));
        }
        let (url, state, nonce) = request.url();
        Ok(LoginStart {
            url: url.to_string(),
            state: state.into_secret().into(),
            nonce: nonce.secret().as_str().into(),
            pkce_verifier: verifier.into_secret().into(),
            return_to: return_to.to_owned(),
        })
    }

    /// Ends a sign-in: takes the code to the provider and reads what it says about the person.
    ///
    /// # Errors
    /// [`Error::Rejected`] where state, nonce, issuer, audience, signature, time or code are
    /// wrong, or the address is not verified; `Unavailable` when the provider does not answer as
    /// it should; `Settings` when it does not know us.
    pub async fn finish(&self, callback: &Callback, start: &LoginStart) -> Result<Vouched, Error> {
        if callback.state.expose_secret() != start.state.expose_secret() {
            return Err(rejected("another state than we sent"));
        }
        if callback.iss.as_ref().is_some_and(|issuer| *issuer != self.settings.issuer) {
            return Err(rejected("another provider answers"));
        }
        self.within_timeout(self.redeem(callback, start)).await
    }

    /// Where the provider ends the person's session with it, and then sends them to
    /// `return_url`; `None` where it offers nothing of the kind or was never asked.
    pub fn logout_url(&self, return_url: &str) -> Option<String> {
        let mut url = self.provider.last()?.end_session_endpoint()?.clone();
        url.query_pairs_mut()
            .append_pair("client_id", &self.settings.client_id)
            .append_pair("post_logout_redirect_uri", return_url);
        Some(url.into())
    }

    async fn redeem(&self, callback: &Callback, start: &LoginStart) -> Result<Vouched, Error> {
        let provider = self.provider(None).await?;
        let relying = provider.relying(&self.settings);
        let http = self.http.sender();
        let tokens: Tokens = relying
            .exchange_code(AuthorizationCode::new(callback.code.expose_secret().to_owned()))
            .map_err(|error| Error::unavailable(format!("OIDC: {error}")))?
            .set_pkce_verifier(PkceCodeVerifier::new(start.pkce_verifier.expose_secret().to_owned()))
            .request_async(&http)
            .await
            .map_err(refused_code)?;

        let claims = match self.id_claims(&relying, &tokens, start) {
            // The provider may have changed its keys since we looked.
            Err(ClaimsVerificationError::SignatureVerification(_)) => {
                let renewed = self.provider(Some(&provider)).await?;
                self.id_claims(&renewed.relying(&self.settings), &tokens, start)
            }
            claims => claims,
        }
        .map_err(|error| rejected(&error.to_string()))?;

        let mut read = Claims::of_token(&self.settings, &claims);
        if !read.is_complete() {
            // Not every provider has that endpoint.
            if let Ok(request) =
                relying.user_info(tokens.access_token().clone(), Some(claims.subject().clone()))
            {
                let info: UserInfoClaims<OtherClaims, CoreGenderClaim> =
                    request.request_async(&http).await.map_err(refused_info)?;
                read = read.or(Claims::of_info(&self.settings, &info));
            }
        }
        read.vouched(&self.settings, claims.subject().as_str())
    }

    /// The verified claims of the ID token.
    fn id_claims(
        &self,
        relying: &Relying,
        tokens: &Tokens,
        start: &LoginStart,
    ) -> Result<IdTokenClaims<OtherClaims, CoreGenderClaim>, ClaimsVerificationError> {
        let other = |error: &dyn std::fmt::Display| ClaimsVerificationError::Other(error.to_string());
        let token = tokens.id_token().ok_or_else(|| other(&"no ID token: is the scope openid allowed?"))?;
        let clock = self.clock.clone();
        let verifier = relying
            .id_token_verifier()
            .set_allowed_algs(SIGNING_ALGORITHMS)
            .set_time_fn(move || date_time(&clock));
        let nonce = Nonce::new(start.nonce.expose_secret().to_owned());
        let claims = token.claims(&verifier, &nonce)?;
        if let Some(expected) = claims.access_token_hash() {
            let algorithm = token.signing_alg().map_err(|error| other(&error))?;
            let key = token.signing_key(&verifier).map_err(|error| other(&error))?;
            let actual = AccessTokenHash::from_token(tokens.access_token(), algorithm, key)
                .map_err(|error| other(&error))?;
            if actual != *expected {
                return Err(other(&"the access token is not the one that the ID token is for"));
            }
        }
        Ok(claims.clone())
    }

    /// The provider as it describes itself; asked again where the description is `stale`.
    async fn provider(&self, stale: Option<&Arc<Provider>>) -> Result<Arc<Provider>, Error> {
        self.provider.get(&self.settings, &self.http, &self.clock, stale).await
    }

    async fn within_timeout<T>(&self, work: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
        let timeout = self.settings.timeout;
        tokio::time::timeout(timeout, work)
            .await
            .unwrap_or_else(|_| Err(Error::unavailable(format!("OIDC: no answer within {timeout:?}"))))
    }
}

/// Our clock's time as the library wants it. Past its range every token is out of date.
fn date_time(clock: &Clock) -> chrono::DateTime<chrono::Utc> {
    chrono::DateTime::from_timestamp_millis(clock.now().as_millisecond())
        .unwrap_or(chrono::DateTime::<chrono::Utc>::MAX_UTC)
}

fn rejected(why: &str) -> Error {
    tracing::warn!(why, "a sign-in by the provider is refused");
    Error::Rejected
}

/// What the token endpoint's answer means (RFC 6749, 5.2).
fn refused_code(error: RequestTokenError<HttpError, OidcError>) -> Error {
    match error {
        RequestTokenError::ServerResponse(answer) => match answer.error() {
            CoreErrorResponseType::InvalidGrant => rejected(&answer.to_string()),
            _ => Error::settings(format!("OIDC: the provider refuses this server: {answer}")),
        },
        RequestTokenError::Request(error) => Error::unavailable(format!("OIDC: {error}")),
        RequestTokenError::Parse(error, _) => {
            Error::unavailable(format!("OIDC: the provider's answer cannot be read: {error}"))
        }
        RequestTokenError::Other(error) => Error::unavailable(format!("OIDC: {error}")),
    }
}

fn refused_info(error: UserInfoError<HttpError>) -> Error {
    match error {
        UserInfoError::ClaimsVerification(error) => rejected(&error.to_string()),
        UserInfoError::Request(error) => Error::unavailable(format!("OIDC: {error}")),
        error => Error::unavailable(format!("OIDC: {error}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_that_give_something_away_are_refused() {
        let check = |issuer: &str, redirect_url: &str, accepted: bool| {
            let client = OidcClient::new(OidcSettings::new(issuer, "sentry", redirect_url), Clock::system());
            assert_eq!(client.is_ok(), accepted, "{issuer} {redirect_url}: {:?}", client.err());
        };
        check("https://id.example.org", "https://sentry.example.org/back", true);
        check("http://127.0.0.1:9000", "http://localhost:3000/back", true);
        check("http://id.example.org", "https://sentry.example.org/back", false);
        check("https://id.example.org", "http://sentry.example.org/back", false);
        check("ftp://127.0.0.1", "https://sentry.example.org/back", false);
        check("id.example.org", "https://sentry.example.org/back", false);
        check("https://id.example.org", "/back", false);
    }
}
