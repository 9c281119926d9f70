//! A time as operators write it: a day, a moment, or how long ago.

use chrono::{DateTime, NaiveDate, NaiveTime, TimeDelta, Utc};

/// A time, or how long ago it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    At(DateTime<Utc>),
    Ago(TimeDelta),
}

impl Moment {
    pub fn at(self, now: DateTime<Utc>) -> DateTime<Utc> {
        match self {
            Self::At(at) => at,
            Self::Ago(ago) => now - ago,
        }
    }
}

impl std::str::FromStr for Moment {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if let Ok(date) = text.parse::<NaiveDate>() {
            return Ok(Self::At(date.and_time(NaiveTime::MIN).and_utc()));
        }
        if let Ok(at) = DateTime::parse_from_rfc3339(text) {
            return Ok(Self::At(at.to_utc()));
        }
        let ago = || {
            let (number, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
            let number: i64 = number.parse::<u32>().ok()?.into();
            match unit {
                "s" => Some(TimeDelta::seconds(number)),
                "m" => Some(TimeDelta::minutes(number)),
                "h" => Some(TimeDelta::hours(number)),
                "d" => Some(TimeDelta::days(number)),
                _ => None,
            }
        };
        let wrong = || "write 2025-11-11, 2025-11-11T08:00:00Z, or how long ago: 90m, 24h, 7d".to_owned();
        ago().map(Self::Ago).ok_or_else(wrong)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: Option<&str>) {
        let now = "2025-11-11T12:00:00Z".parse().unwrap();
        let at = text.parse::<Moment>().ok().map(|moment| moment.at(now).to_rfc3339());
        assert_eq!(at.as_deref(), expected);
    }

    #[test]
    fn a_moment_is_a_date_a_time_or_how_long_ago() {
        check("2025-11-01", Some("2025-11-01T00:00:00+00:00"));
        check("2025-11-01T08:00:00+02:00", Some("2025-11-01T06:00:00+00:00"));
        check("90m", Some("2025-11-11T10:30:00+00:00"));
        check("7d", Some("2025-11-04T12:00:00+00:00"));
    }

    #[test]
    fn what_is_no_moment_is_refused() {
        for bad in ["", "h", "-3h", "3w", "yesterday", "ä"] {
            check(bad, None);
        }
    }
}
