//! The board.

use super::json::JsonText;
use crate::error::AppError;
use leptos::prelude::*;
use leptos::server_fn::codec::{GetUrl, Post};
use model::view::BoardView;
use model::{BusinessDate, EssentialName};
use serde::{Deserialize, Serialize};

/// The board of a date, with the date that it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DatedBoard {
    /// The date shown.
    pub date: BusinessDate,
    /// Whether every essential comes with its datasets.
    pub whole: bool,
    /// The board and its freshness.
    pub view: BoardView,
}

/// The board of `date`, or of today. With `datasets_of`, only these essentials come with their
/// datasets: all that the first page shows.
#[server(prefix = "/api/ui", endpoint = "get_board", input = GetUrl, output = Post<JsonText>)]
pub async fn get_board(
    /// The date.
    date: Option<BusinessDate>,
    /// Essentials that come with their datasets; all for `None`.
    datasets_of: Option<Vec<EssentialName>>,
) -> Result<DatedBoard, AppError> {
    let (service, actor) = super::context()?;
    let date = date.unwrap_or_else(|| service.today());
    let mut view = service.get_board(&actor, date).await?.view(service.clock().now());
    if let (Some(open), Some(board)) = (&datasets_of, &mut view.board) {
        let closed = board.essentials.iter_mut().filter(|essential| !open.contains(&essential.name));
        closed.for_each(|essential| essential.datasets.clear());
    }
    Ok(DatedBoard { date, whole: datasets_of.is_none(), view })
}
