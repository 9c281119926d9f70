//! Many groups at once: how much of their differences is chance, and what is left of a rate then.

use crate::Rate;
use crate::posterior::Posterior;

/// With fewer groups their spread says nothing, and the prior weighs as many people.
const LEAST_GROUPS: usize = 4;
const FEW_GROUPS: f64 = 20.0;
/// How many people the prior may weigh.
const WEAKEST: f64 = 4.0;
const STRONGEST: f64 = 400.0;

/// What is known of a group's rate when the other groups are known as well.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Shrunk {
    pub rate: f64,
    /// The 95 % credible interval.
    pub low: f64,
    pub high: f64,
    /// The probability that the rate is above that of all groups together.
    pub above_mean: f64,
}

/// The q-values of Benjamini and Hochberg, in the order of the p-values: the share of false ones among all that are
/// called different up to here.
pub fn adjusted(p: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..p.len()).collect();
    order.sort_by(|a, b| p[*b].total_cmp(&p[*a]));
    let mut q = vec![1.0; p.len()];
    let mut least: f64 = 1.0;
    for (above, place) in order.into_iter().enumerate() {
        least = least.min(p[place] * p.len() as f64 / (p.len() - above) as f64);
        q[place] = least;
    }
    q
}

/// The q-values of Benjamini and Yekutieli, which hold however the tests depend on each other.
pub fn adjusted_for_any_dependence(p: &[f64]) -> Vec<f64> {
    let factor: f64 = (1..=p.len()).map(|i| 1.0 / i as f64).sum();
    adjusted(p).into_iter().map(|q| (q * factor).min(1.0)).collect()
}

/// One of several lists that are looked at together.
#[derive(Debug, Clone, PartialEq)]
pub struct Listed {
    /// Of all in the list being alike, by Simes.
    pub p: f64,
    /// Among the lists.
    pub q: f64,
    /// Whether the list stands out; of one that does not, nothing may be said.
    pub selected: bool,
    /// The q-values of its own, raised for the lists that were looked at and not selected.
    pub within: Vec<f64>,
    /// By how much they were raised.
    pub raised: f64,
}

/// Controls false discoveries over several lists at once.
///
/// Lists are selected at `level`, and within the selected ones the q-values are raised by the share that was selected (Benjamini and Bogomolov). A list of nothing does not count.
pub fn among_lists(lists: &[Vec<f64>], level: f64) -> Vec<Listed> {
    let own: Vec<Vec<f64>> = lists.iter().map(|p| adjusted(p)).collect();
    // Simes' p-value is the least of the q-values.
    let simes: Vec<f64> = own.iter().map(|q| q.iter().copied().fold(1.0, f64::min)).collect();
    let (mut among, counted): (Vec<f64>, Vec<usize>) =
        (vec![1.0; lists.len()], (0..lists.len()).filter(|list| !lists[*list].is_empty()).collect());
    let q = adjusted(&counted.iter().map(|list| simes[*list]).collect::<Vec<f64>>());
    counted.iter().zip(q).for_each(|(list, q)| among[*list] = q);
    let selected = among.iter().filter(|q| **q <= level).count();
    let raised = counted.len() as f64 / selected.max(1) as f64;
    let listed = own.into_iter().zip(simes).zip(among).map(|((own, p), q)| Listed {
        p,
        q,
        selected: q <= level,
        within: own.into_iter().map(|q| (q * raised).min(1.0)).collect(),
        raised,
    });
    listed.collect()
}

/// The rate of all groups together, and each group's rate drawn towards it, the more the fewer people it has.
pub fn shrunk(rates: &[Rate]) -> (f64, Vec<Shrunk>) {
    shrunk_to(rates, rates.iter().fold(Rate::default(), |sum, rate| sum.and(*rate)))
}

/// What a group borrows from those beside it, in people.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Borrowed {
    pub successes: f64,
    pub trials: f64,
}

/// What each group on a circle borrows: half of what is known of either neighbour (statistics 4.7).
pub fn from_neighbours(circle: &[Rate]) -> Vec<Borrowed> {
    let of = |place: usize| {
        let sides = [place + circle.len() - 1, place + 1].map(|side| circle[side % circle.len()]);
        let halves = sides.map(|rate| (rate.successes as f64 / 2.0, rate.trials as f64 / 2.0));
        Borrowed { successes: halves[0].0 + halves[1].0, trials: halves[0].1 + halves[1].1 }
    };
    (0..circle.len()).map(of).collect()
}

/// The same of groups that are not everybody, or that have people in common: drawn to the rate of `all`.
pub fn shrunk_to(rates: &[Rate], all: Rate) -> (f64, Vec<Shrunk>) {
    shrunk_with(rates, &[], all)
}

/// The same of groups each of which also counts what it borrows; beyond the end of `borrowed` groups borrow nothing.
pub fn shrunk_with(rates: &[Rate], borrowed: &[Borrowed], all: Rate) -> (f64, Vec<Shrunk>) {
    let mean = all.share().unwrap_or(0.0);
    let strength = strength(rates, rates.iter().map(|rate| rate.trials).sum(), mean);
    // When nobody or everybody did, a prior at the very edge would be sure of it.
    let edge = all.successes == 0 || all.successes == all.trials;
    let centre = if edge { (all.successes as f64 + 0.5) / (all.trials as f64 + 1.0) } else { mean };
    let of = |(place, rate): (usize, &Rate)| {
        let near = borrowed.get(place).copied().unwrap_or_default();
        let successes = rate.successes as f64 + near.successes;
        let failures = rate.trials as f64 + near.trials - successes;
        let (a, b) = (successes + centre * strength, failures + (1.0 - centre) * strength);
        match Posterior::new(a, b) {
            Some(posterior) => Shrunk {
                rate: a / (a + b),
                low: posterior.quantile(0.025),
                high: posterior.quantile(0.975),
                above_mean: posterior.above(centre),
            },
            None => Shrunk { rate: centre, low: 0.0, high: 1.0, above_mean: 0.5 },
        }
    };
    (mean, rates.iter().enumerate().map(of).collect())
}

/// How many people the prior weighs, by Kleinman's moments: many when the groups are alike.
fn strength(rates: &[Rate], trials: u64, mean: f64) -> f64 {
    if rates.len() < LEAST_GROUPS {
        return FEW_GROUPS;
    }
    let alike = correlation(rates, trials, mean);
    alike.map_or(STRONGEST, |alike| (1.0 / alike - 1.0).clamp(WEAKEST, STRONGEST))
}

/// How much alike the people of one group are, by Kleinman's moments, from hardly to all but wholly; none where
/// nothing differs.
pub fn alike_within(rates: &[Rate]) -> Option<f64> {
    let all = rates.iter().fold(Rate::default(), |sum, rate| sum.and(*rate));
    correlation(rates, all.trials, all.share()?)
}

fn correlation(rates: &[Rate], trials: u64, mean: f64) -> Option<f64> {
    let spread = mean * (1.0 - mean);
    let size = |rate: &Rate| rate.trials as f64;
    let squares: f64 =
        rates.iter().map(|rate| size(rate) * (rate.share().unwrap_or(mean) - mean).powi(2)).sum();
    let freedom: f64 = rates
        .iter()
        .filter(|rate| rate.trials > 0)
        .map(|rate| (size(rate) - 1.0) * (1.0 - size(rate) / trials as f64))
        .sum();
    if spread <= 0.0 || freedom <= 0.0 {
        return None;
    }
    Some(((squares / spread - (rates.len() - 1) as f64) / freedom).clamp(1e-6, 0.999))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fisher::two_sided;

    const TITLES: [Rate; 5] = [
        Rate { successes: 14, trials: 45 },
        Rate { successes: 26, trials: 112 },
        Rate { successes: 16, trials: 89 },
        Rate { successes: 4, trials: 40 },
        Rate { successes: 5, trials: 6 },
    ];

    #[track_caller]
    fn close(found: f64, expected: f64) {
        assert!((found - expected).abs() < 5e-4, "{found} is not {expected}");
    }

    #[test]
    fn titles_are_drawn_to_their_mean_as_in_the_reference() {
        let (mean, found) = shrunk(&TITLES);
        assert!((mean - 0.222_603).abs() < 1e-6);
        assert!((strength(&TITLES, 292, mean) - 12.296_345).abs() < 1e-5);
        let expected = [
            (0.2921, 0.1828, 0.4151, 0.881, 1.312),
            (0.2312, 0.1617, 0.3089, 0.576, 1.039),
            (0.1850, 0.1159, 0.2658, 0.163, 0.831),
            (0.1288, 0.0533, 0.2310, 0.034, 0.579),
            (0.4229, 0.2134, 0.6484, 0.968, 1.900),
        ];
        for (found, (rate, low, high, above, lift)) in found.into_iter().zip(expected) {
            close(found.rate, rate);
            close(found.low, low);
            close(found.high, high);
            close(found.above_mean, above);
            close(found.rate / mean, lift);
        }
    }

    #[track_caller]
    fn check(p: &[f64], expected: &[f64]) {
        let found = adjusted(p);
        assert_eq!(found.len(), expected.len());
        found.iter().zip(expected).for_each(|(found, expected)| close(*found, *expected));
    }

    #[test]
    fn q_values_are_those_of_the_reference() {
        check(
            &[0.001, 0.008, 0.039, 0.041, 0.042, 0.06, 0.074, 0.205, 0.212, 0.216],
            &[0.010, 0.040, 0.084, 0.084, 0.084, 0.100, 0.1057, 0.216, 0.216, 0.216],
        );
        check(&[0.1236, 0.7737, 0.2860, 0.0633, 0.0024], &[0.2060, 0.7737, 0.3575, 0.1583, 0.0120]);
        check(&[0.9, 1.0], &[1.0, 1.0]);
        let any = adjusted_for_any_dependence(&[
            0.001, 0.008, 0.039, 0.041, 0.042, 0.06, 0.074, 0.205, 0.212, 0.216,
        ]);
        close(any[0], 0.0293);
        close(any[1], 0.1172);
        check(&[], &[]);
    }

    #[test]
    fn a_list_that_does_not_stand_out_among_others_says_nothing() {
        let lists = [vec![0.001, 0.5, 0.9], vec![0.04, 0.5], vec![0.3, 0.8, 0.9], vec![]];
        let found = among_lists(&lists, 0.05);
        assert_eq!(found.iter().map(|list| list.selected).collect::<Vec<_>>(), [true, false, false, false]);
        close(found[0].p, 0.003);
        close(found[0].q, 0.009);
        // 0.003 in its own list, and three lists were looked at for the one that stands out.
        close(found[0].within[0], 0.009);
        close(found[1].p, 0.08);
        assert_eq!(found[3].p, 1.0);
    }

    #[test]
    fn the_title_that_stands_out_is_not_surely_above_the_mean() {
        let of = |place: usize| {
            let rest = TITLES.iter().enumerate().filter(|(other, _)| *other != place);
            let rest = rest.fold((0, 0), |sum, (_, rate)| (sum.0 + rate.successes, sum.1 + rate.trials));
            two_sided(TITLES[place], Rate::new(rest.0, rest.1))
        };
        let q = adjusted(&[0, 1, 2, 3, 4].map(of));
        let (mean, found) = shrunk(&TITLES);
        assert!(q[4] < 0.10 && found[4].low < mean, "{q:?} {found:?}");
    }

    #[test]
    fn the_prior_weighs_neither_nothing_nor_everything() {
        let weight = |rates: &[Rate]| {
            let all = rates.iter().fold((0, 0), |sum, rate| (sum.0 + rate.successes, sum.1 + rate.trials));
            strength(rates, all.1, all.0 as f64 / all.1 as f64)
        };
        assert_eq!(weight(&[Rate::new(10, 100); 5]), STRONGEST);
        assert_eq!(weight(&[Rate::new(0, 100); 5]), STRONGEST);
        assert_eq!(
            weight(&[Rate::new(0, 50), Rate::new(50, 50), Rate::new(0, 50), Rate::new(50, 50)]),
            WEAKEST
        );
        assert_eq!(weight(&[Rate::new(1, 50), Rate::new(40, 50), Rate::new(2, 9)]), FEW_GROUPS);
    }

    #[test]
    fn an_hour_borrows_half_of_what_is_known_of_the_hours_beside_it() {
        let hours = [Rate::new(6, 10), Rate::new(1, 40), Rate::new(2, 40), Rate::new(3, 30)];
        let near = from_neighbours(&hours);
        assert_eq!(near[0], Borrowed { successes: 2.0, trials: 35.0 });
        assert_eq!(near[3], Borrowed { successes: 4.0, trials: 25.0 });
        let all = hours.iter().fold(Rate::default(), |sum, rate| sum.and(*rate));
        let (own, smooth) = (shrunk_to(&hours, all).1[0], shrunk_with(&hours, &near, all).1[0]);
        assert!(smooth.rate < own.rate - 0.05, "{smooth:?} {own:?}");
        assert!(smooth.low < own.low, "{smooth:?} {own:?}");
    }

    #[test]
    fn groups_without_people_are_at_the_mean_and_known_badly() {
        let (mean, found) = shrunk(&[Rate::new(0, 40), Rate::default()]);
        assert_eq!(mean, 0.0);
        assert!(found[0].rate > 0.0 && found[0].rate < found[1].rate && found[0].high < found[1].high);
        assert_eq!(shrunk(&[]), (0.0, vec![]));
    }

    proptest::proptest! {
        #[test]
        fn a_rate_is_drawn_towards_the_mean_and_q_is_no_less_than_p(
            groups in proptest::collection::vec((0u64..60, 1u64..60), 1..8)
        ) {
            let rates: Vec<Rate> = groups.iter().map(|(k, n)| Rate::new(*k, *n)).collect();
            let (mean, found) = shrunk(&rates);
            for (rate, found) in rates.iter().zip(&found) {
                let raw = rate.share().unwrap();
                proptest::prop_assert!(found.low <= found.rate && found.rate <= found.high);
                if mean > 0.0 && mean < 1.0 {
                    let between = raw.min(mean) - 1e-9..=raw.max(mean) + 1e-9;
                    proptest::prop_assert!(between.contains(&found.rate));
                }
            }
            let p: Vec<f64> = found.iter().map(|found| found.above_mean).collect();
            for (p, q) in p.iter().zip(adjusted(&p)) {
                proptest::prop_assert!(*p <= q + 1e-12 && q <= 1.0);
            }
        }
    }
}
