//! The page of one agent.

use super::charts::charts;
use super::cost::cost;
use super::diagnosis::diagnosis;
use super::facts::{changes, facts};
use super::tables::{errors, models};
use crate::api::telemetry::get_agent;
use crate::components::error_page::{ErrorPage, NotFoundPage};
use crate::components::export_dialog::export_dialog;
use crate::components::page_meta::PageMeta;
use crate::components::range_picker::range_picker;
use crate::components::refetch::refetch_live;
use crate::components::skeleton::Skeleton;
use crate::components::with_query::with_query;
use crate::context::use_zone;
use crate::error::AppError;
use crate::location::Place;
use crate::pages::agents::{agent_href, agent_path, status_label};
use crate::pages::events::events_href;
use crate::pages::traces::{trace_table, traces_href};
use crate::time::Zone;
use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::hooks::{use_navigate, use_params_map};
use model::ErrorKind;
use model::telemetry::AgentId;
use model::telemetry::view::{AgentDetail, AgentQuery, EventTimelineQuery, Moment, TimeRange, TraceQuery};

/// One agent.
#[component]
pub fn AgentPage() -> impl IntoView {
    with_query(|pairs| AgentQuery::parse(pairs.iter().copied()), page)
}

fn page(place: Memo<Place>, query: Memo<AgentQuery>) -> AnyView {
    let params = use_params_map();
    let id = Memo::new(move |_| params.with(|params| AgentId::parse(params.get_str("id")?).ok()));
    let range = Memo::new(move |_| query.with(|query| query.range));
    // Outside of what is drawn anew: inside of that it would not see another range.
    let answer = Resource::new(
        move || (id.get(), range.get()),
        |(id, range)| async move {
            match id {
                Some(id) => get_agent(id, range).await,
                None => Err(AppError::new(ErrorKind::NotFound, "This is no id of an agent.")),
            }
        },
    );
    let one = move || match id.get() {
        Some(id) => agent(id, answer, place, range),
        None => view! { <NotFoundPage/> }.into_any(),
    };
    one.into_any()
}

fn agent(
    id: AgentId,
    answer: Resource<Result<AgentDetail, AppError>>,
    place: Memo<Place>,
    range: Memo<TimeRange>,
) -> AnyView {
    refetch_live(answer, move || range.with(|range| range.to == Moment::NOW));
    let zone = use_zone();
    let navigate = use_navigate();
    let at_range = move |place: &Place, range: TimeRange| agent_href(place, id, range);
    let on_choose = Callback::new(move |range| {
        navigate(&at_range(&place.get_untracked(), range), NavigateOptions::default());
    });
    let resolved = Memo::new(move |_| {
        answer.with(|answer| match answer {
            Some(Ok(detail)) => Some((detail.from, detail.to)),
            _ => None,
        })
    });
    let name = Memo::new(move |_| {
        answer.with(|answer| match answer {
            Some(Ok(detail)) => detail.agent.name.to_string(),
            _ => String::new(),
        })
    });
    let events = move || {
        let (range, agent) = (range.get(), name.get());
        events_href(&place.read(), &EventTimelineQuery { range, agent, ..EventTimelineQuery::default() })
    };
    let shown = move || {
        answer.with(|answer| match answer {
            Some(Ok(detail)) => {
                Some(detail_view(detail, range.get(), &place.read(), &zone.read(), on_choose))
            }
            _ => None,
        })
    };
    let failure = move || {
        answer.with(|answer| match answer {
            Some(Err(error)) => Some(view! { <ErrorPage error=error.clone()/> }),
            _ => None,
        })
    };
    let failed = move || answer.with(|answer| matches!(answer, Some(Err(_))));
    view! {
        <Transition fallback=Skeleton>
            {failure}
            <div hidden=failed>
                <div class="page-header">
                    <h1 class="page-title">{move || name.get()}</h1>
                    <div class="page-controls">
                        <a class="quick-action" href=events>"Events"</a>
                        {export_dialog("metrics", move || id.to_string(), range, place)}
                        {range_picker(agent_path(id), place, range, resolved, Vec::new, at_range)}
                    </div>
                </div>
                {shown}
            </div>
        </Transition>
    }
    .into_any()
}

fn detail_view(
    detail: &AgentDetail,
    range: TimeRange,
    place: &Place,
    zone: &Zone,
    on_choose: Callback<TimeRange>,
) -> AnyView {
    let name = detail.agent.name.to_string();
    let description = format!("{}: {name}", status_label(detail.agent.state.status));
    let of_agent = TraceQuery { range, agent: name.clone(), ..TraceQuery::default() };
    let card = |title: &'static str, content: AnyView| {
        view! {
            <section class="section-card">
                <div class="section-header"><h2 class="section-title">{title}</h2></div>
                <div class="settings-body">{content}</div>
            </section>
        }
    };
    view! {
        <PageMeta title=format!("{name}: agent — SENTRY") description path=agent_path(detail.agent.id)/>
        <div class="agent-columns">
            {card("Agent", facts(detail, zone))}
            {card("Cost", cost(detail, zone))}
        </div>
        {charts(detail, zone, on_choose)}
        {card("Diagnosis", diagnosis(&detail.diagnosis, zone))}
        {card("Errors", errors(&detail.errors, place, zone))}
        {card("Models", models(&detail.models))}
        <section class="section-card">
            <div class="section-header">
                <h2 class="section-title">"Recent traces"</h2>
                <a class="quick-action" href=traces_href(place, &of_agent)>"All traces of this agent"</a>
            </div>
            {trace_table(&detail.traces, place, zone)}
        </section>
        {card("Status changes", changes(&detail.changes, zone))}
    }
    .into_any()
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use model::ask::Amount;
    use model::telemetry::analysis::{
        Confidence, CostAdvice, CostTrend, Direction, Efficiency, Health, Rating, Score,
    };
    use model::telemetry::view::{AgentFacts, Diagnosis, Spend, StatusRow};
    use model::telemetry::{AgentState, AgentStatus, Attribute, UnixNanos, Value};

    /// An agent of which nothing was measured.
    pub(in super::super) fn detail() -> AgentDetail {
        let score = || Score { points: 50.0, basis: Vec::new() };
        let (from, to) = (UnixNanos(1_771_400_000_000_000_000), UnixNanos(1_771_400_120_000_000_000));
        AgentDetail {
            agent: AgentFacts {
                id: AgentId::from_bytes([0x11; 16]),
                name: "planner".into(),
                state: AgentState { status: AgentStatus::Error, since: Some(from), last_seen: None },
                first_seen: from,
                metadata: vec![Attribute { key: "team".into(), value: Value::Text("rates".into()) }],
            },
            now: to,
            from,
            to,
            step_s: 60,
            series: Vec::new(),
            spend: Spend::default(),
            previous_spend: Spend::default(),
            cost_trend: CostTrend { direction: Direction::Stable, change_percent: None },
            efficiency: Efficiency::Unknown,
            cost_alerts: Vec::new(),
            cost_advice: CostAdvice {
                savings: Vec::new(),
                potential_monthly_savings: Amount::default(),
                confidence: Confidence::Low,
            },
            errors: Vec::new(),
            models: Vec::new(),
            traces: Vec::new(),
            changes: vec![StatusRow {
                at: from,
                from: AgentStatus::Running,
                to: AgentStatus::Error,
                why: "3 of its last 5 calls failed".to_owned(),
            }],
            diagnosis: Diagnosis {
                health: Health {
                    from,
                    to,
                    latency: score(),
                    throughput: score(),
                    resources: score(),
                    reliability: score(),
                    overall: 0.0,
                    rating: Rating::Unknown,
                },
                findings: Vec::new(),
                advice: Vec::new(),
            },
        }
    }

    #[cfg(feature = "ssr")]
    #[test]
    fn who_it_is_and_how_it_did_stands_in_words() {
        let detail = detail();
        let html = Owner::new().with(|| {
            format!(
                "{}{}",
                facts(&detail, &Zone::UTC).to_html(),
                changes(&detail.changes, &Zone::UTC).to_html()
            )
        });
        for part in [
            "Down: failing",
            "2m ago",
            ">never<",
            "team</dt><dd>rates</dd>",
            "Copy agent id",
            "2026-02-18 07:33:20 UTC",
            "was up; 3 of its last 5 calls failed",
        ] {
            assert!(html.contains(part), "{part} is not in {html}");
        }
    }
}
