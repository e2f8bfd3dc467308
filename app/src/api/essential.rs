//! One essential in depth.

use super::dated::Dated;
use super::json::JsonText;
use crate::error::AppError;
use leptos::prelude::*;
use leptos::server_fn::codec::{GetUrl, Post};
use model::BusinessDate;
use model::view::EssentialView;

/// The essential of that name or alias on `date`, or today.
#[server(prefix = "/api/ui", endpoint = "get_essential", input = GetUrl, output = Post<JsonText>)]
pub async fn get_essential(
    /// Canonical name or alias.
    name: String,
    /// The date.
    date: Option<BusinessDate>,
) -> Result<Dated<EssentialView>, AppError> {
    let (service, actor) = super::context()?;
    let dated = Dated::of(&service, &actor, date).await?;
    let view = service.get_essential(&actor, &name, dated.date).await?;
    Ok(dated.map(|()| view))
}
