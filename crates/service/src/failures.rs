//! The failures of a date: by essential and step, with what they hold up.

use crate::essentials::{needed_by, neighbour};
use crate::{Result, Service};
use model::rules::newest_by_slice;
use model::view::{EssentialFailures, FailuresView, Neighbour, StepFailures};
use model::{
    Actor, Board, BusinessDate, Catalog, Dataset, DatasetStatus, EssentialBoard, EssentialName, Phase, Run,
    RunStatus,
};

impl Service {
    /// The essentials of `date` with a failed slice in either phase, in catalog order.
    pub async fn list_failures(&self, actor: &Actor, date: BusinessDate) -> Result<FailuresView> {
        let snapshot = self.get_board(actor, date).await?;
        let catalog = &snapshot.catalog.catalog;
        let essentials = snapshot.board.as_deref().map_or_else(Vec::new, |board| {
            board
                .essentials
                .iter()
                .filter_map(|essential| essential_failures(essential, board, catalog, &snapshot.runs))
                .collect()
        });
        Ok(FailuresView {
            essentials,
            polled_at: snapshot.polled_at,
            now: self.clock().now(),
            sources: snapshot.sources.clone(),
        })
    }
}

pub(crate) fn essential_failures(
    essential: &EssentialBoard,
    board: &Board,
    catalog: &Catalog,
    runs: &[Run],
) -> Option<EssentialFailures> {
    let definition = catalog.get(&essential.name).map_or(&[][..], |essential| &essential.datasets);
    let mut steps: Vec<StepFailures> =
        Phase::ALL.into_iter().flat_map(|phase| step_failures(essential, definition, phase, runs)).collect();
    steps.sort_by_key(|step| (step.sequence_order, step.phase));
    (!steps.is_empty()).then(|| EssentialFailures {
        name: essential.name.clone(),
        display_name: essential.display_name.clone(),
        status: essential.status,
        prelim: essential.prelim.clone(),
        final_: essential.final_.clone(),
        steps,
        blocks: all_that_wait(&essential.name, board, catalog),
    })
}

fn step_failures(
    essential: &EssentialBoard,
    definition: &[Dataset],
    phase: Phase,
    runs: &[Run],
) -> Vec<StepFailures> {
    let mut orders: Vec<i32> = essential.datasets.iter().map(|dataset| dataset.sequence_order).collect();
    orders.dedup();
    let failed = |order: i32| {
        let mut failed: Vec<Run> = essential
            .datasets
            .iter()
            .filter(|dataset| dataset.sequence_order == order)
            .filter(|dataset| dataset.in_phase(phase).status == DatasetStatus::Failed)
            .flat_map(|dataset| {
                let place = definition.iter().find(|place| place.id == dataset.dataset_id);
                let is_ours = move |run: &&Run| {
                    run.slice.as_ref().is_some_and(|slice| place.is_none_or(|place| place.expects(slice)))
                };
                let of_dataset =
                    runs.iter().filter(|run| run.row.dataset_id == dataset.dataset_id).filter(is_ours);
                newest_by_slice(of_dataset, phase).into_values()
            })
            .filter(|run| run.status().is_some_and(RunStatus::is_failure))
            .cloned()
            .collect();
        failed.sort_by_key(|run| std::cmp::Reverse((run.row.created_at, run.row.key)));
        failed
    };
    let blocked = |order: i32| {
        essential
            .datasets
            .iter()
            .filter(|dataset| dataset.in_phase(phase).blocked_by == Some(order))
            .map(|dataset| dataset.dataset_id.clone())
            .collect()
    };
    orders
        .into_iter()
        .map(|order| StepFailures {
            sequence_order: order,
            phase,
            runs: failed(order),
            blocked_datasets: blocked(order),
        })
        .filter(|step| !step.runs.is_empty())
        .collect()
}

/// Every essential that waits for `name`, directly or through others, unless `name` has
/// become SUCCESS all the same.
fn all_that_wait(name: &EssentialName, board: &Board, catalog: &Catalog) -> Vec<Neighbour> {
    let done = |name: &EssentialName| {
        let place = board.essentials.iter().find(|essential| essential.name == *name);
        place.is_some_and(|essential| essential.status == model::EssentialStatus::Success)
    };
    let mut waiting: Vec<EssentialName> = Vec::new();
    let mut ask = if done(name) { Vec::new() } else { vec![name.clone()] };
    while let Some(next) = ask.pop() {
        for found in needed_by(&next, catalog) {
            if found != *name && !waiting.contains(&found) && !done(&found) {
                ask.push(found.clone());
                waiting.push(found);
            }
        }
    }
    waiting.iter().map(|name| neighbour(name, board)).collect()
}
