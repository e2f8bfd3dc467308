//! How many essentials are in which state; each card filters the table below.

use crate::location::Place;
use leptos::prelude::*;
use model::view::RunColumn;
use model::{EssentialStatus, Summary};

/// Which essentials a card counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StatusFilter {
    /// SUCCESS.
    Completed,
    /// RUNNING.
    Running,
    /// FAILED and PARTIAL_FAILURE.
    Failed,
    /// NOT_STARTED and WAITING.
    NotStarted,
}

impl StatusFilter {
    /// In the order of the cards.
    pub const ALL: [Self; 4] = [Self::Completed, Self::Running, Self::Failed, Self::NotStarted];

    /// The word in `status=`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Completed => "completed",
            Self::Running => "running",
            Self::Failed => "failed",
            Self::NotStarted => "not_started",
        }
    }

    /// The filter of that word.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|filter| filter.as_str() == text)
    }

    /// Whether `status` is counted here.
    pub fn holds(self, status: EssentialStatus) -> bool {
        self.count(&Summary::of([status])) == 1
    }

    /// The count in `summary`.
    pub fn count(self, summary: &Summary) -> usize {
        match self {
            Self::Completed => summary.completed,
            Self::Running => summary.running,
            Self::Failed => summary.failed,
            Self::NotStarted => summary.not_started,
        }
    }

    fn texts(self) -> (&'static str, &'static str) {
        match self {
            Self::Completed => ("Completed", "All steps success"),
            Self::Running => ("Running", "In progress"),
            Self::Failed => ("Failed", "Needs attention"),
            Self::NotStarted => ("Not Started", "Pending trigger"),
        }
    }
}

/// The five cards.
#[component]
pub fn SummaryCards(
    /// Where the page is.
    place: Memo<Place>,
    /// The counts.
    #[prop(into)]
    summary: Signal<Summary>,
) -> impl IntoView {
    let chosen = Memo::new(move |_| place.with(|place| place.filter(RunColumn::Status).map(str::to_owned)));
    let card = move |filter: Option<StatusFilter>| {
        let word = filter.map_or("", StatusFilter::as_str);
        let (label, sub) = filter.map_or(("Total Batches", "Tracking today"), StatusFilter::texts);
        let is_chosen = move || chosen.with(|chosen| chosen.as_deref() == filter.map(StatusFilter::as_str));
        let href = move || {
            let mut place = place.get();
            place.set_filter(RunColumn::Status, if is_chosen() { "" } else { word });
            place.href("/")
        };
        let count = move || summary.with(|all| filter.map_or(all.total, |filter| filter.count(all)));
        view! {
            <li>
                <a class="summary-card" href=href aria-current=move || (filter.is_some() && is_chosen()).then_some("true")>
                    <span class="summary-card-label">{label}</span>
                    <span class=format!("summary-card-value {word}")>{count}</span>
                    <span class="summary-card-sub">{sub}</span>
                </a>
            </li>
        }
    };
    view! {
        <ul class="summary-cards" aria-label="Essentials by status">
            {card(None)} {StatusFilter::ALL.map(|filter| card(Some(filter)))}
        </ul>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_status_is_counted_by_exactly_one_card() {
        use EssentialStatus::*;
        for status in [Success, PartialFailure, Failed, Running, NotStarted, Waiting] {
            let holding = StatusFilter::ALL.into_iter().filter(|filter| filter.holds(status)).count();
            assert_eq!(holding, 1, "{status:?}");
        }
    }

    #[test]
    fn words_read_back() {
        for filter in StatusFilter::ALL {
            assert_eq!(StatusFilter::parse(filter.as_str()), Some(filter));
        }
        assert_eq!(StatusFilter::parse("FAILED"), None);
    }
}
