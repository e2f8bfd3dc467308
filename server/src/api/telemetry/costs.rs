//! `/api/v1/costs`: what calls of models cost.

use crate::api::params::Params;
use crate::error::Answer;
use crate::error::dialect::Envelope;
use axum::extract::State;
use axum::{Extension, Json};
use model::Actor;
use model::telemetry::view::{CostQuery, CostView};
use service::Service;

/// What agents cost, as the page of costs shows it
///
/// Calls of models by their tokens, or as their sender says. Of an agent that tells of no call, `cost_per_request`
/// times the requests that `throughput_req_per_min` makes, as calls of a model without a name.
#[utoipa::path(
    get,
    path = "/api/v1/costs",
    tag = "telemetry",
    params(
        ("from" = Option<String>, Query, description = "A time in UTC, or now-6h; now-30d unless given"),
        ("to" = Option<String>, Query, description = "A time in UTC, or now-1h; now unless given"),
        ("by" = Option<String>, Query, description = "agent, model, user, session or day; agent unless given"),
        ("agent" = Option<String>, Query, description = "Only this one's"),
    ),
    responses(
        (status = 200, description = "Costs by whom and over time, forecast, and calls of unknown cost", body = Object),
        (status = 400, body = Envelope),
        (status = 401, body = Envelope),
        (status = 403, body = Envelope),
        (status = 503, body = Envelope),
    )
)]
pub async fn get_costs(
    State(service): State<Service>,
    Extension(actor): Extension<Actor>,
    params: Params,
) -> Answer<Json<CostView>> {
    let query = CostQuery::parse(params.pairs())?;
    Ok(Json(service.get_costs(&actor, &query).await?))
}
