//! The time where recipients are, of many moments: the offset of a zone is looked up once a day.

use chrono::{DateTime, Offset as _, TimeZone as _, Utc};
use chrono_tz::Tz;
use foldhash::fast::RandomState;
use std::collections::HashMap;

const DAY: i64 = 86_400;
/// 1970 began on a Thursday, the fourth day of the week.
const FIRST_WEEKDAY: i64 = 4;

/// The zones of leads by where they are.
#[derive(Debug)]
pub(crate) struct Zones {
    by_place: HashMap<String, usize, RandomState>,
    zones: Vec<LocalTime>,
    /// Where the client is; and a lead of whom nothing better is known.
    usual: Tz,
    place: String,
}

impl Zones {
    pub(crate) fn new(usual: Tz) -> Self {
        Self { by_place: HashMap::default(), zones: Vec::new(), usual, place: String::new() }
    }

    /// The place in the list of the zone of a lead.
    pub(crate) fn of(&mut self, time_zone: &str, state: &str, country: &str) -> usize {
        self.place.clear();
        for part in [time_zone, "\n", state, "\n", country] {
            self.place.push_str(part);
        }
        if let Some(known) = self.by_place.get(&self.place) {
            return *known;
        }
        let zone = prospects::zone::zone(time_zone, state, country, self.usual);
        let found = self.zones.iter().position(|known| known.zone == zone).unwrap_or_else(|| {
            self.zones.push(LocalTime::new(zone));
            self.zones.len() - 1
        });
        self.by_place.insert(self.place.clone(), found);
        found
    }

    pub(crate) fn at(&mut self, place: usize) -> &mut LocalTime {
        &mut self.zones[place]
    }
}

/// A zone with the offsets of days that were asked for.
#[derive(Debug)]
pub(crate) struct LocalTime {
    zone: Tz,
    /// By days since 1970: seconds east of Greenwich; none on days on which they change.
    offsets: HashMap<i64, Option<i64>, RandomState>,
}

impl LocalTime {
    fn new(zone: Tz) -> Self {
        Self { zone, offsets: HashMap::default() }
    }

    /// The day of the week, 1 for Monday, and the hour of a moment in seconds since 1970.
    pub(crate) fn day_and_hour(&mut self, at: i64) -> (u8, u8) {
        let day = at.div_euclid(DAY);
        let zone = self.zone;
        let offset = *self.offsets.entry(day).or_insert_with(|| {
            let [first, last] = [day * DAY, (day + 1) * DAY - 1].map(|at| offset_of(zone, at));
            (first == last).then_some(first)
        });
        let local = at + offset.unwrap_or_else(|| offset_of(zone, at));
        let weekday = (local.div_euclid(DAY) + FIRST_WEEKDAY - 1).rem_euclid(7) + 1;
        let hour = local.rem_euclid(DAY) / 3_600;
        (u8::try_from(weekday).unwrap_or(1), u8::try_from(hour).unwrap_or_default())
    }
}

fn offset_of(zone: Tz, at: i64) -> i64 {
    let moment = DateTime::<Utc>::from_timestamp(at, 0).unwrap_or_default();
    zone.offset_from_utc_datetime(&moment.naive_utc()).fix().local_minus_utc().into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::{Datelike as _, Timelike as _};

    #[test]
    fn days_and_hours_are_those_of_the_calendar_also_when_clocks_change() {
        let zones = ["America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "UTC", "America/St_Johns"];
        for name in zones {
            let zone: Tz = name.parse().unwrap();
            let mut local = LocalTime::new(zone);
            // Two years from 2025 on, every half an hour and one second.
            for at in (1_735_689_600..1_798_761_600).step_by(1_801) {
                let expected = zone.timestamp_opt(at, 0).unwrap();
                let expected = (expected.weekday().number_from_monday() as u8, expected.hour() as u8);
                assert_eq!(local.day_and_hour(at), expected, "{name} {at}");
            }
        }
    }

    #[test]
    fn the_same_place_is_one_zone() {
        let mut zones = Zones::new(chrono_tz::America::New_York);
        let (arizona, again) = (zones.of("", "AZ", ""), zones.of("America/Phoenix", "", ""));
        assert_eq!(arizona, again);
        assert_ne!(zones.of("", "", ""), arizona);
    }
}
