//! Links of a composed answer in another wording of it.

use model::ask::{Block, Span};
use std::collections::BTreeMap;

/// `blocks` with the links of `from`, wherever they name the same.
pub(crate) fn linked(blocks: Vec<Block>, from: &[Block]) -> Vec<Block> {
    let links = links_of(from);
    let line = |spans: Vec<Span>| spans.into_iter().flat_map(|span| linked_span(span, &links)).collect();
    let block = |block| match block {
        Block::Paragraph(spans) => Block::Paragraph(line(spans)),
        Block::List(points) => Block::List(points.into_iter().map(line).collect()),
        Block::Code(code) => Block::Code(code),
    };
    blocks.into_iter().map(block).collect()
}

/// Links by their labels.
fn links_of(blocks: &[Block]) -> BTreeMap<&str, &Span> {
    let mut links = BTreeMap::new();
    for block in blocks {
        let lines = match block {
            Block::Paragraph(spans) => std::slice::from_ref(spans),
            Block::List(points) => points,
            Block::Code(_) => &[],
        };
        for span in lines.iter().flatten() {
            if let Span::Link { label, .. } = span
                && !label.is_empty()
            {
                links.insert(label.as_str(), span);
            }
        }
    }
    links
}

fn linked_span(span: Span, links: &BTreeMap<&str, &Span>) -> Vec<Span> {
    let (text, again): (&str, fn(String) -> Span) = match &span {
        Span::Text(text) => (text, Span::Text),
        Span::Strong(text) => (text, Span::Strong),
        Span::Code(text) => (text, Span::Code),
        Span::Link { .. } => return vec![span],
    };
    // The first name in the text, and of several that begin there the longest.
    let found = links.iter().filter_map(|(label, link)| Some((place_of(label, text)?, *label, *link)));
    let Some((at, label, link)) = found.min_by_key(|(at, label, _)| (*at, std::cmp::Reverse(label.len())))
    else {
        return vec![span];
    };
    let (before, behind) = (&text[..at], &text[at + label.len()..]);
    let mut spans = Vec::new();
    if !before.is_empty() {
        spans.push(again(before.to_owned()));
    }
    spans.push(link.clone());
    if !behind.is_empty() {
        spans.extend(linked_span(again(behind.to_owned()), links));
    }
    spans
}

/// Where `name` stands in `text`, and not as a part of a longer one.
fn place_of(name: &str, text: &str) -> Option<usize> {
    let is_inside = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-');
    let is_whole =
        |at: &usize| !text[..*at].ends_with(is_inside) && !text[at + name.len()..].starts_with(is_inside);
    text.match_indices(name).map(|(at, _)| at).find(is_whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_links_again() {
        let link = |label: &str| Span::Link { label: label.to_owned(), href: format!("/{}", label.len()) };
        let text = |text: &str| Span::Text(text.to_owned());
        let composed =
            [Block::Paragraph(vec![link("6G"), text(" failed")]), Block::List(vec![vec![link("6G (E2E)")]])];
        let check = |said: Span, expect: &[Span]| {
            let said = vec![Block::List(vec![vec![said]])];
            assert_eq!(linked(said, &composed), [Block::List(vec![expect.to_vec()])]);
        };
        check(
            text("All of 6G, and 6G."),
            &[text("All of "), link("6G"), text(", and "), link("6G"), text(".")],
        );
        check(text("6G (E2E)"), &[link("6G (E2E)")]);
        check(Span::Code("6G".to_owned()), &[link("6G")]);
        check(Span::Strong("6G failed".to_owned()), &[link("6G"), Span::Strong(" failed".to_owned())]);
        for other in ["6G-SLICE", "A6G", "6G_V2", "6g", "", "é6G"] {
            check(text(other), &[text(other)]);
        }
    }
}
