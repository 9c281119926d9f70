//! Vectors of confidence.

use super::*;

#[test]
fn confidence_is_that_of_the_source_document() {
    // TV26, TV27.
    assert_eq!(base(42, 47), 0.89);
    assert_eq!(base(4, 5), 0.40);
    assert_eq!((base(10, 10), base(0, 47), base(0, 0)), (1.0, 0.0, 0.0));
    for (confidence, priority) in [(0.89, 9), (0.40, 4), (0.0, 1), (0.04, 1), (0.25, 3), (1.0, 10)] {
        assert_eq!(crate::goals::priority(confidence), priority, "{confidence}");
    }
}

fn outcome(goal_completed: bool, contractor_satisfaction: Option<i16>) -> Outcome {
    Outcome {
        pattern_id: 1,
        contractor_id: None,
        goal_completed,
        contractor_satisfaction,
        confidence: Some(0.8),
        counted_as: None,
    }
}

#[test]
fn success_is_completed_and_helpful() {
    for (completed, satisfaction, expected) in [
        (true, None, 1.0),
        (true, Some(5), 1.0),
        (true, Some(4), 1.0),
        (true, Some(3), 0.5),
        (true, Some(2), 0.0),
        (false, None, 0.0),
        (false, Some(5), 0.0),
    ] {
        assert_eq!(success(&outcome(completed, satisfaction)), expected, "{completed} {satisfaction:?}");
    }
}

#[test]
fn calibration_counts_fives_of_a_kind() {
    let mut outcomes = vec![outcome(true, None); 20];
    outcomes.extend(vec![outcome(false, None); 5]);
    // Too few of a kind, and too few who were told another confidence.
    outcomes.extend(vec![outcome(true, Some(3)); 4]);
    outcomes.extend(vec![Outcome { confidence: Some(0.3), ..outcome(false, None) }; 4]);
    let found = calibration(&count(&outcomes).people).unwrap();
    assert_eq!((found.outcomes, found.error, found.bins.len()), (25, 0.0, 1));
    assert_eq!((found.bins[0].n, found.bins[0].confidence, found.bins[0].succeeded), (25, 0.8, 0.8));
    assert_eq!(calibration(&count(&outcomes[..4]).people), None);
}
