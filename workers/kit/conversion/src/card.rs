//! Makes cards of the groups of a list: rates, intervals, and what may be concluded of each.

use patterns::card::rounded;
use patterns::{Adjusted, Card, Verdict};
use stats::family::Borrowed;
use stats::ratio::{self, Stratum};
use stats::{Rate, family, fisher};

/// Verdicts allow for so many false ones among those that stand out.
pub const FALSE_DISCOVERIES: f64 = 0.10;

/// Of fewer people a ratio with a wide interval says nothing.
const FEW: u64 = 20;
/// Of more people a difference that is not sure is no promise any more.
const MANY: u64 = 400;

/// A group of a list.
#[derive(Debug, Clone, PartialEq)]
pub struct Group {
    pub rate: Rate,
    /// The same group and everybody else, among those who are alike in something; empty when nothing is known.
    pub strata: Vec<Stratum>,
    /// What its rate is drawn to beside the rate of all.
    pub borrowed: Borrowed,
}

impl From<Rate> for Group {
    fn from(rate: Rate) -> Self {
        Self { rate, strata: Vec::new(), borrowed: Borrowed::default() }
    }
}

/// What a list is about.
#[derive(Debug, Clone, Copy, Default)]
pub struct List<'a> {
    /// Everybody who could be in a group: also those who are in none of these.
    pub all: Rate,
    pub denominator: &'a str,
    /// What strata are alike in.
    pub alike_in: &'a [&'a str],
    /// Whether a group has to stand out among those who are alike as well. Not where the group is part of what makes them
    /// alike, as titles are of tiers: there only a difference that turns round is no reason to do anything.
    pub holds_within: bool,
}

/// The cards of the groups of one list, in their order. Each is compared with everybody else; the q-values are those
/// of the list (statistics 4.4).
pub fn cards(list: List<'_>, groups: &[Group]) -> Vec<Card> {
    let p = p_values(list.all, groups);
    let q = family::adjusted(&p);
    judged(list, groups, &p, &q)
}

/// How often chance alone would make each group differ as much from everybody else, by Fisher.
pub fn p_values(all: Rate, groups: &[Group]) -> Vec<f64> {
    groups.iter().map(|group| fisher::two_sided(group.rate, rest(all, group.rate))).collect()
}

fn rest(all: Rate, rate: Rate) -> Rate {
    let trials = all.trials.saturating_sub(rate.trials);
    Rate::new(all.successes.saturating_sub(rate.successes), trials)
}

/// The cards of groups whose q-values are those of more than their own list.
pub fn judged(list: List<'_>, groups: &[Group], p: &[f64], q: &[f64]) -> Vec<Card> {
    let rates: Vec<Rate> = groups.iter().map(|group| group.rate).collect();
    let borrowed: Vec<Borrowed> = groups.iter().map(|group| group.borrowed).collect();
    let (mean, shrunk) = family::shrunk_with(&rates, &borrowed, list.all);
    let overall = list.all.share().unwrap_or(0.0);
    let made = groups.iter().enumerate().map(|(place, group)| {
        let (rate, shrunk) = (group.rate, shrunk[place]);
        let share = rate.share().unwrap_or(0.0);
        let rest = rest(list.all, rate);
        let against_rest = ratio::lift(rate, rest);
        let wilson = rate.wilson();
        let fewer = rate.trials.min(rest.trials);
        let adjusted = adjusted(&group.strata, list.alike_in);
        let verdict = match verdict(q[place], fewer, (shrunk.low, shrunk.high), mean, against_rest) {
            Verdict::Better | Verdict::Worse
                if adjusted
                    .as_ref()
                    .is_some_and(|adjusted| is_explained_away(adjusted, list.holds_within)) =>
            {
                Verdict::NotDistinguishable
            }
            verdict => verdict,
        };
        Card {
            conversion_rate: rounded(share, 3),
            sample: rate.trials,
            lift: Some(rounded(if overall > 0.0 { share / overall } else { 1.0 }, 2)),
            converted: rate.successes,
            rest_sample: rest.trials,
            rest_converted: rest.successes,
            ci_low: rounded(wilson.low, 4),
            ci_high: rounded(wilson.high, 4),
            rate_shrunk: rounded(shrunk.rate, 4),
            shrunk_low: rounded(shrunk.low, 4),
            shrunk_high: rounded(shrunk.high, 4),
            lift_shrunk: rounded(if mean > 0.0 { shrunk.rate / mean } else { 1.0 }, 2),
            lift_baseline: Some("overall".to_owned()),
            lift_low: against_rest.map(|lift| rounded(lift.low, 2)),
            lift_high: against_rest.map(|lift| rounded(lift.high, 2)),
            wide: against_rest.is_some_and(ratio::Lift::is_wide),
            p: significant(p[place]),
            q: significant(q[place]),
            verdict,
            denominator: list.denominator.to_owned(),
            comparison: "rest".to_owned(),
            adjusted,
            evidence: None,
        }
    });
    made.collect()
}

/// The group against the others among those who are alike.
fn adjusted(strata: &[Stratum], alike_in: &[&str]) -> Option<Adjusted> {
    (!strata.is_empty()).then(|| Adjusted {
        by: alike_in.iter().map(|&name| name.to_owned()).collect(),
        reverses: ratio::reverses(strata),
        ratio: ratio::stratified(strata).map(|ratio| rounded(ratio, 2)),
        p: ratio::stratified_p(strata).map(significant),
    })
}

/// Whether what stands out among all does not among those who are alike.
fn is_explained_away(adjusted: &Adjusted, holds_within: bool) -> bool {
    adjusted.reverses || holds_within && adjusted.p.is_none_or(|p| p > FALSE_DISCOVERIES)
}

/// What may be concluded: a group has to stand out in its list, and its own credible interval must leave out the mean.
/// `fewer` is the number of people in the group or of the others, whichever are fewer.
pub fn verdict(q: f64, fewer: u64, shrunk: (f64, f64), mean: f64, lift: Option<ratio::Lift>) -> Verdict {
    let Some(lift) = lift else { return Verdict::NotDistinguishable };
    // Where nobody at all did on one side no ratio is known well, but of many people that is knowledge.
    if lift.is_too_wide() && fewer < FEW {
        return Verdict::TooLittleData;
    }
    let (low, high) = shrunk;
    match () {
        () if q > FALSE_DISCOVERIES => Verdict::NotDistinguishable,
        () if low > mean => Verdict::Better,
        () if high < mean => Verdict::Worse,
        () if fewer >= MANY => Verdict::NotDistinguishable,
        () => Verdict::PromisingSmallN,
    }
}

/// Three significant digits: a p-value of a millionth is not none.
pub fn significant(p: f64) -> f64 {
    if p <= 0.0 {
        return 0.0;
    }
    format!("{p:.2e}").parse().unwrap_or(p)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The titles of the reference.
    const TITLES: [(u64, u64); 5] = [(14, 45), (26, 112), (16, 89), (4, 40), (5, 6)];

    fn titles() -> Vec<Card> {
        let groups: Vec<Group> = TITLES.iter().map(|&(won, of)| Group::from(Rate::new(won, of))).collect();
        let all = groups.iter().fold(Rate::default(), |sum, group| sum.and(group.rate));
        cards(
            List { all, denominator: "terminal_leads", alike_in: &["als_tier"], ..List::default() },
            &groups,
        )
    }

    #[test]
    fn five_of_six_founders_are_promising_and_not_better() {
        let found = titles();
        let founder = &found[4];
        assert_eq!((founder.conversion_rate, founder.sample, founder.lift), (0.833, 6, Some(3.74)));
        assert_eq!((founder.rate_shrunk, founder.shrunk_low, founder.shrunk_high), (0.4229, 0.2134, 0.6484));
        assert_eq!((founder.p, founder.q, founder.lift_shrunk), (0.00239, 0.012, 1.9));
        assert_eq!(founder.verdict, Verdict::PromisingSmallN);
        let others = found[..4].iter().map(|card| card.verdict);
        assert!(others.into_iter().all(|verdict| verdict == Verdict::NotDistinguishable));
    }

    #[test]
    fn an_interval_too_wide_says_nothing() {
        let list = List { all: Rate::new(2, 45), denominator: "terminal_leads", ..List::default() };
        let found = cards(list, &[Rate::new(2, 5).into(), Rate::new(0, 40).into()]);
        assert_eq!(found[0].verdict, Verdict::TooLittleData);
        assert_eq!(found[0].lift_low, Some(1.86));
        assert!((found[0].lift_high.unwrap() - 629.0).abs() < 1.0, "{:?}", found[0].lift_high);
    }

    #[test]
    fn what_reverses_among_those_who_are_alike_says_so() {
        let email = vec![(Rate::new(36, 120), Rate::new(14, 40)), (Rate::new(2, 40), Rate::new(8, 120))];
        let list = List {
            all: Rate::new(60, 320),
            denominator: "terminal_leads",
            alike_in: &["als_tier"],
            ..List::default()
        };
        let found = cards(list, &[Group { strata: email, ..Rate::new(38, 160).into() }]);
        let adjusted = found[0].adjusted.as_ref().unwrap();
        assert!(
            adjusted.reverses && adjusted.by == ["als_tier"] && adjusted.ratio == Some(0.84),
            "{adjusted:?}"
        );
    }

    #[test]
    fn who_makes_the_tier_is_not_explained_away_by_it() {
        // Owners are hot and others warm, because of the title: within a tier hardly anybody is left to compare.
        let strata = vec![(Rate::new(95, 190), Rate::new(5, 10)), (Rate::new(2, 10), Rate::new(38, 190))];
        let owners = Group { strata, ..Rate::new(97, 200).into() };
        let mut list = List {
            all: Rate::new(140, 400),
            denominator: "terminal_leads",
            alike_in: &["als_tier"],
            holds_within: false,
        };
        assert_eq!(cards(list, std::slice::from_ref(&owners))[0].verdict, Verdict::Better);
        list.holds_within = true;
        assert_eq!(cards(list, &[owners])[0].verdict, Verdict::NotDistinguishable);
    }

    #[test]
    fn small_p_values_keep_their_digits() {
        for (p, shown) in [(0.001_234_5, 0.00123), (2.8e-7, 2.8e-7), (1.0, 1.0), (0.0, 0.0), (0.5004, 0.5)] {
            assert!((significant(p) - shown).abs() <= shown * 1e-9, "{p} {}", significant(p));
        }
    }
}
