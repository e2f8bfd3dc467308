//! Token buckets: what slows guessing down, and how much a machine key may ask.

use model::clock::Clock;
use model::identity::KeyId;
use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::num::NonZeroU32;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// How many buckets are remembered; 16 bytes each and the map around them.
const MAX_BUCKETS: usize = 100_000;

/// Limits attempts by whatever names who tries: an account, an address. Who succeeds is
/// [forgotten](Self::forget).
#[derive(Debug)]
pub struct AttemptLimiter {
    buckets: Buckets,
}

impl AttemptLimiter {
    /// Allows `burst` attempts at once, then one `every`.
    pub fn new(clock: Clock, burst: NonZeroU32, every: Duration) -> Self {
        Self { buckets: Buckets::new(clock, burst, every) }
    }

    /// For one account: 5 attempts, then one a minute.
    pub fn per_account(clock: Clock) -> Self {
        Self::new(clock, const { NonZeroU32::new(5).unwrap() }, Duration::from_secs(60))
    }

    /// For one address, which several people may share: 20 attempts, then one every 6 s.
    pub fn per_address(clock: Clock) -> Self {
        Self::new(clock, const { NonZeroU32::new(20).unwrap() }, Duration::from_secs(6))
    }

    /// Counts an attempt.
    ///
    /// # Errors
    /// The seconds, at least one, after which the next attempt is allowed; a refused one does
    /// not count.
    pub fn attempt(&self, who: &str) -> Result<(), u64> {
        let decision = self.buckets.take(who);
        if decision.allowed { Ok(()) } else { Err(decision.retry_after_s) }
    }

    /// Forgets the attempts of somebody who has succeeded.
    pub fn forget(&self, who: &str) {
        self.buckets.forget(who);
    }
}

/// Limits what machine keys ask.
#[derive(Debug)]
pub struct RateLimiter {
    buckets: Buckets,
}

impl RateLimiter {
    /// Allows each key `per_minute` requests at once, and as many again evenly over a minute.
    pub fn new(clock: Clock, per_minute: NonZeroU32) -> Self {
        Self { buckets: Buckets::new(clock, per_minute, Duration::from_secs(60) / per_minute.get()) }
    }

    /// Counts a request of `key`.
    pub fn take(&self, key: &KeyId) -> Decision {
        self.buckets.take(key.as_str())
    }
}

/// Whether a request is allowed, with what the headers `X-RateLimit-*` and `Retry-After` say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decision {
    /// Whether it is allowed.
    pub allowed: bool,
    /// How many are allowed at once.
    pub limit: u32,
    /// How many of them are left.
    pub remaining: u32,
    /// Seconds until all of them are there again.
    pub reset_s: u64,
    /// Seconds until the next one is allowed; 0 where this one was.
    pub retry_after_s: u64,
}

/// Token buckets by name, each remembered as the one time at which it is full again (the
/// "theoretical arrival time" of the generic cell rate algorithm, ITU-T I.371).
#[derive(Debug)]
struct Buckets {
    clock: Clock,
    burst: u32,
    every_us: i64,
    /// Of names only hashes are kept: they can be as long as whoever sends them likes.
    hasher: RandomState,
    full_at_us: Mutex<HashMap<u64, i64>>,
}

impl Buckets {
    fn new(clock: Clock, burst: NonZeroU32, every: Duration) -> Self {
        let every_us = i64::try_from(every.as_micros()).unwrap_or(i64::MAX / i64::from(u32::MAX)).max(1);
        Self { clock, burst: burst.get(), every_us, hasher: RandomState::new(), full_at_us: Mutex::default() }
    }

    fn take(&self, name: &str) -> Decision {
        let now = self.clock.now().as_microsecond();
        let depth = self.every_us.saturating_mul(i64::from(self.burst));
        let mut buckets = self.full_at_us.lock().unwrap_or_else(PoisonError::into_inner);
        let bucket = self.hasher.hash_one(name);
        let full_at = buckets.get(&bucket).copied().unwrap_or(now).max(now);
        let after = full_at.saturating_add(self.every_us);
        let wait = after.saturating_sub(depth).saturating_sub(now);
        let allowed = wait <= 0;
        if allowed {
            if buckets.len() >= MAX_BUCKETS && !buckets.contains_key(&bucket) {
                make_room(&mut buckets, now);
            }
            buckets.insert(bucket, after);
        }
        let full_at = if allowed { after } else { full_at };
        let left = now.saturating_add(depth).saturating_sub(full_at) / self.every_us;
        Decision {
            allowed,
            limit: self.burst,
            remaining: u32::try_from(left).unwrap_or(0),
            reset_s: whole_seconds(full_at.saturating_sub(now)),
            retry_after_s: if allowed { 0 } else { whole_seconds(wait) },
        }
    }

    fn forget(&self, name: &str) {
        let mut buckets = self.full_at_us.lock().unwrap_or_else(PoisonError::into_inner);
        buckets.remove(&self.hasher.hash_one(name));
    }
}

/// Drops the buckets that are full, and where that is not enough the fuller half: many new
/// names cannot make us forget the one that is being guessed at.
fn make_room(buckets: &mut HashMap<u64, i64>, now: i64) {
    buckets.retain(|_, full_at| *full_at > now);
    if buckets.len() > MAX_BUCKETS / 2 {
        let mut all: Vec<(i64, u64)> = buckets.iter().map(|(bucket, full_at)| (*full_at, *bucket)).collect();
        let middle = all.len() / 2;
        all.select_nth_unstable(middle);
        for (_, bucket) in &all[..middle] {
            buckets.remove(bucket);
        }
    }
}

fn whole_seconds(us: i64) -> u64 {
    u64::try_from(us).unwrap_or(0).div_ceil(1_000_000)
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::{SignedDuration, Timestamp};

    fn clock() -> Clock {
        Clock::frozen("2025-11-10T08:00:00Z".parse::<Timestamp>().unwrap())
    }

    #[test]
    fn five_attempts_then_one_a_minute() {
        let clock = clock();
        let limiter = AttemptLimiter::per_account(clock.clone());
        for _ in 0..5 {
            assert_eq!(limiter.attempt("ada"), Ok(()));
        }
        assert_eq!(limiter.attempt("ada"), Err(60));
        assert_eq!(limiter.attempt("grace"), Ok(()), "each has a bucket");
        clock.advance(SignedDuration::from_millis(58_500));
        assert_eq!(limiter.attempt("ada"), Err(2), "rounded up");
        clock.advance(SignedDuration::from_millis(1_500));
        assert_eq!(limiter.attempt("ada"), Ok(()), "what was refused did not count");
        assert_eq!(limiter.attempt("ada"), Err(60));
        clock.advance(SignedDuration::from_mins(60));
        for _ in 0..5 {
            assert_eq!(limiter.attempt("ada"), Ok(()), "never more than the burst");
        }
        assert!(limiter.attempt("ada").is_err());
        limiter.forget("ada");
        assert_eq!(limiter.attempt("ada"), Ok(()));
    }

    #[test]
    fn a_key_is_told_what_is_left() {
        let clock = clock();
        let limiter = RateLimiter::new(clock.clone(), NonZeroU32::new(120).unwrap());
        let key = KeyId::new("key_1");
        let check = |allowed, remaining, reset_s, retry_after_s| {
            let expect = Decision { allowed, limit: 120, remaining, reset_s, retry_after_s };
            assert_eq!(limiter.take(&key), expect);
        };
        check(true, 119, 1, 0);
        check(true, 118, 1, 0);
        check(true, 117, 2, 0);
        for _ in 3..119 {
            assert!(limiter.take(&key).allowed);
        }
        check(true, 0, 60, 0);
        check(false, 0, 60, 1);
        clock.advance(SignedDuration::from_millis(500));
        check(true, 0, 60, 0);
        check(false, 0, 60, 1);
        clock.advance(SignedDuration::from_secs(60));
        check(true, 119, 1, 0);
    }

    #[test]
    fn a_rate_holds_over_time() {
        let clock = clock();
        let limiter = RateLimiter::new(clock.clone(), NonZeroU32::new(60).unwrap());
        let key = KeyId::new("key_1");
        let mut allowed = 0;
        for _ in 0..6_000 {
            allowed += u32::from(limiter.take(&key).allowed);
            clock.advance(SignedDuration::from_millis(100)); // ten a second, for ten minutes
        }
        assert_eq!(allowed, 60 + 599);
    }

    #[test]
    fn memory_is_bounded_and_the_guessed_one_stays_limited() {
        let clock = clock();
        let limiter = AttemptLimiter::per_account(clock.clone());
        for _ in 0..5 {
            assert_eq!(limiter.attempt("ada"), Ok(()));
        }
        for n in 0..3 * MAX_BUCKETS {
            assert_eq!(limiter.attempt(&format!("nobody-{n}")), Ok(()));
        }
        assert!(limiter.buckets.full_at_us.lock().unwrap().len() <= MAX_BUCKETS);
        assert_eq!(limiter.attempt("ada"), Err(60));
        clock.advance(SignedDuration::from_mins(10));
        for n in 0..=MAX_BUCKETS {
            limiter.attempt(&format!("somebody-{n}")).unwrap();
        }
        assert!(limiter.buckets.full_at_us.lock().unwrap().len() <= MAX_BUCKETS);
    }
}
