//! Times that senders give.

use jiff::{SignedDuration, Timestamp};
use model::telemetry::UnixNanos;

/// How far ahead of the server's clock a sender's may be.
const MAX_AHEAD: SignedDuration = SignedDuration::from_mins(5);

/// Reads ISO 8601 with an offset, no more than five minutes ahead of `now`. The error says what is
/// wrong, to be read after a field's name.
pub(crate) fn read(text: &str, now: Timestamp) -> Result<UnixNanos, &'static str> {
    let at: Timestamp = text
        .parse()
        .map_err(|_| "must be a time in ISO 8601 with an offset, such as 2026-02-18T09:30:00Z")?;
    if at < Timestamp::UNIX_EPOCH {
        return Err("is before 1970");
    }
    if at.duration_since(now) > MAX_AHEAD {
        return Err("is more than 5 minutes ahead of the server's clock");
    }
    Ok(at.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_has_an_offset_and_is_not_ahead() {
        let now: Timestamp = "2026-02-18T10:00:00Z".parse().unwrap();
        let check = |text: &str, expect: Result<&str, &str>| {
            let at = read(text, now).map(|at| at.timestamp().to_string());
            match expect {
                Ok(expect) => assert_eq!(at.as_deref(), Ok(expect), "{text}"),
                Err(expect) => assert!(at.unwrap_err().contains(expect), "{text}"),
            }
        };
        check("2026-02-18T09:30:00Z", Ok("2026-02-18T09:30:00Z"));
        check("2026-02-18T09:30:00.123456789Z", Ok("2026-02-18T09:30:00.123456789Z"));
        check("2026-02-18T10:30:00+01:00", Ok("2026-02-18T09:30:00Z"));
        check("2026-02-18T04:30:00-0500", Ok("2026-02-18T09:30:00Z"));
        check("2026-02-18 09:30:00Z", Ok("2026-02-18T09:30:00Z"));
        check("1970-01-01T00:00:00Z", Ok("1970-01-01T00:00:00Z"));
        check("2026-02-18T10:05:00Z", Ok("2026-02-18T10:05:00Z"));
        check("2026-02-18T10:05:00.000000001Z", Err("ahead"));
        check("9999-12-30T00:00:00Z", Err("ahead"));
        check("1969-12-31T23:59:59Z", Err("1970"));
        for text in ["", "now", "2026-02-18", "2026-02-18T09:30:00", "1771407000", "2026-02-30T00:00:00Z"] {
            check(text, Err("offset"));
        }
    }
}
