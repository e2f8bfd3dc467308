//! What is known of a source: up or down, how old, how slow.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Where data comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SourceName {
    /// Workflow runs (`FGW_DATABASE`).
    FgwDatabase,
    /// Airflow's tasks (`AIRFLOW_DATABASE`).
    AirflowDatabase,
    /// The catalog.
    LenzApi,
}

impl SourceName {
    /// The key in `/api/health`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::FgwDatabase => "fgw_database",
            Self::AirflowDatabase => "airflow_database",
            Self::LenzApi => "lenz_api",
        }
    }

    /// What people call it.
    pub fn label(self) -> &'static str {
        match self {
            Self::FgwDatabase => "workflow database",
            Self::AirflowDatabase => "Airflow database",
            Self::LenzApi => "catalog",
        }
    }
}

/// Whether a source answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SourceState {
    /// Not asked yet.
    Starting,
    /// The last call succeeded.
    Up,
    /// The last call failed; what is shown is older.
    Down,
}

/// The last that is known of one source.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceStatus {
    /// Which source.
    pub name: SourceName,
    /// Whether its last call succeeded.
    pub state: SourceState,
    /// How long the last call took.
    pub latency_ms: Option<u64>,
    /// When a call last succeeded: the age of what is shown.
    #[serde(default, deserialize_with = "crate::wire::optional_timestamp")]
    pub last_success: Option<Timestamp>,
    /// Why the last call failed, in words that hold nothing internal; `None` when it did not.
    /// Also where it failed for a part only, such as a name that the catalog does not know.
    pub error: Option<String>,
}
