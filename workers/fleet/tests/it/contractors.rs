//! Contractors over time: what their profiles tell, outcomes told twice, and those who are erased.

use chrono::TimeDelta;
use contractors::{Contractors, NewOutcome, Told};
use db::{Config, DEFAULT_CLIENT as CLIENT, Db};
use fleet::sample::Cohort;
use levels::{Profile, matching};

use super::growth::{bring_cohort, contractors, import, moment};
use super::{Servers, check_fails, json};

#[tokio::test(flavor = "multi_thread")]
async fn two_looks_at_contractors_are_a_history() {
    let servers = Servers::start();
    let contractors = contractors(&servers);
    let db = Db::new(&Config::of(&servers.stack.postgres_url())).unwrap();
    let now = moment();
    for (tier, at) in
        [("0_5_million", now - TimeDelta::days(200)), ("5_10_million", now - TimeDelta::days(20))]
    {
        let row = |id| db::contractors::Contractor {
            id,
            // The last one stays where it is.
            revenue_tier: Some(if id == 5 { "0_5_million" } else { tier }.to_owned()),
            ..Default::default()
        };
        let rows: Vec<_> = (1..=5).map(row).collect();
        let mut tx = db.begin(CLIENT).await.unwrap();
        db::contractors::write(&mut tx, &rows, at).await.unwrap();
        tx.commit().await.unwrap();
    }
    assert_eq!(contractors.clients().await.unwrap(), [CLIENT]);
    let run = contractors.learn(CLIENT, now, || ()).await.unwrap().run;
    let few: Vec<(&str, &str, u64)> = run
        .insufficient_data
        .iter()
        .map(|few| (few.from_revenue_tier.as_str(), few.to_revenue_tier.as_str(), few.n))
        .collect();
    assert_eq!((run.with_history, few), (5, vec![("0_5_million", "5_10_million", 4)]));
}

#[test]
fn who_is_erased_comes_back_neither_by_number_nor_by_name() {
    let servers = Servers::start();
    let history =
        "company,valid_from,revenue\nDesert Roofs,2019,$3M\nDesert Roofs,2020,$6M\nOak Solar,2019,$12M\n";
    import(&servers, "revenue-history", history, &[]);
    let erase =
        |more: &str| json(&servers.leadfleet(&["growth", "erase", "1", more, "--json"]).output().unwrap());
    let erased = serde_json::json!({"contractor_id": 1, "rows": 2, "outcomes": 0});
    for (more, dry_run) in [("--dry-run", true), ("--yes", false)] {
        let told = erase(more);
        assert_eq!((&told["dry_run"], &told["erased"]), (&dry_run.into(), &erased), "{more}");
    }
    let gone = servers.leadfleet(&["growth", "erase", "1", "--yes"]).output().unwrap();
    check_fails(&gone, 3, &["there is no contractor 1"]);
    for (table, rows, left_out) in [
        ("revenue-history", history, 2),
        ("contractors", "company,tier\nDESERT  roofs,5_10_million\nElm Roofs,5_10_million\n", 1),
        ("contractors", "id,company,tier\n1,Other Roofs,5_10_million\n77,Desert Roofs,5_10_million\n", 2),
        ("milestones", "company,milestone\nDesert Roofs,crm\n", 1),
    ] {
        let imported = import(&servers, table, rows, &[]);
        assert_eq!(imported["erased"], left_out, "{table}: {imported}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn partners_named_anew_and_items_that_are_done_are_shown_at_once() {
    let servers = Servers::start();
    bring_cohort(&servers);
    let contractors = contractors(&servers);
    let ids = with_goals(&contractors).await;
    let recommended =
        async || contractors.partners(CLIENT, 56, &[], moment()).await.unwrap().partners[0].text.clone();
    assert!(recommended().await.starts_with("BuildPro (used by 89%"));
    import(&servers, "partner-usage", "contractor_id,partner_id,partner\n1,5,Builders & Co\n", &[]);
    assert!(recommended().await.starts_with("Builders & Co (used by 89%"), "no hour has to pass");

    let item = contractors.explain(CLIENT, ids[0]).await.unwrap().goal.checklist.remove(0);
    assert_eq!(item.done_at, None);
    let id = item.id.to_string();
    let done = json(&servers.leadfleet(&["growth", "done", &id, "--json"]).output().unwrap());
    let again = json(&servers.leadfleet(&["growth", "done", &id, "--json"]).output().unwrap());
    assert!(done["done_at"].is_string() && done == again, "{done} {again}");
    let listed = servers.leadfleet(&["growth", "goals", "56", "--list"]).output().unwrap();
    assert!(super::text(&listed.stdout).contains(&format!("[x] {id} {}", item.item)));
    let missing = servers.leadfleet(&["growth", "done", "4711"]).output().unwrap();
    check_fails(&missing, 3, &["there is no item 4711 of a checklist"]);
}

#[test]
fn a_pattern_fits_85_percent_of_the_made_cohort() {
    let servers = Servers::start();
    #[expect(clippy::disallowed_methods, reason = "what is imported lies in the past")]
    let today = chrono::Utc::now().date_naive();
    for (table, rows) in Cohort::generate(today).tables().unwrap() {
        import(&servers, table, &String::from_utf8(rows).unwrap(), &[]);
    }
    let learned = json(&servers.leadfleet(&["growth", "learn", "--json"]).output().unwrap());
    let count = |name: &str| learned["coverage"][name].as_f64().unwrap();
    // GR-116.
    assert!(count("contractors") >= 80.0 && count("matched") >= count("contractors") * 0.85, "{learned}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pattern_reaches_whoever_has_a_match_and_one_is_enough() {
    let servers = Servers::start();
    bring_cohort(&servers);
    let contractors = contractors(&servers);
    contractors.learn(CLIENT, moment(), || ()).await.unwrap();
    let patterns = contractors.patterns(CLIENT, moment()).await.unwrap();
    let mut matched = 0;
    for id in (1..=47).chain([56, 57]) {
        matched += u64::from(!contractors.matches(CLIENT, id, moment()).await.unwrap().is_empty());
    }
    let coverage = contractors.coverage(CLIENT, moment()).await.unwrap();
    assert_eq!((coverage.contractors, coverage.matched), (1, matched));
    let like_them = Profile { revenue_tier: Some("0_5_million".to_owned()), ..Profile::default() };
    let mut looked_at = 0;
    let looked = patterns.iter().inspect(|_| looked_at += 1);
    assert!(matching::fits_any(contractors.rules(), &like_them, looked));
    assert_eq!((looked_at, patterns.len()), (1, 2));
}

/// Contractor 56 with goals, made of patterns.
async fn with_goals(contractors: &Contractors) -> Vec<i32> {
    contractors.learn(CLIENT, moment(), || ()).await.unwrap();
    contractors.generate_goals(CLIENT, 56, false, moment()).await.unwrap().ids
}

fn told(event_id: &str, goal_id: Option<i32>, rated: Option<i16>) -> NewOutcome {
    NewOutcome {
        event_id: event_id.to_owned(),
        contractor_id: 56,
        goal_id,
        goal_completed: true,
        contractor_satisfaction: rated,
        ..NewOutcome::default()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_became_of_a_pattern_is_told_by_all_that_is_known_of_it() {
    let servers = Servers::start();
    bring_cohort(&servers);
    let contractors = contractors(&servers);
    let goals = with_goals(&contractors).await;
    let useless = told("useless", Some(goals[0]), Some(1));
    assert_eq!(contractors.record_outcome(CLIENT, &useless, moment()).await.unwrap(), Told::New);
    let words = NewOutcome { outcome_notes: Some("No use".into()), ..told("words", Some(goals[0]), None) };
    assert_eq!(contractors.record_outcome(CLIENT, &words, moment()).await.unwrap(), Told::Added);
    let explained = contractors.explain(CLIENT, goals[0]).await.unwrap();
    assert_eq!(explained.matched.unwrap().pattern_result, "unsuccessful");

    // An event that was told of one goal says nothing of another, which goes on.
    let refused = contractors.record_outcome(CLIENT, &told("useless", Some(goals[1]), None), moment()).await;
    assert_eq!(
        refused.unwrap_err().to_string(),
        "event_id: useless was told of something else: give each outcome its own"
    );
    assert_eq!(contractors.explain(CLIENT, goals[1]).await.unwrap().goal.status, "open");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_pattern_acted_on_without_a_goal_there_is_one_outcome() {
    let servers = Servers::start();
    bring_cohort(&servers);
    let contractors = contractors(&servers);
    let patterns = contractors.learn(CLIENT, moment(), || ()).await.unwrap().patterns;
    contractors.keep_matches(CLIENT, 56, moment()).await.unwrap();
    let of = |event: &str| NewOutcome { pattern_id: Some(patterns[0].id), ..told(event, None, None) };
    // A match that is only found was not acted on.
    let refused = contractors.record_outcome(CLIENT, &of("first"), moment()).await.unwrap_err();
    assert!(refused.to_string().starts_with("there is no pattern"), "{refused}");
    assert!(contractors.applied(CLIENT, 56).await.unwrap().is_empty());
    contractors.apply_pattern(CLIENT, 56, patterns[0].id, moment()).await.unwrap();
    assert_eq!(contractors.applied(CLIENT, 56).await.unwrap().len(), 1);
    assert_eq!(contractors.record_outcome(CLIENT, &of("first"), moment()).await.unwrap(), Told::New);
    assert_eq!(contractors.record_outcome(CLIENT, &of("second"), moment()).await.unwrap(), Told::Known);
    let rated = NewOutcome { contractor_satisfaction: Some(4), ..of("third") };
    assert_eq!(contractors.record_outcome(CLIENT, &rated, moment()).await.unwrap(), Told::Added);
    let erased = contractors.erase(CLIENT, 56, false, moment()).await.unwrap();
    assert_eq!(erased.outcomes, 1);
}
