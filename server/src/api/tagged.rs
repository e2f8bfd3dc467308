//! Entity tags (RFC 9110, section 8.8.3): a reader that asks again for what it has is told so
//! in place of getting it once more.

use crate::error::{Answer, Fault};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use serde::Serialize;
use std::hash::{DefaultHasher, Hasher};

/// JSON with its entity tag.
#[derive(Clone, Debug)]
pub struct TaggedJson {
    json: Bytes,
    etag: HeaderValue,
}

impl TaggedJson {
    /// Encodes `body`.
    ///
    /// # Errors
    /// 500 where it cannot be encoded, which is a defect of ours.
    pub fn encode(body: &impl Serialize) -> Result<Self, Fault> {
        let json = serde_json::to_vec(body).map_err(|error| {
            tracing::error!(%error, "an answer cannot be encoded");
            Fault::internal()
        })?;
        let mut hasher = DefaultHasher::new();
        hasher.write(&json);
        // Weak: the answer's encodings (gzip, br) share it.
        let etag = HeaderValue::from_str(&format!("W/\"{:016x}\"", hasher.finish()));
        Ok(Self { json: json.into(), etag: etag.map_err(|_| Fault::internal())? })
    }

    /// The answer to a request with `headers`: 304 where its reader has this content, else what
    /// `whole` makes of it.
    pub fn answer(&self, headers: &HeaderMap, whole: impl FnOnce(&Bytes) -> Response) -> Response {
        let mut response = if self.is_known_to(headers) {
            StatusCode::NOT_MODIFIED.into_response()
        } else {
            let mut response = whole(&self.json);
            let json = HeaderValue::from_static("application/json");
            response.headers_mut().insert(header::CONTENT_TYPE, json);
            response
        };
        let headers = response.headers_mut();
        headers.insert(header::ETAG, self.etag.clone());
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
        headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
        response
    }

    /// Whether `If-None-Match` holds this tag; compared weakly, as section 13.1.2 wants it.
    fn is_known_to(&self, headers: &HeaderMap) -> bool {
        let bare = |tag: &str| tag.trim().trim_start_matches("W/").to_owned();
        let own = self.etag.to_str().map(bare).unwrap_or_default();
        headers
            .get_all(header::IF_NONE_MATCH)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .flat_map(|list| list.split(','))
            .any(|tag| tag.trim() == "*" || bare(tag) == own)
    }
}

/// Answers a request with `headers` by `body` as JSON, or by 304 where its reader has that.
///
/// # Errors
/// As [`TaggedJson::encode`].
pub fn answer_json(headers: &HeaderMap, body: &impl Serialize) -> Answer {
    Ok(TaggedJson::encode(body)?.answer(headers, |json| json.clone().into_response()))
}
