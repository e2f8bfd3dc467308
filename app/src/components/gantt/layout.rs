//! Where tasks lie on the time axis: pure arithmetic, in per mille of the axis.

use model::{TaskRow, Timestamp};

/// The axis of a task timeline: from the first start to the last end, at least a second.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Axis {
    from_s: i64,
    to_s: i64,
}

/// A stretch of the axis, in per mille of its length.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stretch {
    /// Where it begins.
    pub(crate) left: u16,
    /// How long it is, at least [`Stretch::NARROWEST`] so that it can be seen.
    pub(crate) width: u16,
}

impl Stretch {
    /// The shortest bar that is drawn.
    pub(crate) const NARROWEST: u16 = 4;
}

/// A marked moment of the axis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Tick {
    /// The moment.
    pub(crate) at: Timestamp,
    /// Where it is, in per mille of the axis.
    pub(crate) left: u16,
}

/// Distances between ticks that people read easily, in seconds.
const STEPS_S: [i64; 17] =
    [1, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, DAY_S];

const DAY_S: i64 = 86_400;

impl Axis {
    /// The axis that shows every one of `tasks`; `None` where none has started.
    pub(crate) fn of(tasks: &[TaskRow], now: Timestamp) -> Option<Self> {
        let from_s = tasks.iter().filter_map(|task| task.started_at).min()?.as_second();
        let to_s = tasks.iter().filter_map(|task| task_end(task, now)).max()?.as_second();
        Some(Self { from_s, to_s: to_s.max(from_s + 1) })
    }

    /// Where a task's newest try lies; `None` where it has not started.
    pub(crate) fn stretch(self, task: &TaskRow, now: Timestamp) -> Option<Stretch> {
        let left = self.place(task.started_at?.as_second());
        let right = self.place(task_end(task, now)?.as_second());
        let width = right.saturating_sub(left).max(Stretch::NARROWEST);
        Some(Stretch { left: left.min(1000 - width), width })
    }

    /// At most `most` moments that are round in UTC.
    pub(crate) fn ticks(self, most: usize) -> Vec<Tick> {
        let most = most.max(1) as i64;
        let length = self.to_s - self.from_s;
        let step = STEPS_S
            .into_iter()
            .find(|step| length / step < most)
            .unwrap_or_else(|| (length / DAY_S / most + 1) * DAY_S);
        let first = -(-self.from_s).div_euclid(step) * step;
        (0..most)
            .map(|i| first + i * step)
            .take_while(|at| *at <= self.to_s)
            .filter_map(|at| Some(Tick { at: Timestamp::from_second(at).ok()?, left: self.place(at) }))
            .collect()
    }

    fn place(self, at_s: i64) -> u16 {
        let length = i128::from(self.to_s - self.from_s);
        let per_mille = i128::from(at_s - self.from_s) * 1000 / length;
        per_mille.clamp(0, 1000) as u16
    }
}

/// When a task ended; `now` while it is at work; `None` before its start.
fn task_end(task: &TaskRow, now: Timestamp) -> Option<Timestamp> {
    let start = task.started_at?;
    Some(task.ended_at.unwrap_or(now).max(start))
}

/// Seconds that the newest try has taken; `None` before its start.
pub(crate) fn task_duration_s(task: &TaskRow, now: Timestamp) -> Option<i64> {
    Some(task_end(task, now)?.as_second() - task.started_at?.as_second())
}

/// Per mille as the percentage that SVG attributes take, for example `12.5%`.
pub(crate) fn percent(per_mille: u16) -> String {
    format!("{}.{}%", per_mille / 10, per_mille % 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(1_771_400_000 + seconds).unwrap()
    }

    fn task(start: Option<i64>, end: Option<i64>) -> TaskRow {
        TaskRow {
            task_id: "t".into(),
            display_name: "t".into(),
            map_index: -1,
            state: Some("success".into()),
            try_number: 1,
            max_tries: 1,
            operator: "EpsInitOperator".into(),
            hostname: "lri-worker-17".into(),
            started_at: start.map(at),
            ended_at: end.map(at),
        }
    }

    #[test]
    fn spans_from_first_start_to_last_end() {
        let tasks = [task(Some(100), Some(200)), task(Some(0), Some(50)), task(None, None)];
        let axis = Axis::of(&tasks, at(900)).unwrap();
        let bars: Vec<_> = tasks.iter().map(|task| axis.stretch(task, at(900))).collect();
        assert_eq!(
            bars,
            [Some(Stretch { left: 500, width: 500 }), Some(Stretch { left: 0, width: 250 }), None]
        );
    }

    #[test]
    fn a_task_at_work_reaches_to_now() {
        let tasks = [task(Some(0), Some(50)), task(Some(50), None)];
        let axis = Axis::of(&tasks, at(100)).unwrap();
        assert_eq!(axis.stretch(&tasks[1], at(100)), Some(Stretch { left: 500, width: 500 }));
        assert_eq!(task_duration_s(&tasks[1], at(100)), Some(50));
    }

    #[test]
    fn no_bar_is_too_narrow_or_sticks_out() {
        let tasks = [task(Some(0), Some(100_000)), task(Some(100_000), Some(100_000))];
        let axis = Axis::of(&tasks, at(0)).unwrap();
        assert_eq!(axis.stretch(&tasks[1], at(0)), Some(Stretch { left: 996, width: 4 }));
        let instant = [task(Some(5), Some(5))];
        let axis = Axis::of(&instant, at(5)).unwrap();
        assert_eq!(axis.stretch(&instant[0], at(5)), Some(Stretch { left: 0, width: 4 }));
    }

    #[test]
    fn an_end_before_the_start_counts_as_the_start() {
        assert_eq!(task_duration_s(&task(Some(10), Some(0)), at(0)), Some(0));
    }

    #[test]
    fn nothing_started_has_no_axis() {
        assert_eq!(Axis::of(&[task(None, None)], at(0)), None);
        assert_eq!(Axis::of(&[], at(0)), None);
        assert_eq!(task_duration_s(&task(None, None), at(0)), None);
    }

    #[test]
    fn ticks_are_round_and_few() {
        let check = |length_s: i64, expect_step_s: i64| {
            let tasks = [task(Some(1), Some(1 + length_s))];
            let ticks = Axis::of(&tasks, at(0)).unwrap().ticks(6);
            assert!(ticks.len() <= 6, "{length_s}: {ticks:?}");
            assert!(ticks.len() >= 2 || length_s == 1, "{length_s}: {ticks:?}");
            for tick in &ticks {
                assert_eq!(tick.at.as_second() % expect_step_s, 0, "{length_s}");
            }
            assert!(ticks.windows(2).all(|two| two[0].left < two[1].left));
        };
        check(1, 1);
        check(60, 15);
        check(3600, 900);
        check(7200, 1800);
        check(86_400, 21_600);
        check(86_400 * 30, 86_400);
    }

    #[test]
    fn writes_percentages() {
        assert_eq!(
            (percent(0), percent(125), percent(1000)),
            ("0.0%".into(), "12.5%".into(), "100.0%".into())
        );
    }
}
