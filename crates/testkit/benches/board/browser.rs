//! The first visit in headless Chromium. `end2end/bench-page.mjs` does the visiting.

use crate::sentry::Sentry;
use crate::table::{Row, number};
use crate::{Setup, workspace};
use anyhow::{Context, bail};
use serde_json::Value;
use std::process::{Command, Stdio};

pub(crate) async fn measure(setup: &Setup) -> anyhow::Result<Vec<Row>> {
    let sentry = Sentry::reference(setup).await?;
    sentry.get("/").await?;
    let visits: u32 = setup.choose(21, 3);
    let found = run_script("bench-page.mjs", &[&sentry.url("/"), &visits.to_string()]).await?;
    let figure = |name: &str| found[name].as_f64().with_context(|| format!("bench-page.mjs tells no {name}"));
    let text = |name: &str| found[name].as_str().unwrap_or_default().to_owned();
    let visits =
        format!("median of {visits} visits, each in a fresh context without cache; {}", text("browser"));
    let all = |name: &str| format!("{visits}; slowest {} ms", number(figure(name).unwrap_or(f64::NAN)));
    let bytes = "bytes on the network with heads, as Chromium counts them; most of three more visits";
    Ok(vec![
        Row::at_most("first contentful paint", figure("paint_ms")?, 250.0, "ms", all("slowest_paint_ms")),
        Row::at_most(
            "hydrated",
            figure("hydrated_ms")?,
            600.0,
            "ms",
            format!("{}; data-hydrated on the root element", all("slowest_hydrated_ms")),
        ),
        Row::at_most(
            "first visit transfers",
            figure("bytes")? / 1e3,
            600.0,
            "KB",
            format!("{bytes}: {}", text("by_kind")),
        ),
        Row::at_most("of which wasm", figure("wasm_bytes")? / 1e3, 350.0, "KB", bytes),
    ])
}

/// What a script of `end2end/`, which drives a browser, prints as JSON.
pub(crate) async fn run_script(script: &str, arguments: &[&str]) -> anyhow::Result<Value> {
    let mut command = Command::new("node");
    command.arg(script).args(arguments);
    command.current_dir(workspace().join("end2end")).stdin(Stdio::null());
    let output = tokio::task::spawn_blocking(move || command.output()).await?;
    let output = output.context("run node: install Node 20 or newer")?;
    if !output.status.success() {
        bail!("{script}: {}", String::from_utf8_lossy(&output.stderr).trim());
    }
    serde_json::from_slice(&output.stdout).with_context(|| format!("read what {script} says"))
}
