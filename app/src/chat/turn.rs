//! One turn: a question on the right, its answer on the left.

use super::Chat;
use super::answer::{answer_view, failed_view, streamed_view};
use super::links::turn_anchor;
use super::progress::Progress;
use super::question::question_view;
use crate::location::Place;
use crate::time::Zone;
use leptos::prelude::*;
use model::ask::{Outcome, ThreadId, Turn, TurnId};

/// What a turn's view needs besides the turn.
#[derive(Clone)]
pub(super) struct TurnFrame {
    pub(super) chat: Chat,
    pub(super) thread: ThreadId,
    /// Whether the reader may edit and rate.
    pub(super) is_mine: bool,
    /// All versions of the question.
    pub(super) versions: Vec<TurnId>,
    pub(super) place: Place,
    pub(super) zone: Zone,
}

/// A turn as it is: with its answer, with why it has none, or on its way.
pub(super) fn turn_view(turn: &Turn, frame: &TurnFrame) -> AnyView {
    let answer = match &turn.outcome {
        Some(Outcome::Answered(response)) => answer_view(turn, response, frame),
        Some(Outcome::Failed(error)) => failed_view(error, &turn.question),
        None => thinking("Working on it"),
    };
    with_question(turn, frame, answer)
}

/// A turn whose answer is on its way.
pub(super) fn running_view(turn: &Turn, frame: &TurnFrame, progress: RwSignal<Progress>) -> AnyView {
    with_question(turn, frame, streamed_view(progress, &frame.place, &frame.zone))
}

/// A question that the server has not taken yet.
pub(super) fn pending_view(question: &str) -> AnyView {
    view! {
        <article class="chat-turn">
            <div class="chat-message is-question">
                <div class="chat-label">"You"</div>
                <div class="chat-bubble">{question.to_owned()}</div>
            </div>
            {thinking("Asking")}
        </article>
    }
    .into_any()
}

fn with_question(turn: &Turn, frame: &TurnFrame, answer: AnyView) -> AnyView {
    view! {
        <article class="chat-turn" id=turn_anchor(turn.id) aria-busy=turn.outcome.is_none().then_some("true")>
            {question_view(turn, frame)}
            {answer}
        </article>
    }
    .into_any()
}

fn thinking(doing: &'static str) -> AnyView {
    view! {
        <div class="chat-message">
            <div class="chat-label">"SENTRY AI"</div>
            <div class="chat-bubble">{thinking_dots(doing.into_any())}</div>
        </div>
    }
    .into_any()
}

/// Dots, and what is being done.
pub(super) fn thinking_dots(doing: AnyView) -> AnyView {
    view! {
        <p class="thinking">
            <span class="thinking-dots" aria-hidden="true"><i></i><i></i><i></i></span>
            <span>{doing}</span>
        </p>
    }
    .into_any()
}

#[cfg(test)]
#[cfg(feature = "ssr")]
mod tests {
    use super::*;
    use model::ask::{
        AskError, Block, Entities, Intent, Question, Response, Span, Tier, ToolStatus, ToolUse, Topic,
    };
    use model::telemetry::TraceId;
    use model::{ErrorKind, Timestamp};

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn response(model: Option<&str>, as_of: i64) -> Response {
        let tool = ToolUse {
            id: 1,
            tool: "list_failures".into(),
            input: Default::default(),
            status: ToolStatus::Completed,
            duration_ms: Some(3),
            row_count: Some(1),
            query: None,
            as_of: Some(at(as_of)),
            link: None,
            error: None,
        };
        Response {
            text: "lead".into(),
            blocks: vec![
                Block::Paragraph(vec![Span::Text("<b>lead".into())]),
                Block::Paragraph(vec![Span::Text("rest".into())]),
            ],
            structured_data: None,
            cards: Vec::new(),
            tool_calls: vec![tool],
            suggested_queries: vec!["And \"then\"?".into()],
            error: false,
            tier: Tier::Tools,
            intent: Intent::RcaDrilldown,
            topic: Topic::Failures,
            entities: Entities::default(),
            model: model.map(str::to_owned),
            usage: None,
            trace_id: TraceId::parse("0af7651916cd43dd8448eb211c80319c").ok(),
        }
    }

    fn html(outcome: Option<Outcome>, is_mine: bool, versions: &[u64]) -> String {
        let turn = Turn {
            id: TurnId(2),
            parent: None,
            question: Question::parse("What <i>failed</i>?").unwrap(),
            asked_at: at(1000),
            outcome,
            rating: None,
        };
        Owner::new().with(|| {
            let frame = TurnFrame {
                chat: Chat::at_rest(),
                thread: "t1".into(),
                is_mine,
                versions: versions.iter().copied().map(TurnId).collect(),
                place: Place::default(),
                zone: Zone::UTC,
            };
            turn_view(&turn, &frame).to_html()
        })
    }

    fn check(html: &str, there: &[&str], not_there: &[&str]) {
        for part in there {
            assert!(html.contains(part), "{part}: {html}");
        }
        for part in not_there {
            assert!(!html.contains(part), "{part}: {html}");
        }
    }

    #[test]
    fn an_answer_says_how_it_was_made() {
        let answered = |model, as_of| Some(Outcome::Answered(Box::new(response(model, as_of))));
        let fresh = html(answered(None, 990), true, &[2]);
        check(
            &fresh,
            &[
                "id=\"turn-2\"",
                "What &lt;i&gt;failed&lt;/i&gt;?",
                "Tier 1",
                "no model",
                "data 10s old",
                "href=\"/traces/0af7651916cd43dd8448eb211c80319c\"",
                "href=\"/chat/t1?turn=2#turn-2\"",
                "Good answer",
                "&lt;b&gt;lead",
                "name=\"question[offered]\"",
            ],
            &["<i>failed", "<b>lead", "is-stale", "aria-busy", "Earlier version"],
        );
        let order = ["lead", "list_failures", "rest", "And"].map(|part| fresh.find(part).unwrap());
        assert!(order.is_sorted(), "{fresh}");
        let stale = html(answered(Some("gpt-4o"), 100), false, &[2]);
        check(&stale, &["gpt-4o", "stale data, 15m old"], &["Good answer", "question-edit"]);
    }

    #[test]
    fn a_turn_without_an_answer_says_why() {
        let failed = |cancelled| {
            let error = AskError { cancelled, kind: ErrorKind::Unavailable, message: "<down>".into() };
            html(Some(Outcome::Failed(error)), true, &[2])
        };
        check(&failed(false), &["role=\"alert\"", "&lt;down&gt;", "Ask again"], &["Stopped."]);
        check(&failed(true), &["Stopped.", "Ask again"], &["role=\"alert\""]);
        check(&html(None, true, &[2]), &["aria-busy=\"true\"", "thinking-dots"], &["chips"]);
    }

    #[test]
    fn versions_are_links() {
        let edited = html(None, true, &[1, 2, 5]);
        check(&edited, &["/chat/t1?turn=1#turn-1", " 2/3 ", "/chat/t1?turn=5#turn-5"], &[]);
    }
}
