//! The whole of one business date: every run that it will have held when it is over.

use super::dice::Dice;
use super::plan::{DatasetPlan, EssentialPlan, Kind};
use super::tables::{DISTURBANCES, ESSENTIALS};
use jiff::civil::{Date, Weekday};
use model::{BusinessDate, Phase};

/// Part of a pass's window that its steps take on an ordinary day without disturbances.
const USUAL_FILL: f64 = 0.76;

/// What a repair leaves to each later step, in seconds.
const STEP_MIN_S: i64 = 5 * 60;

/// Longest a repair takes, in seconds: one slice whose inputs are all there.
const REPAIR_MAX_S: i64 = 25 * 60;

/// Keys that one business date may use.
const KEYS_A_DAY: i64 = 10_000;

/// How a run ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// Well.
    Success,
    /// Its enrichment fails.
    EnrichFails,
    /// Its egress fails.
    EgressFails,
    /// Someone stops it.
    Cancelled,
    /// With a word that SENTRY does not know.
    UnknownStatus,
}

/// One run, from its first to its last second. Times are seconds since the epoch.
#[derive(Clone, Debug)]
pub(super) struct PlannedRun {
    pub(super) key: i64,
    pub(super) dataset: &'static DatasetPlan,
    pub(super) slice: &'static str,
    /// Class name of its trigger.
    pub(super) trigger: &'static str,
    /// When it is queued.
    pub(super) created: i64,
    /// When it leaves the queue.
    pub(super) started: i64,
    /// When it is over.
    pub(super) ended: i64,
    pub(super) outcome: Outcome,
    /// Whether its run id lacks slice and number.
    pub(super) cut_run_id: bool,
}

/// What a pass has to suffer, in seconds since the epoch.
#[derive(Clone, Copy)]
struct Trouble {
    kind: Kind,
    from: i64,
    until: i64,
}

/// Every run of `date` in the estate of `seed`, oldest first.
pub(super) fn plan_day(seed: u64, date: BusinessDate) -> Vec<PlannedRun> {
    let midnight = midnight(date);
    let day = (midnight / 86_400) as u64;
    let mut dice = Dice::of(&[seed, day]);
    let mut troubles: Vec<((usize, Phase), Trouble)> = Vec::new(); // one at a time in a pass, if it can be
    for disturbance in DISTURBANCES {
        let busy = |hit: &(usize, Phase)| {
            let overlaps = |(_, other): &&((usize, Phase), Trouble)| {
                other.from < midnight + disturbance.until * 60
                    && midnight + disturbance.from * 60 < other.until
            };
            troubles.iter().filter(overlaps).any(|(other, _)| other == hit)
        };
        let free: Vec<_> = disturbance.hits.iter().copied().filter(|hit| !busy(hit)).collect();
        let hit = *dice.pick(if free.is_empty() { disturbance.hits } else { &free });
        let from = midnight + disturbance.from * 60 + dice.between(-120, 120);
        let until = midnight + disturbance.until * 60 + dice.between(-120, 120);
        troubles.push((hit, Trouble { kind: disturbance.kind, from, until }));
    }
    let mut runs = Vec::with_capacity(1_024);
    for (place, essential) in ESSENTIALS.iter().enumerate() {
        for phase in Phase::ALL {
            let mut pass = Pass {
                dice: Dice::of(&[seed, day, place as u64, phase as u64]),
                trigger: match phase {
                    Phase::Prelim => "ProcessTrigger",
                    Phase::Final => "RerunTrigger",
                },
                troubles: troubles
                    .iter()
                    .filter(|(hit, _)| *hit == (place, phase))
                    .map(|(_, t)| *t)
                    .collect(),
                limit: 0,
                runs: &mut runs,
            };
            let (from, to) = essential.window(phase);
            pass.plan(essential, midnight + from * 60, midnight + to * 60, tempo(date));
        }
    }
    runs.push(odd_run(&mut dice, midnight, day));
    runs.sort_by_key(|run| run.created);
    for (run, key) in runs.iter_mut().zip(day as i64 * KEYS_A_DAY..) {
        run.key = key;
    }
    runs
}

/// 00:00 UTC of `date`, in seconds since the epoch.
fn midnight(date: BusinessDate) -> i64 {
    let epoch = Date::constant(1970, 1, 1);
    let days = date.civil().since((jiff::Unit::Day, epoch)).map_or(0, |span| span.get_days());
    i64::from(days) * 86_400
}

/// Whether `date` is from Monday to Friday.
pub(super) fn is_weekday(date: BusinessDate) -> bool {
    !matches!(date.civil().weekday(), Weekday::Saturday | Weekday::Sunday)
}

/// How much longer than usual everything takes: Mondays are slow, Fridays quick, and the
/// last business day of a month and the first of the next are slow whatever day they are.
fn tempo(date: BusinessDate) -> f64 {
    let weekday = match date.civil().weekday() {
        Weekday::Monday => 1.10,
        Weekday::Tuesday => 0.98,
        Weekday::Thursday => 1.03,
        Weekday::Friday => 0.93,
        _ => 1.0,
    };
    let next = |step: fn(BusinessDate) -> BusinessDate| {
        std::iter::successors(Some(step(date)), |date| Some(step(*date)))
            .take(3)
            .find(|date| is_weekday(*date))
    };
    let other_month = |other: Option<BusinessDate>| {
        other.is_some_and(|other| other.civil().month() != date.civil().month())
    };
    let month_turns = other_month(next(BusinessDate::tomorrow)) || other_month(next(BusinessDate::yesterday));
    weekday * if month_turns { 1.2 } else { 1.0 }
}

/// One phase of one essential on its way through its steps.
struct Pass<'a> {
    dice: Dice,
    trigger: &'static str,
    troubles: Vec<Trouble>,
    /// Second by which the step that is being planned should be over.
    limit: i64,
    runs: &'a mut Vec<PlannedRun>,
}

impl Pass<'_> {
    /// Plans every step so that the last one is over before `to`, whatever happens on the way.
    fn plan(&mut self, essential: &EssentialPlan, from: i64, to: i64, tempo: f64) {
        let mut orders: Vec<i32> = essential.datasets.iter().map(|dataset| dataset.order).collect();
        orders.sort_unstable();
        orders.dedup();
        let usual = (to - from) as f64 * USUAL_FILL * tempo / orders.len() as f64;
        let mut at = from + self.dice.between(0, (to - from) * 3 / 100);
        for (done, order) in orders.iter().enumerate() {
            let left = orders.len() - done;
            let room = (to - at).max(1) as f64 / left as f64;
            let step = usual.min(room * 0.9);
            let due = self.due_before(if left == 1 { to } else { at + step as i64 });
            let datasets = essential.datasets.iter().filter(|dataset| dataset.order == *order);
            self.limit = to - (left as i64 - 1) * STEP_MIN_S;
            let over = self.plan_step(datasets, at, step, due);
            at = over + self.dice.between(1, 2 + (step / 25.0) as i64);
        }
    }

    /// Takes the troubles that begin before second `over`, and those that begin while one of
    /// them keeps the step from being over.
    fn due_before(&mut self, mut over: i64) -> Vec<Trouble> {
        self.troubles.sort_by_key(|trouble| trouble.from);
        let mut due = Vec::new();
        while self.troubles.first().is_some_and(|trouble| trouble.from < over) {
            let trouble = self.troubles.remove(0);
            over = over.max(trouble.until);
            due.push(trouble);
        }
        due
    }

    /// Plans the runs of one step, which takes about `step` seconds from `at` on, and says
    /// when the last of them is over.
    fn plan_step(
        &mut self,
        datasets: impl Iterator<Item = &'static DatasetPlan>,
        at: i64,
        step: f64,
        troubles: Vec<Trouble>,
    ) -> i64 {
        let first = self.runs.len();
        for dataset in datasets {
            let count = dataset.slices().count() as f64;
            for (place, slice) in dataset.slices().enumerate() {
                let created = at + (step * 0.4 * place as f64 / count) as i64;
                let share = 0.56 * dataset.weight as f64 / 100.0;
                let duration = (step * share * self.dice.ratio(0.85, 1.15)) as i64;
                let queued = self.dice.between(2, 40).min(duration / 8);
                self.runs.push(PlannedRun {
                    key: 0,
                    dataset,
                    slice,
                    trigger: self.trigger,
                    created,
                    started: created + queued,
                    ended: created + duration.max(3),
                    outcome: Outcome::Success,
                    cut_run_id: false,
                });
            }
        }
        let mut untouched: Vec<usize> = (first..self.runs.len()).collect();
        for trouble in troubles {
            let Some(victim) = self.pick_victim(&mut untouched, trouble.from) else {
                break;
            };
            match trouble.kind {
                Kind::Slow => self.runs[victim].ended = self.runs[victim].ended.max(trouble.until),
                Kind::Failure => self.fail(victim, trouble, step),
            }
        }
        self.runs[first..].iter().map(|run| run.ended).max().unwrap_or(at)
    }

    /// Takes one of the runs at `untouched` that is at work at second `from`, or else the first
    /// to begin.
    fn pick_victim(&mut self, untouched: &mut Vec<usize>, from: i64) -> Option<usize> {
        let begun: Vec<usize> =
            untouched.iter().copied().filter(|run| self.runs[*run].started < from).collect();
        let victim = match begun.as_slice() {
            [] => untouched.iter().copied().min_by_key(|run| self.runs[*run].created)?,
            begun => *self.dice.pick(begun),
        };
        untouched.retain(|run| *run != victim);
        Some(victim)
    }

    /// Lets the run at `victim` fail, and a manual one repair it from the end of the trouble on.
    fn fail(&mut self, victim: usize, trouble: Trouble, step: f64) {
        let run = &mut self.runs[victim];
        let usual = run.ended - run.created;
        run.ended = trouble.from.max(run.started + (step * 0.1).min(240.0) as i64);
        run.outcome = match self.dice.between(0, 6) {
            0 => Outcome::Cancelled,
            1 | 2 => Outcome::EgressFails,
            _ => Outcome::EnrichFails,
        };
        let created = trouble.until.max(run.ended + (step * 0.5) as i64);
        let repaired = created + usual.min(REPAIR_MAX_S).min(self.limit - created).max(3);
        let repair = PlannedRun {
            trigger: "ManualTrigger",
            created,
            started: created + self.dice.between(2, 20).min((repaired - created) / 4),
            ended: repaired,
            outcome: Outcome::Success,
            ..run.clone()
        };
        self.runs.push(repair);
    }
}

/// The one row of the date that the rules cannot read: its status is not known or its run
/// id is cut short, on alternate days.
fn odd_run(dice: &mut Dice, midnight: i64, day: u64) -> PlannedRun {
    let essential = dice.pick(ESSENTIALS);
    let dataset = dice.pick(essential.datasets);
    let slices: Vec<&'static str> = dataset.slices().collect();
    let slice = *dice.pick(slices.as_slice());
    let created = midnight - dice.between(1_800, 7_200);
    let cut_run_id = day.is_multiple_of(2);
    PlannedRun {
        key: 0,
        dataset,
        slice,
        trigger: "ProcessTrigger",
        created,
        started: created + 12,
        ended: created + dice.between(300, 1_500),
        outcome: if cut_run_id { Outcome::Success } else { Outcome::UnknownStatus },
        cut_run_id,
    }
}
