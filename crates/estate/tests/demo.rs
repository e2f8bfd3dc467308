//! The demo estate: whole history, a day that is alive at any hour, rows that never go back.
#![allow(clippy::unwrap_used, reason = "a test that panics has failed")]

use estate::catalog::{CatalogSource, CatalogStore};
use estate::demo::{DemoEstate, DemoRuns, HISTORY_DAYS};
use model::board::build_board;
use model::rules::read_runs;
use model::run::slice_in_run_id;
use model::{
    Board, BusinessDate, Catalog, Clock, DatasetId, EssentialStatus, Run, RunKey, RunRow, RunStatus,
    SnapshotId, Timestamp,
};
use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

const MINUTE: i64 = 60;

/// The demo estate of a seed at a moment that the test moves.
struct Demo {
    runs: DemoRuns,
    catalog: Catalog,
    datasets: Vec<DatasetId>,
    clock: Clock,
}

impl Demo {
    async fn at(seed: u64, now: &str) -> Self {
        let clock = Clock::frozen(now.parse().unwrap());
        let estate = DemoEstate::new(seed, clock.clone());
        let source = CatalogSource::Fixed(estate.catalog());
        let store = CatalogStore::new(source, estate.essentials(), Duration::from_secs(300), clock.clone());
        let outcome = store.prefetch().await;
        assert!(outcome.failed.is_empty(), "{:?}", outcome.failed);
        let snapshot = store.current();
        assert!(snapshot.entries.iter().all(|entry| entry.unrecognised.is_empty()));
        let catalog = snapshot.catalog.clone();
        Self { runs: estate.into_runs(), datasets: catalog.dataset_ids(), catalog, clock }
    }

    fn rows(&self, date: BusinessDate) -> Vec<RunRow> {
        self.runs.list_runs(date, &self.datasets)
    }

    fn read(&self, date: BusinessDate) -> Vec<Run> {
        read_runs(self.rows(date), &self.catalog)
    }

    fn board(&self, date: BusinessDate) -> Board {
        build_board(SnapshotId(1), date, &self.catalog, &self.read(date))
    }

    fn pass(&self, seconds: i64) {
        self.clock.advance(jiff::SignedDuration::from_secs(seconds));
    }
}

fn date(text: &str) -> BusinessDate {
    BusinessDate::parse(text).unwrap()
}

fn is_weekday(date: BusinessDate) -> bool {
    use jiff::civil::Weekday;
    !matches!(date.civil().weekday(), Weekday::Saturday | Weekday::Sunday)
}

#[tokio::test]
async fn twelve_essentials_and_eighty_datasets() {
    let demo = Demo::at(1, "2026-02-18T12:00:00Z").await;
    assert_eq!(demo.catalog.essentials.len(), 12);
    assert_eq!(demo.datasets.len(), 82);
    let listed: usize = demo.catalog.essentials.iter().map(|essential| essential.datasets.len()).sum();
    assert_eq!(listed, demo.datasets.len(), "a dataset belongs to one essential");
    for essential in &demo.catalog.essentials {
        for name in &essential.depends_on {
            assert!(demo.catalog.get(name).is_some(), "{name}");
        }
    }
    assert_eq!(demo.catalog.get(&"UPC".into()).unwrap().depends_on[0], "6G-FR2052a-E2E".into());
}

#[tokio::test]
async fn a_seed_can_be_replayed() {
    let one = Demo::at(7, "2026-02-18T09:41:07Z").await;
    let same = Demo::at(7, "2026-02-18T09:41:07Z").await;
    let other = Demo::at(8, "2026-02-18T09:41:07Z").await;
    for day in ["2026-02-18", "2026-02-17", "2026-01-05"] {
        assert!(!one.rows(date(day)).is_empty());
        assert_eq!(one.rows(date(day)), same.rows(date(day)));
        assert_ne!(one.rows(date(day)), other.rows(date(day)));
    }
}

#[tokio::test]
async fn every_past_business_day_is_complete() {
    for (seed, now) in [(1, "2026-02-18T00:00:00Z"), (2, "2026-03-01T17:00:00Z"), (3, "2027-01-04T23:59:59Z")]
    {
        let demo = Demo::at(seed, now).await;
        let mut day = demo.clock.now().to_zoned(jiff::tz::TimeZone::UTC).date().into();
        let mut complete = 0;
        for _ in 0..80 {
            day = BusinessDate::yesterday(day);
            let runs = demo.read(day);
            if !is_weekday(day) || complete == HISTORY_DAYS {
                assert!(runs.is_empty(), "{day} has runs");
                continue;
            }
            complete += 1;
            let board = demo.board(day);
            assert_eq!(board.summary.completed, 12, "{day}: {:?}", board.summary);
            assert!(
                board.essentials.iter().all(|essential| essential.final_.status == EssentialStatus::Success)
            );
            assert_eq!(board.unrecognised_count, 1, "{day}");
            assert!(runs.len() > 800, "{day}: {}", runs.len());
            assert!(runs.iter().any(|run| run.status() == Some(RunStatus::Failed)));
            let repairs = runs.iter().filter(|run| run.row.trigger_type == "ManualTrigger").count();
            assert!((10..=13).contains(&repairs), "{day}: {repairs} repairs");
        }
        assert_eq!(complete, HISTORY_DAYS);
    }
}

/// Weekdays, a Sunday, a month's end; several seeds.
const DAYS: [(u64, &str); 6] = [
    (1, "2026-02-18"),
    (2, "2026-02-27"),
    (3, "2026-03-01"),
    (4, "2026-03-02"),
    (5, "2026-06-19"),
    (20_260_218, "2026-11-21"),
];

#[tokio::test]
async fn today_is_alive_at_any_hour() {
    for (seed, day) in DAYS {
        let demo = Demo::at(seed, &format!("{day}T00:00:00Z")).await;
        let today = date(day);
        let (mut late, mut repairing, mut samples) = (0, 0, 0);
        // what a run of each dataset usually takes, from the day's own end
        let whole = Demo::at(seed, &format!("{day}T23:59:59Z")).await;
        let mut durations: HashMap<(DatasetId, String), Vec<i64>> = HashMap::new();
        for run in whole.read(today) {
            let usual =
                durations.entry((run.row.dataset_id.clone(), run.row.trigger_type.clone())).or_default();
            usual.push(run.row.updated_at.as_second() - run.row.created_at.as_second());
        }
        for usual in durations.values_mut() {
            usual.sort_unstable();
        }
        for minute in (0..=1_430).step_by(10) {
            let now = demo.clock.now();
            let board = demo.board(today);
            let runs = demo.read(today);
            let has = |status: EssentialStatus| board.essentials.iter().any(|e| e.status == status);
            assert!(runs.iter().any(|run| run.status() == Some(RunStatus::Running)), "{now}: nothing runs");
            assert!(board.summary.failed <= 4, "{now}: too much failed, seed {seed}");
            assert!(board.summary.completed > 0, "{now}: nothing is complete");
            if minute < 1_410 {
                assert!(board.summary.failed > 0, "{now}: nothing failed, seed {seed}");
                assert!(has(EssentialStatus::Waiting), "{now}: nothing waits, seed {seed}");
            }
            let is_late = |run: &Run| {
                let usual = &durations[&(run.row.dataset_id.clone(), run.row.trigger_type.clone())];
                run.status() == Some(RunStatus::Running) && run.duration_s(now) > 2 * usual[usual.len() / 2]
            };
            late += usize::from(runs.iter().any(is_late));
            let repair = |run: &Run| {
                run.row.trigger_type == "ManualTrigger" && run.status() == Some(RunStatus::Running)
            };
            repairing += usize::from(runs.iter().any(repair));
            samples += 1;
            demo.pass(10 * MINUTE);
        }
        assert!(late * 10 >= samples * 4, "seed {seed}: something is late in {late} of {samples} samples");
        assert!(
            repairing * 100 >= samples * 15,
            "seed {seed}: a repair runs in {repairing} of {samples} samples"
        );
    }
}

#[tokio::test]
async fn a_few_cells_change_between_any_two_polls() {
    for (seed, day) in DAYS {
        let today = date(day);
        let demo = Demo::at(seed, &format!("{day}T00:00:00Z")).await;
        let mut changes = Vec::new();
        for _ in 0..120 {
            let before = demo.rows(today);
            demo.pass(15);
            let after = demo.rows(today);
            changes.push(after.iter().filter(|row| !before.contains(row)).count());
            assert_ne!(changes.last(), Some(&0), "{}: nothing changed, seed {seed}", demo.clock.now());
            demo.pass(11 * MINUTE + 40);
        }
        changes.sort_unstable();
        let median = changes[changes.len() / 2];
        assert!((5..=60).contains(&median), "{median} rows change, seed {seed}");
    }
}

#[tokio::test]
async fn rows_are_added_and_go_on_but_never_back() {
    let rank = |row: &RunRow| match RunStatus::parse(&row.status) {
        Some(RunStatus::Queued) => 0,
        Some(RunStatus::Running) => 1,
        _ => 2,
    };
    for (seed, day) in DAYS {
        let today = date(day);
        let demo = Demo::at(seed, &format!("{}T20:00:00Z", today.yesterday())).await;
        let mut before: HashMap<RunKey, RunRow> = HashMap::new();
        for _ in 0..(30 * 60 / 7) {
            let now = demo.clock.now();
            let rows = demo.rows(today);
            let keys: BTreeSet<RunKey> = rows.iter().map(|row| row.key).collect();
            assert_eq!(keys.len(), rows.len(), "{now}: keys are unique");
            // a weekend day has rows from the moment it is today
            let shown = is_weekday(today) || !rows.is_empty();
            assert!(!shown || before.keys().all(|key| keys.contains(key)), "{now}: a row went away");
            for row in rows {
                assert!(row.created_at <= row.updated_at && row.updated_at <= now, "{now}: {row:?}");
                if let Some(earlier) = before.get(&row.key) {
                    assert!(rank(earlier) <= rank(&row), "{now}: {earlier:?} became {row:?}");
                    assert!(earlier.updated_at <= row.updated_at);
                    assert_eq!((earlier.created_at, &earlier.run_id), (row.created_at, &row.run_id));
                    if rank(earlier) == 2 {
                        assert_eq!(*earlier, row);
                    }
                }
                before.insert(row.key, row);
            }
            demo.pass(7 * MINUTE);
            if demo.clock.now() >= format!("{}T00:00:00Z", today.tomorrow()).parse::<Timestamp>().unwrap() {
                break;
            }
        }
        assert!(before.len() > 700);
    }
}

#[tokio::test]
async fn all_of_yesterday_stays_as_it_was_when_the_day_ends() {
    let demo = Demo::at(1, "2026-02-18T23:59:59Z").await;
    let last = demo.rows(date("2026-02-18"));
    demo.pass(1);
    assert_eq!(demo.rows(date("2026-02-18")), last);
    demo.pass(3 * 86_400);
    assert_eq!(demo.rows(date("2026-02-18")), last);
}

#[tokio::test]
async fn run_ids_have_the_exact_form_but_for_one_odd_row_a_day() {
    let demo = Demo::at(1, "2026-02-18T12:00:00Z").await;
    let mut odd_kinds = BTreeSet::new();
    for day in ["2026-02-16", "2026-02-17", "2026-02-18"] {
        let day = date(day);
        let rows = demo.rows(day);
        let ids: BTreeSet<_> = rows.iter().map(|row| &row.run_id).collect();
        assert_eq!(ids.len(), rows.len(), "run ids are unique");
        let cut = rows.iter().filter(|row| slice_in_run_id(&row.run_id, &row.dag_id, day).is_none()).count();
        let unknown = rows.iter().filter(|row| RunStatus::parse(&row.status).is_none()).count();
        assert_eq!(cut + unknown, 1, "{day}");
        odd_kinds.insert(cut);
        assert_eq!(demo.board(day).unrecognised_count, 1);
    }
    assert_eq!(odd_kinds.len(), 2, "both kinds on alternate days");
}

#[tokio::test]
async fn weekends_have_no_runs_unless_they_are_today() {
    let demo = Demo::at(1, "2026-02-21T10:00:00Z").await; // a Saturday
    assert!(demo.rows(date("2026-02-21")).len() > 500);
    assert!(demo.rows(date("2026-02-15")).is_empty());
    assert!(demo.rows(date("2026-02-22")).is_empty());
    demo.pass(86_400);
    assert!(demo.rows(date("2026-02-21")).is_empty());
    assert!(demo.rows(date("2026-02-22")).len() > 500);
    assert!(demo.rows(date("2026-02-23")).is_empty(), "Monday's PRELIM begins at 18:00");
    demo.pass(9 * 3_600);
    let monday = demo.rows(date("2026-02-23"));
    assert!(!monday.is_empty() && monday.iter().all(|row| row.trigger_type == "ProcessTrigger"));
    assert!(demo.rows(date("2026-02-24")).is_empty());
}

#[tokio::test]
async fn months_turn_slowly_and_fridays_are_quick() {
    let demo = Demo::at(1, "2026-03-20T12:00:00Z").await;
    let median_s = |day: &str| {
        let mut rows = demo.rows(date(day));
        rows.retain(|row| row.trigger_type == "ProcessTrigger"); // what goes wrong is mostly in FINAL
        let seconds = |row: &RunRow| row.updated_at.as_second() - row.created_at.as_second();
        let mut seconds: Vec<i64> = rows.iter().map(seconds).collect();
        seconds.sort_unstable();
        seconds[seconds.len() / 2]
    };
    let usual = median_s("2026-03-11");
    assert!(median_s("2026-02-27") * 100 >= usual * 105, "last business day of February");
    assert!(median_s("2026-03-02") * 100 >= usual * 110, "first business day of March, a Monday");
    assert!(median_s("2026-03-13") < usual, "Friday");
}

#[tokio::test]
async fn tasks_agree_with_their_run() {
    let demo = Demo::at(1, "2026-02-18T12:00:00Z").await;
    let now = demo.clock.now();
    let mut seen = BTreeSet::new();
    let mut retried = 0;
    for row in demo.rows(date("2026-02-18")) {
        let tasks = demo.runs.list_tasks(&row.dag_id, &row.run_id);
        assert_eq!(tasks.len(), 5, "{}", row.run_id);
        let states: Vec<&str> = tasks.iter().map(|task| task.state.as_deref().unwrap_or("-")).collect();
        seen.insert(row.status.clone());
        let workflow = row.dataset_id.workflow_id();
        let ids: Vec<&str> = tasks.iter().map(|task| task.task_id.as_str()).collect();
        assert_eq!(
            ids,
            [
                "start",
                &format!("enrich_{workflow}"),
                &format!("egress_{workflow}"),
                &format!("snowflake-export-{workflow}"),
                "end"
            ]
        );
        match row.status.as_str() {
            "SUCCESS" | "PARKED" => assert_eq!(states, ["success"; 5]),
            "FAILED" => {
                assert!(states.contains(&"failed") && states[4] == "upstream_failed", "{states:?}");
                let failed = tasks.iter().find(|task| task.state.as_deref() == Some("failed")).unwrap();
                assert_eq!((failed.try_number, failed.max_tries), (2, 1));
                assert_eq!(failed.ended_at, Some(row.updated_at));
            }
            "CANCELLED" => assert_eq!(states, ["success", "failed", "skipped", "skipped", "skipped"]),
            "RUNNING" => assert!(states.contains(&"running"), "{states:?}"),
            "QUEUED" => assert_eq!(states, ["queued", "-", "-", "-", "-"]),
            other => panic!("{other}"),
        }
        for task in &tasks {
            let (start, end) = (task.started_at, task.ended_at);
            assert!(start.is_none_or(|start| start >= row.created_at && start <= now), "{task:?}");
            assert!(end.is_none_or(|end| start.is_some_and(|start| start <= end)), "{task:?}");
            let last = if row.status == "RUNNING" { now } else { row.updated_at };
            assert!(end.is_none_or(|end| end <= last), "{task:?}");
            let ran = matches!(task.state.as_deref(), Some("success" | "failed" | "running"));
            assert_eq!(ran, start.is_some(), "{task:?}");
            assert_eq!(ran, !task.hostname.is_empty(), "{task:?}");
            retried += usize::from(task.try_number == 2);
        }
        if row.status == "SUCCESS" {
            let length = |at: usize| {
                tasks[at].ended_at.unwrap().as_second() - tasks[at].started_at.unwrap().as_second()
            };
            assert!((0..5).all(|at| length(at) <= length(1)), "enrichment takes longest: {tasks:?}");
            assert_eq!(tasks[4].ended_at, Some(row.updated_at));
        }
    }
    assert!(retried > 0);
    for status in ["SUCCESS", "FAILED", "RUNNING"] {
        assert!(seen.contains(status), "{status}");
    }
    assert!(demo.runs.list_tasks(&"nothing".into(), &"FGW_nothing_2026-02-18_X_1".into()).is_empty());
    assert!(demo.runs.list_tasks(&"x".into(), &"x".into()).is_empty());
}

#[tokio::test]
async fn only_the_datasets_asked_for() {
    let demo = Demo::at(1, "2026-02-18T12:00:00Z").await;
    let wanted = &demo.datasets[3..5];
    let rows = demo.runs.list_runs(date("2026-02-18"), wanted);
    assert!(!rows.is_empty());
    assert!(rows.iter().all(|row| wanted.contains(&row.dataset_id)));
    assert!(demo.runs.list_runs(date("2026-02-18"), &[]).is_empty());
}
