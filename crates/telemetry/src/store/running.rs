//! What running totals grow by.

use model::telemetry::MetricPoint;

/// A running total, as a point tells it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Total {
    /// When it began.
    pub(super) since: i64,
    /// When it was read.
    pub(super) at: i64,
    /// The mean of what was measured since it began; of a counter its value.
    pub(super) value: f64,
    /// How many measurements that are; of a counter always 1.
    pub(super) count: u64,
}

impl Total {
    /// That of a point; `None` where the point stands for itself.
    pub(super) fn of(point: &MetricPoint) -> Option<Self> {
        let since = point.running_since?.0;
        Some(Self { since, at: point.at.0, value: point.value, count: point.count })
    }

    /// Whether it comes later than one that follows it, which has it in its own growth.
    pub(super) fn is_late(&self, known: Option<&Self>) -> bool {
        known.is_some_and(|known| known.at >= self.at)
    }

    /// The mean of what was measured since the one before, and how many measurements that were; `None`
    /// where there were none.
    ///
    /// A total that is less than before began anew, as one with another beginning did.
    pub(super) fn growth(&self, before: Option<&Self>) -> Option<(f64, u64)> {
        let whole = (self.value, self.count);
        let Some(before) = before.filter(|before| before.since == self.since) else { return Some(whole) };
        match self.count.checked_sub(before.count) {
            None => Some(whole),
            Some(0) if self.value == before.value => None,
            Some(0) if self.count == 1 && self.value > before.value => Some((self.value - before.value, 1)),
            // As many as before, and another mean: it can only have begun anew.
            Some(0) => Some(whole),
            Some(grown) => {
                let sum = self.value * self.count as f64 - before.value * before.count as f64;
                Some((sum / grown as f64, grown))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn total(since: i64, at: i64, (value, count): (f64, u64)) -> Total {
        Total { since, at, value, count }
    }

    #[test]
    fn totals_grow() {
        let check = |before: Option<(f64, u64)>, now: (f64, u64), expect: Option<(f64, u64)>| {
            let found = total(1, 20, now).growth(before.map(|before| total(1, 10, before)).as_ref());
            assert_eq!(found, expect, "{before:?} to {now:?}");
        };
        // Counters.
        check(None, (5.0, 1), Some((5.0, 1)));
        check(Some((5.0, 1)), (8.0, 1), Some((3.0, 1)));
        check(Some((5.0, 1)), (5.0, 1), None);
        check(Some((5.0, 1)), (2.0, 1), Some((2.0, 1)));
        // Histograms: means of so many.
        check(None, (10.0, 4), Some((10.0, 4)));
        check(Some((10.0, 4)), (12.0, 6), Some((16.0, 2)));
        check(Some((10.0, 1)), (20.0, 3), Some((25.0, 2)));
        check(Some((10.0, 4)), (10.0, 4), None);
        check(Some((10.0, 4)), (7.0, 2), Some((7.0, 2)));
        check(Some((10.0, 4)), (7.0, 4), Some((7.0, 4)));
    }

    #[test]
    fn another_beginning_is_another_total() {
        let before = total(1, 10, (5.0, 1));
        assert_eq!(total(15, 20, (8.0, 1)).growth(Some(&before)), Some((8.0, 1)));
    }

    #[test]
    fn only_what_has_a_successor_is_late() {
        let known = total(1, 10, (5.0, 1));
        for (at, expect) in [(9, true), (10, true), (11, false)] {
            assert_eq!(total(1, at, (5.0, 1)).is_late(Some(&known)), expect, "{at}");
        }
        assert!(!known.is_late(None));
    }
}
