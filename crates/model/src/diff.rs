//! The difference between two boards of one date: the unit of live update.

use crate::board::{Board, EssentialBoard, Summary};
use crate::ids::{EssentialName, SnapshotId};
use serde::{Deserialize, Serialize};

/// What turns the board `from` into the board `to`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BoardDiff {
    /// The board that this applies to.
    pub from: SnapshotId,
    /// The board that it makes.
    pub to: SnapshotId,
    /// The new counts.
    pub summary: Summary,
    /// Rows read for the date.
    pub run_count: usize,
    /// Rows among them that change no status.
    pub unrecognised_count: usize,
    /// Essentials that are new or have changed, whole.
    pub changed: Vec<EssentialBoard>,
    /// Every name in order, where essentials came, went or moved.
    pub order: Option<Vec<EssentialName>>,
}

/// The diff starts from another board than the one at hand: fetch the whole board.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the update starts from board {wanted}, not from {found}")]
pub struct WrongBase {
    /// The board that the diff starts from.
    pub wanted: SnapshotId,
    /// The board at hand.
    pub found: SnapshotId,
}

impl BoardDiff {
    /// What changed from `old` to `new`.
    pub fn between(old: &Board, new: &Board) -> Self {
        let names = |board: &Board| board.essentials.iter().map(|e| e.name.clone()).collect::<Vec<_>>();
        let (before, after) = (names(old), names(new));
        let changed = new.essentials.iter().filter(|e| !old.essentials.contains(e)).cloned().collect();
        Self {
            from: old.id,
            to: new.id,
            summary: new.summary,
            run_count: new.run_count,
            unrecognised_count: new.unrecognised_count,
            changed,
            order: (before != after).then_some(after),
        }
    }

    /// Makes `board` the new one.
    pub fn apply(self, board: &mut Board) -> Result<(), WrongBase> {
        if board.id != self.from {
            return Err(WrongBase { wanted: self.from, found: board.id });
        }
        for changed in self.changed {
            match board.essentials.iter_mut().find(|e| e.name == changed.name) {
                Some(essential) => *essential = changed,
                None => board.essentials.push(changed),
            }
        }
        if let Some(order) = self.order {
            let place = |essential: &EssentialBoard| order.iter().position(|name| *name == essential.name);
            board.essentials.retain(|essential| place(essential).is_some());
            board.essentials.sort_by_key(place);
        }
        board.id = self.to;
        board.summary = self.summary;
        board.run_count = self.run_count;
        board.unrecognised_count = self.unrecognised_count;
        Ok(())
    }
}
