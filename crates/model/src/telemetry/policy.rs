//! What is done with the telemetry of a project.

use serde::{Deserialize, Serialize};

/// Whether secrets are taken out of what a project is sent, before it is stored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Redaction {
    /// They are.
    #[default]
    On,
    /// Everything is stored as it is sent.
    Off,
}

impl Redaction {
    /// The word on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::On => "on",
            Self::Off => "off",
        }
    }
}

/// For how many days each kind of record is kept: 1 to [`Retention::MOST_DAYS`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Retention {
    /// Spans and traces.
    pub spans: u16,
    /// Records and points of metrics.
    pub metrics: u16,
    /// Log records.
    pub logs: u16,
    /// Events.
    pub events: u16,
    /// Sums per minute.
    pub minutes: u16,
    /// Sums per hour and day, by user and session, and sessions themselves.
    pub rollups: u16,
}

impl Retention {
    /// Ten years.
    pub const MOST_DAYS: u16 = 3650;

    /// Each kind's word and its days, in the order of the fields.
    pub fn by_kind(&self) -> [(&'static str, u16); 6] {
        [
            ("spans", self.spans),
            ("metrics", self.metrics),
            ("logs", self.logs),
            ("events", self.events),
            ("minutes", self.minutes),
            ("rollups", self.rollups),
        ]
    }
}

impl Default for Retention {
    /// 90 days of detail, a year of rollups.
    fn default() -> Self {
        Self { spans: 90, metrics: 90, logs: 90, events: 90, minutes: 90, rollups: 365 }
    }
}

/// What is done with the telemetry of a project.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TelemetryPolicy {
    /// Whether secrets are taken out.
    pub redaction: Redaction,
    /// For how long records are kept.
    pub retention: Retention,
}
