//! What every handler can reach.

use crate::api::essentials::RenderedEssentials;
use axum::extract::FromRef;
use leptos::config::LeptosOptions;
use metrics_exporter_prometheus::PrometheusHandle;
use service::Service;
use std::sync::Arc;
use tokio::sync::watch;

/// Shared by all requests; cheap to clone.
#[derive(Clone, FromRef)]
pub struct AppState {
    /// The use cases.
    pub service: Service,
    /// Where the built pages' files are, and how they are called.
    pub leptos: LeptosOptions,
    /// Answers of `/api/essentials`, encoded.
    pub essentials: Arc<RenderedEssentials>,
    /// What `/metrics` prints.
    pub metrics: PrometheusHandle,
    /// Tells when the server ends.
    pub shutdown: Shutdown,
}

/// Completes when the server begins to end, so that endless answers end too.
#[derive(Clone, Debug)]
pub struct Shutdown(watch::Receiver<bool>);

impl Shutdown {
    /// A switch and what it ends. The switch ends it when dropped, too.
    pub fn new() -> (watch::Sender<bool>, Self) {
        let (switch, receiver) = watch::channel(false);
        (switch, Self(receiver))
    }

    /// Waits for the switch.
    pub async fn wait(mut self) {
        // An error means that the switch is gone: the server is too.
        let _ = self.0.wait_for(|ended| *ended).await;
    }
}
