//! What a client may use in a day.

use std::time::Duration;

use chrono::{DateTime, Days, NaiveTime, Utc};
use serde::{Deserialize, Serialize};

use crate::{Answer, Config};

/// What a client has used today.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Spent {
    tokens: u64,
    micro_dollars: u64,
    answers: u64,
}

impl Spent {
    pub(crate) fn add(&mut self, answer: &Answer) {
        self.tokens = self.tokens.saturating_add(answer.usage.tokens());
        self.micro_dollars = self.micro_dollars.saturating_add(answer.cost.unwrap_or_default());
        self.answers += 1;
    }

    pub(crate) fn exhausts(&self, config: &Config) -> bool {
        let tokens = config.daily_tokens > 0 && self.tokens >= config.daily_tokens;
        let money = config.daily_usd > 0.0 && self.micro_dollars as f64 >= config.daily_usd * 1e6;
        tokens || money
    }
}

pub(crate) fn is_set(config: &Config) -> bool {
    config.daily_tokens > 0 || config.daily_usd > 0.0
}

pub(crate) fn key(client: &str, now: DateTime<Utc>) -> String {
    format!("spent.{client}.{}", now.format("%Y%m%d"))
}

pub(crate) fn until_tomorrow(now: DateTime<Utc>) -> Duration {
    let tomorrow = now.date_naive() + Days::new(1);
    (tomorrow.and_time(NaiveTime::MIN).and_utc() - now).to_std().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_day_ends_at_midnight_utc() {
        let now = DateTime::parse_from_rfc3339("2026-11-21T23:59:30Z").expect("a time").to_utc();
        assert_eq!(until_tomorrow(now), Duration::from_secs(30));
        assert_eq!(key("acme", now), "spent.acme.20261121");
    }
}
