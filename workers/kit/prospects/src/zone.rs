//! The time zone of a prospect: its own, else that of its state, else the client's.

use chrono_tz::Tz;

/// Code and name of each state, and the zone in which most of its people live.
const STATES: [(&str, &str, Tz); 51] = {
    use chrono_tz::America::{Anchorage, Boise, Chicago, Denver, Detroit, Los_Angeles, New_York, Phoenix};
    use chrono_tz::Pacific::Honolulu;
    [
        ("AK", "Alaska", Anchorage),
        ("AL", "Alabama", Chicago),
        ("AR", "Arkansas", Chicago),
        ("AZ", "Arizona", Phoenix),
        ("CA", "California", Los_Angeles),
        ("CO", "Colorado", Denver),
        ("CT", "Connecticut", New_York),
        ("DC", "District of Columbia", New_York),
        ("DE", "Delaware", New_York),
        ("FL", "Florida", New_York),
        ("GA", "Georgia", New_York),
        ("HI", "Hawaii", Honolulu),
        ("IA", "Iowa", Chicago),
        ("ID", "Idaho", Boise),
        ("IL", "Illinois", Chicago),
        ("IN", "Indiana", New_York),
        ("KS", "Kansas", Chicago),
        ("KY", "Kentucky", New_York),
        ("LA", "Louisiana", Chicago),
        ("MA", "Massachusetts", New_York),
        ("MD", "Maryland", New_York),
        ("ME", "Maine", New_York),
        ("MI", "Michigan", Detroit),
        ("MN", "Minnesota", Chicago),
        ("MO", "Missouri", Chicago),
        ("MS", "Mississippi", Chicago),
        ("MT", "Montana", Denver),
        ("NC", "North Carolina", New_York),
        ("ND", "North Dakota", Chicago),
        ("NE", "Nebraska", Chicago),
        ("NH", "New Hampshire", New_York),
        ("NJ", "New Jersey", New_York),
        ("NM", "New Mexico", Denver),
        ("NV", "Nevada", Los_Angeles),
        ("NY", "New York", New_York),
        ("OH", "Ohio", New_York),
        ("OK", "Oklahoma", Chicago),
        ("OR", "Oregon", Los_Angeles),
        ("PA", "Pennsylvania", New_York),
        ("RI", "Rhode Island", New_York),
        ("SC", "South Carolina", New_York),
        ("SD", "South Dakota", Chicago),
        ("TN", "Tennessee", Chicago),
        ("TX", "Texas", Chicago),
        ("UT", "Utah", Denver),
        ("VA", "Virginia", New_York),
        ("VT", "Vermont", New_York),
        ("WA", "Washington", Los_Angeles),
        ("WI", "Wisconsin", Chicago),
        ("WV", "West Virginia", New_York),
        ("WY", "Wyoming", Denver),
    ]
};

/// The zone in which a prospect's day has its hours.
pub fn zone(time_zone: &str, state: &str, country: &str, default: Tz) -> Tz {
    if let Ok(zone) = time_zone.parse() {
        return zone;
    }
    let country: String = letters(country).collect();
    let american =
        ["", "us", "usa", "unitedstates", "unitedstatesofamerica", "america"].contains(&country.as_str());
    let named = |code, name| letters(code).eq(letters(state)) || letters(name).eq(letters(state));
    let found = STATES.iter().find(|(code, name, _)| american && named(code, name));
    found.map_or(default, |(.., zone)| *zone)
}

/// As "U.S." and "us" are the same.
fn letters(text: &str) -> impl Iterator<Item = char> {
    text.chars().filter(|letter| letter.is_alphabetic()).flat_map(char::to_lowercase)
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
        for country in ["us", "U.S.", "u.s.a.", "United States", " united states of America "] {
            check("", "California", country, chrono_tz::America::Los_Angeles);
            check("", "new  york", country, chrono_tz::America::New_York);
        }
        check("", "D.C.", "", chrono_tz::America::New_York);
        check("", "", "United States", chrono_tz::UTC);
        // Western Australia is not Washington.
        check("", "WA", "Australia", chrono_tz::UTC);
    }
}
