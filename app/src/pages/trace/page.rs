//! The page of one trace.

use super::query::SpanQuery;
use super::span::{flag_words, span_detail};
use crate::api::telemetry::{get_span, get_trace};
use crate::components::copy_button::CopyButton;
use crate::components::error_page::ErrorPage;
use crate::components::figures::{amount, count, nanoseconds};
use crate::components::page_meta::PageMeta;
use crate::components::skeleton::Skeleton;
use crate::components::virtual_rows::FIRST_ROWS;
use crate::components::waterfall::{Links, waterfall};
use crate::components::with_query::with_query;
use crate::context::use_zone;
use crate::error::AppError;
use crate::location::Place;
use crate::pages::traces::{PATH, traces_href};
use crate::time::Zone;
use leptos::either::Either;
use leptos::prelude::*;
use leptos_router::hooks::use_params_map;
use model::ErrorKind;
use model::telemetry::view::{SpanDetail, TraceQuery, TraceView};
use model::telemetry::{SpanId, TraceId};
use std::collections::HashSet;
use std::sync::Arc;

/// One trace.
#[component]
pub fn TracePage() -> impl IntoView {
    with_query(|pairs| SpanQuery::parse(pairs.iter().copied()), page)
}

fn page(place: Memo<Place>, query: Memo<SpanQuery>) -> AnyView {
    let params = use_params_map();
    let id = Memo::new(move |_| params.with(|params| TraceId::parse(params.get_str("id")?).ok()));
    let selected = Memo::new(move |_| query.with(|query| query.span));
    // The server sends what the first screen shows; the browser asks for the rest.
    let answer = Resource::new(
        move || id.get(),
        |id| async move {
            match id {
                Some(id) => get_trace(id, Some(FIRST_ROWS)).await,
                None => Err(AppError::new(ErrorKind::NotFound, "This is no id of a trace.")),
            }
        },
    );
    let span = Resource::new(
        move || (id.get(), selected.get()),
        |(id, span)| async move { Some(get_span(id?, span?).await) },
    );
    // One wait for both: one inside of the other is drawn more often than once on the server, and the browser
    // does not find what it drew.
    view! {
        <Transition fallback=Skeleton>
            <div class="trace" class:has-detail=move || selected.get().is_some()>
                {move || {
                    answer.get().map(|answer| match answer {
                        Ok(view) => Either::Left(loaded(view, place, query)),
                        Err(error) => Either::Right(view! { <ErrorPage error/> }),
                    })
                }}
                {detail_panel(span, id, place, query)}
            </div>
        </Transition>
    }
    .into_any()
}

/// What is known of the span that is selected, if one is.
type SpanAnswer = Resource<Option<Result<SpanDetail, AppError>>>;

/// The addresses of one trace.
#[derive(Clone, Copy)]
struct TraceLinks {
    id: TraceId,
    place: Memo<Place>,
    query: Memo<SpanQuery>,
}

impl Links for TraceLinks {
    fn folded(self) -> HashSet<SpanId> {
        self.query.with(|query| query.folded.iter().copied().collect())
    }

    fn selected(self) -> Option<SpanId> {
        self.query.with(|query| query.span)
    }

    fn select(self, span: SpanId) -> String {
        self.query.read().selecting(span).href(&self.place.read(), self.id)
    }

    fn fold(self, span: SpanId) -> String {
        self.query.read().folding(span).href(&self.place.read(), self.id)
    }
}

fn loaded(view: TraceView, place: Memo<Place>, query: Memo<SpanQuery>) -> AnyView {
    let links = TraceLinks { id: view.trace.trace_id, place, query };
    let zone = use_zone();
    let is_whole = view.spans.len() as u64 >= view.trace.spans;
    let trace = RwSignal::new(Arc::new(view));
    let trouble = RwSignal::new(None::<String>);
    let rest = Action::new(move |_: &()| async move {
        match get_trace(links.id, None).await {
            Ok(whole) => {
                trace.try_set(Arc::new(whole));
            }
            Err(error) => {
                trouble.try_set(Some(format!("Only the first spans are shown: {error}")));
            }
        }
    });
    Effect::new(move |_| {
        if !is_whole {
            rest.dispatch_local(());
        }
    });
    let head = move || trace.with(|trace| head(trace, &place.read(), &zone.read()));
    view! {
        <header class="trace-head">
            {head}
            <p class="explorer-trouble" role="status">{move || trouble.get()}</p>
        </header>
        <section class="section-card">{waterfall(trace, links)}</section>
    }
    .into_any()
}

/// The details of the span that is selected.
fn detail_panel(
    answer: SpanAnswer,
    trace: Memo<Option<TraceId>>,
    place: Memo<Place>,
    query: Memo<SpanQuery>,
) -> AnyView {
    let zone = use_zone();
    let is_hidden = move || query.with(|query| query.span.is_none());
    let shown = move || {
        answer.with(|answer| {
            let Some(answer) = answer.as_ref()?.as_ref() else {
                return (!is_hidden()).then(|| view! { <Skeleton/> }.into_any());
            };
            let close = SpanQuery { span: None, ..query.get() }.href(&place.read(), trace.get()?);
            Some(match answer {
                Ok(span) => span_detail(span, close, &place.read(), &zone.read()),
                Err(error) => view! {
                    <div class="rca-trouble" role="alert">
                        <p>{format!("The span cannot be shown: {error}")}</p>
                        <p>{error.advice()} " " <a href=close>"Close"</a></p>
                    </div>
                }
                .into_any(),
            })
        })
    };
    view! { <aside class="section-card span-detail" aria-label="Span" hidden=is_hidden>{shown}</aside> }
        .into_any()
}

fn head(view: &TraceView, place: &Place, zone: &Zone) -> AnyView {
    let trace = &view.trace;
    let id = trace.trace_id.to_string();
    let of_session = trace.session.clone().map(|session| {
        let query = TraceQuery { session: session.clone(), ..TraceQuery::default() };
        view! { <div><dt>"Session"</dt><dd><a href=traces_href(place, &query)>{session}</a></dd></div> }
    });
    let user = trace.user.clone().map(|user| view! { <div><dt>"User"</dt><dd>{user}</dd></div> });
    let flags: Vec<_> = view.flags.iter().map(flag_words).collect();
    let flags = (!flags.is_empty()).then(|| {
        let words = format!("A part of the cost is not known and not counted: {}.", flags.join("; "));
        view! { <p class="settings-note">{words}</p> }
    });
    let summary = format!(
        "{} spans, {} errors, {}, by {}",
        count(trace.spans),
        count(trace.errors),
        nanoseconds(trace.duration_ns),
        trace.agent
    );
    let title = format!("{}: trace — SENTRY", trace.name);
    view! {
        <PageMeta title description=summary.clone() path=format!("{PATH}/{id}")/>
        <div class="page-header">
            <div>
                <h1 class="page-title">{trace.name.clone()}</h1>
                <p class="page-subtitle">{summary}</p>
            </div>
            <div class="page-controls">
                <a class="quick-action" href=traces_href(place, &TraceQuery::default())>"All traces"</a>
            </div>
        </div>
        <dl class="trace-facts">
            <div><dt>"Started"</dt><dd class="mono">{zone.exact(trace.started.timestamp())}</dd></div>
            <div><dt>"Cost"</dt><dd title=trace.spend.cost.to_string()>{amount(trace.spend.cost)}</dd></div>
            <div><dt>"Tokens in / out"</dt>
                <dd>{format!("{} / {}", count(trace.spend.input), count(trace.spend.output))}</dd></div>
            {of_session} {user}
            <div><dt>"Id"</dt><dd class="mono">{id.clone()} " " <CopyButton text=id what="trace id"/></dd></div>
        </dl>
        {flags}
    }
    .into_any()
}
