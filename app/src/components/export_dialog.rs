//! Exports what a page shows, and more: a dialog that chooses kind, form and range, and tells how far the file is.
//!
//! Without a script its button is a link to the file.

#[cfg(not(feature = "ssr"))]
mod download;

use crate::components::figures::{count, megabytes};
use crate::location::Place;
use crate::pages::agents::with_parameters;
use leptos::html;
use leptos::prelude::*;
use model::telemetry::view::TimeRange;

/// Where files come from.
const PATH: &str = "/api/v1/export";

/// A kind of records: its word in the address, what people call it, and what its columns are.
struct Kind {
    word: &'static str,
    label: &'static str,
    columns: &'static str,
}

const KINDS: [Kind; 9] = [
    Kind {
        word: "metrics",
        label: "Metrics (records)",
        columns: "One row a record: when, latency, throughput, cost a request, CPU, GPU, memory, and what the sender adds.",
    },
    Kind {
        word: "points",
        label: "Metrics (OpenTelemetry)",
        columns: "One row a point: when, what is measured, under which name it was sent, unit, value, attributes.",
    },
    Kind {
        word: "events",
        label: "Events",
        columns: "One row an event: when, type, SDK, trace, user, session, cost where it tells of tokens, body and context as JSON.",
    },
    Kind {
        word: "spans",
        label: "Spans",
        columns: "One row a span: trace, parent, name, operation, start, end, duration, status, model, tokens, cost and where it is from, all attributes as JSON.",
    },
    Kind {
        word: "traces",
        label: "Traces",
        columns: "One row a trace: start, end, duration, spans, errors, user, session, calls, tokens, cost, calls without a known cost.",
    },
    Kind {
        word: "logs",
        label: "Logs",
        columns: "One row a record: when, level, message, trace and span, attributes as JSON.",
    },
    Kind {
        word: "sessions",
        label: "Sessions",
        columns: "One row a session: its agent and user, first and last seen, traces, calls, tokens, cost.",
    },
    Kind {
        word: "costs",
        label: "Costs",
        columns: "One row a day, agent and model: calls, errors, tokens, cost, calls without a known cost.",
    },
    Kind {
        word: "agents",
        label: "Agents",
        columns: "One row an agent: id, name, status, first and last seen, what it says of itself.",
    },
];

/// Forms of a file: the word in the address, and what people call it.
const FORMATS: [(&str, &str); 3] = [("csv", "CSV"), ("jsonl", "JSON lines"), ("parquet", "Parquet")];

/// What to export.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Wanted {
    kind: &'static str,
    format: &'static str,
    from: String,
    to: String,
    /// Id or name; empty for all.
    agent: String,
}

impl Wanted {
    /// Where the file is.
    fn href(&self, place: &Place) -> String {
        let parameters = [
            ("data_type", self.kind.to_owned()),
            ("format", self.format.to_owned()),
            ("start_date", self.from.trim().to_owned()),
            ("end_date", self.to.trim().to_owned()),
            ("agent_id", self.agent.trim().to_owned()),
        ];
        let said: Vec<_> = parameters.into_iter().filter(|(_, value)| !value.is_empty()).collect();
        with_parameters(place, PATH, &said)
    }
}

/// How far a file is.
#[cfg_attr(feature = "ssr", expect(dead_code, reason = "only browsers read files piece by piece"))]
#[derive(Clone, Debug, Default, PartialEq, Eq)]
enum State {
    /// Not begun.
    #[default]
    Idle,
    /// On its way.
    Running(Progress),
    /// In the reader's downloads.
    Done(Progress),
    /// Given up by its reader.
    Cancelled,
    /// Not to be had: why.
    Failed(String),
}

/// How much of a file is there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Progress {
    bytes: u64,
    /// Lines so far, where the form has lines: a text with a line break counts as two.
    rows: Option<u64>,
    /// Rows in all, where the server counts them first.
    total: Option<u64>,
}

impl Progress {
    /// `1,200 of 5,000 rows, 3.4 MB`
    fn words(self) -> String {
        let size = megabytes(self.bytes as f64 / 1e6);
        match (self.rows, self.total) {
            (Some(rows), Some(total)) => format!("{} of {} rows, {size}", count(rows), count(total)),
            (Some(rows), None) => format!("{} rows, {size}", count(rows)),
            (None, Some(total)) => format!("{} rows in all, {size} so far", count(total)),
            (None, None) => size,
        }
    }
}

impl State {
    fn words(&self) -> String {
        match self {
            Self::Idle => String::new(),
            Self::Running(progress) => format!("On its way: {}.", progress.words()),
            Self::Done(progress) => format!("Done: {}.", progress.words()),
            Self::Cancelled => "Cancelled: nothing was saved.".to_owned(),
            Self::Failed(why) => why.clone(),
        }
    }

    fn is_running(&self) -> bool {
        matches!(self, Self::Running(_))
    }
}

/// A button that opens the dialog for records of `kind`, of the agent (id or name; empty for all) and range that the
/// page's address names.
pub(crate) fn export_dialog(
    kind: &'static str,
    agent: impl Fn() -> String + Send + Sync + 'static,
    range: Memo<TimeRange>,
    place: Memo<Place>,
) -> AnyView {
    let shown = Memo::new(move |_| {
        let TimeRange { from, to } = range.get();
        Wanted { kind, format: FORMATS[0].0, from: from.to_string(), to: to.to_string(), agent: agent() }
    });
    let wanted = RwSignal::new(shown.get_untracked());
    let state = RwSignal::new(State::default());
    let dialog = NodeRef::<html::Dialog>::new();
    #[cfg(not(feature = "ssr"))]
    let download = download::Download::new(state);
    let on_open = move |event: leptos::ev::MouseEvent| {
        if let Some(dialog) = dialog.get_untracked() {
            event.prevent_default();
            wanted.set(shown.get_untracked());
            state.set(State::Idle);
            let _ = dialog.show_modal();
        }
    };
    let on_submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        #[cfg(not(feature = "ssr"))]
        if !state.with_untracked(State::is_running) {
            let wanted = wanted.get_untracked();
            download.begin(wanted.href(&place.get_untracked()), wanted.format != "parquet");
        }
    };
    let cancel = move || {
        #[cfg(not(feature = "ssr"))]
        download.cancel();
    };
    let close = move |_| {
        if let Some(dialog) = dialog.get_untracked() {
            dialog.close();
        }
    };
    let href = move || wanted.with(|wanted| wanted.href(&place.read()));
    let is_running = Memo::new(move |_| state.with(State::is_running));
    view! {
        <a class="quick-action" href=move || shown.with(|shown| shown.href(&place.read())) download="" rel="external"
            aria-haspopup="dialog" on:click=on_open>"Export…"</a>
        // Keys mean what they mean in a dialog, not what they mean on the page.
        <dialog class="export-dialog" node_ref=dialog aria-label="Export" on:close=move |_| cancel()
            on:keydown=|event| event.stop_propagation()>
            <h2 class="page-title">"Export"</h2>
            <form method="get" action=PATH on:submit=on_submit>
                {fields(wanted)}
                <div class="export-actions">
                    <button class="button" type="submit" aria-disabled=move || is_running.get().to_string()>"Export"</button>
                    {move || is_running.get().then(|| view! {
                        <button class="quick-action" type="button" on:click=move |_| cancel()>"Cancel"</button>
                    })}
                    <a class="quick-action" href=href download="" rel="external"
                        title="The browser saves the file by itself, however large it is">"Download directly"</a>
                    <button class="quick-action" type="button" on:click=close>"Close"</button>
                </div>
                {progress_view(state)}
            </form>
        </dialog>
    }
    .into_any()
}

/// What can be chosen.
fn fields(wanted: RwSignal<Wanted>) -> AnyView {
    let kinds = KINDS.each_ref().map(|kind| {
        let selected = move || wanted.with(|wanted| wanted.kind == kind.word);
        view! { <option value=kind.word selected=selected>{kind.label}</option> }
    });
    let on_kind = move |event| {
        let word = event_target_value(&event);
        if let Some(kind) = KINDS.iter().find(|kind| kind.word == word) {
            wanted.update(|wanted| wanted.kind = kind.word);
        }
    };
    let formats = FORMATS.map(|(word, label)| {
        let checked = move || wanted.with(|wanted| wanted.format == word);
        let on_change = move |_| wanted.update(|wanted| wanted.format = word);
        view! {
            <label class="choice">
                <input r#type="radio" name="format" value=word prop:checked=checked on:change=on_change/>
                {label}
            </label>
        }
    });
    let columns = move || {
        let of_kind = |wanted: &Wanted| KINDS.iter().find(|kind| kind.word == wanted.kind);
        wanted.with(of_kind).map(|kind| kind.columns)
    };
    let field = move |name: &'static str,
                      label: &'static str,
                      hint: &'static str,
                      of: fn(&mut Wanted) -> &mut String| {
        let value = move || wanted.with(|wanted| of(&mut wanted.clone()).clone());
        let on_input = move |event| wanted.update(|wanted| *of(wanted) = event_target_value(&event));
        view! {
            <label class="query-field">
                {label}
                <input class="filter-input" name=name placeholder=hint autocomplete="off" prop:value=value on:input=on_input/>
            </label>
        }
    };
    view! {
        <label class="query-field">
            "Records"
            <select class="filter-input" name="data_type" on:change=on_kind>{kinds.into_iter().collect::<Vec<_>>()}</select>
        </label>
        <p class="export-columns">
            {columns} " All of the range and agent below; the page's other filters do not narrow a file."
        </p>
        <fieldset class="export-formats">
            <legend>"Format"</legend>
            {formats.into_iter().collect::<Vec<_>>()}
        </fieldset>
        {field("start_date", "From (UTC)", "now-6h, or 2026-02-18T12:00", |wanted| &mut wanted.from)}
        {field("end_date", "To (UTC)", "now", |wanted| &mut wanted.to)}
        {field("agent_id", "Agent (name or id)", "all agents", |wanted| &mut wanted.agent)}
    }
    .into_any()
}

/// A bar while the file is on its way, and words for how far it is or why it is not.
fn progress_view(state: RwSignal<State>) -> AnyView {
    let bar = move || {
        let progress = state.with(|state| match state {
            State::Running(progress) => Some(*progress),
            _ => None,
        })?;
        let known = progress.rows.zip(progress.total);
        Some(view! {
            <progress aria-label="Rows" max=known.map(|(_, total)| total.to_string()) value=known.map(|(rows, _)| rows.to_string())></progress>
        })
    };
    let failed = move || state.with(|state| matches!(state, State::Failed(_)));
    view! {
        <div class="export-progress">
            {bar}
            <p class:is-bad=failed role="status">{move || state.with(State::words)}</p>
        </div>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted() -> Wanted {
        Wanted {
            kind: "traces",
            format: "jsonl",
            from: "now-6h".to_owned(),
            to: " now ".to_owned(),
            agent: String::new(),
        }
    }

    #[test]
    fn the_address_says_what_was_chosen_in_the_page_s_project() {
        let place = Place::parse([("project", "rates"), ("phase", "ALL")]).unwrap();
        let path =
            "/api/v1/export?project=rates&data_type=traces&format=jsonl&start_date=now-6h&end_date=now";
        assert_eq!(wanted().href(&place), path);
        let of_agent = Wanted { agent: "a&b".to_owned(), ..wanted() };
        assert_eq!(of_agent.href(&place), format!("{path}&agent_id=a%26b"));
    }

    #[test]
    fn progress_says_what_is_known() {
        let check = |rows, total, expect: &str| {
            assert_eq!(Progress { bytes: 3_400_000, rows, total }.words(), expect);
        };
        check(Some(1200), Some(5000), "1,200 of 5,000 rows, 3.4 MB");
        check(Some(1200), None, "1,200 rows, 3.4 MB");
        check(None, Some(5000), "5,000 rows in all, 3.4 MB so far");
        check(None, None, "3.4 MB");
    }

    #[cfg(feature = "ssr")]
    #[test]
    fn without_a_script_it_is_a_link_to_the_file() {
        let html = Owner::new().with(|| {
            let range = Memo::new(|_| TimeRange::last(3600));
            export_dialog("costs", || "planner".to_owned(), range, Memo::new(|_| Place::default())).to_html()
        });
        let href = "/api/v1/export?data_type=costs&amp;format=csv&amp;start_date=now-1h&amp;end_date=now&amp;agent_id=planner";
        for part in [href, "<dialog", "One row a day, agent and model", "role=\"status\""] {
            assert!(html.contains(part), "{part} is not in {html}");
        }
        assert!(!html.contains("<dialog open"), "{html}");
    }
}
