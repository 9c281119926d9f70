//! Decides what becomes of a message; telling the server is somebody else's job.

use crate::fault::Fault;
use crate::worker::Retry;
use std::time::Duration;

/// Crashes after which a message is handled alone, in a process of its own.
pub const QUARANTINE_AFTER: u32 = 2;
/// Crashes after which a message is not tried again: a bound for the times that its process was killed from outside.
pub const MAX_CRASHES: u32 = 10;

/// The longest delay the other side may name: a message that waits longer looks forgotten, and asking once an hour is cheap.
const LONGEST: Duration = Duration::from_secs(3_600);

/// What becomes of a message.
#[derive(Debug, Clone, PartialEq)]
pub enum Settlement {
    Ack,
    /// Deliver again; `attempts` is the count after this failure.
    Redeliver {
        after: Duration,
        attempts: u32,
    },
    /// Deliver again without having spent an attempt.
    Postpone {
        after: Duration,
    },
    /// Close the gate, and deliver again once it is open.
    CloseGate {
        gate: &'static str,
    },
    DeadLetter {
        class: &'static str,
    },
}

/// How the earlier deliveries of a message ended.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct History {
    /// Deliveries that failed and cost an attempt.
    pub attempts: u32,
    /// Deliveries that were handed back: rate limits, closed gates, shutdowns.
    pub waits: u32,
}

impl History {
    /// Deliveries of which is known how they ended.
    pub fn known(self) -> u32 {
        self.attempts + self.waits
    }

    /// Deliveries of which nothing is known: the process died on them.
    pub fn crashes(self, delivered: u32) -> u32 {
        delivered.saturating_sub(1).saturating_sub(self.known())
    }
}

/// Decides from how the handler ended, how often it failed before, and a random number in 0..1 for the jitter.
pub fn settle<T>(outcome: &Result<T, Fault>, history: History, retry: &Retry, random: f64) -> Settlement {
    match outcome {
        Ok(_) => Settlement::Ack,
        Err(Fault::Reject { class, .. }) => Settlement::DeadLetter { class },
        Err(Fault::Gate { gate, .. }) => Settlement::CloseGate { gate },
        Err(Fault::Wait { after, .. }) => Settlement::Postpone { after: LONGEST.min(*after) },
        Err(Fault::Retry { after, .. }) => {
            let attempts = history.attempts + 1;
            if attempts >= retry.budget {
                return Settlement::DeadLetter { class: "exhausted" };
            }
            // Full jitter above a floor, because a delay of nothing at all is a hot loop.
            let ceiling = retry.ceiling(attempts);
            let jittered = (ceiling / 10).max(ceiling.mul_f64(random.clamp(0.0, 1.0)));
            Settlement::Redeliver { after: after.map_or(jittered, |after| LONGEST.min(after)), attempts }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn retry_fault() -> Result<(), Fault> {
        Err(Fault::Retry { after: None, cause: "lost".into() })
    }

    #[track_caller]
    fn check(outcome: Result<(), Fault>, attempts: u32, expected: Settlement) {
        let history = History { attempts, waits: 7 };
        assert_eq!(settle(&outcome, history, &Retry::DEFAULT, 1.0), expected);
    }

    #[test]
    fn success_acknowledges() {
        check(Ok(()), 0, Settlement::Ack);
    }

    #[test]
    fn a_retry_backs_off_and_counts() {
        check(retry_fault(), 0, Settlement::Redeliver { after: Duration::from_secs(1), attempts: 1 });
        check(retry_fault(), 2, Settlement::Redeliver { after: Duration::from_secs(4), attempts: 3 });
    }

    #[test]
    fn the_delay_the_other_side_named_is_honoured() {
        let after = Duration::from_secs(17);
        let fault = Err(Fault::Retry { after: Some(after), cause: "429".into() });
        check(fault, 0, Settlement::Redeliver { after, attempts: 1 });
    }

    #[test]
    fn a_delay_has_a_bound() {
        let after = Some(Duration::MAX);
        let expected = Settlement::Redeliver { after: Duration::from_secs(3_600), attempts: 1 };
        check(Err(Fault::Retry { after, cause: "429".into() }), 0, expected);
    }

    #[test]
    fn a_spent_budget_is_a_dead_letter() {
        check(retry_fault(), 5, Settlement::DeadLetter { class: "exhausted" });
    }

    #[test]
    fn waiting_never_spends_the_budget() {
        let after = Duration::from_secs(60);
        let fault = Err(Fault::Wait { after, cause: "rate limit".into() });
        check(fault, 5, Settlement::Postpone { after });
    }

    #[test]
    fn a_rejected_message_dies_at_the_first_delivery() {
        check(Err(Fault::reject("decode", "bad")), 0, Settlement::DeadLetter { class: "decode" });
    }

    #[test]
    fn deliveries_without_a_record_are_crashes() {
        let history = History { attempts: 2, waits: 1 };
        assert_eq!(history.crashes(1), 0);
        assert_eq!(history.crashes(4), 0);
        assert_eq!(history.crashes(6), 2);
    }

    #[test]
    fn a_delay_is_never_nothing() {
        let Settlement::Redeliver { after, .. } =
            settle(&retry_fault(), History::default(), &Retry::DEFAULT, 0.0)
        else {
            panic!("expected a redelivery");
        };
        assert!(after >= Duration::from_millis(100));
    }
}
