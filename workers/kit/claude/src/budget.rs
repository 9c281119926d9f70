//! What a client may use in a day.

use std::time::Duration;

use chrono::{DateTime, Days, NaiveDate, NaiveTime, Utc};
use serde::{Deserialize, Serialize};

use crate::{Answer, Config};

/// What a client has used in a day, and the bounds that were set when it used something last; 0 is none.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Spent {
    pub tokens: u64,
    pub micro_dollars: u64,
    pub answers: u64,
    pub daily_tokens: u64,
    pub daily_micro_dollars: u64,
}

impl Spent {
    pub(crate) fn add(&mut self, answer: &Answer, config: &Config) {
        self.tokens = self.tokens.saturating_add(answer.usage.tokens());
        self.micro_dollars = self.micro_dollars.saturating_add(answer.cost.unwrap_or_default());
        self.answers += 1;
        *self = self.bounded(config);
    }

    fn bounded(self, config: &Config) -> Self {
        let daily_micro_dollars = (config.daily_usd * 1e6).round() as u64;
        // Less than the smallest amount is not everything.
        let least = u64::from(config.daily_usd > 0.0);
        Self {
            daily_tokens: config.daily_tokens,
            daily_micro_dollars: daily_micro_dollars.max(least),
            ..self
        }
    }

    /// Whether nothing more is asked for the client today.
    pub fn is_used_up(&self) -> bool {
        let is_over = |used: u64, most: u64| most > 0 && used >= most;
        is_over(self.tokens, self.daily_tokens) || is_over(self.micro_dollars, self.daily_micro_dollars)
    }

    pub(crate) fn exhausts(&self, config: &Config) -> bool {
        self.bounded(config).is_used_up()
    }
}

pub(crate) fn is_set(config: &Config) -> bool {
    config.daily_tokens > 0 || config.daily_usd > 0.0
}

pub(crate) fn key(client: &str, now: DateTime<Utc>) -> String {
    format!("spent.{client}.{}", now.format("%Y%m%d"))
}

/// The client and the day of a key.
pub(crate) fn of_key(key: &str) -> Option<(&str, NaiveDate)> {
    let (client, day) = key.strip_prefix("spent.")?.rsplit_once('.')?;
    Some((client, NaiveDate::parse_from_str(day, "%Y%m%d").ok()?))
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
        assert_eq!(of_key("spent.acme.20261121"), Some(("acme", now.date_naive())));
    }
}
