//! The events of `GET /api/live`, as server-sent events carry them.

use crate::diff::BoardDiff;
use crate::ids::SnapshotId;
use crate::source::SourceStatus;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// One live event. The event name on the wire is [`LiveEvent::name`], its data the content as
/// JSON; a reader goes by the name, so the events themselves are only written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum LiveEvent {
    /// First of every stream, and whenever diffs cannot carry on: which board is current.
    /// Somebody with another board fetches it whole.
    Snapshot(Pulse),
    /// The next board.
    Diff(Box<BoardDiff>),
    /// Nothing changed; the sources were asked at `polled_at`.
    Heartbeat(Pulse),
}

/// Which board is current, how fresh it is, and how the sources are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pulse {
    /// The current board; `None` while nothing is known yet.
    pub id: Option<SnapshotId>,
    /// When the sources last answered for it; `None` before they first did.
    #[serde(default, deserialize_with = "crate::wire::optional_timestamp")]
    pub polled_at: Option<Timestamp>,
    /// The server's time when this was sent.
    #[serde(deserialize_with = "crate::wire::timestamp")]
    pub at: Timestamp,
    /// How the sources are.
    pub sources: Vec<SourceStatus>,
}

impl LiveEvent {
    /// The event's name on the wire.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Snapshot(_) => "snapshot",
            Self::Diff(_) => "diff",
            Self::Heartbeat(_) => "heartbeat",
        }
    }
}
