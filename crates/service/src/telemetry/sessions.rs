//! Sessions, page by page.

use super::list::{ALWAYS, ListQuery, Listed};
use crate::{Result, Service};
use ::telemetry::store::{Listing, SessionSummary};
use model::Actor;

impl Service {
    /// Sessions, those that began last first.
    pub async fn list_sessions(&self, actor: &Actor, query: ListQuery) -> Result<Listed<SessionSummary>> {
        let (project, open) = self.telemetry_of(actor).await?;
        let query = open.select(&project, &query, ALWAYS).await?;
        let page = open.store.sessions(&project.id, query.clone()).await?;
        let range = query.range;
        open.listed(&project, page, Listing::Sessions(query), range).await
    }
}
