//! Whole runs through the pure rules: the source document's test cases, laws, and the order of parts.

mod laws;

use std::collections::BTreeSet;

use proto::v1::Strategy::{BusinessType, Geographic, PainPattern};
use proto::v1::{
    Alert, Assignment, Clinic, ClinicMatch, ClinicPart, DecisionMaker, Evidence, Matches, PainPoint, Segment,
    Signal, Strategy,
};

use crate::alerts::alerts;
use crate::assignment::assignment;
use crate::dedup::{Decision, settle};
use crate::proposal::{Wishes, propose};
use crate::publication::{self, Quotes};
use crate::ranking::{self, Adjustment};
use crate::run::{Error, Intake, Run};

/// A clinic's way of contact, and what the strategies say of it: indexes into signals of its part.
#[derive(Debug)]
struct Made {
    clinics: Vec<Clinic>,
    matches: Vec<Matches>,
}

impl Made {
    fn new() -> Self {
        Self { clinics: Vec::new(), matches: Vec::new() }
    }

    /// Adds so many clinics, each with the same signals.
    fn with(mut self, number: usize, clinic: &Clinic, signals: &[(Strategy, Signal)]) -> Self {
        let first = self.clinics.len() as i64 + 1;
        let ids: Vec<i64> = (first..first + number as i64).collect();
        self.clinics.extend(ids.iter().map(|id| Clinic { id: *id, ..clinic.clone() }));
        for (strategy, signal) in signals {
            let matched = |id: &i64| ClinicMatch { clinic_id: *id, signals: vec![0] };
            self.matches.push(Matches {
                strategy: (*strategy).into(),
                signals: vec![signal.clone()],
                clinics: ids.iter().map(matched).collect(),
                skipped_pain_points: 0,
            });
        }
        self
    }

    fn run(&self) -> Run {
        let mut intake = Intake::default();
        intake.clinics(0, &ClinicPart { clinics: self.clinics.clone() });
        for matches in &self.matches {
            intake.matches("any", matches).unwrap();
        }
        intake.finish()
    }

    fn decide(&self, min_confidence: f64) -> (Run, Decision) {
        let run = self.run();
        let wishes = Wishes { min_confidence, ..Wishes::default() };
        let decision = settle(&run, &wishes, propose(&run, &wishes), &[]);
        (run, decision)
    }
}

fn phone() -> Clinic {
    Clinic { phone: Some("(602) 555-0100".into()), ..Clinic::default() }
}

fn reachable() -> Clinic {
    let person =
        DecisionMaker { name: "A".into(), email: Some("a@b.example".into()), ..DecisionMaker::default() };
    Clinic { decision_maker: Some(person), ..phone() }
}

fn signal(category: &str, label: &str, points: f64) -> Signal {
    let evidence = vec![Evidence { pain_point_id: 1, ..Evidence::default() }];
    Signal {
        category: category.into(),
        label: label.into(),
        points,
        pain_points: 4,
        severity_sum: 25.0,
        mentions_sum: 8,
        evidence,
        city: String::new(),
    }
}

fn published(run: &Run, decision: &Decision) -> Vec<Segment> {
    let members = publication::members(decision);
    let quotes = Quotes::from([(1, PainPoint { id: 1, text: "It hurts".into(), ..PainPoint::default() })]);
    let segment = |((index, ranked), members): ((u32, _), &Vec<u32>)| {
        publication::segment(run, index, ranked, members, &quotes)
    };
    (0..).zip(&decision.segments).zip(&members).map(segment).collect()
}

fn assignments(run: &Run, decision: &Decision) -> Vec<Assignment> {
    (0..run.clinics.len() as u32).map(|clinic| assignment(run, decision, clinic)).collect()
}

fn names(decision: &Decision) -> Vec<&str> {
    decision.segments.iter().map(|ranked| ranked.candidate.name.as_str()).collect()
}

fn texts(alerts: &[Alert]) -> Vec<&str> {
    alerts.iter().map(|alert| alert.text.as_str()).collect()
}

#[test]
fn tc2_clinics_of_a_state_that_was_named() {
    let (run, decision) = Made::new()
        .with(47, &phone(), &[(Geographic, signal("emr", "AZ", 5.0))])
        .with(20, &phone(), &[])
        .decide(5.0);
    let segments = published(&run, &decision);
    let segment = &segments[0];
    assert_eq!((segment.name.as_str(), segment.clinics, segment.state.as_str()), ("emr-arizona", 47, "AZ"));
    assert_eq!((segment.priority_score, segment.mean_confidence), (7.5, 6.0));
    assert!(segment.match_reason.starts_with("Pain point mentioned in Arizona"));
    assert_eq!((segments.len(), segment.example_pain.as_str()), (1, "It hurts"));
    let all = assignments(&run, &decision);
    assert!(all[..47].iter().all(|one| one.confidence > 5.0 && one.reason_code == "geo_state"));
    assert!(all[47..].iter().all(|one| one.segment.is_none()));
}

#[test]
fn tc3_clinics_of_a_type_that_was_named() {
    let (run, decision) = Made::new()
        .with(63, &reachable(), &[(BusinessType, signal("marketing", "cash-based", 5.0))])
        .decide(7.0);
    let segment = &published(&run, &decision)[0];
    assert_eq!((segment.name.as_str(), segment.clinics), ("marketing-cash-based", 63));
    assert!(segment.match_reason.starts_with("Pain point specific to cash-based"));
    assert_eq!(segment.match_strategy, "business_type");
}

fn troubled() -> Made {
    let pattern = |category: &str| (PainPattern, signal(category, "any", 8.0));
    let state = |category: &str| (Geographic, signal(category, "AZ", 3.0));
    Made::new()
        .with(12, &reachable(), &[pattern("billing"), pattern("emr"), pattern("staffing")])
        .with(100, &reachable(), &[state("emr")])
        .with(10, &reachable(), &[state("emr"), state("billing")])
}

#[test]
fn tc4_clinics_with_three_pains_are_in_one_segment_only() {
    let (run, decision) = troubled().decide(7.0);
    assert_eq!(names(&decision)[0], "multi-pain-hot-leads");
    let segment = &published(&run, &decision)[0];
    assert_eq!((segment.clinics, segment.match_reason.as_str()), (12, "Matches 3+ pain categories"));
    assert_eq!((segment.pain_category.as_str(), segment.categories.len()), ("multi", 3));
    let all = assignments(&run, &decision);
    assert!(
        all[..12].iter().all(|one| one.segment == Some(0) && one.hot_lead && one.removed_from.len() == 3)
    );
    assert!(all[12..112].iter().all(|one| !one.hot_lead && one.removed_from.is_empty()));
    assert!(all[112..].iter().all(|one| one.hot_lead && one.removed_from.len() == 1));
}

#[test]
fn too_many_hot_leads_are_told() {
    let (_, decision) = troubled().decide(7.0);
    assert!(!decision.totals.has_too_many_hot_leads());
    let pattern = |category: &str| (PainPattern, signal(category, "any", 8.0));
    let hot = [pattern("billing"), pattern("emr"), pattern("staffing")];
    let (_, decision) = Made::new().with(11, &phone(), &hot).with(89, &phone(), &[]).decide(7.0);
    assert!(decision.totals.has_too_many_hot_leads());
    assert_eq!(texts(&alerts("r", &decision, false))[1..], ["11 of 100 clinics match 3+ pain categories"]);
}

#[test]
fn tc5_nine_is_too_much_and_seven_is_tried() {
    let states = ["AZ", "TX", "CA", "FL", "CO", "IL", "WA", "NC", "OR", "NV"];
    let clinic = Clinic { email: Some("a@b.example".into()), ..Clinic::default() };
    let made = states
        .iter()
        .fold(Made::new(), |made, state| made.with(2, &clinic, &[(Geographic, signal("emr", state, 5.0))]));
    let (_, decision) = made.decide(9.0);
    assert_eq!(decision.proposal.attempts, [(9.0, 0), (7.0, 10)]);
    let alerts = alerts("r", &decision, false);
    assert_eq!(texts(&alerts), ["All segments below confidence threshold, consider lowering to 7"]);
    assert_eq!(alerts[0].key, "r-9");
}

#[test]
fn a_run_where_nothing_is_sure_ends_empty_without_a_crash() {
    let (_, decision) = Made::new().with(3, &phone(), &[(Geographic, signal("emr", "AZ", 3.0))]).decide(9.0);
    assert_eq!(decision.segments.len(), 0);
    assert_eq!(decision.proposal.attempts, [(9.0, 0), (7.0, 0), (5.0, 0)]);
    assert_eq!(alerts("r", &decision, false).len(), 4);
    let (_, nobody) = Made::new().decide(7.0);
    assert_eq!(alerts("r", &nobody, true).len(), 1);
}

#[test]
fn a_state_and_a_type_make_a_segment_of_both_when_three_clinics_agree() {
    let both = [
        (Geographic, signal("marketing", "TX", 3.0)),
        (BusinessType, signal("marketing", "cash-based", 5.0)),
    ];
    let (run, decision) = Made::new().with(3, &phone(), &both).decide(7.0);
    let segment = &published(&run, &decision)[0];
    assert_eq!(segment.name, "marketing-cash-based-texas");
    assert_eq!(segment.match_strategy, "geographic + business_type");
    assert_eq!(
        segment.match_reason,
        "Pain point mentioned in Texas, targeting local clinics + Pain point specific to cash-based clinics"
    );
    let (_, decision) = Made::new().with(2, &phone(), &both).decide(7.0);
    assert_eq!(names(&decision), ["marketing-cash-based"]);
}

#[test]
fn patterns_are_named_with_their_state_or_type() {
    let pattern = || (PainPattern, signal("scheduling", "scheduling_chaos", 8.0));
    let state = || (Geographic, signal("scheduling", "FL", 3.0));
    let kind = || (BusinessType, signal("scheduling", "solo-practice", 5.0));
    let made = Made::new()
        .with(3, &phone(), &[pattern()])
        .with(3, &phone(), &[pattern(), state()])
        .with(3, &phone(), &[pattern(), kind()])
        .with(3, &phone(), &[pattern(), state(), kind()]);
    let (run, decision) = made.decide(7.0);
    let found: BTreeSet<&str> = names(&decision).into_iter().collect();
    let expected = [
        "scheduling-pattern-detected",
        "scheduling-pattern-detected-florida",
        "scheduling-solo-practice-florida",
        "scheduling-solo-practice-pattern-detected",
    ];
    assert_eq!(found, expected.into());
    assert_eq!(assignments(&run, &decision)[11].match_strategy, "geographic + business_type + pain_pattern");
}

#[test]
fn a_clinic_without_a_type_is_general_when_contact_alone_suffices_and_never_hot() {
    let general = |category: &str| (BusinessType, signal(category, "general", 0.0));
    let all = [general("billing"), general("emr"), general("staffing")];
    let (run, decision) = Made::new().with(1, &reachable(), &all).with(1, &phone(), &all).decide(5.0);
    let all = assignments(&run, &decision);
    assert_eq!((names(&decision), all[0].hot_lead), (vec!["billing-general"], false));
    assert_eq!(all[1].segment, None);
}

#[test]
fn a_near_miss_says_what_would_help() {
    let clinic = Clinic { email: None, phone: None, ..reachable() };
    let clinic = Clinic { decision_maker: None, ..clinic };
    let made = Made::new()
        .with(1, &clinic, &[(Geographic, signal("emr", "AZ", 5.0))])
        .with(1, &phone(), &[(Geographic, signal("emr", "AZ", 3.0))])
        .with(1, &phone(), &[])
        .with(1, &reachable(), &[(Geographic, signal("emr", "AZ", 5.0))]);
    let (run, decision) = made.decide(7.0);
    let misses: Vec<String> = assignments(&run, &decision).into_iter().map(|one| one.nearest_miss).collect();
    assert_eq!(misses[0], "emr-arizona: 5.0 of 7 needed; a known e-mail would add 3");
    assert_eq!(misses[1], "emr-arizona: 4.0 of 7 needed; a known decision maker with an e-mail would add 4");
    assert!(misses[2].starts_with("no pain point"));
    assert_eq!(misses[3], "");
}

#[test]
fn names_are_safe_whatever_the_category() {
    let check = |text: &str, expected: &str| assert_eq!(crate::segments::slug(text), expected);
    check("EMR & Documentation", "emr-documentation");
    check("  Señor's--Café ", "senors-cafe");
    check("\u{1F600}", "unnamed");
    check(&"x".repeat(300), &"x".repeat(255));
}

#[test]
fn the_ten_best_are_asked_with_every_category_that_matters() {
    let clinic = reachable();
    let made = (0..15).fold(Made::new(), |made, at| {
        let category = format!("c{at:02}");
        made.with(
            1,
            &clinic,
            &[(Geographic, Signal { severity_sum: 40.0 - at as f64, ..signal(&category, "AZ", 3.0) })],
        )
    });
    let run = made.run();
    let wishes = Wishes { min_confidence: 7.0, priority_categories: vec!["c14".into(), "none".into()] };
    let proposal = propose(&run, &wishes);
    let asked = ranking::asked(&run, &wishes, &proposal);
    assert_eq!(asked.len(), 10);
    assert!(asked.contains(&14) && asked.contains(&8) && !asked.contains(&9));
}

#[test]
fn claude_moves_a_score_by_one_at_most_and_nothing_it_was_not_asked() {
    let made = Made::new().with(4, &phone(), &[(Geographic, signal("emr", "AZ", 5.0))]);
    let run = made.run();
    let wishes = Wishes { min_confidence: 5.0, ..Wishes::default() };
    let proposal = propose(&run, &wishes);
    let answer = serde_json::json!({"ranking": [
        {"segment": "emr-arizona", "delta": -7.0, "reason": "small\nmarket"},
        {"segment": "other", "delta": 1.0, "reason": "invented"},
    ]});
    let adjustments = ranking::adjustments(&proposal, &[0], &answer);
    assert_eq!(adjustments, [Some(Adjustment { delta: -1.0, reason: "smallmarket".into() })]);
    let decision = settle(&run, &wishes, proposal, &adjustments);
    let segment = &published(&run, &decision)[0];
    assert_eq!((segment.priority_score, segment.ai_adjustment, segment.priority_raw), (6.5, -1.0, 7.5));
}

#[test]
fn matches_that_make_no_sense_are_refused() {
    let mut intake = Intake::default();
    intake.clinics(0, &ClinicPart { clinics: vec![Clinic { id: 1, ..phone() }] });
    assert_eq!(intake.matches("x-0", &Matches::default()), Err(Error::Strategy("x-0".into())));
    let clinics = vec![ClinicMatch { clinic_id: 1, signals: vec![3] }];
    let matches = Matches { strategy: Geographic.into(), clinics, ..Matches::default() };
    assert_eq!(intake.matches("x-0", &matches), Err(Error::Signal { part: "x-0".into(), index: 3 }));
}
