//! The strategies on small runs: which clinics match, with what points, counts and evidence.

use places::Hints;
use proptest::prelude::*;
use proptest::strategy::Strategy as _;
use proto::v1::{
    Clinic, ClinicPart, ClinicPattern, ConfidenceMode, MatchConfig, Matches, PainPoint, PatternConfidence,
    RunHeader, RunRequest, Signal, Strategy,
};

use crate::business_type::BusinessType;
use crate::geographic::Geographic;
use crate::pain_pattern::PainPattern;
use crate::rules::{Rules, wanted};
use crate::{Config, PatternType};

fn config() -> Config {
    let known = |category: &str, pattern_type: &str| PatternType {
        category: category.into(),
        pattern_type: pattern_type.into(),
    };
    Config { pattern_types: vec![known("scheduling", "scheduling_chaos"), known("emr", "emr_frustration")] }
}

fn header(mode: ConfidenceMode) -> RunHeader {
    let config = MatchConfig { confidence_mode: mode.into(), ..MatchConfig::default() };
    let request = RunRequest { config: Some(config), ..RunRequest::default() };
    RunHeader { request: Some(request), has_patterns: true, ..RunHeader::default() }
}

fn pain(id: i64, category: &str, text: &str) -> PainPoint {
    PainPoint {
        id,
        category: category.into(),
        text: text.into(),
        severity: 6.5,
        mentions: 2,
        example_urls: Vec::new(),
    }
}

fn linked(id: i64, text: &str, url: &str) -> PainPoint {
    PainPoint { example_urls: vec![url.into()], ..pain(id, "emr", text) }
}

fn clinic(id: i64, city: &str, state: &str) -> Clinic {
    Clinic { id, city: Some(city.into()), state: Some(state.into()), ..Clinic::default() }
}

fn typed(name: &str, business_type: Option<&str>) -> Clinic {
    Clinic { id: 1, name: name.into(), business_type: business_type.map(Into::into), ..Clinic::default() }
}

fn patterned(patterns: &[(&str, PatternConfidence)]) -> Clinic {
    let pattern = |(kind, confidence): &(&str, PatternConfidence)| ClinicPattern {
        pattern_type: (*kind).into(),
        confidence: (*confidence).into(),
    };
    Clinic { id: 1, patterns: patterns.iter().map(pattern).collect(), ..Clinic::default() }
}

fn run<R: Rules>(header: &RunHeader, pains: &[PainPoint], clinics: Vec<Clinic>) -> Matches {
    let mut rules = R::begin(&config(), header, Hints::default());
    for pain in pains {
        rules.learn(pain);
    }
    rules.seal();
    rules.matches(&ClinicPart { clinics })
}

/// Signals of the only clinic as "category label city points x pain points".
fn seen(matches: &Matches) -> Vec<String> {
    let line = |signal: &Signal| {
        let Signal { category, label, city, points, pain_points, .. } = signal;
        format!("{category} {label} {city} {points} x{pain_points}").replace("  ", " ")
    };
    assert!(matches.clinics.len() < 2);
    let indexes = matches.clinics.iter().flat_map(|clinic| &clinic.signals);
    indexes.map(|index| line(&matches.signals[*index as usize])).collect()
}

#[track_caller]
fn check<R: Rules>(pains: &[PainPoint], clinic: Clinic, expected: &[&str]) {
    let matches = run::<R>(&header(ConfidenceMode::Graded), pains, vec![clinic]);
    assert_eq!(seen(&matches), expected);
}

#[track_caller]
fn check_block<R: Rules>(pains: &[PainPoint], clinic: Clinic, expected: &[&str]) {
    let matches = run::<R>(&header(ConfidenceMode::Block), pains, vec![clinic]);
    assert_eq!(seen(&matches), expected);
}

fn arizona() -> [PainPoint; 3] {
    [
        pain(1, "emr", "Cash-based PT in Arizona is tough"),
        pain(2, "emr", "Phoenix, AZ clinics hate their EMR"),
        pain(3, "emr", "no place at all"),
    ]
}

#[test]
fn tv01_a_state_in_the_text_gives_three_points_and_its_span() {
    let matches =
        run::<Geographic>(&header(ConfidenceMode::Graded), &arizona()[..1], vec![clinic(7, "Mesa", "AZ")]);
    assert_eq!(seen(&matches), ["emr AZ 3 x1"]);
    let evidence = &matches.signals[0].evidence[0];
    let span = evidence.start as usize..evidence.end as usize;
    assert_eq!(&arizona()[0].text[span], "Arizona");
}

#[test]
fn tv02_names_and_abbreviations_and_cities_find_their_clinics() {
    let pains = [pain(1, "emr", "Arizona, Phoenix, TX and Dallas all the same")];
    check::<Geographic>(&pains, clinic(1, "Phoenix", "AZ"), &["emr AZ Phoenix 5 x1"]);
    check::<Geographic>(&pains, clinic(1, "Dallas", "Texas"), &["emr TX Dallas 5 x1"]);
    check::<Geographic>(&pains, clinic(1, "Austin", "tx"), &["emr TX 3 x1"]);
    check::<Geographic>(&pains, clinic(1, "Reno", "NV"), &[]);
}

#[test]
fn pain_points_of_the_city_and_of_the_rest_of_the_state_stand_apart() {
    check::<Geographic>(&arizona(), clinic(1, " phoenix ", "AZ"), &["emr AZ Phoenix 5 x1", "emr AZ 3 x1"]);
    check::<Geographic>(&arizona(), clinic(1, "Tucson", "AZ"), &["emr AZ 3 x2"]);
}

#[test]
fn in_block_mode_a_state_gives_as_much_as_a_city() {
    check_block::<Geographic>(&arizona(), clinic(1, "Phoenix", "AZ"), &["emr AZ 5 x2"]);
}

#[test]
fn a_place_that_only_a_link_names_gives_half() {
    let pains = [linked(1, "nothing here", "https://www.reddit.com/r/phoenix/comments/1/")];
    check::<Geographic>(&pains, clinic(1, "Phoenix", "AZ"), &["emr AZ Phoenix 2.5 x1"]);
    check::<Geographic>(&pains, clinic(1, "Tucson", "AZ"), &["emr AZ 1.5 x1"]);
}

#[test]
fn a_state_in_the_text_is_worth_more_than_its_city_in_a_link() {
    let pains = [linked(1, "bad in Arizona", "https://www.reddit.com/r/phoenix/comments/1/")];
    check::<Geographic>(&pains, clinic(1, "Phoenix", "AZ"), &["emr AZ 3 x1"]);
}

#[test]
fn pain_points_without_a_place_are_counted() {
    let matches = run::<Geographic>(&header(ConfidenceMode::Graded), &arizona(), vec![]);
    assert_eq!(matches.skipped_pain_points, 1);
}

#[test]
fn both_ends_of_a_move_count() {
    let pains = [pain(1, "emr", "moved from Texas to Arizona")];
    check::<Geographic>(&pains, clinic(1, "Mesa", "AZ"), &["emr AZ 3 x1"]);
    check::<Geographic>(&pains, clinic(1, "Waco", "TX"), &["emr TX 3 x1"]);
}

#[test]
fn clinics_of_one_place_share_their_signals() {
    let clinics = vec![clinic(1, "Mesa", "AZ"), clinic(2, "MESA", "Arizona"), clinic(3, "Reno", "NV")];
    let matches = run::<Geographic>(&header(ConfidenceMode::Graded), &arizona(), clinics);
    assert_eq!(matches.signals.len(), 1);
    assert_eq!(matches.clinics.iter().map(|clinic| clinic.clinic_id).collect::<Vec<_>>(), [1, 2]);
}

#[test]
fn a_column_gives_five_and_a_name_three() {
    let pains = [pain(1, "marketing", "Cash-based PT in Arizona is tough")];
    check::<BusinessType>(&pains, typed("Elite PT", Some("cash based")), &["marketing cash-based 5 x1"]);
    check::<BusinessType>(&pains, typed("Self-Pay PT", None), &["marketing cash-based 3 x1"]);
    check::<BusinessType>(&pains, typed("Self-Pay PT", Some("Sports PT")), &["marketing cash-based 3 x1"]);
    check_block::<BusinessType>(&pains, typed("Self-Pay PT", None), &["marketing cash-based 5 x1"]);
}

#[test]
fn a_clinic_of_no_type_answers_what_names_no_type_with_no_points() {
    let pains = [pain(1, "marketing", "Cash-based PT is tough"), pain(2, "marketing", "nobody calls")];
    check::<BusinessType>(&pains, typed("Elite PT", Some("Physical therapist")), &["marketing general 0 x1"]);
    check::<BusinessType>(&pains, typed("Solo PT", None), &[]);
}

#[test]
fn tv07_a_pattern_gives_eight_when_sure_and_five_when_likely() {
    use PatternConfidence::{High, Low, Medium};
    let pains = [pain(1, "scheduling", "no-shows"), pain(2, "scheduling", "gaps"), pain(3, "emr", "clicks")];
    let expected = ["scheduling scheduling_chaos 8 x2"];
    check::<PainPattern>(&pains, patterned(&[("scheduling_chaos", High)]), &expected);
    check::<PainPattern>(
        &pains,
        patterned(&[("scheduling_chaos", Medium), ("scheduling_chaos", High)]),
        &expected,
    );
    let expected = ["scheduling scheduling_chaos 5 x2"];
    check::<PainPattern>(&pains, patterned(&[("scheduling_chaos", Medium)]), &expected);
    check::<PainPattern>(&pains, patterned(&[("scheduling_chaos", Low), ("other", High)]), &[]);
}

#[test]
fn without_patterns_the_strategy_is_silent() {
    let header = RunHeader { has_patterns: false, ..header(ConfidenceMode::Graded) };
    let clinics = vec![patterned(&[("scheduling_chaos", PatternConfidence::High)])];
    let matches = run::<PainPattern>(&header, &[pain(1, "scheduling", "no-shows")], clinics);
    assert_eq!((matches.clinics.len(), matches.signals.len()), (0, 0));
}

#[test]
fn a_run_that_names_no_strategy_wants_all() {
    let mut header = header(ConfidenceMode::Graded);
    assert!(wanted(&header, Strategy::PainPattern));
    let config = MatchConfig { strategies: vec![Strategy::Geographic.into()], ..MatchConfig::default() };
    header.request = Some(RunRequest { config: Some(config), ..RunRequest::default() });
    assert!(wanted(&header, Strategy::Geographic));
    assert!(!wanted(&header, Strategy::PainPattern));
}

#[test]
fn a_pattern_type_is_written_with_an_equals_sign() {
    assert!("scheduling=scheduling_chaos".parse::<PatternType>().is_ok());
    assert!("scheduling".parse::<PatternType>().is_err());
    assert!("=chaos".parse::<PatternType>().is_err());
}

const TEXTS: [&str; 6] = [
    "a solo practice in Phoenix, AZ",
    "Arizona",
    "Tucson, AZ and Mesa, Arizona",
    "cash-based PT in Dallas, Texas",
    "Austin, TX",
    "nowhere",
];

proptest! {
    #[test]
    fn the_order_of_pain_points_does_not_matter(mut order in Just((0..12_usize).collect::<Vec<_>>()).prop_shuffle()) {
        let made = |at: &usize| PainPoint {
            mentions: (*at % 3) as u32,
            severity: *at as f64 / 3.0,
            ..pain(*at as i64, "emr", TEXTS[at % TEXTS.len()])
        };
        let clinics = || vec![clinic(1, "Phoenix", "AZ"), clinic(2, "Waco", "TX"), clinic(3, "Yuma", "AZ")];
        let shuffled: Vec<PainPoint> = order.iter().map(made).collect();
        order.sort_unstable();
        let sorted: Vec<PainPoint> = order.iter().map(made).collect();
        let header = header(ConfidenceMode::Graded);
        prop_assert_eq!(run::<Geographic>(&header, &shuffled, clinics()), run::<Geographic>(&header, &sorted, clinics()));
        prop_assert_eq!(run::<BusinessType>(&header, &shuffled, clinics()), run::<BusinessType>(&header, &sorted, clinics()));
    }

    #[test]
    fn every_clinic_of_a_state_answers_all_its_pain_points(picked in proptest::collection::vec(0..TEXTS.len(), 0..30)) {
        let pains: Vec<PainPoint> = picked.iter().enumerate().map(|(id, at)| pain(id as i64, "emr", TEXTS[*at])).collect();
        let counts = ["Phoenix", "Tucson", "Mesa", "Yuma"].map(|city| {
            let matches = run::<Geographic>(&header(ConfidenceMode::Graded), &pains, vec![clinic(1, city, "AZ")]);
            matches.signals.iter().map(|signal| (signal.pain_points, signal.mentions_sum)).fold((0, 0), |a, b| (a.0 + b.0, a.1 + b.1))
        });
        let named = picked.iter().filter(|at| **at < 3).count() as u32;
        prop_assert!(counts.iter().all(|count| *count == (named, 2 * u64::from(named))));
    }
}
