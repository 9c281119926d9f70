//! What a replay would do, case by case.

use super::*;
use crate::letter::tests::letter;

const RUN: &str = "20251111-ab";
const LOAD: &str = "lf.v1.run.20251111-ab.load.part.3";
const MATCH: &str = "lf.v1.run.20251111-ab.match.complete.0";
const SEGMENT: &str = "lf.v1.run.20251111-ab.segment.part.0";
const JOB: &str = "lf.v1.job.loader.c.1";

fn known(facts: Facts) -> BTreeMap<String, Facts> {
    BTreeMap::from([(RUN.to_owned(), facts)])
}

/// A run that was announced.
fn announced() -> Facts {
    Facts { kept: true, announced: Some(0), templates: 7, ..Facts::default() }
}

fn in_state(sequence: u64, subject: &str, state: Standing) -> Letter {
    Letter { state, ..letter(sequence, "w", "c", subject) }
}

/// Sequences replayed, superseded, and the number of those skipped.
#[track_caller]
fn check(letters: Vec<Letter>, facts: Facts, replayed: &[u64], superseded: &[u64], skipped: u64) {
    let plan = plan(letters, &Filter::default(), &known(facts), false);
    let sequences = |letters: &[Letter]| letters.iter().map(|letter| letter.sequence).collect::<Vec<_>>();
    assert_eq!(sequences(&plan.letters), replayed);
    assert_eq!(sequences(&plan.superseded), superseded);
    assert_eq!(plan.dry_run.skipped_letters(), skipped, "{:?}", plan.dry_run.skipped);
    assert_eq!(plan.dry_run.letters, replayed.len() as u64);
}

#[test]
fn open_letters_go_and_others_do_not() {
    for state in Standing::ALL {
        let goes = state == Standing::Open;
        let expected: &[u64] = if goes { &[1] } else { &[] };
        check(vec![in_state(1, JOB, state)], announced(), expected, &[], u64::from(!goes));
    }
}

#[test]
fn the_earliest_stage_of_a_run_goes_and_later_ones_are_superseded() {
    let letters = [(1, SEGMENT), (2, MATCH), (3, LOAD), (4, LOAD), (5, JOB)];
    let letters = letters.map(|(sequence, subject)| letter(sequence, "w", "c", subject));
    check(letters.to_vec(), announced(), &[5, 3, 4], &[1, 2], 0);
}

#[test]
fn later_letters_of_a_run_are_superseded_though_nobody_chose_them() {
    let letters = vec![letter(1, "w", "c", LOAD), letter(2, "w", "c", MATCH)];
    let plan = plan(letters, &Filter::of("1".parse().unwrap()), &known(announced()), false);
    assert_eq!((plan.letters.len(), plan.superseded[0].sequence), (1, 2));
    let reopened = Reopened { run: RUN.to_owned(), stage: "load", letters: 1, superseded: 1 };
    assert_eq!(plan.dry_run.runs, [reopened]);
}

#[test]
fn a_run_that_goes_on_or_is_gone_stays_as_it_is() {
    let one = || vec![letter(1, "w", "c", LOAD)];
    check(one(), announced(), &[1], &[], 0);
    check(one(), Facts { announced: None, ..announced() }, &[], &[], 1);
    check(one(), Facts { claimed: 1, ..announced() }, &[], &[], 1);
    check(one(), Facts { claimed: 1, announced: Some(1), ..announced() }, &[1], &[], 0);
    check(one(), Facts::default(), &[], &[], 1);
}

#[test]
fn the_scrapers_of_a_day_are_never_announced() {
    let scrape = letter(1, "scrape-trigger", "c", "lf.v1.run.20251111-ab.scrape.complete.0");
    check(vec![scrape], Facts { announced: None, ..announced() }, &[1], &[], 0);
}

#[test]
fn what_is_made_already_is_not_made_again() {
    let made: HashSet<String> = ["t.1".to_owned(), "t.2".to_owned()].into();
    let with = |tombstones: &[&str]| Letter {
        tombstones: tombstones.iter().map(|&subject| subject.to_owned()).collect(),
        ..letter(1, "w", "c", LOAD)
    };
    let facts = Facts { made, ..announced() };
    check(vec![with(&["t.1", "t.2"])], facts.clone(), &[], &[], 1);
    check(vec![with(&["t.1", "t.3"])], facts.clone(), &[1], &[], 0);
    check(vec![with(&[])], facts, &[1], &[], 0);
}

#[test]
fn a_letter_of_three_replays_needs_force() {
    let tired = || vec![Letter { round: 3, ..letter(1, "w", "c", JOB) }];
    check(tired(), announced(), &[], &[], 1);
    assert_eq!(plan(tired(), &Filter::default(), &BTreeMap::new(), true).letters.len(), 1);
}

#[test]
fn only_force_replays_what_was_given_up() {
    let given_up = vec![in_state(1, JOB, Standing::Discarded), in_state(2, JOB, Standing::Resolved)];
    assert_eq!(plan(given_up, &Filter::default(), &BTreeMap::new(), true).letters.len(), 1);
}

#[track_caller]
fn calls(worker: &str, subject: &str, expected: u64) {
    let plan = plan(vec![letter(1, worker, "c", subject)], &Filter::default(), &known(announced()), false);
    assert_eq!(plan.dry_run.claude_calls, expected);
}

#[test]
fn claude_is_asked_for_the_ranking_and_each_template_that_comes_again() {
    calls("templater", SEGMENT, 1);
    calls("scorer", MATCH, 1 + 7);
    calls("geographic", LOAD, 1 + 7);
    calls("storer", "lf.v1.run.20251111-ab.template.complete.0", 0);
    calls("loader", JOB, 0);
}

#[test]
fn kinds_are_counted() {
    let letters = vec![letter(1, "a", "x", JOB), letter(2, "a", "x", JOB), letter(3, "b", "x", JOB)];
    let kinds = plan(letters, &Filter::default(), &BTreeMap::new(), false).dry_run.kinds;
    let kind = |worker: &str, letters| Kind { worker: worker.into(), class: "x".into(), letters };
    assert_eq!(kinds, [kind("a", 2), kind("b", 1)]);
}
