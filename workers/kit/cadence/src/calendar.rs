//! Business days: Monday to Friday without public holidays.

use chrono::{
    DateTime, Datelike as _, Days, LocalResult, NaiveDate, NaiveTime, TimeDelta, TimeZone as _, Utc, Weekday,
};
use chrono_tz::Tz;
use std::collections::BTreeSet;

/// Which days are business days: the federal holidays of the United States are none, nor are days that a client adds.
#[derive(Debug, Clone, Default)]
pub struct Calendar {
    extra: BTreeSet<NaiveDate>,
}

impl Calendar {
    /// With days of the client's own on which nobody is contacted.
    pub fn with(extra: impl IntoIterator<Item = NaiveDate>) -> Self {
        Self { extra: extra.into_iter().collect() }
    }

    pub fn is_business_day(&self, date: NaiveDate) -> bool {
        !matches!(date.weekday(), Weekday::Sat | Weekday::Sun) && !self.is_holiday(date)
    }

    pub fn is_holiday(&self, date: NaiveDate) -> bool {
        self.extra.contains(&date) || is_federal_holiday(date)
    }

    /// The day that is so many business days later; none beyond the calendar's end.
    pub fn add(&self, date: NaiveDate, business_days: u32) -> Option<NaiveDate> {
        let mut date = date;
        let mut left = business_days;
        while left > 0 {
            date = date.checked_add_days(Days::new(1))?;
            left -= u32::from(self.is_business_day(date));
        }
        Some(date)
    }

    /// Business days after the first date, up to and with the second.
    pub fn between(&self, from: NaiveDate, to: NaiveDate) -> u32 {
        let days = from.iter_days().skip(1).take_while(|&date| date <= to);
        days.filter(|&date| self.is_business_day(date)).count() as u32
    }
}

/// A local time as a moment: one that daylight saving skips is an hour later, of one that it doubles the first counts.
pub fn local(date: NaiveDate, time: NaiveTime, zone: Tz) -> DateTime<Utc> {
    let local = date.and_time(time);
    let moment = match zone.from_local_datetime(&local) {
        LocalResult::Single(moment) | LocalResult::Ambiguous(moment, _) => moment,
        LocalResult::None => match (zone.from_local_datetime(&(local + TimeDelta::hours(1)))).earliest() {
            Some(moment) => moment,
            None => return Utc.from_utc_datetime(&local),
        },
    };
    moment.with_timezone(&Utc)
}

/// 5 U.S.C. 6103: a holiday on a Saturday is kept on Friday, one on a Sunday on Monday.
fn is_federal_holiday(date: NaiveDate) -> bool {
    let fixed = |date: NaiveDate| {
        let since = if date.year() >= 2021 { 5 } else { 4 };
        let days = [(1, 1), (7, 4), (11, 11), (12, 25), (6, 19)];
        days[..since].contains(&(date.month(), date.day()))
    };
    let shifted = |days: i64| date.checked_add_signed(TimeDelta::days(days)).is_some_and(fixed);
    match date.weekday() {
        Weekday::Sat | Weekday::Sun => fixed(date),
        Weekday::Fri if shifted(1) => true,
        Weekday::Mon if shifted(-1) => true,
        weekday => fixed(date) || is_floating_holiday(date, weekday),
    }
}

fn is_floating_holiday(date: NaiveDate, weekday: Weekday) -> bool {
    let nth = (date.day() - 1) / 7 + 1;
    match (date.month(), weekday) {
        // Martin Luther King, Presidents.
        (1 | 2, Weekday::Mon) => nth == 3,
        // Memorial Day is the last Monday.
        (5, Weekday::Mon) => date.day() > 24,
        // Labor Day, Columbus Day, Thanksgiving.
        (9, Weekday::Mon) => nth == 1,
        (10, Weekday::Mon) => nth == 2,
        (11, Weekday::Thu) => nth == 4,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn the_holidays_of_2026_are_those_of_the_government() {
        let found: Vec<String> = date("2026-01-01")
            .iter_days()
            .take(365)
            .filter(|&date| {
                !matches!(date.weekday(), Weekday::Sat | Weekday::Sun) && is_federal_holiday(date)
            })
            .map(|date| date.format("%m-%d").to_string())
            .collect();
        let expected = [
            "01-01", "01-19", "02-16", "05-25", "06-19", "07-03", "09-07", "10-12", "11-11", "11-26", "12-25",
        ];
        assert_eq!(found, expected);
    }

    #[track_caller]
    fn check_add(from: &str, days: u32, expected: &str) {
        assert_eq!(Calendar::default().add(date(from), days), Some(date(expected)));
    }

    #[test]
    fn business_days_step_over_weekends_and_holidays() {
        check_add("2026-11-20", 1, "2026-11-23");
        check_add("2026-11-24", 2, "2026-11-27");
        check_add("2026-11-21", 0, "2026-11-21");
        assert_eq!(Calendar::default().between(date("2026-11-24"), date("2026-12-01")), 4);
    }

    #[test]
    fn a_day_of_the_clients_own_is_no_business_day() {
        let calendar = Calendar::with([date("2026-11-23")]);
        assert_eq!(calendar.add(date("2026-11-20"), 1), Some(date("2026-11-24")));
    }

    #[test]
    fn nine_in_the_morning_is_where_the_recipient_is() {
        let nine = NaiveTime::from_hms_opt(9, 0, 0).unwrap();
        let moment = |zone| local(date("2026-11-24"), nine, zone).to_rfc3339();
        assert_eq!(moment(chrono_tz::America::New_York), "2026-11-24T14:00:00+00:00");
        assert_eq!(moment(chrono_tz::America::Phoenix), "2026-11-24T16:00:00+00:00");
    }

    proptest::proptest! {
        #[test]
        fn adding_and_counting_agree(day in 0u64..3_000, days in 1u32..30) {
            let from = date("2024-01-01") + Days::new(day);
            let calendar = Calendar::default();
            let to = calendar.add(from, days).unwrap();
            proptest::prop_assert_eq!(calendar.between(from, to), days);
            proptest::prop_assert!(calendar.is_business_day(to));
        }
    }
}
