use axum::http::StatusCode;
use serde_json::Value;
use testkit::app::TestApp;

#[tokio::test]
async fn windows_of_what_a_query_selects() {
    let app = TestApp::reference().await;
    let all = app.get("/api/runs?limit=1000").await.json();
    let total = all["total"].as_u64().unwrap();
    assert_eq!(all["matching"], total);
    assert_eq!(all["runs"].as_array().unwrap().len() as u64, total);
    let failed = app.get("/api/runs?status=failed&sort=-duration&limit=2").await.json();
    assert!(failed["matching"].as_u64().unwrap() < total);
    let rows = failed["runs"].as_array().unwrap();
    assert!(rows.len() <= 2 && !rows.is_empty());
    assert!(rows.iter().all(|row| row["status"] == "FAILED"));
    assert!(rows.iter().map(|row| row["duration_s"].as_i64().unwrap()).is_sorted_by(|a, b| a >= b));
    let second = app.get("/api/runs?status=failed&sort=-duration&limit=1&offset=1").await.json();
    assert_eq!(second["runs"][0]["run_id"], rows.get(1).map_or(Value::Null, |row| row["run_id"].clone()));
    let none = app.get("/api/runs?q=nothing-holds-this").await.json();
    assert_eq!((none["matching"].clone(), none["total"].clone()), (0.into(), total.into()));
}

#[tokio::test]
async fn exports_hold_all_that_the_query_selects() {
    let app = TestApp::reference().await;
    for query in ["", "?status=failed", "?q=emea&sort=run", "?dataset=nothing"] {
        let matching = app.get(&format!("/api/runs{query}")).await.json()["matching"].as_u64().unwrap();
        let json = app.get(&format!("/api/runs/export.json{query}")).await;
        assert_eq!(
            json.header("content-disposition"),
            "attachment; filename=\"sentry-runs-2026-02-18.json\""
        );
        let rows = json.json();
        assert_eq!(rows.as_array().unwrap().len() as u64, matching, "{query}");
        let csv = app.get(&format!("/api/runs/export.csv{query}")).await;
        assert_eq!(csv.header("content-type"), "text/csv; charset=utf-8");
        let lines: Vec<&str> = csv.text().split_terminator("\r\n").collect();
        assert_eq!(lines.len() as u64, matching + 1, "{query}");
        assert!(lines[0].starts_with("essential,dataset,slice,phase,status,started,duration_s,"));
        for (line, row) in lines[1..].iter().zip(rows.as_array().unwrap()) {
            assert!(line.contains(row["run_id"].as_str().unwrap()), "{line}");
        }
    }
}

#[tokio::test]
async fn a_run_with_its_tasks() {
    let app = TestApp::reference().await;
    let failed = app.get("/api/runs?status=failed&limit=1").await.json();
    let run_id = failed["runs"][0]["run_id"].as_str().unwrap().to_owned();
    let answer = app.get(&format!("/api/runs/{run_id}/tasks")).await;
    assert_eq!(answer.status, StatusCode::OK);
    let tasks = answer.json();
    assert_eq!(tasks["run"]["run_id"], run_id);
    let first = tasks["first_failed"].as_str().unwrap();
    let states: Vec<_> =
        tasks["tasks"].as_array().unwrap().iter().filter(|task| task["task_id"] == first).collect();
    assert_eq!(states[0]["state"], "failed");
}

#[tokio::test]
async fn failures_name_steps_and_what_they_block() {
    let app = TestApp::reference().await;
    let failures = app.get("/api/failures").await.json();
    let essentials = failures["essentials"].as_array().unwrap();
    assert!(!essentials.is_empty());
    for essential in essentials {
        assert!(!essential["steps"].as_array().unwrap().is_empty(), "{essential}");
        for run in essential["steps"][0]["runs"].as_array().unwrap() {
            assert!(matches!(run["status"].as_str(), Some("FAILED" | "CANCELLED")), "{run}");
        }
    }
}
