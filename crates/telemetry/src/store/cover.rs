//! Which buckets cover a range of time.

use super::query::TimeRange;
use crate::rollup::Level;

/// A part of a range that buckets of one level cover.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Piece {
    pub(super) level: Level,
    pub(super) from: i64,
    pub(super) until: i64,
}

/// Covers a range with the longest buckets that fit into it and into one step each: days inside, hours at
/// their sides, minutes at the ends.
pub(super) fn pieces(range: TimeRange, step_ns: i64) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let minute = Level::Minute.nanos();
    let from = Level::Minute.start_of(range.from).0;
    let until = range.until.0.saturating_add(minute - 1).div_euclid(minute) * minute;
    cover(&[Level::Day, Level::Hour, Level::Minute], from, until, step_ns, &mut pieces);
    pieces
}

fn cover(levels: &[Level], from: i64, until: i64, step_ns: i64, pieces: &mut Vec<Piece>) {
    let Some((level, finer)) = levels.split_first() else { return };
    if from >= until {
        return;
    }
    let nanos = level.nanos();
    let first = from.saturating_add(nanos - 1).div_euclid(nanos) * nanos;
    let last = until.div_euclid(nanos) * nanos;
    // The shortest always fits: steps and ends are whole minutes.
    if step_ns % nanos != 0 || first >= last {
        return cover(finer, from, until, step_ns, pieces);
    }
    cover(finer, from, first, step_ns, pieces);
    pieces.push(Piece { level: *level, from: first, until: last });
    cover(finer, last, until, step_ns, pieces);
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::telemetry::UnixNanos;
    use proptest::prelude::*;

    const MINUTE: i64 = 60_000_000_000;

    fn range(from: i64, until: i64) -> TimeRange {
        TimeRange { from: UnixNanos(from), until: UnixNanos(until) }
    }

    #[test]
    fn the_longest_buckets_that_fit_are_taken() {
        let check = |from: i64, until: i64, step: i64, expect: &[(Level, i64, i64)]| {
            let found = pieces(range(from * MINUTE, until * MINUTE), step * MINUTE);
            let found: Vec<_> = found
                .into_iter()
                .map(|piece| (piece.level, piece.from / MINUTE, piece.until / MINUTE))
                .collect();
            assert_eq!(found, expect, "{from}..{until} by {step}");
        };
        check(0, 60, 60, &[(Level::Hour, 0, 60)]);
        check(0, 60, 1, &[(Level::Minute, 0, 60)]);
        check(0, 1_440, 60, &[(Level::Hour, 0, 1_440)]);
        check(0, 1_440, 1_440, &[(Level::Day, 0, 1_440)]);
        check(10, 70, 60, &[(Level::Minute, 10, 70)]);
        check(
            50,
            3_000,
            1_440,
            &[
                (Level::Minute, 50, 60),
                (Level::Hour, 60, 1_440),
                (Level::Day, 1_440, 2_880),
                (Level::Hour, 2_880, 3_000),
            ],
        );
        check(5, 5, 60, &[]);
        check(7, 5, 60, &[]);
    }

    proptest! {
        #[test]
        fn pieces_cover_every_minute_once(from in 0..4_000_i64, length in 0..6_000_i64, step in 1..2_000_i64) {
            let pieces = pieces(range(from * MINUTE + 7, (from + length) * MINUTE + 7), step * MINUTE);
            let mut next = from * MINUTE;
            for piece in pieces {
                prop_assert_eq!(piece.from, next);
                prop_assert!(piece.until > piece.from && piece.from % piece.level.nanos() == 0);
                prop_assert_eq!(step * MINUTE % piece.level.nanos(), 0);
                next = piece.until;
            }
            prop_assert_eq!(next, (from + length + 1) * MINUTE);
        }
    }
}
