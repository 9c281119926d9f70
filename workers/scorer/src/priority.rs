//! What a segment is worth: the source document's formula, the index of its step 7, and the order (X04 to X08).

use std::cmp::{Ordering, Reverse};

use crate::confidence::rounded;

const LOWEST: f64 = 1.0;
const HIGHEST: f64 = 10.0;
/// Scores closer together than this say nothing (PT-078).
const SIMILAR: f64 = 0.5;

/// What the formulas need to know of a segment; shares are between 0 and 1.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Facts {
    pub mean_confidence: f64,
    /// Mean of the points of all strategies, contact left out.
    pub mean_points: f64,
    pub mean_severity: f64,
    pub mean_mentions: f64,
    pub total_mentions: u64,
    pub share_decision_maker: f64,
    pub share_email: f64,
    pub share_website: f64,
    pub share_popular: f64,
}

/// The product before it is clamped (X05, X07).
pub fn raw(facts: &Facts) -> f64 {
    facts.mean_confidence
        * facts.mean_severity
        * (facts.mean_mentions / 10.0)
        * (1.0 + 0.2 * facts.share_decision_maker)
        * (1.0 + 0.3 * facts.share_email)
}

/// 1 to 10, one decimal (PT-072).
pub fn score(raw: f64) -> f64 {
    rounded(raw.clamp(LOWEST, HIGHEST))
}

/// The score with Claude's adjustment, within the scale again (X98).
pub fn adjusted(raw: f64, delta: f64) -> f64 {
    score(score(raw) + delta)
}

/// Step 7's score for all segments of a run: logarithm, then 1 to 10 between the least and the most (X04, X08).
pub fn opportunity_indexes(all: &[Facts]) -> Vec<f64> {
    let sizes: Vec<f64> = all.iter().map(opportunity).collect();
    let least = sizes.iter().copied().fold(f64::INFINITY, f64::min);
    let most = sizes.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let index = |size: &f64| {
        if most > least {
            (LOWEST + (HIGHEST - LOWEST) * (size - least) / (most - least)).min(HIGHEST)
        } else {
            5.5
        }
    };
    sizes.iter().map(index).collect()
}

fn opportunity(facts: &Facts) -> f64 {
    let bonus = 2.0 * facts.share_decision_maker
        + 3.0 * facts.share_email
        + facts.share_website
        + facts.share_popular;
    (facts.mean_points * facts.mean_severity * facts.total_mentions as f64 + bonus).ln_1p()
}

/// A segment's place in the order.
#[derive(Debug, Clone, PartialEq)]
pub struct Rank<'a> {
    pub score: f64,
    pub raw: f64,
    pub opportunity: f64,
    pub total_mentions: u64,
    /// Place of its category among those that matter most; behind all others if it is none of them.
    pub category: usize,
    pub name: &'a str,
}

/// Indexes, best first. Scores that are all similar give way to how often the pain was said.
pub fn order(ranks: &[Rank<'_>]) -> Vec<usize> {
    let similar = all_similar(ranks);
    let mut order: Vec<usize> = (0..ranks.len()).collect();
    order.sort_by(|a, b| compare(&ranks[*a], &ranks[*b], similar));
    order
}

/// Judged before the clamp: of saturated scores the unclamped ones still tell which is better.
pub fn all_similar(ranks: &[Rank<'_>]) -> bool {
    let raws = ranks.iter().map(|rank| rank.raw);
    let most = raws.clone().fold(f64::NEG_INFINITY, f64::max);
    let least = raws.fold(f64::INFINITY, f64::min);
    ranks.len() > 1 && most - least < SIMILAR
}

fn compare(a: &Rank<'_>, b: &Rank<'_>, similar: bool) -> Ordering {
    if similar {
        return (Reverse(a.total_mentions), a.name).cmp(&(Reverse(b.total_mentions), b.name));
    }
    b.score
        .total_cmp(&a.score)
        .then(b.raw.total_cmp(&a.raw))
        .then(b.opportunity.total_cmp(&a.opportunity))
        .then(a.category.cmp(&b.category))
        .then(a.name.cmp(b.name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[track_caller]
    fn check(
        confidence: f64,
        severity: f64,
        mentions: f64,
        decision_maker: bool,
        email: bool,
        expected: (f64, f64),
    ) {
        let raw = raw(&Facts {
            mean_confidence: confidence,
            mean_severity: severity,
            mean_mentions: mentions,
            share_decision_maker: f64::from(u8::from(decision_maker)),
            share_email: f64::from(u8::from(email)),
            ..Facts::default()
        });
        assert_eq!(((raw * 1e4).round() / 1e4, score(raw)), expected);
    }

    #[test]
    fn tv08_a_large_product_is_ten() {
        check(8.5, 7.0, 20.0, true, true, (185.64, 10.0));
    }

    #[test]
    fn tv09_a_small_product_is_one() {
        check(1.0, 1.0, 1.0, false, false, (0.1, 1.0));
    }

    #[test]
    fn tv10_a_decision_maker_adds_a_fifth() {
        check(8.0, 9.0, 1.0, true, false, (8.64, 8.6));
    }

    #[test]
    fn tv11_the_score_of_test_case_two() {
        check(6.0, 6.25, 2.0, false, false, (7.5, 7.5));
    }

    #[test]
    fn tv12_the_score_of_test_case_three() {
        check(10.0, 8.9, 1.0, false, false, (8.9, 8.9));
    }

    #[test]
    fn tv13_the_scores_of_the_example_and_of_test_case_four() {
        check(8.0, 5.75, 2.0, false, false, (9.2, 9.2));
        check(7.0, 7.0, 2.0, false, false, (9.8, 9.8));
    }

    #[test]
    fn equal_opportunities_are_in_the_middle() {
        assert_eq!(opportunity_indexes(&[Facts::default(), Facts::default()]), [5.5, 5.5]);
        assert_eq!(opportunity_indexes(&[]), [0.0; 0]);
    }

    #[test]
    fn opportunities_span_the_scale() {
        let facts = |total_mentions| Facts {
            mean_points: 5.0,
            mean_severity: 7.0,
            total_mentions,
            ..Facts::default()
        };
        let indexes = opportunity_indexes(&[facts(10), facts(100), facts(1000)]);
        assert_eq!((indexes[0], indexes[2]), (1.0, 10.0));
        assert!((1.0..10.0).contains(&indexes[1]));
    }

    fn rank(name: &str, raw: f64, total_mentions: u64) -> Rank<'_> {
        Rank { score: score(raw), raw, opportunity: 1.0, total_mentions, category: 9, name }
    }

    #[track_caller]
    fn check_order(ranks: &[Rank<'_>], expected: &[&str]) {
        let names: Vec<&str> = order(ranks).into_iter().map(|at| ranks[at].name).collect();
        assert_eq!(names, expected);
    }

    #[test]
    fn scores_that_are_all_similar_give_way_to_mentions() {
        check_order(&[rank("a", 8.4, 1), rank("b", 8.0, 2), rank("c", 8.2, 2)], &["b", "c", "a"]);
    }

    #[test]
    fn half_a_point_apart_is_not_similar() {
        check_order(&[rank("a", 8.5, 1), rank("b", 8.0, 2)], &["a", "b"]);
    }

    #[test]
    fn saturated_scores_are_told_apart_by_the_product() {
        check_order(&[rank("a", 11.0, 9), rank("b", 14.0, 1)], &["b", "a"]);
    }

    #[test]
    fn categories_that_matter_break_ties_before_names() {
        let other = rank("z", 3.0, 1);
        check_order(&[rank("b", 8.0, 1), Rank { category: 0, ..rank("c", 8.0, 1) }, other], &["c", "b", "z"]);
    }

    proptest! {
        #[test]
        fn every_score_is_within_the_scale(raw in -1e9..1e9_f64, delta in -1.0..1.0) {
            prop_assert!((LOWEST..=HIGHEST).contains(&score(raw)));
            prop_assert!((LOWEST..=HIGHEST).contains(&adjusted(raw, delta)));
        }
    }
}
