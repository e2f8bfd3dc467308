//! The audit trail: who did what to which object, from where, and what came of it.

mod changes;
mod detail;
mod filter;
mod layout;
mod list;
mod query;
mod records;

use crate::api::audit::{get_audit_record, list_audit};
use crate::components::error_page::ErrorPage;
use crate::components::page_meta::PageMeta;
use crate::components::skeleton::Skeleton;
use crate::context::{WithPlace, use_zone};
use crate::error::AppError;
use crate::location::Place;
use detail::{record_detail, result_badge};
use filter::filter_form;
use leptos::either::Either;
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;
use list::record_list;
use model::audit::AuditRecord;
use query::{AuditQuery, PATH};
use records::{Answer, Question};

/// The audit trail.
#[component]
pub fn AuditPage() -> impl IntoView {
    view! { <WithPlace let:place><WithQuery place/></WithPlace> }
}

/// The list or the one record that the URL asks for, or what is wrong with the URL.
#[component]
fn WithQuery(place: Memo<Place>) -> impl IntoView {
    let map = use_query_map();
    let parsed = Memo::new(move |_| {
        map.with(|map| AuditQuery::parse(map.into_iter().map(|(name, value)| (name.as_ref(), value))))
    });
    let invalid = Memo::new(move |_| parsed.with(|parsed| parsed.as_ref().err().cloned()));
    let query = Memo::new(move |_| parsed.with(|parsed| parsed.as_ref().cloned().unwrap_or_default()));
    let seq = Memo::new(move |_| query.with(|query| query.seq));
    move || match (invalid.get(), seq.get()) {
        (Some(error), _) => view! { <ErrorPage error=AppError::from(error)/> }.into_any(),
        (None, Some(seq)) => view! { <Record seq place/> }.into_any(),
        (None, None) => view! { <Trail place query/> }.into_any(),
    }
}

#[component]
fn Trail(place: Memo<Place>, query: Memo<AuditQuery>) -> impl IntoView {
    let question =
        Memo::new(move |_| query.with(|query| Question { filter: query.filter(), before: query.before }));
    let answer: Answer = Resource::new(
        move || question.get(),
        |question| async move {
            let page = list_audit(question.filter.clone(), question.before).await?;
            Ok((question, page))
        },
    );
    let export = move |format: &'static str| {
        move || query.read().newest_first().href(&place.read(), &format!("/api/audit.{format}"))
    };
    let failure = move || {
        answer.with(|answer| match answer {
            Some(Err(error)) => Some(view! { <ErrorPage error=error.clone()/> }),
            _ => None,
        })
    };
    let failed = move || answer.with(|answer| matches!(answer, Some(Err(_))));
    view! {
        <PageMeta title="Audit log — SENTRY" description="Who did what, from where, and what came of it." path=PATH/>
        <Transition fallback=Skeleton>
            {failure}
            <div hidden=failed>
                <div class="page-header">
                    <div>
                        <h1 class="page-title">"Audit Log"</h1>
                        <p class="page-subtitle">"Newest first. Nothing here can be changed or deleted."</p>
                    </div>
                    <div class="page-controls">
                        <a class="quick-action" href=export("csv") download="" rel="external">"Export CSV"</a>
                        <a class="quick-action" href=export("jsonl") download="" rel="external">"Export JSON lines"</a>
                    </div>
                </div>
                <section class="section-card audit">
                    {filter_form(place, query)}
                    {record_list(place, query, question, answer)}
                </section>
            </div>
        </Transition>
    }
}

/// One record, by its permalink.
#[component]
fn Record(seq: i64, place: Memo<Place>) -> impl IntoView {
    let record = Resource::new(move || seq, get_audit_record);
    view! {
        <Transition fallback=Skeleton>
            {move || {
                record.get().map(|record| match record {
                    Ok(record) => Either::Left(one_record(&record, place)),
                    Err(error) => Either::Right(view! { <ErrorPage error/> }),
                })
            }}
        </Transition>
    }
}

fn one_record(record: &AuditRecord, place: Memo<Place>) -> AnyView {
    let zone = use_zone();
    let entry = &record.entry;
    let title = format!("{} on {}", entry.action, entry.object);
    let subtitle = format!("Record {} by {}", record.seq, entry.actor);
    let all = move || AuditQuery::default().href(&place.read(), PATH);
    let seq = record.seq;
    let around = move || {
        let query =
            AuditQuery { before: Some(seq.saturating_add(1)), open: Some(seq), ..AuditQuery::default() };
        query.href(&place.read(), PATH)
    };
    let record = record.clone();
    let result = result_badge(record.entry.result);
    let detail = move || record_detail(&record, &place.read(), &zone.read());
    view! {
        <PageMeta title=format!("{title} — SENTRY") description=subtitle.clone() path=PATH/>
        <div class="page-header">
            <div>
                <h1 class="page-title">{title} " " {result}</h1>
                <p class="page-subtitle">{subtitle}</p>
            </div>
            <div class="page-controls">
                <a class="quick-action" href=around>"Show it in the list"</a>
                <a class="quick-action" href=all>"All records"</a>
            </div>
        </div>
        <section class="section-card audit">{detail}</section>
    }
    .into_any()
}
