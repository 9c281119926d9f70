//! When patterns are learned again: on Sundays after 02:00 UTC, each client at its own minute.

use chrono::{DateTime, Datelike as _, Days, NaiveTime, TimeDelta, Utc};
use db::Uuid;
use sha2::{Digest as _, Sha256};

/// The next time after a moment.
pub fn next_learning(client: Uuid, now: DateTime<Utc>) -> DateTime<Utc> {
    let sunday = now.date_naive() + Days::new(((7 - now.weekday().num_days_from_sunday()) % 7).into());
    let at = sunday.and_time(NaiveTime::MIN).and_utc() + TimeDelta::hours(2) + spread(client);
    if at > now { at } else { at + Days::new(7) }
}

/// The last time at or before a moment.
pub fn last_learning(client: Uuid, now: DateTime<Utc>) -> DateTime<Utc> {
    next_learning(client, now) - Days::new(7)
}

/// Clients are spread over an hour, so that they are not all counted at once.
fn spread(client: Uuid) -> TimeDelta {
    let hash = Sha256::digest(client.as_bytes());
    TimeDelta::seconds(hash.iter().fold(0, |rest, &byte| (rest * 256 + i64::from(byte)) % 3600))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The day of the next time, and whether it is in the hour after two.
    #[track_caller]
    fn check(now: &str, sunday: &str) {
        let next = next_learning(db::DEFAULT_CLIENT, now.parse().unwrap());
        assert_eq!(next.date_naive().to_string(), sunday);
        let two = next.date_naive().and_hms_opt(2, 0, 0).unwrap().and_utc();
        assert!((two..two + TimeDelta::hours(1)).contains(&next), "{next}");
    }

    #[test]
    fn it_is_on_the_next_sunday() {
        check("2025-11-11T09:00:00Z", "2025-11-16");
        check("2025-11-15T23:59:59Z", "2025-11-16");
        check("2025-11-16T01:59:59Z", "2025-11-16");
        check("2025-11-16T03:00:00Z", "2025-11-23");
    }

    #[test]
    fn the_time_itself_is_over() {
        let first = next_learning(db::DEFAULT_CLIENT, "2025-11-11T09:00:00Z".parse().unwrap());
        assert_eq!(next_learning(db::DEFAULT_CLIENT, first), first + Days::new(7));
        assert_eq!(last_learning(db::DEFAULT_CLIENT, first), first);
    }

    #[test]
    fn clients_have_their_own_minutes() {
        let now = "2025-11-11T09:00:00Z".parse().unwrap();
        let of = |client| next_learning(Uuid::from_u128(client), now);
        assert!(of(1) != of(2) && of(1) == of(1));
    }
}
