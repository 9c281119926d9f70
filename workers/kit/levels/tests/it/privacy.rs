//! Attempts at reading persons back from what is released.

use crate::world::*;
use chrono::TimeDelta;
use levels::{Learned, Pattern, Record};
use proptest::prelude::*;
use rand::seq::SliceRandom as _;
use rand::{Rng as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use serde_json::Value;
use std::collections::BTreeMap;

const LEAST: u64 = 5;

/// Every pair of a count and a number that a document tells, by what is counted.
fn pairs(at: &str, value: &Value, found: &mut BTreeMap<String, (u64, u64)>) {
    match value {
        Value::Object(fields) => {
            let name = ["name", "partner_id", "title"].iter().find_map(|name| fields.get(*name));
            let at = name.map_or(at.to_owned(), |name| format!("{at}/{name}"));
            let number = |name: &str| fields.get(name).and_then(Value::as_u64);
            let mut pair = |with: &str, of: &str| {
                let Some(pair) = number(with).zip(number(of)) else { return };
                let at = format!("{at}/{with}");
                // The same figure stands in several places, and says the same there.
                assert_eq!(*found.entry(at.clone()).or_insert(pair), pair, "{at}");
            };
            pair("count", "n");
            pair("stayed_with", "stayed");
            pair("satisfaction_count", "satisfaction_count");
            if let Some(n) = fields.get("months_stats").and_then(|stats| stats["n"].as_u64()) {
                found.insert(format!("{at}/months"), (n, fields["months_stats"]["of"].as_u64().unwrap()));
            }
            fields.values().for_each(|value| pairs(&at, value, found));
        }
        Value::Array(items) => items.iter().for_each(|item| pairs(at, item, found)),
        _ => {}
    }
}

fn told(patterns: &[Pattern]) -> BTreeMap<String, (u64, u64)> {
    let mut found = BTreeMap::new();
    for pattern in patterns {
        let at = format!("{}/{}", pattern.from_revenue_tier, pattern.to_revenue_tier);
        found.insert(format!("{at}/sample_size"), (pattern.sample_size, pattern.sample_size));
        pairs(&at, &serde_json::to_value(pattern).unwrap(), &mut found);
    }
    found
}

#[track_caller]
fn tells_of_nobody(patterns: &[Pattern]) {
    for (at, (with, of)) in told(patterns) {
        let without = of - with;
        assert!(of >= LEAST, "{at}: {with} of {of}");
        assert!(with == 0 || with >= LEAST, "{at}: {with} of {of}");
        assert!(without == 0 || without >= LEAST, "{at}: {with} of {of}");
    }
}

/// What anybody can take from two releases: no figure moves by less than five, on either side, and within one release two
/// figures of a transition have the same size or sizes that are five apart.
#[track_caller]
fn cannot_be_differenced(before: &[Pattern], now: &[Pattern]) {
    let (before, now) = (told(before), told(now));
    let apart = |one: u64, other: u64| one == other || one.abs_diff(other) >= LEAST;
    for (at, (with, of)) in &now {
        if let Some((with_before, of_before)) = before.get(at) {
            assert!(
                apart(*with, *with_before) && apart(of - with, of_before - with_before),
                "{at}: {with_before} of {of_before}, then {with} of {of}"
            );
        }
    }
    let way = |at: &str| at.split('/').take(2).collect::<Vec<_>>().join("/");
    for (kind, of_kind) in [("count", true), ("stayed_with", false)] {
        let sizes: Vec<(String, u64)> = now
            .iter()
            .chain(&before)
            .filter(|(at, _)| at.ends_with(&format!("/{kind}")) || of_kind && at.ends_with("sample_size"))
            .map(|(at, (_, of))| (way(at), *of))
            .collect();
        for (one, n) in &sizes {
            for (other, m) in &sizes {
                assert!(one != other || apart(*n, *m), "{one}: {n} and {m} {kind}");
            }
        }
    }
}

fn next(records: &[Record], before: &[Pattern], month: i64) -> Learned {
    learned_at(records, before, &[], moment() + TimeDelta::days(30 * month))
}

/// The strongest attack there is: all contractors but one are known, and two months differ by that one alone.
fn one_more(n: usize) {
    let all = sample();
    let (known, target) = (&all[..n], &all[n]);
    let first = stored(&next(known, &[], 0).patterns);
    let mut with_target = known.to_vec();
    with_target.push(target.clone().uses(99, 1.0, Some(1)));
    let second = stored(&next(&with_target, &first, 1).patterns);
    tells_of_nobody(&first);
    tells_of_nobody(&second);
    cannot_be_differenced(&first, &second);
    // But for the day it was looked at again nothing at all has changed.
    let plain = |patterns: &[Pattern]| {
        let mut values = serde_json::to_value(patterns).unwrap();
        for value in values.as_array_mut().unwrap() {
            value["last_recalculated_at"] = Value::Null;
        }
        values
    };
    assert_eq!(plain(&first), plain(&second), "{n}");
}

#[test]
fn one_more_contractor_changes_nothing() {
    (5..46).for_each(one_more);
}

#[test]
fn one_who_changes_is_not_seen() {
    let mut records = [sample(), stayers()].concat();
    let first = stored(&next(&records, &[], 0).patterns);
    // The target turns out to have improved lead systems too, faster, and hated its partner.
    records[46] = records[46].clone().focuses("lead_systems").uses(5, 1.0, Some(1));
    records[46].history[1].valid_from = later(records[46].history[0].valid_from, 3.0);
    let second = stored(&next(&records, &first, 1).patterns);
    cannot_be_differenced(&first, &second);
    for (before, now) in first.iter().zip(&second) {
        assert_eq!(before.months_stats, now.months_stats);
        assert_eq!(before.common_partners[0].avg_satisfaction, now.common_partners[0].avg_satisfaction);
        assert_eq!(before.modal.as_ref().unwrap().figure.count, now.modal.as_ref().unwrap().figure.count);
        assert_eq!(before.confidence_score, now.confidence_score);
    }
}

#[test]
fn the_time_of_one_more_is_not_told() {
    // Of those who level up, the first year is not when they entered: only of some it is known how long it took.
    let of = |seen: i32, unseen: i32| {
        let seen = (0..seen).map(|id| listed(id, [2012, if id == 30 { 2020 } else { 2016 }]));
        let unseen = (100..100 + unseen).map(|id| listed(id, [2000, 2016]));
        let stay = (200..230).map(|id| listed(id, [2000, 2030]));
        seen.chain(unseen).chain(stay).collect::<Vec<Record>>()
    };
    let way = |patterns: &[Pattern]| {
        patterns
            .iter()
            .find(|one| one.from_revenue_tier == NEXT)
            .cloned()
            .unwrap_or_else(|| panic!("{patterns:#?}"))
    };
    let first = stored(&next(&of(30, 30), &[], 0).patterns);
    let second = stored(&next(&of(31, 36), &first, 1).patterns);
    assert_eq!((way(&first).sample_size, way(&second).sample_size), (60, 67));
    assert_eq!(way(&first).months_stats, way(&second).months_stats);
    assert_eq!(way(&first).avg_time_to_level_up_months, way(&second).avg_time_to_level_up_months);
    cannot_be_differenced(&first, &second);
    let third = stored(&next(&of(40, 46), &second, 2).patterns);
    assert_eq!((way(&third).months_stats.n, way(&third).months_stats.of), (40, 86));
    cannot_be_differenced(&first, &third);
    // Two whose entry was not seen would be told of as the rest of all.
    let few = way(&stored(&next(&of(30, 2), &[], 0).patterns));
    assert_eq!((few.sample_size, few.months_stats.n, few.median_time_to_level_up_months), (32, 0, 0));
}

#[test]
fn what_was_told_once_is_not_forgotten_when_it_is_rare() {
    let records = sample();
    let first = stored(&next(&records, &[], 0).patterns);
    // For a month nobody knows of books, then all are back and one more has read it.
    let mut without = records.clone();
    without.iter_mut().for_each(|record| record.content.clear());
    let second = stored(&next(&without, &first, 1).patterns);
    let mut back = records;
    back[0] = back[0].clone().reads("Traction", "Gino Wickman");
    let third = stored(&next(&back, &second, 2).patterns);
    cannot_be_differenced(&first, &second);
    cannot_be_differenced(&second, &third);
    assert_eq!(second[0].common_books[0].figure.count, 0);
    assert!(levels::content::recommend(&[&second[0]]).is_empty(), "nobody reads it any more");
}

#[test]
fn the_release_before_the_last_one_is_not_forgotten() {
    // 53 may follow 47, and 48 may follow 53; whoever kept the first one reads the one that 47 and 48 differ by.
    let mut records = sample();
    let more = (0..6).zip(sample()).map(|(place, one)| Record { contractor_id: 500 + place, ..one });
    let first = stored(&next(&records, &[], 0).patterns);
    records.extend(more);
    let second = stored(&next(&records, &first, 1).patterns);
    assert_eq!((first[0].sample_size, second[0].sample_size), (47, 53));
    let third = stored(&next(&records[..48], &second, 2).patterns);
    assert_eq!(third[0].sample_size, 53);
    cannot_be_differenced(&first, &third);
    // The same number again need not be the same people.
    let fourth = stored(&next(&records[1..48], &third, 3).patterns);
    assert_eq!(fourth[0].sample_size, 53);
}

#[test]
fn a_cohort_that_falls_below_five_is_not_served() {
    let records = sample();
    let first = stored(&next(&records, &[], 0).patterns);
    let second = next(&records[..3], &first, 1);
    assert_eq!(second.patterns.len(), first.len());
    assert!(second.patterns.iter().all(|pattern| !pattern.status.is_served()));
    assert_eq!(second.run.insufficient_data[0].n, 3);
    let nobody = next(&[], &first, 1);
    assert!(nobody.patterns.iter().all(|pattern| !pattern.status.is_served()));
    // From seven to four would tell of three.
    let seven = stored(&next(&records[..7], &[], 0).patterns);
    let four = next(&records[..4], &seven, 1);
    assert!(four.patterns.iter().all(|pattern| pattern.sample_size == 7 && pattern.status.is_served()));
    assert!(four.run.insufficient_data.is_empty());
}

#[test]
fn documents_of_before_are_read() {
    let first = stored(&next(&[sample(), stayers()].concat(), &[], 0).patterns);
    let mut documents = serde_json::to_value(&first).unwrap();
    for document in documents.as_array_mut().unwrap() {
        document["months_stats"].as_object_mut().unwrap().remove("of").unwrap();
        document["outcomes"] = serde_json::json!({"n": 5, "successes": 4.5, "likely_below": 0.013});
    }
    let before: Vec<Pattern> = serde_json::from_value(documents).unwrap();
    let plain = next(&[sample(), stayers()].concat(), &first, 1).patterns;
    let read = next(&[sample(), stayers()].concat(), &before, 1).patterns;
    for (plain, mut read) in plain.into_iter().zip(read) {
        // It is not known of how many, and that is not asked before the time is told anew.
        read.months_stats.of = plain.months_stats.of;
        assert_eq!(plain, read);
    }
}

#[test]
fn a_rating_of_few_is_not_told() {
    // Default GR 44: 9 of 42 have rated.
    let records: Vec<Record> = sample()
        .into_iter()
        .enumerate()
        .map(|(place, mut record)| {
            record.partners.iter_mut().filter(|_| place >= 9).for_each(|used| used.satisfaction = None);
            record
        })
        .collect();
    let patterns = next(&records, &[], 0).patterns;
    let partner = &patterns[0].common_partners[0];
    assert_eq!(
        (partner.figure.count, partner.avg_satisfaction, partner.satisfaction_count),
        (42, None, None)
    );
}

/// Contractors that level up or not, and do things at random.
fn crowd(random: &mut ChaCha8Rng, n: usize) -> Vec<Record> {
    let contractors = (0..n as i32).map(|id| {
        let mut one = entering(id, later(date(2018, 1, 1), random.random_range(0.0..40.0)));
        if random.random_bool(0.6) {
            one = one.goes_to(NEXT, random.random_range(3.0..30.0));
        }
        if random.random_bool(0.2) {
            one = one.goes_to(THIRD, random.random_range(31.0..60.0));
        }
        for area in ["lead_systems", "hiring", "pricing"] {
            one = if random.random_bool(0.6) { one.focuses(area) } else { one };
        }
        for milestone in ["crm", "hired_ops_manager", "opened_office"] {
            if random.random_bool(0.6) {
                one = one.reaches(milestone, random.random_bool(0.9).then(|| random.random_range(0.0..20.0)));
            }
        }
        for partner in 1..4 {
            if random.random_bool(0.6) {
                one = one.uses(partner, 1.0, random.random_bool(0.5).then(|| random.random_range(1..=5)));
            }
        }
        if random.random_bool(0.5) { one.reads("Traction", "Gino Wickman") } else { one }
    });
    contractors.collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn no_release_tells_of_few_and_no_series_of_them(seed in any::<u64>(), n in 3usize..80) {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let all = crowd(&mut random, n + 40);
        let mut present: Vec<usize> = (0..n).collect();
        let mut releases: Vec<Vec<Pattern>> = vec![Vec::new()];
        for month in 0..9 {
            let records: Vec<Record> = present.iter().map(|&place| all[place].clone()).collect();
            let learned = next(&records, releases.last().unwrap(), month);
            for transition in &learned.run.eligible {
                prop_assert!(transition.n >= LEAST);
            }
            let now = stored(&learned.patterns);
            tells_of_nobody(&now);
            // Somebody may have kept every one of them.
            releases.iter().for_each(|before| cannot_be_differenced(before, &now));
            releases.push(now);
            // Some leave, some come; in some months many.
            let (most_leave, most_come) = if random.random_bool(0.4) { (12, 14) } else { (4, 9) };
            present.shuffle(&mut random);
            present.truncate(present.len().saturating_sub(random.random_range(0..most_leave)));
            let mut rest: Vec<usize> = (0..all.len()).filter(|place| !present.contains(place)).collect();
            rest.shuffle(&mut random);
            present.extend(rest.into_iter().take(random.random_range(0..most_come)));
        }
    }
}
