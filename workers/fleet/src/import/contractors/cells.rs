//! Cells that only files about contractors have: names that are told to others, lists, days, shares.

use chrono::{DateTime, Datelike as _, NaiveDate, Utc};
use levels::Rules;

use crate::import::row::{Row, shown};

const MOST_ENTRIES: usize = 50;
const LONGEST_ENTRY: usize = 100;

/// A text that others may be told: of at most so many characters, none of them a control character.
pub(super) fn text(row: &mut Row<'_>, column: &'static str, most: usize) -> Option<String> {
    let text = row.text(column)?;
    if text.chars().count() > most {
        row.wrong(column, format!("has more than {most} characters"));
        return None;
    }
    if text.chars().any(char::is_control) {
        row.wrong(column, format!("{} holds a control character", shown(&text)));
        return None;
    }
    Some(text)
}

/// What is older is a mistake.
const EARLIEST: i32 = 1800;

/// A day, or a year, which stands for its first day; none that is yet to come.
pub(super) fn day(row: &mut Row<'_>, column: &'static str, now: DateTime<Utc>) -> Option<NaiveDate> {
    let text = row.text(column)?;
    let is_year = text.len() == 4 && text.bytes().all(|byte| byte.is_ascii_digit());
    let day = match text.parse().ok().filter(|_| is_year) {
        Some(year) => NaiveDate::from_ymd_opt(year, 1, 1)?,
        None => row.time(column)?.date_naive(),
    };
    if day > now.date_naive().succ_opt()? {
        row.wrong(column, format!("{} lies in the future: write when it was", shown(&text)));
        return None;
    }
    if day.year() < EARLIEST {
        row.wrong(column, format!("{} lies before {EARLIEST}", shown(&text)));
        return None;
    }
    Some(day)
}

/// A share of 1, also as a percentage.
pub(super) fn share(row: &mut Row<'_>, column: &'static str) -> Option<f64> {
    let text = row.text(column)?;
    let share = match text.strip_suffix('%') {
        Some(percent) => percent.trim().parse::<f64>().map(|percent| percent / 100.0),
        None => text.parse(),
    };
    let share = share.ok().filter(|share| (0.0..=1.0).contains(share));
    if share.is_none() {
        row.wrong(column, format!("{} is no share: write it as 0.32 or 32%", shown(&text)));
    }
    share
}

/// Entries as people, JSON or Postgres write them: between `;`, `|` or `,`, in brackets, in quotes.
pub(super) fn list(row: &mut Row<'_>, column: &'static str) -> Vec<String> {
    let Some(text) = row.text(column) else { return Vec::new() };
    let entries = entries(&text);
    if entries.len() > MOST_ENTRIES {
        row.wrong(column, format!("has more than {MOST_ENTRIES} entries"));
    }
    let is_wrong =
        |entry: &&String| entry.chars().count() > LONGEST_ENTRY || entry.chars().any(char::is_control);
    if let Some(wrong) = entries.iter().find(is_wrong) {
        let most = format!("has more than {LONGEST_ENTRY} characters, or a control character");
        row.wrong(column, format!("{} {most}", shown(wrong)));
    }
    entries
}

fn entries(text: &str) -> Vec<String> {
    let given: Vec<String> = serde_json::from_str(text).unwrap_or_else(|_not_json| {
        let inner = text.trim_start_matches(['{', '[']).trim_end_matches(['}', ']']);
        let several = [';', '|', ','].into_iter().map(|separator| split(inner, separator));
        let pieces = several.into_iter().find(|pieces| pieces.len() > 1).unwrap_or_else(|| vec![inner]);
        pieces.into_iter().map(str::to_owned).collect()
    });
    let mut entries: Vec<String> = Vec::new();
    for entry in given {
        let entry = entry.trim().trim_matches(['"', '\'']).trim();
        if !entry.is_empty() && !entries.iter().any(|known| known == entry) {
            entries.push(entry.to_owned());
        }
    }
    entries
}

/// Pieces between separators, but for those inside quotes that an entry begins with.
fn split(text: &str, separator: char) -> Vec<&str> {
    let (mut pieces, mut start, mut is_quoted) = (Vec::new(), 0, false);
    for (at, sign) in text.char_indices() {
        if sign == '"' && !text[..at].ends_with('\\') {
            is_quoted = !is_quoted && text[start..at].trim().is_empty();
        } else if sign == separator && !is_quoted {
            pieces.push(&text[start..at]);
            start = at + sign.len_utf8();
        }
    }
    pieces.push(&text[start..]);
    pieces
}

/// The same as names of focus areas, each once.
pub(super) fn codes(row: &mut Row<'_>, column: &'static str, rules: &Rules) -> Vec<String> {
    let mut codes: Vec<String> = Vec::new();
    for entry in list(row, column) {
        if let Some(code) = code(row, column, &entry, rules)
            && !codes.contains(&code)
        {
            codes.push(code);
        }
    }
    codes
}

/// The one name of a focus area or milestone.
pub(super) fn code(row: &mut Row<'_>, column: &'static str, name: &str, rules: &Rules) -> Option<String> {
    let code = rules.canonical(name);
    if code.is_empty() {
        row.wrong(column, format!("{} has no letter in it", shown(name)));
        return None;
    }
    Some(code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &[&str]) {
        assert_eq!(entries(text), expected, "{text}");
    }

    #[test]
    fn lists_are_read_as_files_write_them() {
        check("greenfield_growth; operational_efficiency", &["greenfield_growth", "operational_efficiency"]);
        check("[\"a\", \"b\", \"a\"]", &["a", "b"]);
        check("{a,\"b c\"}", &["a", "b c"]);
        check("one, two|three", &["one, two", "three"]);
        check("[\"Acme, Inc\", \"B\"]", &["Acme, Inc", "B"]);
        check("[\"Ren\\u00e9\"]", &["René"]);
        check("{\"Acme, Inc\",B}", &["Acme, Inc", "B"]);
        check("\"Acme; Inc\"; 5\" pipes; c", &["Acme; Inc", "5\" pipes", "c"]);
        check(" ; ", &[]);
    }
}
