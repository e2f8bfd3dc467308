//! Tool calls: closed they say what was asked, open what it rests on.

use super::links::own_href;
use crate::components::copy_button::CopyButton;
use crate::location::Place;
use crate::time::Zone;
use leptos::prelude::*;
use model::ask::{ToolStatus, ToolUse};

/// A tool call.
pub(super) fn tool_view(tool: &ToolUse, place: &Place, zone: &Zone) -> AnyView {
    let (class, took) = match (tool.status, tool.duration_ms) {
        (ToolStatus::Executing, _) => ("tool-call", "…".to_owned()),
        (ToolStatus::Failed, _) => ("tool-call is-failed", "failed".to_owned()),
        (ToolStatus::Completed, Some(ms)) => ("tool-call", format!("{ms} ms")),
        (ToolStatus::Completed, None) => ("tool-call", String::new()),
    };
    let fact = |name: &'static str, value: Option<AnyView>| {
        value.map(|value| view! { <dt>{name}</dt><dd>{value}</dd> })
    };
    let query = tool.query.clone().map(|query| {
        view! { <pre tabindex="0"><code>{query.clone()}</code></pre> <CopyButton text=query what="the query"/> }
            .into_any()
    });
    let rows = tool.row_count.map(|rows| rows.to_string().into_any());
    let as_of =
        tool.as_of.map(|at| view! { <time datetime=at.to_string()>{zone.exact(at)}</time> }.into_any());
    let link = tool
        .link
        .as_deref()
        .and_then(|href| own_href(place, href))
        .map(|href| view! { <a href=href>"Open the page that shows this"</a> }.into_any());
    let error = tool.error.clone().map(|error| error.into_any());
    view! {
        <details class=class>
            <summary class="tool-call-header">
                <span class="tool-icon" aria-hidden="true">"⚡"</span>
                <span class="tool-call-name">{call(tool)}</span>
                <span class="tool-call-took">{took}</span>
            </summary>
            <dl class="tool-call-facts">
                {fact("Asked", query)}
                {fact("Rows", rows)}
                {fact("As of", as_of)}
                {fact("Error", error)}
                {fact("Page", link)}
            </dl>
        </details>
    }
    .into_any()
}

/// `get_batch_status("2026-02-18", "PRELIM")`.
fn call(tool: &ToolUse) -> String {
    let arguments: Vec<_> = tool.input.values().map(|value| format!("{value:?}")).collect();
    format!("{}({})", tool.tool, arguments.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tool(input: &[(&str, &str)]) -> ToolUse {
        ToolUse {
            id: 1,
            tool: "get_batch_status".into(),
            input: input.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
            status: ToolStatus::Completed,
            duration_ms: Some(12),
            row_count: Some(8),
            query: Some("SELECT '<b>' FROM WORKFLOW_RUN_INSTANCE".into()),
            as_of: model::Timestamp::from_second(0).ok(),
            link: Some("/essentials/6G".into()),
            error: None,
        }
    }

    #[test]
    fn a_call_is_written_like_one() {
        assert_eq!(call(&tool(&[])), "get_batch_status()");
        let two = tool(&[("business_date", "2026-02-18"), ("phase", "PRELIM")]);
        assert_eq!(call(&two), "get_batch_status(\"2026-02-18\", \"PRELIM\")");
    }

    #[cfg(feature = "ssr")]
    #[test]
    fn open_it_shows_what_it_rests_on() {
        let html =
            |tool: &ToolUse| Owner::new().with(|| tool_view(tool, &Place::default(), &Zone::UTC).to_html());
        let whole = html(&tool(&[]));
        for part in
            ["12 ms", "SELECT '&lt;b&gt;'", ">8<", "1970-01-01 00:00:00 UTC", "href=\"/essentials/6G\""]
        {
            assert!(whole.contains(part), "{part}: {whole}");
        }
        let failed = ToolUse {
            status: ToolStatus::Failed,
            error: Some("the source is down".into()),
            link: Some("https://evil.example".into()),
            ..tool(&[])
        };
        let failed = html(&failed);
        assert!(failed.contains("the source is down") && failed.contains("is-failed"), "{failed}");
        assert!(!failed.contains("evil.example"), "{failed}");
    }
}
