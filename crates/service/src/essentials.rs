//! One essential in depth: its steps, and every slice with its runs side by side.

use crate::{Error, Result, Service, Snapshot};
use model::rules::EssentialStatus;
use model::view::{DatasetMatrix, EssentialView, Neighbour, SliceCell, SliceRuns};
use model::{
    Actor, Board, BusinessDate, Catalog, Dataset, DatasetStatus, EssentialName, Phase, Run, SliceName,
    Trigger,
};
use std::collections::BTreeMap;

impl Service {
    /// The essential that `name` spells (catalog name, display name or alias, in any case).
    ///
    /// # Errors
    /// Not found, with the nearest names; unavailable while nothing is known of it.
    pub async fn get_essential(
        &self,
        actor: &Actor,
        name: &str,
        date: BusinessDate,
    ) -> Result<EssentialView> {
        let snapshot = self.get_board(actor, date).await?;
        let name = self.find_name(actor, name)?;
        self.require_known(&name)?;
        let board = snapshot.board()?;
        let catalog = &snapshot.catalog.catalog;
        let place = board.essentials.iter().find(|essential| essential.name == name);
        let (Some(essential), Some(definition)) = (place.cloned(), catalog.get(&name)) else {
            return Err(Error::Unavailable {
                message: format!("{name} has just come into the catalog: the next poll shows it"),
            });
        };
        let notes = snapshot.catalog.entries.iter().find(|entry| entry.name == name);
        let matrix = definition
            .datasets
            .iter()
            .map(|dataset| build_matrix(dataset, &essential.datasets, &snapshot))
            .collect();
        Ok(EssentialView {
            catalog_notes: notes.map(|entry| entry.unrecognised.clone()).unwrap_or_default(),
            matrix,
            depends_on: definition.depends_on.iter().map(|name| neighbour(name, board)).collect(),
            needed_by: needed_by(&name, catalog).into_iter().map(|name| neighbour(&name, board)).collect(),
            essential,
            business_date: date,
            polled_at: snapshot.polled_at,
            now: self.clock().now(),
            sources: snapshot.sources.clone(),
        })
    }
}

/// A link to another essential with its overall status.
pub(crate) fn neighbour(name: &EssentialName, board: &Board) -> Neighbour {
    let place = board.essentials.iter().find(|essential| essential.name == *name);
    let status: Option<EssentialStatus> = place.map(|essential| essential.status);
    let display_name = place.map_or_else(|| name.to_string(), |essential| essential.display_name.clone());
    Neighbour { name: name.clone(), display_name, status }
}

/// The essentials that wait for `name` directly.
pub(crate) fn needed_by(name: &EssentialName, catalog: &Catalog) -> Vec<EssentialName> {
    let waits = |essential: &&model::Essential| essential.depends_on.contains(name);
    catalog.essentials.iter().filter(waits).map(|essential| essential.name.clone()).collect()
}

pub(crate) fn build_matrix(
    dataset: &Dataset,
    boards: &[model::DatasetBoard],
    snapshot: &Snapshot,
) -> DatasetMatrix {
    let mut by_slice: BTreeMap<Option<&SliceName>, Vec<&Run>> = BTreeMap::new();
    // A recognised run of a slice that only another essential expects is not this one's.
    let is_ours =
        |run: &&Run| !run.is_recognised() || run.slice.as_ref().is_some_and(|slice| dataset.expects(slice));
    for run in snapshot.runs.iter().filter(|run| run.row.dataset_id == dataset.id).filter(is_ours) {
        by_slice.entry(run.slice.as_ref()).or_default().push(run);
    }
    // A dataset without slices in the catalog takes those of its recognised runs.
    let expected: Vec<&SliceName> = if dataset.slices.is_empty() {
        let recognised = |runs: &Vec<&Run>| runs.iter().any(|run| run.is_recognised());
        by_slice.iter().filter(|(_, runs)| recognised(runs)).filter_map(|(slice, _)| *slice).collect()
    } else {
        dataset.slices.iter().collect()
    };
    let others: Vec<Option<&SliceName>> = by_slice
        .keys()
        .filter(|slice| slice.is_none_or(|slice| !expected.contains(&slice)))
        .copied()
        .collect();
    let started = |phase| {
        let board = boards.iter().find(|board| board.dataset_id == dataset.id);
        board.is_some_and(|board| board.in_phase(phase).status != DatasetStatus::NotStarted)
    };
    let row = |slice: Option<&SliceName>, expected: bool| {
        let runs = by_slice.get(&slice).map_or(&[][..], Vec::as_slice);
        // A repair by hand fills the place of the phase that it counts in.
        let missing = |phase| {
            expected
                && started(phase)
                && !runs.iter().any(|run| run.is_recognised() && run.phase == Some(phase))
        };
        SliceRuns {
            slice: slice.cloned(),
            expected,
            prelim: cell(runs, Some(Trigger::Process), missing(Phase::Prelim)),
            final_: cell(runs, Some(Trigger::Rerun), missing(Phase::Final)),
            manual: cell(runs, Some(Trigger::Manual), false),
            unrecognised: cell(runs, None, false),
        }
    };
    let slices = expected
        .iter()
        .map(|slice| row(Some(*slice), true))
        .chain(others.into_iter().map(|slice| row(slice, false)))
        .collect();
    DatasetMatrix { dataset_id: dataset.id.clone(), sequence_order: dataset.sequence_order, slices }
}

/// The newest of `runs` (oldest first) that `trigger` started, and how many it started.
fn cell(runs: &[&Run], trigger: Option<Trigger>, missing: bool) -> SliceCell {
    let of_trigger = || runs.iter().filter(|run| run.trigger() == trigger);
    SliceCell {
        run: of_trigger().next_back().map(|run| (*run).clone()),
        run_count: of_trigger().count(),
        missing,
    }
}
