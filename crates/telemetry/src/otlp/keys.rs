//! Names of attributes: each that a message has is checked, cleaned and kept once. So is the last
//! value of each, for records that have it again.

use foldhash::HashMap;
use model::telemetry::Text;
use std::mem::size_of;

/// The names that a message had so far.
#[derive(Default)]
pub(super) struct Keys {
    known: Vec<Known>,
    places: HashMap<Text, usize>,
    /// The place of the one that was given last.
    last: usize,
}

struct Known {
    key: Text,
    /// The place of the one that followed it last: records of one kind have the same attributes in the same
    /// order, so that most are found without a look into the map.
    next: usize,
    /// The value that it had last, if that is a text without secrets.
    value: Option<Text>,
}

impl Keys {
    /// Memory that each takes besides its text.
    pub(super) const BYTES_EACH: usize = size_of::<Known>() + 2 * size_of::<(Text, usize)>();

    /// The one that followed the last one before, where that is what was sent now.
    pub(super) fn following(&mut self, sent: &[u8]) -> Option<Text> {
        let next = self.known.get(self.last)?.next;
        let known = &self.known[next];
        (known.key.as_bytes() == sent).then(|| {
            self.last = next;
            known.key.clone()
        })
    }

    /// The one that is spelt so.
    pub(super) fn find(&mut self, sent: &str) -> Option<Text> {
        let place = *self.places.get(sent)?;
        Some(self.give(place))
    }

    /// One that is not known yet.
    pub(super) fn add(&mut self, key: Text) -> Text {
        let place = self.known.len();
        self.known.push(Known { key: key.clone(), next: 0, value: None });
        self.places.insert(key, place);
        self.give(place)
    }

    /// The value that the name given last had before, where that is what was sent now.
    pub(super) fn value_again(&self, sent: &[u8]) -> Option<Text> {
        self.known.get(self.last)?.value.as_ref().filter(|value| value.as_bytes() == sent).cloned()
    }

    /// A new value of the name given last.
    pub(super) fn add_value(&mut self, value: Text) -> Text {
        if let Some(known) = self.known.get_mut(self.last) {
            known.value = Some(value.clone());
        }
        value
    }

    fn give(&mut self, place: usize) -> Text {
        self.known[self.last].next = place;
        self.last = place;
        self.known[place].key.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_shared_in_whatever_order_they_come() {
        let mut keys = Keys::default();
        assert_eq!(keys.following(b"a"), None);
        for name in ["a", "b", "c"] {
            assert_eq!(keys.find(name), None);
            keys.add(name.into());
        }
        let a = keys.find("a");
        assert_eq!(a, Some("a".into()));
        let b = keys.following(b"b");
        assert_eq!(b, Some("b".into()), "it followed before");
        assert_eq!(keys.following(b"a"), None, "c did");
        assert_eq!(keys.find("a"), a);
        assert_eq!(keys.following(b"b"), b);
        assert_eq!(keys.following(b"a"), a, "now it does");
        keys.find("b");
        assert_eq!(keys.value_again(b"1"), None);
        let value = keys.add_value("1".into());
        assert_eq!(keys.value_again(b"2"), None);
        assert_eq!(keys.find("a").zip(keys.value_again(b"1")), None, "another name's");
        keys.find("b");
        assert!(std::ptr::eq(&*value, keys.value_again(b"1").as_deref().unwrap()), "one text");
        assert!(std::ptr::eq(keys.find("b").as_deref().unwrap(), b.as_deref().unwrap()), "one text");
    }
}
