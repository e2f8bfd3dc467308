//! The list of records: only those rows that are on screen, each with its details on demand.

use super::detail::{record_detail, result_badge};
use super::query::{AuditQuery, PATH};
use super::records::{Answer, Question, Records, use_records};
use crate::context::use_zone;
use crate::location::Place;
use crate::time::Zone;
use leptos::html;
use leptos::prelude::*;
use model::audit::AuditRecord;

const HEADINGS: [(&str, &str); 6] = [
    ("Time", "audit-time"),
    ("Actor", "audit-actor"),
    ("Action", "audit-action"),
    ("Object", "audit-object"),
    ("Result", "audit-result"),
    ("Address", "audit-address"),
];

/// The records that the URL asks for.
pub(crate) fn record_list(
    place: Memo<Place>,
    query: Memo<AuditQuery>,
    question: Memo<Question>,
    answer: Answer,
) -> AnyView {
    let zone = use_zone();
    let frame = NodeRef::<html::Div>::new();
    let open = Memo::new(move |_| query.with(|query| query.open));
    let records = use_records(frame, question, answer, open);
    let headings = HEADINGS.map(|(heading, class)| view! { <th scope="col" class=class>{heading}</th> });
    let row = move |index: usize| {
        let record = records.record(index);
        let is_open = Memo::new(move |_| {
            record.with(|record| record.as_ref().map(|record| record.seq)) == open.get()
                && open.get().is_some()
        });
        let cells = move || {
            record.with(|record| {
                record.as_ref().map(|record| {
                    record_cells(record, is_open.get(), &query.read(), &place.read(), &zone.read())
                })
            })
        };
        let detail = move || {
            let record = record.get().filter(|_| is_open.get())?;
            let detail = record_detail(&record, &place.read(), &zone.read());
            Some(view! {
                <tr class="audit-detail" id=detail_id(record.seq)>
                    <td colspan=HEADINGS.len()><div class="audit-detail-frame" tabindex="0">{detail}</div></td>
                </tr>
            })
        };
        view! {
            <tr class="audit-row" aria-rowindex=index + 2>{cells}</tr>
            {detail}
        }
    };
    let pages = move || {
        answer.with(|answer| {
            let (_, page) = answer.as_ref()?.as_ref().ok()?;
            Some(pager(records, page.total, &place.read(), &query.read()))
        })
    };
    let nothing = move || {
        let is_empty = answer.with(|answer| matches!(answer, Some(Ok((_, page))) if page.records.is_empty()));
        is_empty.then(|| nothing_row(&query.read()))
    };
    view! {
        <div class="audit-scroll" tabindex="0" role="region" aria-label="Audit records, scrollable" node_ref=frame
            on:scroll=move |_| records.look()>
            <table class="audit-table" aria-rowcount=move || if records.rest().is_some() { -1 } else { records.count() as i64 + 1 }>
                <caption class="visually-hidden">"Audit records, newest first"</caption>
                <thead><tr aria-rowindex="1">{headings.into_iter().collect::<Vec<_>>()}</tr></thead>
                <tbody>
                    {move || gap_row(records.above_px())}
                    <For each=move || records.drawn() key=|index| *index children=row/>
                    {move || gap_row(records.below_px())}
                    {nothing}
                </tbody>
            </table>
        </div>
        <div class="explorer-foot">
            {pages}
            <p class="explorer-trouble" role="status">{move || records.trouble()}</p>
        </div>
    }
    .into_any()
}

fn detail_id(seq: i64) -> String {
    format!("record-{seq}")
}

fn record_cells(
    record: &AuditRecord,
    is_open: bool,
    query: &AuditQuery,
    place: &Place,
    zone: &Zone,
) -> AnyView {
    let entry = &record.entry;
    let exact = zone.exact(record.at);
    let time = exact.get(..19).unwrap_or_default().to_owned();
    let href = query.toggled(record.seq).href(place, PATH);
    let label = format!("Details of record {}", record.seq);
    view! {
        <td>
            <a class="audit-toggle" href=href data-row="" aria-expanded=is_open.to_string()
                aria-controls=is_open.then(|| detail_id(record.seq)) title=label.clone()>
                <span class="audit-arrow" aria-hidden="true">{if is_open { "▾" } else { "▸" }}</span>
                <time class="mono" datetime=record.at.to_string() title=exact>{time}</time>
                <span class="visually-hidden">{label.clone()}</span>
            </a>
        </td>
        <td title=entry.actor.clone()>{entry.actor.clone()}</td>
        <td class="mono" title=entry.action.clone()>{entry.action.clone()}</td>
        <td class="mono" title=entry.object.clone()>{entry.object.clone()}</td>
        <td>{result_badge(entry.result)}</td>
        <td class="mono">{entry.address.clone().unwrap_or_default()}</td>
    }
    .into_any()
}

/// An empty row of that height. SVG, because the height of an SVG is no inline style, which the
/// content security policy refuses.
fn gap_row(height_px: usize) -> Option<AnyView> {
    (height_px > 0).then(|| {
        view! {
            <tr class="explorer-gap" aria-hidden="true">
                <td colspan=HEADINGS.len()><svg width="1" height=height_px></svg></td>
            </tr>
        }
        .into_any()
    })
}

fn nothing_row(query: &AuditQuery) -> AnyView {
    let words = match (query.is_filtered(), query.before) {
        (true, _) => "No record matches. Loosen a filter, or clear them all.",
        (false, Some(_)) => "There are no older records.",
        (false, None) => "Nothing is recorded yet. Sign-ins and changes show here.",
    };
    view! { <tr class="explorer-nothing"><td colspan=HEADINGS.len()>{words}</td></tr> }.into_any()
}

/// How many records match, and links to the pages before and after: for where there is no script,
/// and for whoever wants to go far.
fn pager(records: Records, total: u64, place: &Place, query: &AuditQuery) -> AnyView {
    let link = |to: AuditQuery, words: &'static str| {
        view! { <a class="quick-action" href=to.href(place, PATH)>{words}</a> }
    };
    let newest = query.before.map(|_| link(query.newest_first(), "Newest"));
    let newer = query.newer().map(|to| link(to, "Newer"));
    let older = records.rest().map(|seq| link(query.older(seq), "Older"));
    let shown = format!("{} of {total} records", records.count());
    view! {
        <nav class="explorer-pager" aria-label="Pages of records">
            <span class="mono">{shown}</span>
            {newest} {newer} {older}
        </nav>
    }
    .into_any()
}
