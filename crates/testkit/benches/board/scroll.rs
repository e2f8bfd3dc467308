//! 20,000 runs in the explorer, scrolled with the wheel in headless Chromium.
//! `end2end/bench-scroll.mjs` does the scrolling.

use crate::browser::run_script;
use crate::sentry::{REFERENCE_NOW, Sentry};
use crate::table::{Row, number};
use crate::{Setup, workspace};
use anyhow::{Context, ensure};
use serde_json::{Value, json};

/// How far the wheel scrolls, in CSS pixels.
const WHEEL_PX: u32 = 48_000;

pub(crate) async fn measure(setup: &Setup) -> anyhow::Result<Vec<Row>> {
    let runs = 20_000;
    let folder = tempfile::tempdir().context("create a folder")?;
    let estate = folder.path().join("estate.json");
    std::fs::write(&estate, estate_of_runs(runs)?.to_string()).context("write the estate")?;
    let estate = estate.to_str().context("the folder's path is no UTF-8")?;
    let sentry = Sentry::start(setup, &["--estate", estate, "--now", REFERENCE_NOW], &[]).await?;
    sentry.wait_for_board().await?;
    let pixels = setup.choose(WHEEL_PX, WHEEL_PX / 4);
    let url = sentry.url("/explorer?date=2026-02-18&sort=started");
    let found = run_script("bench-scroll.mjs", &[&url, &pixels.to_string()]).await?;
    let figure =
        |name: &str| found[name].as_f64().with_context(|| format!("bench-scroll.mjs tells no {name}"));
    ensure!(figure("rows")? == runs as f64, "the explorer shows {} rows, not {runs}", found["rows"]);
    let how = format!(
        "{} runs, the wheel over {} px; {} frames; {}",
        number(runs as f64),
        number(f64::from(pixels)),
        number(figure("frames")?),
        found["browser"].as_str().unwrap_or_default()
    );
    Ok(vec![
        Row::at_most(
            "explorer scrolls: longest task",
            figure("longest_task_ms")?,
            100.0,
            "ms",
            format!("{how}; the page's main thread, as Chromium traces it"),
        ),
        Row::at_most(
            "explorer scrolls: slowest frame",
            figure("slowest_frame_ms")?,
            100.0,
            "ms",
            "the same run; longest time between two animation frames",
        ),
        Row::at_most(
            "explorer scrolls: rows drawn",
            figure("rows_drawn")?,
            120.0,
            "rows",
            "the same run; most at any frame",
        ),
    ])
}

/// The reference estate with `count` runs of its datasets, in as many slices as that takes, and no
/// tasks.
fn estate_of_runs(count: usize) -> anyhow::Result<Value> {
    let file = workspace().join("crates/testkit/fixtures/estate.json");
    let mut estate: Value = serde_json::from_slice(&std::fs::read(file).context("read the estate")?)?;
    let date = estate["business_date"].as_str().context("the estate has no date")?.to_owned();
    let mut models: Vec<Value> = Vec::new();
    for run in estate["workflow_run_instance"].as_array().context("the estate has no runs")? {
        let known = |model: &Value| model["OUTPUT_DATASET_ID"] == run["OUTPUT_DATASET_ID"];
        if run["TRIGGER_TYPE"] == "ProcessTrigger" && !models.iter().any(known) {
            models.push(run.clone());
        }
    }
    ensure!(!models.is_empty(), "the estate has no recognised run");
    let slices: Vec<String> =
        (1..=count.div_ceil(models.len())).map(|slice| format!("BULK-SLICE-{slice}")).collect();
    let at =
        |second: usize| format!("{date}T{:02}:{:02}:{:02}Z", second / 3600, second / 60 % 60, second % 60);
    let runs = (0..count).map(|index| {
        let mut run = models[index % models.len()].clone();
        let slice = &slices[index / models.len()];
        let dag_id = run["DAG_ID"].as_str().unwrap_or_default();
        run["DAG_RUN_ID"] = json!(format!("FGW_{dag_id}_{date}_{slice}_{}", 1_771_370_000_000 + index));
        run["WORKFLOW_RUN_INSTANCE_KEY"] = json!(5_000_000 + index);
        run["STATUS"] = json!(if index % 97 == 0 { "FAILED" } else { "SUCCESS" });
        run["CREATED_DATE"] = json!(at(index));
        run["UPDATED_DATE"] = json!(at(index + 600));
        run
    });
    estate["workflow_run_instance"] = runs.collect();
    estate["task_instance"] = json!([]);
    set_slices(&mut estate["catalog"], &json!({ "slices": slices }));
    Ok(estate)
}

/// Puts `groups` in place of every `sliceGroups` below `part`.
fn set_slices(part: &mut Value, groups: &Value) {
    match part {
        Value::Object(fields) => {
            for (name, value) in fields {
                if name == "sliceGroups" {
                    *value = groups.clone();
                } else {
                    set_slices(value, groups);
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| set_slices(item, groups)),
        _ => {}
    }
}
