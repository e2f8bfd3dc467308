//! `RowBinary`: rows as ClickHouse reads and writes them, without names or types.

use crate::store::{StoreError, StoreResult};
use bytes::Bytes;

/// Rows of one table, written column after column in the order that their `INSERT` names.
#[derive(Default)]
pub(super) struct Rows(Vec<u8>);

impl Rows {
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn into_bytes(self) -> Vec<u8> {
        self.0
    }

    /// `UInt8`.
    pub(super) fn byte(&mut self, value: u8) -> &mut Self {
        self.0.push(value);
        self
    }

    /// `Int64`.
    pub(super) fn int(&mut self, value: i64) -> &mut Self {
        self.fixed(&value.to_le_bytes())
    }

    /// `Float64`.
    pub(super) fn double(&mut self, value: f64) -> &mut Self {
        self.fixed(&value.to_le_bytes())
    }

    /// `FixedString`.
    pub(super) fn fixed(&mut self, bytes: &[u8]) -> &mut Self {
        self.0.extend_from_slice(bytes);
        self
    }

    /// `String`, which holds any bytes.
    pub(super) fn bytes(&mut self, bytes: &[u8]) -> &mut Self {
        let mut length = bytes.len();
        while length >= 0x80 {
            self.0.push(length as u8 | 0x80);
            length >>= 7;
        }
        self.byte(length as u8).fixed(bytes)
    }

    /// `String` of text.
    pub(super) fn text(&mut self, text: &str) -> &mut Self {
        self.bytes(text.as_bytes())
    }

    /// `Nullable(String)`.
    pub(super) fn optional_text(&mut self, text: Option<&str>) -> &mut Self {
        match text {
            Some(text) => self.byte(0).text(text),
            None => self.byte(1),
        }
    }
}

/// Rows of an answer, read column after column in the order that its `SELECT` names.
pub(super) struct Answer {
    rest: Bytes,
}

impl Answer {
    pub(super) fn new(bytes: Bytes) -> Self {
        Self { rest: bytes }
    }

    /// Whether all rows are read.
    pub(super) fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// `UInt8`.
    pub(super) fn byte(&mut self) -> StoreResult<u8> {
        Ok(self.fixed::<1>()?[0])
    }

    /// `Int64`.
    pub(super) fn int(&mut self) -> StoreResult<i64> {
        Ok(i64::from_le_bytes(self.fixed()?))
    }

    /// `Float64`.
    pub(super) fn double(&mut self) -> StoreResult<f64> {
        Ok(f64::from_le_bytes(self.fixed()?))
    }

    /// `FixedString`.
    pub(super) fn fixed<const N: usize>(&mut self) -> StoreResult<[u8; N]> {
        let bytes = self.take(N)?;
        Ok(bytes[..].try_into().expect("as many bytes were taken"))
    }

    /// `String`, which holds any bytes.
    pub(super) fn bytes(&mut self) -> StoreResult<Bytes> {
        let mut length = 0_usize;
        for shift in (0..usize::BITS).step_by(7) {
            let byte = self.byte()?;
            length |= usize::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return self.take(length);
            }
        }
        Err(MALFORMED)
    }

    /// `String` of text.
    pub(super) fn text(&mut self) -> StoreResult<String> {
        String::from_utf8(self.bytes()?.into()).map_err(|_| MALFORMED)
    }

    /// `Nullable(String)`.
    pub(super) fn optional_text(&mut self) -> StoreResult<Option<String>> {
        Ok(if self.byte()? == 0 { Some(self.text()?) } else { None })
    }

    fn take(&mut self, length: usize) -> StoreResult<Bytes> {
        if length > self.rest.len() {
            return Err(MALFORMED);
        }
        Ok(self.rest.split_to(length))
    }
}

const MALFORMED: StoreError = StoreError::Malformed("an answer of ClickHouse");

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_is_written_is_read(
            byte: u8, int: i64, double in -1e300..1e300_f64, bytes: Vec<u8>, text: String, maybe: Option<String>,
        ) {
            let long = text.repeat(40);
            let mut rows = Rows::default();
            rows.byte(byte).int(int).double(double).fixed(&[7; 5]).bytes(&bytes).text(&long);
            rows.optional_text(maybe.as_deref());
            let whole = Bytes::from(rows.into_bytes());
            let mut answer = Answer::new(whole.clone());
            prop_assert_eq!((answer.byte().unwrap(), answer.int().unwrap()), (byte, int));
            prop_assert_eq!((answer.double().unwrap(), answer.fixed().unwrap()), (double, [7; 5]));
            prop_assert_eq!((answer.bytes().unwrap(), answer.text().unwrap()), (Bytes::from(bytes), long));
            prop_assert_eq!(answer.optional_text().unwrap(), maybe);
            prop_assert!(answer.is_empty());
        }

        #[test]
        fn any_bytes_end_in_an_answer_or_an_error(bytes: Vec<u8>) {
            let mut answer = Answer::new(Bytes::from(bytes));
            while answer.optional_text().and_then(|_| answer.int()).is_ok() {}
        }
    }
}
