//! Answers that belong to a date.

use model::{BusinessDate, SnapshotId};
use serde::{Deserialize, Serialize};

/// An answer with the date and the board that it is of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dated<T> {
    /// The date shown.
    pub date: BusinessDate,
    /// The board that the answer was made from; `None` while nothing is known.
    pub board: Option<SnapshotId>,
    /// The answer.
    pub view: T,
}

impl<T> Dated<T> {
    /// The same with another answer.
    pub(crate) fn map<U>(self, change: impl FnOnce(T) -> U) -> Dated<U> {
        Dated { date: self.date, board: self.board, view: change(self.view) }
    }
}

#[cfg(feature = "ssr")]
impl Dated<()> {
    /// Today or `date`, and the board that is current for it.
    pub(crate) async fn of(
        service: &service::Service,
        actor: &model::Actor,
        date: Option<BusinessDate>,
    ) -> Result<Self, crate::error::AppError> {
        let date = date.unwrap_or_else(|| service.today());
        let board = service.get_board(actor, date).await?.board.as_ref().map(|board| board.id);
        Ok(Self { date, board, view: () })
    }
}
