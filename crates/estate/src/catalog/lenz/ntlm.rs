//! NTLMv2 (MS-NLMP) over HTTP (RFC 4559): it logs in a *connection*, so the session holds
//! exactly one and makes one call at a time on it.

use super::LenzLimits;
use super::http::{Page, USER_AGENT, tls_config, too_large, within};
use crate::error::SourceError;
use base64::prelude::{BASE64_STANDARD, Engine};
use bytes::Bytes;
use http_body_util::{BodyExt, Empty, LengthLimitError, Limited};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use reqwest::header::{ACCEPT, AUTHORIZATION, HOST, USER_AGENT as USER_AGENT_HEADER, WWW_AUTHENTICATE};
use reqwest::{StatusCode, Url};
use rustls::pki_types::ServerName;
use secrecy::{ExposeSecret, SecretString};
use sspi::ntlm::NtlmConfig;
use sspi::{
    AuthIdentity, AuthIdentityBuffers, BufferType, ClientRequestFlags, CredentialUse, DataRepresentation,
    Ntlm, SecurityBuffer, Sspi, SspiImpl, Username,
};
use std::fmt;
use std::sync::Arc;
use std::time::Instant;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::Mutex;
use tokio_rustls::TlsConnector;

/// The name that we give ourselves in the handshake.
const WORKSTATION: &str = "SENTRY";

type Cause = Box<dyn std::error::Error + Send + Sync>;

/// One connection, logged in when the server asks for it.
pub(super) struct NtlmSession {
    username: Username,
    password: SecretString,
    tls: TlsConnector,
    limits: LenzLimits,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// The kept connection, logged in.
    connection: Option<SendRequest<Empty<Bytes>>>,
    /// When a login was last refused.
    refused_at: Option<Instant>,
}

impl fmt::Debug for NtlmSession {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NtlmSession").finish_non_exhaustive()
    }
}

/// An answer and the token that came with it.
struct Answer {
    page: Page,
    token: Option<Vec<u8>>,
}

impl NtlmSession {
    pub(super) fn new(
        username: &str,
        password: SecretString,
        limits: LenzLimits,
    ) -> Result<Self, SourceError> {
        let username = Username::parse(username).map_err(|_| {
            SourceError::Settings("LENZ_USERNAME is neither DOMAIN\\user nor user@domain".to_owned())
        })?;
        let tls = TlsConnector::from(Arc::new(tls_config()?));
        Ok(Self { username, password, tls, limits, state: Mutex::default() })
    }

    /// Reads `url`, logging in at most once.
    pub(super) async fn get(&self, url: Url) -> Result<Page, SourceError> {
        let mut state = self.state.lock().await;
        // Whatever goes wrong or is dropped half-way, the connection is not used again.
        if let Some(mut connection) = state.connection.take() {
            let answer = within(self.limits.probe, self.send(&mut connection, &url, None)).await;
            match answer {
                Ok(answer) if answer.page.status != StatusCode::UNAUTHORIZED => {
                    state.connection = Some(connection);
                    return Ok(answer.page);
                }
                Err(error @ SourceError::Malformed { .. }) => return Err(error),
                Ok(_) | Err(_) => {}
            }
        }
        if state.refused_at.is_some_and(|at| at.elapsed() < self.limits.refused_hold) {
            let hold = "a login was refused a short while ago; none is tried again for now";
            return Err(SourceError::CredentialsRejected(hold.into()));
        }
        let result = within(self.limits.total, self.log_in(&url)).await;
        match result {
            Ok((page, connection)) => {
                *state = State { connection: Some(connection), refused_at: None };
                Ok(page)
            }
            Err(error) => {
                if matches!(error, SourceError::CredentialsRejected(_)) {
                    state.refused_at = Some(Instant::now());
                }
                Err(error)
            }
        }
    }

    /// Negotiate, challenge, authenticate: three messages in two requests of one connection.
    async fn log_in(&self, url: &Url) -> Result<(Page, SendRequest<Empty<Bytes>>), SourceError> {
        let mut connection = within(self.limits.connect, self.connect(url)).await?;
        let mut handshake = Handshake::new(&self.username, &self.password, url)?;
        let negotiate = handshake.step(Vec::new())?;
        let answer = self.send(&mut connection, url, Some(negotiate)).await?;
        if answer.page.status != StatusCode::UNAUTHORIZED {
            return Ok((answer.page, connection));
        }
        let challenge = answer
            .token
            .ok_or_else(|| SourceError::Refused("it wants a login, but does not offer NTLM".into()))?;
        let authenticate = handshake.step(challenge)?;
        let answer = self.send(&mut connection, url, Some(authenticate)).await?;
        match answer.page.status {
            StatusCode::UNAUTHORIZED => {
                Err(SourceError::CredentialsRejected("NTLM: the server refused the response".into()))
            }
            _ => Ok((answer.page, connection)),
        }
    }

    async fn connect(&self, url: &Url) -> Result<SendRequest<Empty<Bytes>>, SourceError> {
        let host = url.host_str().unwrap_or_default().trim_start_matches('[').trim_end_matches(']');
        let port = url.port_or_known_default().unwrap_or(443);
        let unreachable = |cause: Cause| SourceError::Unreachable(cause);
        let tcp = TcpStream::connect((host, port)).await.map_err(|error| unreachable(error.into()))?;
        if url.scheme() == "http" {
            return speak_http(tcp).await.map_err(|error| unreachable(error.into()));
        }
        let name = ServerName::try_from(host.to_owned()).map_err(|error| unreachable(error.into()))?;
        let tls = self.tls.connect(name, tcp).await.map_err(|error| unreachable(error.into()))?;
        speak_http(tls).await.map_err(|error| unreachable(error.into()))
    }

    async fn send(
        &self,
        connection: &mut SendRequest<Empty<Bytes>>,
        url: &Url,
        token: Option<Vec<u8>>,
    ) -> Result<Answer, SourceError> {
        let unreachable = |error: hyper::Error| SourceError::Unreachable(error.into());
        let host = url.host_str().unwrap_or_default();
        let host = url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
        let path = format!("{}?{}", url.path(), url.query().unwrap_or_default());
        let mut request = hyper::Request::get(path)
            .header(HOST, host)
            .header(USER_AGENT_HEADER, USER_AGENT)
            .header(ACCEPT, "application/json");
        if let Some(token) = token {
            request = request.header(AUTHORIZATION, format!("NTLM {}", BASE64_STANDARD.encode(token)));
        }
        let request = request
            .body(Empty::new())
            .map_err(|error| SourceError::Settings(format!("LENZ_API_BASE_URL: {error}")))?;
        connection.ready().await.map_err(unreachable)?;
        let response = connection.send_request(request).await.map_err(unreachable)?;
        let status = response.status();
        let offers = response.headers().get_all(WWW_AUTHENTICATE).iter();
        let token = offers.filter_map(|offer| offer.to_str().ok()?.strip_prefix("NTLM ")).next();
        let token = token.and_then(|token| BASE64_STANDARD.decode(token.trim()).ok());
        let limit = self.limits.body_bytes;
        let body =
            Limited::new(response.into_body(), limit).collect().await.map_err(|error| match error
                .downcast_ref::<LengthLimitError>(
            ) {
                Some(_) => too_large(limit),
                None => SourceError::Unreachable(error),
            })?;
        Ok(Answer { page: Page { url: url.clone(), status, body: body.to_bytes().to_vec() }, token })
    }
}

/// HTTP/1.1 on `stream`; its work goes on in the background until the handle is dropped.
async fn speak_http(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
) -> Result<SendRequest<Empty<Bytes>>, hyper::Error> {
    let (sender, connection) = handshake(TokioIo::new(stream)).await?;
    tokio::spawn(async move {
        if let Err(error) = connection.await {
            tracing::debug!(%error, "the catalog's connection ended");
        }
    });
    Ok(sender)
}

/// One NTLM handshake.
struct Handshake {
    ntlm: Ntlm,
    credentials: Option<AuthIdentityBuffers>,
    target: String,
}

impl Handshake {
    fn new(username: &Username, password: &SecretString, url: &Url) -> Result<Self, SourceError> {
        let mut ntlm = Ntlm::with_config(NtlmConfig::new(WORKSTATION.to_owned()));
        let identity =
            AuthIdentity { username: username.clone(), password: password.expose_secret().to_owned().into() };
        let acquired = ntlm
            .acquire_credentials_handle()
            .with_credential_use(CredentialUse::Outbound)
            .with_auth_data(&identity)
            .execute(&mut ntlm)
            .map_err(refused)?;
        let target = format!("HTTP/{}", url.host_str().unwrap_or_default());
        Ok(Self { ntlm, credentials: acquired.credentials_handle, target })
    }

    /// Our next message, in answer to the server's `token`.
    fn step(&mut self, token: Vec<u8>) -> Result<Vec<u8>, SourceError> {
        let mut input = [SecurityBuffer::new(token, BufferType::Token)];
        let mut output = [SecurityBuffer::new(Vec::new(), BufferType::Token)];
        let mut builder = self
            .ntlm
            .initialize_security_context()
            .with_credentials_handle(&mut self.credentials)
            .with_context_requirements(ClientRequestFlags::ALLOCATE_MEMORY)
            .with_target_data_representation(DataRepresentation::Native)
            .with_target_name(&self.target)
            .with_input(&mut input)
            .with_output(&mut output);
        self.ntlm
            .initialize_security_context_impl(&mut builder)
            .and_then(|mut generator| generator.resolve_to_result())
            .map_err(refused)?;
        let [output] = output;
        Ok(output.buffer)
    }
}

fn refused(error: sspi::Error) -> SourceError {
    SourceError::Refused(error.into())
}
