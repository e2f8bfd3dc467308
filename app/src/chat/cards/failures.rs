//! What failed: one card a run, as the person on call reads it.

use super::{Severity, dataset_link, date_and_phase, essential_link, frame, row, rows};
use crate::chat::composer::offered_question;
use crate::components::icons::FailedIcon;
use crate::components::run_link::{clock_time, neighbour_link, run_href};
use crate::location::Place;
use crate::time::Zone;
use leptos::prelude::*;
use model::ask::{Failure, RcaCard};

/// Failures with a card of their own; the others are lines of one more.
const MOST_CARDS: usize = 3;

pub(super) fn failures(card: &RcaCard, place: &Place, zone: &Zone) -> AnyView {
    let at = Place { date: Some(card.business_date), ..place.clone() };
    let first: Vec<_> =
        card.failures.iter().take(MOST_CARDS).map(|failure| failure_card(failure, &at, zone)).collect();
    view! { {first} {others(card, &at)} {blocked(card, &at)} }.into_any()
}

fn failure_card(failure: &Failure, place: &Place, zone: &Zone) -> AnyView {
    let href = run_href(place, &failure.dag_run_id);
    let heading = view! {
        <FailedIcon size=12/>
        <span>"Failed DAG: " <a href=href.clone()>{failure.dag_id.to_string()}</a></span>
    };
    let task = failure.failed_tasks.first();
    let dataset = place.date.map(|date| row("Dataset", dataset_link(place, date, &failure.dataset_id)));
    let failed_at = task.and_then(|task| task.failed_at).unwrap_or(failure.updated_date);
    let mut facts: Vec<AnyView> = dataset.into_iter().collect();
    facts.extend(task.map(|task| {
        row(
            "Failed Task",
            view! { <a class="is-failed" href=href title="Tasks of the run">{task.task_id.clone()}</a> },
        )
    }));
    facts.extend(failure.slice.as_ref().map(|slice| row("Slice", slice.to_string())));
    facts.push(row("Failed At", view! { {clock_time(zone, failed_at)} {format!(" {}", zone.as_str())} }));
    facts.extend(task.map(|task| row("Attempts", format!("{} / {}", task.try_number, task.tries))));
    frame(Severity::High, heading.into_any(), rows(facts, "facts"))
}

fn others(card: &RcaCard, place: &Place) -> Option<AnyView> {
    let lines: Vec<_> = card
        .failures
        .iter()
        .skip(MOST_CARDS)
        .map(|failure| {
            let slice = failure.slice.as_ref().map(ToString::to_string).unwrap_or_default();
            let href = run_href(place, &failure.dag_run_id);
            row(
                format!("Step {}", failure.sequence_order),
                view! { <a href=href>{failure.dag_id.to_string()}</a> {format!(" {slice}")} },
            )
        })
        .collect();
    let beyond = card.failure_count.saturating_sub(card.failures.len());
    let beyond = (beyond > 0).then(|| {
        let href = Place { date: place.date, ..place.elsewhere() }.href("/rca");
        view! { <p class="data-note"><a href=href>{format!("{beyond} more failed runs")}</a></p> }
    });
    (!lines.is_empty() || beyond.is_some()).then(|| {
        let content = view! { {rows(lines, "failed runs")} {beyond} };
        frame(Severity::High, "Further failed runs".into_any(), content.into_any())
    })
}

fn blocked(card: &RcaCard, place: &Place) -> Option<AnyView> {
    if card.blocked_datasets.is_empty() && card.blocked_essentials.is_empty() {
        return None;
    }
    let datasets: Vec<_> = card
        .blocked_datasets
        .iter()
        .map(|dataset| row("Dataset", dataset_link(place, card.business_date, dataset)))
        .collect();
    let essentials: Vec<_> =
        card.blocked_essentials.iter().map(|other| neighbour_link(other, place)).collect();
    let essentials = (!essentials.is_empty()).then(|| view! { <ul class="data-list">{essentials}</ul> });
    let heading = view! {
        <span>
            "Blocked by "
            {essential_link(place, &card.essential_name, &card.batch_name, card.business_date)}
            {format!(", {}", date_and_phase(card.business_date, card.processing_type))}
        </span>
        {offered_question(&format!("Which batches depend on {}?", card.batch_name), "quick-action", "Ask".into_any())}
    };
    let content = view! { {rows(datasets, "datasets")} {essentials} };
    Some(frame(Severity::None, heading.into_any(), content.into_any()))
}

#[cfg(all(test, feature = "ssr"))]
mod tests {
    use super::*;
    use model::ask::FailedTask;
    use model::{BusinessDate, Phase, Timestamp};

    #[test]
    fn a_failure_is_told_as_in_the_picture() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let failure = Failure {
            sequence_order: 3,
            phase: Phase::Prelim,
            dataset_id: "com.jpmc.ct.lri.sls-6g_calc_results".into(),
            dag_id: "6g_calc_workflow_V2".into(),
            dag_run_id: "FGW_6g_calc_workflow_V2_2026-02-18_6G-GLOBAL-SLICE-2_1".into(),
            slice: Some("6G-GLOBAL-SLICE-2".into()),
            status: "FAILED".into(),
            status_detail: "<script>".into(),
            created_date: at("2026-02-18T07:00:00Z"),
            updated_date: at("2026-02-18T08:15:44Z"),
            duration_minutes: 75,
            failed_tasks: vec![FailedTask {
                task_id: "enrich_6g_calc_results".into(),
                try_number: 2,
                tries: 2,
                failed_at: Some(at("2026-02-18T08:15:44Z")),
                hostname: "w1".into(),
            }],
        };
        let card = RcaCard {
            essential_name: "6G-FR2052a-E2E".into(),
            batch_name: "FR2052A (6G)".into(),
            business_date: BusinessDate::parse("2026-02-18").unwrap(),
            processing_type: Some(Phase::Prelim),
            failures: vec![failure],
            failure_count: 2,
            blocked_datasets: vec!["com.jpmc.ct.lri.sls-next".into()],
            blocked_essentials: Vec::new(),
        };
        let html = Owner::new().with(|| failures(&card, &Place::default(), &Zone::UTC).to_html());
        for part in [
            "data-card is-high",
            "6g_calc_workflow_V2",
            "com.jpmc...6g_calc_results",
            "enrich_6g_calc_results",
            "6G-GLOBAL-SLICE-2",
            "08:15:44",
            "2 / 2",
            "1 more failed runs",
            "/rca?date=2026-02-18&amp;run=FGW_6g_calc_workflow_V2",
        ] {
            assert!(html.contains(part), "{part}: {html}");
        }
    }
}
