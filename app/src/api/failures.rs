//! The failures of a date.

use super::dated::Dated;
use super::json::JsonText;
use crate::error::AppError;
use leptos::prelude::*;
use leptos::server_fn::codec::{GetUrl, Post};
use model::BusinessDate;
use model::view::FailuresView;

/// The failures of `date`, or of today.
#[server(prefix = "/api/ui", endpoint = "list_failures", input = GetUrl, output = Post<JsonText>)]
pub async fn list_failures(
    /// The date.
    date: Option<BusinessDate>,
) -> Result<Dated<FailuresView>, AppError> {
    let (service, actor) = super::context()?;
    let dated = Dated::of(&service, &actor, date).await?;
    let view = service.list_failures(&actor, dated.date).await?;
    Ok(dated.map(|()| view))
}
