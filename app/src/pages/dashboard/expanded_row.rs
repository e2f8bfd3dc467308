//! The datasets of one essential, below its row.

use super::rows::{dataset_phase, step_to_look_at};
use super::store::BoardStore;
use crate::chat::prefilled_question;
use crate::components::status_badge::{StatusBadge, Tone};
use crate::context::use_zone;
use crate::location::{Place, essential_path};
use crate::time::duration;
use leptos::prelude::*;
use model::view::RunColumn;
use model::{
    DatasetBoard, DatasetId, DatasetPhase, DatasetStatus, EssentialBoard, EssentialName, EssentialStatus,
    Phase,
};

/// Table of datasets and what can be done next.
#[component]
pub fn ExpandedRow(
    /// The board.
    store: BoardStore,
    /// Where the page is.
    place: Memo<Place>,
    /// Whose datasets.
    name: EssentialName,
) -> impl IntoView {
    let wanted = name.clone();
    let essential = Memo::new(move |_| {
        store.board.with(|board| board.as_ref()?.essentials.iter().find(|one| one.name == wanted).cloned())
    });
    let phase = Memo::new(move |_| {
        essential.with(|essential| {
            essential
                .as_ref()
                .map_or(Phase::Prelim, |essential| place.with(|place| dataset_phase(essential, place)))
        })
    });
    let ids = Memo::new(move |_| {
        let of = |essential: &EssentialBoard| {
            essential.datasets.iter().map(|one| one.dataset_id.clone()).collect()
        };
        essential.with(|essential| essential.as_ref().map(of).unwrap_or_else(Vec::<DatasetId>::new))
    });
    view! {
        <tr class="expanded-row">
            <td colspan="9">
                <div class="expanded-content">
                    <table class="dataset-table" aria-label="Datasets">
                        <thead>
                            <tr>
                                {["Seq", "Dataset ID", "DAG ID", "Status", "Slices", "Started", "Duration"]
                                    .map(|heading| view! { <th scope="col">{heading}</th> })}
                            </tr>
                        </thead>
                        <tbody>
                            <For
                                each=move || ids.get()
                                key=|id| id.clone()
                                children=move |id| view! { <DatasetRow store essential phase id/> }
                            />
                            {move || ids.with(Vec::is_empty).then(|| view! {
                                <tr><td colspan="7">"Loading its datasets"</td></tr>
                            })}
                        </tbody>
                    </table>
                    <QuickActions place essential phase name/>
                </div>
            </td>
        </tr>
    }
}

#[component]
fn DatasetRow(
    store: BoardStore,
    essential: Memo<Option<EssentialBoard>>,
    phase: Memo<Phase>,
    id: DatasetId,
) -> impl IntoView {
    let zone = use_zone();
    let shown_id = id.to_string();
    let dataset = Memo::new(move |_| {
        essential
            .with(|essential| essential.as_ref()?.datasets.iter().find(|one| one.dataset_id == id).cloned())
    });
    let whole = move |of: fn(&DatasetBoard) -> String| {
        move || dataset.with(|dataset| dataset.as_ref().map(of).unwrap_or_default())
    };
    let state =
        Memo::new(move |_| dataset.with(|dataset| Some(dataset.as_ref()?.in_phase(phase.get()).clone())));
    let status =
        move || state.with(|state| state.as_ref().map_or(DatasetStatus::NotStarted, |state| state.status));
    let slices = move || state.with(|state| state.as_ref().map(slices).unwrap_or_default());
    let started = move || {
        let at = state.with(|state| state.as_ref()?.started_at);
        at.map_or_else(|| "—".to_owned(), |at| zone.read().short_time(at))
    };
    let exact = move || state.with(|state| state.as_ref()?.started_at).map(|at| zone.read().exact(at));
    let lasted =
        move || state.with(|state| state.as_ref().map(|state| lasted(state, store)).unwrap_or_default());
    let note = move || state.with(|state| state.as_ref().and_then(note));
    view! {
        <tr>
            <td><span class="sequence-badge">{whole(|dataset| dataset.sequence_order.to_string())}</span></td>
            <td>{shown_id}</td>
            <td>{whole(|dataset| dataset.dag_id.to_string())}</td>
            <td>
                <StatusBadge
                    tone=Memo::new(move |_| Tone::from(status()))
                    label=Memo::new(move |_| status().label())
                />
                {move || note().map(|note| view! { <span class="dataset-note">{note}</span> })}
            </td>
            <td>{slices}</td>
            <td title=exact>{started}</td>
            <td>{lasted}</td>
        </tr>
    }
}

/// `3/6`, or a dash before the start.
fn slices(state: &DatasetPhase) -> String {
    match state.status {
        DatasetStatus::NotStarted => "—".to_owned(),
        _ => format!("{}/{}", state.slices_success, state.slice_count),
    }
}

/// `1h 42m`; what is not over yet ends in dots. Only a running one follows the clock.
fn lasted(state: &DatasetPhase, store: BoardStore) -> String {
    let now = match state.status {
        DatasetStatus::Running => store.now.get(),
        _ => store.now.get_untracked(),
    };
    match (state.duration_s(now), state.status) {
        (None, _) => "—".to_owned(),
        (Some(seconds), DatasetStatus::Running) => format!("{}...", duration(seconds)),
        (Some(seconds), _) => duration(seconds),
    }
}

/// What else is worth saying of a dataset.
fn note(state: &DatasetPhase) -> Option<String> {
    let blocked = state.blocked_by.map(|step| format!("blocked by step {step}"));
    blocked.or_else(|| {
        let missing = state.missing_slices.len();
        (state.status == DatasetStatus::Failed && missing > 0).then(|| format!("{missing} slices missing"))
    })
}

#[component]
fn QuickActions(
    place: Memo<Place>,
    essential: Memo<Option<EssentialBoard>>,
    phase: Memo<Phase>,
    name: EssentialName,
) -> impl IntoView {
    let path = essential_path(&name);
    let tasks = move || place.with(|place| Place { phase: place.phase, ..place.elsewhere() }).href(&path);
    let step = Memo::new(move |_| {
        essential.with(|essential| step_to_look_at(&essential.as_ref()?.datasets, phase.get()))
    });
    let rca = move || {
        let mut rca = place.with(Place::elsewhere);
        rca.set_filter(RunColumn::Essential, name.as_str());
        rca.href("/rca")
    };
    let question =
        Memo::new(move |_| essential.with(|essential| essential.as_ref().map(question).unwrap_or_default()));
    let rca_label = move || match step.get() {
        Some((step, _)) => format!("RCA for Seq {step}"),
        None => "RCA for Failed".to_owned(),
    };
    view! {
        <div class="quick-actions">
            <a class="quick-action" href=tasks>"View Task Details"</a>
            <a class="quick-action" href=rca>{rca_label}</a>
            <span class="quick-action" aria-disabled="true" title="AWS metrics come in a later version">"AWS Metrics"</span>
            {prefilled_question(move || question.get())}
        </div>
    }
}

/// What one asks of an essential: what failed, where something has, else how it is.
fn question(essential: &EssentialBoard) -> String {
    match essential.status {
        EssentialStatus::Failed | EssentialStatus::PartialFailure => {
            format!("What failed in {}? Give me the RCA.", essential.display_name)
        }
        _ => format!("What is the status of {}?", essential.display_name),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state(status: DatasetStatus) -> DatasetPhase {
        DatasetPhase {
            status,
            slice_count: 6,
            slices_success: 3,
            slices_failed: 0,
            slices_running: 0,
            missing_slices: Vec::new(),
            started_at: None,
            last_updated: None,
            blocked_by: None,
        }
    }

    #[test]
    fn slices_are_counted_once_it_has_started() {
        assert_eq!(slices(&state(DatasetStatus::Running)), "3/6");
        assert_eq!(slices(&state(DatasetStatus::NotStarted)), "—");
    }

    #[test]
    fn a_note_says_what_blocks_or_is_missing() {
        assert_eq!(note(&state(DatasetStatus::NotStarted)), None);
        let blocked = DatasetPhase { blocked_by: Some(3), ..state(DatasetStatus::NotStarted) };
        assert_eq!(note(&blocked).as_deref(), Some("blocked by step 3"));
        let missing = vec!["A".into(), "B".into()];
        let failed = DatasetPhase { missing_slices: missing.clone(), ..state(DatasetStatus::Failed) };
        assert_eq!(note(&failed).as_deref(), Some("2 slices missing"));
        let running = DatasetPhase { missing_slices: missing, ..state(DatasetStatus::Running) };
        assert_eq!(note(&running), None, "slices of a running dataset are on their way");
    }
}
