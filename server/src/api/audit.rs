//! `/api/audit.csv` and `/api/audit.jsonl`: the records that the audit page's query selects.

use crate::api::params::Params;
use crate::csv::write_cell;
use crate::error::{Answer, Fault, Problem};
use axum::Extension;
use axum::extract::State;
use axum::response::IntoResponse;
use http::header;
use model::audit::{AuditFilter, AuditRecord, AuditResult};
use model::{Actor, Timestamp};
use service::Service;

/// Columns of the file, in order.
const COLUMNS: [&str; 14] = [
    "seq",
    "at",
    "actor",
    "actor_id",
    "action",
    "object",
    "result",
    "project",
    "before",
    "after",
    "address",
    "user_agent",
    "request_id",
    "hash",
];

/// The audit trail as CSV
///
/// Newest first, at most 100,000 records. Cells that a spreadsheet would run as a formula begin
/// with an apostrophe.
#[utoipa::path(
    get,
    path = "/api/audit.csv",
    tag = "audit",
    params(
        ("actor" = Option<String>, Query), ("action" = Option<String>, Query, description = "`noun.verb`, or `noun.` for all its verbs"),
        ("object" = Option<String>, Query, description = "what it begins with"), ("result" = Option<String>, Query, description = "success, failure or refused"),
        ("from" = Option<String>, Query), ("to" = Option<String>, Query), ("q" = Option<String>, Query),
    ),
    responses(
        (status = 200, content_type = "text/csv", body = String),
        (status = 400, body = Problem, content_type = "application/problem+json"),
        (status = 403, body = Problem, content_type = "application/problem+json"),
    )
)]
pub async fn export_audit_csv(
    State(service): State<Service>,
    Extension(actor): Extension<Actor>,
    params: Params,
) -> Answer {
    let records = service.export_audit(&actor, filter(&params)?, "csv").await?;
    let mut text = format!("{}\r\n", COLUMNS.join(","));
    for record in &records {
        write_row(&mut text, record);
    }
    Ok(download("sentry-audit.csv", "text/csv; charset=utf-8", text))
}

/// The audit trail as JSON lines
///
/// Newest first, at most 100,000 records. To verify the chain elsewhere use `sentry audit export`.
#[utoipa::path(
    get,
    path = "/api/audit.jsonl",
    tag = "audit",
    params(
        ("actor" = Option<String>, Query), ("action" = Option<String>, Query), ("object" = Option<String>, Query),
        ("result" = Option<String>, Query), ("from" = Option<String>, Query), ("to" = Option<String>, Query),
        ("q" = Option<String>, Query),
    ),
    responses(
        (status = 200, content_type = "application/jsonl", body = String),
        (status = 400, body = Problem, content_type = "application/problem+json"),
        (status = 403, body = Problem, content_type = "application/problem+json"),
    )
)]
pub async fn export_audit_jsonl(
    State(service): State<Service>,
    Extension(actor): Extension<Actor>,
    params: Params,
) -> Answer {
    let records = service.export_audit(&actor, filter(&params)?, "jsonl").await?;
    let mut text = String::new();
    for record in &records {
        text.push_str(&serde_json::to_string(record).map_err(|_| Fault::internal())?);
        text.push('\n');
    }
    Ok(download("sentry-audit.jsonl", "application/jsonl", text))
}

fn filter(params: &Params) -> Result<AuditFilter, Fault> {
    let text = |name| params.text(name).map(str::to_owned);
    let time = |name: &'static str| match params.text(name) {
        None => Ok(None),
        Some(text) => text
            .parse::<Timestamp>()
            .map(Some)
            .map_err(|_| Fault::invalid(name, format!("{name}: write a time such as 2026-02-18T12:00:00Z"))),
    };
    let result = match params.text("result") {
        None => None,
        Some(text) => Some(
            AuditResult::parse(text)
                .ok_or_else(|| Fault::invalid("result", "result: write success, failure or refused"))?,
        ),
    };
    Ok(AuditFilter {
        actor: text("actor"),
        action: text("action"),
        object: text("object"),
        result,
        from: time("from")?,
        to: time("to")?,
        text: text("q"),
        ..AuditFilter::default()
    })
}

fn download(name: &str, content_type: &'static str, text: String) -> axum::response::Response {
    let headers = [
        (header::CONTENT_TYPE, content_type.to_owned()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")),
        (header::CACHE_CONTROL, "no-store".to_owned()),
    ];
    (headers, text).into_response()
}

fn write_row(text: &mut String, record: &AuditRecord) {
    let entry = &record.entry;
    let values = |values: &model::audit::AuditValues| {
        values.iter().map(|(field, value)| format!("{field}: {value}")).collect::<Vec<_>>().join("; ")
    };
    let or_empty = |value: &Option<String>| value.clone().unwrap_or_default();
    let cells: [String; COLUMNS.len()] = [
        record.seq.to_string(),
        record.at.to_string(),
        entry.actor.clone(),
        or_empty(&entry.actor_id),
        entry.action.clone(),
        entry.object.clone(),
        entry.result.as_str().to_owned(),
        entry.project.as_ref().map(ToString::to_string).unwrap_or_default(),
        values(&entry.before),
        values(&entry.after),
        or_empty(&entry.address),
        or_empty(&entry.user_agent),
        or_empty(&entry.request_id),
        record.hash.clone(),
    ];
    for (index, cell) in cells.iter().enumerate() {
        if index > 0 {
            text.push(',');
        }
        write_cell(text, cell);
    }
    text.push_str("\r\n");
}
