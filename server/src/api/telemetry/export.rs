//! `/api/v1/export`: everything of a kind and range as a file, written as it is read.

mod parquet;
mod table;
mod text;

use self::parquet::ParquetWriter;
use self::text::{CsvWriter, JsonLinesWriter, JsonWriter};
use super::query::{Bounds, moment, one_of};
use crate::api::params::Params;
use crate::error::dialect::Envelope;
use crate::error::{Answer, Fault};
use axum::Extension;
use axum::body::Body;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures::stream::{self, BoxStream, Stream, StreamExt};
use http::{HeaderName, HeaderValue, header};
use jiff::Timestamp;
use model::Actor;
use model::telemetry::AgentStatus;
use serde::Deserialize;
use service::Service;
use service::telemetry::{Export, ExportKind, ExportQuery, Records};
use table::{Column, Row, columns};
use utoipa::ToSchema;

/// How many records there were when the export began.
const TOTAL_COUNT: HeaderName = HeaderName::from_static("x-total-count");
/// Letters of an agent's name in a file's name.
const MOST_NAME_CHARS: usize = 64;

/// What ends an export before its time.
type Broken = Box<dyn std::error::Error + Send + Sync>;

/// A form of files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Format {
    Csv,
    Json,
    JsonLines,
    Parquet,
}

const FORMATS: [Format; 4] = [Format::Csv, Format::Json, Format::JsonLines, Format::Parquet];

impl Format {
    /// The word on the wire, and the end of a file's name.
    fn as_str(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Json => "json",
            Self::JsonLines => "jsonl",
            Self::Parquet => "parquet",
        }
    }

    fn content_type(self) -> &'static str {
        match self {
            Self::Csv => "text/csv",
            Self::Json => "application/json",
            Self::JsonLines => "application/x-ndjson",
            Self::Parquet => "application/vnd.apache.parquet",
        }
    }

    fn writer(self, columns: &'static [Column], now: Timestamp) -> Result<Box<dyn Writer>, Broken> {
        Ok(match self {
            Self::Csv => Box::new(CsvWriter { columns }),
            Self::Json => Box::new(JsonWriter::new(columns, now)),
            Self::JsonLines => Box::new(JsonLinesWriter { columns }),
            Self::Parquet => Box::new(ParquetWriter::new(columns)?),
        })
    }
}

/// Writes a file piece by piece: what each call answers follows what was answered before.
trait Writer: Send {
    /// What stands before the first row.
    fn begin(&mut self) -> Vec<u8>;

    /// More rows; they may come with those that follow.
    fn write(&mut self, rows: Vec<Row>) -> Result<Vec<u8>, Broken>;

    /// What stands behind the last row.
    fn end(&mut self) -> Result<Vec<u8>, Broken>;
}

/// What to export.
#[derive(Debug, Deserialize, ToSchema)]
pub struct ExportBody {
    /// csv, json, jsonl or parquet; csv unless given.
    format: Option<String>,
    /// metrics, points, events, spans, traces, logs, sessions, costs or agents; metrics unless given.
    data_type: Option<String>,
    /// Of what.
    filters: Option<ExportFilters>,
}

/// Of what.
#[derive(Debug, Default, Deserialize, ToSchema)]
pub struct ExportFilters {
    /// The first moment: ISO 8601, or `now-6h`.
    #[serde(alias = "start_date")]
    start_time: Option<String>,
    /// The first moment after it.
    #[serde(alias = "end_date")]
    end_time: Option<String>,
    /// Ids or names of agents; all unless given.
    agent_ids: Option<Vec<String>>,
    /// Of agents: running, stopped, error or unknown.
    status: Option<String>,
}

/// Export
///
/// Rows are the oldest first; those of several agents one agent after the other. `X-Total-Count` says how
/// many there were when the export began, where counting does not take too long; HEAD asks for it alone.
/// An answer that breaks off is not whole: it lacks its end. In CSV, texts that a spreadsheet would run
/// as a formula begin with an apostrophe.
#[utoipa::path(
    get,
    path = "/api/v1/export",
    tag = "telemetry",
    params(
        ("data_type" = Option<String>, Query, description = "metrics, points (of OpenTelemetry's metrics), events, spans, traces, logs, sessions, costs (by day, agent and model) or agents; metrics unless given"),
        ("format" = Option<String>, Query, description = "csv, json, jsonl or parquet; csv unless given"),
        ("agent_id" = Option<String>, Query, description = "The agent's id or name; `agent_ids` takes several with commas between them; all unless given"),
        ("start_date" = Option<String>, Query, description = "The first moment: ISO 8601, or `now-6h`; `start_time` is the same"),
        ("end_date" = Option<String>, Query, description = "The first moment after it; `end_time` is the same"),
        ("status" = Option<String>, Query, description = "Of agents: running, stopped, error or unknown"),
    ),
    responses(
        (status = 200, headers(("X-Total-Count" = u64, description = "How many rows there were when it began")), content(
            (String = "text/csv"), (String = "application/x-ndjson"), (Object = "application/json"),
            (Vec<u8> = "application/vnd.apache.parquet"),
        )),
        (status = 400, body = Envelope),
        (status = 401, body = Envelope),
        (status = 403, body = Envelope),
        (status = 404, body = Envelope),
        (status = 503, body = Envelope),
    )
)]
pub async fn export_telemetry(
    State(service): State<Service>,
    Extension(actor): Extension<Actor>,
    params: Params,
) -> Answer {
    let Bounds { from, until } = Bounds::read(&params, &service)?;
    let ids = params.text(params.either(["agent_ids", "agent_id"])).unwrap_or_default();
    let agents = match params.text("agent_ids") {
        Some(_) => ids.split(',').map(str::trim).filter(|id| !id.is_empty()).map(str::to_owned).collect(),
        None => Some(ids).filter(|id| !id.is_empty()).map(str::to_owned).into_iter().collect(),
    };
    let status = params.text("status").map(status).transpose()?;
    let query = ExportQuery { kind: kind(params.text("data_type"))?, from, until, agents, status };
    export(&service, &actor, query, format(params.text("format"))?).await
}

/// Export, as GET
#[utoipa::path(
    post,
    path = "/api/v1/export",
    tag = "telemetry",
    request_body = ExportBody,
    responses(
        (status = 200, headers(("X-Total-Count" = u64, description = "How many rows there were when it began")), content(
            (String = "text/csv"), (String = "application/x-ndjson"), (Object = "application/json"),
            (Vec<u8> = "application/vnd.apache.parquet"),
        )),
        (status = 400, body = Envelope),
        (status = 401, body = Envelope),
        (status = 403, body = Envelope),
        (status = 404, body = Envelope),
        (status = 413, body = Envelope),
        (status = 503, body = Envelope),
    )
)]
pub async fn export_telemetry_by_body(
    State(service): State<Service>,
    Extension(actor): Extension<Actor>,
    body: Bytes,
) -> Answer {
    let ExportBody { format: wanted, data_type, filters } =
        serde_json::from_slice(&body).map_err(|error| Fault::invalid("body", format!("body: {error}")))?;
    let filters = filters.unwrap_or_default();
    let now = service.clock().now().into();
    let at = |name, text: Option<String>| text.map(|text| moment(name, &text, now)).transpose();
    let query = ExportQuery {
        kind: kind(data_type.as_deref())?,
        from: at("start_time", filters.start_time)?,
        until: at("end_time", filters.end_time)?,
        agents: filters.agent_ids.unwrap_or_default(),
        status: filters.status.as_deref().map(status).transpose()?,
    };
    export(&service, &actor, query, format(wanted.as_deref())?).await
}

fn kind(text: Option<&str>) -> Answer<ExportKind> {
    text.map_or(Ok(ExportKind::Metrics), |text| {
        one_of("data_type", text, &ExportKind::ALL, ExportKind::as_str)
    })
}

fn format(text: Option<&str>) -> Answer<Format> {
    text.map_or(Ok(Format::Csv), |text| one_of("format", text, &FORMATS, Format::as_str))
}

fn status(text: &str) -> Answer<AgentStatus> {
    one_of("status", text, &AgentStatus::ALL, AgentStatus::as_str)
}

async fn export(service: &Service, actor: &Actor, query: ExportQuery, format: Format) -> Answer {
    let now = service.clock().now();
    let (kind, name) = (query.kind, file_name(&query, format, now));
    let Export { total, pages } = service.export_telemetry(actor, query, format.as_str()).await?;
    let writer = format.writer(columns(kind), now).map_err(|error| {
        tracing::error!(error = &*error as &dyn std::error::Error, "an export cannot begin");
        Fault::internal()
    })?;
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(format.content_type())),
        (header::CONTENT_DISPOSITION, HeaderValue::from_str(&name).map_err(|_| Fault::internal())?),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ];
    let mut answer = (headers, Body::from_stream(file(pages, writer))).into_response();
    if let Some(total) = total {
        answer.headers_mut().insert(TOTAL_COUNT, HeaderValue::from(total));
    }
    Ok::<Response, Fault>(answer)
}

/// `metrics_planner_20260218_120940.csv`
fn file_name(query: &ExportQuery, format: Format, now: Timestamp) -> String {
    let agent = match &query.agents[..] {
        [agent] => {
            let letter = |letter: char| match letter {
                'a'..='z' | 'A'..='Z' | '0'..='9' | '-' | '.' => letter,
                _ => '-',
            };
            format!("_{}", agent.chars().take(MOST_NAME_CHARS).map(letter).collect::<String>())
        }
        _ => String::new(),
    };
    let (kind, stamp) = (query.kind.as_str(), now.strftime("%Y%m%d_%H%M%S"));
    format!("attachment; filename=\"{kind}{agent}_{stamp}.{}\"", format.as_str())
}

/// Where a file has got to.
enum Part {
    Begin,
    Rows,
    Over,
}

/// The file of the pages. One page is in memory at a time, and what a writer gathers.
fn file(
    pages: BoxStream<'static, service::Result<Records>>,
    writer: Box<dyn Writer>,
) -> impl Stream<Item = Result<Bytes, Broken>> {
    stream::try_unfold((Part::Begin, pages, writer), |(part, mut pages, mut writer)| async move {
        let (piece, part) = match part {
            Part::Begin => (writer.begin(), Part::Rows),
            Part::Rows => {
                let page = pages.next().await.transpose()?;
                let part = if page.is_some() { Part::Rows } else { Part::Over };
                let piece;
                // Packing takes long enough to be in the way of other requests.
                (piece, writer) = tokio::task::spawn_blocking(move || {
                    let piece = match page {
                        Some(records) => writer.write(table::rows(records)),
                        None => writer.end(),
                    };
                    (piece, writer)
                })
                .await?;
                (piece?, part)
            }
            Part::Over => return Ok(None),
        };
        Ok(Some((Bytes::from(piece), (part, pages, writer))))
    })
    // A piece without bytes would be the end to whoever writes it to the wire.
    .filter(|piece| std::future::ready(piece.as_ref().map_or(true, |bytes| !bytes.is_empty())))
}

#[cfg(test)]
mod tests;
