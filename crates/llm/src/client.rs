//! A call: permit, credentials, tries, answer.

use crate::breaker::Breaker;
use crate::dialect::Dialect;
use crate::endpoint::Endpoint;
use crate::error::{Error, Server};
use crate::http::{self, Body, Failure};
use crate::reply::Reply;
use crate::request::Request;
use crate::retry::{self, Retries};
use crate::settings::{Limits, Price, Settings};
use crate::wire;
use jiff::{SignedDuration, Timestamp};
use model::clock::Clock;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::time::{Instant, sleep};

/// Asks one model on one server. Keep it for as long as the program runs: it keeps connections,
/// the access token, what the server does not understand, and whether it is down.
pub struct Client {
    http: reqwest::Client,
    endpoint: Endpoint,
    limits: Limits,
    price: Option<Price>,
    clock: Clock,
    dialect: Mutex<Dialect>,
    breaker: Arc<Breaker>,
}

impl Client {
    /// Checks the settings and sends nothing. Says in the log where Azure's key will go alone.
    ///
    /// # Errors
    /// [`Error::Settings`] where an address, a key or the certificate's file cannot be used.
    pub fn new(settings: Settings, clock: Clock) -> Result<Self, Error> {
        let Settings { provider, limits, price } = settings;
        let http = http::client(&limits)?;
        let endpoint = Endpoint::new(&provider, &http, clock.clone())?;
        let pause = SignedDuration::try_from(limits.pause)
            .map_err(|_| Error::Settings("the pause after failures is too long".to_owned()))?;
        let breaker = Breaker::new(clock.clone(), limits.failures_to_pause, pause);
        Ok(Self { http, endpoint, limits, price, clock, dialect: Mutex::default(), breaker })
    }

    /// Asks, and waits for the whole answer. Dropping the future ends the request.
    ///
    /// # Errors
    /// There is no answer; see [`Error`].
    pub async fn complete(&self, request: &Request) -> Result<Reply, Error> {
        let permit = self.breaker.enter()?;
        let outcome = self.read_whole(request).await;
        permit.record(&outcome);
        outcome
    }

    /// Until when the server is left alone after repeated failures; `None` when it is not.
    pub fn paused_until(&self) -> Option<Timestamp> {
        self.breaker.paused_until()
    }

    async fn read_whole(&self, request: &Request) -> Result<Reply, Error> {
        let answer = self.ask(request).await?.read().await?;
        wire::read(&answer, self.price.as_ref())
    }

    /// Tries until there is an answer, or none is to be had.
    async fn ask(&self, request: &Request) -> Result<Body, Error> {
        let deadline = Instant::now() + self.limits.total_timeout;
        let mut retries = Retries::new(&self.limits, deadline);
        let mut dialect = *self.dialect.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            let failure = match self.send(request, &dialect, deadline).await {
                Ok(body) => {
                    *self.dialect.lock().unwrap_or_else(PoisonError::into_inner) = dialect;
                    return Ok(body);
                }
                Err(failure) => failure,
            };
            if let (Error::Rejected { server: Server::Model, .. }, Some(said)) =
                (&failure.error, &failure.said)
                && let Some(less) = dialect.without_what_caused(said)
            {
                tracing::info!(understood = ?less, "the model's server does not understand all of the protocol");
                dialect = less;
                continue;
            }
            let Some(wait) = retries.next(failure.again, retry::chance()) else {
                tracing::warn!(error = %failure.error, "no answer of the model");
                return Err(failure.error);
            };
            tracing::info!(error = %failure.error, wait_ms = wait.as_millis(), "the model is asked again");
            sleep(wait).await;
        }
    }

    async fn send(&self, request: &Request, dialect: &Dialect, deadline: Instant) -> Result<Body, Failure> {
        let headers = self.endpoint.headers(&self.limits, deadline).await?;
        let body = wire::body(request, self.endpoint.model.as_deref(), dialect);
        let post = self.http.post(self.endpoint.url.clone()).headers(headers.clone()).json(&body);
        let sent = http::send(post, Server::Model, &self.limits, deadline, self.clock.now()).await;
        if let Err(Failure { error: Error::Unauthorized { .. }, .. }) = sent {
            self.endpoint.reject(&headers).await;
        }
        sent
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("server", &self.endpoint.url.origin().ascii_serialization())
            .finish_non_exhaustive()
    }
}
