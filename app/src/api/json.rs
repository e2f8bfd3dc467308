//! JSON as server functions answer it.

use leptos::server_fn::{Bytes, ContentType, Decodes, Encodes, Format, FormatType};
use serde::Serialize;
use serde::de::{DeserializeOwned, Error as _};

/// JSON that is read as text, as resources and live events are: one decoder for each type in
/// the browser's program, where the library's own codec, which reads bytes, would add a second.
pub struct JsonText;

impl ContentType for JsonText {
    const CONTENT_TYPE: &'static str = "application/json";
}

impl FormatType for JsonText {
    const FORMAT_TYPE: Format = Format::Text;
}

impl<T: Serialize> Encodes<T> for JsonText {
    type Error = serde_json::Error;

    fn encode(output: &T) -> Result<Bytes, Self::Error> {
        serde_json::to_vec(output).map(Bytes::from)
    }
}

impl<T: DeserializeOwned> Decodes<T> for JsonText {
    type Error = serde_json::Error;

    fn decode(bytes: Bytes) -> Result<T, Self::Error> {
        serde_json::from_str(std::str::from_utf8(&bytes).map_err(serde_json::Error::custom)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_it_writes_and_refuses_the_rest() {
        let written = JsonText::encode(&vec!["é".to_owned()]).unwrap();
        let read: Vec<String> = JsonText::decode(written).unwrap();
        assert_eq!(read, ["é"]);
        let read = |bytes: &'static [u8]| <JsonText as Decodes<String>>::decode(Bytes::from_static(bytes));
        assert!(read(b"\"\xff\"").is_err());
        assert!(read(b"{}").is_err());
    }
}
