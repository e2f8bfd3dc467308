//! Identifiers of telemetry, and its time.

use serde::{Deserialize, Serialize};
use std::fmt;

/// The text is no identifier of that kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("write {digits} hexadecimal digits that are not all zero")]
pub struct InvalidId {
    /// How many there must be.
    pub digits: usize,
}

/// An identifier of fixed size, in hexadecimal digits on the wire.
macro_rules! hex_id {
    ($(#[$doc:meta])* $name:ident, $bytes:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name([u8; $bytes]);

        impl $name {
            /// Takes the bytes; those that are all zero are no identifier.
            pub fn from_bytes(bytes: &[u8]) -> Result<Self, InvalidId> {
                match <[u8; $bytes]>::try_from(bytes) {
                    Ok(bytes) if bytes != [0; $bytes] => Ok(Self(bytes)),
                    _ => Err(InvalidId { digits: 2 * $bytes }),
                }
            }

            /// Reads hexadecimal digits, of either case.
            pub fn parse(text: &str) -> Result<Self, InvalidId> {
                let invalid = InvalidId { digits: 2 * $bytes };
                if text.len() != 2 * $bytes || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
                    return Err(invalid);
                }
                let mut bytes = [0; $bytes];
                for (place, byte) in bytes.iter_mut().enumerate() {
                    *byte = u8::from_str_radix(&text[2 * place..2 * place + 2], 16).map_err(|_| invalid)?;
                }
                Self::from_bytes(&bytes)
            }

            /// The bytes.
            pub fn as_bytes(&self) -> &[u8; $bytes] {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }

        impl TryFrom<String> for $name {
            type Error = InvalidId;
            fn try_from(text: String) -> Result<Self, InvalidId> {
                Self::parse(&text)
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.to_string()
            }
        }
    };
}

hex_id! {
    /// A trace, as W3C Trace Context and OTLP name it.
    TraceId, 16
}
hex_id! {
    /// A span within its trace.
    SpanId, 8
}

/// An identifier in the form of a UUID.
macro_rules! uuid_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name([u8; 16]);

        impl $name {
            /// Takes the bytes of a UUID of any version.
            pub fn from_bytes(bytes: [u8; 16]) -> Self {
                Self(bytes)
            }

            /// Reads the usual form, with or without hyphens, of either case.
            pub fn parse(text: &str) -> Result<Self, InvalidUuid> {
                let has_hyphens = text.len() == 36
                    && text.bytes().enumerate().all(|(place, byte)| (byte == b'-') == matches!(place, 8 | 13 | 18 | 23));
                let digits = if has_hyphens { text.replace('-', "") } else { text.to_owned() };
                if digits.len() != 32 || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
                    return Err(InvalidUuid);
                }
                u128::from_str_radix(&digits, 16).map(|number| Self(number.to_be_bytes())).map_err(|_| InvalidUuid)
            }

            /// The bytes.
            pub fn as_bytes(&self) -> &[u8; 16] {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                for (place, byte) in self.0.iter().enumerate() {
                    let hyphen = if matches!(place, 4 | 6 | 8 | 10) { "-" } else { "" };
                    write!(f, "{hyphen}{byte:02x}")?;
                }
                Ok(())
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }

        impl TryFrom<String> for $name {
            type Error = InvalidUuid;
            fn try_from(text: String) -> Result<Self, InvalidUuid> {
                Self::parse(&text)
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.to_string()
            }
        }
    };
}

/// The text is no UUID.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("write a UUID, such as 1b4e28ba-2fa1-4d3b-883f-0016d3cca427")]
pub struct InvalidUuid;

uuid_id! {
    /// An event, as its sender names it: the same one twice is stored once.
    EventId
}
uuid_id! {
    /// A record of metrics. Random, made by the server.
    MetricId
}
uuid_id! {
    /// An agent. Chosen by the sender, or made from project and name.
    AgentId
}

/// Nanoseconds since the epoch, UTC. Nothing is rounded on its way through.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct UnixNanos(pub i64);

impl UnixNanos {
    /// The same moment. Times are bounded when they are taken in, so that they fit until the year 2262.
    pub fn timestamp(self) -> jiff::Timestamp {
        jiff::Timestamp::from_nanosecond(i128::from(self.0))
            .expect("64 bits of nanoseconds are inside jiff's range")
    }
}

impl From<jiff::Timestamp> for UnixNanos {
    /// Saturates beyond the years 1677 to 2262.
    fn from(at: jiff::Timestamp) -> Self {
        let nanos = at.as_nanosecond();
        Self(i64::try_from(nanos).unwrap_or(if nanos < 0 { i64::MIN } else { i64::MAX }))
    }
}
