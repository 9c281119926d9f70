//! A table as it was read: columns of texts, and what each of them holds.

use std::collections::HashMap;

/// What says that nothing is known; compared without regard to case.
pub const MISSING: [&str; 9] = ["", "select", "na", "n/a", "nan", "null", "nil", "?", "-"];

/// So many of the values that are there must be numbers for a column to be one of numbers.
const NUMBERS: f64 = 0.98;
/// From this share of different values on, a column names its rows.
const UNIQUE: f64 = 0.95;
/// Whole numbers that fill this share of their range count rows.
const DENSE: f64 = 0.02;
/// Text has so many words a cell, and hardly a cell twice.
const WORDS: f64 = 3.0;
const DIFFERENT: f64 = 0.3;
/// Fewer rows say nothing about whether values come again.
const FEW: usize = 30;

/// A column: every different text once, and which of them each row has.
#[derive(Debug, Clone)]
pub struct Column {
    pub name: String,
    /// In the order of their first row.
    pub values: Vec<String>,
    pub codes: Vec<u32>,
}

#[derive(Debug, Clone)]
pub struct Table {
    pub columns: Vec<Column>,
    pub rows: usize,
}

impl Table {
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.name == name)
    }

    /// The same rows in another order, or some of them.
    #[must_use]
    pub fn taken(&self, rows: &[usize]) -> Self {
        let columns = self.columns.iter().map(|column| Column {
            name: column.name.clone(),
            values: column.values.clone(),
            codes: rows.iter().map(|row| column.codes[*row]).collect(),
        });
        Self { columns: columns.collect(), rows: rows.len() }
    }
}

/// Takes rows in, one by one.
#[derive(Debug)]
pub struct Builder {
    table: Table,
    known: Vec<HashMap<String, u32>>,
}

impl Builder {
    pub fn new(names: impl IntoIterator<Item = String>) -> Self {
        let column = |name| Column { name, values: Vec::new(), codes: Vec::new() };
        let columns: Vec<Column> = names.into_iter().map(column).collect();
        Self { known: vec![HashMap::new(); columns.len()], table: Table { columns, rows: 0 } }
    }

    /// Has a cell for each column.
    pub fn push<'a>(&mut self, cells: impl IntoIterator<Item = &'a str>) {
        for ((column, known), cell) in self.table.columns.iter_mut().zip(&mut self.known).zip(cells) {
            let code = match known.get(cell) {
                Some(code) => *code,
                None => {
                    let code = column.values.len() as u32;
                    column.values.push(cell.to_owned());
                    known.insert(cell.to_owned(), code);
                    code
                }
            };
            column.codes.push(code);
        }
        self.table.rows += 1;
    }

    pub fn finish(self) -> Table {
        self.table
    }
}

/// What a column holds.
#[derive(Debug, Clone, PartialEq)]
pub enum Kind {
    Numbers,
    Categories,
    Text,
    /// It cannot be learned from, with the reason.
    Unused(&'static str),
}

impl Column {
    /// For each value, whether it says that nothing is known.
    pub fn missing(&self, markers: &[String]) -> Vec<bool> {
        let is_missing = |value: &String| {
            let value = value.trim();
            MISSING.iter().any(|marker| marker.eq_ignore_ascii_case(value))
                || markers.iter().any(|marker| marker.eq_ignore_ascii_case(value))
        };
        self.values.iter().map(is_missing).collect()
    }

    /// How many rows each value has.
    pub fn counts(&self) -> Vec<usize> {
        let mut counts = vec![0; self.values.len()];
        self.codes.iter().for_each(|code| counts[*code as usize] += 1);
        counts
    }

    pub fn kind(&self, markers: &[String]) -> Kind {
        let (missing, counts) = (self.missing(markers), self.counts());
        let known: Vec<usize> =
            (0..self.values.len()).filter(|value| !missing[*value] && counts[*value] > 0).collect();
        let rows: usize = known.iter().map(|value| counts[*value]).sum();
        if rows == 0 {
            return Kind::Unused("no row has a value");
        }
        if known.len() == 1 && rows == self.codes.len() {
            return Kind::Unused("every row has the same value");
        }
        let share_of_rows = |is: &dyn Fn(&str) -> bool| {
            let rows_of = known.iter().filter(|value| is(&self.values[**value])).map(|value| counts[*value]);
            rows_of.sum::<usize>() as f64 / rows as f64
        };
        let different = known.len() as f64 / rows as f64;
        if share_of_rows(&|text| number(text).is_some()) >= NUMBERS {
            if rows >= FEW && different >= UNIQUE && self.counts_rows(&known) {
                return Kind::Unused("it numbers the rows");
            }
            return if known.len() <= 2 { Kind::Categories } else { Kind::Numbers };
        }
        let words: usize =
            known.iter().map(|value| self.values[*value].split_whitespace().count() * counts[*value]).sum();
        if rows >= FEW && different >= DIFFERENT && words as f64 / rows as f64 >= WORDS {
            return Kind::Text;
        }
        if share_of_rows(&|text| super::order::moment(text).is_some()) >= NUMBERS {
            return Kind::Unused("it holds dates: name it with --time to order the rows by it");
        }
        // Half of the values once each: what is left says nothing of the next row.
        if rows >= FEW && different >= UNIQUE / 2.0 {
            return Kind::Unused("nearly every row has a value of its own");
        }
        Kind::Categories
    }

    /// Whether its numbers are whole, and either lie close together or go up or down with the rows.
    fn counts_rows(&self, known: &[usize]) -> bool {
        let numbers: Vec<f64> = known.iter().filter_map(|value| number(&self.values[*value])).collect();
        if numbers.iter().any(|number| number.fract() != 0.0) {
            return false;
        }
        let (least, most) =
            numbers.iter().fold((f64::MAX, f64::MIN), |(least, most), x| (least.min(*x), most.max(*x)));
        // Values are in the order of their first row.
        let monotone = numbers.is_sorted()
            || numbers.iter().rev().is_sorted_by(|one, other| one.total_cmp(other).is_le());
        let dense = numbers.len() as f64 / (most - least + 1.0) >= DENSE;
        let named = super::leaks::words(&self.name)
            .iter()
            .any(|word| ["id", "number", "no"].contains(&word.as_str()));
        monotone || (dense && numbers.len() > 1_000) || named
    }
}

/// `1,200`, `$ 40.00`, `12 %` and `1e3` are numbers.
pub fn number(text: &str) -> Option<f64> {
    let text = text.trim();
    if let Ok(number) = text.parse::<f64>() {
        return number.is_finite().then_some(number);
    }
    let bare = text.trim_start_matches(['$', '€', '£']).trim_end_matches('%').trim();
    let (whole, rest) = bare.split_once('.').map_or((bare, ""), |(whole, rest)| (whole, rest));
    let groups: Vec<&str> = whole.trim_start_matches('-').split(',').collect();
    let in_thousands = groups.len() == 1 || groups.iter().skip(1).all(|group| group.len() == 3);
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if !in_thousands || whole.is_empty() || !groups.iter().all(|group| digits(group)) || !digits(rest) {
        return None;
    }
    bare.replace(',', "").parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(cell: impl Fn(usize) -> String, expected: Kind) {
        let mut builder = Builder::new(["column".to_owned()]);
        (0..400).for_each(|row| builder.push([cell(row).as_str()]));
        assert_eq!(builder.finish().columns[0].kind(&[]), expected);
    }

    #[test]
    fn what_a_column_holds_is_seen() {
        check(|row| (row % 50).to_string(), Kind::Numbers);
        check(|row| format!("${},{:03}.50", 1 + row % 9, row % 50), Kind::Numbers);
        check(|row| (row % 2).to_string(), Kind::Categories);
        check(|row| ["CEO", "Owner", ""][row % 3].to_owned(), Kind::Categories);
        check(|row| format!("Survey {row} closing soon"), Kind::Text);
        check(
            |row| format!("{:08x}-aa", row * 7_919),
            Kind::Unused("nearly every row has a value of its own"),
        );
        check(|row| (660_000 - row).to_string(), Kind::Unused("it numbers the rows"));
        check(|row| ["Select", "yes"][usize::from(row > 400)].to_owned(), Kind::Unused("no row has a value"));
        check(|_| "No".to_owned(), Kind::Unused("every row has the same value"));
        // Revenue is of its own in every row, and may be learned from all the same.
        check(|row| (row * 7_919_017 % 99_999_989).to_string(), Kind::Numbers);
        // Only whether it is there differs.
        check(|row| ["", "x"][row % 2].to_owned(), Kind::Categories);
    }

    #[test]
    fn numbers_are_read_as_tables_write_them() {
        for (text, expected) in [
            ("1,200", Some(1200.0)),
            ("$ 40.00", Some(40.0)),
            ("-3", Some(-3.0)),
            ("12 %", Some(12.0)),
            ("1,2", None),
            ("inf", None),
            ("2) $100 - $200", None),
            ("", None),
        ] {
            assert_eq!(number(text), expected, "{text}");
        }
    }
}
