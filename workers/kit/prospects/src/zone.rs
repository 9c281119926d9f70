//! The time zone of a prospect: its own, else that of its state, else the client's.

use chrono_tz::Tz;

/// Where most people of a state live.
const STATES: [(&str, Tz); 51] = {
    use chrono_tz::America::{Anchorage, Boise, Chicago, Denver, Detroit, Los_Angeles, New_York, Phoenix};
    use chrono_tz::Pacific::Honolulu;
    [
        ("AK", Anchorage),
        ("AL", Chicago),
        ("AR", Chicago),
        ("AZ", Phoenix),
        ("CA", Los_Angeles),
        ("CO", Denver),
        ("CT", New_York),
        ("DC", New_York),
        ("DE", New_York),
        ("FL", New_York),
        ("GA", New_York),
        ("HI", Honolulu),
        ("IA", Chicago),
        ("ID", Boise),
        ("IL", Chicago),
        ("IN", New_York),
        ("KS", Chicago),
        ("KY", New_York),
        ("LA", Chicago),
        ("MA", New_York),
        ("MD", New_York),
        ("ME", New_York),
        ("MI", Detroit),
        ("MN", Chicago),
        ("MO", Chicago),
        ("MS", Chicago),
        ("MT", Denver),
        ("NC", New_York),
        ("ND", Chicago),
        ("NE", Chicago),
        ("NH", New_York),
        ("NJ", New_York),
        ("NM", Denver),
        ("NV", Los_Angeles),
        ("NY", New_York),
        ("OH", New_York),
        ("OK", Chicago),
        ("OR", Los_Angeles),
        ("PA", New_York),
        ("RI", New_York),
        ("SC", New_York),
        ("SD", Chicago),
        ("TN", Chicago),
        ("TX", Chicago),
        ("UT", Denver),
        ("VA", New_York),
        ("VT", New_York),
        ("WA", Los_Angeles),
        ("WI", Chicago),
        ("WV", New_York),
        ("WY", Denver),
    ]
};

/// The zone in which a prospect's day has its hours.
pub(crate) fn zone(time_zone: &str, state: &str, country: &str, default: Tz) -> Tz {
    if let Ok(zone) = time_zone.parse() {
        return zone;
    }
    let american = ["", "us", "usa", "united states"].contains(&country.trim().to_lowercase().as_str());
    let state = state.trim().to_uppercase();
    let found = STATES.iter().find(|(name, _)| american && *name == state);
    found.map_or(default, |(_, zone)| *zone)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(time_zone: &str, state: &str, country: &str, expected: Tz) {
        assert_eq!(zone(time_zone, state, country, chrono_tz::UTC), expected);
    }

    #[test]
    fn the_nearest_that_is_known_holds() {
        check("Europe/Berlin", "AZ", "", chrono_tz::Europe::Berlin);
        check("", "az", "USA", chrono_tz::America::Phoenix);
        check("nowhere", "", "", chrono_tz::UTC);
        // Western Australia is not Washington.
        check("", "WA", "Australia", chrono_tz::UTC);
    }
}
