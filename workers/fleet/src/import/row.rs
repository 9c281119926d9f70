//! One row of a file: its cells, and what is wrong with them.

use chrono::{DateTime, NaiveDate, NaiveDateTime, TimeDelta, Utc};
use serde::Serialize;

use super::columns::Column;

/// Clocks differ, and times without an offset may be those of the other side of the world.
const CLOCKS: TimeDelta = TimeDelta::days(1);

/// What is wrong with one cell.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// From 1, the header not counted.
    pub row: u64,
    /// Where the row begins in the file.
    pub line: u64,
    pub column: String,
    pub problem: String,
}

pub(super) struct Row<'a> {
    pub(super) number: u64,
    pub(super) line: u64,
    pub(super) columns: &'static [Column],
    /// By place in `columns`.
    pub(super) cells: Vec<Option<&'a str>>,
    pub(super) problems: Vec<Problem>,
}

impl Row<'_> {
    /// The cell of a column; none when it is empty or not in the file.
    pub(super) fn optional(&self, name: &str) -> Option<&str> {
        let place = self.columns.iter().position(|column| column.name == name)?;
        self.cells.get(place).copied().flatten()
    }

    pub(super) fn text(&self, name: &str) -> Option<String> {
        self.optional(name).map(str::to_owned)
    }

    pub(super) fn required(&mut self, name: &'static str) -> String {
        let text = self.text(name);
        if text.is_none() {
            self.wrong(name, "is empty".to_owned());
        }
        text.unwrap_or_default()
    }

    pub(super) fn whole(&mut self, name: &'static str) -> Option<i32> {
        let text = self.text(name)?;
        // Spreadsheet programs write 12 as 12.0 and 1200 as 1,200.
        let plain = text.replace(',', "");
        match plain.strip_suffix(".0").unwrap_or(&plain).parse::<i32>() {
            Ok(number) if number >= 0 => return Some(number),
            _ => self.wrong(name, format!("{} is no whole number from 0", shown(&text))),
        }
        None
    }

    pub(super) fn flag(&mut self, name: &'static str) -> Option<bool> {
        let text = self.text(name)?;
        match text.to_lowercase().as_str() {
            "true" | "t" | "yes" | "y" | "1" => return Some(true),
            "false" | "f" | "no" | "n" | "0" => return Some(false),
            _ => self.wrong(name, format!("{} is neither true nor false", shown(&text))),
        }
        None
    }

    pub(super) fn decimal(&mut self, name: &'static str, least: f64, most: f64) -> Option<f64> {
        let text = self.text(name)?;
        match text.parse::<f64>() {
            Ok(number) if (least..=most).contains(&number) => return Some(number),
            Ok(_outside) => self.wrong(name, format!("{} is outside {least} to {most}", shown(&text))),
            Err(_) => self.wrong(name, format!("{} is no number from {least} to {most}", shown(&text))),
        }
        None
    }

    pub(super) fn time(&mut self, name: &'static str) -> Option<DateTime<Utc>> {
        let text = self.text(name)?;
        let time = moment(&text);
        if time.is_none() {
            let problem =
                format!("{} is no time: write it as 2025-11-11T08:00:00Z or 2025-11-11", shown(&text));
            self.wrong(name, problem);
        }
        time
    }

    /// The time of something that has happened.
    pub(super) fn past(&mut self, name: &'static str, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let time = self.time(name)?;
        if time <= now + CLOCKS {
            return Some(time);
        }
        let text = self.text(name).unwrap_or_default();
        let now = now.format("%Y-%m-%dT%H:%MZ");
        self.wrong(name, format!("{} lies in the future: write when it was (now it is {now})", shown(&text)));
        None
    }

    pub(super) fn wrong(&mut self, column: &str, problem: String) {
        let (row, line) = (self.number, self.line);
        self.problems.push(Problem { row, line, column: column.to_owned(), problem });
    }
}

/// RFC 3339, or a date with or without a time, which then is UTC.
fn moment(text: &str) -> Option<DateTime<Utc>> {
    let whole = || DateTime::parse_from_rfc3339(text).ok().map(|time| time.to_utc());
    let offset = || DateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S%.f%#z").ok().map(|time| time.to_utc());
    let local = || {
        let formats = ["%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M"];
        formats.iter().find_map(|format| NaiveDateTime::parse_from_str(text, format).ok())
    };
    let date = || NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()?.and_hms_opt(0, 0, 0);
    whole().or_else(offset).or_else(|| local().or_else(date).map(|time| time.and_utc()))
}

/// A cell as an error quotes it.
pub(super) fn shown(text: &str) -> String {
    let short: String = text.chars().take(40).collect();
    if short.len() < text.len() { format!("{short:?}…") } else { format!("{short:?}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: Option<&str>) {
        let time = moment(text).map(|time| time.to_rfc3339());
        assert_eq!(time.as_deref(), expected, "{text}");
    }

    #[test]
    fn times_are_read_as_files_write_them() {
        check("2025-11-11T08:00:00Z", Some("2025-11-11T08:00:00+00:00"));
        check("2025-11-11T08:00:00-05:00", Some("2025-11-11T13:00:00+00:00"));
        check("2025-11-11 08:00:00.25", Some("2025-11-11T08:00:00.250+00:00"));
        check("2025-11-11 08:00:00+00", Some("2025-11-11T08:00:00+00:00"));
        check("2025-11-11", Some("2025-11-11T00:00:00+00:00"));
        check("11/11/2025", None);
    }
}
