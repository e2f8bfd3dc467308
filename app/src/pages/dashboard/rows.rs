//! The table of essentials as plain data: what each row says, which rows are shown, in which order.

use crate::components::status_badge::{Tone, essential_tone};
use crate::components::summary_cards::StatusFilter;
use crate::letters::lowercase;
use crate::location::Place;
use model::view::{RunColumn, SortOrder};
use model::{
    Board, DatasetBoard, DatasetStatus, EssentialBoard, EssentialName, EssentialStatus, Phase, Summary,
    Timestamp,
};
use std::cmp::Ordering;

/// A column of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Column {
    /// Display name.
    Essential,
    /// Status in the phase shown.
    Status,
    /// Both phases.
    Phases,
    /// Share of datasets done.
    Progress,
    /// Number of datasets.
    Datasets,
    /// Earliest start.
    Started,
    /// Latest update.
    Updated,
    /// When it will be done.
    Eta,
}

impl Column {
    /// In the order they are shown.
    pub const ALL: [Self; 8] = [
        Self::Essential,
        Self::Status,
        Self::Phases,
        Self::Progress,
        Self::Datasets,
        Self::Started,
        Self::Updated,
        Self::Eta,
    ];

    /// The word in `sort=`.
    pub fn key(self) -> &'static str {
        match self {
            Self::Essential => "essential",
            Self::Status => "status",
            Self::Phases => "phases",
            Self::Progress => "progress",
            Self::Datasets => "datasets",
            Self::Started => "started",
            Self::Updated => "updated",
            Self::Eta => "eta",
        }
    }

    /// The heading.
    pub fn label(self) -> &'static str {
        match self {
            Self::Essential => "Essential",
            Self::Status => "Status",
            Self::Phases => "Prelim / Final",
            Self::Progress => "Progress",
            Self::Datasets => "Datasets",
            Self::Started => "Started",
            Self::Updated => "Last Updated",
            Self::Eta => "ETA",
        }
    }

    /// The column of that word.
    pub fn parse(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|column| column.key() == key)
    }
}

/// When an essential will be done. A time is only named once something predicts one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Eta {
    /// It is.
    Done,
    /// Nothing says when.
    Unknown,
    /// Not before somebody repairs it.
    Blocked,
}

impl Eta {
    /// As the table shows it.
    pub fn label(self) -> &'static str {
        match self {
            Self::Done => "Done",
            Self::Unknown => "—",
            Self::Blocked => "Blocked",
        }
    }
}

/// One essential in the table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Canonical name.
    pub name: EssentialName,
    /// The name people see.
    pub display_name: String,
    /// In the phase shown, or overall.
    pub status: EssentialStatus,
    /// Of the first pass.
    pub prelim: EssentialStatus,
    /// Of the second pass.
    pub final_: EssentialStatus,
    /// Datasets SUCCESS.
    pub done: usize,
    /// Datasets in all.
    pub total: usize,
    /// Earliest start.
    pub started_at: Option<Timestamp>,
    /// Latest update.
    pub last_updated: Option<Timestamp>,
    /// Essentials it waits for.
    pub waiting_for: Vec<EssentialName>,
}

impl Row {
    /// `essential` in `phase`, or overall with the numbers of the phase it is in.
    pub fn of(essential: &EssentialBoard, phase: Option<Phase>) -> Self {
        let numbers = phase.map_or_else(|| essential.current(), |phase| essential.in_phase(phase));
        Self {
            name: essential.name.clone(),
            display_name: essential.display_name.clone(),
            status: essential.status_in(phase),
            prelim: essential.prelim.status,
            final_: essential.final_.status,
            done: numbers.success,
            total: numbers.total_datasets,
            started_at: numbers.started_at,
            last_updated: numbers.last_updated,
            waiting_for: essential.waiting_for.clone(),
        }
    }

    /// Colour of badge and bar.
    pub fn tone(&self) -> Tone {
        essential_tone(self.status)
    }

    /// When it will be done.
    pub fn eta(&self) -> Eta {
        match self.status {
            EssentialStatus::Success => Eta::Done,
            status if status.is_failure() => Eta::Blocked,
            _ => Eta::Unknown,
        }
    }

    fn compare(&self, other: &Self, column: Column) -> Ordering {
        let text = |row: &Self| lowercase(&row.display_name);
        match column {
            Column::Essential => text(self).cmp(&text(other)),
            Column::Status => urgency(self.status).cmp(&urgency(other.status)),
            Column::Phases => (urgency(self.prelim), urgency(self.final_))
                .cmp(&(urgency(other.prelim), urgency(other.final_))),
            Column::Progress => (self.done * other.total.max(1)).cmp(&(other.done * self.total.max(1))),
            Column::Datasets => self.total.cmp(&other.total),
            Column::Started => self.started_at.cmp(&other.started_at),
            Column::Updated => self.last_updated.cmp(&other.last_updated),
            Column::Eta => self.eta().cmp(&other.eta()),
        }
    }

    /// Rows without a time stand last, whichever way the others are sorted.
    fn lacks(&self, column: Column) -> bool {
        match column {
            Column::Started => self.started_at.is_none(),
            Column::Updated => self.last_updated.is_none(),
            _ => false,
        }
    }
}

/// What wants attention first.
fn urgency(status: EssentialStatus) -> u8 {
    match status {
        EssentialStatus::Failed => 0,
        EssentialStatus::PartialFailure => 1,
        EssentialStatus::Running => 2,
        EssentialStatus::Waiting => 3,
        EssentialStatus::NotStarted => 4,
        EssentialStatus::Success => 5,
    }
}

/// The rows that `place` asks for, in its order; in catalog order where it names none.
pub fn rows(board: &Board, place: &Place) -> Vec<Row> {
    let phase = place.board_phase().phase();
    let status = place.filter(RunColumn::Status).and_then(StatusFilter::parse);
    let words: Vec<_> = lowercase(&place.search).split_whitespace().map(str::to_owned).collect();
    let mut rows: Vec<_> = board
        .essentials
        .iter()
        .map(|essential| Row::of(essential, phase))
        .filter(|row| status.is_none_or(|status| status.holds(row.status)))
        .filter(|row| {
            let text = lowercase(&format!("{} {}", row.display_name, row.name));
            words.iter().all(|word| text.contains(word))
        })
        .collect();
    if let Some((column, order)) = sort(place) {
        rows.sort_by(|a, b| {
            let values = a.compare(b, column);
            let values = if order == SortOrder::Descending { values.reverse() } else { values };
            a.lacks(column).cmp(&b.lacks(column)).then(values)
        });
    }
    rows
}

/// The column that `place` sorts by, where the table has it.
pub fn sort(place: &Place) -> Option<(Column, SortOrder)> {
    let (key, order) = place.sort.as_ref()?;
    Some((Column::parse(key)?, *order))
}

/// Where a click on the heading of `column` leads: ascending, then descending, then catalog order.
pub fn sorted_by(place: &Place, column: Column) -> Place {
    let next = match sort(place) {
        Some((current, SortOrder::Ascending)) if current == column => Some(SortOrder::Descending),
        Some((current, SortOrder::Descending)) if current == column => None,
        _ => Some(SortOrder::Ascending),
    };
    Place { sort: next.map(|order| (column.key().to_owned(), order)), ..place.clone() }
}

/// Where a click on the arrow of `name` leads.
pub fn toggled(place: &Place, name: &EssentialName) -> Place {
    let mut place = place.clone();
    match place.open.iter().position(|open| open == name) {
        Some(at) => {
            place.open.remove(at);
        }
        None => place.open.push(name.clone()),
    }
    place
}

/// The counts in the phase that `place` shows.
pub fn summary(board: &Board, place: &Place) -> Summary {
    match place.board_phase().phase() {
        None => board.summary,
        phase => Summary::of(board.essentials.iter().map(|essential| essential.status_in(phase))),
    }
}

/// The phase that the datasets of `essential` are shown in.
pub fn dataset_phase(essential: &EssentialBoard, place: &Place) -> Phase {
    place.board_phase().phase().unwrap_or(essential.phase)
}

/// The step that wants a look: the first that failed, else the first at work.
pub fn step_to_look_at(datasets: &[DatasetBoard], phase: Phase) -> Option<(i32, DatasetStatus)> {
    let first = |wanted| {
        let mut steps = datasets.iter().filter(|dataset| dataset.in_phase(phase).status == wanted);
        steps.next().map(|dataset| (dataset.sequence_order, wanted))
    };
    first(DatasetStatus::Failed).or_else(|| first(DatasetStatus::Running))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::location::PhaseChoice;
    use model::{BusinessDate, PhaseBoard, SnapshotId};

    fn phase(status: EssentialStatus, success: usize, started: Option<i64>) -> PhaseBoard {
        let at = started.map(|second| Timestamp::from_second(second).unwrap());
        PhaseBoard {
            status,
            total_datasets: 4,
            success,
            failed: 0,
            running: 0,
            not_started: 4 - success,
            started_at: at,
            last_updated: at,
        }
    }

    fn board() -> Board {
        use EssentialStatus::*;
        let essential = |name: &str, display: &str, prelim: PhaseBoard, final_: PhaseBoard, status| {
            let phase = if final_.status == NotStarted { Phase::Prelim } else { Phase::Final };
            EssentialBoard {
                name: name.into(),
                display_name: display.into(),
                prelim,
                final_,
                phase,
                status,
                is_waiting: status == Waiting,
                waiting_for: if status == Waiting { vec!["A".into()] } else { Vec::new() },
                datasets: Vec::new(),
            }
        };
        let none = || phase(NotStarted, 0, None);
        let essentials = vec![
            essential("TB-B", "beta", phase(Success, 4, Some(10)), phase(Running, 2, Some(50)), Running),
            essential("TB-A", "Alpha", phase(Success, 4, Some(30)), phase(Success, 4, Some(40)), Success),
            essential("TB-C", "Gamma", phase(PartialFailure, 1, Some(20)), none(), PartialFailure),
            essential("UPC", "UPC", none(), none(), Waiting),
        ];
        Board {
            id: SnapshotId(1),
            business_date: BusinessDate::parse("2026-02-18").unwrap(),
            summary: Summary::of(essentials.iter().map(|essential| essential.status)),
            essentials,
            run_count: 0,
            unrecognised_count: 0,
        }
    }

    fn names(place: &Place) -> Vec<String> {
        rows(&board(), place).into_iter().map(|row| row.display_name).collect()
    }

    fn place(query: &[(&str, &str)]) -> Place {
        Place::parse(query.iter().copied()).unwrap()
    }

    #[test]
    fn sorts_by_any_column_both_ways() {
        let check = |sort: &str, expect: [&str; 4]| {
            assert_eq!(names(&place(&[("sort", sort), ("phase", "ALL")])), expect, "{sort}");
        };
        check("", ["beta", "Alpha", "Gamma", "UPC"]);
        check("nonsense", ["beta", "Alpha", "Gamma", "UPC"]);
        check("essential", ["Alpha", "beta", "Gamma", "UPC"]);
        check("-essential", ["UPC", "Gamma", "beta", "Alpha"]);
        check("status", ["Gamma", "beta", "UPC", "Alpha"]);
        check("progress", ["UPC", "Gamma", "beta", "Alpha"]);
        check("phases", ["Gamma", "UPC", "beta", "Alpha"]);
        check("datasets", ["beta", "Alpha", "Gamma", "UPC"]);
        check("eta", ["Alpha", "beta", "UPC", "Gamma"]);
        check("started", ["Gamma", "Alpha", "beta", "UPC"]);
        check("-updated", ["beta", "Alpha", "Gamma", "UPC"]);
    }

    #[test]
    fn filters_by_card_and_by_words() {
        let check =
            |query: &[(&str, &str)], expect: &[&str]| assert_eq!(names(&place(query)), expect, "{query:?}");
        check(&[("status", "failed"), ("phase", "ALL")], &["Gamma"]);
        check(&[("status", "completed"), ("phase", "ALL")], &["Alpha"]);
        check(&[("status", "completed")], &["beta", "Alpha"]);
        check(&[("status", "not_started")], &["UPC"]);
        check(&[("q", "tb-c")], &["Gamma"]);
        check(&[("q", "TB a")], &["beta", "Alpha", "Gamma"]);
        check(&[("q", "zeta")], &[]);
    }

    #[test]
    fn each_phase_shows_its_own_numbers() {
        let row = |choice: PhaseChoice| {
            rows(&board(), &Place { phase: Some(choice), ..Place::default() }).remove(0)
        };
        let check = |choice, status, done, second| {
            let row = row(choice);
            assert_eq!((row.status, row.done, row.started_at.unwrap().as_second()), (status, done, second));
        };
        check(PhaseChoice::Prelim, EssentialStatus::Success, 4, 10);
        check(PhaseChoice::Final, EssentialStatus::Running, 2, 50);
        check(PhaseChoice::All, EssentialStatus::Running, 2, 50);
        assert_eq!(summary(&board(), &place(&[])).completed, 2);
        assert_eq!(summary(&board(), &place(&[("phase", "ALL")])).completed, 1);
    }

    #[test]
    fn eta_never_names_a_time() {
        let all = rows(&board(), &place(&[("phase", "ALL")]));
        let labels: Vec<_> = all.iter().map(|row| row.eta().label()).collect();
        assert_eq!(labels, ["—", "Done", "Blocked", "—"]);
    }

    #[test]
    fn a_heading_leads_up_then_down_then_back() {
        let up = sorted_by(&place(&[("q", "a")]), Column::Eta);
        let down = sorted_by(&up, Column::Eta);
        let back = sorted_by(&down, Column::Eta);
        assert_eq!(up.href("/"), "/?sort=eta&q=a");
        assert_eq!(down.href("/"), "/?sort=-eta&q=a");
        assert_eq!(back.href("/"), "/?q=a");
        assert_eq!(sorted_by(&down, Column::Status).href("/"), "/?sort=status&q=a");
    }

    #[test]
    fn an_arrow_opens_then_closes() {
        let open = toggled(&place(&[("open", "A")]), &"B".into());
        assert_eq!(open.href("/"), "/?open=A,B");
        assert_eq!(toggled(&open, &"A".into()).href("/"), "/?open=B");
    }

    #[test]
    fn column_keys_read_back() {
        for column in Column::ALL {
            assert_eq!(Column::parse(column.key()), Some(column));
        }
    }
}
