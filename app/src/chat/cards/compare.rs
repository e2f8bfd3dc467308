//! Two dates side by side, and who waits for whom.

use super::{Severity, dataset_link, essential_href, essential_link, frame, minutes};
use crate::components::run_link::neighbour_link;
use crate::components::status_badge::{Tone, status_badge};
use crate::location::Place;
use leptos::prelude::*;
use model::ask::{ComparisonCard, ComparisonLine, ComparisonSide, DependencyCard, DependencyLine};
use model::view::Neighbour;

pub(super) fn comparison(card: &ComparisonCard, place: &Place) -> AnyView {
    let heading = view! {
        <span>{essential_link(place, &card.essential_name, &card.batch_name, card.to_date)} {format!(", {}", card.phase)}</span>
    };
    let date = |date: model::BusinessDate| {
        let href = essential_href(place, &card.essential_name, date, Some(card.phase));
        view! { <th scope="col"><a href=href>{date.label()}</a></th> }
    };
    let lines: Vec<_> = card.datasets.iter().map(|line| comparison_line(line, card, place)).collect();
    let content = view! {
        <div class="data-scroll" tabindex="0" role="region" aria-label="Comparison by dataset">
            <table class="data-table">
                <thead>
                    <tr>
                        <th scope="col">"Step"</th><th scope="col">"Dataset"</th>
                        {date(card.from_date)} {date(card.to_date)}
                        <th scope="col">"Change"</th>
                    </tr>
                </thead>
                <tbody>{lines}</tbody>
            </table>
        </div>
    };
    frame(Severity::None, heading.into_any(), content.into_any())
}

fn comparison_line(line: &ComparisonLine, card: &ComparisonCard, place: &Place) -> AnyView {
    view! {
        <tr>
            <td>{line.sequence_order}</td>
            <th scope="row">{dataset_link(place, card.to_date, &line.dataset_id)}</th>
            <td>{side(&line.before)}</td>
            <td>{side(&line.after)}</td>
            <td>{change(&line.before, &line.after)}</td>
        </tr>
    }
    .into_any()
}

fn side(side: &ComparisonSide) -> impl IntoView + use<> {
    let lasted = side.duration_minutes.map(|lasted| format!(" {}", minutes(lasted)));
    view! { {status_badge(Tone::from(side.status), side.status.label())} {lasted} }
}

/// `+12m`, `−1h 05m`, or `—` where one side has no duration.
fn change(before: &ComparisonSide, after: &ComparisonSide) -> String {
    match (before.duration_minutes, after.duration_minutes) {
        (Some(before), Some(after)) if after == before => "same".to_owned(),
        (Some(before), Some(after)) => {
            let sign = if after > before { '+' } else { '−' };
            format!("{sign}{}", minutes((after - before).abs()))
        }
        _ => "—".to_owned(),
    }
}

pub(super) fn dependencies(card: &DependencyCard, place: &Place) -> AnyView {
    let at = Place { date: Some(card.business_date), ..place.clone() };
    let lines: Vec<_> = card.batches.iter().map(|line| dependency(line, &at)).collect();
    let heading = format!("Dependencies, {}", card.business_date.label());
    frame(Severity::None, heading.into_any(), lines.into_any())
}

fn dependency(line: &DependencyLine, place: &Place) -> AnyView {
    let list = |label: &'static str, neighbours: &[Neighbour]| {
        (!neighbours.is_empty()).then(|| {
            let items: Vec<_> = neighbours.iter().map(|other| neighbour_link(other, place)).collect();
            view! { <p class="data-note">{label}</p> <ul class="data-list">{items}</ul> }
        })
    };
    let alone = (line.depends_on.is_empty() && line.needed_by.is_empty())
        .then(|| view! { <p class="data-note">"Waits for nothing, and nothing waits for it."</p> });
    view! {
        <ul class="data-list">{neighbour_link(&line.batch, place)}</ul>
        {list("waits for", &line.depends_on)}
        {list("is waited for by", &line.needed_by)}
        {alone}
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::DatasetStatus;

    #[test]
    fn a_change_has_its_sign() {
        let of = |duration_minutes| ComparisonSide { status: DatasetStatus::Success, duration_minutes };
        let check = |before, after, expect: &str| assert_eq!(change(&of(before), &of(after)), expect);
        check(Some(10), Some(22), "+12m");
        check(Some(100), Some(35), "−1h 05m");
        check(Some(5), Some(5), "same");
        check(None, Some(5), "—");
    }
}
