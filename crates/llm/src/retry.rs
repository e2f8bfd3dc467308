//! When a call is tried again.

use crate::settings::Limits;
use jiff::Timestamp;
use reqwest::header::HeaderMap;
use std::time::Duration;
use tokio::time::Instant;

/// Whether trying again may help.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Again {
    No,
    Yes,
    /// Not before the server's own word for it has passed.
    After(Duration),
}

/// Counts the retries of one call.
#[derive(Debug)]
pub(crate) struct Retries<'a> {
    limits: &'a Limits,
    deadline: Instant,
    done: u32,
}

impl<'a> Retries<'a> {
    pub(crate) fn new(limits: &'a Limits, deadline: Instant) -> Self {
        Self { limits, deadline, done: 0 }
    }

    /// How long to wait before the next one; `None` when there is to be none. `chance` is
    /// between 0 and 1 and keeps callers that failed together from coming back together.
    pub(crate) fn next(&mut self, again: Again, chance: f64) -> Option<Duration> {
        if self.done == self.limits.retries {
            return None;
        }
        let backoff = self.limits.backoff * 2u32.saturating_pow(self.done);
        let wait = match again {
            Again::No => return None,
            Again::Yes => backoff.mul_f64(1.0 - chance / 2.0),
            Again::After(asked) if asked > self.limits.max_retry_after => return None,
            Again::After(asked) => asked + backoff.mul_f64(chance / 2.0),
        };
        self.done += 1;
        (Instant::now() + wait < self.deadline).then_some(wait)
    }
}

/// A number between 0 and 1.
pub(crate) fn chance() -> f64 {
    let random = getrandom::u32().expect("the machine has random numbers");
    f64::from(random) / f64::from(u32::MAX)
}

/// What the server asks to wait: Azure's milliseconds, else seconds or a date (RFC 9110, 10.2.3).
pub(crate) fn retry_after(headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    let text = |name: &str| headers.get(name)?.to_str().ok();
    if let Some(millis) = text("retry-after-ms").and_then(|text| text.parse().ok()) {
        return Some(Duration::from_millis(millis));
    }
    let text = text("retry-after")?.trim();
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let at = jiff::fmt::rfc2822::parse(text).ok()?.timestamp();
    Some(Duration::try_from(at.duration_since(now)).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use reqwest::header::HeaderName;

    #[test]
    fn servers_say_when_to_come_back() {
        let now: Timestamp = "2026-02-18T12:00:00Z".parse().unwrap();
        let check = |headers: &[(&'static str, &str)], expect: Option<u64>| {
            let headers: HeaderMap = headers
                .iter()
                .map(|(name, value)| (HeaderName::from_static(name), value.parse().unwrap()))
                .collect();
            assert_eq!(retry_after(&headers, now), expect.map(Duration::from_millis), "{headers:?}");
        };
        check(&[], None);
        check(&[("retry-after", "7")], Some(7000));
        check(&[("retry-after", " 0 ")], Some(0));
        check(&[("retry-after", "Wed, 18 Feb 2026 12:00:05 GMT")], Some(5000));
        check(&[("retry-after", "Wed, 18 Feb 2026 11:00:00 GMT")], Some(0));
        check(&[("retry-after", "soon")], None);
        check(&[("retry-after", "-1")], None);
        check(&[("retry-after", "99999999999999999999999")], None);
        check(&[("retry-after-ms", "250"), ("retry-after", "1")], Some(250));
        check(&[("retry-after-ms", "x"), ("retry-after", "1")], Some(1000));
    }

    #[tokio::test]
    async fn waits_grow_and_end() {
        let limits = Limits {
            retries: 3,
            backoff: Duration::from_millis(100),
            max_retry_after: Duration::from_secs(2),
            ..Limits::default()
        };
        let waits = |agains: &[Again], chance: f64, total_ms: u64| {
            let mut retries = Retries::new(&limits, Instant::now() + Duration::from_millis(total_ms));
            let waits = agains.iter().map(|&again| retries.next(again, chance).map(|wait| wait.as_millis()));
            waits.collect::<Vec<_>>()
        };
        let check = |agains: &[Again], chance: f64, total_ms: u64, expect: &[Option<u128>]| {
            assert_eq!(waits(agains, chance, total_ms), expect, "{agains:?}");
        };
        let after = |millis| Again::After(Duration::from_millis(millis));
        check(&[Again::Yes; 4], 0.0, 60_000, &[Some(100), Some(200), Some(400), None]);
        check(&[Again::Yes; 4], 1.0, 60_000, &[Some(50), Some(100), Some(200), None]);
        check(&[Again::No], 0.0, 60_000, &[None]);
        check(&[after(2000), after(2001)], 0.0, 60_000, &[Some(2000), None]);
        check(&[after(0)], 1.0, 60_000, &[Some(50)]);
        check(&[after(1500), after(50)], 0.0, 1000, &[None, Some(50)]);
    }

    #[test]
    fn chance_is_a_share() {
        assert!((0..1000).map(|_| chance()).all(|chance| (0.0..=1.0).contains(&chance)));
    }
}
