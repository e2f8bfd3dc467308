//! `/v1/traces`, `/v1/metrics`, `/v1/logs`: OpenTelemetry's protocol over HTTP
//! (<https://opentelemetry.io/docs/specs/otlp/#otlphttp>).

use super::Incoming;
use crate::error::Answer;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::header;
use service::Service;
use service::telemetry::{Encoding, Signal, Taken, answer};

/// Take spans
///
/// An `ExportTraceServiceRequest`, also with `Content-Encoding: gzip`, of 64 MiB at most. Failures are a
/// `google.rpc.Status` in the request's encoding.
#[utoipa::path(
    post,
    path = "/v1/traces",
    tag = "telemetry",
    request_body(content((Object = "application/json"), (Vec<u8> = "application/x-protobuf"))),
    responses(
        (status = 200, description = "Everything is on disk but what `partialSuccess` names", body = Object),
        (status = 400, description = "It cannot be read: do not send it again", body = Object),
        (status = 401, description = "No key, or one that does not work", body = Object),
        (status = 403, description = "The key lacks the scope `ingest`", body = Object),
        (status = 413, description = "Too large: send smaller batches", body = Object),
        (status = 415, description = "Another content type or encoding", body = Object),
        (status = 503, description = "Send it again after `Retry-After` seconds", body = Object),
    )
)]
pub async fn ingest_spans(
    State(service): State<Service>,
    Incoming { actor, sent }: Incoming,
) -> Answer<Response> {
    let encoding = encoding(sent.content_type.as_deref());
    Ok(success(Signal::Traces, encoding, service.ingest_spans(&actor, sent).await?))
}

/// Take points of metrics
///
/// An `ExportMetricsServiceRequest`; otherwise as `/v1/traces`. The same body twice is stored once.
#[utoipa::path(
    post,
    path = "/v1/metrics",
    tag = "telemetry",
    request_body(content((Object = "application/json"), (Vec<u8> = "application/x-protobuf"))),
    responses(
        (status = 200, description = "Everything is on disk but what `partialSuccess` names", body = Object),
        (status = 400, description = "It cannot be read: do not send it again", body = Object),
        (status = 401, description = "No key, or one that does not work", body = Object),
        (status = 403, description = "The key lacks the scope `ingest`", body = Object),
        (status = 413, description = "Too large: send smaller batches", body = Object),
        (status = 415, description = "Another content type or encoding", body = Object),
        (status = 503, description = "Send it again after `Retry-After` seconds", body = Object),
    )
)]
pub async fn ingest_metrics(
    State(service): State<Service>,
    Incoming { actor, sent }: Incoming,
) -> Answer<Response> {
    let encoding = encoding(sent.content_type.as_deref());
    Ok(success(Signal::Metrics, encoding, service.ingest_metrics(&actor, sent).await?))
}

/// Take log records
///
/// An `ExportLogsServiceRequest`; otherwise as `/v1/traces`. The same body twice is stored once.
#[utoipa::path(
    post,
    path = "/v1/logs",
    tag = "telemetry",
    request_body(content((Object = "application/json"), (Vec<u8> = "application/x-protobuf"))),
    responses(
        (status = 200, description = "Everything is on disk but what `partialSuccess` names", body = Object),
        (status = 400, description = "It cannot be read: do not send it again", body = Object),
        (status = 401, description = "No key, or one that does not work", body = Object),
        (status = 403, description = "The key lacks the scope `ingest`", body = Object),
        (status = 413, description = "Too large: send smaller batches", body = Object),
        (status = 415, description = "Another content type or encoding", body = Object),
        (status = 503, description = "Send it again after `Retry-After` seconds", body = Object),
    )
)]
pub async fn ingest_logs(
    State(service): State<Service>,
    Incoming { actor, sent }: Incoming,
) -> Answer<Response> {
    let encoding = encoding(sent.content_type.as_deref());
    Ok(success(Signal::Logs, encoding, service.ingest_logs(&actor, sent).await?))
}

/// What was taken was in one of the two.
fn encoding(content_type: Option<&str>) -> Encoding {
    Encoding::of(content_type).unwrap_or(Encoding::Json)
}

fn success(signal: Signal, encoding: Encoding, taken: Taken) -> Response {
    let answer = answer::success(signal, encoding, taken.rejected, &taken.message);
    ([(header::CONTENT_TYPE, answer.content_type)], answer.body).into_response()
}
