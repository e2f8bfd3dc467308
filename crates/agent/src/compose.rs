//! Answers from what the tools said: failures first, counts, the two phases apart, at most two
//! hundred words. Every name and number comes from a tool's answer; what a source wrote freely
//! is quoted.

mod compare;
mod decline;
mod dependencies;
mod failures;
mod history;
mod links;
mod prediction;
pub(crate) mod query;
mod runs;
mod slices;
mod status;
mod tasks;

pub(crate) use links::linked;

use crate::link;
use crate::machine::TurnInput;
use crate::request::{FailedRun, Request};
use crate::tool::{ToolFailure, ToolOutput};
use model::ask::{Block, Card, Span, Tier, Topic};
use model::{BusinessDate, ErrorKind, EssentialBoard, Phase, Timestamp};

/// Points of a list that are written out.
const MOST_POINTS: usize = 6;
/// Questions that are suggested.
const MOST_CHIPS: usize = 5;
/// Characters that are quoted of what a source wrote freely.
const LONGEST_QUOTE: usize = 200;

/// An answer before it is sent.
#[derive(Clone, Debug, Default)]
pub(crate) struct Draft {
    pub(crate) blocks: Vec<Block>,
    pub(crate) cards: Vec<Card>,
    pub(crate) chips: Vec<String>,
    pub(crate) is_error: bool,
    pub(crate) failed_runs: Vec<FailedRun>,
}

impl Draft {
    pub(crate) fn text(&self) -> String {
        Block::to_markdown(&self.blocks)
    }

    fn say(&mut self, spans: Vec<Span>) {
        self.blocks.push(Block::Paragraph(spans));
    }

    /// The first points, and how many more there are.
    fn list(&mut self, mut points: Vec<Vec<Span>>) {
        let more = points.len().saturating_sub(MOST_POINTS);
        points.truncate(MOST_POINTS);
        if more > 0 {
            points.push(vec![text(format!("and {more} more"))]);
        }
        if !points.is_empty() {
            self.blocks.push(Block::List(points));
        }
    }

    fn chip(&mut self, question: impl Into<String>) {
        let question = question.into();
        if self.chips.len() < MOST_CHIPS && !self.chips.contains(&question) {
            self.chips.push(question);
        }
    }
}

/// The answer to `request`.
pub(crate) fn compose(
    request: &Request,
    input: &TurnInput,
    outputs: &[ToolOutput],
    failures: &[ToolFailure],
) -> Draft {
    let mut draft = Draft::default();
    if request.tier() == Tier::Declined {
        decline::decline(request, input, &mut draft);
        return draft;
    }
    let scene = Scene { request, input, outputs };
    if let Some(trouble) = request.blocking_trouble() {
        decline::explain_trouble(trouble, &scene, &mut draft);
        return draft;
    }
    match request.topic {
        Topic::Status => status::compose(&scene, &mut draft),
        Topic::Failures => failures::compose(&scene, &mut draft),
        Topic::Tasks => tasks::compose(&scene, &mut draft),
        Topic::Runs => runs::compose(&scene, &mut draft),
        Topic::Prediction => prediction::compose(&scene, &mut draft),
        Topic::History => history::compose(&scene, &mut draft),
        Topic::Compare => compare::compose(&scene, &mut draft),
        Topic::Dependencies => dependencies::compose(&scene, &mut draft),
        Topic::Analysis | Topic::Help | Topic::Write | Topic::OffTopic => {}
    }
    for trouble in &request.troubles {
        decline::mention_trouble(trouble, &mut draft);
    }
    own_up(failures, outputs.is_empty(), &mut draft);
    draft
}

/// Says what did not answer.
fn own_up(failures: &[ToolFailure], nothing_known: bool, draft: &mut Draft) {
    let mut told: Vec<&str> = Vec::new();
    for failure in failures {
        if !told.contains(&failure.message.as_str()) {
            told.push(&failure.message);
        }
    }
    if !told.is_empty() {
        let sentence = told.join("; ");
        let not_found = failures.iter().all(|failure| failure.kind == ErrorKind::NotFound);
        let lead = if not_found { "" } else { "Not all could be looked up: " };
        draft.blocks.insert(
            0,
            Block::Paragraph(vec![text(format!("{lead}{}.", quoted(sentence.trim_end_matches('.'))))]),
        );
    }
    if nothing_known && !failures.is_empty() {
        draft.is_error = true;
    }
}

/// Whether a block has no part that is blank.
pub(crate) fn says_something(block: &Block) -> bool {
    let is_blank = |text: &str| text.trim().is_empty();
    let speaks = |spans: &Vec<Span>| spans.iter().any(|span| !is_blank(span.as_str()));
    match block {
        Block::Paragraph(spans) => speaks(spans),
        Block::List(points) => !points.is_empty() && points.iter().all(speaks),
        Block::Code(code) => !is_blank(code),
    }
}

/// A sentence about the answer itself.
pub(crate) fn note(sentence: &str) -> Block {
    Block::Paragraph(vec![text(sentence)])
}

/// What an answer is made of.
struct Scene<'a> {
    request: &'a Request,
    input: &'a TurnInput,
    outputs: &'a [ToolOutput],
}

impl<'a> Scene<'a> {
    fn boards(&self) -> &'a [EssentialBoard] {
        let boards = self.outputs.iter().find_map(|output| match output {
            ToolOutput::Boards(boards) => Some(boards.as_slice()),
            _ => None,
        });
        boards.unwrap_or_default()
    }

    fn date(&self) -> BusinessDate {
        self.request.date
    }

    /// The phase spoken of: the one asked for, else the one that the status speaks of.
    fn phase_of(&self, essential: &EssentialBoard) -> Phase {
        self.request.pass().unwrap_or(essential.phase)
    }

    fn display_name(&self, name: &model::EssentialName) -> String {
        self.input
            .catalog
            .get(name)
            .map_or_else(|| name.to_string(), |essential| essential.display_name.clone())
    }

    fn essential_link(&self, essential: &EssentialBoard) -> Span {
        let href = link::essential(&essential.name, Some(self.date()), self.request.pass());
        Span::Link { label: essential.display_name.clone(), href }
    }

    /// "on 17-Feb-2026".
    fn on_date(&self) -> String {
        format!("on {}", self.date().label())
    }
}

fn text(text: impl Into<String>) -> Span {
    Span::Text(text.into())
}

fn strong(text: impl Into<String>) -> Span {
    Span::Strong(text.into())
}

fn code(text: impl ToString) -> Span {
    Span::Code(text.to_string().replace('`', "'"))
}

/// What a source wrote freely: one line, cut, without control characters.
fn quoted(text: &str) -> String {
    let plain: String =
        text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(LONGEST_QUOTE).collect();
    plain.trim().to_owned()
}

/// `08:15:44 UTC`, with the date where it is not `date`.
fn moment(at: Timestamp, date: BusinessDate) -> String {
    let text = at.to_string();
    let (day, time) = (text.get(..10).unwrap_or_default(), text.get(11..19).unwrap_or_default());
    match BusinessDate::parse(day) {
        Ok(day) if day != date => format!("{} {time} UTC", day.label()),
        _ => format!("{time} UTC"),
    }
}

/// Minutes, with hours above two.
fn minutes(minutes: f64) -> String {
    if minutes > 120.0 {
        let whole = minutes.round() as i64;
        format!("{} h {} min", whole / 60, whole % 60)
    } else {
        format!("{} min", (minutes * 10.0).round() / 10.0)
    }
}

fn whole_minutes(count: i64) -> String {
    minutes(count as f64)
}

fn counted(count: usize, one: &str) -> String {
    if count == 1 { format!("1 {one}") } else { format!("{count} {one}s") }
}

/// Parts of a sentence with `separator` between them.
fn joined(parts: impl IntoIterator<Item = Vec<Span>>, separator: &str) -> Vec<Span> {
    let mut spans = Vec::new();
    for part in parts {
        if !spans.is_empty() {
            spans.push(text(separator));
        }
        spans.extend(part);
    }
    spans
}

/// `1`, `1 and 2`, `1, 2 and 3`.
fn enumerated(items: &[String]) -> String {
    match items {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

/// "UPC waits", "SNU and UPC wait".
fn agree<'a>(count: usize, one: &'a str, several: &'a str) -> &'a str {
    if count == 1 { one } else { several }
}

/// The first names, and how many more there are.
fn name_list(names: &[String], most: usize) -> String {
    match names.len().saturating_sub(most) {
        0 => enumerated(names),
        more => format!("{} and {more} more", names[..most].join(", ")),
    }
}
