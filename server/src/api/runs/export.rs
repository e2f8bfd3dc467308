//! `/api/runs/export.csv` and `.json`: all rows that the explorer's query selects, as a download.

use super::ListedRunJson;
use crate::api::params::Params;
use crate::csv::write_cell;
use crate::error::{Answer, Fault, Problem};
use axum::Extension;
use axum::body::Body;
use axum::extract::State;
use axum::response::IntoResponse;
use bytes::Bytes;
use futures::stream;
use http::{HeaderValue, header};
use model::view::RunListItem;
use model::{Actor, BusinessDate};
use service::Service;
use std::convert::Infallible;

/// Rows of one piece of an answer: about 100 KB, so that a long export needs little memory at once.
const ROWS_A_PIECE: usize = 400;

/// Columns of the file, in order.
const COLUMNS: [&str; 13] = [
    "essential",
    "dataset",
    "slice",
    "phase",
    "status",
    "started",
    "duration_s",
    "updated",
    "trigger",
    "dag",
    "run",
    "key",
    "unrecognised",
];

/// The runs of a date as CSV
///
/// Parameters as for `/api/runs`, without offset and limit. Cells that a spreadsheet would run as a
/// formula begin with an apostrophe.
#[utoipa::path(
    get,
    path = "/api/runs/export.csv",
    tag = "runs",
    params(
        ("date" = Option<String>, Query, description = "YYYY-MM-DD; today's unless given"),
        ("q" = Option<String>, Query), ("sort" = Option<String>, Query),
    ),
    responses(
        (status = 200, content_type = "text/csv", body = String),
        (status = 400, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json"),
    )
)]
pub async fn export_runs_csv(
    State(service): State<Service>,
    Extension(actor): Extension<Actor>,
    params: Params,
) -> Answer {
    let (date, rows) = select(&service, &actor, &params).await?;
    let head = format!("{}\r\n", COLUMNS.join(","));
    download(date, "csv", "text/csv; charset=utf-8", head, rows, |text, row, _| write_csv_row(text, row), "")
}

/// The runs of a date as JSON
///
/// An array of runs. Parameters as for `/api/runs`, without offset and limit.
#[utoipa::path(
    get,
    path = "/api/runs/export.json",
    tag = "runs",
    params(
        ("date" = Option<String>, Query, description = "YYYY-MM-DD; today's unless given"),
        ("q" = Option<String>, Query), ("sort" = Option<String>, Query),
    ),
    responses(
        (status = 200, body = Vec<ListedRunJson>),
        (status = 400, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json"),
    )
)]
pub async fn export_runs_json(
    State(service): State<Service>,
    Extension(actor): Extension<Actor>,
    params: Params,
) -> Answer {
    let (date, rows) = select(&service, &actor, &params).await?;
    download(date, "json", "application/json", "[".to_owned(), rows, write_json_row, "\n]\n")
}

async fn select(
    service: &Service,
    actor: &Actor,
    params: &Params,
) -> Result<(BusinessDate, Vec<RunListItem>), Fault> {
    let date = params.date("date", service)?;
    let query = params.run_query()?;
    Ok((date, service.export_runs(actor, date, &query).await?))
}

/// Streams `head`, every row as `write` puts it, and `tail`.
fn download(
    date: BusinessDate,
    extension: &str,
    content_type: &'static str,
    head: String,
    rows: Vec<RunListItem>,
    write: fn(&mut String, RunListItem, usize),
    tail: &'static str,
) -> Answer {
    let name = format!("attachment; filename=\"sentry-runs-{date}.{extension}\"");
    let name = HeaderValue::from_str(&name).map_err(|_| Fault::internal())?;
    let mut rows = rows.into_iter().enumerate();
    let mut piece = Some(head);
    let pieces = std::iter::from_fn(move || {
        let mut text = piece.take()?;
        for (index, row) in rows.by_ref().take(ROWS_A_PIECE) {
            write(&mut text, row, index);
        }
        if rows.len() == 0 {
            text.push_str(tail);
        } else {
            piece = Some(String::new());
        }
        Some(Ok::<_, Infallible>(Bytes::from(text)))
    });
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(content_type)),
        (header::CONTENT_DISPOSITION, name),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ];
    Ok((headers, Body::from_stream(stream::iter(pieces))).into_response())
}

fn write_json_row(text: &mut String, row: RunListItem, index: usize) {
    text.push_str(if index == 0 { "\n" } else { ",\n" });
    let row = serde_json::to_string(&ListedRunJson::from(row)).expect("a run has string keys only");
    text.push_str(&row);
}

fn write_csv_row(text: &mut String, row: RunListItem) {
    let ListedRunJson { essentials, run } = row.into();
    let cells: [&str; COLUMNS.len()] = [
        &essentials.join("; "),
        &run.dataset_id,
        run.slice.as_deref().unwrap_or_default(),
        run.phase.unwrap_or_default(),
        &run.status,
        &run.started_at.to_string(),
        &run.duration_s.to_string(),
        &run.updated_at.to_string(),
        &run.trigger,
        &run.dag_id,
        &run.run_id,
        &run.key.to_string(),
        &run.oddities.join("; "),
    ];
    for (index, cell) in cells.into_iter().enumerate() {
        if index > 0 {
            text.push(',');
        }
        write_cell(text, cell);
    }
    text.push_str("\r\n");
}
