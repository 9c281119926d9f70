//! Made sample data: seeded, realistic in names, spellings, duplicates and gaps, and of any size.
//!
//! Every row is a function of the seed and its index, so a million rows cost no more memory than one.
//! Persons, clinics and texts are invented; phone numbers are of the 555 exchange and hosts end in
//! `.example`, which nobody can own.

mod cities;
mod clinics;
mod contractors;
mod decision_makers;
mod dice;
mod names;
mod pain_points;
mod patterns;
mod prospects;
mod spelling;
mod tables;
mod texts;
mod vocabulary;

#[cfg(test)]
mod tests;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};

pub use clinics::Clinic;
pub use contractors::{Cohort, NEWCOMER};
pub use decision_makers::DecisionMaker;
pub use pain_points::PainPoint;
pub use patterns::ClinicPattern;
pub use prospects::{USER, prospects};
pub use tables::{CLINIC_COLUMNS, DECISION_MAKER_COLUMNS, PAIN_POINT_COLUMNS, PATTERN_COLUMNS};

use dice::Dice;

/// The seed of `dev` and `demo`.
pub const SEED: u64 = 1;

/// How many rows a run will analyse. Beside each 25 of them stands one that a run must leave out:
/// too old, or (clinics) neither with phone nor with website.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sizes {
    pub pain_points: usize,
    pub clinics: usize,
    pub decision_makers: usize,
}

impl Default for Sizes {
    /// The sizes in the source document.
    fn default() -> Self {
        Self { pain_points: 320, clinics: 487, decision_makers: 430 }
    }
}

/// The four tables, each as an iterator that can be started over and gives the same rows every time.
#[derive(Debug, Clone, Copy)]
pub struct Sample {
    seed: u64,
    sizes: Sizes,
    as_of: NaiveDate,
}

/// One row left out for so many that count.
const KEPT_PER_LEFT_OUT: usize = 25;

impl Sample {
    /// `as_of` is the day the data is for: rows that count are of the 28 days before it.
    pub fn generate(seed: u64, sizes: Sizes, as_of: NaiveDate) -> Self {
        Self { seed, sizes, as_of }
    }

    pub fn pain_points(&self) -> impl Iterator<Item = PainPoint> + use<> {
        let sample = *self;
        rows(self.sizes.pain_points).map(move |row| pain_points::pain_point(&sample, row))
    }

    pub fn clinics(&self) -> impl Iterator<Item = Clinic> + use<> {
        let sample = *self;
        rows(self.sizes.clinics).map(move |row| clinics::clinic(&sample, row))
    }

    pub fn decision_makers(&self) -> impl Iterator<Item = DecisionMaker> + use<> {
        let sample = *self;
        rows(self.sizes.decision_makers).map(move |row| decision_makers::decision_maker(&sample, row))
    }

    pub fn clinic_patterns(&self) -> impl Iterator<Item = ClinicPattern> + use<> {
        let sample = *self;
        rows(self.sizes.clinics).flat_map(move |row| patterns::patterns(&sample, row))
    }

    fn dice(&self, table: Table, row: Row) -> Dice {
        Dice::new(self.seed, table as u64, row.index as u64)
    }

    /// A moment of the window when the row counts, one before it when it is to be too old.
    fn moment(&self, dice: &mut Dice, too_old: bool) -> DateTime<Utc> {
        let days = if too_old { dice.between(33, 90) } else { dice.between(1, 28) };
        let start = self.as_of.and_time(chrono::NaiveTime::MIN).and_utc();
        start - TimeDelta::days(days) + TimeDelta::seconds(dice.between(0, 86_399))
    }
}

#[derive(Clone, Copy)]
enum Table {
    PainPoints,
    Clinics,
    DecisionMakers,
    Patterns,
    Prospects,
    Contractors,
}

/// A row's place in its table, and whether a run is to leave it out.
#[derive(Debug, Clone, Copy)]
struct Row {
    index: usize,
    left_out: bool,
}

fn rows(kept: usize) -> impl Iterator<Item = Row> {
    (0..kept + kept / KEPT_PER_LEFT_OUT).map(row)
}

fn row(index: usize) -> Row {
    Row { index, left_out: index % (KEPT_PER_LEFT_OUT + 1) == KEPT_PER_LEFT_OUT }
}
