//! Traces at a glance.

use super::trace_href;
use crate::components::figures::{amount, count, nanoseconds};
use crate::components::status_badge::{Tone, status_badge};
use crate::location::Place;
use crate::time::Zone;
use leptos::prelude::*;
use model::telemetry::view::TraceRow;

const HEADINGS: [&str; 8] =
    ["Trace", "Agent", "Started", "Duration", "Spans", "Result", "Tokens in / out", "Cost"];

/// A row for each of `traces`.
pub(crate) fn trace_table(traces: &[TraceRow], place: &Place, zone: &Zone) -> AnyView {
    let rows: Vec<_> = traces.iter().map(|trace| trace_row(trace, place, zone)).collect();
    let nothing = traces.is_empty().then(|| {
        view! { <tr class="explorer-nothing"><td colspan=HEADINGS.len()>"There are no traces here."</td></tr> }
    });
    let headings = HEADINGS.map(|heading| view! { <th scope="col">{heading}</th> });
    view! {
        <div class="traces-scroll" tabindex="0" role="region" aria-label="Traces, scrollable">
            <table class="traces">
                <caption class="visually-hidden">"Traces, newest first"</caption>
                <thead><tr>{headings.into_iter().collect::<Vec<_>>()}</tr></thead>
                <tbody>{rows} {nothing}</tbody>
            </table>
        </div>
    }
    .into_any()
}

fn trace_row(trace: &TraceRow, place: &Place, zone: &Zone) -> AnyView {
    let at = trace.started.timestamp();
    let result = match trace.errors {
        0 => status_badge(Tone::Success, "no errors").into_any(),
        1 => status_badge(Tone::Failed, "1 error").into_any(),
        errors => status_badge(Tone::Failed, &format!("{} errors", count(errors))).into_any(),
    };
    let spend = &trace.spend;
    let cost = match spend.unpriced {
        0 => view! { <span title=spend.cost.to_string()>{amount(spend.cost)}</span> }.into_any(),
        calls => {
            let why = format!("Without {} calls of unknown cost: no price, or no tokens", count(calls));
            view! { <span title=why>{amount(spend.cost)} " + ?"</span> }.into_any()
        }
    };
    let no_root = (!trace.has_root).then(|| {
        view! { <span class="span-note" title="Its first span has not arrived">"root missing"</span> }
    });
    view! {
        <tr>
            <th scope="row">
                <a data-row="" href=trace_href(place, trace.trace_id) title=trace.trace_id.to_string()>{trace.name.clone()}</a>
                {no_root}
            </th>
            <td class="trace-agent" title=trace.agent.to_string()>{trace.agent.to_string()}</td>
            <td class="mono"><time datetime=at.to_string() title=zone.exact(at)>{zone.time(at)}</time></td>
            <td class="mono">{nanoseconds(trace.duration_ns)}</td>
            <td class="mono">{count(trace.spans)}</td>
            <td>{result}</td>
            <td class="mono">{format!("{} / {}", count(spend.input), count(spend.output))}</td>
            <td class="mono">{cost}</td>
        </tr>
    }
    .into_any()
}

#[cfg(all(test, feature = "ssr"))]
mod tests {
    use super::*;
    use model::ask::Amount;
    use model::telemetry::view::Spend;
    use model::telemetry::{TraceId, UnixNanos};

    #[test]
    fn a_row_tells_result_and_unknown_cost_in_words() {
        let trace = TraceRow {
            trace_id: TraceId::from_bytes(&[7; 16]).unwrap(),
            agent: "planner".into(),
            name: "answer <b>".to_owned(),
            has_root: false,
            started: UnixNanos(1_771_400_000_000_000_000),
            duration_ns: 1_250_000_000,
            spans: 12_345,
            errors: 2,
            user: None,
            session: None,
            spend: Spend {
                input: 1000,
                output: 500,
                cost: Amount::parse("0.0125").unwrap(),
                unpriced: 3,
                ..Spend::default()
            },
        };
        let place = Place::parse([("project", "rates"), ("q", "x")]).unwrap();
        let html =
            |traces: &[TraceRow]| Owner::new().with(|| trace_table(traces, &place, &Zone::UTC).to_html());
        let row = html(&[trace]);
        for part in [
            "href=\"/traces/07070707070707070707070707070707?project=rates\"",
            "answer &lt;b&gt;",
            "root missing",
            "07:33:20",
            "1.25 s",
            "12,345",
            "2 errors",
            "1,000 / 500",
            "Without 3 calls of unknown cost",
            "0.0125",
        ] {
            assert!(row.contains(part), "{part} is not in {row}");
        }
        assert!(html(&[]).contains("There are no traces here."));
    }
}
