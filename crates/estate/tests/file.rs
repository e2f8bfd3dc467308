//! Estate files: the reference estate, and files that are wrong.
#![allow(clippy::unwrap_used, reason = "a test that panics has failed")]

use estate::file::EstateFile;
use model::{BusinessDate, DagId, DatasetId, RunId};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

fn fixture() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../testkit/fixtures/estate.json")
}

fn document() -> Value {
    serde_json::from_str(&std::fs::read_to_string(fixture()).unwrap()).unwrap()
}

fn load(name: &str, text: &str) -> Result<EstateFile, String> {
    let path = std::env::temp_dir().join(format!("estate-{}-{name}.json", std::process::id()));
    std::fs::write(&path, text).unwrap();
    let loaded = EstateFile::load(&path).map_err(|error| error.to_string());
    std::fs::remove_file(&path).unwrap();
    loaded
}

#[test]
fn the_reference_estate_is_read_in_full() {
    let file = EstateFile::load(fixture()).unwrap();
    assert_eq!(file.now.to_string(), "2026-02-18T12:09:40Z");
    assert_eq!(file.business_date.to_string(), "2026-02-18");
    assert_eq!(file.environment, "PROD");
    assert_eq!(file.essentials.len(), 9);
    assert_eq!(file.essentials[8].depends_on, ["6G-FR2052a-E2E".into()]);
    assert_eq!(file.catalog.len(), 9);

    let written = document();
    let rows = written["workflow_run_instance"].as_array().unwrap();
    let datasets: Vec<DatasetId> =
        rows.iter().map(|row| DatasetId::new(row["OUTPUT_DATASET_ID"].as_str().unwrap())).collect();
    let runs = file.runs.list_runs(file.business_date, &datasets);
    assert_eq!(runs.len(), rows.len());
    for (run, row) in runs.iter().zip(rows) {
        assert_eq!(run.key.0, row["WORKFLOW_RUN_INSTANCE_KEY"].as_i64().unwrap());
        assert_eq!(run.status, row["STATUS"]);
        assert_eq!(run.created_at.to_string(), row["CREATED_DATE"].as_str().unwrap());
        assert_eq!(run.trigger_type, row["TRIGGER_TYPE"]);
    }
    let tasks: usize = runs.iter().map(|run| file.runs.list_tasks(&run.dag_id, &run.run_id).len()).sum();
    assert_eq!(tasks, written["task_instance"].as_array().unwrap().len());
}

#[test]
fn answers_only_what_is_asked_for() {
    let file = EstateFile::load(fixture()).unwrap();
    let dataset = DatasetId::new("com.jpmc.ct.lri.upc-upc_stage_01_v1");
    let other = DatasetId::new("com.jpmc.ct.lri.smaa-smaa_stage_01_v1");
    let runs = file.runs.list_runs(file.business_date, &[other.clone(), dataset.clone()]);
    assert!(!runs.is_empty());
    assert!(runs.iter().all(|run| run.dataset_id == other || run.dataset_id == dataset));
    assert!(file.runs.list_runs(file.business_date, &[]).is_empty());
    assert!(file.runs.list_runs(BusinessDate::parse("2026-02-17").unwrap(), &[other]).is_empty());
    let run = &runs[0];
    assert!(file.runs.list_tasks(&DagId::new("another"), &run.run_id).is_empty());
    assert!(file.runs.list_tasks(&run.dag_id, &RunId::new("another")).is_empty());
}

#[test]
fn words_that_are_not_known_pass_as_written() {
    let mut written = document();
    let row = &mut written["workflow_run_instance"][0];
    row["STATUS"] = json!("EXPLODED");
    row["TRIGGER_TYPE"] = json!("");
    row["DAG_RUN_ID"] = Value::Null;
    row["DAG_ID"] = Value::Null;
    row.as_object_mut().unwrap().remove("STATUS_DETAIL");
    let dataset = DatasetId::new(row["OUTPUT_DATASET_ID"].as_str().unwrap());
    written["task_instance"][0]["state"] = Value::Null;
    written["task_instance"][0]["task_display_name"] = json!("");
    let file = load("odd", &written.to_string()).unwrap();
    let runs = file.runs.list_runs(file.business_date, &[dataset]);
    assert_eq!((runs[0].status.as_str(), runs[0].trigger_type.as_str()), ("EXPLODED", ""));
    assert_eq!((runs[0].run_id.as_str(), runs[0].status_detail.as_str()), ("", ""));
    let task = &written["task_instance"][0];
    let tasks = file
        .runs
        .list_tasks(&task["dag_id"].as_str().unwrap().into(), &task["run_id"].as_str().unwrap().into());
    assert_eq!((tasks[0].state.as_deref(), tasks[0].display_name.as_str()), (None, "start"));
}

#[test]
fn what_cannot_be_read_is_refused_with_its_position() {
    let check = |pointer: &str, value: Value, expect: &str| {
        let mut written = document();
        let (parent, field) = pointer.rsplit_once('/').unwrap();
        let parent = written.pointer_mut(parent).unwrap();
        if value == json!("<remove>") {
            parent.as_object_mut().unwrap().remove(field);
        } else {
            *parent.pointer_mut(&format!("/{field}")).unwrap() = value;
        }
        let error = load(&pointer.replace('/', "-"), &written.to_string()).unwrap_err();
        assert!(error.contains(expect), "{pointer}: {error}");
    };
    let run = "/workflow_run_instance/17";
    let remove = || json!("<remove>");
    check(
        &format!("{run}/CREATED_DATE"),
        json!("yesterday"),
        "workflow_run_instance[17]: CREATED_DATE is not a time",
    );
    check(
        &format!("{run}/CREATED_DATE"),
        json!("2026-02-18 12:00:00"),
        "workflow_run_instance[17]: CREATED_DATE is not a time",
    );
    check(
        &format!("{run}/UPDATED_DATE"),
        Value::Null,
        "workflow_run_instance[17]: UPDATED_DATE is not a text",
    );
    check(
        &format!("{run}/BUSINESS_DATE"),
        json!("18-02-2026"),
        "workflow_run_instance[17]: BUSINESS_DATE `18",
    );
    check(&format!("{run}/STATUS"), remove(), "workflow_run_instance[17]: STATUS is missing");
    check(&format!("{run}/STATUS"), json!(5), "workflow_run_instance[17]: STATUS is not a text");
    check(
        &format!("{run}/WORKFLOW_RUN_INSTANCE_KEY"),
        json!("2538001"),
        "workflow_run_instance[17]: WORKFLOW_RUN_INSTANCE_KEY is not a whole number",
    );
    check(
        &format!("{run}/WORKFLOW_RUN_INSTANCE_KEY"),
        json!(2538001),
        "workflow_run_instance[17]: WORKFLOW_RUN_INSTANCE_KEY stands on an earlier row",
    );
    check(run, json!("a row"), "workflow_run_instance[17] is not an object");
    check("/task_instance/3/try_number", json!(-1), "task_instance[3]: try_number is not a whole number");
    check("/task_instance/3/end_date", json!("soon"), "task_instance[3]: end_date is not a time");
    check("/task_instance", remove(), "document: task_instance is missing");
    check("/workflow_run_instance", json!({}), "document: workflow_run_instance is not a list");
    check("/essentials/2/aliases", json!(["6G", 7]), "essentials[2]: aliases is not a list of texts");
    check("/catalog", json!([]), "document: catalog is not an object");
    check("/now", json!("2026-02-18"), "document: now is not a time");
}

#[test]
fn what_is_no_json_or_no_file_is_refused_with_its_name() {
    let error = load("syntax", "{\n\"now\": }").unwrap_err();
    assert!(error.contains("syntax.json: is not JSON") && error.contains("line 2"), "{error}");
    assert!(load("list", "[]").unwrap_err().contains("document is not an object"));
    let error = EstateFile::load("/nowhere/estate.json").unwrap_err().to_string();
    assert!(error.contains("estate file /nowhere/estate.json"), "{error}");
}
