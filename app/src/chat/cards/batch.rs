//! How essentials are.

use super::{Severity, date_and_phase, essential_href, frame, row, rows};
use crate::components::run_link::clock_time;
use crate::components::status_badge::{Tone, essential_tone, status_badge};
use crate::location::Place;
use crate::time::Zone;
use leptos::prelude::*;
use model::ask::{OverviewCard, StatusCard, StepProgress};

pub(super) fn overview(card: &OverviewCard, place: &Place) -> AnyView {
    let lines = card
        .essentials
        .iter()
        .map(|line| {
            let href = essential_href(place, &line.name, card.business_date, card.processing_type);
            row(
                view! { <a href=href>{line.display_name.clone()}</a> },
                view! { {line.progress.clone()} " " {status_badge(essential_tone(line.status), line.status.label())} },
            )
        })
        .collect();
    let board = Place { date: Some(card.business_date), ..place.elsewhere() }.href("/");
    let heading = view! {
        <span>
            <a href=board>"All essentials"</a>
            {format!(", {}", date_and_phase(card.business_date, card.processing_type))}
        </span>
    };
    let severity = Severity::of_counts(card.summary.failed, card.summary.running);
    frame(severity, heading.into_any(), rows(lines, "essentials"))
}

pub(super) fn status(card: &StatusCard, place: &Place, zone: &Zone) -> AnyView {
    let href = essential_href(place, &card.essential_name, card.business_date, card.processing_type);
    let heading = view! {
        <span>
            <a href=href>{card.batch_name.clone()}</a>
            {format!(", {}", date_and_phase(card.business_date, card.processing_type))}
        </span>
        {status_badge(essential_tone(card.status), card.status.label())}
    };
    let counts = card.summary;
    let mut facts = vec![
        row("Datasets", counts.total_datasets.to_string()),
        row("Success", counts.success.to_string()),
        row("Failed", count(counts.failed, "is-failed")),
        row("Running", count(counts.running, "is-running")),
        row("Not started", counts.not_started.to_string()),
    ];
    facts.extend(card.phases.iter().map(|line| {
        let updated = line.board.last_updated.map(|at| view! { " " {clock_time(zone, at)} });
        row(
            line.phase.to_string(),
            view! { {line.board.progress()} {updated} " " {status_badge(essential_tone(line.board.status), line.board.status.label())} },
        )
    }));
    let steps = (!card.sequence_progress.is_empty()).then(|| {
        let steps: Vec<_> = card.sequence_progress.iter().map(step).collect();
        view! { <details class="data-more"><summary>"Steps"</summary><dl>{steps}</dl></details> }
    });
    let severity = Severity::of_counts(counts.failed, counts.running);
    // Counts and both phases are seen at once.
    let content = view! { <dl>{facts}</dl> {steps} };
    frame(severity, heading.into_any(), content.into_any())
}

fn count(count: usize, class: &'static str) -> AnyView {
    view! { <span class=(count > 0).then_some(class)>{count}</span> }.into_any()
}

fn step(step: &StepProgress) -> AnyView {
    let blocked = step.blocked_by.map(|by| format!("blocked by step {by} "));
    let counts = format!("{}/{} ", step.counts.success, step.counts.total_datasets);
    row(
        format!("Step {}, {}", step.sequence_order, step.phase),
        view! { {blocked} {counts} {status_badge(Tone::from(step.status), step.status.label())} },
    )
}
