//! `/api/runs`: the explorer's rows.

pub mod export;

use crate::api::json::{RunJson, SourceJson, sources};
use crate::api::params::Params;
use crate::api::tagged::answer_json;
use crate::error::{Answer, Problem};
use axum::Extension;
use axum::extract::State;
use http::HeaderMap;
use jiff::Timestamp;
use model::Actor;
use model::view::RunListItem;
use serde::Serialize;
use service::Service;
use service::runs::MOST_ROWS;
use utoipa::ToSchema;

/// Rows of one answer unless asked otherwise.
const DEFAULT_ROWS: usize = 100;

/// A window of a date's runs.
#[derive(Debug, Serialize, ToSchema)]
pub struct RunsJson {
    /// The date.
    #[schema(example = "2026-02-18")]
    business_date: String,
    /// When the sources last answered for it; `null` while nothing is known yet.
    timestamp: Option<Timestamp>,
    /// Rows of the date.
    total: usize,
    /// Rows that the query selects.
    matching: usize,
    /// Index of the first row below.
    offset: usize,
    /// The rows.
    runs: Vec<ListedRunJson>,
    /// How the sources are.
    sources: Vec<SourceJson>,
}

/// A run in a list.
#[derive(Debug, Serialize, ToSchema)]
pub struct ListedRunJson {
    /// Display names of the essentials that hold the dataset.
    pub(crate) essentials: Vec<String>,
    #[serde(flatten)]
    pub(crate) run: RunJson,
}

impl From<RunListItem> for ListedRunJson {
    fn from(mut item: RunListItem) -> Self {
        Self { essentials: std::mem::take(&mut item.essentials), run: item.into() }
    }
}

/// The runs of a date
///
/// Parameters as in the explorer's URL. A column's parameter is a text that its value must hold,
/// in any case; `=text` wants the whole value.
#[utoipa::path(
    get,
    path = "/api/runs",
    tag = "runs",
    params(
        ("date" = Option<String>, Query, description = "YYYY-MM-DD; today's unless given"),
        ("q" = Option<String>, Query, description = "Words that must all occur somewhere in the row"),
        ("essential" = Option<String>, Query), ("dataset" = Option<String>, Query),
        ("dag" = Option<String>, Query), ("slice" = Option<String>, Query),
        ("trigger" = Option<String>, Query), ("phase" = Option<String>, Query),
        ("status" = Option<String>, Query), ("started" = Option<String>, Query),
        ("updated" = Option<String>, Query), ("duration" = Option<String>, Query),
        ("run" = Option<String>, Query),
        ("sort" = Option<String>, Query, description = "A column, with - before it for the largest first; -started unless given"),
        ("offset" = Option<usize>, Query, description = "Rows to skip"),
        ("limit" = Option<usize>, Query, description = "Rows to answer, 1 to 1000; 100 unless given"),
    ),
    responses(
        (status = 200, body = RunsJson),
        (status = 304, description = "The reader has this content"),
        (status = 400, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json"),
    )
)]
pub async fn list_runs(
    State(service): State<Service>,
    Extension(actor): Extension<Actor>,
    params: Params,
    headers: HeaderMap,
) -> Answer {
    let date = params.date("date", &service)?;
    let query = params.run_query()?;
    let (offset, limit) = params.window(DEFAULT_ROWS, MOST_ROWS)?;
    service.get_board(&actor, date).await?.board()?;
    let view = service.list_runs(&actor, date, &query, offset, limit).await?;
    let window = RunsJson {
        business_date: date.to_string(),
        timestamp: view.polled_at,
        total: view.total,
        matching: view.matching,
        offset: view.offset,
        runs: view.rows.into_iter().map(ListedRunJson::from).collect(),
        sources: sources(&view.sources),
    };
    answer_json(&headers, &window)
}
