//! The equal steps in which a range of time is shown.

use crate::{Error, Result};
use ::telemetry::store::TimeRange;
use model::telemetry::UnixNanos;

const NANOS_A_SECOND: i64 = 1_000_000_000;
pub(super) const NANOS_A_MINUTE: i64 = 60 * NANOS_A_SECOND;
pub(super) const NANOS_AN_HOUR: i64 = 60 * NANOS_A_MINUTE;
pub(super) const NANOS_A_DAY: i64 = 24 * NANOS_AN_HOUR;

/// Steps of less than a day, in minutes: each divides the day.
const MINUTES: [i64; 14] = [1, 2, 3, 5, 10, 15, 20, 30, 60, 120, 180, 240, 360, 720];

/// The earliest and the latest time of a range: between them no arithmetic on times overflows.
const TIMES: std::ops::RangeInclusive<i64> = 0..=i64::MAX / 2;

/// From when to when a range of a query is.
pub(super) fn resolve(range: model::telemetry::view::TimeRange, now: UnixNanos) -> Result<Range> {
    let (from, to) = range.resolve(now)?;
    let known = |at: UnixNanos| UnixNanos(at.0.clamp(*TIMES.start(), *TIMES.end()));
    match (known(from), known(to)) {
        (from, to) if from < to => Ok((from, to)),
        _ => Err(Error::Invalid { field: "to", message: "choose a range after 1970".to_owned() }),
    }
}

/// From a moment, included, until another, not included.
pub(super) type Range = (UnixNanos, UnixNanos);

/// Steps from the first one's start on, until the last one that has begun before the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Steps {
    /// When the first begins.
    pub(super) from: UnixNanos,
    /// When the range ends: in the last one, or with it.
    pub(super) to: UnixNanos,
    pub(super) step_ns: i64,
}

impl Steps {
    /// The shortest steps that are at most `most` and cover a range; the first may begin before it.
    pub(super) fn around((from, to): Range, most: i64) -> Self {
        let step_ns = shortest(|step| count(floor(from.0, step), to.0, step) <= most);
        Self::of_length((from, to), step_ns)
    }

    /// Steps of a length that cover a range.
    pub(super) fn of_length((from, to): Range, step_ns: i64) -> Self {
        Self { from: UnixNanos(floor(from.0, step_ns)), to, step_ns }
    }

    pub(super) fn len(&self) -> usize {
        usize::try_from(count(self.from.0, self.to.0, self.step_ns)).unwrap_or(0)
    }

    pub(super) fn step_s(&self) -> u32 {
        u32::try_from(self.step_ns / NANOS_A_SECOND).unwrap_or(u32::MAX)
    }

    /// Which step a moment is in; `None` outside.
    pub(super) fn place(&self, at: UnixNanos) -> Option<usize> {
        let place = usize::try_from((at.0 - self.from.0).div_euclid(self.step_ns)).ok()?;
        (place < self.len()).then_some(place)
    }

    pub(super) fn start(&self, place: usize) -> UnixNanos {
        UnixNanos(self.from.0 + place as i64 * self.step_ns)
    }

    /// How much of a step is inside of the range, in minutes; at least one.
    pub(super) fn minutes(&self, place: usize) -> f64 {
        let end = UnixNanos((self.start(place).0 + self.step_ns).min(self.to.0));
        minutes_between(self.start(place), end)
    }

    /// Which step of the range before it a moment is in, counted as its own are: the last one ends where
    /// these begin, and the first one is shorter where the range does not end with a step.
    pub(super) fn place_before(&self, at: UnixNanos) -> Option<usize> {
        let place = self.place(UnixNanos(at.0 + self.len() as i64 * self.step_ns));
        place.filter(|_| at < self.from)
    }

    /// [`Steps::minutes`] of the range before it.
    pub(super) fn minutes_before(&self, place: usize) -> f64 {
        match place {
            // What the last step lacks of a whole one, the first one before lacks.
            0 => self.minutes(self.len() - 1),
            _ => self.step_ns as f64 / NANOS_A_MINUTE as f64,
        }
    }

    pub(super) fn range(&self) -> TimeRange {
        TimeRange { from: self.from, until: self.to }
    }

    /// The range of the same length that ends where these begin; of days the same to the hour, for hours
    /// are many fewer sums than minutes.
    pub(super) fn range_before(&self) -> TimeRange {
        let from = 2 * self.from.0 - self.to.0;
        let from = if self.step_ns < NANOS_A_DAY { from } else { floor(from, NANOS_AN_HOUR) };
        TimeRange { from: UnixNanos(from), until: self.from }
    }

    /// Of when sums are read. Where the range ends now the last step is read as a whole: nothing in it is
    /// later, and it is one sum where its part would be many.
    pub(super) fn range_to_read(&self, now: UnixNanos) -> TimeRange {
        let until = if self.to < now { self.to } else { self.start(self.len()) };
        TimeRange { from: self.from, until }
    }

    /// The same with the range before it.
    pub(super) fn range_to_read_with_before(&self, now: UnixNanos) -> TimeRange {
        TimeRange { from: self.range_before().from, ..self.range_to_read(now) }
    }
}

/// At least one.
pub(super) fn minutes_between(from: UnixNanos, to: UnixNanos) -> f64 {
    (to.0 - from.0).max(NANOS_A_MINUTE) as f64 / NANOS_A_MINUTE as f64
}

fn floor(at: i64, step: i64) -> i64 {
    at.div_euclid(step) * step
}

/// How many steps begin in a range that begins with one.
fn count(from: i64, to: i64, step: i64) -> i64 {
    (to - from + step - 1).max(0) / step
}

/// The shortest step that fits: one that divides the day, else as many whole days as need be.
fn shortest(fits: impl Fn(i64) -> bool) -> i64 {
    let minutes = MINUTES.into_iter().map(|minutes| minutes * NANOS_A_MINUTE);
    let days = (1..).map(|days| days * NANOS_A_DAY);
    minutes.chain(days).find(|step| fits(*step)).expect("one is longer than the range")
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: i64 = 1440;

    fn range(from: i64, to: i64) -> Range {
        (UnixNanos(from * NANOS_A_MINUTE), UnixNanos(to * NANOS_A_MINUTE))
    }

    fn minutes(at: UnixNanos) -> i64 {
        at.0 / NANOS_A_MINUTE
    }

    #[test]
    fn the_shortest_steps_that_are_few_enough_are_taken() {
        // Begins and ends, how many at most; begin, minutes of a step and how many.
        let check = |(from, to): (i64, i64), most, expect: (i64, i64, usize)| {
            let steps = Steps::around(range(from, to), most);
            let found = (minutes(steps.from), steps.step_ns / NANOS_A_MINUTE, steps.len());
            assert_eq!(found, expect, "{from} to {to} in {most}");
        };
        check((60, 120), 60, (60, 1, 60));
        check((60, 120), 30, (60, 2, 30));
        check((61, 121), 30, (60, 3, 21));
        check((0, 360), 30, (0, 15, 24));
        check((10, 10 + 30 * DAY), 30, (0, 2 * DAY, 16));
        check((0, 365 * DAY), 30, (0, 13 * DAY, 29));
        check((0, 1), 30, (0, 1, 1));
    }

    #[test]
    fn the_last_step_is_read_as_a_whole_where_it_ends_now() {
        let check = |to: i64, now: i64, until: i64| {
            let read = Steps::of_length(range(600, to), NANOS_AN_HOUR).range_to_read(range(0, now).1);
            assert_eq!((minutes(read.from), minutes(read.until)), (600, until), "{to} at {now}");
        };
        check(750, 750, 780);
        check(750, 749, 780);
        check(750, 751, 750);
        check(780, 780, 780);
    }

    #[test]
    fn the_time_before_days_is_the_same_to_the_hour() {
        let steps = Steps::of_length(range(0, 30 * DAY + 634), NANOS_A_DAY);
        let before = steps.range_before();
        assert_eq!((minutes(before.from), minutes(before.until)), (-30 * DAY - 660, 0));
    }

    #[test]
    fn the_range_before_ends_where_the_steps_begin_and_is_as_long() {
        // Two hours and a half: the third step is half a one, and so is the first one before.
        let steps = Steps::of_length(range(600, 750), NANOS_AN_HOUR);
        assert_eq!((steps.len(), steps.step_s()), (3, 3600));
        let before = steps.range_before();
        assert_eq!((minutes(before.from), minutes(before.until)), (450, 600));
        let check = |at: i64, place: Option<usize>, before: Option<usize>| {
            let at = UnixNanos(at * NANOS_A_MINUTE);
            assert_eq!((steps.place(at), steps.place_before(at)), (place, before), "{at:?}");
        };
        check(419, None, None);
        check(420, None, Some(0));
        check(479, None, Some(0));
        check(480, None, Some(1));
        check(599, None, Some(2));
        check(600, Some(0), None);
        check(749, Some(2), None);
        check(780, None, None);
        assert_eq!([0, 1, 2].map(|place| steps.minutes(place)), [60.0, 60.0, 30.0]);
        assert_eq!([0, 1, 2].map(|place| steps.minutes_before(place)), [30.0, 60.0, 60.0]);
    }
}
