//! An estate file: a whole estate in one JSON document, in the sources' own columns.
//!
//! It stands in place of the real sources (`sentry serve --estate FILE`). Someone wrote it
//! by hand or exported it, so a file that cannot be read in full is refused with the
//! position of what is wrong; no row of it is ever skipped. Words that SENTRY does not know
//! (a status, a trigger, a run id out of shape) are not wrong: they pass as written.

mod record;

use crate::catalog::EssentialSettings;
use crate::error::SourceError;
use jiff::tz::TimeZone;
use model::{BusinessDate, DagId, DatasetId, EssentialName, RunId, RunKey, RunRow, TaskRow, Timestamp};
use record::{Problem, Record};
use serde_json::Value;
use std::collections::{HashMap, HashSet};
use std::path::Path;

/// What an estate file holds.
#[derive(Debug)]
pub struct EstateFile {
    /// The moment that the file is a picture of.
    pub now: Timestamp,
    /// The business date of that moment.
    pub business_date: BusinessDate,
    /// `PROD`, `UAT`, …: shown beside the brand.
    pub environment: String,
    /// The essentials, in display order.
    pub essentials: Vec<EssentialSettings>,
    /// The catalog's raw answer for each essential, for [`crate::catalog::CatalogSource::Fixed`].
    pub catalog: HashMap<EssentialName, Value>,
    /// Workflow runs and tasks.
    pub runs: FileRuns,
}

impl EstateFile {
    /// Reads the file at `path`.
    ///
    /// # Errors
    /// [`SourceError::Settings`] naming the file and the table, row and column (or the line,
    /// where it is not JSON) that cannot be read.
    pub fn load(path: impl AsRef<Path>) -> Result<Self, SourceError> {
        let path = path.as_ref();
        let refuse = |problem: &dyn std::fmt::Display| {
            SourceError::Settings(format!("estate file {}: {problem}", path.display()))
        };
        let text = std::fs::read_to_string(path).map_err(|error| refuse(&error))?;
        Self::parse(&text).map_err(|problem| refuse(&problem))
    }

    fn parse(text: &str) -> Result<Self, Problem> {
        let document: Value = serde_json::from_str(text).map_err(Problem::not_json)?;
        let document = Record::new("document", &document)?;
        Ok(Self {
            now: document.time("now")?,
            business_date: document.date("business_date")?,
            environment: document.text("environment")?,
            essentials: document.rows("essentials")?.iter().map(read_essential).collect::<Result<_, _>>()?,
            catalog: document
                .object("catalog")?
                .iter()
                .map(|(name, answer)| (EssentialName::new(name), answer.clone()))
                .collect(),
            runs: FileRuns::read(&document)?,
        })
    }
}

fn read_essential(record: &Record) -> Result<EssentialSettings, Problem> {
    Ok(EssentialSettings {
        name: EssentialName::new(record.text("name")?),
        display_name: record.text("display_name")?,
        aliases: record.texts("aliases")?,
        depends_on: record.texts("depends_on")?.into_iter().map(EssentialName::new).collect(),
    })
}

/// The runs and tasks of an estate file, wholly in memory.
#[derive(Debug, Default)]
pub struct FileRuns {
    runs: HashMap<BusinessDate, Vec<RunRow>>,
    tasks: HashMap<(DagId, RunId), Vec<TaskRow>>,
}

impl FileRuns {
    /// Every run of `date` that made one of `datasets`, in the order of the file.
    pub fn list_runs(&self, date: BusinessDate, datasets: &[DatasetId]) -> Vec<RunRow> {
        let wanted: HashSet<&DatasetId> = datasets.iter().collect();
        self.runs
            .get(&date)
            .into_iter()
            .flatten()
            .filter(|row| wanted.contains(&row.dataset_id))
            .cloned()
            .collect()
    }

    /// Every run from one date to another.
    pub(crate) fn runs_of(&self, (from, to): (BusinessDate, BusinessDate)) -> Vec<RunRow> {
        let of_span = self.runs.iter().filter(|(date, _)| (from..=to).contains(date));
        of_span.flat_map(|(_, runs)| runs).cloned().collect()
    }

    /// Every task that started on one of these days or is of one of these runs.
    pub(crate) fn tasks_of(
        &self,
        span: Option<(BusinessDate, BusinessDate)>,
        run_ids: &[RunId],
    ) -> Vec<(DagId, RunId, TaskRow)> {
        let day = |at: Timestamp| BusinessDate::from(at.to_zoned(TimeZone::UTC).date());
        let is_in_span = |task: &TaskRow| {
            let started = task.started_at.map(day);
            span.zip(started).is_some_and(|((from, to), day)| (from..=to).contains(&day))
        };
        let mut wanted = Vec::new();
        for ((dag_id, run_id), tasks) in &self.tasks {
            let is_named = run_ids.contains(run_id);
            let found = tasks.iter().filter(|task| is_named || is_in_span(task));
            wanted.extend(found.map(|task| (dag_id.clone(), run_id.clone(), task.clone())));
        }
        wanted
    }

    /// The tasks of one run, in the order of the file; empty where it has none.
    pub fn list_tasks(&self, dag_id: &DagId, run_id: &RunId) -> Vec<TaskRow> {
        self.tasks.get(&(dag_id.clone(), run_id.clone())).cloned().unwrap_or_default()
    }

    fn read(document: &Record) -> Result<Self, Problem> {
        let mut read = Self::default();
        let mut keys = HashSet::new();
        for record in document.rows("workflow_run_instance")? {
            let row = read_run(&record)?;
            if !keys.insert(row.key) {
                return Err(record.problem("WORKFLOW_RUN_INSTANCE_KEY", "stands on an earlier row too"));
            }
            read.runs.entry(row.business_date).or_default().push(row);
        }
        for record in document.rows("task_instance")? {
            let place = (DagId::new(record.text("dag_id")?), RunId::new(record.text("run_id")?));
            read.tasks.entry(place).or_default().push(read_task(&record)?);
        }
        Ok(read)
    }
}

fn read_run(record: &Record) -> Result<RunRow, Problem> {
    Ok(RunRow {
        key: RunKey(record.integer("WORKFLOW_RUN_INSTANCE_KEY")?),
        dataset_id: DatasetId::new(record.text("OUTPUT_DATASET_ID")?),
        dag_id: DagId::new(record.text_or_null("DAG_ID")?.unwrap_or_default()),
        run_id: RunId::new(record.text_or_null("DAG_RUN_ID")?.unwrap_or_default()),
        status: record.text_or_null("STATUS")?.unwrap_or_default(),
        status_detail: record.optional_text("STATUS_DETAIL")?.unwrap_or_default(),
        trigger_type: record.text_or_null("TRIGGER_TYPE")?.unwrap_or_default(),
        trigger_value: record.optional_text("TRIGGER_VALUE")?.unwrap_or_default(),
        business_date: record.date("BUSINESS_DATE")?,
        created_at: record.time("CREATED_DATE")?,
        updated_at: record.time("UPDATED_DATE")?,
    })
}

fn read_task(record: &Record) -> Result<TaskRow, Problem> {
    let task_id = record.text("task_id")?;
    let display_name = record.optional_text("task_display_name")?.filter(|name| !name.is_empty());
    Ok(TaskRow {
        display_name: display_name.unwrap_or_else(|| task_id.clone()),
        task_id,
        map_index: record.optional_integer("map_index")?.unwrap_or(-1),
        state: record.text_or_null("state")?,
        try_number: record.integer("try_number")?,
        max_tries: record.integer("max_tries")?,
        operator: record.optional_text("operator")?.unwrap_or_default(),
        hostname: record.optional_text("hostname")?.unwrap_or_default(),
        started_at: record.time_or_null("start_date")?,
        ended_at: record.time_or_null("end_date")?,
    })
}
