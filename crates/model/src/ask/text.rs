//! Text of an answer as a tree: a page shows it node by node, so nothing that a source or a
//! model says can become markup.

use serde::{Deserialize, Serialize};
use std::fmt::Write as _;

/// A part of an answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Block {
    /// Running text.
    Paragraph(Vec<Span>),
    /// Points, in order.
    List(Vec<Vec<Span>>),
    /// Text exactly as a source wrote it.
    Code(String),
}

/// A stretch of text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Span {
    /// Plain.
    Text(String),
    /// That matters.
    Strong(String),
    /// A name or an id.
    Code(String),
    /// A name that links to a page of this program.
    Link {
        /// What is shown.
        label: String,
        /// A path with its query.
        href: String,
    },
}

impl Span {
    /// What is shown, without the marks.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Text(text) | Self::Strong(text) | Self::Code(text) | Self::Link { label: text, .. } => text,
        }
    }
}

impl Block {
    /// Blocks as Markdown.
    pub fn to_markdown(blocks: &[Self]) -> String {
        blocks.iter().map(Self::markdown).collect::<Vec<_>>().join("\n\n")
    }

    fn markdown(&self) -> String {
        match self {
            Self::Paragraph(spans) => spans_markdown(spans),
            Self::List(points) => {
                let points = points.iter().map(|spans| format!("- {}", spans_markdown(spans)));
                points.collect::<Vec<_>>().join("\n")
            }
            Self::Code(text) => {
                // A fence is longer than any run of backticks inside.
                let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
                let fence = "`".repeat(longest.max(2) + 1);
                format!("{fence}\n{text}\n{fence}")
            }
        }
    }

    /// Reads the little Markdown that models write: paragraphs, points, fences, `**strong**` and
    /// backticks. All else, links and HTML included, stays the text that it is.
    pub fn read_markdown(text: &str) -> Vec<Self> {
        let mut blocks = Vec::new();
        let mut lines = text.lines();
        while let Some(line) = lines.next() {
            let line = line.trim();
            if line.is_empty() {
                continue;
            }
            if line.starts_with("```") {
                let inside: Vec<_> =
                    lines.by_ref().take_while(|line| !line.trim().starts_with("```")).collect();
                blocks.push(Self::Code(inside.join("\n")));
                continue;
            }
            let point = ["- ", "* ", "• "].iter().find_map(|mark| line.strip_prefix(mark));
            match (point, blocks.last_mut()) {
                (Some(point), Some(Self::List(points))) => points.push(read_spans(point)),
                (Some(point), _) => blocks.push(Self::List(vec![read_spans(point)])),
                (None, _) => blocks.push(Self::Paragraph(read_spans(line.trim_start_matches('#').trim()))),
            }
        }
        blocks
    }
}

fn spans_markdown(spans: &[Span]) -> String {
    let mut text = String::new();
    for span in spans {
        // Writing to a string cannot fail.
        let _ = match span {
            Span::Text(plain) => write!(text, "{}", escaped(plain)),
            Span::Strong(strong) => write!(text, "**{}**", escaped(strong)),
            Span::Code(code) => write!(text, "`{code}`"),
            Span::Link { label, href } => write!(text, "[{}]({href})", escaped(label)),
        };
    }
    text
}

/// What begins a link or HTML in Markdown, and what says that it does not.
const ESCAPED: [char; 4] = ['\\', '[', ']', '<'];

/// What a source wrote stays text wherever the Markdown is read.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        if ESCAPED.contains(&c) {
            escaped.push('\\');
        }
        escaped.push(c);
    }
    escaped
}

fn unescaped(text: &str) -> String {
    let mut unescaped = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match chars.next_if(|next| c == '\\' && ESCAPED.contains(next)) {
            Some(next) => unescaped.push(next),
            None => unescaped.push(c),
        }
    }
    unescaped
}

fn read_spans(line: &str) -> Vec<Span> {
    let mut spans = Vec::new();
    let mut rest = line;
    while !rest.is_empty() {
        let Some((start, mark)) = ["**", "`"].iter().filter_map(|mark| Some((rest.find(mark)?, *mark))).min()
        else {
            break;
        };
        let inside = &rest[start + mark.len()..];
        let Some(end) = inside.find(mark).filter(|end| *end > 0) else {
            break;
        };
        if start > 0 {
            spans.push(Span::Text(unescaped(&rest[..start])));
        }
        let text = &inside[..end];
        spans.push(if mark == "`" { Span::Code(text.to_owned()) } else { Span::Strong(unescaped(text)) });
        rest = &inside[end + mark.len()..];
    }
    if !rest.is_empty() {
        spans.push(Span::Text(unescaped(rest)));
    }
    spans
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn text(text: &str) -> Span {
        Span::Text(text.to_owned())
    }

    #[test]
    fn reads_what_models_write() {
        let check = |markdown: &str, expect: &[Block]| assert_eq!(Block::read_markdown(markdown), expect);
        check("", &[]);
        check("plain", &[Block::Paragraph(vec![text("plain")])]);
        check(
            "# Head\n\ntext",
            &[Block::Paragraph(vec![text("Head")]), Block::Paragraph(vec![text("text")])],
        );
        check(
            "- a\n- **b** `c`",
            &[Block::List(vec![
                vec![text("a")],
                vec![Span::Strong("b".into()), text(" "), Span::Code("c".into())],
            ])],
        );
        check(
            "```sql\nselect `1`\n```\nafter",
            &[Block::Code("select `1`".into()), Block::Paragraph(vec![text("after")])],
        );
        check("**open", &[Block::Paragraph(vec![text("**open")])]);
    }

    #[test]
    fn what_a_source_wrote_is_no_markdown() {
        let check = |written: &str, expect: &str| {
            let block = Block::Paragraph(vec![text(written)]);
            assert_eq!(Block::to_markdown(std::slice::from_ref(&block)), expect);
            assert_eq!(Block::read_markdown(expect), [block]);
        };
        check("6g_calc_workflow_V2 failed", "6g_calc_workflow_V2 failed");
        check("[reset](https://evil.example)", "\\[reset\\](https://evil.example)");
        check("![](https://evil.example/x.png)", "!\\[\\](https://evil.example/x.png)");
        check("\\[a](b)", "\\\\\\[a\\](b)");
        check("<img src=x>", "\\<img src=x>");
    }

    #[test]
    fn html_and_links_stay_text() {
        for hostile in [
            "<img src=x onerror=alert(1)>",
            "[click](javascript:alert(1))",
            "![pic](https://elsewhere.example/x.png)",
            "<script>alert(1)</script>",
        ] {
            assert_eq!(Block::read_markdown(hostile), [Block::Paragraph(vec![text(hostile)])]);
        }
    }

    #[test]
    fn a_fence_outlasts_what_it_holds() {
        assert_eq!(Block::to_markdown(&[Block::Code("a ``` b".into())]), "````\na ``` b\n````");
    }

    proptest! {
        #[test]
        fn any_text_is_kept(line in "[a-z*` <>\\[\\]()]{0,40}") {
            let shown: String = Block::read_markdown(&line)
                .iter()
                .flat_map(|block| match block {
                    Block::Paragraph(spans) => spans.clone(),
                    Block::List(points) => points.concat(),
                    Block::Code(code) => vec![Span::Code(code.clone())],
                })
                .map(|span| span.as_str().to_owned())
                .collect();
            let letters = |text: &str| text.chars().filter(char::is_ascii_lowercase).collect::<String>();
            prop_assume!(!line.trim().starts_with("```"));
            prop_assert_eq!(letters(&shown), letters(&line));
        }
    }
}
