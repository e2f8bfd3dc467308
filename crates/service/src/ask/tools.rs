//! The Tier 1 tools, over what the actor sees: an essential that is hidden is not in any answer.

use crate::audience::Audience;
use crate::essentials::build_matrix;
use crate::failures::essential_failures;
use crate::runs::list_item;
use crate::{Error, Result, Service, Snapshot};
use agent::tool::{BoardPair, EssentialSlices, MOST_RUNS, RunFilter, answers};
use agent::{ToolAnswer, ToolCall, ToolFailure, ToolOutput};
use estate::receipt;
use futures::{StreamExt, TryStreamExt, stream};
use model::ask::PhaseWord;
use model::rules::read_runs;
use model::source::SourceName;
use model::{
    Actor, BusinessDate, Catalog, Dataset, DatasetId, ErrorKind, EssentialBoard, EssentialName, Phase, Run,
    SliceName, Timestamp, Trigger,
};
use std::sync::Arc;
use tokio::time::Instant;

/// Dates of one look into the past.
const MOST_DATES: usize = 60;
/// Dates that are asked for at once.
const DATES_AT_ONCE: usize = 4;

/// The tools, for one actor.
pub(super) struct Toolbox {
    pub(super) service: Service,
    pub(super) actor: Actor,
}

/// An answer with its receipt, but for the time it took.
struct Receipt {
    output: ToolOutput,
    query: String,
    row_count: usize,
    as_of: Option<Timestamp>,
}

/// Which runs of which dates.
struct Past<'a> {
    essentials: &'a [EssentialName],
    datasets: &'a [DatasetId],
    slices: &'a [SliceName],
    from: BusinessDate,
    to: BusinessDate,
    phase: Option<Phase>,
}

impl Toolbox {
    pub(super) async fn answer(&self, call: &ToolCall) -> std::result::Result<ToolAnswer, ToolFailure> {
        let started = Instant::now();
        let Receipt { output, query, row_count, as_of } = self.call(call).await.map_err(failure)?;
        let duration_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
        Ok(ToolAnswer { output, query, row_count, as_of, duration_ms })
    }

    async fn call(&self, call: &ToolCall) -> Result<Receipt> {
        match call {
            ToolCall::ResolveBatch { essential } => self.resolve(essential),
            ToolCall::GetBatchStatus { essentials, date } => {
                let snapshot = self.snapshot(*date).await?;
                let boards = boards(&snapshot, essentials)?;
                Ok(of_board(&snapshot, &boards, ToolOutput::Boards(boards.clone())))
            }
            ToolCall::GetBatchProgress { essential, date, phase } => {
                let snapshot = self.snapshot(*date).await?;
                let boards = boards(&snapshot, std::slice::from_ref(essential))?;
                let steps = boards.first().map(|board| answers::steps(board, phase.unwrap_or(board.phase)));
                Ok(of_board(&snapshot, &boards, ToolOutput::Progress(steps.unwrap_or_default())))
            }
            ToolCall::GetSliceStatus { essentials, datasets, slices, date, phase } => {
                let snapshot = self.snapshot(*date).await?;
                let boards = boards(&snapshot, essentials)?;
                let now = self.service.clock().now();
                let of = |board: &EssentialBoard| EssentialSlices {
                    name: board.name.clone(),
                    display_name: board.display_name.clone(),
                    slices: answers::slice_lines(
                        &matrix(&snapshot, board),
                        phase.unwrap_or(board.phase),
                        datasets,
                        slices,
                        now,
                    ),
                };
                let output = ToolOutput::Slices(boards.iter().map(of).collect());
                Ok(of_board(&snapshot, &boards, output))
            }
            ToolCall::GetTaskDetails { date, run_id } => {
                let view = self.service.get_run_tasks(&self.actor, *date, run_id).await?;
                Ok(Receipt {
                    query: receipt::tasks(&view.run.row.dag_id, run_id),
                    row_count: view.tasks.len(),
                    as_of: Some(view.now),
                    output: ToolOutput::Tasks(Box::new(view)),
                })
            }
            ToolCall::GetHistoricalRuns { essentials, datasets, slices, from, to, phase } => {
                let (from, to, phase) = (*from, *to, *phase);
                self.history(Past { essentials, datasets, slices, from, to, phase }).await
            }
            ToolCall::CompareDates { essentials, from, to } => self.compare(essentials, *from, *to).await,
            ToolCall::ListFailures { essentials, date } => {
                let snapshot = self.snapshot(*date).await?;
                let boards = boards(&snapshot, essentials)?;
                let (board, catalog) = (snapshot.board()?, &snapshot.catalog.catalog);
                let failures = |of: &EssentialBoard| essential_failures(of, board, catalog, &snapshot.runs);
                let output = ToolOutput::Failures(boards.iter().filter_map(failures).collect());
                Ok(of_board(&snapshot, &boards, output))
            }
            ToolCall::GetDependencies { essentials, date } => {
                let snapshot = self.snapshot(*date).await?;
                let catalog = &snapshot.catalog.catalog;
                let lines = answers::dependencies(snapshot.board()?, catalog, essentials);
                Ok(Receipt {
                    query: format!("The catalog's dependencies, and the board of {date}."),
                    row_count: lines.len(),
                    as_of: snapshot.polled_at,
                    output: ToolOutput::Dependencies(lines),
                })
            }
            ToolCall::FindRun(filter) => self.find_run(filter).await,
        }
    }

    async fn snapshot(&self, date: BusinessDate) -> Result<Arc<Snapshot>> {
        self.service.get_board(&self.actor, date).await
    }

    fn resolve(&self, essential: &EssentialName) -> Result<Receipt> {
        let catalog = self.catalog();
        let found = catalog.get(essential).cloned();
        let found = found.ok_or_else(|| Error::not_found("essential", essential.as_str(), Vec::new()))?;
        let status = self.service.0.sources.status(&Audience::of(&self.actor));
        let lenz = status.iter().find(|source| source.name == SourceName::LenzApi);
        Ok(Receipt {
            query: format!("The catalog's definition of {essential}."),
            row_count: found.datasets.len(),
            as_of: lenz.and_then(|source| source.last_success),
            output: ToolOutput::Batch(Box::new(found)),
        })
    }

    async fn compare(
        &self,
        essentials: &[EssentialName],
        from: BusinessDate,
        to: BusinessDate,
    ) -> Result<Receipt> {
        let (earlier, later) = tokio::try_join!(self.snapshot(from), self.snapshot(to))?;
        // Of the earlier date nothing may be known.
        let before = boards(&earlier, essentials).unwrap_or_default();
        let after = boards(&later, essentials)?;
        let pair = |board: &EssentialBoard| BoardPair {
            before: before.iter().find(|other| other.name == board.name).cloned(),
            after: board.clone(),
        };
        let ids = dataset_ids(&after);
        Ok(Receipt {
            query: format!("{};\n{}", receipt::runs(from, from, &ids), receipt::runs(to, to, &ids)),
            row_count: runs_of(&earlier, &ids) + runs_of(&later, &ids),
            as_of: later.polled_at,
            output: ToolOutput::Comparison(after.iter().map(pair).collect()),
        })
    }

    /// Runs of past dates, by the same rules as a board's: read date by date, for as many dates
    /// as may be asked for at once.
    async fn history(&self, past: Past<'_>) -> Result<Receipt> {
        let dates: Vec<BusinessDate> = std::iter::successors(Some(past.from), |date| Some(date.tomorrow()))
            .take_while(|date| *date <= past.to)
            .take(MOST_DATES + 1)
            .collect();
        if dates.len() > MOST_DATES {
            let message = format!("durations are read for at most {MOST_DATES} dates at once");
            return Err(Error::Invalid { field: "dates", message });
        }
        let whole = self.service.0.sources.catalog.current();
        let holders = holders(&self.catalog(), past.essentials);
        let wanted = |dataset: &&Dataset| past.datasets.is_empty() || past.datasets.contains(&dataset.id);
        let mut ids: Vec<DatasetId> =
            holders.iter().filter(wanted).map(|dataset| dataset.id.clone()).collect();
        ids.sort();
        ids.dedup();
        let read = |date| {
            let (sources, ids) = (&self.service.0.sources, &ids);
            async move {
                // Never closed.
                let _place = self.service.0.asking.past_places.acquire().await;
                sources.observe(SourceName::FgwDatabase, sources.runs.list_runs(date, ids)).await
            }
        };
        let days: Vec<_> =
            stream::iter(dates).map(read).buffered(DATES_AT_ONCE).try_collect().await.map_err(|error| {
                Error::Unavailable { message: format!("the {} {error}", SourceName::FgwDatabase.label()) }
            })?;
        let audience = Audience::of(&self.actor);
        let seen = |rows| audience.narrow_runs(&whole.catalog, &read_runs(rows, &whole.catalog));
        let is_held = |run: &Run| {
            let expects =
                |slice| holders.iter().any(|place| place.id == run.row.dataset_id && place.expects(slice));
            run.slice.as_ref().is_some_and(expects)
        };
        let runs: Vec<Run> = days.into_iter().flat_map(seen).filter(is_held).collect();
        Ok(Receipt {
            output: ToolOutput::History(answers::history(&runs, past.datasets, past.slices, past.phase)),
            query: receipt::runs(past.from, past.to, &ids),
            row_count: runs.len(),
            as_of: Some(self.service.clock().now()),
        })
    }

    async fn find_run(&self, filter: &RunFilter) -> Result<Receipt> {
        let snapshot = self.snapshot(filter.date).await?;
        snapshot.board()?; // nothing known is not the same as no runs
        let catalog = &snapshot.catalog.catalog;
        let holders = holders(catalog, &filter.essentials);
        let is_held = |run: &Run| {
            holders.iter().any(|place| {
                place.id == run.row.dataset_id && run.slice.as_ref().is_none_or(|slice| place.expects(slice))
            })
        };
        let is_of_phase = |run: &Run| match filter.phase {
            None => true,
            Some(PhaseWord::Manual) => run.trigger() == Some(Trigger::Manual),
            Some(word) => run.phase == word.phase(),
        };
        let fits = |run: &&Run| {
            filter.run_id.as_ref().is_none_or(|id| run.row.run_id == *id)
                && (filter.datasets.is_empty() || filter.datasets.contains(&run.row.dataset_id))
                && (filter.slices.is_empty()
                    || run.slice.as_ref().is_some_and(|slice| filter.slices.contains(slice)))
                && filter.status.is_none_or(|status| run.status() == Some(status))
                && is_of_phase(run)
                && is_held(run)
        };
        let found: Vec<&Run> = snapshot.runs.iter().rev().filter(fits).collect();
        let as_of = snapshot.polled_at;
        let item = |run: &&Run| {
            let holds = |essential: &&model::Essential| {
                essential.datasets.iter().any(|dataset| dataset.id == run.row.dataset_id)
            };
            let names: Vec<&str> =
                catalog.essentials.iter().filter(holds).map(|holder| holder.display_name.as_str()).collect();
            list_item(run, &names, run.duration_s(as_of.unwrap_or(run.row.updated_at)))
        };
        let mut ids: Vec<DatasetId> = holders.iter().map(|dataset| dataset.id.clone()).collect();
        ids.retain(|id| filter.datasets.is_empty() || filter.datasets.contains(id));
        ids.sort();
        ids.dedup();
        Ok(Receipt {
            query: receipt::runs(filter.date, filter.date, &ids),
            row_count: found.len(),
            as_of,
            output: ToolOutput::Runs {
                rows: found.iter().take(MOST_RUNS).map(item).collect(),
                matching: found.len(),
            },
        })
    }

    /// The catalog, as far as it exists for the actor.
    fn catalog(&self) -> Catalog {
        Audience::of(&self.actor).narrow_catalog(&self.service.0.sources.catalog.current()).catalog
    }
}

/// The essentials that are asked for; all for none.
fn boards(snapshot: &Snapshot, essentials: &[EssentialName]) -> Result<Vec<EssentialBoard>> {
    let wanted = |board: &&EssentialBoard| essentials.is_empty() || essentials.contains(&board.name);
    Ok(snapshot.board()?.essentials.iter().filter(wanted).cloned().collect())
}

fn matrix(snapshot: &Snapshot, board: &EssentialBoard) -> Vec<model::view::DatasetMatrix> {
    let definition = snapshot.catalog.catalog.get(&board.name);
    let datasets = definition.map_or(&[][..], |essential| &essential.datasets);
    datasets.iter().map(|dataset| build_matrix(dataset, &board.datasets, snapshot)).collect()
}

/// The datasets of `essentials`; of all for none.
fn holders<'a>(catalog: &'a Catalog, essentials: &[EssentialName]) -> Vec<Dataset> {
    let wanted =
        |essential: &&'a model::Essential| essentials.is_empty() || essentials.contains(&essential.name);
    catalog.essentials.iter().filter(wanted).flat_map(|essential| &essential.datasets).cloned().collect()
}

/// An answer from the board: it rests on the runs of the essentials shown.
fn of_board(snapshot: &Snapshot, shown: &[EssentialBoard], output: ToolOutput) -> Receipt {
    let ids = dataset_ids(shown);
    Receipt {
        output,
        query: receipt::runs(snapshot.business_date, snapshot.business_date, &ids),
        row_count: runs_of(snapshot, &ids),
        as_of: snapshot.polled_at,
    }
}

fn dataset_ids(boards: &[EssentialBoard]) -> Vec<DatasetId> {
    let datasets = boards.iter().flat_map(|board| &board.datasets);
    let mut ids: Vec<DatasetId> = datasets.map(|dataset| dataset.dataset_id.clone()).collect();
    ids.sort();
    ids.dedup();
    ids
}

/// How many runs of `ids`, which are sorted.
fn runs_of(snapshot: &Snapshot, ids: &[DatasetId]) -> usize {
    snapshot.runs.iter().filter(|run| ids.binary_search(&run.row.dataset_id).is_ok()).count()
}

/// What the reader is told. Internals are for the log.
fn failure(error: Error) -> ToolFailure {
    let kind = error.kind();
    if kind == ErrorKind::Internal {
        tracing::error!(error = &error as &dyn std::error::Error, "a tool failed");
    }
    ToolFailure { kind, message: error.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ask::PAST_DATES_AT_ONCE;
    use crate::settings::{StoreKind, StoreSettings};
    use crate::{Settings, SourceSettings};
    use futures::FutureExt;
    use model::Clock;
    use std::path::PathBuf;

    #[tokio::test]
    async fn dates_of_the_past_are_read_when_there_is_a_place() {
        let data = tempfile::tempdir().unwrap();
        let file = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../testkit/fixtures/estate.json"));
        let mut settings = Settings::new(SourceSettings::File(file), "TEST", PathBuf::new());
        settings.store = StoreSettings { kind: StoreKind::Sqlite { dir: data.path().to_owned() } };
        let clock = Clock::frozen("2026-02-18T12:09:40Z".parse().unwrap());
        let service = Service::open(settings, clock).await.unwrap();
        service.refresh_catalog(&Actor::local_owner(), None).await.unwrap();
        let toolbox = Toolbox { service: service.clone(), actor: Actor::local_owner() };
        let call = ToolCall::GetHistoricalRuns {
            essentials: Vec::new(),
            datasets: Vec::new(),
            slices: Vec::new(),
            from: BusinessDate::parse("2026-02-16").unwrap(),
            to: BusinessDate::parse("2026-02-18").unwrap(),
            phase: None,
        };
        // A file answers at once, so what waits, waits for a place.
        assert!(toolbox.answer(&call).now_or_never().is_some_and(|answer| answer.is_ok()));
        let all = u32::try_from(PAST_DATES_AT_ONCE).unwrap();
        let places = service.0.asking.past_places.acquire_many(all).await.unwrap();
        let waiting = toolbox.answer(&call);
        tokio::pin!(waiting);
        assert!(waiting.as_mut().now_or_never().is_none());
        drop(places);
        assert!(waiting.await.is_ok());
    }
}
