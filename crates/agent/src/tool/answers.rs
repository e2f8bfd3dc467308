//! Answers of tools, made of what the board knows.

use super::History;
use model::ask::{
    ComparisonCard, ComparisonLine, ComparisonSide, DatasetCounts, DependencyLine, DurationStats,
    HistoryLine, SliceLine, StepProgress,
};
use model::rules::essential_status;
use model::view::{DatasetMatrix, Neighbour};
use model::{
    Board, BusinessDate, Catalog, DatasetBoard, DatasetId, DatasetStatus, EssentialBoard, EssentialName,
    EssentialStatus, Phase, Run, RunStatus, SliceName, Timestamp,
};
use std::collections::BTreeMap;

/// The steps of an essential in `phase`, in order.
pub fn steps(essential: &EssentialBoard, phase: Phase) -> Vec<StepProgress> {
    let mut by_order: BTreeMap<i32, Vec<&DatasetBoard>> = BTreeMap::new();
    for dataset in &essential.datasets {
        by_order.entry(dataset.sequence_order).or_default().push(dataset);
    }
    let step = |(sequence_order, datasets): (i32, Vec<&DatasetBoard>)| {
        let statuses: Vec<DatasetStatus> =
            datasets.iter().map(|dataset| dataset.in_phase(phase).status).collect();
        let count = |wanted| statuses.iter().filter(|status| **status == wanted).count();
        StepProgress {
            sequence_order,
            phase,
            status: match essential_status(&statuses) {
                EssentialStatus::Success => DatasetStatus::Success,
                EssentialStatus::Failed | EssentialStatus::PartialFailure => DatasetStatus::Failed,
                EssentialStatus::Running => DatasetStatus::Running,
                EssentialStatus::NotStarted | EssentialStatus::Waiting => DatasetStatus::NotStarted,
            },
            datasets: datasets.iter().map(|dataset| dataset.dataset_id.clone()).collect(),
            counts: DatasetCounts {
                total_datasets: statuses.len(),
                success: count(DatasetStatus::Success),
                failed: count(DatasetStatus::Failed),
                running: count(DatasetStatus::Running),
                not_started: count(DatasetStatus::NotStarted),
            },
            blocked_by: datasets.iter().find_map(|dataset| dataset.in_phase(phase).blocked_by),
        }
    };
    by_order.into_iter().map(step).collect()
}

/// The slices of `matrix` in `phase` that `datasets` and `slices` select (empty: all).
pub fn slice_lines(
    matrix: &[DatasetMatrix],
    phase: Phase,
    datasets: &[DatasetId],
    slices: &[SliceName],
    now: Timestamp,
) -> Vec<SliceLine> {
    let mut lines = Vec::new();
    for dataset in
        matrix.iter().filter(|dataset| datasets.is_empty() || datasets.contains(&dataset.dataset_id))
    {
        for row in dataset.slices.iter().filter(|row| row.expected) {
            let Some(name) = row.slice.as_ref().filter(|name| slices.is_empty() || slices.contains(name))
            else {
                continue;
            };
            let cells = [&row.prelim, &row.final_, &row.manual];
            let counted = |run: &&Run| run.is_recognised() && run.phase == Some(phase);
            let newest = cells
                .iter()
                .filter_map(|cell| cell.run.as_ref())
                .filter(counted)
                .max_by_key(|run| (run.row.created_at, run.row.key));
            let of_phase = cells.iter().filter(|cell| cell.run.as_ref().is_some_and(|run| counted(&run)));
            lines.push(SliceLine {
                dataset_id: dataset.dataset_id.clone(),
                sequence_order: dataset.sequence_order,
                name: name.clone(),
                phase,
                status: newest.map_or_else(|| "NOT_STARTED".to_owned(), |run| run.row.status.clone()),
                dag_run_id: newest.map(|run| run.row.run_id.clone()),
                created_date: newest.map(|run| run.row.created_at),
                updated_date: newest.map(|run| run.row.updated_at),
                duration_minutes: newest.map(|run| run.duration_s(now) / 60),
                total_runs: of_phase.map(|cell| cell.run_count).sum(),
            });
        }
    }
    lines
}

/// How long `runs` took, by date, dataset and slice: those that are recognised and that
/// `datasets`, `slices` and `phase` select (empty and `None`: all).
pub fn history(runs: &[Run], datasets: &[DatasetId], slices: &[SliceName], phase: Option<Phase>) -> History {
    let mut ended: BTreeMap<(BusinessDate, &DatasetId, &SliceName), (Vec<f64>, usize)> = BTreeMap::new();
    for run in runs.iter().filter(|run| run.is_recognised()) {
        let Some(slice) = run.slice.as_ref().filter(|slice| slices.is_empty() || slices.contains(slice))
        else {
            continue;
        };
        let selected = (datasets.is_empty() || datasets.contains(&run.row.dataset_id))
            && (phase.is_none() || run.phase == phase);
        let Some(status) = run.status().filter(|_| selected) else { continue };
        let entry = ended.entry((run.row.business_date, &run.row.dataset_id, slice)).or_default();
        if status == RunStatus::Success {
            entry.0.push(run.duration_s(run.row.updated_at) as f64 / 60.0);
        } else if status.is_failure() {
            entry.1 += 1;
        }
    }
    let all: Vec<f64> = ended.values().flat_map(|(minutes, _)| minutes.clone()).collect();
    let line = |((business_date, dataset, slice), (minutes, failed_count))| HistoryLine {
        business_date,
        dataset_id: DatasetId::clone(dataset),
        slice: SliceName::clone(slice),
        failed_count,
        stats: duration_stats(minutes),
    };
    let mut lines: Vec<HistoryLine> = ended.into_iter().map(line).collect();
    lines.sort_by_key(|line| std::cmp::Reverse(line.business_date));
    History { lines, stats: duration_stats(all) }
}

/// Of durations in minutes. A percentile is the value at that share of the sorted list.
pub fn duration_stats(mut minutes: Vec<f64>) -> DurationStats {
    minutes.sort_by(f64::total_cmp);
    let (Some(min), Some(max)) = (minutes.first(), minutes.last()) else {
        return DurationStats::default();
    };
    let count = minutes.len();
    let at = |percent: usize| tenths(minutes[(count * percent / 100).min(count - 1)]);
    DurationStats {
        sample_count: count,
        min: tenths(*min),
        max: tenths(*max),
        mean: tenths(minutes.iter().sum::<f64>() / count as f64),
        p50: at(50),
        p90: at(90),
        p95: at(95),
    }
}

fn tenths(minutes: f64) -> f64 {
    (minutes * 10.0).round() / 10.0
}

/// `before` and `after`, dataset by dataset, in `phase`.
pub fn comparison(
    before: Option<&EssentialBoard>,
    after: &EssentialBoard,
    phase: Phase,
    (from_date, to_date): (BusinessDate, BusinessDate),
    now: Timestamp,
) -> ComparisonCard {
    let side = |dataset: Option<&DatasetBoard>| match dataset.map(|dataset| dataset.in_phase(phase)) {
        None => ComparisonSide { status: DatasetStatus::NotStarted, duration_minutes: None },
        Some(part) => ComparisonSide {
            status: part.status,
            duration_minutes: part.duration_s(now).map(|seconds| seconds / 60),
        },
    };
    let of_before = |id: &DatasetId| {
        before.and_then(|before| before.datasets.iter().find(|dataset| dataset.dataset_id == *id))
    };
    let line = |dataset: &DatasetBoard| ComparisonLine {
        sequence_order: dataset.sequence_order,
        dataset_id: dataset.dataset_id.clone(),
        before: side(of_before(&dataset.dataset_id)),
        after: side(Some(dataset)),
    };
    ComparisonCard {
        essential_name: after.name.clone(),
        batch_name: after.display_name.clone(),
        phase,
        from_date,
        to_date,
        datasets: after.datasets.iter().map(line).collect(),
    }
}

/// What `essentials` (empty: all) wait for, and what waits for them.
pub fn dependencies(board: &Board, catalog: &Catalog, essentials: &[EssentialName]) -> Vec<DependencyLine> {
    let neighbour = |name: &EssentialName| {
        let place = board.essentials.iter().find(|essential| essential.name == *name);
        Neighbour {
            name: name.clone(),
            display_name: place.map_or_else(|| name.to_string(), |essential| essential.display_name.clone()),
            status: place.map(|essential| essential.status),
        }
    };
    let wanted =
        |essential: &&model::Essential| essentials.is_empty() || essentials.contains(&essential.name);
    let line = |essential: &model::Essential| DependencyLine {
        batch: neighbour(&essential.name),
        depends_on: essential.depends_on.iter().map(neighbour).collect(),
        needed_by: catalog
            .essentials
            .iter()
            .filter(|other| other.depends_on.contains(&essential.name))
            .map(|other| neighbour(&other.name))
            .collect(),
    };
    catalog.essentials.iter().filter(wanted).map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_values_of_the_list() {
        let stats = duration_stats((1..=20).map(f64::from).collect());
        assert_eq!(
            stats,
            DurationStats {
                sample_count: 20,
                min: 1.0,
                max: 20.0,
                mean: 10.5,
                p50: 11.0,
                p90: 19.0,
                p95: 20.0
            }
        );
        assert_eq!(duration_stats(vec![12.34]).p95, 12.3);
        assert_eq!(duration_stats(Vec::new()), DurationStats::default());
    }
}
