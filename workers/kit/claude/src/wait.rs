//! How long the other side asks us to wait.

use std::time::Duration;

use chrono::{DateTime, Utc};
use reqwest::header::HeaderMap;

/// Nobody waits longer than this on the word of a header.
const LONGEST: Duration = Duration::from_secs(3600);

/// `retry-after-ms`, else `retry-after` in seconds or as a date; `None` if there is nothing to wait for.
pub(crate) fn asked_for(headers: &HeaderMap, now: DateTime<Utc>) -> Option<Duration> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let millis =
        text("retry-after-ms").and_then(|text| text.trim().parse::<f64>().ok()).map(|ms| ms / 1000.0);
    let seconds = millis.or_else(|| seconds(text("retry-after")?.trim(), now))?;
    if seconds.is_nan() || seconds <= 0.0 {
        return None;
    }
    let wait = Duration::try_from_secs_f64(seconds).map_or(LONGEST, |wait| wait.min(LONGEST));
    Some(wait).filter(|wait| !wait.is_zero())
}

fn seconds(text: &str, now: DateTime<Utc>) -> Option<f64> {
    if let Ok(seconds) = text.parse::<f64>() {
        return Some(seconds);
    }
    let date = DateTime::parse_from_rfc2822(text).ok()?;
    Some((date.to_utc() - now).as_seconds_f64())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(name: &'static str, value: &'static str, expected: Option<f64>) {
        let now = DateTime::from_timestamp(1_793_000_000, 0).expect("a valid time");
        let headers = HeaderMap::from_iter([(
            reqwest::header::HeaderName::from_static(name),
            reqwest::header::HeaderValue::from_static(value),
        )]);
        assert_eq!(asked_for(&headers, now), expected.map(Duration::from_secs_f64));
    }

    #[test]
    fn whole_and_fractional_seconds_are_read() {
        check("retry-after", "7", Some(7.0));
        check("retry-after", " 0.25 ", Some(0.25));
    }

    #[test]
    fn milliseconds_are_read() {
        check("retry-after-ms", "1500", Some(1.5));
    }

    #[test]
    fn a_date_is_read_as_the_time_left() {
        check("retry-after", "Mon, 26 Oct 2026 07:33:50 GMT", Some(30.0));
        check("retry-after", "Mon, 26 Oct 2026 07:33:00 GMT", None);
    }

    #[test]
    fn nothing_and_less_is_no_wait() {
        check("retry-after", "0", None);
        check("retry-after", "-5", None);
        check("retry-after", "NaN", None);
        check("retry-after", "soon", None);
        check("retry-after", "1e-12", None);
    }

    #[test]
    fn a_huge_wait_is_capped() {
        check("retry-after", "1e300", Some(3600.0));
        check("retry-after", "inf", Some(3600.0));
        check("retry-after", "86400", Some(3600.0));
    }
}
