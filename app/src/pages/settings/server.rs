//! This server: version, sources, storage.

use super::times::moment_or;
use super::{card, table};
use crate::api::settings::{CheckSources, get_server};
use crate::components::error_page::ErrorPage;
use crate::components::form::{Outcome, SubmitButton, changes, keep_focus, last_attempt, sentence};
use crate::components::skeleton::Skeleton;
use crate::components::status_badge::{StatusBadge, Tone};
use leptos::either::Either;
use leptos::prelude::*;
use model::identity::{ServerView, StorageView};
use model::source::{SourceState, SourceStatus};

/// The section.
pub(crate) fn server_section() -> AnyView {
    let check = ServerAction::<CheckSources>::new();
    let checked = changes(check);
    let server = Resource::new(move || checked.get(), |_| get_server());
    keep_focus(move || server.track());
    view! {
        <Transition fallback=Skeleton>
            {move || {
                server.get().map(|server| match server {
                    Ok(server) => Either::Left(cards(server, check)),
                    Err(error) => Either::Right(view! { <ErrorPage error/> }),
                })
            }}
        </Transition>
    }
    .into_any()
}

fn cards(server: ServerView, check: ServerAction<CheckSources>) -> AnyView {
    let version = view! {
        <dl class="facts"><dt>"Version"</dt><dd class="mono">{server.version}</dd></dl>
    };
    let headings = ["Source", "State", "Took", "Last answered", "Error"];
    let rows = server.sources.into_iter().map(source_row).collect();
    let sources = view! {
        {table("Sources", &headings, rows)}
        <ActionForm action=check>
            <Outcome attempts=vec![last_attempt(check)] done="Every source was asked just now."/>
            <SubmitButton label="Test the sources" pending=check.pending()/>
        </ActionForm>
    };
    view! {
        {card("Program", "", version.into_any())}
        {card("Sources", "Where the estate is read. They are read only.", sources.into_any())}
        {card("Storage", "Where accounts, keys and the audit trail are kept.", storage(server.storage))}
    }
    .into_any()
}

fn source_row(source: SourceStatus) -> AnyView {
    let (tone, label) = match source.state {
        SourceState::Up => (Tone::Success, "up"),
        SourceState::Down => (Tone::Failed, "down"),
        SourceState::Starting => (Tone::Idle, "not asked yet"),
    };
    let took = source.latency_ms.map_or_else(|| "—".to_owned(), |latency_ms| format!("{latency_ms} ms"));
    view! {
        <tr>
            <th scope="row">{sentence(source.name.label()).trim_end_matches('.').to_owned()}</th>
            <td><StatusBadge tone label/></td>
            <td class="mono">{took}</td>
            <td>{moment_or(source.last_success, "never")}</td>
            <td>{source.error.unwrap_or_default()}</td>
        </tr>
    }
    .into_any()
}

fn storage(storage: StorageView) -> AnyView {
    view! {
        <dl class="facts">
            <dt>"Kind"</dt><dd>{storage.kind}</dd>
            <dt>"Place"</dt><dd class="mono">{storage.place}</dd>
            <dt>"Schema"</dt><dd class="mono">{format!("version {}", storage.schema_version)}</dd>
            <dt>"Size"</dt><dd class="mono">{size(storage.size_bytes)}</dd>
            <dt>"Audit records"</dt><dd class="mono">{storage.audit_records}</dd>
        </dl>
    }
    .into_any()
}

/// `4.2 MB`: bytes in the unit that leaves one to three digits before the point.
fn size(bytes: i64) -> String {
    const UNITS: [&str; 4] = ["KB", "MB", "GB", "TB"];
    if bytes < 1000 {
        return format!("{bytes} B");
    }
    let mut amount = bytes as f64;
    let mut unit = "B";
    for larger in UNITS {
        if amount < 999.95 {
            break;
        }
        amount /= 1000.0;
        unit = larger;
    }
    format!("{amount:.1} {unit}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_size_has_one_unit() {
        let check = |bytes, expect: &str| assert_eq!(size(bytes), expect);
        check(0, "0 B");
        check(999, "999 B");
        check(1000, "1.0 KB");
        check(999_949, "999.9 KB");
        check(999_999, "1.0 MB");
        check(4_200_000, "4.2 MB");
        check(5_000_000_000_000_000, "5000.0 TB");
    }
}
