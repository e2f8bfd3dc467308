//! Traces and their spans.

use super::support::{Home, Span, is_not_found, money, refused, span_id, trace_id, viewer};
use model::telemetry::view::{SpanRow, TraceList, TraceQuery, TraceView};
use model::telemetry::{Flag, Operation, SpanStatus, Verdict};

const PLANNER: [(&str, &str); 1] = [("service.name", "planner")];

/// A request that repeats the tokens of the call in it, three levels deep, by three conventions.
fn nested() -> Vec<Span> {
    let start = "2026-02-18T11:30:00Z";
    let root = Span::new((1, 1, 0), "plan", start, 1000)
        .text("gen_ai.operation.name", "invoke_agent")
        .text("gen_ai.request.model", "alpha")
        .count("gen_ai.usage.input_tokens", 1000)
        .count("gen_ai.usage.output_tokens", 500);
    let step = Span::new((1, 2, 1), "step", "2026-02-18T11:30:00.100Z", 800)
        .text("llm.model_name", "alpha")
        .count("llm.token_count.prompt", 1000)
        .count("llm.token_count.completion", 500);
    let call = Span::new((1, 3, 2), "chat alpha", "2026-02-18T11:30:00.200Z", 600)
        .call_without_tokens("alpha")
        .text("gen_ai.prompt.0.content", "what is due?")
        .count("gen_ai.usage.prompt_tokens", 1000)
        .count("gen_ai.usage.completion_tokens", 500)
        .text("session.id", "s 1")
        .text("user.id", "ada")
        .text("colour", "red");
    let later =
        Span::new((1, 4, 1), "look up", "2026-02-18T11:30:00.950Z", 10).failed("missing", "no such thing");
    vec![call, later, root, step]
}

async fn home() -> Home {
    let home = Home::open().await;
    home.spans(&PLANNER, nested()).await;
    home
}

async fn trace(home: &Home, number: u8, limit: Option<usize>) -> TraceView {
    home.get_trace(&viewer("rates"), trace_id(number), limit).await.unwrap()
}

#[tokio::test]
async fn a_trace_is_a_tree_that_counts_each_token_once() {
    let home = home().await;
    let view = trace(&home, 1, None).await;
    let spend = &view.trace.spend;
    assert_eq!((spend.calls, spend.input, spend.output, spend.cost), (1, 1000, 500, money("0.02")));
    assert_eq!((view.trace.spans, view.trace.errors, view.trace.duration_ns), (4, 1, 1_000_000_000));
    assert_eq!((view.trace.name.as_str(), view.trace.session.as_deref()), ("plan", Some("s 1")));
    let row = |row: &SpanRow| {
        let name = view.names[row.name as usize].as_str();
        (
            row.id,
            row.depth,
            name,
            row.offset_ns / 1_000_000,
            row.duration_ns / 1_000_000,
            row.cost.map(|cost| cost.amount),
        )
    };
    assert_eq!(
        view.spans.iter().map(row).collect::<Vec<_>>(),
        [
            (span_id(1), 0, "plan", 0, 1000, None),
            (span_id(2), 1, "step", 100, 800, None),
            (span_id(3), 2, "chat alpha", 200, 600, Some(money("0.02"))),
            (span_id(4), 1, "look up", 950, 10, None),
        ]
    );
    // Each says what it was told.
    assert_eq!(view.spans.iter().filter(|span| span.tokens == Some((1000, 500))).count(), 3);
    let call = &view.spans[2];
    assert_eq!(
        (call.operation, view.names[call.model.unwrap() as usize].as_str()),
        (Operation::Model, "alpha")
    );
    assert!(view.spans.iter().all(|span| view.names[span.agent as usize] == "planner" && !span.is_orphan));
    assert_eq!(view.spans[3].status, SpanStatus::Error);
    assert_eq!((view.flags.as_slice(), view.spans.iter().any(|span| span.is_unpriced)), (&[][..], false));
    let first = trace(&home, 1, Some(2)).await;
    assert_eq!((first.trace.spans, &first.spans[..]), (4, &view.spans[..2]));
}

#[tokio::test]
async fn what_hangs_together_badly_is_shown_all_the_same() {
    let home = Home::open().await;
    let span = |id, parent| Span::new((2, id, parent), "x", &format!("2026-02-18T11:30:0{id}Z"), 10);
    // 2 has no parent here, 3 is in it; 4 and 5 are each other's parents; 6 is its own.
    let spans = vec![span(1, 0), span(2, 9), span(3, 2), span(4, 5), span(5, 4), span(6, 6)];
    home.spans(&PLANNER, spans).await;
    let view = trace(&home, 2, None).await;
    let rows: Vec<_> = view.spans.iter().map(|row| (row.id, row.depth, row.is_orphan)).collect();
    assert_eq!(
        rows,
        [(1, 0, false), (2, 0, true), (3, 1, false), (6, 0, false), (4, 0, true), (5, 1, false)]
            .map(|(id, depth, is_orphan)| (span_id(id), depth, is_orphan))
    );
}

#[tokio::test]
async fn what_a_part_cost_is_not_known_is_said_once() {
    let home = Home::open().await;
    let at = "2026-02-18T11:30:00Z";
    let spans = vec![
        Span::new((3, 1, 0), "plan", at, 10),
        Span::new((3, 2, 1), "a", at, 10).call("nobody"),
        Span::new((3, 3, 1), "b", at, 10).call("nobody"),
        Span::new((3, 4, 1), "c", at, 10).call_without_tokens("alpha"),
        Span::new((3, 5, 1), "d", at, 10).call("alpha"),
    ];
    home.spans(&PLANNER, spans).await;
    let view = trace(&home, 3, None).await;
    assert_eq!(view.flags, [Flag::NoPrice { model: "nobody".to_owned() }, Flag::NoTokens]);
    assert_eq!(view.spans.iter().filter(|span| span.is_unpriced).count(), 3);
    assert_eq!((view.trace.spend.unpriced, view.trace.spend.cost), (3, money("0.02")));
    let span = home.get_span(&viewer("rates"), trace_id(3), span_id(4)).await.unwrap();
    assert_eq!((span.cost, span.flag), (None, Some(Flag::NoTokens)));
}

#[tokio::test]
async fn a_span_tells_everything() {
    let home = home().await;
    let viewer = viewer("rates");
    let span = home.get_span(&viewer, trace_id(1), span_id(3)).await.unwrap();
    assert_eq!((span.parent_id, span.duration_ns), (Some(span_id(2)), 600_000_000));
    let usage = span.usage.unwrap();
    assert_eq!((usage.input, usage.output, span.cost.unwrap().amount), (1000, 500, money("0.02")));
    assert_eq!((span.user.as_deref(), span.session.as_deref()), (Some("ada"), Some("s 1")));
    let verdict = |key: &str| {
        &span.readings.iter().find(|reading| reading.key == key).unwrap_or_else(|| panic!("{key}")).verdict
    };
    assert_eq!(
        *verdict("gen_ai.usage.prompt_tokens"),
        Verdict::Renamed("gen_ai.usage.input_tokens".to_owned())
    );
    assert_eq!(*verdict("gen_ai.request.model"), Verdict::Recognised);
    assert_eq!(*verdict("colour"), Verdict::Ignored);
    assert_eq!(span.attributes.len(), span.readings.len());
    let [message] = &span.messages[..] else { panic!("{:?}", span.messages) };
    assert_eq!((message.role.as_str(), message.text.as_str()), ("user", "what is due?"));
    assert!(is_not_found(&home.get_span(&viewer, trace_id(1), span_id(99)).await));
    assert!(is_not_found(&home.get_trace(&viewer, trace_id(99), None).await));
}

async fn list(home: &Home, query: &[(&str, &str)]) -> TraceList {
    home.list_traces(&viewer("rates"), &TraceQuery::parse(query.iter().copied()).unwrap()).await.unwrap()
}

#[tokio::test]
async fn traces_are_filtered() {
    let home = home().await;
    let quick = Span::new((4, 1, 0), "answer", "2026-02-18T11:40:00Z", 50).call("nobody");
    home.spans(&[("service.name", "scribe")], vec![quick]).await;
    let check = async |query: &[(&str, &str)], expect: &[u8]| {
        let list = list(&home, query).await;
        let ids: Vec<_> = list.traces.iter().map(|trace| trace.trace_id).collect();
        assert_eq!(ids, expect.iter().copied().map(trace_id).collect::<Vec<_>>(), "{query:?}");
        assert_eq!(list.agents.len(), 2);
    };
    check(&[], &[4, 1]).await;
    check(&[("from", "now-25m")], &[4]).await;
    check(&[("agent", "planner")], &[1]).await;
    check(&[("agent", "nobody")], &[]).await;
    check(&[("q", "0101")], &[1]).await;
    check(&[("q", "ANSW")], &[4]).await;
    check(&[("session", "s 1")], &[1]).await;
    check(&[("errors", "yes")], &[1]).await;
    check(&[("errors", "no")], &[4]).await;
    check(&[("unpriced", "yes")], &[4]).await;
    check(&[("min_duration_ms", "1000")], &[1]).await;
    check(&[("min_duration_ms", "1000.001")], &[]).await;
    check(&[("min_duration_ms", "1e300")], &[]).await;
}

#[tokio::test]
async fn a_list_is_paged() {
    let home = Home::open().await;
    let traces = (1..=120).map(|number: u8| {
        Span::new((number, 1, 0), "x", &format!("2026-02-18T11:{:02}:{:02}Z", number / 60, number % 60), 1)
    });
    home.spans(&PLANNER, traces.collect()).await;
    let mut found = Vec::new();
    let mut after = String::new();
    let mut pages = Vec::new();
    loop {
        let page = list(&home, &[("after", &after)]).await;
        pages.push(page.traces.len());
        found.extend(page.traces.into_iter().map(|trace| trace.trace_id));
        match page.next {
            Some(next) => after = next,
            None => break,
        }
    }
    assert_eq!(pages, [50, 50, 20]);
    assert_eq!(found, (1..=120).rev().map(trace_id).collect::<Vec<_>>());
    let malformed = TraceQuery { after: "page 2".to_owned(), ..TraceQuery::default() };
    assert_eq!(refused(home.list_traces(&viewer("rates"), &malformed).await), "after");
}
