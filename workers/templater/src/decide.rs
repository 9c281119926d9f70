//! What becomes of a segment whose template Claude did not write (X26).

use claude::{Class, Error};
use std::time::Duration;

/// What to do after an error of Claude.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// Our own store failed, not Claude: try again as with any fault.
    Retry,
    /// Nobody's fault: ask again after this long.
    Wait(Duration),
    /// Nobody can ask until a person has acted: stop until Claude takes our questions again.
    Gate,
    /// Nobody's segment would fare better: leave the template to a person and say so.
    Manual(Trouble),
    /// Only this segment's question failed: use the generic text.
    Generic,
}

/// Why nobody's segment would fare better.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    /// Overloaded, broken or out of reach: it passes.
    Down,
    /// Our own daily budget is used up.
    Budget,
}

/// A rate limit that does not say how long it lasts.
const UNTOLD_WAIT: Duration = Duration::from_secs(5);

/// Decides after an error, `waited` after the segment was published.
///
/// A wrong key, a retired model or a used-up account would spoil every template there is, so nothing is asked until a
/// person has acted. Rate limits are waited for, but only until `patience` is over; outages leave the template to a
/// person at once (X26).
pub fn decide(error: &Error, waited: Duration, patience: Duration) -> Decision {
    let after = match error.class() {
        Class::Permanent => return Decision::Generic,
        Class::Gate => return Decision::Gate,
        Class::Transient { after, .. } => after.unwrap_or(UNTOLD_WAIT),
    };
    let in_time = waited.saturating_add(after) <= patience;
    match error {
        Error::Store { .. } => Decision::Retry,
        Error::Budget { .. } => Decision::Manual(Trouble::Budget),
        Error::Limited { .. } | Error::InFlight { .. } if in_time => Decision::Wait(after),
        Error::Api(api) if api.status == 429 && in_time => Decision::Wait(after),
        Error::InFlight { .. } => Decision::Generic,
        _ => Decision::Manual(Trouble::Down),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use claude::ApiError;

    const PATIENCE: Duration = Duration::from_secs(120);

    const fn s(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn api(status: u16, kind: &str, after: Option<Duration>) -> Error {
        Error::Api(Box::new(ApiError { status, kind: kind.into(), after, ..ApiError::default() }))
    }

    #[track_caller]
    fn check(error: &Error, waited: Duration, expected: Decision) {
        assert_eq!(decide(error, waited, PATIENCE), expected, "{error}");
    }

    #[test]
    fn an_outage_leaves_the_template_to_a_person() {
        let down = Decision::Manual(Trouble::Down);
        check(&api(500, "api_error", None), s(0), down);
        check(&api(529, "overloaded_error", Some(s(1))), s(0), down);
        check(&api(502, "", None), s(0), down);
        check(&Error::Open { after: s(1) }, s(0), down);
    }

    #[test]
    fn a_key_a_model_or_a_bill_stops_all_questions() {
        check(&api(401, "authentication_error", None), s(0), Decision::Gate);
        check(&api(402, "billing_error", None), s(0), Decision::Gate);
        check(&api(403, "permission_error", None), s(0), Decision::Gate);
        check(&api(404, "not_found_error", None), s(500), Decision::Gate);
    }

    #[test]
    fn our_own_budget_leaves_the_template_to_a_person() {
        let budget = Error::Budget { client: "c".into(), after: s(9) };
        check(&budget, s(0), Decision::Manual(Trouble::Budget));
    }

    #[test]
    fn a_rate_limit_is_waited_for() {
        check(&api(429, "rate_limit_error", Some(s(7))), s(0), Decision::Wait(s(7)));
        check(&api(429, "rate_limit_error", None), s(0), Decision::Wait(UNTOLD_WAIT));
        let limited = Error::Limited { model: "m".into(), after: s(3) };
        check(&limited, s(117), Decision::Wait(s(3)));
    }

    #[test]
    fn patience_with_a_rate_limit_ends() {
        let down = Decision::Manual(Trouble::Down);
        check(&api(429, "rate_limit_error", Some(s(7))), s(114), down);
        check(&api(429, "rate_limit_error", Some(s(3600))), s(0), down);
    }

    #[test]
    fn a_question_under_way_elsewhere_is_this_segments_affair() {
        let in_flight = Error::InFlight { after: s(20) };
        check(&in_flight, s(0), Decision::Wait(s(20)));
        check(&in_flight, s(101), Decision::Generic);
    }

    #[test]
    fn one_segments_failure_makes_it_generic() {
        check(&Error::Refused { category: None }, s(0), Decision::Generic);
        check(&Error::TooLong(9), s(0), Decision::Generic);
        check(&api(400, "invalid_request_error", None), s(0), Decision::Generic);
        check(&api(413, "request_too_large", None), s(0), Decision::Generic);
    }
}
