//! Real sources for the program: MariaDB and a catalog that hold the reference estate.

use crate::Setup;
use crate::lenz::Lenz;
use crate::sentry::Sentry;
use anyhow::Context;
use serde_json::{Map, Value};
use std::fmt::Write as _;
use tempfile::TempDir;
use testkit::mariadb::{Databases, MariaDb};
use testkit::reference::{self, Row};

/// Both sources, and the settings that lead to them.
pub(crate) struct Estate {
    /// The databases on the server.
    pub(crate) databases: Databases,
    lenz: Lenz,
    folder: TempDir,
    environment: Vec<(&'static str, String)>,
}

impl Estate {
    /// The essentials of the reference estate over `databases`.
    pub(crate) async fn new(server: &MariaDb, databases: Databases) -> anyhow::Result<Self> {
        let estate: Value = serde_json::from_str(reference::ESTATE_JSON)?;
        let definitions = estate["catalog"].as_object().context("the fixture has no catalog")?;
        let lenz = Lenz::serve(definitions.clone()).await?;
        let folder = tempfile::tempdir().context("create a folder")?;
        let essentials = estate["essentials"].as_array().context("the fixture has no essentials")?;
        std::fs::write(folder.path().join("sentry.toml"), essentials_toml(essentials)?)?;
        let environment = vec![
            ("RDS_HOST", server.host().to_owned()),
            ("RDS_PORT", server.port().to_string()),
            ("RDS_USER", databases.user.clone()),
            ("RDS_PASSWORD", databases.password.clone()),
            ("RDS_PEM_PATH", server.pem_path().display().to_string()),
            ("FGW_DATABASE", databases.fgw.clone()),
            ("AIRFLOW_DATABASE", databases.airflow.clone()),
            ("LENZ_API_BASE_URL", lenz.base_url()),
            ("SENTRY_POLL_TODAY", POLL_SECONDS.to_string()),
        ];
        Ok(Self { databases, lenz, folder, environment })
    }

    /// The reference estate as if its business date were today, in new databases.
    pub(crate) async fn today(server: &MariaDb, name: &str) -> anyhow::Result<Self> {
        let databases = server.create_databases(name).await;
        let rows = rows_of_today()?;
        server.insert(&databases.fgw, "WORKFLOW_RUN_INSTANCE", &rows).await;
        Self::new(server, databases).await
    }

    /// Starts the program on these sources.
    pub(crate) async fn start(&self, setup: &Setup) -> anyhow::Result<Sentry> {
        let config = self.folder.path().join("sentry.toml");
        let config = config.to_str().context("the folder's path is no UTF-8")?;
        Sentry::start(setup, &["--config", config], &self.environment)
            .await
            .with_context(|| format!("with the catalog at {}", self.lenz.base_url()))
    }
}

/// Between two polls of today's board, in place of 15 s: more polls in the same time.
pub(crate) const POLL_SECONDS: u64 = 2;

/// The business date that the program shows: today's in UTC, as `YYYY-MM-DD`.
pub(crate) fn today() -> String {
    model::Clock::system().now().strftime("%Y-%m-%d").to_string()
}

/// The ids of all datasets of the reference catalog.
pub(crate) fn catalog_datasets() -> anyhow::Result<Vec<String>> {
    let estate: Value = serde_json::from_str(reference::ESTATE_JSON)?;
    let mut ids = Vec::new();
    collect_dataset_ids(&estate["catalog"], &mut ids);
    ids.sort();
    ids.dedup();
    Ok(ids)
}

fn collect_dataset_ids(value: &Value, ids: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            if let Some(id) = fields.get("datasetId").and_then(Value::as_str) {
                ids.push(id.to_owned());
            }
            fields.values().for_each(|value| collect_dataset_ids(value, ids));
        }
        Value::Array(values) => values.iter().for_each(|value| collect_dataset_ids(value, ids)),
        _ => {}
    }
}

fn rows_of_today() -> anyhow::Result<Vec<Row>> {
    let estate: Value = serde_json::from_str(reference::ESTATE_JSON)?;
    let date = estate["business_date"].as_str().context("the fixture has no business date")?;
    let today = today();
    let mut rows = reference::rows("workflow_run_instance");
    for row in &mut rows {
        move_date(row, date, &today);
    }
    Ok(rows)
}

/// Where the business date stands: its column, and within the run id.
fn move_date(row: &mut Map<String, Value>, from: &str, to: &str) {
    for column in ["BUSINESS_DATE", "DAG_RUN_ID"] {
        if let Some(Value::String(text)) = row.get_mut(column) {
            *text = text.replace(from, to);
        }
    }
}

/// JSON texts and lists of texts read the same in TOML.
fn essentials_toml(essentials: &[Value]) -> anyhow::Result<String> {
    let mut text = String::new();
    for essential in essentials {
        text.push_str("[[essentials]]\n");
        for (name, value) in essential.as_object().context("an essential is an object")? {
            writeln!(text, "{name} = {value}")?;
        }
    }
    Ok(text)
}
