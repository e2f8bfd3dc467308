//! The rows that the browser has, by window, and which it still has to ask for.

use super::scroll::{WINDOW_ROWS, windows_of};
use model::view::{RunListItem, RunQuery};
use model::{BusinessDate, SnapshotId};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::ops::Range;

/// Windows kept at the most: those nearest to the screen.
const MOST_WINDOWS: usize = 12;

/// What the rows answer. Rows of another question are of no use; rows of an older board
/// are shown until newer ones arrive.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Question {
    /// The date; `None` for the server's today.
    pub(crate) date: Option<BusinessDate>,
    /// Which runs, in which order.
    pub(crate) query: RunQuery,
    /// The board that the browser knows of.
    pub(crate) board: Option<SnapshotId>,
}

impl Question {
    fn asks_the_same(&self, other: &Self) -> bool {
        self.date == other.date && self.query == other.query
    }
}

/// The windows of rows at hand.
#[derive(Clone, Debug, Default)]
pub(crate) struct Windows {
    question: Question,
    by_first_row: HashMap<usize, (Option<SnapshotId>, Vec<RunListItem>)>,
}

impl Windows {
    /// Turns to `question`; forgets the rows of another.
    pub(crate) fn turn_to(&mut self, question: &Question) {
        if !self.question.asks_the_same(question) {
            self.by_first_row.clear();
        }
        self.question = question.clone();
    }

    /// Keeps the rows from `first_row`, the answer to `question`, unless another is asked by now.
    pub(crate) fn keep(&mut self, question: &Question, first_row: usize, rows: Vec<RunListItem>) {
        if !self.question.asks_the_same(question) {
            return;
        }
        self.by_first_row.insert(first_row, (question.board, rows));
        while self.by_first_row.len() > MOST_WINDOWS {
            let far = |start: &usize| start.abs_diff(first_row);
            let Some(farthest) = self.by_first_row.keys().copied().max_by_key(far) else { return };
            self.by_first_row.remove(&farthest);
        }
    }

    /// The row at `index`, where it is at hand.
    pub(crate) fn row(&self, index: usize) -> Option<&RunListItem> {
        let first_row = index / WINDOW_ROWS * WINDOW_ROWS;
        self.by_first_row.get(&first_row)?.1.get(index - first_row)
    }

    /// What the rows answer.
    pub(crate) fn question(&self) -> &Question {
        &self.question
    }

    /// First rows of the windows that hold `rows` and are not at hand, or only of an older board.
    pub(crate) fn wanted(&self, rows: &Range<usize>) -> Vec<usize> {
        let fresh = |first_row: &usize| {
            self.by_first_row.get(first_row).is_some_and(|(board, _)| *board == self.question.board)
        };
        windows_of(rows).filter(|first_row| !fresh(first_row)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::{RunKey, Timestamp};

    fn rows(from: usize, count: usize) -> Vec<RunListItem> {
        (from..from + count)
            .map(|index| RunListItem {
                key: RunKey(index as i64),
                essentials: vec![],
                dataset_id: "d".into(),
                dag_id: "d_V2".into(),
                run_id: "r".into(),
                slice: None,
                trigger: "PRELIM".into(),
                phase: None,
                status: "SUCCESS".into(),
                started_at: Timestamp::UNIX_EPOCH,
                updated_at: Timestamp::UNIX_EPOCH,
                duration_s: 0,
                oddities: vec![],
            })
            .collect()
    }

    fn question(search: &str, board: u64) -> Question {
        let query = RunQuery { search: search.into(), ..RunQuery::default() };
        Question { date: None, query, board: Some(SnapshotId(board)) }
    }

    #[test]
    fn finds_rows_and_wants_the_rest() {
        let mut windows = Windows::default();
        let asked = question("", 1);
        windows.turn_to(&asked);
        assert_eq!(windows.wanted(&(0..500)), [0, 200, 400]);
        windows.keep(&asked, 200, rows(200, 200));
        assert_eq!(windows.row(207).map(|row| row.key), Some(RunKey(207)));
        assert_eq!(windows.row(400), None);
        assert_eq!(windows.wanted(&(0..500)), [0, 400]);
    }

    #[test]
    fn rows_of_an_older_board_stay_until_newer_ones_come() {
        let mut windows = Windows::default();
        windows.turn_to(&question("", 1));
        windows.keep(&question("", 1), 0, rows(0, 200));
        windows.turn_to(&question("", 2));
        assert!(windows.row(3).is_some());
        assert_eq!(windows.wanted(&(0..10)), [0]);
        windows.keep(&question("", 2), 0, rows(1000, 200));
        assert_eq!(windows.row(3).map(|row| row.key), Some(RunKey(1003)));
        assert!(windows.wanted(&(0..10)).is_empty());
    }

    #[test]
    fn answers_to_another_question_are_dropped() {
        let mut windows = Windows::default();
        windows.turn_to(&question("a", 1));
        windows.keep(&question("a", 1), 0, rows(0, 200));
        windows.turn_to(&question("b", 1));
        assert_eq!(windows.row(0), None);
        windows.keep(&question("a", 1), 0, rows(0, 200));
        assert_eq!(windows.row(0), None);
    }

    #[test]
    fn keeps_the_nearest_windows_only() {
        let mut windows = Windows::default();
        let asked = question("", 1);
        windows.turn_to(&asked);
        for window in 0..20 {
            windows.keep(&asked, window * WINDOW_ROWS, rows(window * WINDOW_ROWS, WINDOW_ROWS));
        }
        assert_eq!(windows.by_first_row.len(), MOST_WINDOWS);
        assert!(windows.row(19 * WINDOW_ROWS).is_some());
        assert!(windows.row(0).is_none());
    }
}
