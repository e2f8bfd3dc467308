//! In which form a failure is told: each path in the one that those who call it read.

use super::{Fault, name};
use crate::request::RequestId;
use http::{HeaderMap, header};
use serde::Serialize;
use service::telemetry::{Encoding, answer};
use utoipa::ToSchema;

/// A form of failures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dialect {
    /// `application/problem+json`
    Problem,
    /// `google.rpc.Status` in the encoding of the request, as exporters of OpenTelemetry read it.
    Otlp(Encoding),
    /// [`Envelope`]
    Envelope,
}

/// A failure on the routes of metrics and events.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Envelope {
    /// Always false.
    #[schema(example = false)]
    success: bool,
    /// What is wrong and how to mend it.
    #[schema(example = "cpu_usage_percent must be a number from 0 to 100")]
    error: String,
    /// Names the kind of failure; for programs.
    #[schema(example = "VALIDATION_ERROR")]
    code: &'static str,
    /// The field that is wrong.
    #[schema(example = "cpu_usage_percent")]
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<String>,
}

impl Dialect {
    /// That of a path. Who sends no encoding of OpenTelemetry's is no exporter, and reads JSON.
    pub(crate) fn of(path: &str, headers: &HeaderMap) -> Self {
        let is_below = |place: &str| {
            path.strip_prefix(place).is_some_and(|rest| matches!(rest.bytes().next(), None | Some(b'/')))
        };
        if is_below("/api/v1") || is_below("/v1/events") {
            return Self::Envelope;
        }
        if is_below("/v1") {
            let content_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
            return Self::Otlp(Encoding::of(content_type).unwrap_or(Encoding::Json));
        }
        Self::Problem
    }

    /// Content type and body.
    pub(super) fn body(self, fault: Fault, path: &str, request_id: &RequestId) -> (&'static str, Vec<u8>) {
        match self {
            Self::Problem => {
                let body = serde_json::to_vec(&fault.problem(path, request_id)).unwrap_or_default();
                ("application/problem+json", body)
            }
            Self::Otlp(encoding) => {
                let failure = answer::failure(encoding, fault.status.as_u16(), &fault.detail);
                (failure.content_type, failure.body)
            }
            Self::Envelope => {
                let envelope = Envelope {
                    success: false,
                    error: fault.detail,
                    code: fault.code.unwrap_or(name(fault.status).code),
                    field: fault.field.map(Into::into),
                };
                ("application/json", serde_json::to_vec(&envelope).unwrap_or_default())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_has_the_form_of_its_callers() {
        let check = |path: &str, content_type: Option<&'static str>, expect| {
            let headers = content_type.map(|value| (header::CONTENT_TYPE, value.parse().unwrap()));
            assert_eq!(Dialect::of(path, &headers.into_iter().collect()), expect, "{path} {content_type:?}");
        };
        let (protobuf, json) = (Dialect::Otlp(Encoding::Protobuf), Dialect::Otlp(Encoding::Json));
        check("/v1/traces", Some("application/x-protobuf"), protobuf);
        check("/v1/metrics", Some("application/json; charset=utf-8"), json);
        check("/v1/logs", None, json);
        check("/v1/profiles", Some("application/x-protobuf"), protobuf);
        check("/v1/events", Some("application/x-protobuf"), Dialect::Envelope);
        check("/v1/events/batch", None, Dialect::Envelope);
        check("/api/v1/metrics", Some("application/json"), Dialect::Envelope);
        check("/api/v1x", None, Dialect::Problem);
        check("/v1x", None, Dialect::Problem);
        check("/api/essentials", Some("application/x-protobuf"), Dialect::Problem);
    }
}
