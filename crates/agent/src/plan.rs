//! Which tools answer a request. Each round sees what the rounds before it found out; a round
//! without calls ends the fetching.

use crate::request::{Request, ThreadContext};
use crate::tool::{RunFilter, ToolCall, ToolOutput};
use model::ask::Topic;
use model::{BusinessDate, DatasetStatus, RunId, RunStatus};

/// Runs whose tasks are looked into.
pub(crate) const MOST_RUNS_EXPLAINED: usize = 10;
/// Essentials whose definition is asked for by name.
const MOST_NAMED: usize = 6;

/// The calls of round `round`, given the answers so far.
pub(crate) fn calls(
    request: &Request,
    thread: &ThreadContext,
    round: usize,
    outputs: &[ToolOutput],
) -> Vec<ToolCall> {
    let plan = Plan { request, thread, outputs };
    match round {
        0 => plan.resolve().into_iter().chain(plan.first()).collect(),
        1 => plan.second(),
        2 => plan.third(),
        _ => Vec::new(),
    }
}

struct Plan<'a> {
    request: &'a Request,
    thread: &'a ThreadContext,
    outputs: &'a [ToolOutput],
}

impl Plan<'_> {
    fn resolve(&self) -> Vec<ToolCall> {
        let named = self.request.essentials.iter().take(MOST_NAMED);
        named.map(|essential| ToolCall::ResolveBatch { essential: essential.clone() }).collect()
    }

    fn first(&self) -> Vec<ToolCall> {
        let request = self.request;
        match request.topic {
            Topic::Status => self.status(),
            Topic::Failures => vec![self.boards(), self.failures()],
            Topic::Tasks => self.tasks(),
            Topic::Runs => vec![self.runs(request.run_status)],
            Topic::Prediction => {
                let history = (!request.essentials.is_empty()).then(|| self.history(self.lately()));
                std::iter::once(self.boards()).chain(history).collect()
            }
            Topic::History => vec![self.history(request.from.unwrap_or(request.date))],
            Topic::Compare => match request.from {
                None => vec![self.boards()],
                Some(from) => vec![ToolCall::CompareDates {
                    essentials: request.essentials.clone(),
                    from,
                    to: request.date,
                }],
            },
            Topic::Dependencies => vec![
                ToolCall::GetDependencies { essentials: request.essentials.clone(), date: request.date },
                self.boards(),
            ],
            Topic::Analysis | Topic::Help | Topic::Write | Topic::OffTopic => Vec::new(),
        }
    }

    fn status(&self) -> Vec<ToolCall> {
        let request = self.request;
        let mut calls = vec![self.boards()];
        if request.wants_slices || !request.datasets.is_empty() {
            calls.push(ToolCall::GetSliceStatus {
                essentials: request.essentials.clone(),
                datasets: request.datasets.clone(),
                slices: request.slices.clone(),
                date: request.date,
                phase: request.pass(),
            });
        } else if let [essential] = request.essentials.as_slice() {
            calls.push(ToolCall::GetBatchProgress {
                essential: essential.clone(),
                date: request.date,
                phase: request.pass(),
            });
        }
        calls
    }

    fn tasks(&self) -> Vec<ToolCall> {
        let request = self.request;
        if let Some(run_id) = &request.run_id {
            return vec![self.runs(None), self.task_details(request.date, run_id)];
        }
        let known = self.thread.failed_runs.iter().filter(|run| {
            request.datasets.is_empty()
                && (request.essentials.is_empty() || request.essentials.contains(&run.essential))
        });
        let calls: Vec<_> = known
            .take(MOST_RUNS_EXPLAINED)
            .map(|run| self.task_details(run.business_date, &run.run_id))
            .collect();
        if calls.is_empty() { vec![self.failures()] } else { calls }
    }

    fn second(&self) -> Vec<ToolCall> {
        let request = self.request;
        match request.topic {
            Topic::Failures => {
                let calls = self.explain();
                // Nothing is failed now: what has failed before, and was replaced since?
                let failed = [RunStatus::Failed, RunStatus::Cancelled];
                if calls.is_empty() { failed.map(|status| self.runs(Some(status))).into() } else { calls }
            }
            Topic::Tasks if request.run_id.is_none() => {
                let asked_before = self.outputs.iter().any(|output| matches!(output, ToolOutput::Tasks(_)));
                let calls = if asked_before { Vec::new() } else { self.explain() };
                if calls.is_empty() && !asked_before { vec![self.runs(None)] } else { calls }
            }
            // Which slice it was, for what a status finds failed.
            Topic::Status if !request.wants_slices && self.has_failed_dataset() => vec![self.failures()],
            _ => Vec::new(),
        }
    }

    fn third(&self) -> Vec<ToolCall> {
        let newest = self.outputs.iter().find_map(|output| match output {
            ToolOutput::Runs { rows, .. } => rows.first(),
            _ => None,
        });
        match (self.request.topic, newest) {
            (Topic::Tasks, Some(run)) if self.request.run_id.is_none() => {
                vec![self.task_details(self.request.date, &run.run_id)]
            }
            _ => Vec::new(),
        }
    }

    /// The tasks of the failed runs that the request speaks of.
    fn explain(&self) -> Vec<ToolCall> {
        let failures = self.outputs.iter().filter_map(|output| match output {
            ToolOutput::Failures(essentials) => Some(essentials),
            _ => None,
        });
        let runs = failures
            .flatten()
            .flat_map(|essential| &essential.steps)
            .filter(|step| self.request.pass().is_none_or(|phase| step.phase == phase))
            .flat_map(|step| &step.runs)
            .filter(|run| self.request.covers(run));
        runs.take(MOST_RUNS_EXPLAINED)
            .map(|run| self.task_details(run.row.business_date, &run.row.run_id))
            .collect()
    }

    fn has_failed_dataset(&self) -> bool {
        let boards = self.outputs.iter().filter_map(|output| match output {
            ToolOutput::Boards(boards) => Some(boards),
            _ => None,
        });
        let mut datasets = boards.flatten().flat_map(|essential| &essential.datasets);
        datasets.any(|dataset| {
            [&dataset.prelim, &dataset.final_].iter().any(|part| part.status == DatasetStatus::Failed)
        })
    }

    fn boards(&self) -> ToolCall {
        ToolCall::GetBatchStatus { essentials: self.request.essentials.clone(), date: self.request.date }
    }

    fn failures(&self) -> ToolCall {
        ToolCall::ListFailures { essentials: self.request.essentials.clone(), date: self.request.date }
    }

    fn task_details(&self, date: BusinessDate, run_id: &RunId) -> ToolCall {
        ToolCall::GetTaskDetails { date, run_id: run_id.clone() }
    }

    fn runs(&self, status: Option<RunStatus>) -> ToolCall {
        let request = self.request;
        ToolCall::FindRun(RunFilter {
            date: request.date,
            run_id: request.run_id.clone(),
            essentials: request.essentials.clone(),
            datasets: request.datasets.clone(),
            slices: request.slices.clone(),
            phase: request.phase.filter(|_| request.run_id.is_none()),
            status,
        })
    }

    fn history(&self, from: BusinessDate) -> ToolCall {
        let request = self.request;
        ToolCall::GetHistoricalRuns {
            essentials: request.essentials.clone(),
            datasets: request.datasets.clone(),
            slices: request.slices.clone(),
            from,
            to: request.date,
            phase: request.pass(),
        }
    }

    fn lately(&self) -> BusinessDate {
        crate::request::days_before(self.request.date, crate::request::HISTORY_DAYS)
    }
}
