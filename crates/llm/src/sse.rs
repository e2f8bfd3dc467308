//! Server-sent events, as far as answers of models use them: only `data`.

use bytes::{Buf, BytesMut};

/// Cuts bytes, as they come, into the data of events. Lines end with `\n` or `\r\n`; the lone
/// `\r` that the standard allows too is not used by any server.
#[derive(Debug, Default)]
pub(crate) struct Decoder {
    unread: BytesMut,
    /// How much of it is known to hold no end of a line: a line that comes byte by byte is not
    /// searched from its start each time.
    searched_bytes: usize,
    data: Vec<u8>,
}

impl Decoder {
    pub(crate) fn push(&mut self, bytes: &[u8]) {
        self.unread.extend_from_slice(bytes);
    }

    /// The data of the next event, once all of it has come. Events without data are left out.
    pub(crate) fn next_data(&mut self) -> Option<Vec<u8>> {
        while let Some(more) = self.unread[self.searched_bytes..].iter().position(|&byte| byte == b'\n') {
            let line = self.unread.split_to(self.searched_bytes + more);
            self.unread.advance(1);
            self.searched_bytes = 0;
            let line = line.strip_suffix(b"\r").unwrap_or(&line);
            if let Some(value) = line.strip_prefix(b"data:") {
                self.data.extend_from_slice(value.strip_prefix(b" ").unwrap_or(value));
                self.data.push(b'\n');
            } else if line.is_empty() && !self.data.is_empty() {
                self.data.pop();
                return Some(std::mem::take(&mut self.data));
            }
        }
        self.searched_bytes = self.unread.len();
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn decode(chunks: &[&[u8]]) -> Vec<String> {
        let mut decoder = Decoder::default();
        let mut events = Vec::new();
        for chunk in chunks {
            decoder.push(chunk);
            while let Some(data) = decoder.next_data() {
                events.push(String::from_utf8(data).unwrap());
            }
        }
        events
    }

    #[test]
    fn data_is_taken_and_nothing_else() {
        let check = |text: &str, expect: &[&str]| assert_eq!(decode(&[text.as_bytes()]), expect, "{text:?}");
        check("data: a\n\ndata: b\n\n", &["a", "b"]);
        check("data: a\r\n\r\ndata:b\r\n\r\n", &["a", "b"]);
        check("data: a\ndata: b\n\n", &["a\nb"]);
        check(": ping\n\nevent: x\nid: 1\nretry: 2\ndata: a\n\n", &["a"]);
        check("data:  two spaces\n\n", &[" two spaces"]);
        check("data: unfinished\n", &[]);
        check("data: unfinished", &[]);
        check("\n\n\n", &[]);
        check("data\n\ndatabase: x\n\n", &[]);
        check("data: é\n\n", &["é"]);
    }

    proptest! {
        #[test]
        fn it_does_not_matter_where_the_bytes_are_cut(
            events in proptest::collection::vec("[^\r\n]{1,20}", 0..5),
            cuts in proptest::collection::vec(any::<prop::sample::Index>(), 0..8),
        ) {
            let text: String = events.iter().map(|data| format!("data: {data}\r\n\r\n")).collect();
            let mut places: Vec<usize> = cuts.iter().map(|cut| cut.index(text.len() + 1)).collect();
            places.extend([0, text.len()]);
            places.sort_unstable();
            let chunks: Vec<&[u8]> = places.windows(2).map(|pair| &text.as_bytes()[pair[0]..pair[1]]).collect();
            prop_assert_eq!(decode(&chunks), events);
        }

        #[test]
        fn any_bytes_will_do(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let mut decoder = Decoder::default();
            decoder.push(&bytes);
            while decoder.next_data().is_some() {}
        }
    }
}
