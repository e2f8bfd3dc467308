use super::*;
use ::parquet::file::reader::{FileReader, SerializedFileReader};
use ::parquet::record::RowAccessor;
use axum::body::to_bytes;
use model::telemetry::{AgentIdentity, AgentName, LogLevel, LogRecord, UnixNanos};
use std::sync::Arc;

fn log(number: i64) -> LogRecord {
    LogRecord {
        agent: Arc::new(AgentIdentity { name: AgentName::new("scribe"), id: None, metadata: Vec::new() }),
        at: UnixNanos(number),
        level: LogLevel::Info,
        message: format!("=line {number}"),
        trace_id: None,
        span_id: None,
        event_name: None,
        attributes: Vec::new(),
        redactions: 0,
    }
}

type Pages = Vec<service::Result<Records>>;

fn pages(sizes: &[i64]) -> Pages {
    let mut number = 0;
    let page = |size: &i64| {
        let first = number;
        number += size;
        Ok(Records::Logs((first..number).map(log).collect()))
    };
    sizes.iter().map(page).collect()
}

/// The whole file, or why it broke off.
async fn write(format: Format, pages: Pages) -> Result<Bytes, axum::Error> {
    let writer = format.writer(columns(ExportKind::Logs), Timestamp::UNIX_EPOCH).unwrap();
    to_bytes(Body::from_stream(file(stream::iter(pages).boxed(), writer)), usize::MAX).await
}

#[tokio::test]
async fn a_source_that_fails_breaks_the_file_off() {
    for format in FORMATS {
        assert!(write(format, pages(&[3, 4])).await.is_ok(), "{format:?}");
        let mut broken = pages(&[3, 4]);
        broken.insert(1, Err(service::Error::Forbidden));
        assert!(write(format, broken).await.is_err(), "{format:?}");
    }
}

#[tokio::test]
async fn texts_have_a_row_a_record() {
    for (format, sizes, expect) in [
        (
            Format::Csv,
            &[0][..],
            "agent_id,agent_name,timestamp,level,message,trace_id,span_id,event_name,attributes,redactions\r\n",
        ),
        (
            Format::Csv,
            &[1, 1],
            "agent_id,agent_name,timestamp,level,message,trace_id,span_id,event_name,attributes,redactions\r\n\
             ,scribe,1970-01-01T00:00:00Z,info,\"'=line 0\",,,,{},0\r\n\
             ,scribe,1970-01-01T00:00:00.000000001Z,info,\"'=line 1\",,,,{},0\r\n",
        ),
        (Format::JsonLines, &[], ""),
        (
            Format::JsonLines,
            &[1],
            "{\"agent_id\":null,\"agent_name\":\"scribe\",\"attributes\":{},\"event_name\":null,\"level\":\"info\",\
             \"message\":\"=line 0\",\"redactions\":0,\"span_id\":null,\"timestamp\":\"1970-01-01T00:00:00Z\",\
             \"trace_id\":null}\n",
        ),
        (
            Format::Json,
            &[0],
            "{\"data\":[\n],\"export_metadata\":{\"export_timestamp\":\"1970-01-01T00:00:00Z\",\"total_records\":0}}\n",
        ),
    ] {
        let file = write(format, pages(sizes)).await.unwrap();
        assert_eq!(std::str::from_utf8(&file).unwrap(), expect);
    }
}

#[tokio::test]
async fn a_document_counts_its_rows() {
    let file = write(Format::Json, pages(&[2, 0, 3])).await.unwrap();
    let document: serde_json::Value = serde_json::from_slice(&file).unwrap();
    assert_eq!(document["export_metadata"]["total_records"], 5);
    let messages: Vec<_> = document["data"].as_array().unwrap().iter().map(|row| &row["message"]).collect();
    assert_eq!(messages, ["=line 0", "=line 1", "=line 2", "=line 3", "=line 4"]);
}

#[tokio::test]
async fn a_parquet_file_is_read_back_by_its_library() {
    for (sizes, expect) in [(&[][..], 0), (&[5], 5), (&[1_000; 51], 51_000)] {
        let file = write(Format::Parquet, pages(sizes)).await.unwrap();
        let reader = SerializedFileReader::new(file).unwrap();
        let metadata = reader.metadata();
        assert_eq!(metadata.file_metadata().num_rows(), expect);
        // 50,000 rows a group.
        assert_eq!(metadata.num_row_groups() as i64, (expect + 49_999) / 50_000);
        for (number, row) in reader.get_row_iter(None).unwrap().enumerate() {
            let row = row.unwrap();
            assert!(row.get_string(0).is_err(), "there is no id");
            assert_eq!(row.get_string(1).unwrap(), "scribe");
            assert_eq!(row.get_string(4).unwrap(), &format!("=line {number}"));
            assert_eq!(row.get_long(9).unwrap(), 0);
        }
    }
}

#[test]
fn each_row_has_a_cell_a_column() {
    for kind in ExportKind::ALL {
        let names: std::collections::BTreeSet<_> = columns(kind).iter().map(|column| column.name).collect();
        assert_eq!(names.len(), columns(kind).len(), "{kind:?}");
    }
}

#[test]
fn a_files_name_holds_nothing_that_a_header_or_a_shell_reads() {
    let check = |agents: &[&str], expect: &str| {
        let query = ExportQuery {
            kind: ExportKind::Metrics,
            from: None,
            until: None,
            agents: agents.iter().map(|agent| (*agent).to_owned()).collect(),
            status: None,
        };
        let now = "2026-02-18T12:09:40Z".parse().unwrap();
        assert_eq!(file_name(&query, Format::Csv, now), format!("attachment; filename=\"{expect}\""));
    };
    check(&[], "metrics_20260218_120940.csv");
    check(&["planner"], "metrics_planner_20260218_120940.csv");
    check(&["a\"; ü/.."], "metrics_a-----.._20260218_120940.csv");
    check(&["a", "b"], "metrics_20260218_120940.csv");
}
