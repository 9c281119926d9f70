//! Named points at which a process dies when told to, so that what a crash there leaves can be tested.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

/// The variable that names the point: `handled:3` dies at the third pass, `handled:.probe.` at a subject that holds the text.
pub const VARIABLE: &str = "LEADFLEET_TRIP";

/// Whether it is this process that has to die, whatever it handles, and not whoever handles a certain message.
pub(crate) fn is_of_the_process() -> bool {
    told().is_some_and(|trip| matches!(trip.when, When::Pass { .. }))
}

fn told() -> Option<&'static Trip> {
    static TRIP: OnceLock<Option<Trip>> = OnceLock::new();
    TRIP.get_or_init(Trip::of_environment).as_ref()
}

struct Trip {
    point: String,
    when: When,
}

enum When {
    Pass { nth: u64, passed: AtomicU64 },
    Subject(String),
}

/// Dies here if the environment says so; nothing more than a comparison otherwise.
pub fn pass(point: &str, subject: &str) {
    if told().is_some_and(|trip| trip.is_due(point, subject)) {
        std::process::abort();
    }
}

impl Trip {
    #[expect(clippy::disallowed_methods, reason = "a test tells it to the process, nobody configures it")]
    fn of_environment() -> Option<Self> {
        Self::parse(&std::env::var(VARIABLE).ok()?)
    }

    fn parse(text: &str) -> Option<Self> {
        let (point, when) = text.split_once(':')?;
        let when = match when.parse() {
            Ok(nth) => When::Pass { nth, passed: AtomicU64::new(0) },
            Err(_) => When::Subject(when.to_owned()),
        };
        Some(Self { point: point.to_owned(), when })
    }

    fn is_due(&self, point: &str, subject: &str) -> bool {
        self.point == point
            && match &self.when {
                When::Pass { nth, passed } => passed.fetch_add(1, Ordering::Relaxed) + 1 == *nth,
                When::Subject(text) => subject.contains(text),
            }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_due_at_the_nth_pass_of_its_point() {
        let trip = Trip::parse("handled:2").unwrap();
        let due = ["handled", "acked", "handled", "handled"].map(|point| trip.is_due(point, "s"));
        assert_eq!(due, [false, false, true, false]);
    }

    #[test]
    fn it_is_due_at_a_subject() {
        let trip = Trip::parse("handled:.probe.").unwrap();
        assert!(trip.is_due("handled", "lf.v1.job.probe.c.1"));
        assert!(!trip.is_due("handled", "lf.v1.job.loader.c.1"));
    }
}
