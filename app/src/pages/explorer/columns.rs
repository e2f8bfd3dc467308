//! The columns of the explorer: headings, hints and cells.

use crate::components::run_link::{Over, clock_time, run_href, run_time};
use crate::components::status_badge::{Tone, status_badge};
use crate::location::{Place, essential_path};
use crate::time::Zone;
use leptos::either::Either;
use leptos::prelude::*;
use model::view::{RunColumn, RunListItem, RunQuery, SortOrder};
use model::{EssentialName, RunStatus};

/// What people call a column.
pub(crate) fn heading(column: RunColumn) -> &'static str {
    match column {
        RunColumn::Essential => "Essential",
        RunColumn::Dataset => "Dataset ID",
        RunColumn::Dag => "DAG ID",
        RunColumn::Slice => "Slice",
        RunColumn::Trigger => "Trigger",
        RunColumn::Phase => "Phase",
        RunColumn::Status => "Status",
        RunColumn::Started => "Started",
        RunColumn::Updated => "Updated",
        RunColumn::Duration => "Duration",
        RunColumn::Run => "Run ID",
    }
}

/// What the filter of a column takes.
pub(crate) fn filter_hint(column: RunColumn) -> &'static str {
    match column {
        RunColumn::Status => "part of the word, or =FAILED for the whole",
        RunColumn::Started | RunColumn::Updated => "part of the time in UTC, for example 2026-02-18T08:1",
        RunColumn::Duration => "part of the seconds, or =60 for the whole",
        _ => "part of the text, or =text for the whole",
    }
}

/// How a column is sorted, as `aria-sort` says it. Newest start first is the default.
pub(crate) fn sorted(query: &RunQuery, column: RunColumn) -> &'static str {
    let (by, order) = query.sort.unwrap_or((RunColumn::Started, SortOrder::Descending));
    match order {
        _ if by != column => "none",
        SortOrder::Ascending => "ascending",
        SortOrder::Descending => "descending",
    }
}

/// The cells of a run; `None` while it is on its way.
pub(crate) fn run_cells(item: Option<&RunListItem>, place: &Place, zone: &Zone) -> impl IntoView + use<> {
    match item {
        Some(item) => {
            let cells: Vec<_> =
                RunColumn::ALL.into_iter().map(|column| run_cell(item, column, place, zone)).collect();
            Either::Left(cells)
        }
        None => Either::Right(view! { <td class="is-loading" colspan=RunColumn::ALL.len()>"Loading…"</td> }),
    }
}

fn run_cell(item: &RunListItem, column: RunColumn, place: &Place, zone: &Zone) -> impl IntoView + use<> {
    let text = match column {
        RunColumn::Essential => return essentials_cell(item, place).into_any(),
        RunColumn::Status => return status_cell(item).into_any(),
        RunColumn::Started => {
            return view! { <td class="mono">{clock_time(zone, item.started_at)}</td> }.into_any();
        }
        RunColumn::Updated => {
            return view! { <td class="mono">{clock_time(zone, item.updated_at)}</td> }.into_any();
        }
        RunColumn::Run => {
            let run_id = item.run_id.to_string();
            let hover = run_id.clone();
            return view! {
                <td class="mono" title=hover><a href=run_href(place, &item.run_id)>{run_id}</a></td>
            }
            .into_any();
        }
        RunColumn::Dataset => return dataset_cell(item, place).into_any(),
        RunColumn::Dag => item.dag_id.to_string(),
        RunColumn::Slice => item.slice.as_ref().map_or_else(|| "—".to_owned(), ToString::to_string),
        RunColumn::Trigger => item.trigger.clone(),
        RunColumn::Phase => item.phase.map_or("—", |phase| phase.as_str()).to_owned(),
        RunColumn::Duration => run_time(item.duration_s, Over::of_status(&item.status)),
    };
    let hover = text.clone();
    view! { <td class="mono" title=hover>{text}</td> }.into_any()
}

/// The dataset, leading to the run's tasks. Where there is no room its beginning is cut, because
/// ids differ in their tail.
fn dataset_cell(item: &RunListItem, place: &Place) -> impl IntoView + use<> {
    let (id, tail) = (item.dataset_id.to_string(), item.dataset_id.workflow_id().to_owned());
    let beginning = id.strip_suffix(&tail).unwrap_or_default().to_owned();
    view! {
        <td class="mono" title=id>
            <a class="explorer-id" data-row="" href=run_href(place, &item.run_id)>
                <span>{beginning}</span><span>{tail}</span>
            </a>
        </td>
    }
}

fn essentials_cell(item: &RunListItem, place: &Place) -> impl IntoView + use<> {
    let links: Vec<_> = item
        .essentials
        .iter()
        .map(|name| {
            let href = place.elsewhere().href(&essential_path(&EssentialName::new(name.as_str())));
            view! { <a href=href>{name.clone()}</a> }
        })
        .collect();
    view! { <td class="explorer-essentials" title=item.essentials.join(", ")>{links}</td> }
}

fn status_cell(item: &RunListItem) -> impl IntoView + use<> {
    let recognised = item.oddities.is_empty();
    let tone = if recognised { Tone::of_run(RunStatus::parse(&item.status)) } else { Tone::Warning };
    let reasons: Vec<_> = item.oddities.iter().map(|oddity| oddity.explain()).collect();
    let note = (!recognised).then(|| view! { <span class="explorer-note">"unrecognised"</span> });
    view! {
        <td title=reasons.join("; ")>
            {status_badge(tone, &item.status)}
            {note}
        </td>
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pages::explorer::query::read_query;

    #[test]
    fn says_which_column_is_sorted() {
        let check = |sort: &str, column, expect| {
            let place = Place::parse([("sort", sort)]).unwrap();
            assert_eq!(sorted(&read_query(&place), column), expect, "{sort}");
        };
        check("", RunColumn::Started, "descending");
        check("", RunColumn::Run, "none");
        check("run", RunColumn::Run, "ascending");
        check("run", RunColumn::Started, "none");
        check("-duration", RunColumn::Duration, "descending");
    }

    #[test]
    fn headings_differ() {
        for (i, column) in RunColumn::ALL.into_iter().enumerate() {
            assert!(RunColumn::ALL[i + 1..].iter().all(|other| heading(*other) != heading(column)));
            assert!(!filter_hint(column).is_empty());
        }
    }
}
