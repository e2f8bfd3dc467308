//! The runs of a date, and the tasks of one.

use super::dated::Dated;
use super::json::JsonText;
use crate::error::AppError;
use leptos::prelude::*;
use leptos::server_fn::codec::{GetUrl, Json, Post};
use model::view::{RunQuery, RunTasksView, RunsView};
use model::{BusinessDate, RunId};

/// The runs of `date`, or of today, that `query` selects: at most `limit` from `offset`.
#[server(prefix = "/api/ui", endpoint = "list_runs", input = Json, output = Post<JsonText>)]
pub async fn list_runs(
    /// The date.
    date: Option<BusinessDate>,
    /// Which runs, in which order.
    query: RunQuery,
    /// Index of the first one.
    offset: usize,
    /// How many at most.
    limit: usize,
) -> Result<Dated<RunsView>, AppError> {
    let (service, actor) = super::context()?;
    let dated = Dated::of(&service, &actor, date).await?;
    let view = service.list_runs(&actor, dated.date, &query, offset, limit).await?;
    Ok(dated.map(|()| view))
}

/// The run of `date`, or of today, with its tasks.
#[server(prefix = "/api/ui", endpoint = "get_run_tasks", input = GetUrl, output = Post<JsonText>)]
pub async fn get_run_tasks(
    /// The date.
    date: Option<BusinessDate>,
    /// The run.
    run_id: RunId,
) -> Result<RunTasksView, AppError> {
    let (service, actor) = super::context()?;
    let date = date.unwrap_or_else(|| service.today());
    Ok(service.get_run_tasks(&actor, date, &run_id).await?)
}
