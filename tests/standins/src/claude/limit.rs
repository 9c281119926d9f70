//! How fast the Claude stand-in answers, and how often.

use std::collections::HashMap;
use std::time::Duration;

use chrono::{DateTime, SecondsFormat, Utc};
use tokio::time::Instant;

/// A token bucket per model, refilled evenly.
pub(super) struct Bucket {
    per_minute: u32,
    levels: HashMap<String, (f64, Instant)>,
}

impl Bucket {
    pub(super) fn per_minute(per_minute: u32) -> Self {
        Self { per_minute, levels: HashMap::new() }
    }

    pub(super) fn take(&mut self, model: &str) -> Result<(), Duration> {
        let now = Instant::now();
        let size = f64::from(self.per_minute);
        let (level, filled) = self.levels.entry(model.to_owned()).or_insert((size, now));
        *level = (*level + (now - *filled).as_secs_f64() * size / 60.0).min(size);
        *filled = now;
        if *level < 1.0 {
            return Err(Duration::from_secs_f64((1.0 - *level) * 60.0 / size));
        }
        *level -= 1.0;
        Ok(())
    }

    pub(super) fn headers(&self, model: &str, now: DateTime<Utc>) -> Vec<(String, String)> {
        let size = f64::from(self.per_minute);
        let level = self.levels.get(model).map_or(size, |(level, _)| *level);
        let full = now + chrono::Duration::milliseconds(((size - level) * 60_000.0 / size) as i64);
        let header = |name: &str, value: String| (format!("anthropic-ratelimit-requests-{name}"), value);
        vec![
            header("limit", self.per_minute.to_string()),
            header("remaining", (level.floor() as u64).to_string()),
            header("reset", full.to_rfc3339_opts(SecondsFormat::Secs, true)),
        ]
    }
}

/// A log-normal distribution, drawn from a seed so that a run can be repeated.
pub(super) struct Latency {
    pub(super) median: Duration,
    pub(super) p99: Duration,
    pub(super) seed: u64,
}

impl Latency {
    pub(super) fn next(&mut self) -> Duration {
        // The sum of twelve uniform numbers is near enough to a normal one.
        let normal: f64 = (0..12).map(|_| self.uniform()).sum::<f64>() - 6.0;
        let sigma = (self.p99.as_secs_f64() / self.median.as_secs_f64()).ln() / 2.326;
        self.median.mul_f64((sigma * normal).exp())
    }

    fn uniform(&mut self) -> f64 {
        self.seed = self.seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.seed >> 11) as f64 / (1_u64 << 53) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draw(seed: u64) -> Vec<Duration> {
        let mut latency =
            Latency { median: Duration::from_millis(20), p99: Duration::from_millis(300), seed };
        (0..2001).map(|_| latency.next()).collect()
    }

    #[test]
    fn latencies_repeat_with_their_seed() {
        assert_eq!(draw(7), draw(7));
        assert_ne!(draw(7), draw(8));
    }

    #[test]
    fn latencies_have_their_median_and_their_tail() {
        let mut drawn = draw(7);
        drawn.sort();
        assert!((17..23).contains(&drawn[1000].as_millis()), "{:?}", drawn[1000]);
        assert!((200..450).contains(&drawn[1980].as_millis()), "{:?}", drawn[1980]);
    }

    #[tokio::test]
    async fn an_empty_bucket_says_how_long_to_wait() {
        let mut bucket = Bucket::per_minute(2);
        assert_eq!((bucket.take("a"), bucket.take("a"), bucket.take("b")), (Ok(()), Ok(()), Ok(())));
        let wait = bucket.take("a").expect_err("empty");
        assert!(wait > Duration::from_secs(29) && wait <= Duration::from_secs(30), "{wait:?}");
        let headers = bucket.headers("a", DateTime::UNIX_EPOCH);
        assert_eq!(headers[1], ("anthropic-ratelimit-requests-remaining".into(), "0".into()));
    }
}
