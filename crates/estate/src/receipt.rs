//! What a source was asked, as SQL that a person can read, copy and run.

use crate::sql::QueryLimits;
use model::{BusinessDate, DagId, DatasetId, RunId};

/// Dataset ids that are written out; of more, only how many they are.
const MOST_DATASETS: usize = 50;

/// The query behind the runs of some dates: one page a date. `datasets` are not empty.
pub fn runs(from: BusinessDate, to: BusinessDate, datasets: &[DatasetId]) -> String {
    let dates = if from == to {
        format!("BUSINESS_DATE = '{from}'")
    } else {
        format!("BUSINESS_DATE BETWEEN '{from}' AND '{to}'")
    };
    let ids = if datasets.len() > MOST_DATASETS {
        format!("… all {} datasets of the question …", datasets.len())
    } else {
        datasets.iter().map(|id| literal(id.as_str())).collect::<Vec<_>>().join(", ")
    };
    format!(
        "SELECT OUTPUT_DATASET_ID, DAG_ID, DAG_RUN_ID, STATUS, STATUS_DETAIL, TRIGGER_TYPE, CREATED_DATE, \
         UPDATED_DATE FROM WORKFLOW_RUN_INSTANCE WHERE {dates} AND OUTPUT_DATASET_ID IN ({ids}) \
         ORDER BY WORKFLOW_RUN_INSTANCE_KEY LIMIT {}",
        QueryLimits::default().max_rows
    )
}

/// The query behind the tasks of a run.
pub fn tasks(dag_id: &DagId, run_id: &RunId) -> String {
    format!(
        "SELECT task_id, state, try_number, max_tries, operator, hostname, start_date, end_date \
         FROM task_instance WHERE dag_id = {} AND run_id IN ({}) ORDER BY task_id, map_index LIMIT {}",
        literal(dag_id.as_str()),
        literal(run_id.as_str()),
        QueryLimits::default().max_rows
    )
}

fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\\', "\\\\").replace('\'', "''"))
}
