//! Time as a parameter. Only this file asks the machine what time it is.

use jiff::{SignedDuration, Timestamp};
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

/// Tells the time: the machine's, a frozen one, or one that a test moves by hand.
#[derive(Clone)]
pub struct Clock(Kind);

#[derive(Clone)]
enum Kind {
    System,
    Manual(Arc<AtomicI64>),
}

impl Clock {
    /// The machine's clock.
    pub fn system() -> Self {
        Self(Kind::System)
    }

    /// A clock that stands at `now` until [`Clock::advance`] moves it.
    pub fn frozen(now: Timestamp) -> Self {
        Self(Kind::Manual(Arc::new(AtomicI64::new(now.as_millisecond()))))
    }

    /// The current time, in whole milliseconds.
    #[allow(clippy::disallowed_methods)] // the one place that may ask
    pub fn now(&self) -> Timestamp {
        let millis = match &self.0 {
            Kind::System => std::time::SystemTime::now()
                .duration_since(std::time::UNIX_EPOCH)
                .map_or(0, |since| since.as_millis() as i64),
            Kind::Manual(millis) => millis.load(Ordering::Relaxed),
        };
        Timestamp::from_millisecond(millis).unwrap_or(Timestamp::MAX)
    }

    /// Moves a frozen clock and all its clones; the system clock cannot be moved.
    pub fn advance(&self, by: SignedDuration) {
        if let Kind::Manual(millis) = &self.0 {
            millis.fetch_add(by.as_millis() as i64, Ordering::Relaxed);
        }
    }

    /// Whether time stands still until somebody moves it.
    pub fn is_frozen(&self) -> bool {
        matches!(self.0, Kind::Manual(_))
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Clock({})", self.now())
    }
}
