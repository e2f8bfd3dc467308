//! The text of an answer, node by node: what a source or a model says is never markup.

use super::links::own_href;
use crate::location::Place;
use leptos::prelude::*;
use model::ask::{Block, Span};

/// Blocks as paragraphs, lists and quotations.
pub(crate) fn block_views(blocks: &[Block], place: &Place) -> Vec<AnyView> {
    blocks.iter().map(|block| block_view(block, place)).collect()
}

fn block_view(block: &Block, place: &Place) -> AnyView {
    match block {
        Block::Paragraph(spans) => view! { <p>{span_views(spans, place)}</p> }.into_any(),
        Block::List(points) => {
            let points: Vec<_> =
                points.iter().map(|spans| view! { <li>{span_views(spans, place)}</li> }).collect();
            view! { <ul>{points}</ul> }.into_any()
        }
        Block::Code(text) => view! { <pre tabindex="0"><code>{text.clone()}</code></pre> }.into_any(),
    }
}

fn span_views(spans: &[Span], place: &Place) -> Vec<AnyView> {
    spans.iter().map(|span| span_view(span, place)).collect()
}

fn span_view(span: &Span, place: &Place) -> AnyView {
    match span {
        Span::Text(text) => text.clone().into_any(),
        Span::Strong(text) => view! { <strong>{text.clone()}</strong> }.into_any(),
        Span::Code(text) => view! { <code>{text.clone()}</code> }.into_any(),
        Span::Link { label, href } => match own_href(place, href) {
            Some(href) => view! { <a href=href>{label.clone()}</a> }.into_any(),
            None => label.clone().into_any(),
        },
    }
}

#[cfg(all(test, feature = "ssr"))]
mod tests {
    use super::*;

    fn html(block: Block) -> String {
        Owner::new().with(|| block_views(&[block], &Place::default()).to_html())
    }

    #[test]
    fn text_is_text_whatever_it_says() {
        let hostile = "<img src=x onerror=alert(1)>";
        let link = Span::Link { label: hostile.into(), href: "/rca".into() };
        for block in [
            Block::Paragraph(vec![Span::Text(hostile.into())]),
            Block::Paragraph(vec![Span::Strong(hostile.into()), link]),
            Block::List(vec![vec![Span::Code(hostile.into())]]),
            Block::Code(hostile.into()),
        ] {
            let html = html(block);
            assert!(!html.contains("<img") && html.contains("&lt;img"), "{html}");
        }
    }

    #[test]
    fn a_link_that_leads_elsewhere_is_text() {
        let of =
            |href: &str| html(Block::Paragraph(vec![Span::Link { label: "x".into(), href: href.into() }]));
        assert!(of("/rca?date=2026-02-18").contains("href=\"/rca?date=2026-02-18\""));
        for hostile in ["javascript:alert(1)", "//evil.example/", "https://evil.example/"] {
            assert!(!of(hostile).contains("href"), "{hostile}");
        }
    }
}
