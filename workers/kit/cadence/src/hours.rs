//! Whether a message may go out at a moment: business hours where the recipient is, follow-ups on their days.

use crate::calendar::Calendar;
use crate::sequence::Kind;
use chrono::{DateTime, Datelike as _, Timelike as _, Utc, Weekday};
use chrono_tz::Tz;

/// Local hours in which messages go out (OE 30).
const HOURS: std::ops::Range<u32> = 8..18;

/// Whether a message of a kind may go out at that moment to somebody in that zone.
pub fn may_go_out(kind: Kind, at: DateTime<Utc>, zone: Tz, calendar: &Calendar) -> bool {
    let local = at.with_timezone(&zone);
    let date = local.date_naive();
    let followup_day = matches!(date.weekday(), Weekday::Tue | Weekday::Wed | Weekday::Thu);
    HOURS.contains(&local.hour()) && calendar.is_business_day(date) && (!kind.follows_up() || followup_day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(kind: Kind, at: &str, expected: bool) {
        let zone = chrono_tz::America::Phoenix;
        assert_eq!(may_go_out(kind, at.parse().unwrap(), zone, &Calendar::default()), expected, "{at}");
    }

    #[test]
    fn messages_go_out_in_business_hours_of_the_recipient() {
        check(Kind::InitialDm, "2026-10-19T15:00:00Z", true);
        check(Kind::InitialDm, "2026-10-19T14:59:00Z", false);
        check(Kind::InitialDm, "2026-10-20T01:00:00Z", false);
        check(Kind::InitialDm, "2026-10-18T18:00:00Z", false);
        check(Kind::InitialDm, "2026-11-26T18:00:00Z", false);
    }

    #[test]
    fn follow_ups_go_out_on_their_days() {
        check(Kind::Followup1, "2026-10-19T18:00:00Z", false);
        check(Kind::Followup1, "2026-10-20T18:00:00Z", true);
        check(Kind::ValueShare, "2026-10-23T18:00:00Z", false);
    }
}
