//! Which columns say most when all others are known.

use patterns::card::rounded;

use super::factors::{Factor, Factors, Role};
use super::model::{Foretells, Model};
use super::report::Driver;

const MOST_DRIVERS: usize = 12;

/// From the one that says most.
pub(super) fn drivers(factors: &[&Factor], parted: &Factors, outcomes: &[bool]) -> Vec<Driver> {
    let rows: Vec<usize> = (0..outcomes.len()).collect();
    let model = Model::learn(factors, &rows, outcomes, Foretells::Alike);
    let driver = |(place, log_odds): (usize, &[f64])| {
        let factor = factors[place];
        let list = &parted.lists[factor.list];
        let said = |row: &usize| log_odds[factor.codes[*row] as usize];
        let mean = rows.iter().map(said).sum::<f64>() / rows.len() as f64;
        let spread = rows.iter().map(|row| (said(row) - mean).powi(2)).sum::<f64>() / rows.len() as f64;
        let times =
            |level: usize| (factor.levels[level].label.clone(), rounded((log_odds[level] - mean).exp(), 2));
        let levels = || (0..log_odds.len()).filter(|level| factor.levels[*level].role != Role::Rest);
        let by = |one: &usize, other: &usize| log_odds[*one].total_cmp(&log_odds[*other]);
        Driver {
            column: list.column.clone(),
            part: list.part,
            weight: rounded(spread.sqrt(), 3),
            raises: levels().max_by(by).map(times),
            lowers: levels().min_by(by).map(times),
        }
    };
    let mut drivers: Vec<Driver> = model.parts().map(driver).filter(|driver| driver.weight > 0.0).collect();
    drivers.sort_by(|one, other| other.weight.total_cmp(&one.weight));
    drivers.truncate(MOST_DRIVERS);
    drivers
}
