//! Protobuf's wire format (<https://protobuf.dev/programming-guides/encoding/>), field by field.
//!
//! Messages are walked where they lie and never made into a tree first: two bytes can stand for
//! an empty span, which in a tree takes hundreds, so a tree of a large hostile message would not
//! fit into memory.

/// What one field holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Field<'a> {
    Varint(u64),
    Fixed64(u64),
    Bytes(&'a [u8]),
    Fixed32(u32),
}

/// The bytes are no protobuf, or not that message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Malformed(pub(super) &'static str);

const WRONG_TYPE: Malformed = Malformed("a field is of another type than it should be");
const CUT: Malformed = Malformed("it ends in the middle of a field");

impl<'a> Field<'a> {
    pub(super) fn bytes(self) -> Result<&'a [u8], Malformed> {
        if let Self::Bytes(bytes) = self { Ok(bytes) } else { Err(WRONG_TYPE) }
    }

    pub(super) fn text(self) -> Result<&'a str, Malformed> {
        std::str::from_utf8(self.bytes()?).map_err(|_| Malformed("a text is not UTF-8"))
    }

    pub(super) fn varint(self) -> Result<u64, Malformed> {
        if let Self::Varint(number) = self { Ok(number) } else { Err(WRONG_TYPE) }
    }

    pub(super) fn fixed64(self) -> Result<u64, Malformed> {
        if let Self::Fixed64(number) = self { Ok(number) } else { Err(WRONG_TYPE) }
    }

    pub(super) fn double(self) -> Result<f64, Malformed> {
        self.fixed64().map(f64::from_bits)
    }
}

/// The fields of one message, in the order in which they were sent.
#[derive(Clone, Copy)]
pub(super) struct Fields<'a> {
    rest: &'a [u8],
}

impl<'a> Fields<'a> {
    pub(super) fn new(message: &'a [u8]) -> Self {
        Self { rest: message }
    }

    /// The next field with its number; `None` at the end.
    #[inline]
    pub(super) fn next(&mut self) -> Result<Option<(u32, Field<'a>)>, Malformed> {
        // Most are texts and messages with a number below 16 and less than 128 bytes.
        if let [key @ 0x08..0x80, length @ 0..0x80, rest @ ..] = self.rest
            && key & 7 == 2
            && let Some((bytes, rest)) = rest.split_at_checked(usize::from(*length))
        {
            self.rest = rest;
            return Ok(Some((u32::from(key >> 3), Field::Bytes(bytes))));
        }
        if self.rest.is_empty() { Ok(None) } else { self.any_next().map(Some) }
    }

    fn any_next(&mut self) -> Result<(u32, Field<'a>), Malformed> {
        let key = self.varint()?;
        let number = u32::try_from(key >> 3).map_err(|_| Malformed("a field has no such number"))?;
        let field = match key & 7 {
            _ if number == 0 => return Err(Malformed("a field has the number zero")),
            0 => Field::Varint(self.varint()?),
            1 => Field::Fixed64(u64::from_le_bytes(self.array()?)),
            2 => {
                let length = usize::try_from(self.varint()?).map_err(|_| CUT)?;
                Field::Bytes(self.take(length)?)
            }
            5 => Field::Fixed32(u32::from_le_bytes(self.array()?)),
            // Groups are of the language's second edition; nothing of OpenTelemetry has them.
            _ => return Err(Malformed("a field is of a type that does not exist")),
        };
        Ok((number, field))
    }

    /// How many fields with that number there are, as far as they can be read.
    pub(super) fn count(mut self, wanted: u32) -> usize {
        let mut count = 0;
        while let Ok(Some((number, _))) = self.next() {
            count += usize::from(number == wanted);
        }
        count
    }

    #[inline]
    fn varint(&mut self) -> Result<u64, Malformed> {
        // Most are of one byte: numbers of fields, and lengths.
        if let [byte @ 0..0x80, rest @ ..] = self.rest {
            self.rest = rest;
            return Ok(u64::from(*byte));
        }
        self.long_varint()
    }

    fn long_varint(&mut self) -> Result<u64, Malformed> {
        let mut number = 0;
        for (place, byte) in self.rest.iter().take(10).enumerate() {
            number |= u64::from(byte & 0x7f) << (7 * place);
            if byte & 0x80 == 0 {
                self.rest = &self.rest[place + 1..];
                return Ok(number);
            }
        }
        Err(CUT)
    }

    fn take(&mut self, length: usize) -> Result<&'a [u8], Malformed> {
        let (taken, rest) = self.rest.split_at_checked(length).ok_or(CUT)?;
        self.rest = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], Malformed> {
        let (taken, rest) = self.rest.split_first_chunk::<N>().ok_or(CUT)?;
        self.rest = rest;
        Ok(*taken)
    }
}

/// Appends `number` as a varint.
fn put_number(out: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

/// Appends a varint field.
pub(super) fn put_varint(out: &mut Vec<u8>, field: u32, number: u64) {
    put_number(out, u64::from(field) << 3);
    put_number(out, number);
}

/// Appends a field of eight bytes.
pub(super) fn put_fixed64(out: &mut Vec<u8>, field: u32, number: u64) {
    put_number(out, u64::from(field) << 3 | 1);
    out.extend_from_slice(&number.to_le_bytes());
}

/// Appends a field of text, bytes or a finished message.
pub(super) fn put_bytes(out: &mut Vec<u8>, field: u32, bytes: &[u8]) {
    put_number(out, u64::from(field) << 3 | 2);
    put_number(out, bytes.len() as u64);
    out.extend_from_slice(bytes);
}

/// Bytes that the length of a message begun with [`begin`] takes, whatever it is.
const LENGTH_BYTES: usize = 4;

/// Begins a field that is a message: what is appended until [`end`] is its content.
pub(super) fn begin(out: &mut Vec<u8>, field: u32) -> usize {
    put_number(out, u64::from(field) << 3 | 2);
    out.extend_from_slice(&[0; LENGTH_BYTES]);
    out.len()
}

/// Ends the message that began at `start`. A message of 2²⁸ bytes or more cannot be written so.
pub(super) fn end(out: &mut [u8], start: usize) -> Result<(), Malformed> {
    let length = out.len() - start;
    if length >> (7 * LENGTH_BYTES) != 0 {
        return Err(Malformed("it is too large"));
    }
    // A varint may have more bytes than it needs, so that nothing has to be moved.
    for (place, byte) in out[start - LENGTH_BYTES..start].iter_mut().enumerate() {
        let is_last = place == LENGTH_BYTES - 1;
        *byte = (length >> (7 * place)) as u8 & 0x7f | if is_last { 0 } else { 0x80 };
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn fields(bytes: &[u8]) -> Result<Vec<(u32, Field<'_>)>, Malformed> {
        let mut fields = Fields::new(bytes);
        std::iter::from_fn(|| fields.next().transpose()).collect()
    }

    #[test]
    fn fields_read_as_they_are_written() {
        let mut out = Vec::new();
        put_varint(&mut out, 1, u64::MAX);
        put_fixed64(&mut out, 2, 7);
        put_bytes(&mut out, 3, b"text");
        let start = begin(&mut out, 4);
        put_varint(&mut out, 9, 300);
        end(&mut out, start).unwrap();
        out.extend([6 << 3 | 5, 1, 0, 0, 0]);
        let read = fields(&out).unwrap();
        assert_eq!(
            read[..3],
            [(1, Field::Varint(u64::MAX)), (2, Field::Fixed64(7)), (3, Field::Bytes(b"text"))]
        );
        assert_eq!(read[4], (6, Field::Fixed32(1)));
        assert_eq!(read[3].0, 4);
        assert_eq!(fields(read[3].1.bytes().unwrap()), Ok(vec![(9, Field::Varint(300))]));
    }

    proptest! {
        #[test]
        fn the_short_way_reads_what_the_long_one_does(bytes in prop::collection::vec(any::<u8>(), 0..24)) {
            let mut fields_left = Fields::new(&bytes);
            let long = std::iter::from_fn(|| {
                (!fields_left.rest.is_empty()).then(|| fields_left.any_next())
            });
            prop_assert_eq!(fields(&bytes), long.collect());
        }
    }

    #[test]
    fn what_is_no_message_is_refused() {
        let check = |bytes: &[u8], expect: Malformed| assert_eq!(fields(bytes), Err(expect), "{bytes:?}");
        check(&[0x08], CUT);
        check(&[0x08, 0x80], CUT);
        check(&[0x08, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01], CUT);
        check(&[0x09, 1, 2, 3], CUT);
        check(&[0x0a, 5, b'a'], CUT);
        check(&[0x0a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f], CUT);
        check(&[0x0d, 1], CUT);
        check(&[0x0b], Malformed("a field is of a type that does not exist"));
        check(&[0x00, 0x00], Malformed("a field has the number zero"));
        check(b"{\"resourceSpans\":[]}", Malformed("a field is of a type that does not exist"));
    }
}
