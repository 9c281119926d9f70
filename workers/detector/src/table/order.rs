//! When a row was, as tables write it: whichever form, later rows are greater.

use chrono::{DateTime, NaiveDate, NaiveDateTime};

use super::columns::{Column, number};

const TIMES: [&str; 7] = [
    "%Y-%m-%d %H:%M:%S%.f",
    "%Y-%m-%dT%H:%M:%S%.f",
    "%Y-%m-%d %H:%M",
    "%m/%d/%Y %H:%M:%S",
    "%m/%d/%Y %H:%M",
    "%d.%m.%Y %H:%M:%S",
    "%d.%m.%Y %H:%M",
];
const DATES: [&str; 9] = [
    "%Y-%m-%d",
    "%Y/%m/%d",
    "%m/%d/%Y",
    "%d/%m/%Y",
    "%d.%m.%Y",
    "%d-%b-%Y",
    "%d %b %Y",
    "%b %d, %Y",
    "%B %d, %Y",
];

/// The moment that a text names, in seconds.
pub(super) fn moment(text: &str) -> Option<f64> {
    let text = text.trim();
    if let Ok(time) = DateTime::parse_from_rfc3339(text) {
        return Some(time.timestamp_micros() as f64 / 1e6);
    }
    let seconds = |time: NaiveDateTime| time.and_utc().timestamp_micros() as f64 / 1e6;
    let time = || TIMES.iter().find_map(|form| NaiveDateTime::parse_from_str(text, form).ok());
    let date = || DATES.iter().find_map(|form| in_form(text, form));
    time().or_else(date).map(seconds)
}

fn in_form(text: &str, form: &str) -> Option<NaiveDateTime> {
    let date = NaiveDate::parse_from_str(text, form).ok()?;
    // `%Y` takes the 24 of 1/2/24 for the year 24.
    let four_digits = date.format("%Y").to_string().len() == 4 && text.len() >= 8;
    four_digits.then(|| date.and_hms_opt(0, 0, 0)).flatten()
}

/// The rows from the oldest to the newest; those of the same moment stay in their order. A text that is neither a
/// number nor a moment is given back with its row.
pub(super) fn oldest_first(column: &Column) -> Result<Vec<usize>, (usize, String)> {
    let all_numbers = column.values.iter().all(|value| number(value).is_some());
    // With a first part over 12 anywhere, the day comes first everywhere.
    let day_first = column.values.iter().any(|value| first_part(value).is_some_and(|part| part > 12));
    let of = |value: &String| {
        if all_numbers {
            return number(value);
        }
        let day = || {
            in_form(value.trim().split(' ').next()?, "%d/%m/%Y").map(|day| day.and_utc().timestamp() as f64)
        };
        if day_first { day().or_else(|| moment(value)) } else { moment(value) }
    };
    let moments: Vec<Option<f64>> = column.values.iter().map(of).collect();
    let at = |row: usize| moments[column.codes[row] as usize];
    if let Some(row) = (0..column.codes.len()).find(|row| at(*row).is_none()) {
        return Err((row, column.values[column.codes[row] as usize].clone()));
    }
    let mut order: Vec<usize> = (0..column.codes.len()).collect();
    order.sort_by(|one, other| at(*one).unwrap_or_default().total_cmp(&at(*other).unwrap_or_default()));
    Ok(order)
}

/// The 25 of 25/12/2024.
fn first_part(text: &str) -> Option<u32> {
    let (first, rest) = text.trim().split_once('/')?;
    rest.contains('/').then(|| first.parse().ok()).flatten().filter(|part| *part <= 31)
}

#[cfg(test)]
mod tests {
    use super::super::columns::Builder;
    use super::*;

    #[track_caller]
    fn check(cells: &[&str], expected: Result<&[usize], (usize, &str)>) {
        let mut builder = Builder::new(["when".to_owned()]);
        cells.iter().for_each(|cell| builder.push([*cell]));
        let found = oldest_first(&builder.finish().columns[0]);
        assert_eq!(found, expected.map(<[usize]>::to_vec).map_err(|(row, text)| (row, text.to_owned())));
    }

    #[test]
    fn rows_come_in_their_order_however_time_is_written() {
        check(&["10", "9", "9", "100"], Ok(&[1, 2, 0, 3]));
        check(&["2025-11-02", "2025-03-09T08:00:00Z"], Ok(&[1, 0]));
        check(&["12/01/2024", "02/28/2024"], Ok(&[1, 0]));
        check(&["01/12/2024", "28/02/2024"], Ok(&[1, 0]));
        check(&["Mar 3, 2024", "2 Jan 2024"], Ok(&[1, 0]));
        check(&["2024-01-01", "soon"], Err((1, "soon")));
    }
}
