//! The reference estate: its catalog, runs and tasks.

use model::board::build_board;
use model::rules::read_runs;
use model::{
    Board, BusinessDate, Catalog, Dataset, DatasetId, Essential, EssentialName, Run, RunKey, RunRow,
    SliceName, SnapshotId, TaskRow, Timestamp,
};
use serde_json::Value;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::Arc;

pub(crate) struct Estate {
    pub(crate) catalog: Arc<Catalog>,
    rows: Vec<RunRow>,
    pub(crate) tasks: Vec<(String, TaskRow)>,
    /// What the rules make of the dates asked for so far.
    boards: RefCell<BTreeMap<BusinessDate, (Vec<Run>, Board)>>,
}

impl Estate {
    pub(crate) fn reference() -> Self {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../testkit/fixtures/estate.json");
        let document: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
        let rows = |table: &str| document[table].as_array().unwrap().clone();
        Self {
            catalog: Arc::new(Catalog {
                essentials: rows("essentials").iter().map(|row| essential(row, &document)).collect(),
            }),
            rows: rows("workflow_run_instance").iter().map(run_row).collect(),
            tasks: rows("task_instance").iter().map(|row| (text(row, "run_id"), task_row(row))).collect(),
            boards: RefCell::default(),
        }
    }

    /// Writes `detail` as STATUS_DETAIL of every failed run.
    pub(crate) fn with_detail(mut self, detail: &str) -> Self {
        for row in self.rows.iter_mut().filter(|row| row.status == "FAILED") {
            row.status_detail = detail.to_owned();
        }
        self
    }

    /// Lets every run that is under way fail.
    pub(crate) fn with_running_runs_failed(mut self) -> Self {
        for row in self.rows.iter_mut().filter(|row| row.status == "RUNNING") {
            row.status = "FAILED".to_owned();
        }
        self
    }

    pub(crate) fn runs(&self, date: BusinessDate) -> Vec<Run> {
        self.read(date).0
    }

    pub(crate) fn board(&self, date: BusinessDate) -> Board {
        self.read(date).1
    }

    fn read(&self, date: BusinessDate) -> (Vec<Run>, Board) {
        let read = || {
            let rows = self.rows.iter().filter(|row| row.business_date == date).cloned().collect();
            let runs = read_runs(rows, &self.catalog);
            let board = build_board(SnapshotId(1), date, &self.catalog, &runs);
            (runs, board)
        };
        self.boards.borrow_mut().entry(date).or_insert_with(read).clone()
    }
}

fn essential(row: &Value, document: &Value) -> Essential {
    let name = text(row, "name");
    let texts = |key: &str| row[key].as_array().unwrap().iter().map(|text| text.as_str().unwrap().to_owned());
    let definition = &document["catalog"][&name]["GLOBAL"][&name]["schemaJson"]["datasets"];
    let dataset = |dataset: &Value| Dataset {
        id: DatasetId::new(text(dataset, "datasetId")),
        sequence_order: dataset["sequenceOrder"].as_i64().unwrap() as i32,
        slices: dataset["sliceGroups"]
            .as_object()
            .into_iter()
            .flat_map(|groups| groups.values())
            .flat_map(|slices| slices.as_array().unwrap())
            .map(|slice| SliceName::new(slice.as_str().unwrap()))
            .collect(),
    };
    Essential {
        display_name: text(row, "display_name"),
        aliases: texts("aliases").collect(),
        depends_on: texts("depends_on").map(EssentialName::new).collect(),
        datasets: definition.as_array().unwrap().iter().map(dataset).collect(),
        name: EssentialName::new(name),
    }
}

fn run_row(row: &Value) -> RunRow {
    RunRow {
        key: RunKey(row["WORKFLOW_RUN_INSTANCE_KEY"].as_i64().unwrap()),
        dataset_id: text(row, "OUTPUT_DATASET_ID").as_str().into(),
        dag_id: text(row, "DAG_ID").as_str().into(),
        run_id: text(row, "DAG_RUN_ID").as_str().into(),
        status: text(row, "STATUS"),
        status_detail: text(row, "STATUS_DETAIL"),
        trigger_type: text(row, "TRIGGER_TYPE"),
        trigger_value: text(row, "TRIGGER_VALUE"),
        business_date: BusinessDate::parse(&text(row, "BUSINESS_DATE")).unwrap(),
        created_at: time(row, "CREATED_DATE").unwrap(),
        updated_at: time(row, "UPDATED_DATE").unwrap(),
    }
}

fn task_row(row: &Value) -> TaskRow {
    TaskRow {
        task_id: text(row, "task_id"),
        display_name: text(row, "task_display_name"),
        map_index: -1,
        state: row["state"].as_str().map(str::to_owned),
        try_number: row["try_number"].as_u64().unwrap() as u32,
        max_tries: row["max_tries"].as_u64().unwrap() as u32,
        operator: text(row, "operator"),
        hostname: text(row, "hostname"),
        started_at: time(row, "start_date"),
        ended_at: time(row, "end_date"),
    }
}

fn text(row: &Value, column: &str) -> String {
    row[column].as_str().unwrap_or_default().to_owned()
}

fn time(row: &Value, column: &str) -> Option<Timestamp> {
    row[column].as_str().map(|time| time.parse().unwrap())
}
