//! The explorer: every run of a date, searched, filtered, sorted and cut into windows.

use crate::{Result, Service, Snapshot};
use model::audit::AuditEntry;
use model::view::{RunColumn, RunListItem, RunQuery, RunsView, SortOrder};
use model::{Actor, Board, BusinessDate, DatasetId, Run, Timestamp};
use std::collections::HashMap;

/// Rows of one window at the most.
pub const MOST_ROWS: usize = 1_000;

impl Service {
    /// The runs of `date` that `query` selects, from `offset`, at most `limit` (and never more
    /// than [`MOST_ROWS`]); the counts are always of the whole.
    pub async fn list_runs(
        &self,
        actor: &Actor,
        date: BusinessDate,
        query: &RunQuery,
        offset: usize,
        limit: usize,
    ) -> Result<RunsView> {
        let snapshot = self.get_board(actor, date).await?;
        let selection = Selection::new(&snapshot, query);
        let rows = selection.items(offset, limit.min(MOST_ROWS)).collect();
        Ok(RunsView {
            rows,
            offset,
            matching: selection.runs.len(),
            total: snapshot.runs.len(),
            polled_at: snapshot.polled_at,
            now: self.clock().now(),
            sources: snapshot.sources.clone(),
        })
    }

    /// Every run of `date` that `query` selects: what an export writes.
    pub async fn export_runs(
        &self,
        actor: &Actor,
        date: BusinessDate,
        query: &RunQuery,
    ) -> Result<Vec<RunListItem>> {
        let snapshot = self.get_board(actor, date).await?;
        snapshot.board()?; // nothing known is not the same as no rows
        self.record(AuditEntry::by(actor, "runs.export", format!("runs:{date}"))).await?;
        let selection = Selection::new(&snapshot, query);
        Ok(selection.items(0, usize::MAX).collect())
    }
}

/// The runs that a query selects, in its order.
struct Selection<'a> {
    runs: Vec<&'a Run>,
    essentials: HashMap<&'a DatasetId, Vec<&'a str>>,
    /// When the sources answered: to then a run lasts that is not over. So the same poll gives
    /// every reader the same rows.
    as_of: Option<Timestamp>,
}

impl<'a> Selection<'a> {
    fn new(snapshot: &'a Snapshot, query: &RunQuery) -> Self {
        let essentials = snapshot.board.as_deref().map(essentials_by_dataset).unwrap_or_default();
        let mut selection = Self { runs: Vec::new(), essentials, as_of: snapshot.polled_at };
        let words: Vec<String> = query.search.split_whitespace().map(str::to_lowercase).collect();
        let filters: Vec<(RunColumn, String)> =
            query.filters.iter().map(|(column, text)| (*column, text.trim().to_lowercase())).collect();
        let mut runs: Vec<&Run> =
            snapshot.runs.iter().filter(|run| selection.selects(run, &words, &filters)).collect();
        let (column, order) = query.sort.unwrap_or((RunColumn::Started, SortOrder::Descending));
        // Compare numbers as numbers; build the text of a text column once a row.
        match column {
            RunColumn::Started => runs.sort_by_key(|run| run.row.created_at),
            RunColumn::Updated => runs.sort_by_key(|run| run.row.updated_at),
            RunColumn::Duration => runs.sort_by_key(|run| selection.duration_s(run)),
            text => runs.sort_by_cached_key(|run| selection.text(run, text).to_lowercase()),
        }
        if order == SortOrder::Descending {
            runs.reverse();
        }
        selection.runs = runs;
        selection
    }

    fn selects(&self, run: &Run, words: &[String], filters: &[(RunColumn, String)]) -> bool {
        let fits = |(column, wanted): &(RunColumn, String)| {
            let value = self.text(run, *column).to_lowercase();
            match wanted.strip_prefix('=') {
                Some(whole) => value == whole.trim(),
                None => value.contains(wanted),
            }
        };
        let row = || RunColumn::ALL.map(|column| self.text(run, column).to_lowercase());
        filters.iter().all(fits)
            && (words.is_empty() || {
                let row = row();
                words.iter().all(|word| row.iter().any(|value| value.contains(word)))
            })
    }

    /// What the explorer shows in `column`, as text.
    fn text(&self, run: &Run, column: RunColumn) -> String {
        match column {
            RunColumn::Essential => self.names(run).join(", "),
            RunColumn::Dataset => run.row.dataset_id.to_string(),
            RunColumn::Dag => run.row.dag_id.to_string(),
            RunColumn::Slice => run.slice.as_ref().map(ToString::to_string).unwrap_or_default(),
            RunColumn::Trigger => trigger_label(run),
            RunColumn::Phase => run.phase.map(|phase| phase.to_string()).unwrap_or_default(),
            RunColumn::Status => run.row.status.clone(),
            RunColumn::Started => run.row.created_at.to_string(),
            RunColumn::Updated => run.row.updated_at.to_string(),
            RunColumn::Duration => self.duration_s(run).to_string(),
            RunColumn::Run => run.row.run_id.to_string(),
        }
    }

    fn duration_s(&self, run: &Run) -> i64 {
        run.duration_s(self.as_of.unwrap_or(run.row.updated_at))
    }

    fn names(&self, run: &Run) -> &[&'a str] {
        self.essentials.get(&run.row.dataset_id).map_or(&[], Vec::as_slice)
    }

    fn items(&self, offset: usize, limit: usize) -> impl Iterator<Item = RunListItem> {
        let window = self.runs.iter().skip(offset).take(limit);
        window.map(|run| list_item(run, self.names(run), self.duration_s(run)))
    }
}

/// A run as lists show it; `essentials` are the display names of those that hold its dataset.
pub(crate) fn list_item(run: &Run, essentials: &[&str], duration_s: i64) -> RunListItem {
    RunListItem {
        key: run.row.key,
        essentials: essentials.iter().map(ToString::to_string).collect(),
        dataset_id: run.row.dataset_id.clone(),
        dag_id: run.row.dag_id.clone(),
        run_id: run.row.run_id.clone(),
        slice: run.slice.clone(),
        trigger: trigger_label(run),
        phase: run.phase,
        status: run.row.status.clone(),
        started_at: run.row.created_at,
        updated_at: run.row.updated_at,
        duration_s,
        oddities: run.oddities.clone(),
    }
}

fn trigger_label(run: &Run) -> String {
    run.trigger().map_or_else(|| run.row.trigger_type.clone(), |trigger| trigger.label().to_owned())
}

fn essentials_by_dataset(board: &Board) -> HashMap<&DatasetId, Vec<&str>> {
    let mut names: HashMap<&DatasetId, Vec<&str>> = HashMap::new();
    for essential in &board.essentials {
        for dataset in &essential.datasets {
            names.entry(&dataset.dataset_id).or_default().push(&essential.display_name);
        }
    }
    names
}
