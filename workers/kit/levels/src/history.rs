//! Spells in a tier, from rows of the history and nothing else (X47); and years in which lists were defined anew.

use crate::Rules;
use crate::facts::{Facts, Row, day};
use crate::learned::Break;
use crate::record::Observed;
use chrono::{Datelike as _, NaiveDate};
use stats::Rate;
use std::collections::BTreeMap;
use std::ops::Range;

/// The days of a month, on average.
pub(crate) const MONTH: f64 = 30.436_875;
/// Lists of fewer names say nothing of a year.
const LEAST_NAMES: u64 = 20;
/// A list keeps so many names from year to year, in most years; a year with fewer is a break.
const KEPT: f64 = 0.5;
/// Rows of yearly lists fall on one day of their year, but for few.
const SAME_DAY: f64 = 0.95;
/// In data that were not chosen for growth more revenues fall than this share; fewer are errors.
const FALLEN: f64 = 0.05;

/// The time of a contractor in one tier.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Spell {
    /// A place in `Facts::contractors`.
    pub(crate) contractor: u32,
    pub(crate) rank: u8,
    /// Of `Facts::rows`, in the tier.
    pub(crate) rows: Range<u32>,
    pub(crate) start: i32,
    pub(crate) end: i32,
    /// Whether it is known when it began. Who is on a list for the first time, or again, was in the tier before.
    pub(crate) is_entered: bool,
    /// The higher tier that it ended with; none where it fell, or where no more is known.
    pub(crate) up: Option<u8>,
}

impl Spell {
    pub(crate) fn days(&self) -> i32 {
        self.end - self.start
    }
}

/// What kind of history this is.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Lists {
    pub(crate) yearly: bool,
    pub(crate) breaks: Vec<Break>,
}

fn year(day: i32) -> i32 {
    NaiveDate::from_num_days_from_ce_opt(day).map_or(0, |date| date.year())
}

/// Whether the history is yearly lists, and where these break.
///
/// A list repeats what has not changed, on the same day of each year, of mostly the same names. Then who is missing has
/// left the list; in a history of changes nothing has changed for them.
pub(crate) fn lists(facts: &Facts) -> Lists {
    let mut days: BTreeMap<i32, BTreeMap<i32, u64>> = BTreeMap::new();
    // Names of a year, and those of them that are there in the next one.
    let mut names: BTreeMap<i32, (u64, u64)> = BTreeMap::new();
    let (mut pairs, mut repeats) = (0u64, 0u64);
    for contractor in &facts.contractors {
        let rows = &facts.rows[contractor.rows.start as usize..contractor.rows.end as usize];
        let mut last: Option<(i32, &Row)> = None;
        // What profiles told is on no list, and says nothing of one.
        for row in rows.iter().filter(|row| !row.of_profile) {
            let year = year(row.day);
            *days.entry(year).or_default().entry(row.day).or_default() += 1;
            if let Some((before, row_before)) = last {
                pairs += 1;
                repeats += u64::from(row_before.rank == row.rank);
                if before + 1 == year {
                    names.entry(before).or_default().1 += 1;
                }
            }
            if last.is_none_or(|(before, _)| before != year) {
                names.entry(year).or_default().0 += 1;
            }
            last = Some((year, row));
        }
    }
    let rows: u64 = days.values().flat_map(BTreeMap::values).sum();
    let on_one_day: u64 = days.values().filter_map(|days| days.values().max()).sum();
    let consecutive: Vec<(i32, Rate)> = names
        .iter()
        .filter(|(year, (seen, _))| *seen >= LEAST_NAMES && names.contains_key(&(**year + 1)))
        .map(|(year, &(seen, both))| (*year, Rate::new(both, seen)))
        .collect();
    let mut shares: Vec<f64> = consecutive.iter().filter_map(|(_, rate)| rate.share()).collect();
    shares.sort_by(f64::total_cmp);
    let usual = shares.get(shares.len() / 2).copied().unwrap_or_default();
    let repeats = Rate::new(repeats, pairs).share().unwrap_or_default();
    let same_day = Rate::new(on_one_day, rows).share().unwrap_or_default();
    if shares.len() < 2 || usual < KEPT || repeats <= 0.5 || same_day < SAME_DAY {
        return Lists::default();
    }
    let rounded = |share: f64| (share * 1_000.0).round() / 1_000.0;
    let breaks = consecutive.into_iter().filter_map(|(year, rate)| {
        let share = rate.share().filter(|share| *share < KEPT)?;
        Some(Break {
            year: year + 1,
            seen: rate.trials,
            stayed: rate.successes,
            share: rounded(share),
            usual: rounded(usual),
        })
    });
    Lists { yearly: true, breaks: breaks.collect() }
}

/// Every spell of every contractor, in the order of contractors and time.
pub(crate) fn spells(facts: &Facts, lists: &Lists, today: i32) -> Vec<Spell> {
    let breaks: Vec<i32> =
        lists.breaks.iter().filter_map(|one| NaiveDate::from_ymd_opt(one.year, 1, 1)).map(day).collect();
    let mut spells = Vec::with_capacity(facts.rows.len());
    for (place, contractor) in facts.contractors.iter().enumerate() {
        let rows = &facts.rows[contractor.rows.start as usize..contractor.rows.end as usize];
        let is_broken = |one: &Row, next: &Row| {
            // Who is missing from a list for a year has left it, and comes back from nobody knows where.
            lists.yearly && year(one.day) + 1 < year(next.day)
                || breaks.iter().any(|day| one.day < *day && *day <= next.day)
                // When a profile tells another tier than the lists before it, nobody saw when that came.
                || next.of_profile && !one.of_profile && next.rank != one.rank
        };
        let mut first = 0;
        // A profile tells of a tier that somebody was in before.
        let mut is_entered = !lists.yearly && rows.first().is_some_and(|row| !row.of_profile);
        while first < rows.len() {
            let mut last = first;
            let mut ends_unseen = lists.yearly;
            let next = loop {
                let Some(next) = rows.get(last + 1) else { break None };
                if is_broken(&rows[last], next) {
                    ends_unseen = true;
                    break None;
                }
                if next.rank != rows[first].rank {
                    break Some(next);
                }
                last += 1;
            };
            // Of a list it is not known what became of those who are on it no more.
            let known_until = if ends_unseen { rows[last].day } else { today };
            let from = contractor.rows.start;
            spells.push(Spell {
                contractor: place as u32,
                rank: rows[first].rank,
                rows: from + first as u32..from + last as u32 + 1,
                start: rows[first].day,
                end: next.map_or(known_until, |next| next.day),
                is_entered,
                up: next.map(|next| next.rank).filter(|rank| *rank > rows[first].rank),
            });
            is_entered = next.is_some();
            first = last + 1;
        }
    }
    spells
}

/// Whether the rows were chosen for growth: nearly everybody has two revenues or more, and hardly any ever fell.
///
/// Of such data nothing can be said of those who did not grow. A history in which only some have a second figure, because
/// rows are written where the tier changes, is none.
pub(crate) fn is_selected_for_growth(facts: &Facts) -> bool {
    let (mut with_one, mut with_two, mut fallen) = (0u64, 0u64, 0u64);
    for contractor in &facts.contractors {
        let rows = &facts.rows[contractor.rows.start as usize..contractor.rows.end as usize];
        let revenues: Vec<f64> = rows.iter().filter_map(Row::revenue).collect();
        with_one += u64::from(!revenues.is_empty());
        with_two += u64::from(revenues.len() > 1);
        fallen += u64::from(!revenues.is_sorted());
    }
    let hardly_any = fallen as f64 <= with_two as f64 * FALLEN;
    with_two >= LEAST_NAMES && with_two * 10 >= with_one * 9 && hardly_any
}

/// The months that a contractor has been in its present tier on a day; none without a history until then.
pub fn elapsed_months(rules: &Rules, history: &[Observed], on: NaiveDate) -> Option<f64> {
    let known = history.iter().filter(|row| row.valid_from <= on && rules.ladder().rank(&row.tier).is_some());
    let mut known: Vec<&Observed> = known.collect();
    known.sort_by_key(|row| row.valid_from);
    let present = &known.last()?.tier;
    let entered = known.iter().rev().take_while(|row| row.tier == *present).last()?.valid_from;
    Some(f64::from(day(on) - day(entered)) / MONTH)
}

#[cfg(test)]
mod tests;
