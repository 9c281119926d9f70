//! What time it is: the one place of the gateway that asks.

use crate::app::App;
use chrono::{DateTime, Utc};
use std::fmt;
use std::sync::Arc;

/// Tells the time by which weeks are planned, touches are due and deliveries are late.
#[derive(Clone)]
pub struct Clock(Arc<dyn Fn() -> DateTime<Utc> + Send + Sync>);

impl Clock {
    pub fn of(now: impl Fn() -> DateTime<Utc> + Send + Sync + 'static) -> Self {
        Self(Arc::new(now))
    }
}

impl App {
    pub(crate) fn now(&self) -> DateTime<Utc> {
        (self.config.clock.0)()
    }
}

/// The machine's.
impl Default for Clock {
    fn default() -> Self {
        Self::of(now)
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Clock")
    }
}

/// The machine's time, by which keys expire and kept answers grow old.
#[expect(clippy::disallowed_methods, reason = "a request happens now; rules take the time as an argument")]
pub(crate) fn now() -> DateTime<Utc> {
    Utc::now()
}
