//! Vectors and laws of matching.

use super::*;
use crate::partners::boosted;
use proptest::prelude::*;

#[test]
fn parts_add_up_by_their_weights() {
    // TV29.
    let parts = Parts { revenue_tier: 1.0, focus_areas: 0.5, team_size: 1.0, current_stage: 0.7 };
    assert_eq!(parts.score(), 0.76);
    let all = Parts { revenue_tier: 1.0, focus_areas: 1.0, team_size: 1.0, current_stage: 1.0 };
    assert_eq!(all.score(), 1.0);
}

#[test]
fn a_partner_that_most_used_is_raised() {
    // TV30.
    assert!((boosted(0.60, 0.89, 47) - 0.69).abs() < 1e-9);
    assert!((boosted(0.60, 0.445, 47) - 0.60).abs() < 1e-9, "less than half used it");
    assert!((boosted(0.60, 0.89, 4) - 0.60).abs() < 1e-9, "of too few");
    assert!((boosted(0.95, 1.0, 47) - 1.0).abs() < 1e-9);
}

#[test]
fn teams_and_stages_are_alike_by_steps() {
    assert_eq!([1, 5, 6, 10, 11, 25, 26, 50, 51, 100, 101].map(band), [0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5]);
    let rules = Rules::defaults().unwrap();
    assert_eq!(stages(&rules, "growth", "growth"), 1.0);
    assert_eq!(stages(&rules, "growth", "scaling"), 0.7);
    assert_eq!(stages(&rules, "growth", "exit"), 0.3);
    assert_eq!((stages(&rules, "odd", "odd"), stages(&rules, "odd", "growth")), (1.0, 0.3));
}

#[test]
fn reasons_name_what_aligns() {
    let parts = |revenue_tier, focus_areas, team_size, current_stage| {
        reason(Parts { revenue_tier, focus_areas, team_size, current_stage })
    };
    // GR-036.
    assert_eq!(parts(1.0, 0.5, 0.5, 0.5), "Revenue tier and focus areas align");
    assert_eq!(parts(0.7, 0.0, 0.5, 0.5), "Revenue tier aligns");
    assert_eq!(parts(0.4, 0.5, 0.5, 0.5), "Focus areas align");
    assert_eq!(parts(1.0, 0.0, 1.0, 0.7), "Revenue tier, team size and current stage align");
    assert_eq!(parts(0.4, 0.2, 0.5, 0.5), "No part aligns fully");
}

proptest! {
    #[test]
    fn scores_and_boosts_stay_between_0_and_1(
        parts in proptest::array::uniform4(0.0f64..=1.0), usage in 0.0f64..=1.0, n in 0u64..100
    ) {
        let [revenue_tier, focus_areas, team_size, current_stage] = parts;
        let score = Parts { revenue_tier, focus_areas, team_size, current_stage }.score();
        prop_assert!((0.0..=1.0).contains(&score));
        let boosted = boosted(score, usage, n);
        prop_assert!((score..=1.0).contains(&boosted));
    }

    #[test]
    fn more_confidence_is_never_less_priority(one in 0.0f64..=1.0, other in 0.0f64..=1.0) {
        let (less, more) = if one < other { (one, other) } else { (other, one) };
        prop_assert!(crate::goals::priority(less) <= crate::goals::priority(more));
        prop_assert!((1..=10).contains(&crate::goals::priority(one)));
    }

    #[test]
    fn confidence_grows_with_what_is_common_and_with_how_many(count in 0u64..200, more in 1u64..50, n in 1u64..200) {
        use crate::confidence::base;
        let n = n.max(count + more);
        prop_assert!(base(count, n) <= base(count + more, n));
        prop_assert!(base(n, n) <= base(n + more, n + more));
        prop_assert!((0.0..=1.0).contains(&base(count, n)));
    }
}
