//! Events, page by page.

use super::ingest::priced_event;
use super::list::{ALWAYS, ListQuery, Listed, last};
use crate::{Result, Service};
use ::telemetry::rollup::Level;
use ::telemetry::store::{EventQuery, Listing, Page, PricedEvent, TimeRange};
use model::Actor;
use model::telemetry::{EventKind, TraceId};

impl Service {
    /// Events, the newest first; of the last 24 hours on unless a range is given: a sender's clock may be
    /// ahead of ours. What one cost is what its sender says, or what the table of prices says today.
    pub async fn list_events(
        &self,
        actor: &Actor,
        query: ListQuery,
        kind: Option<EventKind>,
        trace_id: Option<TraceId>,
    ) -> Result<Listed<PricedEvent>> {
        let (project, open) = self.telemetry_of(actor).await?;
        let last_day = last(Level::Day.nanos(), self.clock().now().into());
        let default = TimeRange { until: ALWAYS.until, ..last_day };
        let records = open.select(&project, &query, default).await?;
        let range = records.range;
        let query = EventQuery { records, kind, trace_id };
        let page = open.store.events(&project.id, query.clone()).await?;
        let prices = &self.0.telemetry.prices;
        let items = page.items.into_iter().map(|event| priced_event(prices, event)).collect();
        open.listed(&project, Page { items, next: page.next }, Listing::Events(query), range).await
    }
}
