//! One record in full.

use super::changes::changes;
use super::query::{AuditQuery, PATH, record_href};
use crate::components::copy_button::CopyButton;
use crate::components::status_badge::{StatusBadge, Tone};
use crate::location::Place;
use crate::time::Zone;
use leptos::prelude::*;
use model::audit::{AuditRecord, AuditResult};

/// The result in words, with its colour.
pub(crate) fn result_badge(result: AuditResult) -> AnyView {
    let tone = match result {
        AuditResult::Success => Tone::Success,
        AuditResult::Failure => Tone::Warning,
        AuditResult::Refused => Tone::Failed,
    };
    view! { <StatusBadge tone label=result.as_str()/> }.into_any()
}

/// Everything that `record` says.
pub(crate) fn record_detail(record: &AuditRecord, place: &Place, zone: &Zone) -> AnyView {
    let entry = &record.entry;
    let fact = |name: &'static str, value: Option<&str>| {
        value.map(|value| view! { <dt>{name}</dt><dd class="mono">{value.to_owned()}</dd> })
    };
    let copied = |name: &'static str, what: &'static str, value: Option<&str>| {
        value.map(|value| {
            view! {
                <dt>{name}</dt>
                <dd class="mono">{value.to_owned()} " " <CopyButton text=value.to_owned() what/></dd>
            }
        })
    };
    let by = AuditQuery { actor: entry.actor.clone(), ..AuditQuery::default() }.href(place, PATH);
    let on = AuditQuery { object: entry.object.clone(), ..AuditQuery::default() }.href(place, PATH);
    view! {
        <div class="audit-record">
            {change_table(record)}
            <dl class="facts">
                <dt>"Record"</dt>
                <dd class="mono"><a href=record_href(place, record.seq)>{format!("#{}", record.seq)}</a></dd>
                <dt>"Time"</dt><dd class="mono">{zone.exact(record.at)}</dd>
                <dt>"Actor"</dt>
                <dd>{entry.actor.clone()} " " <a href=by>"everything by this actor"</a></dd>
                {fact("Actor's id", entry.actor_id.as_deref())}
                <dt>"Object"</dt>
                <dd>{entry.object.clone()} " " <a href=on>"everything on this object"</a></dd>
                {fact("Address", entry.address.as_deref())}
                {fact("Program", entry.user_agent.as_deref())}
                {fact("Project", entry.project.as_ref().map(|project| project.as_str()))}
                {copied("Request", "request id", entry.request_id.as_deref())}
                {copied("Hash", "hash", Some(&record.hash))}
            </dl>
        </div>
    }
    .into_any()
}

fn change_table(record: &AuditRecord) -> AnyView {
    let changes = changes(&record.entry.before, &record.entry.after);
    if changes.is_empty() {
        return view! { <p class="settings-empty">"This action changed no values."</p> }.into_any();
    }
    let rows = changes.into_iter().map(|change| {
        let word = change.word();
        let cell = |value: Option<String>| value.unwrap_or_else(|| "—".to_owned());
        view! {
            <tr class=format!("audit-change is-{word}")>
                <th scope="row">{change.field} " " <span class="field-hint">{word}</span></th>
                <td class="mono audit-before">{cell(change.before)}</td>
                <td class="mono audit-after">{cell(change.after)}</td>
            </tr>
        }
    });
    view! {
        <table class="settings-table audit-changes">
            <caption class="visually-hidden">"What changed"</caption>
            <thead><tr><th scope="col">"Field"</th><th scope="col">"Before"</th><th scope="col">"After"</th></tr></thead>
            <tbody>{rows.collect::<Vec<_>>()}</tbody>
        </table>
    }
    .into_any()
}
