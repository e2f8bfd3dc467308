//! From the bytes of a request to the bytes of a message.

use super::{Encoding, Limits, Message};
use crate::error::Error;
use flate2::read::MultiGzDecoder;
use std::borrow::Cow;
use std::io::Read;

/// The message in protobuf's wire format, whatever it was sent in.
pub(super) fn protobuf<'a>(
    message: &Message<'a>,
    schema: &'static super::json::Schema,
    limits: &Limits,
) -> Result<Cow<'a, [u8]>, Error> {
    let encoding = Encoding::of(message.content_type).ok_or(Error::ContentType)?;
    let body = unpacked(message, limits)?;
    match encoding {
        Encoding::Protobuf => Ok(body),
        Encoding::Json => super::json::to_protobuf(&body, schema).map(Cow::Owned),
    }
}

fn unpacked<'a>(message: &Message<'a>, limits: &Limits) -> Result<Cow<'a, [u8]>, Error> {
    let limit_bytes = limits.body_bytes;
    if message.body.len() > limit_bytes {
        return Err(Error::TooLarge { what: "the body has", limit_bytes });
    }
    match message.content_encoding.map(str::trim) {
        None | Some("") => Ok(Cow::Borrowed(message.body)),
        Some(name) if name.eq_ignore_ascii_case("identity") => Ok(Cow::Borrowed(message.body)),
        Some(name) if name.eq_ignore_ascii_case("gzip") => {
            gunzip(message.body, limits.unpacked_bytes).map(Cow::Owned)
        }
        Some(_) => Err(Error::ContentEncoding),
    }
}

/// Unpacks until the bound is passed, never the whole of a bomb.
fn gunzip(packed: &[u8], limit_bytes: usize) -> Result<Vec<u8>, Error> {
    let mut body = Vec::new();
    let one_too_many = limit_bytes as u64 + 1;
    MultiGzDecoder::new(packed)
        .take(one_too_many)
        .read_to_end(&mut body)
        .map_err(|_| Error::Malformed("it is not gzip, or is cut off".to_owned()))?;
    if body.len() > limit_bytes {
        return Err(Error::TooLarge { what: "the unpacked body has", limit_bytes });
    }
    Ok(body)
}
