//! The spans of a trace over time, as a tree. It is a table: the bars only repeat what its cells say.
//! Of tens of thousands of rows only those on screen are in the page.

mod row;
pub(crate) mod tree;

use crate::components::virtual_rows::VirtualRows;
use leptos::html;
use leptos::prelude::*;
use model::telemetry::SpanId;
use model::telemetry::view::TraceView;
use row::{axis, cells};
use std::collections::HashSet;
use std::sync::Arc;
use tree::unfolded;

const COLUMNS: usize = 6;

/// What is folded and what is selected, and the address where it is otherwise.
pub(crate) trait Links: Copy + Send + Sync + 'static {
    /// The spans whose descendants are hidden; followed by who asks for it.
    fn folded(self) -> HashSet<SpanId>;
    /// The span whose details are shown; followed by who asks for it.
    fn selected(self) -> Option<SpanId>;
    /// The address where the details of `span` are shown, or hidden where they are.
    fn select(self, span: SpanId) -> String;
    /// The address where the descendants of `span` are hidden, or shown where they are hidden.
    fn fold(self, span: SpanId) -> String;
}

/// The waterfall of `trace`.
pub(crate) fn waterfall(trace: RwSignal<Arc<TraceView>>, links: impl Links) -> AnyView {
    let frame = NodeRef::<html::Div>::new();
    let shown = Memo::new(move |_| {
        let folded = links.folded();
        trace.with(|trace| unfolded(&trace.spans, &folded))
    });
    let count = Memo::new(move |_| shown.with(Vec::len));
    let rows = VirtualRows::new(frame, count);
    let row = move |place: usize| {
        let index = Memo::new(move |_| shown.with(|shown| shown.get(place).copied()));
        let is_selected = Memo::new(move |_| {
            let of_row =
                index.get().and_then(|index| trace.with(|trace| trace.spans.get(index).map(|span| span.id)));
            of_row.is_some() && of_row == links.selected()
        });
        let cells = move || {
            let folded = links.folded();
            index.get().map(|index| trace.with(|trace| cells(trace, index, &folded, links)))
        };
        view! {
            <tr class="span-row" class:is-selected=move || is_selected.get() aria-rowindex=place + 2>{cells}</tr>
        }
    };
    let label = move || trace.with(|trace| format!("Spans of {}", trace.trace.name));
    let length_ns = Memo::new(move |_| trace.with(|trace| trace.trace.duration_ns));
    view! {
        <div class="waterfall-scroll" tabindex="0" role="region" aria-label="Spans, scrollable" node_ref=frame
            on:scroll=move |_| rows.look()>
            <table class="waterfall" aria-rowcount=move || count.get() + 1>
                <caption class="visually-hidden">{label}</caption>
                <thead>
                    <tr aria-rowindex="1">
                        <th scope="col" class="span-name">"Span"</th>
                        <th scope="col" class="span-operation">"Operation"</th>
                        <th scope="col" class="span-lane">
                            <span class="visually-hidden">"When"</span>
                            {move || axis(length_ns.get())}
                        </th>
                        <th scope="col" class="span-duration">"Duration"</th>
                        <th scope="col" class="span-tokens">"Tokens in / out"</th>
                        <th scope="col" class="span-cost">"Cost"</th>
                    </tr>
                </thead>
                <tbody>
                    {move || rows.above(COLUMNS)}
                    <For each=move || rows.drawn() key=|place| *place children=row/>
                    {move || rows.below(COLUMNS)}
                </tbody>
            </table>
        </div>
    }
    .into_any()
}

#[cfg(all(test, feature = "ssr"))]
mod tests {
    use super::tree::tests::span;
    use super::*;
    use crate::components::virtual_rows::FIRST_ROWS;
    use model::ask::Amount;
    use model::telemetry::view::{SpanRow, Spend, TraceRow};
    use model::telemetry::{Cost, CostSource, Operation, SpanStatus, TraceId, UnixNanos};

    #[derive(Clone, Copy)]
    struct Folded(Option<SpanId>);

    impl Links for Folded {
        fn folded(self) -> HashSet<SpanId> {
            self.0.into_iter().collect()
        }
        fn selected(self) -> Option<SpanId> {
            SpanId::from_bytes(&2_u64.to_be_bytes()).ok()
        }
        fn select(self, span: SpanId) -> String {
            format!("?span={span}")
        }
        fn fold(self, span: SpanId) -> String {
            format!("?fold={span}")
        }
    }

    fn trace(spans: Vec<SpanRow>) -> TraceView {
        TraceView {
            trace: TraceRow {
                trace_id: TraceId::from_bytes(&[7; 16]).expect("not all zero"),
                agent: "planner".into(),
                name: "answer".to_owned(),
                has_root: true,
                started: UnixNanos(0),
                duration_ns: 1_000_000_000,
                spans: spans.len() as u64,
                errors: 1,
                user: None,
                session: None,
                spend: Spend::default(),
            },
            now: UnixNanos(0),
            flags: Vec::new(),
            names: ["answer <b>", "chat gpt-4o", "gpt-4o", "planner"].map(str::to_owned).to_vec(),
            spans,
        }
    }

    fn html(trace: TraceView, links: Folded) -> String {
        Owner::new().with(|| waterfall(RwSignal::new(Arc::new(trace)), links).to_html())
    }

    #[test]
    fn a_row_says_what_its_bar_shows() {
        let cost = Cost { amount: Amount::parse("0.0125").unwrap(), source: CostSource::Reported };
        let html = html(
            trace(vec![
                SpanRow { duration_ns: 1_000_000_000, ..span(1, 0) },
                SpanRow {
                    offset_ns: 250_000_000,
                    duration_ns: 500_000_000,
                    name: 1,
                    model: Some(2),
                    operation: Operation::Model,
                    status: SpanStatus::Error,
                    tokens: Some((1000, 500)),
                    cost: Some(cost),
                    ..span(2, 1)
                },
            ]),
            Folded(None),
        );
        for part in [
            "answer &lt;b&gt;",
            "aria-rowcount=\"3\"",
            // The parent can be folded, its child says how deep it is.
            "href=\"?fold=0000000000000001\"",
            "aria-expanded=\"true\"",
            "level 2",
            "href=\"?span=0000000000000002\"",
            "chat gpt-4o",
            ">failed<",
            ">model<",
            "x=\"25.00%\"",
            "width=\"50.00%\"",
            "500 ms",
            "1,000 / 500",
            "0.0125",
            "sent",
        ] {
            assert!(html.contains(part), "{part} is not in {html}");
        }
        assert!(!html.contains("?fold=0000000000000002"), "{html}");
        assert!(!html.contains("style="), "{html}");
    }

    #[test]
    fn thirty_thousand_spans_are_a_screen_of_rows() {
        let spans: Vec<_> = (1..=30_000).map(|id| span(id, u16::from(id > 1))).collect();
        let root = spans[0].id;
        let html = html(trace(spans.clone()), Folded(None));
        assert_eq!(html.matches("class=\"span-row").count(), FIRST_ROWS);
        assert!(html.contains("aria-rowcount=\"30001\""));
        let folded = self::html(trace(spans), Folded(Some(root)));
        assert_eq!(folded.matches("class=\"span-row").count(), 1);
        assert!(folded.contains("29,999 inside") && folded.contains("aria-expanded=\"false\""), "{folded}");
    }
}
