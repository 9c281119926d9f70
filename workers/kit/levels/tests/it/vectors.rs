//! The source document's numbers and texts.

use crate::world::*;
use levels::matching::{self, matches};
use levels::pattern::{Basis, Validation};
use levels::{PatternType, Profile, Record, Status, Verdict, content, goals, partners, timeline};
use std::collections::BTreeMap;

fn names() -> BTreeMap<i32, String> {
    BTreeMap::from([(5, "BuildPro".to_owned()), (6, "LeadGen Tools".to_owned())])
}

fn profile() -> Profile {
    Profile {
        revenue_tier: Some(LOW.to_owned()),
        focus_areas: vec!["improved lead systems".to_owned()],
        team_size: Some(9),
        current_stage: Some("Growth".to_owned()),
        ..Profile::default()
    }
}

#[test]
fn the_pattern_of_the_source_document_is_found() {
    let learned = learned(&sample(), &[], &[]);
    let found = pattern(&learned, LOW, PatternType::LeadImprovement);
    assert_eq!((found.sample_size, found.confidence_score), (47, 0.89));
    assert_eq!((found.confidence_low, found.confidence_high), (0.7741, 0.9537));
    assert_eq!(found.common_focus_areas, ["lead_systems"]);
    let modal = found.modal.as_ref().unwrap();
    assert_eq!((modal.figure.count, modal.figure.n, modal.figure.percent().as_str()), (42, 47, "89%"));
    assert_eq!((found.comparison, modal.figure.verdict), (Basis::None, Verdict::CommonAmong));
    assert_eq!((found.validation, found.status), (Validation::Passed, Status::Served));
    assert_eq!((found.avg_time_to_level_up_months, found.median_time_to_level_up_months), (10, 10));
    assert_eq!((found.fastest_time_months, found.team_size), (6, Some(8)));
    assert_eq!(found.success_indicators.revenue_increased, Some(70));
    let partner = &found.common_partners[0];
    assert_eq!((partner.partner_id, partner.usage_rate, partner.avg_satisfaction), (5, 0.89, Some(4.8)));
    let team = pattern(&learned, LOW, PatternType::TeamExpansion);
    assert_eq!(team.common_milestones, ["hired_ops_manager"]);
    let hired = &team.common_milestones_stats[0].figure;
    assert_eq!((hired.count, hired.median_months), (37, Some(3)));
    assert_eq!(learned.run.eligible.len(), 1);
    assert_eq!(learned.run.eligible[0].n, 47);
    assert_eq!(found.pattern_name, "Lead improvement from $3M to $5M");
    assert_eq!(
        found.pattern_description,
        "42 of 47 contractors who went from $3M to $5M improved lead systems first. Common among those who levelled \
         up; that it makes a difference is not shown."
    );
}

#[test]
fn the_goal_of_the_source_document_comes_out() {
    let learned = learned(&sample(), &[], &[]);
    let stored = stored(&learned.patterns);
    let profile = profile();
    let found = matches(&rules(), &profile, &stored);
    assert_eq!(found[0].match_score, 1.0);
    assert_eq!(found[0].match_reason, "Revenue tier, focus areas, team size and current stage align");
    let matched: Vec<_> =
        found.iter().map(|one| stored.iter().find(|pattern| pattern.id == one.pattern_id).unwrap()).collect();
    let goals = goals::goals(&rules(), &profile, None, &matched, &names());
    let shown = serde_json::to_value(&goals[0]).unwrap();
    let expected = serde_json::json!({
        "goal_type": "lead_improvement",
        "goal_description": "Optimize lead generation and conversion systems",
        "target_milestone": "Implement CRM and lead tracking",
        "priority_score": 9,
        "pattern_id": goals[0].pattern_id,
        "pattern_source": "Based on 47 contractors who went from $3M to $5M - 89% improved lead systems first",
        "pattern_confidence": 0.89,
        "data_gaps": ["close_rate", "lead_sources"],
        "checklist": [
            "Get current close rate",
            "Assess current CRM usage",
            "Recommend BuildPro (used by 89% of successful contractors) or LeadGen Tools (used by 68%)",
            "Read 'Traction' (recommended by 72% of successful scalers)",
        ],
        "expected_low_months": 8,
        "expected_high_months": 12,
        "timeline": "Based on similar contractors, expect 8-12 months to reach $5M",
        "question": "How helpful was this recommendation? (1-5)",
    });
    assert_eq!(shown, expected);
    let team = goals.iter().find(|goal| goal.goal_type == PatternType::TeamExpansion).unwrap();
    assert!(team.checklist.contains(&"Assess operations management needs".to_owned()), "{team:?}");
    assert_eq!(team.target_milestone, "Hire an operations manager");

    let partners: Vec<String> =
        partners::recommend(&matched, &names()).into_iter().map(|one| one.text).collect();
    assert_eq!(
        partners,
        [
            "BuildPro (used by 89% of contractors who went from $3M to $5M, avg satisfaction 4.8/5)",
            "LeadGen Tools (used by 68% of contractors who went from $3M to $5M)",
        ]
    );
    let content: Vec<String> = content::recommend(&matched).into_iter().map(|one| one.text).collect();
    assert_eq!(content, ["72% of contractors who scaled to $5M read 'Traction' by Gino Wickman"]);
    let timeline = timeline::predict(&rules(), LOW, Some(NEXT), None, &stored).unwrap();
    assert_eq!(timeline.text, "Based on similar contractors, expect 8-12 months to reach $5M");
}

#[test]
fn what_is_known_is_not_asked_again() {
    let stored = stored(&learned(&sample(), &[], &[]).patterns);
    let matched: Vec<_> = stored.iter().collect();
    let profile = Profile { close_rate: Some(0.3), lead_sources: vec!["web".into()], ..profile() };
    let goals = goals::goals(&rules(), &profile, Some(6.0), &matched, &BTreeMap::new());
    assert!(goals[0].data_gaps.is_empty());
    assert_eq!(
        goals[0].checklist,
        ["Assess current CRM usage", "Read 'Traction' (recommended by 72% of successful scalers)"]
    );
    assert!(goals[0].expected_high_months.unwrap() < 12, "{:?}", goals[0]);
}

#[test]
fn without_a_pattern_goals_come_from_the_profile() {
    let mut profile = profile();
    profile.focus_areas.push("hiring".to_owned());
    let goals = goals::goals(&rules(), &profile, None, &[], &names());
    let kinds: Vec<_> = goals.iter().map(|goal| (goal.goal_type, goal.priority_score)).collect();
    assert_eq!(kinds, [(PatternType::LeadImprovement, 5), (PatternType::TeamExpansion, 5)]);
    assert!(goals.iter().all(|goal| goal.pattern_source.is_none() && goal.pattern_confidence.is_none()));
    assert!(goals.iter().all(|goal| goal.question.is_none()), "nothing was recommended by others");
    let nothing = goals::goals(&rules(), &Profile::default(), None, &[], &names());
    assert_eq!(nothing.len(), 1);
    assert_eq!(nothing[0].goal_type, PatternType::RevenueGrowth);
}

#[test]
fn the_share_of_those_who_stayed_is_told_beside_it() {
    // Statistics 4.10.
    let records = [sample(), stayers()].concat();
    let learned = learned(&records, &[], &[]);
    let found = pattern(&learned, LOW, PatternType::LeadImprovement);
    let modal = found.modal.as_ref().unwrap();
    let with = modal.figure.comparison.as_ref().unwrap();
    assert_eq!((with.stayed_with, with.stayed, with.difference), (51, 60, 0.0436));
    assert_eq!((with.difference_low, with.difference_high, with.fisher_p), (-0.0944, 0.17, 0.574));
    assert_eq!(
        (with.levelled_with, with.levelled_without, with.ratio),
        (Some(0.452), Some(0.357), Some(1.26))
    );
    assert_eq!((modal.figure.verdict, found.success_rate), (Verdict::CommonAmong, Some(0.452)));
    assert!(found.pattern_description.contains("Of those who stayed as long, 51 of 60 did too."));
    let stored = stored(&learned.patterns);
    let matched: Vec<_> = stored.iter().collect();
    let goals = goals::goals(&rules(), &profile(), None, &matched, &names());
    assert_eq!(
        goals[0].pattern_source.as_deref().unwrap(),
        "Based on 47 contractors who went from $3M to $5M - 89% improved lead systems first (85% of those who stayed \
         did too)"
    );
    assert!(!learned.run.selected_for_growth);
}

#[test]
fn no_share_is_told_without_that_of_those_who_stayed() {
    // Statistics 4.10; GR-098.
    let stayers = stayers().into_iter().zip(0..).map(|(one, place)| {
        let one = if place < 24 { one.uses(5, 1.0, None).reads("Traction", "Gino Wickman") } else { one };
        if place < 30 { one.reaches("opened_office", 1.0) } else { one }
    });
    let mut records: Vec<Record> = sample();
    for record in &mut records[..37] {
        *record = record.clone().reaches("opened_office", 1.0);
    }
    records.extend(stayers);
    let stored = stored(&learned(&records, &[], &[]).patterns);
    let matched: Vec<_> = stored.iter().collect();
    let partner = &partners::recommend(&matched, &names())[0];
    assert_eq!(
        partner.text,
        "BuildPro (used by 89% of contractors who went from $3M to $5M, avg satisfaction 4.8/5; 40% of those who \
         stayed did too)"
    );
    assert_eq!(
        partner.like_you,
        "Contractors like you used BuildPro (89% of 47 who went from $3M to $5M; 40% of those who stayed did too)"
    );
    assert_eq!(partner.comparison.as_ref().map(|with| (with.stayed_with, with.stayed)), Some((24, 60)));
    let content = &content::recommend(&matched)[0];
    assert_eq!(
        content.text,
        "72% of contractors who scaled to $5M read 'Traction' by Gino Wickman (40% of those who stayed did too)"
    );
    assert_eq!(content.comparison.as_ref().map(|with| (with.stayed_with, with.stayed)), Some((24, 60)));
    let goals = goals::goals(&rules(), &profile(), None, &matched, &names());
    let items: Vec<&String> = goals.iter().flat_map(|goal| &goal.checklist).collect();
    for item in [
        "Recommend BuildPro (used by 89% of successful contractors; 40% of those who stayed did too) or LeadGen Tools \
         (used by 68%; 0% of those who stayed did too)",
        "Read 'Traction' (recommended by 72% of successful scalers; 40% of those who stayed did too)",
        "Consider: opened office (79% of successful contractors; 50% of those who stayed did too)",
    ] {
        assert!(items.iter().any(|one| *one == item), "{items:#?}");
    }
}

#[test]
fn nobody_knows_what_came_first_without_a_day() {
    let mut records = sample();
    for record in &mut records {
        record.profile.focus_areas = std::mem::take(&mut record.history[0].focus_areas);
    }
    let stored = stored(&learned(&records, &[], &[]).patterns);
    assert!(stored[0].modal.as_ref().unwrap().figure.undated);
    assert_eq!(
        stored[0].pattern_description,
        "42 of 47 contractors who went from $3M to $5M improved lead systems at some time. Common among those who \
         levelled up; that it makes a difference is not shown."
    );
    let goals = goals::goals(&rules(), &profile(), None, &[&stored[0]], &names());
    assert_eq!(
        goals[0].pattern_source.as_deref(),
        Some("Based on 47 contractors who went from $3M to $5M - 89% improved lead systems at some time")
    );
}

#[test]
fn a_share_is_told_of_those_it_was_counted_in() {
    let mut records = sample();
    let first = stored(&learned(&records, &[], &[]).patterns);
    // Six more, one of whom improved lead systems: 43 would tell of that one, and 42 of 47 stays.
    records.extend(
        (0..6).map(|place| Record { contractor_id: 500 + place, ..sample()[41 + place as usize].clone() }),
    );
    let later = learned_at(&records, &first, &[], moment() + chrono::TimeDelta::days(30));
    let found = pattern(&later, LOW, PatternType::LeadImprovement);
    let figure = &found.modal.as_ref().unwrap().figure;
    assert_eq!((found.sample_size, figure.count, figure.n), (53, 42, 47));
    let goals = goals::goals(&rules(), &profile(), None, &[found], &names());
    assert_eq!(
        goals[0].pattern_source.as_deref(),
        Some("Based on 47 contractors who went from $3M to $5M - 89% improved lead systems first")
    );
    // Ratings are 42 and 43 too, so nothing else is told but the middle of 53.
    assert_eq!(found.released_at, later.run.as_of);
    let same = learned_at(&records, &stored(&later.patterns), &[], moment() + chrono::TimeDelta::days(60));
    let same = pattern(&same, LOW, PatternType::LeadImprovement);
    assert_eq!(
        (same.released_at, same.last_recalculated_at),
        (later.run.as_of, moment() + chrono::TimeDelta::days(60))
    );
}

#[test]
fn four_are_no_pattern_and_five_are() {
    // TV28.
    let few =
        |n| (0..n).map(|id| entering(id, date(2024, 1, 1)).focuses("crm").goes_to(NEXT, 5.0 + f64::from(id)));
    let four = learned(&few(4).collect::<Vec<_>>(), &[], &[]);
    assert!(four.patterns.is_empty());
    let listed = &four.run.insufficient_data[0];
    assert_eq!((listed.n, listed.reason.as_deref()), (4, Some("4 made it, and 5 are needed")));
    let five = learned(&few(5).collect::<Vec<_>>(), &[], &[]);
    let found = pattern(&five, LOW, PatternType::LeadImprovement);
    assert_eq!((found.sample_size, found.confidence_score), (5, 0.5));
    assert_eq!((found.validation, found.status), (Validation::TooFew, Status::Served));
    assert_eq!(found.status_reason.as_deref(), Some("too few level-ups came later to judge it by"));
    assert!(five.run.insufficient_data.is_empty());
}

#[test]
fn a_transition_without_anything_common_says_so() {
    let records: Vec<_> = (0..12).map(|id| entering(id, date(2024, 1, 1)).goes_to(NEXT, 9.0)).collect();
    let learned = learned(&records, &[], &[]);
    let found = pattern(&learned, LOW, PatternType::RevenueGrowth);
    assert_eq!((found.confidence_score, found.modal.as_ref(), found.status), (0.0, None, Status::Served));
    assert!(found.pattern_description.contains("Nothing that may be told"), "{}", found.pattern_description);
    let stored = stored(&learned.patterns);
    let goals = goals::goals(&rules(), &profile(), None, &[&stored[0]], &names());
    assert_eq!(
        goals[0].pattern_source.as_deref(),
        Some("Based on 12 contractors who went from the 0-5 million tier to the 5-10 million tier")
    );
    assert_eq!((goals[0].priority_score, goals[0].timeline.is_some()), (1, true));
}

#[test]
fn time_counts_from_an_entry_that_was_seen() {
    // Yearly lists. Who is on one for the first time had been in the tier for nobody knows how long.
    let mut records: Vec<Record> = Vec::new();
    records.extend((0..30).map(|id| focused(listed(id, [2012, 2016]), "pricing")));
    records.extend((30..60).map(|id| focused(listed(id, [2000, 2011]), "pricing")));
    // Thirty who stay: twenty of them came from below.
    records.extend((60..80).map(|id| listed(id, [2012, 2030])));
    records.extend((80..90).map(|id| listed(id, [2000, 2030])));
    let learned = learned(&records, &[], &[]);
    assert!(learned.run.yearly_lists);
    let found = pattern(&learned, NEXT, PatternType::RevenueGrowth);
    // All sixty tell what they had in common, and thirty how long it took.
    let figure = &found.modal.as_ref().unwrap().figure;
    assert_eq!((found.sample_size, figure.count, figure.n), (60, 60, 60));
    assert_eq!(
        (found.months_stats.n, found.median_time_to_level_up_months, found.months_stats.p10),
        (30, 48, 48)
    );
    assert_eq!(figure.comparison.as_ref().unwrap().stayed, 20);
    let below = pattern(&learned, LOW, PatternType::RevenueGrowth);
    assert_eq!((below.sample_size, below.months_stats.n, below.avg_time_to_level_up_months), (50, 0, 0));
    let stored = stored(&learned.patterns);
    let matched: Vec<_> = stored.iter().filter(|one| one.from_revenue_tier == LOW).collect();
    let goals = goals::goals(&rules(), &profile(), Some(3.0), &matched, &names());
    assert!(goals[0].pattern_id.is_some() && goals[0].timeline.is_none());
    let unknown = timeline::predict(&rules(), LOW, None, None, &stored).unwrap_err();
    assert_eq!(unknown, timeline::Unknown::NoPattern(LOW.into(), "a higher tier".into()));
}

#[test]
fn a_tier_that_was_skipped_is_a_transition_of_its_own() {
    let records: Vec<_> = (0..6).map(|id| entering(id, date(2024, 1, 1)).goes_to(THIRD, 9.0)).collect();
    let learned = learned(&records, &[], &[]);
    let ways: Vec<_> = learned.patterns.iter().map(|one| one.to_revenue_tier.as_str()).collect();
    assert_eq!(ways, [THIRD]);
}

#[test]
fn being_in_a_tier_is_no_transition() {
    // Default GR 34.
    let mut records: Vec<_> = (0..20)
        .map(|id| levels::Record {
            history: vec![at(NEXT, date(2024, 1, 1))],
            ..entering(id, date(2024, 1, 1))
        })
        .collect();
    records.extend((20..40).map(|id| entering(id, date(2024, 1, 1)).goes_to(LOW, 3.0)));
    let mut fell: Vec<_> = (40..60).map(|id| entering(id, date(2024, 1, 1)).goes_to(LOW, 8.0)).collect();
    fell.iter_mut().for_each(|record| record.history[0].tier = NEXT.to_owned());
    records.extend(fell);
    let learned = learned(&records, &[], &[]);
    assert!(learned.patterns.is_empty() && learned.run.insufficient_data.is_empty(), "{learned:#?}");
}

#[test]
fn what_came_after_levelling_up_does_not_count() {
    let records: Vec<_> = (0..20)
        .map(|id| {
            let one = entering(id, date(2024, 1, 1)).goes_to(NEXT, 6.0);
            if id % 2 == 0 { one.reaches("crm", 5.0) } else { one.reaches("crm", 7.0) }
        })
        .collect();
    let learned = learned(&records, &[], &[]);
    let found = pattern(&learned, LOW, PatternType::LeadImprovement);
    let crm = &found.common_milestones_stats[0];
    assert_eq!((crm.figure.count, crm.figure.n, crm.figure.undated), (10, 20, false));
}

#[test]
fn learning_is_the_same_in_whatever_order() {
    let mut records = [sample(), stayers()].concat();
    let one = learned(&records, &[], &[]);
    records.reverse();
    let other = learned(&records, &[], &[]);
    assert_eq!(
        serde_json::to_string(&one.patterns).unwrap(),
        serde_json::to_string(&other.patterns).unwrap()
    );
    assert_eq!(one.run, other.run);
}

#[test]
fn matches_are_the_best_three_that_lie_ahead() {
    let records: Vec<_> = sample()
        .into_iter()
        .map(|record| record.goes_to(THIRD, 23.0))
        .map(|record| record.reaches("greenfield_growth", 1.0))
        .collect();
    let stored = stored(&learned(&records, &[], &[]).patterns);
    let found = matches(&rules(), &profile(), &stored);
    assert_eq!(found.len(), matching::TOP);
    assert!(found.iter().all(|one| (0.0..=1.0).contains(&one.match_score)));
    assert!(found.is_sorted_by(|one, next| one.match_score >= next.match_score));
    let above = Profile { revenue_tier: Some(NEXT.to_owned()), ..profile() };
    let found = matches(&rules(), &above, &stored);
    let to: Vec<_> = found.iter().map(|one| &stored[one.pattern_id as usize - 1].to_revenue_tier).collect();
    assert!(!to.is_empty() && to.iter().all(|to| *to == THIRD), "{to:?}");
    let nobody = Profile { revenue_tier: Some("101_million_plus".into()), ..profile() };
    assert!(matches(&rules(), &nobody, &stored).is_empty());
}
