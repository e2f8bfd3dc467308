//! The use cases on the reference estate.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use model::view::{RunColumn, RunQuery, SortOrder};
use model::{Actor, BusinessDate, Clock, EssentialStatus, RunId};
use serde_json::Value;
use service::{Error, Service, Settings, SourceSettings};
use std::path::PathBuf;
use std::sync::LazyLock;

static OWNER: LazyLock<Actor> = LazyLock::new(Actor::local_owner);

fn date() -> BusinessDate {
    BusinessDate::parse("2026-02-18").unwrap()
}

fn estate_file() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../testkit/fixtures/estate.json"))
}

/// A service and the folder of its own state.
struct Home {
    service: Service,
    _data: tempfile::TempDir,
}

impl std::ops::Deref for Home {
    type Target = Service;

    fn deref(&self) -> &Service {
        &self.service
    }
}

async fn service() -> Home {
    let data = tempfile::tempdir().unwrap();
    let clock = Clock::frozen("2026-02-18T12:09:40Z".parse().unwrap());
    let mut settings = Settings::new(SourceSettings::File(estate_file()), "TEST", data.path().to_owned());
    settings.airflow_base_url = Some("https://airflow.example.com/".into());
    let service = Service::open(settings, clock).await.unwrap();
    service.refresh_catalog(&OWNER, None).await.unwrap();
    Home { service, _data: data }
}

#[tokio::test]
async fn the_board_of_the_reference_estate_is_the_expected_one() {
    let service = service().await;
    let snapshot = service.get_board(&OWNER, date()).await.unwrap();
    let board = serde_json::to_value(&**snapshot.board().unwrap()).unwrap();
    let expected: Value = serde_json::from_str(testkit::reference::EXPECTED_DASHBOARD_JSON).unwrap();
    assert_eq!(board["summary"], expected["summary"]);
    let all = expected["essentials"].as_array().unwrap();
    assert_eq!(board["essentials"].as_array().unwrap().len(), all.len());
    for (is, wanted) in board["essentials"].as_array().unwrap().iter().zip(all) {
        assert_eq!(is["name"], wanted["essential_name"]);
        for field in ["display_name", "status", "phase"] {
            assert_eq!(is[field], wanted[field], "{} {field}", wanted["essential_name"]);
        }
        for phase in ["prelim", "final"] {
            for (field, value) in
                wanted[phase].as_object().unwrap().iter().filter(|(field, _)| *field != "progress")
            {
                assert_eq!(&is[phase][field], value, "{} {phase} {field}", wanted["essential_name"]);
            }
        }
        for (is, wanted) in
            is["datasets"].as_array().unwrap().iter().zip(wanted["datasets"].as_array().unwrap())
        {
            for field in ["dataset_id", "dag_id", "sequence_order"] {
                assert_eq!(is[field], wanted[field], "{field}");
            }
            for phase in ["prelim", "final"] {
                for (field, value) in wanted[phase].as_object().unwrap() {
                    assert_eq!(&is[phase][field], value, "{} {phase} {field}", wanted["dataset_id"]);
                }
            }
        }
    }
}

#[tokio::test]
async fn nobody_without_a_name_sees_anything() {
    let service = service().await;
    let who = Actor::anonymous();
    let run = RunId::new("FGW_x");
    assert!(matches!(service.get_estate(&who), Err(Error::Unauthenticated(_))));
    assert!(matches!(service.get_health(&who), Err(Error::Unauthenticated(_))));
    assert!(matches!(service.get_board(&who, date()).await, Err(Error::Unauthenticated(_))));
    assert!(matches!(service.get_essential(&who, "SNU", date()).await, Err(Error::Unauthenticated(_))));
    assert!(matches!(
        service.list_runs(&who, date(), &RunQuery::default(), 0, 9).await,
        Err(Error::Unauthenticated(_))
    ));
    assert!(matches!(
        service.export_runs(&who, date(), &RunQuery::default()).await,
        Err(Error::Unauthenticated(_))
    ));
    assert!(matches!(service.list_failures(&who, date()).await, Err(Error::Unauthenticated(_))));
    assert!(matches!(service.get_run_tasks(&who, date(), &run).await, Err(Error::Unauthenticated(_))));
    assert!(matches!(service.refresh_catalog(&who, None).await, Err(Error::Unauthenticated(_))));
    assert!(matches!(service.subscribe_board(&who, date(), None).await, Err(Error::Unauthenticated(_))));
}

#[tokio::test]
async fn the_estate_file_says_which_day_and_where() {
    let service = service().await;
    assert_eq!(service.today(), date());
    let estate = service.get_estate(&OWNER).unwrap();
    assert_eq!((estate.environment.as_str(), estate.demo), ("PROD", false));
}

#[tokio::test]
async fn an_essential_answers_to_all_its_names() {
    let service = service().await;
    for name in ["TB-Derivatives", "tb-derivatives", "DERIV", "Derivatives"] {
        let view = service.get_essential(&OWNER, name, date()).await.unwrap();
        assert_eq!(view.essential.name.as_str(), "TB-Derivatives", "{name}");
    }
    let Err(error) = service.get_essential(&OWNER, "derivatves", date()).await else {
        panic!("no such name")
    };
    assert!(matches!(&error, Error::NotFound { .. }));
    assert_eq!(error.nearest(), ["TB-Derivatives"]);
}

#[tokio::test]
async fn the_matrix_puts_triggers_side_by_side() {
    let service = service().await;
    let view = service.get_essential(&OWNER, "SECFIN", date()).await.unwrap();
    let last = view.matrix.last().unwrap();
    assert_eq!(last.dataset_id.as_str(), "com.jpmc.ct.lri.secfin-secfin_stage_07_v1");
    let slices: Vec<_> = last.slices.iter().map(|row| row.slice.as_ref().unwrap().as_str()).collect();
    assert_eq!(slices, ["SECFIN_NA", "SECFIN_EMEA", "SECFIN_APAC"]);
    let emea = &last.slices[1];
    let status = |cell: &model::view::SliceCell| cell.run.as_ref().map(|run| run.row.status.clone());
    assert_eq!(status(&emea.prelim).as_deref(), Some("FAILED"));
    assert_eq!(status(&emea.manual).as_deref(), Some("SUCCESS"));
    assert!(last.slices.iter().all(|row| row.expected && !row.prelim.missing && !row.final_.missing));

    // The running step of DERIVATIVES has six expected slices, all of them under way or done.
    let view = service.get_essential(&OWNER, "DERIV", date()).await.unwrap();
    let waiting = view.matrix.iter().find(|row| row.sequence_order == 4).unwrap();
    assert!(waiting.slices.iter().all(|row| row.final_.run.is_none() && !row.final_.missing));
}

#[tokio::test]
async fn neighbours_are_named_with_their_status() {
    let service = service().await;
    let upc = service.get_essential(&OWNER, "UPC", date()).await.unwrap();
    assert_eq!(upc.depends_on.len(), 1);
    assert_eq!(upc.depends_on[0].display_name, "FR2052A (6G)");
    assert_eq!(upc.depends_on[0].status, Some(EssentialStatus::PartialFailure));
    let six = service.get_essential(&OWNER, "6G", date()).await.unwrap();
    assert_eq!(six.needed_by.iter().map(|n| n.name.as_str()).collect::<Vec<_>>(), ["UPC"]);
}

#[tokio::test]
async fn the_explorer_searches_filters_sorts_and_counts_the_whole() {
    let service = service().await;
    let list = async |query: RunQuery, offset, limit| {
        service.list_runs(&OWNER, date(), &query, offset, limit).await.unwrap()
    };
    let all = list(RunQuery::default(), 0, 10).await;
    assert_eq!((all.rows.len(), all.matching, all.total), (10, 445, 445));
    assert!(all.rows.windows(2).all(|two| two[0].started_at >= two[1].started_at));
    assert_eq!(list(RunQuery::default(), 440, 10).await.rows.len(), 5);
    assert_eq!(list(RunQuery::default(), 9_999, 10).await.rows.len(), 0);

    let filter =
        |column, text: &str| RunQuery { filters: vec![(column, text.into())], ..RunQuery::default() };
    assert_eq!(list(filter(RunColumn::Status, "failed"), 0, 10).await.matching, 2);
    assert_eq!(list(filter(RunColumn::Trigger, "=manual"), 0, 10).await.matching, 1);
    assert_eq!(list(filter(RunColumn::Essential, "=SNU"), 0, 10).await.matching, 132);
    assert_eq!(list(filter(RunColumn::Slice, "=PB-GLOBAL-SLICE-1"), 0, 10).await.matching, 2);
    let search = |text: &str| RunQuery { search: text.into(), ..RunQuery::default() };
    assert_eq!(list(search("secfin emea Manual"), 0, 10).await.matching, 1);
    assert_eq!(list(search("no such thing"), 0, 10).await.matching, 0);

    for column in RunColumn::ALL {
        let sorted = |order| RunQuery { sort: Some((column, order)), ..RunQuery::default() };
        let up = list(sorted(SortOrder::Ascending), 0, 445).await.rows;
        let mut down = list(sorted(SortOrder::Descending), 0, 445).await.rows;
        down.reverse();
        assert_eq!(up, down, "{column:?}");
    }
    let longest =
        RunQuery { sort: Some((RunColumn::Duration, SortOrder::Descending)), ..RunQuery::default() };
    let rows = list(longest, 0, 445).await.rows;
    assert!(rows.windows(2).all(|two| two[0].duration_s >= two[1].duration_s));
    assert_eq!(service.export_runs(&OWNER, date(), &search("secfin")).await.unwrap().len(), 43);
}

#[tokio::test]
async fn failures_name_the_step_and_all_that_it_holds_up() {
    let service = service().await;
    let view = service.list_failures(&OWNER, date()).await.unwrap();
    // SECFIN's failed slice was repaired by hand, SMAA's cancelled one ran again.
    let names: Vec<_> = view.essentials.iter().map(|failures| failures.display_name.as_str()).collect();
    assert_eq!(names, ["FR2052A (6G)"]);
    let six = &view.essentials[0];
    assert_eq!(six.steps.len(), 1);
    assert_eq!(six.steps[0].runs.len(), 1);
    assert_eq!(six.steps[0].runs[0].slice.as_ref().unwrap().as_str(), "6G-GLOBAL-SLICE-2");
    assert_eq!(six.steps[0].blocked_datasets.len(), 4);
    assert_eq!(six.blocks.iter().map(|n| n.name.as_str()).collect::<Vec<_>>(), ["UPC"]);
}

#[tokio::test]
async fn a_run_comes_with_its_tasks_and_the_first_that_failed() {
    let service = service().await;
    let run = RunId::new("FGW_6g_calc_workflow_V2_2026-02-18_6G-GLOBAL-SLICE-2_1771371854588");
    let view = service.get_run_tasks(&OWNER, date(), &run).await.unwrap();
    let first = &view.tasks[view.first_failed.unwrap()];
    assert_eq!(first.state.as_deref(), Some("failed"));
    assert!(first.task_id.starts_with("enrich_"));
    let starts: Vec<_> = view.tasks.iter().filter_map(|task| task.started_at).collect();
    assert!(starts.is_sorted());
    assert!(view.tasks[starts.len()..].iter().all(|task| task.started_at.is_none()));
    assert_eq!(
        view.airflow_url.as_deref(),
        Some(
            "https://airflow.example.com/dags/6g_calc_workflow_V2/runs/FGW_6g_calc_workflow_V2_2026-02-18_6G-GLOBAL-SLICE-2_1771371854588"
        )
    );
    let none = service.get_run_tasks(&OWNER, date(), &RunId::new("FGW_none")).await;
    assert!(matches!(none, Err(Error::NotFound { .. })));
}

#[tokio::test]
async fn another_date_is_empty_and_not_invented() {
    let service = service().await;
    let snapshot = service.get_board(&OWNER, date().tomorrow()).await.unwrap();
    let board = snapshot.board().unwrap();
    assert_eq!((board.run_count, board.summary.total, board.summary.not_started), (0, 9, 9));
}
