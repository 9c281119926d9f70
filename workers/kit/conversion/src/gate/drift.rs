//! Whether newer outcomes are like older ones, and fits like those of the weeks before (statistics 4.12).

use super::{Known, LARGEST_STEP, STABLE_RUNS, array, booked, score, scored};
use als::Weights;
use patterns::card::rounded;
use serde::Serialize;
use stats::drift::{self, Cusum};
use stats::weights::{PARTS, Parts};

/// A booking rate that fell to this part of what it was counts as fallen.
const FALLEN: f64 = 0.5;
/// Scores are compared by fifths.
const BINS: usize = 5;
/// An alarm counts for so many outcomes. Over thousands chance alone raises one: at one booking in four, in half of all
/// thousands.
const RECENT: usize = 100;
/// CI-151: fits that move less from week to week are stable.
const STABLE: f64 = 0.05;

/// How far outcomes, scores and fits have moved.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Drift {
    /// Between the scores of the older and the newer part.
    pub population_stability: f64,
    /// From here on it has moved too far: 0.25, and what few people move by chance.
    pub population_limit: f64,
    /// The evidence that the booking rate has halved, as it stands at the end; from 4 on it counts as fallen.
    pub cusum: f64,
    /// Its highest among the newest hundred outcomes.
    pub cusum_peak: f64,
    /// The largest change of a fitted weight from one weekly run to the next, over the last four.
    pub instability: f64,
    /// How much the fits of these runs differ: the mean over the weights of their variance.
    pub variance: f64,
    /// Whether no weight moved by more than 0.05; none before there were four weeks with a hundred outcomes each.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stable: Option<bool>,
    /// Why nothing is learned, if something has moved too far.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub frozen: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub watch: Vec<String>,
}

/// `fitted` is the fit to all outcomes, `earlier` those of the weekly runs before, the newest first.
pub(super) fn drift(
    older: &[Known],
    newer: &[Known],
    in_force: Parts,
    fitted: Parts,
    earlier: &[Weights],
) -> Drift {
    let mut found = Drift::default();
    let (mut scores, _) = scored(older, in_force);
    scores.sort_by(f64::total_cmp);
    // Edges between fifths of the older scores; equal scores stay together.
    let edges: Vec<f64> = (1..BINS).map(|bin| scores[bin * scores.len() / BINS]).collect();
    let shares = |known: &[Known]| {
        let mut shares = [0.0; BINS];
        for one in known {
            shares[edges.partition_point(|edge| *edge <= score(&one.parts, in_force))] +=
                1.0 / known.len() as f64;
        }
        shares
    };
    let psi = drift::population_stability(&shares(older), &shares(newer));
    // Few people in a bin move by chance alone.
    let chance = (BINS - 1) as f64 * (1.0 / older.len() as f64 + 1.0 / newer.len() as f64);
    let limit = drift::ACT + chance;
    (found.population_stability, found.population_limit) = (rounded(psi, 4), rounded(limit, 4));
    if psi > limit {
        found.frozen.push(format!("scores have moved: stability index {psi:.2}, from {limit:.2} on too far"));
    } else if psi > drift::WATCH + chance {
        found.watch.push(format!("scores are moving: stability index {psi:.2}"));
    }
    let usual = booked(older) as f64 / older.len() as f64;
    if usual > 0.0 && usual < 1.0 {
        let mut cusum = Cusum::new(usual, usual * FALLEN);
        let mut peak: f64 = 0.0;
        for (place, one) in newer.iter().enumerate() {
            cusum.after(one.booked);
            if place + RECENT >= newer.len() {
                peak = peak.max(cusum.sum);
            }
        }
        (found.cusum, found.cusum_peak) = (rounded(cusum.sum, 3), rounded(peak, 3));
        if peak >= drift::ALARM {
            found.frozen.push(format!("the booking rate has fallen below {:.1} %", usual * 100.0));
        }
    }
    moves(&mut found, fitted, earlier);
    found
}

/// CI-151: how much fits change from week to week.
fn moves(found: &mut Drift, fitted: Parts, earlier: &[Weights]) {
    let fits: Vec<Parts> =
        [fitted].into_iter().chain(earlier.iter().take(STABLE_RUNS - 1).map(|fit| array(*fit))).collect();
    let step =
        |pair: &[Parts]| (0..PARTS).map(|place| (pair[0][place] - pair[1][place]).abs()).fold(0.0, f64::max);
    let largest = fits.windows(2).map(step).fold(0.0, f64::max);
    found.instability = rounded(largest, 3);
    found.variance = rounded(variance(&fits), 6);
    found.stable = (fits.len() == STABLE_RUNS).then_some(largest <= STABLE);
    if largest > LARGEST_STEP {
        found.watch.push(format!("fitted weights moved by {largest:.2} within a week"));
    }
}

fn variance(fits: &[Parts]) -> f64 {
    let n = fits.len() as f64;
    let of = |place: usize| {
        let mean = fits.iter().map(|fit| fit[place]).sum::<f64>() / n;
        fits.iter().map(|fit| (fit[place] - mean).powi(2)).sum::<f64>() / (n - 1.0).max(1.0)
    };
    (0..PARTS).map(of).sum::<f64>() / PARTS as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gate::tests::world;
    use crate::gate::{fit, named};
    use stats::weights::Objective;

    fn of_fits(fits: &[Parts]) -> Drift {
        let mut found = Drift::default();
        let earlier: Vec<Weights> = fits[1..].iter().map(|fit| named(*fit)).collect();
        moves(&mut found, fits[0], &earlier);
        found
    }

    #[test]
    fn fits_of_more_outcomes_move_less_from_week_to_week() {
        // CI-151: four weekly runs up to a hundred outcomes, and four of many hundred.
        let leads = world(1_600, 7);
        let runs = |sizes: [usize; 4]| {
            let fits = sizes.map(|size| fit(&leads[..size], Objective::Centred).unwrap());
            of_fits(&fits)
        };
        let (few, many) = (runs([100, 80, 60, 40]), runs([1_600, 1_500, 1_400, 1_300]));
        assert_eq!((few.stable, many.stable), (Some(false), Some(true)), "{few:?} {many:?}");
        assert!(many.variance < few.variance / 10.0, "{few:?} {many:?}");
        assert_eq!(of_fits(&[[0.2, 0.2, 0.2, 0.25], [0.2, 0.2, 0.25, 0.2]]).stable, None);
        assert_eq!(of_fits(&[[0.2, 0.2, 0.2, 0.25]]).variance, 0.0);
    }

    #[test]
    fn an_alarm_that_later_bookings_made_up_for_counts_while_it_is_new() {
        let outcome =
            |at: usize, booked| Known { at: at as i64, hash: 0, parts: [0.5; PARTS], tier: 0, booked };
        let older: Vec<Known> = (0..400).map(|at| outcome(at, at % 4 == 0)).collect();
        let after = |bookings: usize| {
            let newer: Vec<Known> = (0..60 + bookings).map(|at| outcome(400 + at, at >= 60)).collect();
            drift(&older, &newer, [0.2; PARTS], [0.2; PARTS], &[])
        };
        let (new, old) = (after(30), after(120));
        assert!(new.cusum < 4.0 && new.cusum_peak >= 4.0 && new.frozen.len() == 1, "{new:?}");
        assert!(old.cusum_peak < 4.0 && old.frozen.is_empty(), "{old:?}");
    }
}
