//! Datasets × slices, with PRELIM, FINAL and MANUAL side by side.

use super::cells::{CellTone, count_words, has_unrecognised, oddity_words, select};
use crate::components::copy_button::CopyButton;
use crate::components::run_link::{Over, clock_time, run_href, run_time};
use crate::components::status_badge::{Tone, status_badge};
use crate::location::Place;
use crate::time::Zone;
use leptos::prelude::*;
use model::view::{DatasetMatrix, EssentialView, RunColumn, SliceCell, SliceRuns};
use model::{DatasetBoard, Run, Timestamp};

/// What every cell needs besides its own content.
#[derive(Clone)]
struct Frame {
    place: Place,
    zone: Zone,
    now: Timestamp,
    with_unrecognised: bool,
}

impl Frame {
    fn columns(&self) -> usize {
        if self.with_unrecognised { 5 } else { 4 }
    }
}

/// The matrix of `view`, cut down to the datasets and slices whose names hold the filters of `place`.
pub(crate) fn slice_matrix(view: &EssentialView, place: &Place, zone: &Zone) -> AnyView {
    let frame = Frame {
        place: place.clone(),
        zone: zone.clone(),
        now: view.now,
        with_unrecognised: has_unrecognised(&view.matrix),
    };
    let filter = |column| place.filter(column).unwrap_or_default();
    let selected = select(&view.matrix, filter(RunColumn::Dataset), filter(RunColumn::Slice));
    let nothing = selected.is_empty().then(|| {
        view! {
            <tr><td class="matrix-nothing" colspan=frame.columns()>
                "No dataset and slice of this essential match the filter: shorten it or clear it."
            </td></tr>
        }
    });
    let groups: Vec<_> = selected
        .into_iter()
        .map(|(row, slices)| {
            let board = view.essential.datasets.iter().find(|board| board.dataset_id == row.dataset_id);
            dataset_rows(row, board, &slices, &frame)
        })
        .collect();
    view! {
        <div class="table-scroll matrix-scroll" tabindex="0" role="region" aria-label="Datasets and slices">
            <table class="matrix">
                <caption class="visually-hidden">"The newest run of every slice by trigger"</caption>
                <thead>
                    <tr>
                        <th scope="col">"Slice"</th>
                        <th scope="col">"PRELIM"</th>
                        <th scope="col">"FINAL"</th>
                        <th scope="col">"MANUAL"</th>
                        {frame.with_unrecognised.then(|| view! { <th scope="col">"Unrecognised"</th> })}
                    </tr>
                </thead>
                {groups}
                <tbody>{nothing}</tbody>
            </table>
        </div>
    }
    .into_any()
}

fn dataset_rows(
    row: &DatasetMatrix,
    board: Option<&DatasetBoard>,
    slices: &[&SliceRuns],
    frame: &Frame,
) -> impl IntoView + use<> {
    let missing: Vec<_> = board
        .into_iter()
        .flat_map(|board| [("PRELIM", &board.prelim), ("FINAL", &board.final_)])
        .filter(|(_, part)| !part.missing_slices.is_empty())
        .map(|(phase, part)| {
            let names: Vec<_> = part.missing_slices.iter().map(|slice| slice.as_str()).collect();
            view! { <span class="matrix-missing">{format!("missing in {phase}: {}", names.join(", "))}</span> }
        })
        .collect();
    let without_slices = slices.is_empty().then(|| {
        view! {
            <tr><td class="matrix-nothing" colspan=frame.columns()>
                "No run yet, and the catalog names no slices of this dataset."
            </td></tr>
        }
    });
    let rows: Vec<_> = slices.iter().map(|slice| slice_row(slice, frame)).collect();
    let dag_id = board.map(|board| {
        view! {
            <span class="matrix-dag mono">{board.dag_id.to_string()}</span>
            <CopyButton text=board.dag_id.as_str() what="DAG ID"/>
        }
    });
    view! {
        <tbody class="matrix-dataset" id=dataset_anchor(row)>
            <tr>
                <th scope="rowgroup" colspan=frame.columns()>
                    <span class="sequence-badge" title="Sequence step">{row.sequence_order}</span>
                    <span class="mono">{row.dataset_id.to_string()}</span>
                    <CopyButton text=row.dataset_id.as_str() what="dataset ID"/>
                    {dag_id}
                    {missing}
                </th>
            </tr>
            {rows}
            {without_slices}
        </tbody>
    }
}

/// The element that the dataset's links lead to.
fn dataset_anchor(row: &DatasetMatrix) -> String {
    format!("dataset-{}", row.dataset_id)
}

fn slice_row(slice: &SliceRuns, frame: &Frame) -> impl IntoView + use<> {
    let name = match &slice.slice {
        Some(slice) => slice.to_string(),
        None => "no slice in the run id".to_owned(),
    };
    let unexpected = (!slice.expected).then(|| {
        view! { <span class="matrix-unexpected" title="The catalog does not name it">"unexpected"</span> }
    });
    let unrecognised = frame.with_unrecognised.then(|| cell_view(&slice.unrecognised, frame));
    view! {
        <tr>
            <th scope="row"><span class="mono">{name}</span>{unexpected}</th>
            {cell_view(&slice.prelim, frame)}
            {cell_view(&slice.final_, frame)}
            {cell_view(&slice.manual, frame)}
            {unrecognised}
        </tr>
    }
}

fn cell_view(cell: &SliceCell, frame: &Frame) -> impl IntoView + use<> {
    let tone = CellTone::of(cell);
    let content = match &cell.run {
        Some(run) => ran(run, tone, cell.run_count, frame).into_any(),
        None if cell.missing => status_badge(Tone::Failed, tone.label()).into_any(),
        None => view! { <span class="matrix-empty">"—"</span> }.into_any(),
    };
    view! { <td class=format!("matrix-cell {}", tone.tone().class())>{content}</td> }
}

fn ran(run: &Run, tone: CellTone, run_count: usize, frame: &Frame) -> impl IntoView + use<> {
    let over = Over::of_status(&run.row.status);
    let reason = (tone == CellTone::Unrecognised).then(|| {
        let written = format!("{} ({})", oddity_words(&run.oddities), run.row.status);
        view! { <span class="matrix-reason">{written}</span> }
    });
    let repairs = (run.trigger() == Some(model::Trigger::Manual)).then_some(run.phase).flatten();
    view! {
        <a class="matrix-run" href=run_href(&frame.place, &run.row.run_id) title=run.row.run_id.to_string()>
            {status_badge(tone.tone(), tone.label())}
        </a>
        <span class="matrix-facts mono">
            {clock_time(&frame.zone, run.row.created_at)}
            <span>{run_time(run.duration_s(frame.now), over)}</span>
        </span>
        {repairs.map(|phase| view! { <span class="matrix-note">{format!("repairs {phase}")}</span> })}
        {count_words(run_count).map(|words| view! { <span class="matrix-note">{words}</span> })}
        {reason}
    }
}
