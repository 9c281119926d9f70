//! Numbers and times as people read them.

use super::ask::Ask;
use chrono::{DateTime, NaiveDateTime, SecondsFormat, Utc};
use maud::{Markup, html};

/// `12,345`.
pub(crate) fn number(value: impl Into<i128>) -> String {
    let value: i128 = value.into();
    let digits = value.unsigned_abs().to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    if value < 0 { format!("−{text}") } else { text }
}

/// `1 clinic`, `2,000 clinics`.
pub(crate) fn count(value: u64, of: &str) -> String {
    counted(value, of, &format!("{of}s"))
}

/// `1 person`, `2,000 people`.
pub(crate) fn counted(value: u64, one: &str, many: &str) -> String {
    if value == 1 { format!("1 {one}") } else { format!("{} {many}", number(value)) }
}

/// `4.5 %`.
pub(crate) fn percent(share: f64) -> String {
    if share.is_finite() { format!("{:.1} %", share * 100.0) } else { "–".to_owned() }
}

/// `1.2 MiB`.
pub(crate) fn bytes(count: u64) -> String {
    let mut size = count as f64;
    for unit in ["bytes", "KiB", "MiB"] {
        if size < 1024.0 {
            return if unit == "bytes" { format!("{count} bytes") } else { format!("{size:.1} {unit}") };
        }
        size /= 1024.0;
    }
    format!("{size:.1} GiB")
}

/// `850 ms`, `12.3 s`, `4 min 5 s`, `3 h 2 min`, `5 days`.
pub(crate) fn duration(seconds: f64) -> String {
    if seconds < 1.0 {
        return format!("{:.0} ms", (seconds * 1000.0).max(0.0));
    }
    if seconds < 60.0 {
        return format!("{seconds:.1} s");
    }
    let whole = seconds.round() as u64;
    match whole {
        0..3600 => format!("{} min {} s", whole / 60, whole % 60),
        3600..172_800 => format!("{} h {} min", whole / 3600, whole % 3600 / 60),
        _ => format!("{} days", whole / 86_400),
    }
}

/// A moment in the zone of whoever looks.
pub(crate) fn moment(ask: &Ask, at: DateTime<Utc>) -> Markup {
    let there = at.with_timezone(&ask.zone);
    html! {
        time datetime=(at.to_rfc3339_opts(SecondsFormat::Secs, true)) title=(there.format("%A, %-d %B %Y, %H:%M:%S %Z")) {
            (there.format("%-d %b %Y, %H:%M"))
        }
    }
}

/// As the clock of whoever looks shows it, for axes of charts.
pub(crate) fn on_the_clock(ask: &Ask, at: DateTime<Utc>) -> NaiveDateTime {
    at.with_timezone(&ask.zone).naive_local()
}

pub(crate) fn moment_or_none(ask: &Ask, at: Option<DateTime<Utc>>) -> Markup {
    at.map_or_else(super::layout::none, |at| moment(ask, at))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_told_in_groups_of_three() {
        let cases = [(0, "0"), (999, "999"), (1000, "1,000"), (-1_234_567, "−1,234,567")];
        for (value, text) in cases {
            assert_eq!(number(value), text);
        }
    }

    #[test]
    fn a_time_is_told_in_the_units_that_fit() {
        let cases = [
            (0.25, "250 ms"),
            (12.34, "12.3 s"),
            (245.0, "4 min 5 s"),
            (10_920.0, "3 h 2 min"),
            (432_000.0, "5 days"),
        ];
        for (seconds, text) in cases {
            assert_eq!(duration(seconds), text);
        }
    }

    #[test]
    fn bytes_are_told_in_the_units_that_fit() {
        let cases = [(0, "0 bytes"), (1023, "1023 bytes"), (1536, "1.5 KiB"), (5 << 30, "5.0 GiB")];
        for (count, text) in cases {
            assert_eq!(bytes(count), text);
        }
    }
}
