//! The tools over the reference estate.

use super::Estate;
use agent::tool::{BoardPair, EssentialSlices, RunFilter, answers};
use agent::{ToolAnswer, ToolCall, ToolFailure, ToolOutput};
use model::ask::PhaseWord;
use model::rules::newest_by_slice;
use model::view::{
    DatasetMatrix, EssentialFailures, Neighbour, RunListItem, RunTasksView, SliceCell, SliceRuns,
    StepFailures,
};
use model::{
    BusinessDate, Dataset, DatasetStatus, ErrorKind, Essential, EssentialBoard, EssentialName, Phase, Run,
    RunStatus, Timestamp, Trigger,
};

impl Estate {
    pub(crate) fn answer(&self, call: &ToolCall) -> Result<ToolAnswer, ToolFailure> {
        let output = self.output(call)?;
        let row_count = match &output {
            ToolOutput::Runs { matching, .. } => *matching,
            ToolOutput::Tasks(view) => view.tasks.len(),
            _ => 1,
        };
        let query = format!("{} {:?}", call.tool(), call.input());
        Ok(ToolAnswer { output, query, row_count, as_of: Some(now()), duration_ms: 1 })
    }

    fn output(&self, call: &ToolCall) -> Result<ToolOutput, ToolFailure> {
        Ok(match call {
            ToolCall::ResolveBatch { essential } => {
                ToolOutput::Batch(Box::new(self.catalog.get(essential).expect("known").clone()))
            }
            ToolCall::GetBatchStatus { essentials, date } => {
                ToolOutput::Boards(self.boards(essentials, *date))
            }
            ToolCall::GetBatchProgress { essential, date, phase } => {
                let boards = self.boards(std::slice::from_ref(essential), *date);
                ToolOutput::Progress(answers::steps(&boards[0], phase.unwrap_or(boards[0].phase)))
            }
            ToolCall::GetSliceStatus { essentials, datasets, slices, date, phase } => {
                let of = |board: EssentialBoard| EssentialSlices {
                    slices: answers::slice_lines(
                        &self.matrix(&board.name, *date),
                        phase.unwrap_or(board.phase),
                        datasets,
                        slices,
                        now(),
                    ),
                    name: board.name,
                    display_name: board.display_name,
                };
                ToolOutput::Slices(self.boards(essentials, *date).into_iter().map(of).collect())
            }
            ToolCall::GetTaskDetails { date, run_id } => {
                let run = self.runs(*date).into_iter().find(|run| run.row.run_id == *run_id);
                let run = run.ok_or_else(|| not_found(run_id.as_str()))?;
                let tasks =
                    self.tasks.iter().filter(|(run, _)| run == run_id.as_str()).map(|(_, task)| task.clone());
                let tasks: Vec<_> = tasks.collect();
                ToolOutput::Tasks(Box::new(RunTasksView {
                    essentials: self
                        .holders(&run)
                        .into_iter()
                        .map(|name| self.neighbour(&name, *date))
                        .collect(),
                    run,
                    first_failed: tasks.iter().position(|task| task.state.as_deref() == Some("failed")),
                    tasks,
                    airflow_url: None,
                    now: now(),
                }))
            }
            ToolCall::GetHistoricalRuns { essentials, datasets, slices, from, to, phase } => {
                let mut runs = Vec::new();
                let mut date = *from;
                while date <= *to {
                    let of_day = self.runs(date).into_iter();
                    runs.extend(of_day.filter(|run| self.is_of(run, essentials)));
                    date = date.tomorrow();
                }
                ToolOutput::History(answers::history(&runs, datasets, slices, *phase))
            }
            ToolCall::CompareDates { essentials, from, to } => {
                let before = self.boards(essentials, *from);
                let pair = |after: EssentialBoard| BoardPair {
                    before: before.iter().find(|board| board.name == after.name).cloned(),
                    after,
                };
                ToolOutput::Comparison(self.boards(essentials, *to).into_iter().map(pair).collect())
            }
            ToolCall::ListFailures { essentials, date } => {
                let boards = self.boards(essentials, *date);
                ToolOutput::Failures(boards.iter().filter_map(|board| self.failures(board, *date)).collect())
            }
            ToolCall::GetDependencies { essentials, date } => {
                ToolOutput::Dependencies(answers::dependencies(&self.board(*date), &self.catalog, essentials))
            }
            ToolCall::FindRun(filter) => self.find_run(filter),
        })
    }

    fn boards(&self, essentials: &[EssentialName], date: BusinessDate) -> Vec<EssentialBoard> {
        let board = self.board(date);
        board
            .essentials
            .into_iter()
            .filter(|board| essentials.is_empty() || essentials.contains(&board.name))
            .collect()
    }

    fn holders(&self, run: &Run) -> Vec<EssentialName> {
        let holds = |dataset: &Dataset| {
            dataset.id == run.row.dataset_id && run.slice.as_ref().is_some_and(|slice| dataset.expects(slice))
        };
        let holders = self.catalog.essentials.iter().filter(|essential| essential.datasets.iter().any(holds));
        holders.map(|essential| essential.name.clone()).collect()
    }

    fn is_of(&self, run: &Run, essentials: &[EssentialName]) -> bool {
        essentials.is_empty() || self.holders(run).iter().any(|name| essentials.contains(name))
    }

    fn neighbour(&self, name: &EssentialName, date: BusinessDate) -> Neighbour {
        let boards = self.boards(std::slice::from_ref(name), date);
        Neighbour {
            name: name.clone(),
            display_name: boards[0].display_name.clone(),
            status: Some(boards[0].status),
        }
    }

    fn definition(&self, name: &EssentialName) -> &Essential {
        self.catalog.get(name).expect("known")
    }

    fn matrix(&self, name: &EssentialName, date: BusinessDate) -> Vec<DatasetMatrix> {
        let runs = self.runs(date);
        let of_dataset = |dataset: &Dataset| {
            let row = |slice: &model::SliceName| {
                let cell = |trigger| {
                    let of = || {
                        runs.iter().filter(|run| {
                            run.row.dataset_id == dataset.id
                                && run.slice.as_ref() == Some(slice)
                                && run.trigger() == Some(trigger)
                        })
                    };
                    SliceCell { run: of().next_back().cloned(), run_count: of().count(), missing: false }
                };
                SliceRuns {
                    slice: Some(slice.clone()),
                    expected: true,
                    prelim: cell(Trigger::Process),
                    final_: cell(Trigger::Rerun),
                    manual: cell(Trigger::Manual),
                    unrecognised: SliceCell { run: None, run_count: 0, missing: false },
                }
            };
            DatasetMatrix {
                dataset_id: dataset.id.clone(),
                sequence_order: dataset.sequence_order,
                slices: dataset.slices.iter().map(row).collect(),
            }
        };
        self.definition(name).datasets.iter().map(of_dataset).collect()
    }

    fn failures(&self, board: &EssentialBoard, date: BusinessDate) -> Option<EssentialFailures> {
        let runs = self.runs(date);
        let mut steps = Vec::new();
        for phase in Phase::ALL {
            for dataset in board
                .datasets
                .iter()
                .filter(|dataset| dataset.in_phase(phase).status == DatasetStatus::Failed)
            {
                let of_dataset = runs.iter().filter(|run| run.row.dataset_id == dataset.dataset_id);
                let newest = newest_by_slice(of_dataset, phase).into_values();
                let failed: Vec<Run> =
                    newest.filter(|run| run.status().is_some_and(RunStatus::is_failure)).cloned().collect();
                let blocked = board
                    .datasets
                    .iter()
                    .filter(|other| other.in_phase(phase).blocked_by == Some(dataset.sequence_order))
                    .map(|other| other.dataset_id.clone());
                steps.push(StepFailures {
                    sequence_order: dataset.sequence_order,
                    phase,
                    runs: failed,
                    blocked_datasets: blocked.collect(),
                });
            }
        }
        let waiting = self.catalog.essentials.iter().filter(|other| other.depends_on.contains(&board.name));
        (!steps.is_empty()).then(|| EssentialFailures {
            name: board.name.clone(),
            display_name: board.display_name.clone(),
            status: board.status,
            prelim: board.prelim.clone(),
            final_: board.final_.clone(),
            steps,
            blocks: waiting.map(|other| self.neighbour(&other.name, date)).collect(),
        })
    }

    fn find_run(&self, filter: &RunFilter) -> ToolOutput {
        let mut runs = self.runs(filter.date);
        runs.reverse();
        let fits = |run: &&Run| {
            filter.run_id.as_ref().is_none_or(|id| run.row.run_id == *id)
                && self.is_of(run, &filter.essentials)
                && (filter.datasets.is_empty() || filter.datasets.contains(&run.row.dataset_id))
                && (filter.slices.is_empty()
                    || run.slice.as_ref().is_some_and(|slice| filter.slices.contains(slice)))
                && filter.status.is_none_or(|status| run.status() == Some(status))
                && match filter.phase {
                    None => true,
                    Some(PhaseWord::Manual) => run.trigger() == Some(Trigger::Manual),
                    Some(word) => run.phase == word.phase(),
                }
        };
        let rows: Vec<RunListItem> = runs
            .iter()
            .filter(fits)
            .map(|run| RunListItem {
                key: run.row.key,
                essentials: self
                    .holders(run)
                    .iter()
                    .map(|name| self.definition(name).display_name.clone())
                    .collect(),
                dataset_id: run.row.dataset_id.clone(),
                dag_id: run.row.dag_id.clone(),
                run_id: run.row.run_id.clone(),
                slice: run.slice.clone(),
                trigger: run.trigger().map_or_else(String::new, |trigger| trigger.label().to_owned()),
                phase: run.phase,
                status: run.row.status.clone(),
                started_at: run.row.created_at,
                updated_at: run.row.updated_at,
                duration_s: run.duration_s(now()),
                oddities: run.oddities.clone(),
            })
            .collect();
        ToolOutput::Runs {
            matching: rows.len(),
            rows: rows.into_iter().take(agent::tool::MOST_RUNS).collect(),
        }
    }
}

fn now() -> Timestamp {
    "2026-02-18T12:09:40Z".parse().unwrap()
}

fn not_found(run_id: &str) -> ToolFailure {
    ToolFailure { kind: ErrorKind::NotFound, message: format!("no run is called {run_id}") }
}
