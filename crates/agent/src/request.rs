//! What is asked, all told: the question's own words, then what the thread carries, then what the
//! page shows, then today.

mod resolve;

use crate::tool::ToolOutput;
use crate::understand::{Problem, Reading, SaidPhase};
use jiff::ToSpan;
use model::ask::{Entities, PhaseWord, Tier, Topic};
use model::{
    BusinessDate, Catalog, Dataset, DatasetId, EssentialName, Phase, Run, RunId, RunStatus, SliceName,
};
use serde::{Deserialize, Serialize};

/// Days that a question of history looks back where it does not say how many.
pub const HISTORY_DAYS: i64 = 10;

/// What a thread carries from turn to turn.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ThreadContext {
    /// The essentials spoken of.
    pub essentials: Vec<EssentialName>,
    /// The date, where somebody said one.
    pub date: Option<BusinessDate>,
    /// The phase, where somebody said one.
    pub phase: Option<SaidPhase>,
    /// The failed runs that the last answers named, newest answer only.
    pub failed_runs: Vec<FailedRun>,
    /// What the last answer was about.
    pub topic: Option<Topic>,
    /// The datasets that the last question named.
    pub datasets: Vec<DatasetId>,
    /// The parts of slice names that the last question named.
    pub slice_parts: Vec<Vec<String>>,
    /// The last question that only a query answers.
    #[serde(default)]
    pub query_question: Option<String>,
}

/// A run that an answer named as failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FailedRun {
    /// The run.
    pub run_id: RunId,
    /// Its date.
    pub business_date: BusinessDate,
    /// The essential it was named for.
    pub essential: EssentialName,
}

/// What the page shows that the question was asked on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PageFilters {
    /// The essential it is about.
    pub essential: Option<EssentialName>,
    /// Its date.
    pub date: Option<BusinessDate>,
    /// Its phase.
    pub phase: Option<Phase>,
}

/// Why a question cannot be answered as asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// A name of an essential or slice.
    Name(Problem),
    /// Several datasets could be meant.
    Datasets(Vec<DatasetId>),
    /// The date does not exist, or could be two.
    Date(String),
}

/// What is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// What it is about.
    pub topic: Topic,
    /// Essentials; empty for all.
    pub essentials: Vec<EssentialName>,
    /// Datasets; empty for all of them.
    pub datasets: Vec<DatasetId>,
    /// Slices; empty for all.
    pub slices: Vec<SliceName>,
    /// The date, or the last one of a range.
    pub date: BusinessDate,
    /// The first date of a range, or the one compared with.
    pub from: Option<BusinessDate>,
    /// The phase; `None` for both.
    pub phase: Option<PhaseWord>,
    /// A run.
    pub run_id: Option<RunId>,
    /// It asks of slices.
    pub wants_slices: bool,
    /// Runs of this status only.
    pub run_status: Option<RunStatus>,
    /// Whether the words left no doubt.
    pub is_sure: bool,
    /// Whether the topic is the thread's.
    pub carries_on: bool,
    /// Why it cannot be answered as asked; the first is told.
    pub troubles: Vec<Trouble>,
    context: ThreadContext,
}

impl Request {
    /// Puts `reading` into its surroundings.
    pub fn new(
        reading: &Reading,
        thread: &ThreadContext,
        filters: &PageFilters,
        today: BusinessDate,
        catalog: &Catalog,
    ) -> Self {
        resolve::Resolver { reading, thread, filters, today, catalog }.resolve()
    }

    /// How it is answered.
    pub fn tier(&self) -> Tier {
        self.topic.tier()
    }

    /// The trouble that must be cleared before anything can be answered. A name that is not known
    /// beside one that is, is only mentioned.
    pub fn blocking_trouble(&self) -> Option<&Trouble> {
        blocking(&self.troubles, &self.essentials)
    }

    /// What it speaks of, as the answer says it. A declined question speaks of nothing.
    pub fn entities(&self) -> Entities {
        if self.tier() == Tier::Declined {
            return Entities::default();
        }
        Entities {
            essentials: self.essentials.clone(),
            datasets: self.datasets.clone(),
            slices: self.slices.clone(),
            business_date: Some(self.date),
            from_date: self.from,
            phase: self.phase,
            run_id: self.run_id.clone(),
        }
    }

    /// The pass of the day, where it is one.
    pub fn pass(&self) -> Option<Phase> {
        self.phase.and_then(PhaseWord::phase)
    }

    /// Whether a run is of a dataset and slice that it speaks of.
    pub(crate) fn covers(&self, run: &Run) -> bool {
        let of_slice = || run.slice.as_ref().is_some_and(|slice| self.slices.contains(slice));
        (self.datasets.is_empty() || self.datasets.contains(&run.row.dataset_id))
            && (self.slices.is_empty() || of_slice())
    }

    /// Takes dataset, slice and essential of the run that was found by its id.
    pub(crate) fn adopt_run(&mut self, outputs: &[ToolOutput], catalog: &Catalog) {
        if self.run_id.is_none() {
            return;
        }
        let found = outputs.iter().find_map(|output| match output {
            ToolOutput::Runs { rows, .. } => rows.first(),
            _ => None,
        });
        let Some(run) = found else { return };
        let holds = |dataset: &Dataset| {
            dataset.id == run.dataset_id && run.slice.as_ref().is_none_or(|slice| dataset.expects(slice))
        };
        let holders = catalog.essentials.iter().filter(|essential| essential.datasets.iter().any(holds));
        self.essentials = holders.map(|essential| essential.name.clone()).collect();
        self.datasets = vec![run.dataset_id.clone()];
        self.slices = run.slice.iter().cloned().collect();
        self.context.essentials.clone_from(&self.essentials);
    }

    /// What the thread carries on after this question.
    pub fn context(&self) -> &ThreadContext {
        &self.context
    }
}

fn blocking<'a>(troubles: &'a [Trouble], essentials: &[EssentialName]) -> Option<&'a Trouble> {
    let is_aside = |trouble: &Trouble| {
        !essentials.is_empty()
            && matches!(trouble, Trouble::Name(Problem::Unknown { .. } | Problem::Ambiguous { .. }))
    };
    troubles.iter().find(|trouble| !is_aside(trouble))
}

pub(crate) fn days_before(date: BusinessDate, days: i64) -> BusinessDate {
    date.civil().saturating_sub(days.days()).into()
}
