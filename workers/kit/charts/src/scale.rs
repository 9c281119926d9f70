//! Numbers as places on an axis, and as people read them.

use chrono::{DateTime, Datelike, NaiveDate};

pub(crate) const DAY: f64 = 86_400.0;
/// 1970-01-05 was a Monday.
const MONDAY: f64 = 4.0 * DAY;

/// What a number counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// Whole things.
    Count,
    Number,
    /// 1 is all of it: `4.5 %`.
    Share,
    Dollars,
}

impl Unit {
    pub fn text(self, value: f64) -> String {
        let Some(value) = sound(value) else { return "–".into() };
        let shown = self.shown(value);
        let whole_digits = if shown == 0.0 { 1 } else { shown.abs().log10().floor() as i32 + 1 };
        let decimals = match self {
            Unit::Count => 0,
            Unit::Number => (3 - whole_digits).clamp(1, 6),
            Unit::Share => (2 - whole_digits).clamp(1, 6),
            Unit::Dollars if shown.abs() < 100.0 => 2,
            Unit::Dollars => 0,
        };
        let text = grouped(shown, decimals as usize);
        match self {
            Unit::Number if text.contains('.') => {
                self.signed(text.trim_end_matches('0').trim_end_matches('.'))
            }
            _ => self.signed(&text),
        }
    }

    fn shown(self, value: f64) -> f64 {
        if self == Unit::Share { value * 100.0 } else { value }
    }

    fn signed(self, text: &str) -> String {
        match (self, text.strip_prefix('−')) {
            (Unit::Share, _) => format!("{text}\u{a0}%"),
            (Unit::Dollars, Some(amount)) => format!("−${amount}"),
            (Unit::Dollars, None) => format!("${text}"),
            _ => text.to_owned(),
        }
    }
}

/// A number that can be drawn: beyond 1e15 an f64 no longer counts in ones.
pub(crate) fn sound(value: f64) -> Option<f64> {
    (value.is_finite() && value.abs() <= 1e15).then_some(value)
}

/// `−1,234.50`
fn grouped(value: f64, decimals: usize) -> String {
    let text = format!("{:.decimals$}", value.abs());
    let whole = text.find('.').unwrap_or(text.len());
    let mut grouped = String::new();
    if value < 0.0 && text.contains(|c| ('1'..='9').contains(&c)) {
        grouped.push('−');
    }
    for (place, c) in text.chars().enumerate() {
        if place > 0 && place < whole && (whole - place).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(c);
    }
    grouped
}

/// Values from `low` to `high` on pixels from `from` to `to`.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Scale {
    low: f64,
    high: f64,
    from: f64,
    to: f64,
}

/// Where an axis is marked, and with what.
pub(crate) type Ticks = Vec<(f64, String)>;

impl Scale {
    /// Zero and all values, out to round bounds. None when no value is sound.
    pub(crate) fn from_zero(
        values: impl Iterator<Item = f64>,
        unit: Unit,
        most: f64,
        (from, to): (f64, f64),
    ) -> Option<(Self, Ticks)> {
        let (low, high) = bounds(values)?;
        let (low, mut high) = (low.min(0.0), high.max(0.0));
        if high - low < 1e-9 {
            high = low + 1.0;
        }
        let step = step(high - low, most, unit);
        let scale = Self {
            low: (low / step + 1e-9).floor() * step,
            high: (high / step - 1e-9).ceil() * step,
            from,
            to,
        };
        let ticks = scale.ticks(step, unit);
        Some((scale, ticks))
    }

    /// From the lowest to the highest value, but at least `least` wide.
    pub(crate) fn exact(
        values: impl Iterator<Item = f64>,
        least: f64,
        (from, to): (f64, f64),
    ) -> Option<Self> {
        let (mut low, mut high) = bounds(values)?;
        if high - low < least.max(1e-9 * low.abs().max(high.abs())) {
            let middle = f64::midpoint(low, high);
            let half = least.max(1e-6 * middle.abs()) / 2.0;
            (low, high) = (middle - half, middle + half);
        }
        Some(Self { low, high, from, to })
    }

    pub(crate) fn at(&self, value: f64) -> f64 {
        let share = (value - self.low) / (self.high - self.low);
        self.from + share.clamp(0.0, 1.0) * (self.to - self.from)
    }

    pub(crate) fn number_ticks(&self, unit: Unit, most: f64) -> Ticks {
        self.ticks(step(self.high - self.low, most, unit), unit)
    }

    fn ticks(&self, step: f64, unit: Unit) -> Ticks {
        let first = (self.low / step - 1e-9).ceil() as i64;
        let last = (self.high / step + 1e-9).floor() as i64;
        let largest = unit.shown(self.low.abs().max(self.high.abs()));
        let (one, letter) = match largest {
            1e12.. => (1e12, "T"),
            1e9.. => (1e9, "B"),
            1e6.. => (1e6, "M"),
            1e5.. => (1e3, "k"),
            _ => (1.0, ""),
        };
        let fine = unit.shown(step) / one;
        let label = |value: f64| {
            let shown = unit.shown(value) / one;
            let text = if fine < 1e-4 && one == 1.0 && shown != 0.0 {
                format!("{shown:.1e}")
            } else {
                grouped(shown, (-fine.log10() - 1e-9).ceil().clamp(0.0, 4.0) as usize)
            };
            unit.signed(&format!("{text}{letter}"))
        };
        (first..=last).map(|n| n as f64 * step).map(|value| (self.at(value), label(value))).collect()
    }

    /// For values that are seconds since 1970 (UTC).
    pub(crate) fn time_ticks(&self, most: f64) -> Ticks {
        let span = self.high - self.low;
        let minutes = [1.0, 5.0, 15.0, 30.0, 60.0, 180.0, 360.0, 720.0, 1440.0, 2880.0, 10_080.0, 20_160.0];
        let Some(step) = minutes.iter().map(|m| m * 60.0).find(|step| span / step <= most) else {
            return self.month_ticks(span, most);
        };
        let anchor = if step > 2.0 * DAY { MONDAY } else { 0.0 };
        let first = ((self.low - anchor) / step).ceil() as i64;
        let last = ((self.high - anchor) / step).floor() as i64;
        let format = |at: f64| if at.rem_euclid(DAY) < 1.0 { "%b %-d" } else { "%H:%M" };
        let tick = |n: i64| {
            let at = anchor + n as f64 * step;
            Some((self.at(at), DateTime::from_timestamp(at as i64, 0)?.format(format(at)).to_string()))
        };
        (first..=last).filter_map(tick).collect()
    }

    fn month_ticks(&self, span: f64, most: f64) -> Ticks {
        let month = 30.44 * DAY;
        let few = [1.0, 2.0, 3.0, 6.0, 12.0].into_iter().find(|step| span / (step * month) <= most);
        let step = few.unwrap_or_else(|| 12.0 * step(span / (12.0 * month), most, Unit::Count)) as i32;
        let months = |seconds: f64| {
            let date = DateTime::from_timestamp(seconds as i64, 0)?;
            Some(date.year() * 12 + date.month0() as i32)
        };
        let (Some(first), Some(last)) = (months(self.low), months(self.high)) else { return Vec::new() };
        let format = if step % 12 == 0 { "%Y" } else { "%b %Y" };
        let tick = |n: i32| {
            let date = NaiveDate::from_ymd_opt(n.div_euclid(12), n.rem_euclid(12) as u32 + 1, 1)?;
            let at = date.and_hms_opt(0, 0, 0)?.and_utc().timestamp() as f64;
            (self.low..=self.high).contains(&at).then(|| (self.at(at), date.format(format).to_string()))
        };
        (first.div_euclid(step)..=last.div_euclid(step)).filter_map(|n| tick(n * step)).collect()
    }
}

pub(crate) fn bounds(values: impl Iterator<Item = f64>) -> Option<(f64, f64)> {
    values.filter_map(sound).map(|value| (value, value)).reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)))
}

/// 1, 2 or 5 with zeros, so that `most` of them span at least `span`.
fn step(span: f64, most: f64, unit: Unit) -> f64 {
    let raw = span / most;
    let ten = 10f64.powf(raw.log10().floor());
    let round = [1.0, 2.0, 5.0].into_iter().find(|round| round * ten >= raw * (1.0 - 1e-9));
    let step = round.unwrap_or(10.0) * ten;
    if unit == Unit::Count { step.max(1.0) } else { step }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(unit: Unit, value: f64, expected: &str) {
        assert_eq!(unit.text(value).replace('\u{a0}', " "), expected);
    }

    #[test]
    fn numbers_are_written_for_people() {
        check(Unit::Count, 1234.0, "1,234");
        check(Unit::Count, 999.0, "999");
        check(Unit::Count, -1_234_567.0, "−1,234,567");
        check(Unit::Count, -0.2, "0");
        check(Unit::Number, 4.56789, "4.57");
        check(Unit::Number, 1.0, "1");
        check(Unit::Number, 100.0, "100");
        check(Unit::Number, 0.012_34, "0.0123");
        check(Unit::Number, -1234.56, "−1,234.6");
        check(Unit::Share, 0.045, "4.5 %");
        check(Unit::Share, 0.0045, "0.45 %");
        check(Unit::Share, 1.0, "100.0 %");
        check(Unit::Share, 0.0, "0.0 %");
        check(Unit::Dollars, 4.5, "$4.50");
        check(Unit::Dollars, -1200.4, "−$1,200");
    }

    #[test]
    fn what_is_no_number_is_a_dash() {
        check(Unit::Share, f64::NAN, "–");
        check(Unit::Count, f64::INFINITY, "–");
        check(Unit::Number, 1e300, "–");
    }

    #[track_caller]
    fn check_ticks(unit: Unit, values: &[f64], expected: &str) {
        let (_, ticks) = Scale::from_zero(values.iter().copied(), unit, 5.0, (0.0, 100.0)).unwrap();
        let labels: Vec<_> = ticks.into_iter().map(|(_, label)| label.replace('\u{a0}', " ")).collect();
        assert_eq!(labels.join(" | "), expected);
    }

    #[test]
    fn ticks_are_round() {
        check_ticks(Unit::Count, &[7.0, 43.0], "0 | 10 | 20 | 30 | 40 | 50");
        check_ticks(Unit::Count, &[1.0], "0 | 1");
        check_ticks(Unit::Count, &[0.0, 0.0], "0 | 1");
        check_ticks(Unit::Number, &[0.3], "0.0 | 0.1 | 0.2 | 0.3");
        check_ticks(Unit::Number, &[-3.0, 5.0], "−4 | −2 | 0 | 2 | 4 | 6");
        check_ticks(Unit::Number, &[-8.0], "−8 | −6 | −4 | −2 | 0");
        check_ticks(Unit::Share, &[0.045], "0 % | 1 % | 2 % | 3 % | 4 % | 5 %");
        check_ticks(Unit::Share, &[1.0, f64::NAN], "0 % | 20 % | 40 % | 60 % | 80 % | 100 %");
        check_ticks(Unit::Dollars, &[2e6], "$0.0M | $0.5M | $1.0M | $1.5M | $2.0M");
        check_ticks(Unit::Count, &[250_000.0], "0k | 50k | 100k | 150k | 200k | 250k");
    }

    #[test]
    fn no_sound_value_is_no_scale() {
        let values = [f64::NAN, f64::INFINITY, 1e300];
        assert_eq!(Scale::from_zero(values.into_iter(), Unit::Number, 5.0, (0.0, 1.0)), None);
        assert_eq!(Scale::exact(std::iter::empty(), 1.0, (0.0, 1.0)), None);
    }

    #[test]
    fn values_find_their_place_and_stay_inside() {
        let scale = Scale::exact([10.0, 20.0].into_iter(), 1.0, (100.0, 0.0)).unwrap();
        assert_eq!(
            [5.0, 10.0, 15.0, 20.0, 99.0].map(|value| scale.at(value)),
            [100.0, 100.0, 50.0, 0.0, 0.0]
        );
        let alone = Scale::exact([7.0].into_iter(), 1.0, (0.0, 10.0)).unwrap();
        assert_eq!(alone.at(7.0), 5.0);
    }

    #[track_caller]
    fn check_times(from: &str, to: &str, expected: &str) {
        let seconds =
            [from, to].map(|text| text.parse::<DateTime<chrono::Utc>>().unwrap().timestamp() as f64);
        let scale = Scale::exact(seconds.into_iter(), 3600.0, (0.0, 100.0)).unwrap();
        let labels: Vec<_> = scale.time_ticks(6.0).into_iter().map(|(_, label)| label).collect();
        assert_eq!(labels.join(" | "), expected);
    }

    #[test]
    fn times_are_marked_where_people_count() {
        check_times("2026-03-01T09:59:00Z", "2026-03-01T12:10:00Z", "10:00 | 10:30 | 11:00 | 11:30 | 12:00");
        check_times("2026-03-01T18:00:00Z", "2026-03-02T13:00:00Z", "18:00 | Mar 2 | 06:00 | 12:00");
        check_times(
            "2026-03-02T00:00:00Z",
            "2026-03-30T00:00:00Z",
            "Mar 2 | Mar 9 | Mar 16 | Mar 23 | Mar 30",
        );
        check_times(
            "2025-11-15T00:00:00Z",
            "2026-04-02T00:00:00Z",
            "Dec 2025 | Jan 2026 | Feb 2026 | Mar 2026 | Apr 2026",
        );
        check_times("2001-06-01T00:00:00Z", "2026-06-01T00:00:00Z", "2005 | 2010 | 2015 | 2020 | 2025");
        check_times("2026-03-01T10:00:00Z", "2026-03-01T10:00:00Z", "09:30 | 09:45 | 10:00 | 10:15 | 10:30");
    }
}
