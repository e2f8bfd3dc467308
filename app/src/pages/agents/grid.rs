//! The agents, one card each.

use super::{agent_badge, agent_href, ago};
use crate::components::figures::{known, label, writer};
use crate::components::sparkline::{sparkline, spoken};
use crate::location::Place;
use crate::time::Zone;
use leptos::prelude::*;
use model::telemetry::UnixNanos;
use model::telemetry::view::{AgentCard, AgentList, AgentQuery, Spark};

/// The agents of `list`, in its order.
pub(super) fn agent_grid(list: &AgentList, query: &AgentQuery, place: &Place, zone: &Zone) -> AnyView {
    if list.agents.is_empty() {
        return view! {
            <p class="section-card agents-none">"No agent matches. Remove a filter, or clear them all."</p>
        }
        .into_any();
    }
    let cards: Vec<_> = list
        .agents
        .iter()
        .map(|agent| {
            let href = agent_href(place, agent.id, query.range);
            view! { <li>{agent_card(agent, href, list.now, zone)}</li> }
        })
        .collect();
    view! { <ul class="agent-grid" aria-label="Agents">{cards}</ul> }.into_any()
}

fn agent_card(agent: &AgentCard, href: String, now: UnixNanos, zone: &Zone) -> AnyView {
    let facts = [
        ("Environment", &agent.environment),
        ("Team", &agent.team),
        ("Type", &agent.kind),
        ("Version", &agent.version),
    ];
    let facts: Vec<_> = facts
        .into_iter()
        .filter_map(|(name, value)| {
            let value = value.clone()?;
            Some(view! { <li title=name><span class="visually-hidden">{format!("{name}: ")}</span>{value}</li> })
        })
        .collect();
    let since = agent.since.map(|since| view! { <span>"since " {ago(since, now, zone)}</span> });
    let seen = match agent.last_seen {
        Some(at) => view! { <span>"last data " {ago(at, now, zone)}</span> }.into_any(),
        None => view! { <span>"no data yet"</span> }.into_any(),
    };
    let sparks: Vec<_> = agent.sparks.iter().map(spark).collect();
    view! {
        <article class="agent-card">
            <header>
                <h3><a data-row="" href=href>{agent.name.to_string()}</a></h3>
                {agent_badge(agent.status)}
            </header>
            <ul class="agent-facts">{facts}</ul>
            <dl class="agent-figures">{sparks}</dl>
            <footer>{seen} {since}</footer>
        </article>
    }
    .into_any()
}

fn spark(spark: &Spark) -> AnyView {
    let write = writer(spark.figure);
    let said = spoken(label(spark.figure), &spark.points, write);
    view! {
        <div class="agent-figure">
            <dt>{label(spark.figure)}</dt>
            <dd><span class="agent-value">{known(spark.latest, write)}</span> {sparkline(&spark.points, said)}</dd>
        </div>
    }
    .into_any()
}

#[cfg(all(test, feature = "ssr"))]
mod tests {
    use super::*;
    use model::telemetry::view::{AgentChoices, AgentCounts, AgentTotals, Figure};
    use model::telemetry::{AgentId, AgentStatus};

    fn list(agents: Vec<AgentCard>) -> AgentList {
        AgentList {
            now: UnixNanos(1_771_400_000_000_000_000),
            from: UnixNanos(0),
            to: UnixNanos(1),
            counts: AgentCounts::default(),
            choices: AgentChoices::default(),
            totals: AgentTotals::default(),
            sparks_from: UnixNanos(0),
            sparks_step_s: 60,
            agents,
        }
    }

    fn html(list: &AgentList) -> String {
        let query = AgentQuery::default();
        Owner::new().with(|| agent_grid(list, &query, &Place::default(), &Zone::UTC).to_html())
    }

    #[test]
    fn a_card_tells_status_and_figures_in_words() {
        let card = AgentCard {
            id: AgentId::from_bytes([0x11; 16]),
            name: "planner <1>".into(),
            status: AgentStatus::Unknown,
            since: None,
            last_seen: Some(UnixNanos(1_771_399_940_000_000_000)),
            environment: Some("production".to_owned()),
            team: None,
            kind: Some("web".to_owned()),
            version: None,
            sparks: vec![
                Spark {
                    figure: Figure::Latency,
                    latest: Some(150.0),
                    points: vec![Some(100.0), None, Some(150.0)],
                },
                Spark { figure: Figure::Cpu, latest: Some(45.0), points: vec![Some(45.0)] },
                Spark { figure: Figure::Gpu, latest: None, points: vec![None] },
            ],
        };
        let html = html(&list(vec![card]));
        for part in [
            "href=\"/agents/11111111-1111-1111-1111-111111111111\"",
            "planner &lt;1&gt;",
            "Down: no data",
            "Environment: </span>production",
            "150 ms",
            "aria-label=\"Latency: between 100 ms and 150 ms\"",
            "45%",
            "aria-label=\"GPU: nothing measured\"",
            "title=\"2026-02-18 07:32:20 UTC\">1m ago",
        ] {
            assert!(html.contains(part), "{part} is not in {html}");
        }
        assert!(!html.contains("Team: ") && !html.contains("style="), "{html}");
    }

    #[test]
    fn nothing_that_matches_says_what_to_do() {
        assert!(html(&list(Vec::new())).contains("Remove a filter"));
    }
}
