//! From a reading to a request: words win over the thread, the thread over the page, the page over
//! today.

use super::{HISTORY_DAYS, PageFilters, Request, ThreadContext, Trouble, blocking, days_before};
use crate::understand::{Problem, Reading, SaidPhase, slices_with_part};
use model::ask::{PhaseWord, Tier, Topic};
use model::{BusinessDate, Catalog, Dataset, DatasetId, Essential, EssentialName, RunId, SliceName};

/// A reading and all that decides what it means here.
pub(super) struct Resolver<'a> {
    pub(super) reading: &'a Reading,
    pub(super) thread: &'a ThreadContext,
    pub(super) filters: &'a PageFilters,
    pub(super) today: BusinessDate,
    pub(super) catalog: &'a Catalog,
}

impl Resolver<'_> {
    pub(super) fn resolve(self) -> Request {
        let reading = self.reading;
        let topic = self.topic();
        let carries_on = reading.topic.is_none();
        let mut troubles = self.name_troubles();
        let (datasets, ambiguous) = self.datasets(carries_on);
        troubles.extend(ambiguous.map(Trouble::Datasets));
        let mut essentials = self.essentials(&datasets, troubles.is_empty());
        if essentials.is_empty() && troubles.is_empty() && !reading.wants_all {
            let named = &reading.named.slices;
            essentials = self.holders(|dataset| dataset.slices.iter().any(|slice| named.contains(slice)));
        }
        let mut datasets = datasets;
        datasets.extend(self.of_steps(&essentials));
        datasets.dedup();
        let parts = if carries_on && reading.named.slice_parts.is_empty() && reading.named.slices.is_empty() {
            &self.thread.slice_parts
        } else {
            &reading.named.slice_parts
        };
        let slices = self.slices(parts, &essentials, &datasets, &mut troubles);
        if essentials.is_empty() && troubles.is_empty() && !reading.wants_all {
            let holders = self.holders(|dataset| dataset.slices.iter().any(|slice| slices.contains(slice)));
            essentials = if holders.len() == 1 { holders } else { essentials };
        }
        if datasets.is_empty() && (slices.len() == 1 || reading.named.slice_parts.is_empty()) {
            datasets = self.only_holder(&slices, &essentials);
        }
        let (date, from) = self.dates(topic);
        troubles.extend(reading.dates.unreadable.clone().map(Trouble::Date));
        let phase = reading.phase.or(self.thread.phase);
        let context = self.context_after(topic, &essentials, &datasets, parts, &troubles, phase);
        Request {
            topic,
            essentials,
            datasets,
            wants_slices: reading.wants_slices || !slices.is_empty(),
            slices,
            date,
            from,
            phase: phase.map_or_else(|| self.filters.phase.map(PhaseWord::from), SaidPhase::word),
            run_id: reading.run_id.clone(),
            run_status: reading.run_status,
            is_sure: reading.is_sure || carries_on,
            carries_on,
            troubles,
            context,
        }
    }

    fn topic(&self) -> Topic {
        let reading = self.reading;
        if let Some(topic) = reading.topic {
            return topic;
        }
        let slices = !reading.named.slices.is_empty() || !reading.named.slice_parts.is_empty();
        if slices && self.thread.topic != Some(Topic::Failures) {
            return Topic::Status;
        }
        let names_something = !reading.named.is_empty()
            || !reading.named.problems.is_empty()
            || !reading.steps.is_empty()
            || reading.phase.is_some()
            || reading.wants_all;
        // "Who won the match last night": a date alone makes no question of what is not understood.
        let says_when = !reading.dates.is_empty() && reading.strange < 2;
        let carried = self.thread.topic.filter(|topic| match topic {
            Topic::Runs => false,
            // Only a date leaves no doubt about which query is meant.
            Topic::Analysis => says_when && !names_something,
            topic => topic.tier() == Tier::Tools,
        });
        match carried {
            // "Since when?"
            Some(topic) if names_something || says_when || reading.strange == 0 => topic,
            None if names_something || says_when => Topic::Status,
            _ => Topic::OffTopic,
        }
    }

    fn name_troubles(&self) -> Vec<Trouble> {
        self.reading.named.problems.iter().cloned().map(Trouble::Name).collect()
    }

    fn essentials(&self, datasets: &[DatasetId], all_read: bool) -> Vec<EssentialName> {
        let reading = self.reading;
        if !reading.named.essentials.is_empty() {
            return reading.named.essentials.clone();
        }
        let carried: &[EssentialName] = &self.thread.essentials;
        if !datasets.is_empty() {
            let holders = self.holders(|dataset| datasets.contains(&dataset.id));
            let known: Vec<_> = holders.iter().filter(|name| carried.contains(name)).cloned().collect();
            return if known.is_empty() { holders } else { known };
        }
        let names_a_slice = !reading.named.slices.is_empty();
        if reading.wants_all || !all_read || names_a_slice || reading.run_id.is_some() {
            return Vec::new();
        }
        if !carried.is_empty() {
            return carried.iter().filter(|name| self.catalog.get(name).is_some()).cloned().collect();
        }
        self.filters.essential.iter().filter(|name| self.catalog.get(name).is_some()).cloned().collect()
    }

    /// The datasets that are named, and those that one phrase could mean.
    fn datasets(&self, carries_on: bool) -> (Vec<DatasetId>, Option<Vec<DatasetId>>) {
        let named = &self.reading.named;
        if named.datasets.is_empty() && carries_on && named.essentials.is_empty() && !self.reading.wants_all {
            let carried = self.reading.steps.is_empty().then(|| self.thread.datasets.clone());
            return (carried.unwrap_or_default(), None);
        }
        let scope = if named.essentials.is_empty() { &self.thread.essentials } else { &named.essentials };
        let mut datasets = Vec::new();
        for candidates in &named.datasets {
            let in_scope = |id: &&DatasetId| self.datasets_of(scope).any(|dataset| dataset.id == **id);
            let narrowed: Vec<DatasetId> = candidates.iter().filter(in_scope).cloned().collect();
            match if narrowed.is_empty() { candidates.clone() } else { narrowed }.as_slice() {
                [one] => datasets.push(one.clone()),
                several => return (datasets, Some(several.to_vec())),
            }
        }
        (datasets, None)
    }

    fn of_steps(&self, essentials: &[EssentialName]) -> Vec<DatasetId> {
        let steps = &self.reading.steps;
        let at_step = self.datasets_of(essentials).filter(|dataset| steps.contains(&dataset.sequence_order));
        at_step.map(|dataset| dataset.id.clone()).collect()
    }

    fn slices(
        &self,
        parts: &[Vec<String>],
        essentials: &[EssentialName],
        datasets: &[DatasetId],
        troubles: &mut Vec<Trouble>,
    ) -> Vec<SliceName> {
        let everywhere: Vec<EssentialName>;
        let scope = if essentials.is_empty() {
            everywhere = self.catalog.essentials.iter().map(|essential| essential.name.clone()).collect();
            &everywhere
        } else {
            essentials
        };
        let in_scope =
            self.datasets_of(scope).filter(|dataset| datasets.is_empty() || datasets.contains(&dataset.id));
        let known = in_scope.flat_map(|dataset| &dataset.slices);
        let mut slices = self.reading.named.slices.clone();
        for part in parts {
            let found = slices_with_part(part, known.clone());
            if found.is_empty() {
                troubles.push(Trouble::Name(Problem::UnknownSlice { said: part.join(" ") }));
            }
            for slice in found {
                if !slices.contains(&slice) {
                    slices.push(slice);
                }
            }
        }
        slices
    }

    /// The dataset that alone holds the slices.
    fn only_holder(&self, slices: &[SliceName], essentials: &[EssentialName]) -> Vec<DatasetId> {
        let holds = |dataset: &&Dataset| dataset.slices.iter().any(|slice| slices.contains(slice));
        let mut holders: Vec<DatasetId> =
            self.datasets_of(essentials).filter(holds).map(|dataset| dataset.id.clone()).collect();
        holders.dedup();
        if holders.len() == 1 { holders } else { Vec::new() }
    }

    fn holders(&self, holds: impl Fn(&Dataset) -> bool) -> Vec<EssentialName> {
        let fits = |essential: &&Essential| essential.datasets.iter().any(&holds);
        self.catalog.essentials.iter().filter(fits).map(|essential| essential.name.clone()).collect()
    }

    fn datasets_of<'b>(
        &'b self,
        essentials: &'b [EssentialName],
    ) -> impl Iterator<Item = &'b Dataset> + Clone {
        essentials.iter().filter_map(|name| self.catalog.get(name)).flat_map(|essential| &essential.datasets)
    }

    fn dates(&self, topic: Topic) -> (BusinessDate, Option<BusinessDate>) {
        let said = &self.reading.dates;
        let of_run = self.reading.run_id.as_ref().and_then(date_in_run_id);
        let current = of_run.or(self.thread.date).or(self.filters.date).unwrap_or(self.today);
        if let (Some((from, to)), false) = (said.range, topic == Topic::Compare) {
            return (to, Some(from));
        }
        let day = said.days.last().copied().or_else(|| said.day_before.then(|| current.yesterday()));
        match topic {
            // Several essentials side by side on one day, or both phases.
            Topic::Compare
                if day.is_none()
                    && (self.reading.named.essentials.len() > 1
                        || self.reading.phase == Some(SaidPhase::Both)) =>
            {
                (current, None)
            }
            Topic::Compare => {
                let days = match (said.days.as_slice(), day) {
                    ([first, second, ..], _) => (*first, *second),
                    (_, Some(day)) if day != current => (current, day),
                    (_, Some(day)) => (day, day.yesterday()),
                    (_, None) => (current, current.yesterday()),
                };
                let (later, earlier) = (days.0.max(days.1), days.0.min(days.1));
                (later, Some(earlier))
            }
            Topic::History => match day {
                Some(day) => (day, Some(day)),
                None if self.reading.is_past => (current, Some(current)),
                None => (current, Some(days_before(current, HISTORY_DAYS))),
            },
            _ => (day.unwrap_or(current), None),
        }
    }

    fn context_after(
        &self,
        topic: Topic,
        essentials: &[EssentialName],
        datasets: &[DatasetId],
        slice_parts: &[Vec<String>],
        troubles: &[Trouble],
        phase: Option<SaidPhase>,
    ) -> ThreadContext {
        if topic.tier() == Tier::Declined || blocking(troubles, essentials).is_some() {
            // What did not resolve does not stick.
            return self.thread.clone();
        }
        let single_day = self.reading.dates.range.is_none() && topic != Topic::Compare;
        let day = self.reading.dates.days.last().copied().filter(|_| single_day);
        let same_essentials = essentials == self.thread.essentials;
        ThreadContext {
            essentials: essentials.to_vec(),
            date: day.or(self.thread.date),
            phase,
            failed_runs: if same_essentials { self.thread.failed_runs.clone() } else { Vec::new() },
            topic: Some(topic),
            datasets: datasets.to_vec(),
            slice_parts: slice_parts.to_vec(),
            query_question: self.thread.query_question.clone(),
        }
    }
}

/// The first `_YYYY-MM-DD_` in a run id.
fn date_in_run_id(run_id: &RunId) -> Option<BusinessDate> {
    run_id.as_str().split('_').find_map(|part| BusinessDate::parse(part).ok())
}
