//! The answer of a turn: its text, the tools behind it, its data, and what one can do with it.

use super::blocks::block_views;
use super::cards::card_view;
use super::composer::offered_question;
use super::links::turn_href;
use super::progress::Progress;
use super::rating::rating_form;
use super::tools::tool_view;
use super::turn::{TurnFrame, thinking_dots};
use crate::components::copy_button::CopyButton;
use crate::components::icons::LinkIcon;
use crate::location::Place;
use crate::time::{Zone, duration};
use leptos::prelude::*;
use model::Timestamp;
use model::ask::{AskError, Block, ModelUsage, Question, Response, Tier, ToolUse, Turn};

/// Data older than this when it was asked for is said to be stale, in seconds: a source is polled
/// several times a minute.
const STALE_S: i64 = 300;

/// An answer.
pub(super) fn answer_view(turn: &Turn, response: &Response, frame: &TurnFrame) -> AnyView {
    let bubble = if response.error { "chat-bubble is-trouble" } else { "chat-bubble" };
    let chips = response
        .suggested_queries
        .iter()
        .map(|text| offered_question(text, "chip", text.clone().into_any()))
        .collect::<Vec<_>>();
    let chips = (!chips.is_empty()).then(|| view! { <div class="chips">{chips}</div> });
    let cards: Vec<_> = response.all_cards().map(|card| card_view(card, &frame.place, &frame.zone)).collect();
    let tools: Vec<_> =
        response.tool_calls.iter().map(|tool| tool_view(tool, &frame.place, &frame.zone)).collect();
    // As in a conversation: what it is about, how that was found out, the data, and what follows.
    let (lead, rest) = lead_and_rest(&response.blocks);
    view! {
        <div class="chat-message">
            <div class="chat-label">
                "SENTRY AI"
                <span class="answer-origin">{origin(turn, response, &frame.zone)}</span>
            </div>
            <div class=bubble>
                {block_views(lead, &frame.place)}
                {tools}
                {cards}
                {block_views(rest, &frame.place)}
                {chips}
            </div>
            <div class="answer-actions">
                <CopyButton text=response.text.clone() what="as Markdown"/>
                <a class="chat-tool-button" href=turn_href(&frame.place, &frame.thread, turn.id) title="Link to this answer">
                    <LinkIcon size=12/>
                    <span class="visually-hidden">"Link to this answer"</span>
                </a>
                {frame.is_mine.then(|| rating_form(turn, frame))}
            </div>
        </div>
    }
    .into_any()
}

fn lead_and_rest(blocks: &[Block]) -> (&[Block], &[Block]) {
    match blocks {
        [Block::Paragraph(_), ..] => blocks.split_at(1),
        _ => (&[], blocks),
    }
}

/// `Tier 1 · no model · data 14s old · trace`.
fn origin(turn: &Turn, response: &Response, zone: &Zone) -> AnyView {
    let (tier, how) = match response.tier {
        Tier::Tools => ("Tier 1", "Answered by tools"),
        Tier::Query => ("Tier 2", "Answered by a guarded query"),
        Tier::Declined => ("Tier 3", "Not answered here"),
    };
    let model = response.model.clone().unwrap_or_else(|| "no model".to_owned());
    let usage = response.usage.map(|usage| {
        let cost = usage.cost.map(|cost| format!(", cost {cost}")).unwrap_or_default();
        let ModelUsage { input_tokens, cached_input_tokens, output_tokens, .. } = usage;
        let title = format!(
            "{input_tokens} tokens sent, {cached_input_tokens} of them cached, and {output_tokens} answered"
        );
        view! { " · " <span title=title>{format!("{} tokens{cost}", input_tokens + output_tokens)}</span> }
    });
    let age = data_age(&response.tool_calls, turn.asked_at).map(|(as_of, age_s)| {
        let class = if age_s > STALE_S { "answer-age is-stale" } else { "answer-age" };
        let words = if age_s > STALE_S { "stale data, " } else { "data " };
        let title = format!("The source answered at {}", zone.exact(as_of));
        view! {
            " · "
            <time class=class datetime=as_of.to_string() title=title>{format!("{words}{} old", duration(age_s))}</time>
        }
    });
    let trace = response.trace_id.map(|id| {
        view! { " · " <a href=format!("/traces/{id}") title="How it was answered, step by step">"trace"</a> }
    });
    view! { <span class="tier-badge" title=how>{tier}</span> {format!(" · {model}")} {usage} {age} {trace} }
        .into_any()
}

/// When the oldest source of an answer had last been heard, and how long before the question that
/// was, in seconds.
fn data_age(tools: &[ToolUse], asked_at: Timestamp) -> Option<(Timestamp, i64)> {
    let as_of = tools.iter().filter_map(|tool| tool.as_of).min()?;
    Some((as_of, (asked_at.as_second() - as_of.as_second()).max(0)))
}

/// What stands in an answer's place where there is none.
pub(super) fn failed_view(error: &AskError, question: &Question) -> AnyView {
    if error.cancelled {
        return view! {
            <div class="chat-message">
                <div class="chat-label">"SENTRY AI"</div>
                <div class="chat-bubble is-stopped"><p>"Stopped."</p> {ask_again(question)}</div>
            </div>
        }
        .into_any();
    }
    view! {
        <div class="chat-message">
            <div class="chat-label">"SENTRY AI"</div>
            <div class="chat-bubble is-trouble" role="alert"><p>{error.message.clone()}</p> {ask_again(question)}</div>
        </div>
    }
    .into_any()
}

fn ask_again(question: &Question) -> AnyView {
    view! { <div class="chips">{offered_question(question.as_str(), "chip", "Ask again".into_any())}</div> }
        .into_any()
}

/// An answer while it comes in. What a screen reader is told is the whole answer, once.
pub(super) fn streamed_view(progress: RwSignal<Progress>, place: &Place, zone: &Zone) -> AnyView {
    let (place, zone) = (place.clone(), zone.clone());
    let card_place = place.clone();
    let card_zone = zone.clone();
    let text = Memo::new(move |_| progress.with(|progress| progress.text.clone()));
    let doing = Memo::new(move |_| {
        progress.with(|progress| progress.doing.clone()).unwrap_or_else(|| "Working on it".to_owned())
    });
    let text_place = place.clone();
    let lead = Memo::new(move |_| text.with(|text| Block::read_markdown(text)));
    let told = move || match lead.with(Vec::is_empty) {
        true => thinking_dots((move || doing.get()).into_any()),
        false => lead.with(|blocks| block_views(lead_and_rest(blocks).0, &text_place)).into_any(),
    };
    let rest = move || lead.with(|blocks| block_views(lead_and_rest(blocks).1, &place));
    let tools = Memo::new(move |_| progress.with(|progress| progress.tools.clone()));
    let cards = Memo::new(move |_| progress.with(|progress| progress.cards.clone()));
    let tool_place = card_place.clone();
    view! {
        <div class="chat-message">
            <div class="chat-label">"SENTRY AI"</div>
            <div class="chat-bubble" aria-live="off">
                {told}
                {move || tools.with(|tools| tools.iter().map(|tool| tool_view(tool, &tool_place, &zone)).collect::<Vec<_>>())}
                {move || cards.with(|cards| cards.iter().map(|card| card_view(card, &card_place, &card_zone)).collect::<Vec<_>>())}
                {rest}
            </div>
        </div>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::ask::{Span, ToolStatus};

    #[test]
    fn the_age_is_that_of_the_oldest_source() {
        let at = |second| Timestamp::from_second(second).unwrap();
        let tool = |as_of: Option<i64>| ToolUse {
            id: 1,
            tool: "t".into(),
            input: Default::default(),
            status: ToolStatus::Completed,
            duration_ms: None,
            row_count: None,
            query: None,
            as_of: as_of.map(at),
            link: None,
            error: None,
        };
        let check = |as_of: &[Option<i64>], expect: Option<(i64, i64)>| {
            let tools: Vec<_> = as_of.iter().copied().map(tool).collect();
            assert_eq!(data_age(&tools, at(1000)), expect.map(|(as_of, age)| (at(as_of), age)), "{as_of:?}");
        };
        check(&[], None);
        check(&[None], None);
        check(&[Some(990), Some(400), None], Some((400, 600)));
        check(&[Some(1200)], Some((1200, 0)));
    }

    #[test]
    fn the_first_paragraph_leads() {
        let paragraph = Block::Paragraph(vec![Span::Text("a".into())]);
        let code = Block::Code("b".into());
        let blocks = [paragraph.clone(), code.clone()];
        assert_eq!(lead_and_rest(&blocks), (&blocks[..1], &blocks[1..]));
        assert_eq!(lead_and_rest(std::slice::from_ref(&code)).0, &[]);
        assert_eq!(lead_and_rest(&[]).1, &[]);
    }
}
