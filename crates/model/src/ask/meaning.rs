//! What a question means: what kind it is, and what it speaks of.

use crate::date::BusinessDate;
use crate::ids::{DatasetId, EssentialName, RunId, SliceName};
use crate::run::Phase;
use serde::{Deserialize, Serialize};

/// How a question was answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "u8", into = "u8")]
pub enum Tier {
    /// By the tools.
    Tools,
    /// By a guarded query.
    Query,
    /// Declined, with what can be answered instead.
    Declined,
}

impl From<Tier> for u8 {
    fn from(tier: Tier) -> Self {
        match tier {
            Tier::Tools => 1,
            Tier::Query => 2,
            Tier::Declined => 3,
        }
    }
}

impl TryFrom<u8> for Tier {
    type Error = &'static str;
    fn try_from(number: u8) -> Result<Self, Self::Error> {
        match number {
            1 => Ok(Self::Tools),
            2 => Ok(Self::Query),
            3 => Ok(Self::Declined),
            _ => Err("a tier is 1, 2 or 3"),
        }
    }
}

/// What kind of question it is: the classes of the API.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Intent {
    /// How something is doing.
    StatusCheck,
    /// What failed, and why.
    RcaDrilldown,
    /// The tasks of a run.
    TaskDetail,
    /// When something will be done.
    Prediction,
    /// History, comparison, dependencies, and all that only a query answers.
    GeneralQuery,
    /// Nothing that is answered here.
    OutOfScope,
}

/// What a question is about: finer than [`Intent`], and what decides the tools.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Topic {
    /// Status and progress of essentials, datasets or slices.
    Status,
    /// What failed, why, and what it holds up.
    Failures,
    /// The tasks of a run.
    Tasks,
    /// Runs that fit: by id, status, trigger.
    Runs,
    /// When something will be done.
    Prediction,
    /// How long things took.
    History,
    /// Two dates, or two essentials, side by side.
    Compare,
    /// Which essentials wait for which.
    Dependencies,
    /// A question that only a query answers.
    Analysis,
    /// What can be asked.
    Help,
    /// A request to change something.
    Write,
    /// Business motives and all else that no source here knows.
    OffTopic,
}

impl Topic {
    /// The class of the API it belongs to.
    pub fn intent(self) -> Intent {
        match self {
            Self::Status | Self::Runs => Intent::StatusCheck,
            Self::Failures => Intent::RcaDrilldown,
            Self::Tasks => Intent::TaskDetail,
            Self::Prediction => Intent::Prediction,
            Self::History | Self::Compare | Self::Dependencies | Self::Analysis => Intent::GeneralQuery,
            Self::Help | Self::Write | Self::OffTopic => Intent::OutOfScope,
        }
    }

    /// How questions of this kind are answered.
    pub fn tier(self) -> Tier {
        match self {
            Self::Analysis => Tier::Query,
            Self::Help | Self::Write | Self::OffTopic => Tier::Declined,
            _ => Tier::Tools,
        }
    }
}

/// A phase as people say it: a run by hand is a kind of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum PhaseWord {
    /// The first pass.
    Prelim,
    /// The second pass.
    Final,
    /// Repairs by hand.
    Manual,
}

impl PhaseWord {
    /// The phase, where it is one of the two passes.
    pub fn phase(self) -> Option<Phase> {
        match self {
            Self::Prelim => Some(Phase::Prelim),
            Self::Final => Some(Phase::Final),
            Self::Manual => None,
        }
    }

    /// `PRELIM`, `FINAL` or `MANUAL`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Prelim => "PRELIM",
            Self::Final => "FINAL",
            Self::Manual => "MANUAL",
        }
    }
}

impl From<Phase> for PhaseWord {
    fn from(phase: Phase) -> Self {
        match phase {
            Phase::Prelim => Self::Prelim,
            Phase::Final => Self::Final,
        }
    }
}

/// What a question speaks of, in canonical names.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entities {
    /// Essentials; empty for all.
    pub essentials: Vec<EssentialName>,
    /// Datasets; empty for all of the essentials.
    pub datasets: Vec<DatasetId>,
    /// Slices; empty for all.
    pub slices: Vec<SliceName>,
    /// The date, or the last one of a range.
    pub business_date: Option<BusinessDate>,
    /// The first date of a range, or the date that `business_date` is compared with.
    pub from_date: Option<BusinessDate>,
    /// The phase; `None` for both.
    pub phase: Option<PhaseWord>,
    /// A run.
    pub run_id: Option<RunId>,
}
