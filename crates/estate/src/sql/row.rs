//! From text to rows of the model.

use super::engine::TextRow;
use crate::error::SourceError;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use model::{BusinessDate, DagId, DatasetId, RunId, RunKey, RunRow, TaskRow, Timestamp};

/// Reads a row of [`super::query::runs`].
pub(super) fn read_run(business_date: BusinessDate, row: TextRow) -> Result<RunRow, SourceError> {
    let mut columns = row.into_iter();
    let mut next = || columns.next().flatten();
    let key = next().and_then(|key| key.parse().ok()).map(RunKey);
    let Some(key) = key else {
        return Err(malformed("a workflow run", "WORKFLOW_RUN_INSTANCE_KEY"));
    };
    let run = format!("workflow run {}", key.0);
    Ok(RunRow {
        key,
        dataset_id: DatasetId::new(next().ok_or_else(|| malformed(&run, "OUTPUT_DATASET_ID"))?),
        dag_id: DagId::new(next().unwrap_or_default()),
        run_id: RunId::new(next().unwrap_or_default()),
        status: next().unwrap_or_default(),
        status_detail: next().unwrap_or_default(),
        trigger_type: next().unwrap_or_default(),
        trigger_value: next().unwrap_or_default(),
        business_date,
        created_at: next().and_then(read_time).ok_or_else(|| malformed(&run, "CREATED_DATE"))?,
        updated_at: next().and_then(read_time).ok_or_else(|| malformed(&run, "UPDATED_DATE"))?,
    })
}

/// Reads a row of [`super::query::tasks`].
pub(super) fn read_task(row: TextRow) -> Result<TaskRow, SourceError> {
    let mut columns = row.into_iter();
    let mut next = || columns.next().flatten();
    let task_id = next().ok_or_else(|| malformed("a task", "task_id"))?;
    let task = format!("task {task_id}");
    let map_index = next().and_then(|index| index.parse().ok());
    let display_name = next().filter(|name| !name.is_empty());
    Ok(TaskRow {
        map_index: map_index.ok_or_else(|| malformed(&task, "map_index"))?,
        display_name: display_name.unwrap_or_else(|| task_id.clone()),
        task_id,
        state: next(),
        try_number: count(next(), &task, "try_number")?,
        max_tries: count(next(), &task, "max_tries")?,
        operator: next().unwrap_or_default(),
        hostname: next().unwrap_or_default(),
        started_at: optional_time(next(), &task, "start_date")?,
        ended_at: optional_time(next(), &task, "end_date")?,
    })
}

/// Airflow writes NULL before the first try and −1 where nothing was set: both are none.
fn count(text: Option<String>, task: &str, column: &str) -> Result<u32, SourceError> {
    let Some(text) = text else {
        return Ok(0);
    };
    let number: i64 = text.parse().map_err(|_| malformed(task, column))?;
    u32::try_from(number.max(0)).map_err(|_| malformed(task, column))
}

fn optional_time(text: Option<String>, task: &str, column: &str) -> Result<Option<Timestamp>, SourceError> {
    text.map(|text| read_time(text).ok_or_else(|| malformed(task, column))).transpose()
}

/// A time with an offset, or one without, which is UTC: sessions are.
fn read_time(text: String) -> Option<Timestamp> {
    let local = || text.parse::<DateTime>().ok()?.to_zoned(TimeZone::UTC).ok();
    text.parse().ok().or_else(|| Some(local()?.timestamp()))
}

fn malformed(row: &str, column: &str) -> SourceError {
    SourceError::Malformed { what: format!("{column} of {row} cannot be read") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(columns: &[Option<&str>]) -> TextRow {
        columns.iter().map(|column| column.map(str::to_owned)).collect()
    }

    fn run(columns: [Option<&str>; 10]) -> Result<RunRow, String> {
        let date = BusinessDate::parse("2026-02-18").unwrap();
        read_run(date, row(&columns)).map_err(|error| error.to_string())
    }

    const TIME: Option<&str> = Some("2026-02-18 01:02:03");

    #[test]
    fn times_are_utc_in_every_form_that_an_engine_writes() {
        for (text, expect) in [
            ("2026-02-18 01:02:03", Some("2026-02-18T01:02:03Z")),
            ("2026-02-18 01:02:03.250000", Some("2026-02-18T01:02:03.25Z")),
            ("2026-02-18T01:02:03", Some("2026-02-18T01:02:03Z")),
            ("2026-02-18T01:02:03Z", Some("2026-02-18T01:02:03Z")),
            ("2026-02-18 01:02:03+05:30", Some("2026-02-17T19:32:03Z")),
            ("0000-00-00 00:00:00", None),
            ("2026-02-30 00:00:00", None),
            ("", None),
            ("soon", None),
        ] {
            let expect = expect.map(|text| text.parse::<Timestamp>().unwrap());
            assert_eq!(read_time(text.to_owned()), expect, "{text}");
        }
    }

    #[test]
    fn nulls_of_nullable_columns_are_empty_text() {
        let run = run([Some("7"), Some("d"), None, None, None, None, None, None, TIME, TIME]).unwrap();
        assert_eq!((run.key, run.dataset_id.as_str()), (RunKey(7), "d"));
        assert_eq!((run.dag_id.as_str(), run.run_id.as_str()), ("", ""));
        assert_eq!((run.status.as_str(), run.trigger_type.as_str()), ("", ""));
    }

    #[test]
    fn a_row_that_cannot_be_read_is_named() {
        let zero = Some("0000-00-00 00:00:00");
        let rows = [
            ([None; 10], "WORKFLOW_RUN_INSTANCE_KEY of a workflow run"),
            (
                [Some("7"), None, None, None, None, None, None, None, TIME, TIME],
                "OUTPUT_DATASET_ID of workflow run 7",
            ),
            (
                [Some("7"), Some("d"), None, None, None, None, None, None, zero, TIME],
                "CREATED_DATE of workflow run 7",
            ),
            (
                [Some("7"), Some("d"), None, None, None, None, None, None, TIME, None],
                "UPDATED_DATE of workflow run 7",
            ),
        ];
        for (columns, expect) in rows {
            let message = run(columns).unwrap_err();
            assert!(message.contains(expect), "{message}");
        }
    }

    #[test]
    fn a_task_that_has_not_started_has_neither_times_nor_tries() {
        let columns = [Some("t"), Some("-1"), None, None, None, Some("-1"), None, None, None, None];
        let task = read_task(row(&columns)).unwrap();
        assert_eq!((task.display_name.as_str(), task.map_index), ("t", -1));
        assert_eq!((task.try_number, task.max_tries, task.state, task.started_at), (0, 0, None, None));
    }
}
