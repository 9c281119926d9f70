//! Adoption, refusal and freezing of weights.

use super::*;
use rand::{Rng as _, SeedableRng as _, seq::SliceRandom as _};
use rand_chacha::ChaCha8Rng;

fn known(at: i64, parts: Parts, booked: bool) -> Known {
    Known { at, hash: at as u64 * 7_919 % 1_009, parts, tier: 0, booked }
}

fn decided(known: Vec<Known>) -> Decision {
    decide(known, 0, &Before::default(), Objective::Centred, 1)
}

/// Leads of whom the last part of the score decides who books.
pub(super) fn world(n: usize, seed: u64) -> Vec<Known> {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    (0..n)
        .map(|place| {
            let parts: Parts = std::array::from_fn(|_| random.random::<f64>());
            let chance = stats::calibrate::sigmoid(-3.5 + 4.0 * parts[3]);
            known(place as i64, parts, random.random::<f64>() < chance)
        })
        .collect()
}

#[test]
fn too_few_outcomes_keep_the_defaults() {
    // TV34 and TV35.
    for (booked, failed) in [(5, 5), (9, 40), (10, 19)] {
        let leads = (0..booked + failed).map(|at| known(at, [0.5; PARTS], at < booked)).collect();
        let found = decided(leads);
        assert_eq!((found.adopted, found.weights_source), (DEFAULT_WEIGHTS, Source::Default));
        assert!(found.reason.contains("are needed"), "{}", found.reason);
    }
}

#[test]
fn what_decides_is_learned_and_adopted_step_by_step() {
    let found = decided(world(2_000, 3));
    assert_eq!(found.weights_source, Source::Learned, "{}", found.reason);
    let candidate = found.candidate.unwrap();
    assert!(candidate.timing > 0.4, "{candidate:?}");
    assert!(found.adopted.timing > DEFAULT_WEIGHTS.timing && found.adopted.timing < candidate.timing);
    assert!((array(found.adopted).iter().sum::<f64>() - weights::SUM).abs() < 1e-9);
    assert!(found.reason.contains("half of the way"), "{}", found.reason);
}

#[test]
fn the_order_in_which_outcomes_come_decides_nothing() {
    let mut leads = world(300, 5);
    let found = decided(leads.clone());
    leads.shuffle(&mut ChaCha8Rng::seed_from_u64(1));
    assert_eq!(decided(leads), found);
}

#[test]
fn of_fits_to_shuffled_outcomes_four_of_five_are_refused() {
    let mut adopted = 0;
    for seed in 0..200 {
        let mut leads = world(300, 1);
        let mut outcomes: Vec<bool> = leads.iter().map(|one| one.booked).collect();
        outcomes.shuffle(&mut ChaCha8Rng::seed_from_u64(seed));
        leads.iter_mut().zip(outcomes).for_each(|(one, booked)| one.booked = booked);
        let found = decide(leads, 0, &Before::default(), Objective::Centred, seed);
        adopted += u32::from(found.weights_source == Source::Learned);
    }
    assert!(adopted <= 40, "{adopted} of 200");
}

#[test]
fn few_later_outcomes_are_mixed_with_the_defaults() {
    let leads = world(60, 11);
    let found = decided(leads);
    assert_eq!(found.weights_source, Source::Blend, "{}", found.reason);
    assert!(found.reason.contains("23 % learned"), "{}", found.reason);
}

#[test]
fn learning_again_within_a_week_moves_weights_no_further() {
    let leads = world(2_000, 3);
    let monday = decided(leads.clone());
    assert!(monday.reason.contains("half of the way"), "{}", monday.reason);
    let again = Before { in_force: Some(monday.adopted), ..Before::default() };
    let tuesday = decide(leads.clone(), 0, &again, Objective::Centred, 1);
    assert_eq!(tuesday.adopted, monday.adopted, "{}", tuesday.reason);
    let later = Before { week_ago: Some(monday.adopted), ..again };
    let next_week = decide(leads, 0, &later, Objective::Centred, 1);
    assert!(next_week.adopted.timing > monday.adopted.timing, "{}", next_week.reason);
}

#[test]
fn how_likely_somebody_books_follows_from_the_score() {
    let found = decided(world(2_000, 3));
    let likelihood = found.likelihood.unwrap();
    let (low, high) = (likelihood.of(0.2), likelihood.of(0.7));
    assert!(low < 0.2 && high > 0.4, "{low} {high}");
    assert_eq!(found.auc_by_tier.keys().collect::<Vec<_>>(), [&"hot"]);
}

#[test]
fn a_rate_that_falls_freezes_learning() {
    let leads = (0..600).map(|at| known(at, [0.5, 0.5, 0.5, (at % 3) as f64 / 3.0], at < 400 && at % 3 == 0));
    let found = decided(leads.collect());
    assert_eq!(found.weights_source, Source::Held);
    assert!(found.reason.contains("the booking rate has fallen"), "{}", found.reason);
    assert!(found.candidate.is_some() && found.adopted == DEFAULT_WEIGHTS);
}

#[test]
fn scores_that_move_freeze_learning() {
    let leads = (0..600).map(|at| {
        let part = if at < 420 { (at % 10) as f64 / 20.0 } else { 0.5 + (at % 10) as f64 / 20.0 };
        known(at, [part; PARTS], at % 5 == 0)
    });
    let found = decided(leads.collect());
    assert!(found.reason.contains("scores have moved"), "{}", found.reason);
}

#[test]
fn weights_are_shown_with_three_decimals_that_add_up() {
    let shown = shown([0.1167, 0.1167, 0.1167, 0.4999]);
    assert_eq!(array(shown), [0.117, 0.117, 0.116, 0.5]);
    let third = 0.85 / 3.0;
    let found = super::shown([third, third, third - 0.05, 0.05]);
    assert!((array(found).iter().sum::<f64>() - weights::SUM).abs() < 1e-9, "{found:?}");
}

#[test]
fn what_cannot_be_judged_is_not_adopted() {
    // Nobody of the older ones has booked.
    let leads = (0..300).map(|at| known(at, [0.5, 0.5, 0.5, (at % 7) as f64 / 7.0], at > 220 && at % 3 == 0));
    let found = decided(leads.collect());
    assert_eq!((found.weights_source, found.adopted), (Source::Held, DEFAULT_WEIGHTS));
    assert!(found.reason.contains("could not be judged"), "{}", found.reason);
}
