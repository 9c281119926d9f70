//! The vectors of the requirements, words of titles, and the laws of ledgers.

use super::*;
use chrono::{DateTime, TimeDelta, Utc};
use proptest::prelude::*;
use serde_json::json;

fn rules() -> Rules {
    Rules::defaults().unwrap()
}

/// TV40.
fn parts(risk: f64) -> Components {
    Components { data_quality: 16.0, authority: 22.0, company_fit: 18.0, timing: 9.0, risk }
}

const PERFECT: Components =
    Components { data_quality: 20.0, authority: 25.0, company_fit: 25.0, timing: 15.0, risk: 0.0 };

#[track_caller]
fn scores(components: Components, weights: Weights, score: u8, tier: Tier) {
    let rules = rules();
    let judged = rules.judge(&Facts::default(), &Market::default()).given(&components);
    assert_eq!((judged.score(&weights).score, judged.score(&weights).tier), (score, tier));
    adds_up(&judged, &weights);
}

#[track_caller]
fn adds_up(judged: &Judged<'_>, weights: &Weights) {
    let ledger = judged.ledger(weights);
    let parts: i64 = ledger.parts.iter().map(|line| line.contributes.0).sum();
    assert_eq!(parts + ledger.cut.contributes.0, i64::from(ledger.score) * 1_000, "{ledger:#?}");
    assert_eq!(ledger.score, judged.score(weights).score);
    for line in &ledger.parts {
        let rules: i64 = line.rules.iter().map(|rule| rule.contributes.0).sum();
        assert_eq!(rules, line.contributes.0, "{line:#?}");
        let points: f64 = line.rules.iter().map(|rule| rule.points).sum();
        assert!((points - line.points).abs() < 1e-9, "{line:#?}");
    }
}

#[test]
fn the_vectors_of_the_document_hold() {
    scores(parts(0.0), DEFAULT_WEIGHTS, 65, Tier::Warm);
    scores(parts(8.0), DEFAULT_WEIGHTS, 57, Tier::Warm);
    scores(PERFECT, DEFAULT_WEIGHTS, 85, Tier::Hot);
    let learned = Weights { data_quality: 0.15, authority: 0.05, company_fit: 0.15, timing: 0.50 };
    scores(parts(0.0), learned, 57, Tier::Warm);
    let nothing = Components { data_quality: 0.0, authority: 0.0, company_fit: 0.0, timing: 0.0, risk: 0.0 };
    scores(nothing, DEFAULT_WEIGHTS, 0, Tier::Dead);
    scores(Components { risk: 15.0, ..nothing }, DEFAULT_WEIGHTS, 0, Tier::Dead);
    assert!((raw(&parts(0.0), &learned) - 57.2).abs() < 1e-9);
    assert!((DEFAULT_WEIGHTS.max_score() - 85.0).abs() < f64::EPSILON);
}

#[test]
fn tiers_begin_where_they_say() {
    let cutoffs = rules().cutoffs;
    for (score, tier) in [
        (100, Tier::Hot),
        (70, Tier::Hot),
        (69, Tier::Warm),
        (45, Tier::Warm),
        (44, Tier::Cool),
        (20, Tier::Cool),
        (19, Tier::Cold),
        (5, Tier::Cold),
        (4, Tier::Dead),
        (0, Tier::Dead),
    ] {
        assert_eq!(cutoffs.tier(score), tier, "{score}");
    }
}

#[track_caller]
fn title(title: &str, rule: &str) {
    let facts = Facts { title: title.to_owned(), ..Facts::default() };
    let rules = rules();
    let judged = rules.judge(&facts, &Market::default());
    let hits: Vec<&str> = judged.hits(Part::Authority).iter().map(|hit| hit.rule.as_str()).collect();
    assert_eq!(hits, [rule], "{title}");
}

#[test]
fn titles_are_read_in_whole_words() {
    title("Owner", "owner");
    title("Co-Founder & CEO", "owner");
    title("C.E.O.", "owner");
    title("President", "owner");
    title("Vice President", "vp");
    title("President and Vice President of the board", "owner");
    title("Sr. VP, Sales", "vp");
    title("V.P. Marketing", "vp");
    title("MVP builder", "other");
    title("Chief Technology Officer", "c_level");
    title("Managing Director", "c_level");
    title("Director of Operations", "director");
    title("Product Owner", "manager");
    title("Clinic Manager", "manager");
    title("Executive Assistant to the CEO", "assistant");
    title("Former Owner", "assistant");
    title("Leader of Ownership", "other");
    title("Nurse", "other");
}

fn lead() -> Facts {
    Facts {
        title: "Owner".into(),
        company: "Oak Hill Clinic".into(),
        state: "AZ".into(),
        phone: "+1 602 555 0100".into(),
        employee_count: Some(12),
        is_hiring: Some(true),
        is_new_role: Some(false),
        ..Facts::default()
    }
}

#[test]
fn a_lead_gets_points_for_what_is_known() {
    let rules = rules();
    let judged = rules.judge(&lead(), rules.market("anybody"));
    let expected =
        Components { data_quality: 8.0, authority: 25.0, company_fit: 23.0, timing: 4.0, risk: 0.0 };
    assert_eq!(judged.components(), expected);
    assert_eq!(judged.score(&DEFAULT_WEIGHTS).score, 60);
    adds_up(&judged, &DEFAULT_WEIGHTS);
    // What was found not to be so is no longer open; what could be found out is, the most valuable first.
    let open = judged.what_ifs(&DEFAULT_WEIGHTS);
    let names: Vec<(&str, u8, u8)> =
        open.iter().map(|one| (one.rule.as_str(), one.score, one.gain)).collect();
    assert_eq!(
        names,
        [
            ("email", 66, 6),
            ("profile", 64, 4),
            ("funded", 64, 4),
            ("website", 62, 2),
            ("strong_signal", 62, 2)
        ]
    );
}

#[test]
fn of_an_unknown_size_the_best_is_told() {
    let rules = rules();
    let facts = Facts { employee_count: None, ..lead() };
    let judged = rules.judge(&facts, rules.market("anybody"));
    let sizes: Vec<String> = judged
        .what_ifs(&DEFAULT_WEIGHTS)
        .into_iter()
        .filter(|one| one.part == Part::CompanyFit)
        .map(|one| one.says)
        .collect();
    assert_eq!(sizes, ["has 16 to 30 employees"]);
}

#[test]
fn who_asked_for_no_more_is_dead_whatever_the_points() {
    let rules = rules();
    let facts = Facts { unsubscribed: true, bounced: true, ..lead() };
    let judged = rules.judge(&facts, rules.market("anybody"));
    assert!((judged.components().risk - 15.0).abs() < f64::EPSILON, "no more than 15");
    assert_eq!((judged.score(&DEFAULT_WEIGHTS).score, judged.score(&DEFAULT_WEIGHTS).tier), (45, Tier::Dead));
    assert_eq!(judged.excluded_by.as_deref(), Some("unsubscribed"));
    adds_up(&judged, &DEFAULT_WEIGHTS);
}

#[test]
fn a_client_has_a_market_of_its_own() {
    let text = include_str!("rules.toml").to_owned()
        + "\n[clients.c1]\nindustries = [\"plumbing\"]\nstates = [\"tx\"]\ncompetitors = [\"Oak Hill Clinic\"]\n";
    let rules = Rules::read(&text).unwrap();
    let judged = rules.judge(&lead(), rules.market("c1"));
    let hits = |part| judged.hits(part).iter().map(|hit| hit.rule.clone()).collect::<Vec<_>>();
    assert_eq!(hits(Part::CompanyFit), ["size_6_15"]);
    assert_eq!(hits(Part::Risk), ["competitor"]);
}

#[track_caller]
fn refused(rule: &str, expected: &str) {
    let head = "[tiers]\nhot = 70\nwarm = 45\ncool = 20\ncold = 5\n[[rule]]\n";
    let error = Rules::read(&format!("{head}{rule}")).unwrap_err().to_string();
    assert!(error.contains(expected), "{error}");
}

#[test]
fn a_wrong_rule_is_named() {
    let rule = |points: &str, when: &str| {
        format!("part = \"timing\"\nname = \"x\"\nsays = \"y\"\npoints = {points}\nwhen = {when}\n")
    };
    refused(&rule("16", "{ is = \"hiring\" }"), "rule timing/x: 16 points are not above 0 and at most 15");
    refused(&rule("0", "{ is = \"hiring\" }"), "rule timing/x: 0 points");
    refused(&rule("5", "{ is = \"bored\" }"), "rule timing/x: unknown variant `bored`");
    refused(&rule("5", "{ employees = [9, 3] }"), "rule timing/x: 9 to 3 is no range of employees");
    refused(&rule("5", "{ title = [\"--\"] }"), "rule timing/x: a phrase of its title has no word");
    refused("part = \"luck\"\n", "rule number 1: ");
    let twice = format!("{0}[[rule]]\n{0}", rule("5", "{ is = \"hiring\" }"));
    refused(&twice, "rule timing/x: is there twice");
    let flat = "[tiers]\nhot = 70\nwarm = 70\ncool = 20\ncold = 5\n";
    assert!(Rules::read(&format!("rule = []\n{flat}")).unwrap_err().to_string().starts_with("tiers: "));
}

#[test]
fn learned_weights_hold_while_they_are_adopted_and_young() {
    let now: DateTime<Utc> = "2026-11-21T12:00:00Z".parse().unwrap();
    let weights = Weights { data_quality: 0.1, authority: 0.3, company_fit: 0.2, timing: 0.25 };
    let kept = |source: &str, days: i64| Learned {
        weights: Some(json!(weights)),
        updated_at: Some(now - TimeDelta::days(days)),
        source: source.to_owned(),
    };
    let told = |learned: &Learned| {
        let in_force = in_force(learned, now);
        (in_force.source.name(), in_force.weights == weights)
    };
    assert_eq!(told(&kept("learned", 14)), ("learned", true));
    assert_eq!(told(&kept("blend", 1)), ("blend", true));
    assert_eq!(told(&kept("learned", 15)), ("expired", false));
    assert_eq!(told(&kept("held", 1)), ("held", true));
    assert_eq!(told(&kept("default", 1)), ("default", false));
    assert_eq!(told(&Learned { updated_at: None, ..kept("learned", 1) }), ("expired", false));
    assert_eq!(told(&Learned { weights: Some(json!({})), ..kept("learned", 1) }), ("unreadable", false));
    assert_eq!(told(&Learned { weights: None, ..kept("learned", 1) }), ("default", false));
}

#[test]
fn what_was_fitted_and_is_not_in_force_scores_beside_it() {
    let weights = Weights { data_quality: 0.1, authority: 0.3, company_fit: 0.2, timing: 0.25 };
    let default = InForce { weights: DEFAULT_WEIGHTS, source: Source::Held };
    assert_eq!(shadow(Some(&json!(weights)), &default), Some(weights));
    assert_eq!(shadow(Some(&json!(weights)), &InForce { weights, source: Source::Learned }), None);
    let none = json!({"data_quality": 0, "authority": 0, "company_fit": 0, "timing": 0});
    for candidate in [None, Some(&json!(null)), Some(&json!({"timing": 0.85})), Some(&none)] {
        assert_eq!(shadow(candidate, &default), None, "{candidate:?}");
    }
}

#[test]
fn changed_facts_leave_the_others() {
    let changes = Changes { title: Some("Nurse".into()), is_hiring: Some(false), ..Changes::default() };
    let changed = lead().with(&changes).unwrap();
    assert_eq!(changed, Facts { title: "Nurse".into(), is_hiring: Some(false), ..lead() });
}

fn weights() -> impl Strategy<Value = Weights> {
    [0.05..0.5, 0.05..0.5, 0.05..0.5, 0.05..0.5].prop_map(|[data_quality, authority, company_fit, timing]| {
        Weights { data_quality, authority, company_fit, timing }
    })
}

fn facts() -> impl Strategy<Value = Facts> {
    let text = |all: &'static [&'static str]| proptest::sample::select(all).prop_map(str::to_owned);
    let flag = || proptest::option::of(any::<bool>());
    (
        text(&["", "Owner", "VP of Sales", "Intern", "Retired Owner", "Nurse Manager"]),
        text(&["", "a@b.example", "nonsense"]),
        text(&["", "Oak Clinic"]),
        proptest::option::of(0..700),
        (flag(), flag(), flag()),
        (any::<bool>(), any::<bool>(), proptest::option::of(0.0..100.0)),
    )
        .prop_map(
            |(title, email, company, employee_count, flags, (bounced, unsubscribed, signal_strength))| {
                let (is_new_role, is_hiring, recently_funded) = flags;
                Facts {
                    title,
                    email,
                    company,
                    employee_count,
                    is_new_role,
                    is_hiring,
                    recently_funded,
                    bounced,
                    unsubscribed,
                    signal_strength,
                    ..Facts::default()
                }
            },
        )
}

proptest! {
    #[test]
    fn every_ledger_adds_up(facts in facts(), weights in weights()) {
        let rules = rules();
        let judged = rules.judge(&facts, rules.market(""));
        adds_up(&judged, &weights);
        prop_assert!(judged.components().are_sound());
        for one in judged.what_ifs(&weights) {
            prop_assert!(one.score >= judged.score(&weights).score);
        }
    }

    #[test]
    fn the_score_is_the_documents_formula(
        d in 0.0..=20.0, a in 0.0..=25.0, f in 0.0..=25.0, t in 0.0..=15.0, r in 0.0..=15.0, w in weights()
    ) {
        let components = Components { data_quality: d, authority: a, company_fit: f, timing: t, risk: r };
        let raw = d / 20.0 * w.data_quality * 100.0 + a / 25.0 * w.authority * 100.0
            + f / 25.0 * w.company_fit * 100.0 + t / 15.0 * w.timing * 100.0 - r;
        let near_the_edge = (raw - raw.round()).abs() < 1e-6;
        prop_assume!(!near_the_edge);
        prop_assert_eq!(f64::from(whole(super::raw(&components, &w))), raw.clamp(0.0, 100.0).trunc());
    }
}
