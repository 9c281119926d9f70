//! How fast the service lets us ask: its rate-limit headers, per model.

use std::collections::HashMap;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use reqwest::header::HeaderMap;

const BUDGETS: [&str; 4] = ["requests", "tokens", "input-tokens", "output-tokens"];
/// A reset further away than this is not believed.
const LONGEST: Duration = Duration::from_secs(3600);
const FARTHEST: TimeDelta = TimeDelta::hours(1);

/// Until when each model must not be asked. Times of day, not of this process, so that replicas can share them.
#[derive(Default)]
pub(crate) struct Pace {
    held: HashMap<String, DateTime<Utc>>,
}

impl Pace {
    pub(crate) fn hold(&mut self, model: &str, until: DateTime<Utc>) {
        let held = self.held.entry(model.to_owned()).or_insert(until);
        *held = until.max(*held);
    }

    pub(crate) fn wait(&self, model: &str, now: DateTime<Utc>) -> Option<Duration> {
        let left = (*self.held.get(model)? - now).to_std().ok()?;
        Some(left.min(LONGEST)).filter(|left| !left.is_zero())
    }
}

/// Until when an exhausted budget is left alone, if the headers name one: until a tenth of it has flowed back.
///
/// `reset` says when it is full; it fills evenly, and who waited for all of it would then ask all at once.
pub(crate) fn exhausted_until(headers: &HeaderMap, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let header =
        |budget: &str, name: &str| headers.get(format!("anthropic-ratelimit-{budget}-{name}"))?.to_str().ok();
    let resets =
        BUDGETS.iter().filter(|budget| header(budget, "remaining") == Some("0")).filter_map(|budget| {
            let reset = DateTime::parse_from_rfc3339(header(budget, "reset")?).ok()?;
            Some(now + (reset.to_utc() - now).clamp(TimeDelta::zero(), FARTHEST) / 10)
        });
    resets.max()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn time(second: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_793_000_000 + second, 0).expect("a valid time")
    }

    #[track_caller]
    fn check(remaining: &str, reset: &str, expected: Option<DateTime<Utc>>) {
        let mut headers = HeaderMap::new();
        for (name, value) in [("remaining", remaining), ("reset", reset)] {
            let name = format!("anthropic-ratelimit-output-tokens-{name}");
            headers.insert(
                reqwest::header::HeaderName::try_from(name).expect("a name"),
                value.parse().expect("a value"),
            );
        }
        assert_eq!(exhausted_until(&headers, time(0)), expected);
    }

    #[test]
    fn an_exhausted_budget_holds_until_a_tenth_has_flowed_back() {
        check("0", &time(30).to_rfc3339(), Some(time(3)));
        check("0", &time(-30).to_rfc3339(), Some(time(0)));
    }

    #[test]
    fn what_remains_holds_nothing() {
        check("1000", &time(30).to_rfc3339(), None);
    }

    #[test]
    fn an_unreadable_reset_holds_nothing() {
        check("0", "soon", None);
    }

    #[test]
    fn a_model_waits_until_its_time_and_others_do_not() {
        let mut pace = Pace::default();
        pace.hold("haiku", time(30));
        pace.hold("haiku", time(10));
        assert_eq!(pace.wait("haiku", time(0)), Some(Duration::from_secs(30)));
        assert_eq!(pace.wait("haiku", time(30)), None);
        assert_eq!(pace.wait("sonnet", time(0)), None);
    }

    #[test]
    fn no_hold_lasts_longer_than_an_hour() {
        let mut pace = Pace::default();
        pace.hold("haiku", time(1_000_000));
        assert_eq!(pace.wait("haiku", time(0)), Some(LONGEST));
    }
}
