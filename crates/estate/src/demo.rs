//! The demo estate: an invented estate whose day moves in real time, whenever one looks.
//!
//! Everything follows from a seed, a business date and the clock; nothing is stored, and
//! any two readers see the same. For a date, `day::plan_day` plans every run that the date
//! will have held once it is over: who runs when, what fails, who repairs it and when. The
//! rows of the databases are then what of that plan the clock has reached, so rows are added
//! and go on, and never go back.
//!
//! The plan is made so that the board is alive at any hour. PRELIM passes fill the evening
//! before and the night, FINAL passes the day from 00:30 to 24:00 UTC, a few of them at any
//! time; failures follow each other without a gap, each repaired by a ManualTrigger after
//! about two hours; some slice is always late; UPC, which needs most of the others, waits
//! until 23:48. A queue, heartbeats at most 14 s apart and some 800 runs a day make cells
//! change between any two polls.
//!
//! Past dates are Monday to Friday, [`HISTORY_DAYS`] of them. Today is the UTC date of the
//! clock, and always a business day here, so that a visitor on a Sunday sees something move.
//! One row of every date is one that the rules cannot read.

mod day;
mod dice;
mod plan;
mod rows;
mod tables;

use crate::catalog::EssentialSettings;
use day::{is_weekday, plan_day};
use model::{BusinessDate, Clock, DagId, DatasetId, EssentialName, RunId, RunRow, TaskRow};
use std::collections::{HashMap, HashSet};
use tables::ESSENTIALS;

/// How many business days before today have runs.
pub const HISTORY_DAYS: usize = 45;

/// An invented estate.
#[derive(Clone, Debug)]
pub struct DemoEstate {
    seed: u64,
    clock: Clock,
}

impl DemoEstate {
    /// The estate of `seed`, moving with `clock`.
    pub fn new(seed: u64, clock: Clock) -> Self {
        Self { seed, clock }
    }

    /// The essentials, in display order.
    pub fn essentials(&self) -> Vec<EssentialSettings> {
        ESSENTIALS.iter().map(plan::settings).collect()
    }

    /// The catalog's raw answer for each essential, for [`crate::catalog::CatalogSource::Fixed`].
    pub fn catalog(&self) -> HashMap<EssentialName, serde_json::Value> {
        ESSENTIALS.iter().map(|plan| (EssentialName::new(plan.name), plan::catalog_answer(plan))).collect()
    }

    /// Its runs and tasks.
    pub fn runs(&self) -> DemoRuns {
        self.clone().into_runs()
    }

    /// Its runs and tasks.
    pub fn into_runs(self) -> DemoRuns {
        DemoRuns { seed: self.seed, clock: self.clock }
    }
}

/// Runs and tasks of the demo estate.
#[derive(Clone, Debug)]
pub struct DemoRuns {
    seed: u64,
    clock: Clock,
}

impl DemoRuns {
    /// Every run of `date` so far that made one of `datasets`, oldest first.
    pub fn list_runs(&self, date: BusinessDate, datasets: &[DatasetId]) -> Vec<RunRow> {
        if !self.has_runs(date) {
            return Vec::new();
        }
        let now = self.clock.now().as_second();
        let wanted: HashSet<&str> = datasets.iter().map(DatasetId::as_str).collect();
        let rows = plan_day(self.seed, date);
        let rows = rows.iter().filter_map(|run| rows::run_row(run, date, now));
        rows.filter(|row| wanted.contains(row.dataset_id.as_str())).collect()
    }

    /// Every run so far from one date to another.
    pub(crate) fn runs_of(&self, (from, to): (BusinessDate, BusinessDate)) -> Vec<RunRow> {
        let now = self.clock.now().as_second();
        let of_date = |date: BusinessDate| {
            let rows = plan_day(self.seed, date);
            rows.iter().filter_map(|run| rows::run_row(run, date, now)).collect::<Vec<_>>()
        };
        self.dates().filter(|date| (from..=to).contains(date)).flat_map(of_date).collect()
    }

    /// The tasks so far of these runs, and of all that may have run on these days: tasks start from
    /// the evening before their business date to the night after it.
    pub(crate) fn tasks_of(
        &self,
        span: Option<(BusinessDate, BusinessDate)>,
        run_ids: &[RunId],
    ) -> Vec<(DagId, RunId, TaskRow)> {
        let now = self.clock.now().as_second();
        let is_near = |date: BusinessDate| {
            span.is_some_and(|(from, to)| (from.yesterday()..=to.tomorrow()).contains(&date))
        };
        let is_named = |date: BusinessDate| run_ids.iter().any(|id| id.as_str().contains(&date.to_string()));
        let mut wanted = Vec::new();
        for date in self.dates().filter(|date| is_near(*date) || is_named(*date)) {
            for run in plan_day(self.seed, date).iter().filter(|run| run.created <= now) {
                let (dag_id, run_id) = (rows::dag_id(run), rows::run_id(run, date));
                if is_near(date) || run_ids.contains(&run_id) {
                    let tasks = rows::task_rows(run, now).into_iter();
                    wanted.extend(tasks.map(|task| (dag_id.clone(), run_id.clone(), task)));
                }
            }
        }
        wanted
    }

    /// The tasks of one run; empty for a run that there is not, or not yet.
    pub fn list_tasks(&self, dag_id: &DagId, run_id: &RunId) -> Vec<TaskRow> {
        let after_dag =
            run_id.as_str().strip_prefix("FGW_").and_then(|rest| rest.strip_prefix(dag_id.as_str()));
        let date = after_dag
            .and_then(|rest| rest.strip_prefix('_'))
            .and_then(|rest| rest.get(..10))
            .and_then(|date| BusinessDate::parse(date).ok());
        let Some(date) = date.filter(|date| self.has_runs(*date)) else {
            return Vec::new();
        };
        let now = self.clock.now().as_second();
        plan_day(self.seed, date)
            .iter()
            .filter(|run| run.created <= now)
            .find(|run| rows::dag_id(run) == *dag_id && rows::run_id(run, date) == *run_id)
            .map_or_else(Vec::new, |run| rows::task_rows(run, now))
    }

    /// Today, tomorrow if it is a business day (its PRELIM begins the evening before), and
    /// the business days of the history.
    fn has_runs(&self, date: BusinessDate) -> bool {
        self.dates().any(|known| known == date)
    }

    /// The dates that have runs, newest first.
    fn dates(&self) -> impl Iterator<Item = BusinessDate> {
        let today = BusinessDate::from(self.clock.now().to_zoned(jiff::tz::TimeZone::UTC).date());
        let past = std::iter::successors(Some(today.yesterday()), |date| Some(date.yesterday()));
        let tomorrow = Some(today.tomorrow()).filter(|date| is_weekday(*date));
        let history = past.filter(|date| is_weekday(*date)).take(HISTORY_DAYS);
        tomorrow.into_iter().chain([today]).chain(history)
    }
}
