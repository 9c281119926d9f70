//! Breaks, and what looks like one.

use super::*;
use crate::{Record, Rules};

fn row(tier: &str, year: i32, month: u32) -> Observed {
    Observed {
        tier: tier.to_owned(),
        valid_from: NaiveDate::from_ymd_opt(year, month, 1).unwrap(),
        revenue: None,
        team_size: None,
        focus_areas: Vec::new(),
        current_stage: None,
    }
}

fn facts(histories: impl IntoIterator<Item = Vec<Observed>>) -> Facts {
    let rules = Rules::defaults().unwrap();
    let mut facts = Facts::default();
    let today = day(NaiveDate::from_ymd_opt(2026, 1, 1).unwrap());
    for (id, history) in histories.into_iter().enumerate() {
        facts.keep(&rules, today, &Record { contractor_id: id as i32, history, ..Record::default() });
    }
    facts
}

const LOW: &str = "0_5_million";
const NEXT: &str = "5_10_million";

/// A hundred names a year from 2010 to 2016; in 2014 all but thirty are new.
fn yearly() -> Facts {
    let old = (0..100).map(|id| {
        let until = if id < 30 { 2016 } else { 2013 };
        // A tenth go up in 2012, and another tenth across the break, if they are still there.
        let tier =
            |year| if id % 10 == 0 && year >= 2012 || id % 10 == 1 && year >= 2014 { NEXT } else { LOW };
        (2010..=until).map(|year| row(tier(year), year, 1)).collect()
    });
    let new = (0..70).map(|_| (2014..=2016).map(|year| row(LOW, year, 1)).collect());
    facts(old.chain(new).collect::<Vec<_>>())
}

#[test]
fn a_year_in_which_most_names_vanish_is_a_break() {
    let found = lists(&yearly());
    assert!(found.yearly);
    assert_eq!(found.breaks, [Break { year: 2014, seen: 100, stayed: 30, share: 0.3, usual: 1.0 }]);
}

#[test]
fn what_profiles_tell_makes_no_list_and_breaks_none() {
    // All that were on the list are looked at now and then, and as many others.
    let rules = Rules::defaults().unwrap();
    let today = day(NaiveDate::from_ymd_opt(2026, 1, 1).unwrap());
    let mut facts = Facts::default();
    for id in 0..200 {
        let seen = (0..3).map(|place| row(LOW, 2017 + place, (id + place) as u32 % 12 + 1)).collect();
        let history = (2010..=2016).map(|year| row(LOW, year, 1)).filter(|_| id < 100).collect();
        facts.keep(&rules, today, &Record { contractor_id: id, history, seen, ..Record::default() });
    }
    assert_eq!(lists(&facts), Lists { yearly: true, breaks: Vec::new() });
    assert_eq!(facts.contractors.iter().map(|one| one.rows.len()).sum::<usize>(), 100 * 7 + 200 * 3);
}

#[test]
fn nothing_is_learned_across_a_break() {
    let facts = yearly();
    let lists = lists(&facts);
    let today = day(NaiveDate::from_ymd_opt(2026, 1, 1).unwrap());
    let ups = |lists: &Lists| spells(&facts, lists, today).iter().filter(|spell| spell.up.is_some()).count();
    assert_eq!(ups(&lists), 10);
    // Three of the others are there before and after.
    assert_eq!(ups(&Lists { breaks: Vec::new(), ..lists.clone() }), 13);
    let spells = spells(&facts, &lists, today);
    // Who vanished was seen last in 2013, and is followed no longer.
    let vanished = spells.iter().find(|spell| spell.contractor == 99).unwrap();
    assert_eq!(year(vanished.end), 2013);
    // Who is there on both sides begins anew.
    let there: Vec<(i32, i32)> = spells
        .iter()
        .filter(|spell| spell.contractor == 2)
        .map(|one| (year(one.start), year(one.end)))
        .collect();
    assert_eq!(there, [(2010, 2013), (2014, 2016)]);
}

#[test]
fn who_was_off_a_list_was_not_seen_levelling_up() {
    let on = |tier: &'static str, years: std::ops::Range<i32>| years.map(move |year| row(tier, year, 1));
    let mut histories: Vec<Vec<Observed>> = (0..40).map(|_| on(LOW, 2010..2020).collect()).collect();
    // Off the list for two years, and back in a higher tier; or back in the same one.
    histories.push(on(LOW, 2010..2013).chain(on(NEXT, 2015..2018)).collect());
    histories.push(on(LOW, 2010..2013).chain(on(LOW, 2014..2016)).chain(on(NEXT, 2016..2018)).collect());
    let facts = facts(histories);
    let lists = lists(&facts);
    assert!(lists.yearly && lists.breaks.is_empty());
    let spells = spells(&facts, &lists, day(NaiveDate::from_ymd_opt(2026, 1, 1).unwrap()));
    let of = |contractor: u32| {
        let own = spells.iter().filter(move |spell| spell.contractor == contractor);
        own.map(|one| (one.rank, year(one.start), year(one.end), one.up)).collect::<Vec<_>>()
    };
    assert_eq!(of(40), [(0, 2010, 2012, None), (1, 2015, 2017, None)]);
    assert_eq!(of(41), [(0, 2010, 2012, None), (0, 2014, 2016, Some(1)), (1, 2016, 2017, None)]);
}

#[test]
fn changes_that_fall_into_following_years_are_no_lists() {
    // Everybody enters in one January and most go up in the next: nothing is repeated.
    let changes = facts((0..100).map(|id| {
        let mut rows = vec![row(LOW, 2020, 1)];
        rows.extend((id < 80).then(|| row(NEXT, 2021, 1)));
        rows.extend((id < 60).then(|| row("11_20_million", 2022, 1)));
        rows.extend((id < 20).then(|| row("21_30_million", 2023, 1)));
        rows
    }));
    assert_eq!(lists(&changes), Lists::default());
    // Repeated, but whenever somebody looked.
    let reviews = facts((0..100).map(|id| (2015..2020).map(|year| row(LOW, year, id % 12 + 1)).collect()));
    assert_eq!(lists(&reviews), Lists::default());
}

#[test]
fn a_fall_ends_a_spell_and_is_no_level_up() {
    let facts = facts([vec![row(NEXT, 2020, 1), row(LOW, 2021, 1), row(LOW, 2022, 1), row(NEXT, 2023, 1)]]);
    let spells = spells(&facts, &Lists::default(), day(NaiveDate::from_ymd_opt(2026, 1, 1).unwrap()));
    let shown: Vec<_> = spells.iter().map(|one| (one.rank, year(one.start), year(one.end), one.up)).collect();
    assert_eq!(shown, [(1, 2020, 2021, None), (0, 2021, 2023, Some(1)), (1, 2023, 2026, None)]);
}

#[test]
fn only_winners_are_told_by_their_revenues() {
    let grown = |id: i32, then: f64| {
        let mut rows = vec![row(LOW, 2016, 1), row(NEXT, 2019, 1)];
        (rows[0].revenue, rows[1].revenue) = (Some(2e6 + f64::from(id)), Some(then));
        rows
    };
    assert!(is_selected_for_growth(&facts((0..20).map(|id| grown(id, 6e6)))));
    assert!(!is_selected_for_growth(&facts((0..19).map(|id| grown(id, 6e6)))));
    // One that fell is a slip of the pen; two of 21 are people who fell.
    let fallen = |n| facts((0..21).map(move |id| grown(id, if id < n { 1e6 } else { 6e6 })));
    assert!(is_selected_for_growth(&fallen(1)));
    assert!(!is_selected_for_growth(&fallen(2)));
    // Those who stayed have one figure, because nothing changed.
    let stayed = (0..20).map(|_| vec![Observed { revenue: Some(2e6), ..row(LOW, 2016, 1) }]);
    assert!(!is_selected_for_growth(&facts((0..20).map(|id| grown(id, 6e6)).chain(stayed))));
}

#[test]
fn time_in_a_tier_counts_from_entering_it() {
    let rules = Rules::defaults().unwrap();
    let on = NaiveDate::from_ymd_opt(2022, 1, 1).unwrap();
    let history = [row(NEXT, 2021, 7), row(LOW, 2020, 1), row(NEXT, 2021, 1), row(LOW, 2023, 1)];
    let months = elapsed_months(&rules, &history, on).unwrap();
    assert!((months - 12.0).abs() < 0.02, "{months}");
    assert_eq!(elapsed_months(&rules, &history[3..], on), None);
}

#[test]
fn who_is_known_by_the_profile_was_in_the_tier_before() {
    let rules = Rules::defaults().unwrap();
    let today = day(NaiveDate::from_ymd_opt(2026, 1, 1).unwrap());
    let mut facts = Facts::default();
    let seen = vec![row(LOW, 2020, 1), row(NEXT, 2021, 1)];
    facts.keep(&rules, today, &Record { seen, ..Record::default() });
    let entered =
        spells(&facts, &Lists::default(), today).iter().map(|spell| spell.is_entered).collect::<Vec<_>>();
    assert_eq!(entered, [false, true]);
}

/// Spells of one contractor: the tier's place, days, whether it was entered before our eyes, and what came after.
fn spells_of(history: Vec<Observed>, seen: Vec<Observed>) -> Vec<(u8, i32, bool, Option<u8>)> {
    let rules = Rules::defaults().unwrap();
    let today = day(NaiveDate::from_ymd_opt(2026, 1, 1).unwrap());
    let mut facts = Facts::default();
    facts.keep(&rules, today, &Record { contractor_id: 1, history, seen, ..Record::default() });
    let found = spells(&facts, &Lists::default(), today);
    found.iter().map(|spell| (spell.rank, spell.days(), spell.is_entered, spell.up)).collect()
}

#[test]
fn nobody_saw_when_the_tier_came_that_a_profile_tells_first() {
    let old = || vec![row(LOW, 2019, 1), row(LOW, 2020, 1)];
    assert_eq!(spells_of(old(), vec![row(NEXT, 2025, 12)]), [(0, 365, true, None), (1, 31, false, None)]);
    // What changes between two looks at the profile has come in between.
    assert_eq!(
        spells_of(old(), vec![row(LOW, 2025, 1), row(NEXT, 2025, 12)]),
        [(0, 2526, true, Some(1)), (1, 31, true, None)]
    );
}

#[test]
fn a_profile_that_was_put_right_is_no_step() {
    let mut wrong = row(NEXT, 2025, 12);
    let mut right = row(LOW, 2025, 12);
    wrong.valid_from = NaiveDate::from_ymd_opt(2025, 11, 30).unwrap();
    right.valid_from = NaiveDate::from_ymd_opt(2025, 12, 1).unwrap();
    assert_eq!(spells_of(Vec::new(), vec![row(LOW, 2025, 1), wrong, right]), [(0, 365, false, None)]);
}
