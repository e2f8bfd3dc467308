//! One thing that happened.

use super::kind::{kind_mark, severity_mark};
use crate::components::copy_button::CopyButton;
use crate::components::status_badge::status_badge;
use crate::location::Place;
use crate::pages::agents::agent_href;
use crate::pages::traces::{trace_href, traces_href};
use crate::time::Zone;
use leptos::prelude::*;
use model::telemetry::AgentId;
use model::telemetry::view::{EventTimelineQuery, TimelineEntry, TraceQuery};

/// What happened, with the agent's page where its id is known.
pub(super) fn entry_view(
    entry: &TimelineEntry,
    agent: Option<AgentId>,
    query: &EventTimelineQuery,
    place: &Place,
    zone: &Zone,
) -> AnyView {
    let at = entry.at.timestamp();
    let severity = severity_mark(entry.severity).map(|(word, tone)| status_badge(tone, word));
    let name = entry.agent.to_string();
    let agent = match agent {
        Some(id) => view! { <a href=agent_href(place, id, query.range)>{name}</a> }.into_any(),
        None => view! { <span>{name}</span> }.into_any(),
    };
    let trace = entry.trace_id.map(|id| {
        view! { <li><a href=trace_href(place, id)>"Trace " <span class="mono">{short(&id.to_string())}</span></a></li> }
    });
    let session = entry.session.clone().map(|session| {
        let of_session = TraceQuery { range: query.range, session: session.clone(), ..TraceQuery::default() };
        view! { <li><a href=traces_href(place, &of_session)>"Session " <span class="mono">{short(&session)}</span></a></li> }
    });
    let fields: Vec<_> = entry
        .fields
        .iter()
        .map(|(name, value)| view! { <div><dt>{name.clone()}</dt><dd>{value.clone()}</dd></div> })
        .collect();
    let cut = entry.is_cut.then(|| {
        view! { <p class="timeline-cut">"Only the beginning is shown; an export has all of it."</p> }
    });
    view! {
        <article class="timeline-entry">
            <header>
                <time class="mono" datetime=at.to_string() title=zone.exact(at)>{zone.time(at)}</time>
                <span class="timeline-kind">{kind_mark(entry.kind)}</span>
                {severity}
                <h3 class="timeline-summary">{entry.summary.clone()}</h3>
                {agent}
            </header>
            <details class="timeline-details">
                <summary data-row="">"Details" <span class="visually-hidden">{format!(" of {}", entry.summary)}</span></summary>
                <ul class="timeline-links">{trace} {session}</ul>
                <dl class="timeline-fields">{fields}</dl>
                <div class="way-code">
                    <pre class="mono" tabindex="0" role="region" aria-label="Raw JSON">{entry.raw.clone()}</pre>
                    <CopyButton text=entry.raw.clone() what="JSON"/>
                </div>
                {cut}
            </details>
        </article>
    }
    .into_any()
}

/// The beginning of an id.
fn short(id: &str) -> String {
    let mut short: String = id.chars().take(12).collect();
    if short.len() < id.len() {
        short.push('…');
    }
    short
}

#[cfg(all(test, feature = "ssr"))]
mod tests {
    use super::*;
    use model::telemetry::view::EntryKind;
    use model::telemetry::{EventKind, LogLevel, TraceId, UnixNanos};

    #[test]
    fn an_entry_says_kind_and_severity_in_words_and_nothing_of_it_is_markup() {
        let entry = TimelineEntry {
            id: "1".to_owned(),
            at: UnixNanos(1_771_400_000_000_000_000),
            kind: EntryKind::Event(EventKind::ToolCall),
            severity: LogLevel::Warn,
            agent: "planner".into(),
            summary: "search <script>".to_owned(),
            fields: vec![("tool_name".to_owned(), "a & b".to_owned())],
            trace_id: TraceId::from_bytes(&[7; 16]).ok(),
            session: Some("s 1".to_owned()),
            raw: "{\"a\": \"</pre>\"}".to_owned(),
            is_cut: true,
        };
        let place = Place::parse([("project", "rates")]).unwrap();
        let id = AgentId::from_bytes([0x11; 16]);
        let html = Owner::new().with(|| {
            entry_view(&entry, Some(id), &EventTimelineQuery::default(), &place, &Zone::UTC).to_html()
        });
        for part in [
            "Tool call",
            "warning",
            "07:33:20",
            "search &lt;script&gt;",
            "<dt>tool_name</dt><dd>a &amp; b</dd>",
            "href=\"/traces/07070707070707070707070707070707?project=rates\"",
            "href=\"/traces?project=rates&amp;session=s%201\"",
            "href=\"/agents/11111111-1111-1111-1111-111111111111?project=rates\"",
            "&lt;/pre&gt;",
            "Only the beginning",
        ] {
            assert!(html.contains(part), "{part} is not in {html}");
        }
        assert!(!html.contains("<script>") && html.matches("</pre>").count() == 1, "{html}");
    }
}
