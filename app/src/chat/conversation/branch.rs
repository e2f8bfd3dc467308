//! Which turns are shown: an edited question is a branch, and one branch is shown at a time.

use model::ask::{Turn, TurnId};

/// A turn that is shown, with the versions of its question.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Branch {
    /// The turn.
    pub(crate) turn: TurnId,
    /// All versions of its question, oldest first, itself among them.
    pub(crate) versions: Vec<TurnId>,
}

/// The branch that `wanted` stands on, from its first turn to its newest one; without one, or with
/// one that is not there, that of the newest turn. Of several versions further on the newest is taken.
pub(crate) fn shown_path(turns: &[Turn], wanted: Option<TurnId>) -> Vec<Branch> {
    let find = |id: TurnId| turns.iter().find(|turn| turn.id == id);
    let newest = turns.iter().max_by_key(|turn| turn.id);
    let Some(wanted) = wanted.and_then(find).or(newest) else { return Vec::new() };
    let mut path = vec![wanted];
    // Parents are older than their turns, so both walks end.
    while let Some(parent) =
        path.last().and_then(|turn| find(turn.parent?)).filter(|parent| parent.id < path[path.len() - 1].id)
    {
        path.push(parent);
    }
    path.reverse();
    while let Some(next) = path.last().and_then(|last| {
        turns
            .iter()
            .filter(|turn| turn.parent == Some(last.id) && turn.id > last.id)
            .max_by_key(|turn| turn.id)
    }) {
        path.push(next);
    }
    let versions = |of: &Turn| {
        let mut versions: Vec<_> =
            turns.iter().filter(|turn| turn.parent == of.parent).map(|turn| turn.id).collect();
        versions.sort_unstable();
        versions
    };
    path.into_iter().map(|turn| Branch { turn: turn.id, versions: versions(turn) }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::Timestamp;
    use model::ask::Question;

    fn turns(parents: &[(u64, Option<u64>)]) -> Vec<Turn> {
        let turn = |(id, parent): &(u64, Option<u64>)| Turn {
            id: TurnId(*id),
            parent: parent.map(TurnId),
            question: Question::parse("?").unwrap(),
            asked_at: Timestamp::UNIX_EPOCH,
            outcome: None,
            rating: None,
        };
        parents.iter().map(turn).collect()
    }

    #[test]
    fn one_branch_is_shown() {
        let check = |parents: &[(u64, Option<u64>)], wanted: Option<u64>, expect: &[u64]| {
            let path = shown_path(&turns(parents), wanted.map(TurnId));
            let shown: Vec<_> = path.iter().map(|branch| branch.turn.0).collect();
            assert_eq!(shown, expect, "{parents:?} {wanted:?}");
        };
        check(&[], None, &[]);
        check(&[(1, None)], None, &[1]);
        check(&[(1, None), (2, Some(1)), (3, Some(2))], None, &[1, 2, 3]);
        check(&[(1, None), (2, Some(1)), (3, Some(2))], Some(1), &[1, 2, 3]);
        // The second question was edited, then the first.
        let edited = [(1, None), (2, Some(1)), (3, Some(2)), (4, Some(1)), (5, None)];
        check(&edited, None, &[5]);
        check(&edited, Some(3), &[1, 2, 3]);
        check(&edited, Some(1), &[1, 4]);
        check(&edited, Some(99), &[5]);
        // A page of turns begins in the middle.
        check(&[(7, Some(6)), (8, Some(7))], None, &[7, 8]);
        // What cannot be is shown all the same, and ends.
        check(&[(1, Some(2)), (2, Some(1))], None, &[1, 2]);
        check(&[(1, Some(1))], None, &[1]);
    }

    #[test]
    fn versions_of_a_question_are_known() {
        let path = shown_path(&turns(&[(1, None), (2, Some(1)), (4, Some(1))]), None);
        let versions: Vec<Vec<u64>> =
            path.iter().map(|branch| branch.versions.iter().map(|id| id.0).collect()).collect();
        assert_eq!(versions, [vec![1], vec![2, 4]]);
    }
}
