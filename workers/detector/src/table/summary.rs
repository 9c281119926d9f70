//! The lists of a table in a few figures each, their cards in order, and what the same search finds where there is nothing.

use patterns::card::rounded;
use stats::drift;

use super::arms;
use super::factors::{Factor, Factors, Role};
use super::judged::{self, JudgedList};
use super::outcome::Outcome;
use super::quality::{Drift, OLD};
use super::report::{ColumnSummary, NullControl, TableCard, Verdicts};
use conversion::card::significant;

/// What the same search finds when the outcomes are given to other rows.
pub(super) fn null_control(
    factors: &Factors,
    outcome: &Outcome,
    shuffles: u32,
    verdicts: Verdicts,
) -> NullControl {
    let found: Vec<usize> = (0..shuffles)
        .map(|seed| judged::standing_out(&judged::judge(factors, &outcome.shuffled(u64::from(seed)))))
        .collect();
    let mean = found.iter().sum::<usize>() as f64 / f64::from(shuffles.max(1));
    NullControl {
        shuffles,
        mean_verdicts: rounded(mean, 2),
        shuffles_with_any: found.iter().filter(|found| **found > 0).count() as u32,
        found: verdicts.better + verdicts.worse,
    }
}

pub(super) fn summaries(factors: &Factors, judged: &[JudgedList], outcome: &Outcome) -> Vec<ColumnSummary> {
    let summary = |(place, list): (usize, &JudgedList)| {
        let own: Vec<&Factor> = factors.factors.iter().filter(|factor| factor.list == place).collect();
        let missing = |factor: &&Factor| {
            let is_missing = |code: &&u16| factor.levels[**code as usize].role == Role::Missing;
            factor.codes.iter().filter(is_missing).count()
        };
        let psi = own.iter().map(|factor| moved(factor)).fold(0.0, f64::max);
        let order = match (outcome, own.as_slice()) {
            (Outcome::YesNo(outcomes), [factor]) => arms::order(factor, outcomes, list.raised, list.selected),
            _ => None,
        };
        ColumnSummary {
            column: factors.lists[place].column.clone(),
            part: factors.lists[place].part,
            groups: list.found.len(),
            missing_rows: own.iter().map(missing).max().unwrap_or_default(),
            p: significant(list.p),
            q: significant(list.q),
            selected: list.selected,
            psi: rounded(psi, 4),
            drift: Drift::of(psi),
            order,
        }
    };
    judged.iter().enumerate().map(summary).collect()
}

/// How far the rows of a factor's levels have moved, from the older rows to the newer ones.
fn moved(factor: &Factor) -> f64 {
    let edge = (factor.codes.len() as f64 * OLD).round() as usize;
    let shares = |codes: &[u16]| {
        // Half a row in each level: one that has come anew is no break of the world.
        let mut counts = vec![0.5; factor.levels.len()];
        codes.iter().for_each(|code| counts[*code as usize] += 1.0);
        counts
    };
    drift::population_stability(&shares(&factor.codes[..edge]), &shares(&factor.codes[edge..]))
}

/// Each list by what its groups convert at least.
pub(super) fn cards(factors: &Factors, judged: Vec<JudgedList>) -> Vec<TableCard> {
    let of_list = |(list, mut judged): (usize, JudgedList)| {
        judged.found.sort_by(|one, other| other.said.low().total_cmp(&one.said.low()));
        let list = &factors.lists[list];
        judged.found.into_iter().map(|found| TableCard {
            column: list.column.clone(),
            part: list.part,
            value: factors.factors[found.factor].levels[found.level].label.clone(),
            said: found.said,
        })
    };
    judged.into_iter().enumerate().flat_map(of_list).collect()
}
