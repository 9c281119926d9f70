//! How fast letters are replayed, and when a replay stops by itself.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::time::Duration;

/// How fast letters are replayed once the first ones went well.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Pace {
    /// Letters a second.
    pub rate: f64,
    /// Letters whose end is not known yet.
    pub in_flight: u64,
}

/// One letter, then ten more, then the pace: each step begins when those before have ended.
const FIRST: u64 = 1;
pub(crate) const CANARY: u64 = 11;

/// How far a replay is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Course {
    /// Letters begun, those of earlier processes included.
    pub(crate) begun: u64,
    pub(crate) ended: u64,
    /// Letters begun when the pace began.
    pub(crate) begun_before: u64,
    /// Time since the pace began.
    pub(crate) paced_for: Duration,
}

/// When the next letter may begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Next {
    Now,
    After(Duration),
    /// When one has ended.
    Later,
}

pub(crate) fn next(course: &Course, pace: &Pace) -> Next {
    let bound = match course.ended {
        0 => FIRST,
        1..CANARY => CANARY,
        ended => ended + pace.in_flight.max(1),
    };
    if course.begun >= bound {
        return Next::Later;
    }
    if course.ended < CANARY {
        return Next::Now;
    }
    // The first of the pace is due at once.
    let due = course.begun.saturating_sub(course.begun_before) as f64 / pace.rate.max(0.001);
    match Duration::try_from_secs_f64(due).unwrap_or(Duration::MAX).checked_sub(course.paced_for) {
        Some(wait) if !wait.is_zero() => Next::After(wait),
        _ => Next::Now,
    }
}

/// As many deaths of one error end a replay.
const SAME: u64 = 5;

/// Why a replay has to stop, given how many have ended and the fingerprints of those that died again.
pub(crate) fn verdict(ended: u64, died: &BTreeMap<String, u64>) -> Option<String> {
    let failed: u64 = died.values().sum();
    let (fingerprint, most) = died.iter().max_by_key(|(_, count)| **count)?;
    if ended <= CANARY {
        return Some(format!("one of the first {ended} died again, with fingerprint {fingerprint}"));
    }
    if *most >= SAME {
        return Some(format!("{most} died again with fingerprint {fingerprint}"));
    }
    (failed * 5 > ended).then(|| format!("{failed} of {ended} died again"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(begun: u64, ended: u64, paced_ms: u64, expected: Next) {
        let paced_for = Duration::from_millis(paced_ms);
        let course = Course { begun, ended, begun_before: 11, paced_for };
        assert_eq!(next(&course, &Pace { rate: 10.0, in_flight: 5 }), expected);
    }

    #[test]
    fn one_goes_first_then_ten() {
        check(0, 0, 0, Next::Now);
        check(1, 0, 0, Next::Later);
        check(1, 1, 0, Next::Now);
        check(11, 1, 0, Next::Later);
        check(11, 10, 0, Next::Later);
    }

    #[test]
    fn then_they_go_at_the_rate() {
        check(11, 11, 0, Next::Now);
        check(12, 11, 0, Next::After(Duration::from_millis(100)));
        check(12, 11, 99, Next::After(Duration::from_millis(1)));
        check(12, 11, 100, Next::Now);
    }

    #[test]
    fn no_more_are_in_flight_than_may_be() {
        check(15, 11, 60_000, Next::Now);
        check(16, 11, 60_000, Next::Later);
        check(16, 12, 60_000, Next::Now);
    }

    #[track_caller]
    fn ends(ended: u64, died: &[(&str, u64)], expected: Option<&str>) {
        let died = died.iter().map(|(print, count)| ((*print).to_owned(), *count)).collect();
        let verdict = verdict(ended, &died);
        assert_eq!(verdict.is_some(), expected.is_some(), "{verdict:?}");
        assert!(verdict.unwrap_or_default().contains(expected.unwrap_or_default()));
    }

    #[test]
    fn the_first_death_among_the_first_stops_it() {
        ends(11, &[], None);
        ends(1, &[("a", 1)], Some("fingerprint a"));
        ends(11, &[("a", 1)], Some("first 11"));
        ends(12, &[("a", 1)], None);
    }

    #[test]
    fn five_of_one_error_or_a_fifth_stop_it() {
        ends(1_000, &[("a", 4), ("b", 4)], None);
        ends(1_000, &[("a", 4), ("b", 5)], Some("fingerprint b"));
        ends(20, &[("a", 4)], None);
        ends(20, &[("a", 3), ("b", 2)], Some("5 of 20"));
    }
}
