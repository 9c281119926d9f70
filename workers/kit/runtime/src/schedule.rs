//! When a daily job fires, in a time zone with daylight saving: pure, the time is an argument.

use chrono::{DateTime, Days, NaiveDate, NaiveTime, TimeDelta, TimeZone as _, Utc};
use chrono_tz::Tz;

/// A job that fires once a day at a local time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Daily {
    pub job: &'static str,
    pub at: NaiveTime,
    pub zone: Tz,
    /// A fire that was missed is caught up if it is not older than this; the last one only.
    pub max_lateness: TimeDelta,
}

impl Daily {
    /// The first fire after a moment.
    pub fn next(&self, after: DateTime<Utc>) -> DateTime<Utc> {
        let mut date = after.with_timezone(&self.zone).date_naive();
        loop {
            let fire = self.fire(date);
            if fire > after {
                return fire;
            }
            date = date.checked_add_days(Days::new(1)).unwrap_or(NaiveDate::MAX);
        }
    }

    /// The last fire at or before a moment, unless it is too late to catch up.
    pub fn missed(&self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let today = now.with_timezone(&self.zone).date_naive();
        let last = [Some(today), today.pred_opt()]
            .into_iter()
            .flatten()
            .map(|date| self.fire(date))
            .find(|fire| *fire <= now)?;
        (now - last <= self.max_lateness).then_some(last)
    }

    /// The local date of a fire.
    pub fn local_date(&self, fire: DateTime<Utc>) -> NaiveDate {
        fire.with_timezone(&self.zone).date_naive()
    }

    /// A time that daylight saving skips fires when the clocks have sprung; one that it doubles fires at the first.
    fn fire(&self, date: NaiveDate) -> DateTime<Utc> {
        let mut local = date.and_time(self.at);
        for _ in 0..180 {
            if let Some(fire) = self.zone.from_local_datetime(&local).earliest() {
                return fire.with_timezone(&Utc);
            }
            local += TimeDelta::minutes(1);
        }
        Utc.from_utc_datetime(&local)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(hour: u32) -> Daily {
        Daily {
            job: "match",
            at: NaiveTime::from_hms_opt(hour, 0, 0).unwrap(),
            zone: chrono_tz::America::New_York,
            max_lateness: TimeDelta::hours(12),
        }
    }

    #[track_caller]
    fn check_next(daily: Daily, after: &str, expected: &str) {
        let after: DateTime<Utc> = after.parse().unwrap();
        assert_eq!(daily.next(after), expected.parse::<DateTime<Utc>>().unwrap());
    }

    #[test]
    fn three_in_new_york_is_eight_in_winter_and_seven_in_summer() {
        check_next(at(3), "2025-11-11T00:00:00Z", "2025-11-11T08:00:00Z");
        check_next(at(3), "2025-07-01T00:00:00Z", "2025-07-01T07:00:00Z");
    }

    #[test]
    fn a_fire_is_after_the_moment_not_at_it() {
        check_next(at(3), "2025-11-11T08:00:00Z", "2025-11-12T08:00:00Z");
    }

    #[test]
    fn a_skipped_hour_fires_once_after_the_clocks_sprang() {
        check_next(at(2), "2025-03-09T05:00:00Z", "2025-03-09T07:00:00Z");
        check_next(at(2), "2025-03-09T07:00:00Z", "2025-03-10T06:00:00Z");
    }

    #[test]
    fn a_doubled_hour_fires_once() {
        check_next(at(1), "2025-11-02T00:00:00Z", "2025-11-02T05:00:00Z");
        check_next(at(1), "2025-11-02T05:00:00Z", "2025-11-03T06:00:00Z");
    }

    #[test]
    fn a_missed_fire_is_caught_up_while_it_is_fresh() {
        let missed = |now: &str| at(3).missed(now.parse().unwrap());
        assert_eq!(missed("2025-11-11T09:00:00Z"), Some("2025-11-11T08:00:00Z".parse().unwrap()));
        assert_eq!(missed("2025-11-11T21:00:00Z"), None);
        assert_eq!(missed("2025-11-11T07:00:00Z"), None);
    }
}
