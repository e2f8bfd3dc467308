//! A provider as its discovery document describes it, remembered for an hour.

use super::http::{Http, HttpError};
use super::{OidcSettings, Relying};
use crate::error::Error;
use jiff::{SignedDuration, Timestamp};
use model::clock::Clock;
use openidconnect::core::{CoreClientAuthMethod, CoreJwsSigningAlgorithm};
use openidconnect::{
    AuthType, ClientId, ClientSecret, DiscoveryError, IssuerUrl, ProviderMetadataWithLogout, RedirectUrl,
};
use std::sync::{Arc, PoisonError, RwLock};

const KEPT_FOR: SignedDuration = SignedDuration::from_hours(1);
/// A token that no key fits makes us look for new keys no more often than that.
const LEAST_AGE: SignedDuration = SignedDuration::from_secs(30);

/// Only with keys that the provider alone holds: no `none`, no shared secret.
pub(super) const SIGNING_ALGORITHMS: [CoreJwsSigningAlgorithm; 9] = [
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256,
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha384,
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha512,
    CoreJwsSigningAlgorithm::RsaSsaPssSha256,
    CoreJwsSigningAlgorithm::RsaSsaPssSha384,
    CoreJwsSigningAlgorithm::RsaSsaPssSha512,
    CoreJwsSigningAlgorithm::EcdsaP256Sha256,
    CoreJwsSigningAlgorithm::EcdsaP384Sha384,
    CoreJwsSigningAlgorithm::EdDsa,
];

/// What the provider said, with its keys.
#[derive(Debug)]
pub(super) struct Provider {
    metadata: ProviderMetadataWithLogout,
    redirect_url: RedirectUrl,
}

impl Provider {
    /// Us, as the provider knows us.
    pub(super) fn relying(&self, settings: &OidcSettings) -> Relying {
        let id = ClientId::new(settings.client_id.clone());
        let secret = settings.client_secret.as_ref().map(|secret| {
            use secrecy::ExposeSecret;
            ClientSecret::new(secret.expose_secret().to_owned())
        });
        // Without a list it is the basic scheme (Discovery 1.0, 3).
        let methods = self.metadata.token_endpoint_auth_methods_supported();
        let basic = methods.is_none_or(|methods| methods.contains(&CoreClientAuthMethod::ClientSecretBasic));
        Relying::from_provider_metadata(self.metadata.clone(), id, secret)
            .set_auth_type(if basic { AuthType::BasicAuth } else { AuthType::RequestBody })
            .set_redirect_uri(self.redirect_url.clone())
    }

    pub(super) fn end_session_endpoint(&self) -> Option<&reqwest::Url> {
        self.metadata.additional_metadata().end_session_endpoint.as_ref().map(|endpoint| endpoint.url())
    }
}

/// The last description, and one reader of a new one at a time.
#[derive(Debug, Default)]
pub(super) struct Cache {
    last: RwLock<Option<(Timestamp, Arc<Provider>)>>,
    reading: tokio::sync::Mutex<()>,
}

impl Cache {
    /// The last description, however old.
    pub(super) fn last(&self) -> Option<Arc<Provider>> {
        self.slot().map(|(_, provider)| provider)
    }

    /// A description that is new enough, and newer than `stale`. A failure is not remembered.
    pub(super) async fn get(
        &self,
        settings: &OidcSettings,
        http: &Http,
        clock: &Clock,
        stale: Option<&Arc<Provider>>,
    ) -> Result<Arc<Provider>, Error> {
        let fresh = || {
            let (read_at, provider) = self.slot()?;
            let age = clock.now().duration_since(read_at);
            let is_stale = stale.is_some_and(|stale| Arc::ptr_eq(stale, &provider));
            (age < if is_stale { LEAST_AGE } else { KEPT_FOR }).then_some(provider)
        };
        if let Some(provider) = fresh() {
            return Ok(provider);
        }
        let _one_at_a_time = self.reading.lock().await;
        if let Some(provider) = fresh() {
            return Ok(provider);
        }
        let provider = Arc::new(discover(settings, http).await?);
        *self.last.write().unwrap_or_else(PoisonError::into_inner) =
            Some((clock.now(), Arc::clone(&provider)));
        Ok(provider)
    }

    fn slot(&self) -> Option<(Timestamp, Arc<Provider>)> {
        self.last.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Reads the discovery document and the keys.
pub(super) async fn discover(settings: &OidcSettings, http: &Http) -> Result<Provider, Error> {
    let invalid = |error| Error::settings(format!("OIDC: {error}"));
    let issuer = IssuerUrl::new(settings.issuer.clone()).map_err(invalid)?;
    let redirect_url = RedirectUrl::new(settings.redirect_url.clone()).map_err(invalid)?;
    let metadata =
        ProviderMetadataWithLogout::discover_async(issuer, &http.sender()).await.map_err(undiscovered)?;
    Ok(Provider { metadata, redirect_url })
}

fn undiscovered(error: DiscoveryError<HttpError>) -> Error {
    match error {
        DiscoveryError::Validation(why) => {
            Error::settings(format!("OIDC: the provider is another one: {why}"))
        }
        DiscoveryError::Request(error) => Error::unavailable(format!("OIDC: {error}")),
        error => Error::unavailable(format!("OIDC: the provider cannot be discovered: {error}")),
    }
}
