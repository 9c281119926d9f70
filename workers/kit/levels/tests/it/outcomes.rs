//! What came of goals: it moves confidence, and tells of nobody.

use crate::world::*;
use levels::Outcome;

#[test]
fn one_outcome_does_not_move_confidence() {
    let records = sample();
    let first = stored(&learned(&records, &[], &[]).patterns);
    let outcome = |goal_completed| Outcome {
        pattern_id: first[0].id,
        goal_completed,
        contractor_id: None,
        contractor_satisfaction: None,
        confidence: Some(0.89),
        counted_as: None,
    };
    let confidence = |outcomes: &[Outcome]| {
        let learned = learned(&records, &first, outcomes);
        (learned.patterns[0].confidence_score, learned.run.calibration)
    };
    let ten = vec![outcome(false); 10];
    for more in 1..5 {
        let mut outcomes = ten.clone();
        outcomes.extend(vec![outcome(true); more]);
        assert_eq!(confidence(&outcomes), confidence(&ten));
    }
    assert_ne!(confidence(&ten).0, confidence(&ten[..5]).0);
}

/// What came of a goal of pattern 1.
fn came(contractor_id: i32, contractor_satisfaction: Option<i16>) -> Outcome {
    Outcome {
        pattern_id: 1,
        contractor_id: Some(contractor_id),
        goal_completed: true,
        contractor_satisfaction,
        confidence: Some(0.89),
        counted_as: None,
    }
}

#[test]
fn what_one_says_later_does_not_move_what_was_counted() {
    let records = sample();
    let mut patterns = stored(&learned(&records, &[], &[]).patterns);
    let mut outcomes: Vec<Outcome> = (1..=10).map(|id| came(id, None)).collect();
    let mut learn = |outcomes: &mut [Outcome]| {
        let learned = learned(&records, &patterns, outcomes);
        patterns = stored(&learned.patterns);
        outcomes
            .iter_mut()
            .zip(&learned.counted)
            .for_each(|(outcome, counted)| outcome.counted_as = *counted);
        let goals = &patterns[0].outcomes;
        (goals.n, goals.successes, patterns[0].confidence_score, learned.run.calibration)
    };
    let first = learn(&mut outcomes);
    assert_eq!((first.0, first.1), (10, 10.0));
    // Four find out that it was useless, one after the other.
    for place in 0..4 {
        outcomes[place].contractor_satisfaction = Some(1);
        assert_eq!(learn(&mut outcomes), first, "{place}");
    }
    // One of them says so in another goal: that is no fifth.
    outcomes.push(came(1, Some(2)));
    assert_eq!(learn(&mut outcomes), first);
    outcomes[9].contractor_satisfaction = Some(2);
    let second = learn(&mut outcomes);
    assert_eq!((second.0, second.1), (10, 5.0));
    assert!(second.2 < first.2 && second.3 != first.3);
    // Of who is erased the newest outcome stays, as nobody's.
    let newest = outcomes.pop().unwrap();
    outcomes[0] = Outcome { contractor_id: None, counted_as: outcomes[0].counted_as, ..newest };
    assert_eq!(learn(&mut outcomes), second);
    // What ended before and is told only now is no other contractor, and does not end what counts.
    outcomes.insert(1, came(2, None));
    assert_eq!(learn(&mut outcomes), second);
}

#[test]
fn one_contractor_is_no_five() {
    let records = sample();
    let patterns = stored(&learned(&records, &[], &[]).patterns);
    let goals = |outcomes: &[Outcome]| learned(&records, &patterns, outcomes).patterns[0].outcomes.clone();
    let mut outcomes = vec![came(1, Some(1)); 12];
    assert_eq!(goals(&outcomes).n, 0);
    outcomes.extend((2..=5).map(|id| came(id, Some(1))));
    assert_eq!((goals(&outcomes).n, goals(&outcomes).successes), (5, 0.0));
}

#[test]
fn of_few_of_a_kind_nothing_is_told() {
    let records = sample();
    let patterns = stored(&learned(&records, &[], &[]).patterns);
    let told = |ratings: &[(usize, i16)]| {
        let ratings = ratings.iter().flat_map(|&(n, rating)| vec![rating; n]);
        let outcomes: Vec<Outcome> = ratings.zip(1..).map(|(rating, id)| came(id, Some(rating))).collect();
        let learned = learned(&records, &patterns, &outcomes);
        (learned.patterns[0].clone(), learned.run.calibration)
    };
    let counts = |ratings: &[(usize, i16)]| (told(ratings).0.outcomes.n, told(ratings).0.outcomes.successes);
    assert_eq!(counts(&[(5, 5), (5, 3), (5, 1)]), (15, 7.5));
    assert_eq!(counts(&[(12, 5), (7, 1)]), (19, 12.0));
    // Neither the confidence nor the status nor the calibration tells whether there were four others.
    assert_eq!(told(&[(20, 5), (4, 1), (4, 3)]), told(&[(20, 5)]));
    assert_eq!(told(&[(4, 5), (19, 1)]), told(&[(19, 1)]));
    assert_eq!(told(&[(4, 5), (1, 1)]), told(&[]));
}

#[test]
fn what_differs_between_two_times_tells_of_five() {
    let records = sample();
    let patterns = stored(&learned(&records, &[], &[]).patterns);
    let mut outcomes: Vec<Outcome> =
        (1..=20).map(|id| came(id, Some(if id <= 15 { 5 } else { 1 }))).collect();
    let mut told = Vec::new();
    for id in 21..60 {
        let learned = learned(&records, &patterns, &outcomes);
        outcomes.iter_mut().zip(&learned.counted).for_each(|(one, counted)| one.counted_as = *counted);
        let goals = &learned.patterns[0].outcomes;
        told.push((goals.successes, goals.n as f64 - goals.successes));
        outcomes.push(came(id, Some(if id % 5 == 0 { 1 } else { 5 })));
    }
    assert_eq!(told[0], (15.0, 5.0));
    for (place, (good, bad)) in told.iter().enumerate() {
        for (good_then, bad_then) in &told[..place] {
            for more in [good - good_then, bad - bad_then] {
                assert!(more == 0.0 || more >= 5.0, "{told:?}");
            }
        }
    }
    assert!(told[38].0 > 40.0 && told[38].1 >= 10.0, "{told:?}");
}

#[test]
fn a_transition_none_of_whose_patterns_is_served_is_listed_with_the_reason() {
    let records = sample();
    let patterns = stored(&learned(&records, &[], &[]).patterns);
    let outcomes: Vec<Outcome> = patterns
        .iter()
        .flat_map(|pattern| (1..=40).map(|id| Outcome { pattern_id: pattern.id, ..came(id, Some(1)) }))
        .collect();
    let run = learned(&records, &patterns, &outcomes).run;
    assert!(run.eligible.is_empty(), "{run:?}");
    let few = &run.insufficient_data;
    assert_eq!((few.len(), few[0].n), (1, patterns[0].sample_size));
    assert_eq!(few[0].reason.as_deref(), Some("no pattern is served: 0 of 40 goals succeeded"));
}
