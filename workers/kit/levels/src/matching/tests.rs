//! Vectors and laws of matching.

use super::*;

#[test]
fn parts_add_up_by_their_weights() {
    // TV29.
    let parts = Parts { revenue_tier: 1.0, focus_areas: 0.5, team_size: 1.0, current_stage: 0.7 };
    assert_eq!(parts.score(), 0.76);
}
