//! `/api/v1/project`: the project that the caller is in, and what is done with its telemetry.

use crate::error::dialect::Envelope;
use crate::error::{Answer, Fault};
use axum::extract::State;
use axum::{Extension, Json};
use bytes::Bytes;
use jiff::Timestamp;
use model::Actor;
use model::identity::Project;
use model::telemetry::{Redaction, Retention, TelemetryPolicy};
use serde::{Deserialize, Serialize};
use service::Service;
use utoipa::ToSchema;

/// The caller's project.
#[derive(Debug, Serialize, ToSchema)]
pub struct ProjectJson {
    /// Its id.
    project_id: String,
    /// Its name in URLs.
    slug: String,
    /// Its name.
    name: String,
    /// When it was archived.
    archived_at: Option<Timestamp>,
    /// `on` or `off`: whether secrets are taken out of what agents send, before it is stored.
    redaction: &'static str,
    /// How many secrets were taken out so far.
    redacted: u64,
    /// For how many days each kind of record is kept.
    retention: RetentionJson,
    /// Grows with each change: an edit names the one it read.
    version: i64,
}

/// For how many days each kind of record is kept, 1 to 3650.
#[derive(Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RetentionJson {
    /// Spans and traces.
    spans: Option<u16>,
    /// Records and points of metrics.
    metrics: Option<u16>,
    /// Log records.
    logs: Option<u16>,
    /// Events.
    events: Option<u16>,
    /// Sums per minute.
    minutes: Option<u16>,
    /// Sums per hour and day, by user and session, and sessions themselves.
    rollups: Option<u16>,
}

/// What is to be done with the project's telemetry. What is not named stays as it is.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ProjectEdit {
    /// The version that was read.
    version: i64,
    /// `on` or `off`.
    #[schema(value_type = Option<String>)]
    redaction: Option<Redaction>,
    /// For how many days each kind of record is kept.
    #[serde(default)]
    retention: RetentionJson,
}

impl From<Project> for ProjectJson {
    fn from(project: Project) -> Self {
        let Retention { spans, metrics, logs, events, minutes, rollups } = project.telemetry.retention;
        Self {
            project_id: project.id.to_string(),
            slug: project.slug.to_string(),
            name: project.name,
            archived_at: project.archived_at,
            redaction: project.telemetry.redaction.as_str(),
            redacted: project.redacted,
            retention: RetentionJson {
                spans: Some(spans),
                metrics: Some(metrics),
                logs: Some(logs),
                events: Some(events),
                minutes: Some(minutes),
                rollups: Some(rollups),
            },
            version: project.version,
        }
    }
}

/// The project
#[utoipa::path(
    get,
    path = "/api/v1/project",
    tag = "telemetry",
    responses(
        (status = 200, body = ProjectJson),
        (status = 401, body = Envelope),
        (status = 403, body = Envelope),
    )
)]
pub async fn get_project(
    State(service): State<Service>,
    Extension(actor): Extension<Actor>,
) -> Answer<Json<ProjectJson>> {
    Ok(Json(service.get_project(&actor).await?.into()))
}

/// Say what is done with telemetry
#[utoipa::path(
    patch,
    path = "/api/v1/project",
    tag = "telemetry",
    request_body = ProjectEdit,
    responses(
        (status = 200, body = ProjectJson),
        (status = 400, body = Envelope),
        (status = 401, body = Envelope),
        (status = 403, body = Envelope),
        (status = 409, body = Envelope, description = "Somebody has changed it since"),
    )
)]
pub async fn update_project(
    State(service): State<Service>,
    Extension(actor): Extension<Actor>,
    body: Bytes,
) -> Answer<Json<ProjectJson>> {
    let edit: ProjectEdit =
        serde_json::from_slice(&body).map_err(|error| Fault::invalid("body", format!("body: {error}")))?;
    let TelemetryPolicy { redaction, retention } = service.get_project(&actor).await?.telemetry;
    let policy = TelemetryPolicy {
        redaction: edit.redaction.unwrap_or(redaction),
        retention: Retention {
            spans: edit.retention.spans.unwrap_or(retention.spans),
            metrics: edit.retention.metrics.unwrap_or(retention.metrics),
            logs: edit.retention.logs.unwrap_or(retention.logs),
            events: edit.retention.events.unwrap_or(retention.events),
            minutes: edit.retention.minutes.unwrap_or(retention.minutes),
            rollups: edit.retention.rollups.unwrap_or(retention.rollups),
        },
    };
    service.set_telemetry_policy(&actor, policy, edit.version).await?;
    Ok(Json(service.get_project(&actor).await?.into()))
}
