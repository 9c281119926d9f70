//! Experiments without a database: names, shares of the day, verdicts over time.

use super::*;
use crate::messages::Alternative;

const NAME: &str = "referral_network.initial_dm@a+b";
const START: NaiveDate = NaiveDate::from_ymd_opt(2027, 4, 5).unwrap();

fn variants() -> Vec<String> {
    ["a", "b"].map(|way| format!("referral_network.initial_dm.{way}")).into()
}

fn row() -> Row {
    Row {
        id: Uuid::nil(),
        name: NAME.to_owned(),
        segment: "referral_network".to_owned(),
        kind: "initial_dm".to_owned(),
        arms: serde_json::to_value(even(&variants())).unwrap(),
        started_on: START,
        shares_on: None,
        settled_on: None,
        ended_on: None,
        verdict: None,
    }
}

/// People of an arm, all of them mature, and who of them is interested or harmed.
fn arm(way: usize, people: i64, expected: f64, positive: i64, harmed: i64) -> Counted {
    Counted {
        experiment_id: Uuid::nil(),
        variant: variants()[way].clone(),
        people,
        expected,
        positive,
        mature: people,
        mature_positive: positive,
        mature_harmed: harmed,
        known: people,
    }
}

fn on(row: &Row, counted: &[Counted], day: u64) -> Today {
    today_of(row, counted, START + chrono::Days::new(day)).unwrap()
}

/// The row as it is kept after a day.
fn after(row: Row, today: &Today) -> Row {
    Row {
        arms: serde_json::to_value(&today.shares).unwrap(),
        settled_on: today.settled_on,
        ended_on: today.ended_on,
        verdict: Some(serde_json::to_value(&today.said).unwrap()),
        ..row
    }
}

fn shares(today: &Today) -> [f64; 2] {
    [today.shares[0].share, today.shares[1].share]
}

#[test]
fn a_day_draws_the_same_shares_whoever_asks_and_another_day_others() {
    let counted = [arm(0, 20, 20.0, 3, 0), arm(1, 20, 20.0, 5, 0)];
    assert_eq!(on(&row(), &counted, 3), on(&row(), &counted, 3));
    assert_ne!(shares(&on(&row(), &counted, 3)), shares(&on(&row(), &counted, 4)));
    assert_eq!(on(&row(), &counted, 3).seed, experiment::seed(NAME, "2027-04-08"));
}

#[test]
fn the_way_that_does_better_is_said_more_often_and_the_other_still_sometimes() {
    let found = shares(&on(&row(), &[arm(0, 90, 90.0, 2, 0), arm(1, 90, 90.0, 30, 0)], 5));
    assert!(found[0] >= 0.10 && found[1] > 0.85, "{found:?}");
    assert!((found[0] + found[1] - 1.0).abs() < 1e-12);
}

#[test]
fn silence_counts_against_a_way_only_when_it_has_lasted() {
    let young = Counted { mature: 0, mature_positive: 0, known: 3, ..arm(0, 90, 90.0, 3, 0) };
    let found = shares(&on(&row(), &[young, arm(1, 90, 90.0, 3, 0)], 5));
    assert!(found[0] > 0.80, "{found:?}");
}

#[test]
fn verdicts_are_read_from_those_who_had_time_to_answer_only() {
    let young = |arm: Counted| Counted { mature: 40, mature_positive: 10, ..arm };
    let counted = [young(arm(0, 300, 300.0, 60, 0)), young(arm(1, 300, 300.0, 15, 0))];
    let found = on(&row(), &counted, 10);
    assert!(found.said.explanation.contains("100 people an arm"), "{found:?}");
    assert!(found.said.explanation.contains("1,506"), "{found:?}");
}

#[test]
fn a_better_way_is_said_to_most_for_four_weeks_and_then_judged_anew() {
    let counted = [arm(0, 300, 300.0, 60, 2), arm(1, 300, 300.0, 15, 2)];
    assert_eq!(on(&row(), &counted, 6).said.verdict, "running");
    let settled = on(&row(), &counted, 7);
    assert_eq!((settled.said.verdict.as_str(), shares(&settled)), ("better", [0.9, 0.1]));
    assert_eq!(settled.said.winner.as_deref(), Some("referral_network.initial_dm.a"));
    assert_eq!(settled.settled_on, Some(START + chrono::Days::new(7)));
    let kept = after(row(), &settled);
    // It does not hold, but four weeks are not over.
    let turned = [arm(0, 600, 600.0, 61, 2), arm(1, 600, 600.0, 61, 2)];
    let watched = on(&kept, &turned, 34);
    assert_eq!((watched.said, watched.settled_on), (settled.said, settled.settled_on));
    assert_eq!(on(&kept, &turned, 35).settled_on, None);
    assert_eq!(on(&kept, &counted, 35).settled_on, Some(START + chrono::Days::new(35)));
}

#[test]
fn a_way_that_annoys_is_not_better() {
    let found = on(&row(), &[arm(0, 300, 300.0, 60, 40), arm(1, 300, 300.0, 15, 2)], 7);
    assert_eq!((found.said.verdict.as_str(), found.settled_on), ("running", None));
}

#[test]
fn eight_weeks_without_a_difference_end_it() {
    let counted = [arm(0, 300, 300.0, 30, 2), arm(1, 300, 300.0, 30, 2)];
    assert_eq!(on(&row(), &counted, 55).said.verdict, "running");
    let ended = on(&row(), &counted, 56);
    assert_eq!((ended.said.verdict.as_str(), shares(&ended)), ("no_difference", [0.5, 0.5]));
    let later = on(&after(row(), &ended), &[arm(0, 900, 900.0, 300, 2), arm(1, 900, 900.0, 30, 2)], 90);
    assert_eq!((later.ended_on, shares(&later)), (ended.ended_on, [0.5, 0.5]));
}

#[test]
fn a_split_is_judged_by_the_shares_of_its_days() {
    // Nine of ten got the first one because they should have.
    let as_drawn = [arm(0, 900, 905.0, 60, 2), arm(1, 110, 105.0, 15, 2)];
    assert_ne!(on(&row(), &as_drawn, 10).said.verdict, "split_is_off");
    let off = [arm(0, 900, 505.0, 60, 2), arm(1, 110, 505.0, 15, 2)];
    let found = on(&row(), &off, 10);
    assert_eq!((found.said.verdict.as_str(), shares(&found)), ("split_is_off", [0.5, 0.5]));
    assert_eq!(found.said.winner, None);
}

#[test]
fn a_person_is_drawn_by_the_shares_and_the_draw_is_explained() {
    let unequal: Vec<Share> =
        [(0, 0.8), (1, 0.2)].map(|(way, share)| Share { variant: variants()[way].clone(), share }).into();
    let drawn: Vec<Assignment> = (0..1_000)
        .map(|person| draw(Uuid::nil(), NAME, &format!("prospect_{person}"), &unequal).unwrap())
        .collect();
    let first = drawn.iter().filter(|drawn| drawn.variant == variants()[0]).count();
    assert!((760..840).contains(&first), "{first}");
    for drawn in drawn {
        let expected = if drawn.variant == variants()[0] { 0.8 } else { 0.2 };
        assert_eq!((drawn.propensity, drawn.shares), (expected, vec![0.8, 0.2]));
    }
}

fn message() -> Message {
    let way = |way: &str| Alternative { variant: format!("s.initial_dm.{way}"), text: way.to_owned() };
    Message {
        step: 1,
        kind: "initial_dm".to_owned(),
        after_business_days: 2,
        variant: "s.initial_dm.b".to_owned(),
        propensity: 0.3,
        text: "b".to_owned(),
        alternatives: vec![way("a"), way("c")],
    }
}

#[test]
fn new_words_are_a_new_experiment() {
    assert_eq!(name("s", "initial_dm", &ways(&message())), "s.initial_dm@a+b+c");
    let fewer = Message { alternatives: Vec::new(), ..message() };
    assert_eq!(name("s", "initial_dm", &ways(&fewer)), "s.initial_dm@b");
}

#[test]
fn a_message_is_said_the_way_it_was_drawn() {
    let mut said = message();
    say(&mut said, "s.initial_dm.c", 0.2);
    assert_eq!((said.text.as_str(), said.variant.as_str(), said.propensity), ("c", "s.initial_dm.c", 0.2));
    let others: Vec<&str> = said.alternatives.iter().map(|other| other.text.as_str()).collect();
    assert_eq!(others, ["a", "b"]);
    let mut unknown = message();
    say(&mut unknown, "s.initial_dm.z", 0.2);
    assert_eq!(unknown, message());
}

#[test]
fn a_step_that_comes_again_is_said_in_the_next_way() {
    let ways = ways(&message());
    let said: Vec<&str> = (0..4).map(|times| turn(&ways, "s.initial_dm.b", times)).collect();
    assert_eq!(said, ["s.initial_dm.b", "s.initial_dm.c", "s.initial_dm.a", "s.initial_dm.b"]);
    assert_eq!(turn(&ways, "unknown", 1), "unknown");
}
