//! A circuit breaker: after five failures in a row nobody waits for a sixth timeout.

use std::time::Duration;

use tokio::time::Instant;

const FAILURES: u32 = 5;
pub(crate) const PAUSE: Duration = Duration::from_secs(30);

#[derive(Default)]
pub(crate) struct Breaker {
    failures: u32,
    closed_until: Option<Instant>,
}

impl Breaker {
    /// Lets a call through, or says how long none will be.
    ///
    /// After the pause a single call is let through to find out; should it vanish without a word, the next may go one pause later.
    pub(crate) fn admit(&mut self, now: Instant) -> Result<(), Duration> {
        match self.closed_until {
            Some(until) if now < until => Err(until - now),
            Some(_) => {
                self.closed_until = Some(now + PAUSE);
                Ok(())
            }
            None => Ok(()),
        }
    }

    /// Any sign of life, an error of ours included, ends the row of failures.
    pub(crate) fn alive(&mut self) {
        *self = Self::default();
    }

    pub(crate) fn failed(&mut self, now: Instant) {
        self.failures += 1;
        if self.failures >= FAILURES {
            self.closed_until = Some(now + PAUSE);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failing(times: u32) -> (Breaker, Instant) {
        let now = Instant::now();
        let mut breaker = Breaker::default();
        for _ in 0..times {
            breaker.failed(now);
        }
        (breaker, now)
    }

    #[test]
    fn four_failures_stop_nothing() {
        let (mut breaker, now) = failing(4);
        assert_eq!(breaker.admit(now), Ok(()));
    }

    #[test]
    fn five_failures_in_a_row_stop_all_calls() {
        let (mut breaker, now) = failing(5);
        assert_eq!(breaker.admit(now), Err(PAUSE));
    }

    #[test]
    fn a_sign_of_life_ends_the_row() {
        let (mut breaker, now) = failing(4);
        breaker.alive();
        breaker.failed(now);
        assert_eq!(breaker.admit(now), Ok(()));
    }

    #[test]
    fn one_call_alone_probes_after_the_pause() {
        let (mut breaker, now) = failing(5);
        let later = now + PAUSE;
        assert_eq!(breaker.admit(later), Ok(()));
        assert_eq!(breaker.admit(later), Err(PAUSE));
    }

    #[test]
    fn a_probe_that_succeeds_opens_the_way() {
        let (mut breaker, now) = failing(5);
        assert_eq!(breaker.admit(now + PAUSE), Ok(()));
        breaker.alive();
        assert_eq!(breaker.admit(now + PAUSE), Ok(()));
    }

    #[test]
    fn a_probe_that_fails_starts_the_pause_again() {
        let (mut breaker, now) = failing(5);
        assert_eq!(breaker.admit(now + PAUSE), Ok(()));
        breaker.failed(now + PAUSE + PAUSE / 2);
        assert_eq!(breaker.admit(now + PAUSE + PAUSE), Err(PAUSE / 2));
    }
}
