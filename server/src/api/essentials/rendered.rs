//! Answers of `/api/essentials`, encoded once a poll however many ask.

use super::json::EssentialsJson;
use crate::api::tagged::TaggedJson;
use crate::error::Fault;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, header};
use model::{BusinessDate, Phase};
use service::{Audience, Snapshot};
use std::collections::HashMap;
use std::io::Write;
use std::sync::{Arc, OnceLock, PoisonError, RwLock};

/// Answers kept: all phases of the dates that the service keeps, for a few audiences.
const ANSWERS_KEPT: usize = 64;
/// Dear, but paid once a poll: about a sixth of the plain size.
const BROTLI_QUALITY: i32 = 5;
const BROTLI_WINDOW: i32 = 19;

/// The newest answer of each date, phase and audience that was asked for.
#[derive(Debug, Default)]
pub struct RenderedEssentials(RwLock<HashMap<Question, Arc<Rendered>>>);

/// A date, a phase or overall, and who may see the answer.
type Question = (BusinessDate, Option<Phase>, Audience);

impl RenderedEssentials {
    /// The answer for `snapshot` in `phase`.
    ///
    /// # Errors
    /// 503 while nothing is known of the date.
    pub fn get(&self, snapshot: &Snapshot, phase: Option<Phase>) -> Result<Arc<Rendered>, Fault> {
        let key = (snapshot.business_date, phase, snapshot.audience.clone());
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner).get(&key).cloned();
        if let Some(known) = known.filter(|known| known.version == snapshot.version) {
            return Ok(known);
        }
        let rendered = Arc::new(Rendered::new(snapshot, phase)?);
        let mut all = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if all.len() >= ANSWERS_KEPT && !all.contains_key(&key) {
            all.clear();
        }
        all.insert(key, rendered.clone());
        Ok(rendered)
    }
}

/// One answer in every encoding.
#[derive(Debug)]
pub struct Rendered {
    version: u64,
    plain: TaggedJson,
    gzip: OnceLock<Bytes>,
    brotli: OnceLock<Bytes>,
}

impl Rendered {
    fn new(snapshot: &Snapshot, phase: Option<Phase>) -> Result<Self, Fault> {
        let body = EssentialsJson::of(snapshot, snapshot.board()?, phase);
        Ok(Self {
            version: snapshot.version,
            plain: TaggedJson::encode(&body)?,
            gzip: OnceLock::new(),
            brotli: OnceLock::new(),
        })
    }

    /// The answer to a request with `headers`: 304 where its reader has this content.
    pub fn answer(&self, headers: &HeaderMap) -> Response {
        self.plain.answer(headers, |plain| {
            let (encoding, body) = match Encoding::choose(headers) {
                Encoding::Brotli => (Some("br"), self.brotli.get_or_init(|| brotli(plain))),
                Encoding::Gzip => (Some("gzip"), self.gzip.get_or_init(|| gzip(plain))),
                Encoding::Plain => (None, plain),
            };
            let mut response = body.clone().into_response();
            if let Some(encoding) = encoding {
                let encoding = HeaderValue::from_static(encoding);
                response.headers_mut().insert(header::CONTENT_ENCODING, encoding);
            }
            response
        })
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Encoding {
    Brotli,
    Gzip,
    Plain,
}

impl Encoding {
    /// The smallest that the reader takes. Weights other than 0 are not compared.
    fn choose(headers: &HeaderMap) -> Self {
        let lists =
            || headers.get_all(header::ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
        let takes = |name: &str| {
            lists().flat_map(|list| list.split(',')).any(|item| {
                let (coding, weight) = item.split_once(';').unwrap_or((item, "q=1"));
                let weight = weight.trim().trim_start_matches("q=").parse().unwrap_or(1.0);
                coding.trim().eq_ignore_ascii_case(name) && weight > 0.0
            })
        };
        if takes("br") {
            Self::Brotli
        } else if takes("gzip") {
            Self::Gzip
        } else {
            Self::Plain
        }
    }
}

fn gzip(plain: &[u8]) -> Bytes {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(plain).and_then(|()| encoder.finish()).expect("writing to memory cannot fail").into()
}

fn brotli(plain: &[u8]) -> Bytes {
    let parameters = brotli::enc::BrotliEncoderParams {
        quality: BROTLI_QUALITY,
        lgwin: BROTLI_WINDOW,
        ..Default::default()
    };
    let mut encoded = Vec::new();
    brotli::BrotliCompress(&mut &*plain, &mut encoded, &parameters).expect("writing to memory cannot fail");
    encoded.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_the_smallest_encoding_that_the_reader_takes() {
        let check = |accept: &str, expect| {
            let headers = HeaderMap::from_iter([(header::ACCEPT_ENCODING, accept.parse().unwrap())]);
            assert_eq!(Encoding::choose(&headers), expect, "{accept}");
        };
        check("gzip, deflate, br, zstd", Encoding::Brotli);
        check("gzip;q=1.0, br;q=0.5", Encoding::Brotli);
        check("gzip, br;q=0", Encoding::Gzip);
        check("GZIP", Encoding::Gzip);
        check("identity", Encoding::Plain);
        check("brotli", Encoding::Plain);
        check("", Encoding::Plain);
    }
}
