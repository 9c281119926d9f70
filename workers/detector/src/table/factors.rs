//! What rows are told apart by: the values of a column, the ranges of its numbers, what its texts contain.

use std::ops::Range;

use serde::Serialize;

use super::columns::{Column, Kind, Table, number};
use super::phrases;

/// Which groups of a column are looked at together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    Values,
    Ranges,
    /// Signs such as a colon.
    Signs,
    Phrases,
    Length,
}

/// Groups that are looked at together, and judged together.
#[derive(Debug, Clone, PartialEq)]
pub struct List {
    pub column: String,
    pub part: Part,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    Told,
    /// What is left: rare values together, or texts that do not contain something.
    Rest,
    Missing,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Level {
    pub label: String,
    pub role: Role,
}

/// Parts all rows.
#[derive(Debug, Clone, PartialEq)]
pub struct Factor {
    /// Its place among the lists.
    pub list: usize,
    pub levels: Vec<Level>,
    /// The level of each row.
    pub codes: Vec<u16>,
    /// Whether neighbouring levels are alike.
    pub ordered: bool,
}

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Factors {
    pub lists: Vec<List>,
    pub factors: Vec<Factor>,
}

/// How finely columns are parted.
#[derive(Debug, Clone, Copy)]
pub struct Grain {
    /// Ranges of numbers.
    pub ranges: usize,
    /// Values of a column; the rarer ones count as one.
    pub values: usize,
    /// A value with fewer rows is a rare one.
    pub least: usize,
}

impl Factors {
    pub fn of(table: &Table, columns: &[(usize, Kind)], markers: &[String], grain: Grain) -> Self {
        let mut made = Self::default();
        for (place, kind) in columns {
            let column = &table.columns[*place];
            match kind {
                Kind::Numbers => made.add(column, Part::Ranges, [ranges(column, markers, grain)]),
                Kind::Categories => made.add(column, Part::Values, [values(column, markers, grain)]),
                Kind::Text => {
                    made.add(column, Part::Signs, phrases::signs(column));
                    made.add(column, Part::Phrases, phrases::phrases(column));
                    made.add(column, Part::Length, phrases::length(column));
                }
                Kind::Unused(_) => {}
            }
        }
        made
    }

    /// The levels, with the code and whether neighbours are alike, of each factor.
    fn add(&mut self, column: &Column, part: Part, parted: impl IntoIterator<Item = Parted>) {
        let list = self.lists.len();
        let before = self.factors.len();
        for Parted { levels, codes, ordered } in parted {
            self.factors.push(Factor { list, levels, codes, ordered });
        }
        if self.factors.len() > before {
            self.lists.push(List { column: column.name.clone(), part });
        }
    }
}

/// A way to part the rows by a column.
pub(super) struct Parted {
    pub(super) levels: Vec<Level>,
    pub(super) codes: Vec<u16>,
    pub(super) ordered: bool,
}

impl Parted {
    /// Where each value of a column belongs.
    pub(super) fn by(column: &Column, levels: Vec<Level>, of: &[u16], ordered: bool) -> Self {
        Self { levels, codes: column.codes.iter().map(|code| of[*code as usize]).collect(), ordered }
    }
}

pub(super) fn level(label: impl Into<String>, role: Role) -> Level {
    Level { label: label.into(), role }
}

fn values(column: &Column, markers: &[String], grain: Grain) -> Parted {
    let (missing, counts) = (column.missing(markers), column.counts());
    let mut known: Vec<usize> =
        (0..counts.len()).filter(|value| !missing[*value] && counts[*value] > 0).collect();
    known.sort_by_key(|value| (std::cmp::Reverse(counts[*value]), *value));
    let kept = known.iter().take(grain.values).take_while(|value| counts[**value] >= grain.least).count();
    let mut levels: Vec<Level> =
        known[..kept].iter().map(|value| level(column.values[*value].trim(), Role::Told)).collect();
    let mut of = vec![0; counts.len()];
    known[..kept].iter().zip(0..).for_each(|(value, place)| of[*value] = place);
    if kept < known.len() {
        known[kept..].iter().for_each(|value| of[*value] = levels.len() as u16);
        levels.push(level(format!("{} rare values", known.len() - kept), Role::Rest));
    }
    with_missing(&mut levels, &mut of, &missing);
    Parted::by(column, levels, &of, false)
}

fn with_missing(levels: &mut Vec<Level>, of: &mut [u16], missing: &[bool]) {
    if missing.contains(&true) {
        let place = levels.len() as u16;
        of.iter_mut().zip(missing).filter(|(_, missing)| **missing).for_each(|(of, _)| *of = place);
        levels.push(level("(missing)", Role::Missing));
    }
}

/// As many rows in each range as can be: a number that alone has as many is a range of its own.
fn ranges(column: &Column, markers: &[String], grain: Grain) -> Parted {
    let (mut missing, counts) = (column.missing(markers), column.counts());
    let numbers: Vec<Option<f64>> = column.values.iter().map(|value| number(value)).collect();
    // The odd text in a column of numbers is no number.
    numbers.iter().zip(&mut missing).for_each(|(number, missing)| *missing |= number.is_none());
    let mut known: Vec<(f64, usize)> = (0..counts.len())
        .filter(|value| !missing[*value] && counts[*value] > 0)
        .filter_map(|value| Some((numbers[value]?, value)))
        .collect();
    known.sort_by(|one, other| one.0.total_cmp(&other.0));
    // 1 and 1.0 are one number.
    let different: Vec<&[(f64, usize)]> = known.chunk_by(|one, other| one.0 == other.0).collect();
    let rows: Vec<usize> =
        different.iter().map(|same| same.iter().map(|(_, value)| counts[*value]).sum()).collect();
    let mut of = vec![0; counts.len()];
    let mut levels = Vec::new();
    for range in cut(&rows, grain) {
        let inside = &different[range];
        for (_, value) in inside.iter().copied().flatten() {
            of[*value] = levels.len() as u16;
        }
        let (Some(first), Some(last)) = (inside.first(), inside.last()) else { continue };
        let (first, last) = (first[0].0, last[0].0);
        let label = if first == last { first.to_string() } else { format!("{first} to {last}") };
        levels.push(level(label, Role::Told));
    }
    with_missing(&mut levels, &mut of, &missing);
    Parted::by(column, levels, &of, true)
}

/// Where to cut numbers that rise, of each of which so many rows have it.
fn cut(rows: &[usize], grain: Grain) -> Vec<Range<usize>> {
    if rows.len() <= grain.ranges && rows.iter().all(|rows| *rows >= grain.least) {
        return (0..rows.len()).map(|place| place..place + 1).collect();
    }
    let full = rows.iter().sum::<usize>().div_ceil(grain.ranges.max(1)).max(grain.least);
    let mut ranges: Vec<Range<usize>> = Vec::new();
    let (mut from, mut filled) = (0, 0);
    for (place, own) in rows.iter().enumerate() {
        if *own >= full && filled >= grain.least {
            ranges.push(from..place);
            (from, filled) = (place, 0);
        }
        filled += own;
        if filled >= full {
            ranges.push(from..place + 1);
            (from, filled) = (place + 1, 0);
        }
    }
    if from < rows.len() {
        // Too few at the end go with those before, unless these are one number that many rows have.
        let before_is_one = ranges.last().is_some_and(|range| range.len() == 1);
        let few = filled < grain.least || (filled < full / 3 && !before_is_one);
        if few && let Some(before) = ranges.pop() {
            from = before.start;
        }
        ranges.push(from..rows.len());
    }
    ranges
}

#[cfg(test)]
mod tests {
    use super::super::columns::Builder;
    use super::*;

    const GRAIN: Grain = Grain { ranges: 4, values: 3, least: 5 };

    fn column(cells: impl IntoIterator<Item = String>) -> Column {
        let mut builder = Builder::new(["column".to_owned()]);
        cells.into_iter().for_each(|cell| builder.push([cell.as_str()]));
        builder.finish().columns.remove(0)
    }

    /// The labels with the number of rows of each.
    fn told(parted: &Parted) -> Vec<(&str, usize)> {
        let rows = |place: u16| parted.codes.iter().filter(|code| **code == place).count();
        parted.levels.iter().zip(0..).map(|(level, place)| (level.label.as_str(), rows(place))).collect()
    }

    #[test]
    fn a_number_that_many_rows_have_is_a_range_of_its_own() {
        let cells = (0..60).map(|_| "-1".to_owned()).chain((0..40).map(|row| (row * 10).to_string()));
        let parted = ranges(&column(cells), &[], GRAIN);
        assert_eq!(told(&parted), [("-1", 60), ("0 to 240", 25), ("250 to 390", 15)]);
    }

    #[test]
    fn a_short_end_goes_with_the_range_before() {
        let parted =
            ranges(&column((0..102).map(|row| (row % 51).to_string()).chain(["x".to_owned()])), &[], GRAIN);
        assert_eq!(
            told(&parted),
            [("0 to 12", 26), ("13 to 25", 26), ("26 to 38", 26), ("39 to 50", 24), ("(missing)", 1)]
        );
        let parted = ranges(&column((0..100).chain([100, 101]).map(|row| row.to_string())), &[], GRAIN);
        assert_eq!(told(&parted).last(), Some(&("78 to 101", 24)));
    }

    #[test]
    fn rare_values_are_one_and_missing_ones_are_none() {
        let cells = ["a"; 9].into_iter().chain(["b"; 6]).chain(["c", "d", "Select", ""]).map(str::to_owned);
        let parted = values(&column(cells), &[], GRAIN);
        assert_eq!(told(&parted), [("a", 9), ("b", 6), ("2 rare values", 2), ("(missing)", 2)]);
        let roles: Vec<Role> = parted.levels.iter().map(|level| level.role).collect();
        assert_eq!(roles, [Role::Told, Role::Told, Role::Rest, Role::Missing]);
    }
}
