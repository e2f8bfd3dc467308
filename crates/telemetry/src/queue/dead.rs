//! What could not be stored.

use super::entry::decode;
use super::{Queue, QueueError};
use model::Timestamp;
use model::identity::ProjectId;

/// Dead letters that are read at once.
const PAGE: usize = 100;

/// A batch that could not be stored, and was set aside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeadLetter {
    /// Its id among the dead letters.
    pub id: String,
    /// When it was set aside.
    pub at: Timestamp,
    /// Why.
    pub reason: String,
    /// Whose it is, and how many records it holds; `None` where it cannot be read.
    pub content: Option<(ProjectId, usize)>,
}

impl Queue {
    /// Dead letters behind the one of id `after`, some of them, the oldest first; none are left where there
    /// are none.
    ///
    /// # Errors
    /// Redis is away.
    pub async fn dead_letters(&self, after: Option<&str>) -> Result<Vec<DeadLetter>, QueueError> {
        let found = self.note(self.0.server.dead(after, PAGE).await)?;
        Ok(found.into_iter().map(|(id, fields)| letter(id, &fields)).collect())
    }

    /// Puts a dead letter back into the queue, however full that is; false where there is none of that id.
    ///
    /// # Errors
    /// Redis is away.
    pub async fn requeue(&self, id: &str) -> Result<bool, QueueError> {
        self.note(self.0.server.requeue(id).await)
    }
}

/// Of the fields of an entry: names and values in turn.
fn letter(id: String, fields: &[Vec<u8>]) -> DeadLetter {
    let value = |place: usize| fields.get(place).map(Vec::as_slice).unwrap_or_default();
    // Ids begin with the time of the server, in milliseconds.
    let at = id.split('-').next().and_then(|at| at.parse().ok());
    let at = at.and_then(|at| Timestamp::from_millisecond(at).ok()).unwrap_or_default();
    let reason = String::from_utf8_lossy(value(1)).into_owned();
    let content = decode(value(5)).ok().map(|(project, batch)| (project, batch.len()));
    DeadLetter { id, at, reason, content }
}
