//! When growth is learned again: on the first of the month after 03:00 UTC, each client at its own minute (GR-110).

use chrono::{DateTime, Datelike as _, Months, NaiveTime, TimeDelta, Utc};
use db::Uuid;

/// The next time after a moment.
pub fn next_learning(client: Uuid, now: DateTime<Utc>) -> DateTime<Utc> {
    let at = of_month(client, now);
    if at > now { at } else { at + Months::new(1) }
}

/// The last time at or before a moment.
pub fn last_learning(client: Uuid, now: DateTime<Utc>) -> DateTime<Utc> {
    let at = of_month(client, now);
    if at > now { at - Months::new(1) } else { at }
}

/// Clients are spread over an hour, so that they are not all counted at once.
fn of_month(client: Uuid, now: DateTime<Utc>) -> DateTime<Utc> {
    let day = now.date_naive();
    let first = day.with_day(1).unwrap_or(day);
    let seconds = i64::try_from(client.as_u128() % 3600).unwrap_or_default();
    first.and_time(NaiveTime::MIN).and_utc() + TimeDelta::hours(3) + TimeDelta::seconds(seconds)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    #[track_caller]
    fn check(now: &str, last: &str, next: &str) {
        let client = Uuid::from_u128(3600 * 7 + 65);
        assert_eq!(last_learning(client, at(now)), at(last), "last of {now}");
        assert_eq!(next_learning(client, at(now)), at(next), "next of {now}");
    }

    #[test]
    fn it_is_on_the_first_of_the_month_after_three() {
        check("2025-11-11T09:00:00Z", "2025-11-01T03:01:05Z", "2025-12-01T03:01:05Z");
        check("2025-12-01T03:01:04Z", "2025-11-01T03:01:05Z", "2025-12-01T03:01:05Z");
        check("2025-12-01T03:01:05Z", "2025-12-01T03:01:05Z", "2026-01-01T03:01:05Z");
        check("2026-01-31T23:59:59Z", "2026-01-01T03:01:05Z", "2026-02-01T03:01:05Z");
    }

    #[test]
    fn clients_have_their_own_seconds_of_one_hour() {
        let now = at("2025-11-11T09:00:00Z");
        let of = |client| next_learning(Uuid::from_u128(client), now);
        assert!(of(1) != of(2) && of(1) == of(3601));
        assert_eq!(of(u128::MAX).date_naive(), of(0).date_naive());
    }
}
