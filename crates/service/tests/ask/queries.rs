//! Queries by hand, through the same guard as a model's.

use crate::support::{home, person, today};
use model::Clock;
use model::ErrorKind;
use model::audit::{AuditFilter, AuditResult};
use store::{Store, StoreKind, StoreSettings};

const COUNT: &str = "SELECT STATUS, COUNT(*) AS runs FROM WORKFLOW_RUN_INSTANCE WHERE BUSINESS_DATE = CURDATE() GROUP BY STATUS \
     ORDER BY runs DESC";

#[tokio::test]
async fn a_query_is_guarded_and_run() {
    let home = home().await;
    let ada = person("ada");
    let sql = home.check_query(&ada, COUNT, today()).await.unwrap();
    assert!(sql.contains("'2026-02-18'") && sql.contains("LIMIT 500"), "{sql}");
    let run = home.run_query(&ada, "How many runs?", COUNT, today()).await.unwrap();
    assert_eq!(run.card.columns, ["STATUS", "runs"]);
    let rows: usize =
        run.card.rows.iter().map(|row| row[1].as_ref().unwrap().parse::<usize>().unwrap()).sum();
    let board = home.get_board(&ada, today()).await.unwrap();
    assert_eq!(rows, board.runs.len());
    assert_eq!((run.card.sql, run.card.ran, run.card.truncated), (sql, true, false));
    let tasks = "SELECT task_id, state FROM task_instance WHERE run_id IN \
                 ('FGW_6g_calc_workflow_V2_2026-02-18_6G-GLOBAL-SLICE-2_1771371854588') ORDER BY start_date";
    let run = home.run_query(&ada, "", tasks, today()).await.unwrap();
    assert!(run.card.rows.iter().any(|row| row[0].as_deref() == Some("enrich_6g_calc_results")), "{run:?}");
    let none = "SELECT DAG_ID FROM WORKFLOW_RUN_INSTANCE WHERE BUSINESS_DATE = '2001-01-01'";
    let run = home.run_query(&ada, "", none, today()).await.unwrap();
    assert_eq!((run.card.columns, run.card.rows.len()), (vec!["DAG_ID".to_owned()], 0));
    let many = "SELECT a.DAG_ID FROM WORKFLOW_RUN_INSTANCE AS a CROSS JOIN WORKFLOW_RUN_INSTANCE AS b \
                WHERE a.BUSINESS_DATE = '2026-02-18' AND b.BUSINESS_DATE = '2026-02-18'";
    let run = home.run_query(&ada, "", many, today()).await.unwrap();
    assert_eq!((run.card.rows.len(), run.card.truncated), (500, true));
}

#[tokio::test]
async fn what_the_guard_refuses_is_not_run_and_says_why() {
    let home = home().await;
    let ada = person("ada");
    let check = async |sql: &str, reason: &str| {
        for error in [
            home.check_query(&ada, sql, today()).await.unwrap_err(),
            home.run_query(&ada, "", sql, today()).await.unwrap_err(),
        ] {
            assert_eq!(error.kind(), ErrorKind::Invalid, "{sql}");
            assert!(error.to_string().contains(reason), "{sql}: {error}");
        }
    };
    check("DELETE FROM WORKFLOW_RUN_INSTANCE", "Only queries are taken").await;
    check("SELECT STATUS FROM WORKFLOW_RUN_INSTANCE", "BUSINESS_DATE").await;
    check("SELECT User FROM mysql.user", "mysql").await;
    check("SELECT run_id FROM dag_run WHERE run_id IN ('a')", "dag_run").await;
    check("SELECT WORKFLOW_KEY FROM WORKFLOW_RUN_INSTANCE WHERE BUSINESS_DATE = CURDATE()", "WORKFLOW_KEY")
        .await;
}

#[tokio::test]
async fn every_run_is_recorded_with_its_verdict() {
    let home = home().await;
    let ada = person("ada");
    home.run_query(&ada, "How many runs?", COUNT, today()).await.unwrap();
    home.run_query(&ada, "Drop it", "DROP TABLE x", today()).await.unwrap_err();
    let settings = StoreSettings { kind: StoreKind::Sqlite { dir: home.data.path().to_owned() } };
    let store = Store::open(&settings, Clock::system()).await.unwrap();
    let filter = AuditFilter { with_server: true, ..AuditFilter::default() };
    let records = store.list_audit(&filter, None, 2).await.unwrap();
    let [refused, run] = &records[..] else { panic!("{records:?}") };
    assert_eq!((run.entry.action.as_str(), run.entry.result), ("query.run", AuditResult::Success));
    let after = |field: &str| run.entry.after[field].as_str();
    assert_eq!((after("question"), after("sql"), after("verdict")), ("How many runs?", COUNT, "accepted"));
    assert!(after("rows") != "0" && after("duration_ms").parse::<u64>().is_ok());
    assert_eq!(refused.entry.result, AuditResult::Refused);
    assert!(refused.entry.after["verdict"].starts_with("Only queries are taken"), "{refused:?}");
}
