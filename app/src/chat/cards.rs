//! The data of an answer, by kind.

mod batch;
mod compare;
mod failures;
mod history;
mod runs;

use super::sql::sql_card;
use crate::components::run_link::add_parameters;
use crate::location::{Place, essential_path};
use crate::time::Zone;
use leptos::prelude::*;
use model::ask::Card;
use model::{BusinessDate, DatasetId, EssentialName, Phase};

/// Rows that a card shows before the rest has to be opened.
const FIRST_ROWS: usize = 6;

/// A card.
pub(super) fn card_view(card: &Card, place: &Place, zone: &Zone) -> AnyView {
    match card {
        Card::Overview(card) => batch::overview(card, place),
        Card::BatchStatus(card) => batch::status(card, place, zone),
        Card::SliceStatus(card) => runs::slices(card, place, zone),
        Card::RcaAnalysis(card) => failures::failures(card, place, zone),
        Card::TaskDetails(card) => runs::tasks(card, place, zone),
        Card::Runs(card) => runs::runs(card, place, zone),
        Card::HistoricalRuns(card) => history::history(card, place),
        Card::HistoricalComparison(card) => compare::comparison(card, place),
        Card::Dependencies(card) => compare::dependencies(card, place),
        Card::SqlResult(card) => sql_card(card),
    }
}

/// How much a card's content matters: the colour of its left edge. The words say the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Severity {
    /// Something failed.
    High,
    /// Something is at work.
    Low,
    /// Neither.
    None,
}

impl Severity {
    fn of_counts(failed: usize, running: usize) -> Self {
        match (failed, running) {
            (0, 0) => Self::None,
            (0, _) => Self::Low,
            _ => Self::High,
        }
    }

    fn class(self) -> &'static str {
        match self {
            Self::High => "data-card is-high",
            Self::Low => "data-card is-low",
            Self::None => "data-card",
        }
    }
}

/// A card with its heading.
fn frame(severity: Severity, heading: AnyView, content: AnyView) -> AnyView {
    view! {
        <section class=severity.class()>
            <div class="data-card-header">{heading}</div>
            {content}
        </section>
    }
    .into_any()
}

/// A key with its value.
fn row(key: impl IntoView, value: impl IntoView) -> AnyView {
    view! { <div class="data-row"><dt>{key}</dt><dd>{value}</dd></div> }.into_any()
}

/// A list of keys with values; those past the first few have to be opened.
fn rows(mut rows: Vec<AnyView>, what: &str) -> AnyView {
    let rest = rows.split_off(rows.len().min(FIRST_ROWS));
    let more = (!rest.is_empty()).then(|| {
        let label = format!("{} more {what}", rest.len());
        view! { <details class="data-more"><summary>{label}</summary><dl>{rest}</dl></details> }
    });
    view! { <dl>{rows}</dl> {more} }.into_any()
}

/// An essential's page on a date.
fn essential_href(place: &Place, name: &EssentialName, date: BusinessDate, phase: Option<Phase>) -> String {
    let href = Place { date: Some(date), ..place.elsewhere() }.href(&essential_path(name));
    match phase {
        Some(phase) => add_parameters(href, [("phase", phase.as_str())]),
        None => href,
    }
}

/// A link to an essential's page.
fn essential_link(place: &Place, name: &EssentialName, label: &str, date: BusinessDate) -> AnyView {
    view! { <a href=essential_href(place, name, date, None)>{label.to_owned()}</a> }.into_any()
}

/// A dataset, shortened, with a link to its runs.
fn dataset_link(place: &Place, date: BusinessDate, dataset: &DatasetId) -> AnyView {
    let href = Place { date: Some(date), ..place.elsewhere() }.href("/explorer");
    let href = add_parameters(href, [("dataset", &*format!("={dataset}"))]);
    view! { <a class="mono" href=href title=dataset.to_string()>{short_dataset(dataset)}</a> }.into_any()
}

/// `com.jpmc...6g_calc_results`: where it belongs, and what it is.
fn short_dataset(dataset: &DatasetId) -> String {
    let (whole, end) = (dataset.as_str(), dataset.workflow_id());
    let start: Vec<_> = whole.splitn(3, '.').take(2).collect();
    match end.len() + 12 < whole.len() && start.len() == 2 {
        true => format!("{}...{end}", start.join(".")),
        false => whole.to_owned(),
    }
}

/// `18-Feb-2026, PRELIM`.
fn date_and_phase(date: BusinessDate, phase: Option<Phase>) -> String {
    match phase {
        Some(phase) => format!("{}, {phase}", date.label()),
        None => date.label(),
    }
}

/// Minutes, as hours and minutes where there are many.
fn minutes(minutes: i64) -> String {
    crate::time::duration(minutes * 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dataset_is_shortened_in_the_middle() {
        let check = |id: &str, expect: &str| assert_eq!(short_dataset(&DatasetId::new(id)), expect);
        check("com.jpmc.ct.lri.sls-6g_calc_results", "com.jpmc...6g_calc_results");
        check("a-b", "a-b");
        check("plain", "plain");
    }

    #[test]
    fn failures_matter_more_than_work() {
        assert_eq!(Severity::of_counts(0, 0), Severity::None);
        assert_eq!(Severity::of_counts(0, 2), Severity::Low);
        assert_eq!(Severity::of_counts(1, 2), Severity::High);
    }
}
