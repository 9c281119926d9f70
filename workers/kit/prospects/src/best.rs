//! The best group of a dimension, named only when many comparisons and few people do not explain it.

use crate::performance::{Performance, round};
use serde::Serialize;
use stats::family::{adjusted, shrunk};
use stats::{Rate, fisher};
use utoipa::ToSchema;

/// Groups with fewer people are compared with nothing.
const LEAST_PEOPLE: u64 = 30;
/// As many of those that are called different may be so by chance.
const FALSE_ONES: f64 = 0.10;

#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Best {
    /// `segment`, `sequence_type`, `step` or `variant`.
    pub dimension: String,
    /// None when the numbers do not carry it; the explanation says what they lack.
    pub name: Option<String>,
    pub explanation: String,
}

/// The group with the highest reply rate, and for each group what is known of its rate beside the others'.
pub(crate) fn best(dimension: &str, groups: &mut [Performance]) -> Best {
    let mut groups: Vec<&mut Performance> =
        groups.iter_mut().filter(|group| group.people >= LEAST_PEOPLE).collect();
    let said = |name: Option<&str>, explanation: String| Best {
        dimension: dimension.to_owned(),
        name: name.map(str::to_owned),
        explanation,
    };
    if groups.len() < 2 {
        return said(None, format!("there are no two groups of {LEAST_PEOPLE} people to compare"));
    }
    let rates: Vec<Rate> =
        groups.iter().map(|group| Rate::new(group.reply_rate.successes, group.reply_rate.trials)).collect();
    let all = rates.iter().fold(Rate::default(), |sum, rate| Rate {
        successes: sum.successes + rate.successes,
        trials: sum.trials + rate.trials,
    });
    let against_the_others = |rate: &Rate| {
        let others = Rate::new(all.successes - rate.successes, all.trials - rate.trials);
        fisher::two_sided(*rate, others)
    };
    let q = adjusted(&rates.iter().map(against_the_others).collect::<Vec<_>>());
    let (mean, known) = shrunk(&rates);
    for ((group, q), known) in groups.iter_mut().zip(&q).zip(&known) {
        group.rate_shrunk = Some(round(known.rate));
        group.q = Some(round(*q));
    }
    let better = |place: &usize| q[*place] <= FALSE_ONES && known[*place].low > mean;
    let highest = |a: &usize, b: &usize| {
        known[*a].rate.total_cmp(&known[*b].rate).then_with(|| groups[*b].name.cmp(&groups[*a].name))
    };
    let places = || 0..groups.len();
    if let Some(best) = places().filter(better).max_by(highest) {
        let explanation = format!(
            "its reply rate is {:.1} %, drawn to the mean of {:.1} %, at least {:.1} %; q = {:.4}",
            known[best].rate * 100.0,
            mean * 100.0,
            known[best].low * 100.0,
            q[best]
        );
        return said(Some(&groups[best].name), explanation);
    }
    let Some(top) = places().max_by(highest) else { return said(None, "there is nothing".to_owned()) };
    let name = &groups[top].name;
    let explanation = if q[top] > FALSE_ONES {
        format!("the differences may be chance: {name} has the highest rate, with q = {:.4}", q[top])
    } else {
        format!("too few people: {name} stands out, but may still be at the mean (q = {:.4})", q[top])
    };
    said(None, explanation)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::performance::tests::group;

    fn of(groups: &[(&str, u64, u64)]) -> (Best, Vec<Performance>) {
        let mut groups: Vec<Performance> =
            groups.iter().map(|(name, people, replied)| group(name, *people, *replied)).collect();
        (best("segment", &mut groups), groups)
    }

    #[track_caller]
    fn check(groups: &[(&str, u64, u64)], expected: Option<&str>, explanation: &str) {
        let (found, _) = of(groups);
        assert_eq!(found.name.as_deref(), expected, "{found:?}");
        assert!(found.explanation.contains(explanation), "{found:?}");
    }

    #[test]
    fn a_best_one_is_named_only_when_the_numbers_carry_it() {
        check(&[("a", 200, 40), ("b", 200, 12)], Some("a"), "mean of 13.0 %, at least 14.4 %");
        check(&[("a", 20, 8), ("b", 200, 12)], None, "no two groups of 30 people");
        check(&[("a", 50, 6), ("b", 50, 5)], None, "may be chance: a");
        check(&[("a", 50, 6)], None, "no two groups");
        check(&[("a", 50, 0), ("b", 50, 0)], None, "may be chance");
        check(&[], None, "no two groups");
    }

    #[test]
    fn the_worst_one_stands_out_without_making_a_best_one() {
        check(&[("a", 300, 30), ("b", 300, 31), ("c", 300, 32), ("d", 300, 5)], None, "");
    }

    #[test]
    fn who_stands_out_by_chance_of_many_is_not_the_best() {
        // Alone, 12 of 40 against 60 of 360 has p = .05; among ten groups that says nothing.
        let names: Vec<String> = (0..9).map(|number| format!("other {number}")).collect();
        let mut groups: Vec<(&str, u64, u64)> = names.iter().map(|name| (name.as_str(), 40, 7)).collect();
        groups.push(("a", 40, 13));
        check(&groups, None, "may be chance: a");
    }

    #[test]
    fn each_group_shows_what_is_known_of_it() {
        let (_, groups) = of(&[("a", 200, 40), ("b", 200, 12), ("c", 29, 20)]);
        assert_eq!((groups[0].rate_shrunk, groups[2].rate_shrunk), (Some(0.1936), None));
        assert!(groups[0].q.is_some_and(|q| q < 0.001) && groups[2].q.is_none());
    }

    /// The same numbers for the same seed, about even in 0..1.
    fn even(seed: &mut u64) -> f64 {
        *seed = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut hash = (*seed ^ (*seed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        hash = (hash ^ (hash >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((hash ^ (hash >> 31)) >> 11) as f64 / (1u64 << 53) as f64
    }

    #[test]
    fn of_five_equal_groups_none_is_the_best_nine_times_of_ten() {
        let named = (1..=200u64).filter(|seed| {
            let mut seed = seed << 32;
            let mut replied = || (0..100).filter(|_| even(&mut seed) < 0.10).count() as u64;
            let groups = ["a", "b", "c", "d", "e"].map(|name| (name, 100, replied()));
            of(&groups).0.name.is_some()
        });
        let named = named.count();
        assert!(named <= 20, "{named} of 200");
    }
}
