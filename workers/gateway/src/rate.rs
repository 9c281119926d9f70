//! How many requests a key may make: so many a second for long, and a burst at once.

use crate::config::Config;
use crate::problem::{Kind, Problem};
use governor::clock::{Clock as _, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota};

/// Only keys that exist are counted, so there are never more counters than keys.
pub(crate) struct Rate {
    limiter: DefaultKeyedRateLimiter<String>,
    clock: DefaultClock,
}

impl Rate {
    pub(crate) fn new(config: &Config) -> Self {
        let quota = Quota::per_second(config.rate).allow_burst(config.burst);
        Self { limiter: DefaultKeyedRateLimiter::keyed(quota), clock: DefaultClock::default() }
    }

    pub(crate) fn check(&self, key: &str) -> Result<(), Problem> {
        self.limiter.check_key(&key.to_owned()).map_err(|until| {
            let wait = until.wait_time_from(self.clock.now());
            Problem::new(Kind::RateLimited, "the key has made too many requests; see Retry-After")
                .retry_after(wait)
        })
    }
}
