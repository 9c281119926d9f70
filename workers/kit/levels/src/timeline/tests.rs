//! Vectors of timelines, and their laws.

use super::*;
use crate::ladder::Ladder;
use crate::{Learner, Observed, Record};
use chrono::{DateTime, Days, NaiveDate};
use proptest::prelude::*;

#[test]
fn a_fifth_less_to_a_fifth_more() {
    // TV31.
    assert_eq!(range(10.0), (8, 12));
    assert_eq!(text(8, 12, "$5M"), "Based on similar contractors, expect 8-12 months to reach $5M");
    assert_eq!(text(3, 3, "$5M"), "Based on similar contractors, expect 3 months to reach $5M");
    assert_eq!((range(0.0), text(1, 1, "$5M").contains("1 month ")), ((0, 1), true));
}

const STATS: MonthsStats = MonthsStats {
    n: 40,
    p10: 6,
    p25: 8,
    p50: 10,
    p75: 13,
    p90: 18,
    eventual_rate: None,
    median_all: None,
    error_80: None,
    of: 40,
    earlier: Vec::new(),
};

#[test]
fn the_curve_goes_through_what_is_told() {
    let curve = Curve::of(&STATS);
    for (share, months) in
        [(0.0, 4.0), (0.1, 6.0), (0.25, 8.0), (0.5, 10.0), (0.75, 13.0), (0.9, 18.0), (1.0, 23.0)]
    {
        assert!((curve.months(share) - months).abs() < 1e-9, "{share}");
        assert!((curve.share(months) - share).abs() < 1e-9, "{months}");
    }
    assert_eq!((curve.share(1.0), curve.share(30.0)), (0.0, 1.0));
    // Everybody took as long.
    let flat = Curve::of(&MonthsStats { p10: 9, p25: 9, p50: 9, p75: 9, p90: 9, ..STATS });
    assert!(flat.months(0.5).is_finite() && (flat.share(8.0), flat.share(10.0)) == (0.0, 1.0));
}

proptest! {
    #[test]
    fn a_curve_rises_and_comes_back(mut at in proptest::array::uniform5(0u32..200), share in 0.0f64..=1.0) {
        at.sort_unstable();
        let [p10, p25, p50, p75, p90] = at;
        let curve = Curve::of(&MonthsStats { p10, p25, p50, p75, p90, ..STATS });
        let months = curve.months(share);
        prop_assert!(months.is_finite() && months >= 0.0);
        prop_assert!(curve.share(months) >= share - 1e-6);
        prop_assert!(curve.months((share + 0.1).min(1.0)) >= months - 1e-9);
    }
}

/// Ten contractors that took so many months for each of some steps.
fn patterns(steps: &[(&str, &str, u64)]) -> Vec<Pattern> {
    patterns_of(&steps.iter().map(|&(from, to, months)| (from, to, months, 10)).collect::<Vec<_>>())
}

/// The same of so many contractors.
fn patterns_of(steps: &[(&str, &str, u64, i32)]) -> Vec<Pattern> {
    let rules = rules();
    let as_of = DateTime::parse_from_rfc3339("2026-01-01T00:00:00Z").unwrap().to_utc();
    let mut learner = Learner::new(&rules, as_of);
    for (place, (from, to, months, n)) in steps.iter().enumerate() {
        for id in 0..*n {
            let entered = NaiveDate::from_ymd_opt(2015, 1, 1).unwrap();
            let at = |tier: &str, months: u64| Observed {
                tier: tier.to_owned(),
                valid_from: entered + Days::new((months as f64 * 30.436_875) as u64),
                revenue: None,
                team_size: None,
                focus_areas: Vec::new(),
                current_stage: None,
            };
            let history = vec![at(from, 0), at(to, *months)];
            learner.observe(&Record {
                contractor_id: place as i32 * 1_000 + id,
                history,
                ..Record::default()
            });
        }
    }
    learner.finish(&[], &[]).patterns
}

fn rules() -> Rules {
    let ladder: Ladder = "a=0,b=5,c=10,d=20".parse().unwrap();
    Rules::defaults().unwrap().with_ladder(ladder)
}

#[test]
fn several_tiers_add_up() {
    // Those who skipped a tier were faster, and are not typical.
    let patterns = patterns(&[("a", "b", 10), ("b", "c", 20), ("a", "c", 12)]);
    let found = predict(&rules(), "a", Some("c"), None, &patterns).unwrap();
    assert_eq!((found.median_months, found.low_months, found.high_months), (30, 24, 36));
    assert_eq!(found.text, "Based on similar contractors, expect 24-36 months to reach $10M");
    assert_eq!(found.steps.len(), 2);
    let next = predict(&rules(), "a", None, None, &patterns).unwrap();
    assert_eq!((next.to_revenue_tier.as_str(), next.median_months), ("b", 10));
}

#[test]
fn the_way_is_the_one_that_most_have_gone() {
    let steps = |patterns: &[Pattern], to| {
        let found = predict(&rules(), "a", Some(to), None, patterns).unwrap();
        let steps =
            found.steps.iter().map(|step| format!("{}{}", step.from_revenue_tier, step.to_revenue_tier));
        (steps.collect::<Vec<_>>(), found.sample_size)
    };
    // Five went by the tier between, and fifty past it.
    let skipped = patterns_of(&[("a", "b", 10, 5), ("b", "c", 20, 30), ("a", "c", 12, 50)]);
    assert_eq!(steps(&skipped, "c"), (vec!["ac".to_owned()], 50));
    // Most go to the next tier, though not many have left that one yet.
    let young = patterns_of(&[("a", "b", 10, 60), ("b", "c", 20, 6), ("a", "c", 12, 20)]);
    assert_eq!(steps(&young, "c"), (vec!["ab".to_owned(), "bc".to_owned()], 6));
    // Where the way of most does not lead there, another one does.
    let cut = patterns_of(&[("a", "b", 10, 60), ("a", "c", 12, 20), ("c", "d", 5, 8)]);
    assert_eq!(steps(&cut, "d"), (vec!["ac".to_owned(), "cd".to_owned()], 8));
}

#[test]
fn what_cannot_be_said_says_why() {
    let patterns = patterns(&[("a", "b", 10), ("b", "c", 20)]);
    let error = |from, to, elapsed| predict(&rules(), from, to, elapsed, &patterns).unwrap_err();
    assert_eq!(error("b", Some("a"), None), Unknown::Reached("a".into()));
    assert_eq!(error("a", Some("d"), None), Unknown::NoPattern("a".into(), "d".into()));
    assert_eq!(error("d", None, None), Unknown::NoPattern("d".into(), "a higher tier".into()));
    assert_eq!(error("x", None, None), Unknown::Tier("x".into(), "a, b, c, d".into()));
    assert_eq!(error("a", None, Some(24.0)), Unknown::TooLong(24));
}
