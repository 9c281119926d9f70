//! Contractors come in, what those who levelled up have in common is learned, and others are given goals by it.

use std::fmt::Write as _;
use std::fs;

use chrono::{DateTime, Days, Months, NaiveDate, TimeDelta, Utc};
use contractors::{BaseScore, Contractors, Error, NewOutcome, Told};
use db::{Config, DEFAULT_CLIENT as CLIENT, Db};
use levels::{PatternType, Rules};
use serde_json::Value;
use sqlx::Connection as _;

use super::{Servers, check_fails, json};

/// What a file of a table says came of its import.
#[track_caller]
pub(crate) fn import(servers: &Servers, table: &str, content: &str, more: &[&str]) -> Value {
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(file.path(), content).unwrap();
    let arguments = [&["import", table, file.path().to_str().unwrap(), "--json"], more].concat();
    json(&servers.leadfleet(&arguments).output().unwrap())
}

#[track_caller]
pub(crate) fn counts(imported: &Value) -> (u64, u64, u64) {
    let count = |name: &str| imported[name].as_u64().unwrap_or_else(|| panic!("{imported}"));
    (count("inserted"), count("updated"), count("unchanged"))
}

pub(crate) fn moment() -> DateTime<Utc> {
    "2026-03-01T06:00:00Z".parse().unwrap()
}

/// 47 contractors who went from $3M to $5M in about ten months, 42 of them with better lead systems first, and one who
/// has not yet.
pub(crate) fn bring_cohort(servers: &Servers) {
    let mut history =
        "contractor_id,company,valid_from,revenue,team_size,focus_areas,current_stage\n".to_owned();
    let mut usage = "contractor_id,partner_id,partner,used_from,satisfaction\n".to_owned();
    let mut milestones = "contractor_id,milestone,reached_on\n".to_owned();
    let mut content = "contractor_id,kind,title,author,consumed_on\n".to_owned();
    let start = NaiveDate::from_ymd_opt(2022, 1, 1).unwrap();
    for id in 1..=47_u32 {
        let entered = start + Days::new(u64::from(id) * 16);
        let left = entered + Months::new(8 + id % 5);
        let acted = entered + Months::new(2);
        let focus = if id % 9 == 4 { "networking" } else { "lead_systems" };
        writeln!(history, "{id},Roofs {id},{entered},$3.0M,8,{focus},growth").unwrap();
        writeln!(history, "{id},Roofs {id},{left},$5.4M,14,{focus},growth").unwrap();
        if focus == "lead_systems" {
            writeln!(usage, "{id},5,BuildPro,{acted},{}", if id % 5 == 0 { 4 } else { 5 }).unwrap();
            writeln!(milestones, "{id},implemented CRM,{acted}").unwrap();
        }
        if id % 3 != 0 {
            writeln!(usage, "{id},,LeadGen Tools,{acted},").unwrap();
        }
        if id % 4 != 0 {
            writeln!(content, "{id},book,Traction,Gino Wickman,{acted}").unwrap();
            writeln!(milestones, "{id},hired_ops_manager,{acted}").unwrap();
        }
    }
    for (table, rows) in [
        ("revenue-history", history),
        ("partner-usage", usage),
        ("milestones", milestones),
        ("content", content),
        (
            "contractors",
            "id,first_name,revenue_tier,team_size,focus_areas,current_stage\n\
             56,Ann,0_5_million,9,lead_systems;implemented_crm,growth\n57,Bob,11_20_million,30,pricing,scaling\n"
                .to_owned(),
        ),
    ] {
        let first = import(servers, table, &rows, &[]);
        assert_eq!((first["inserted"].as_u64(), first["problem_count"].as_u64()), (first["rows"].as_u64(), Some(0)));
    }
}

pub(crate) fn contractors(servers: &Servers) -> Contractors {
    let db = Db::new(&Config::of(&servers.stack.postgres_url())).unwrap();
    Contractors::new(db, Rules::defaults().unwrap())
}

#[test]
fn rows_of_contractors_come_in_once_and_history_is_never_rewritten() {
    let servers = Servers::start();
    let history = "company,valid_from,revenue ($ millions)\n\
        Desert Roofs,2019,3.2\nDesert Roofs,2020,6.1\ndesert  roofs,2020-01-01,6.1\nOak Solar,2019-03-01,12\n";
    assert_eq!(counts(&import(&servers, "revenue-history", history, &["--dry-run"])), (3, 0, 1));
    assert_eq!(counts(&import(&servers, "revenue-history", history, &[])), (3, 0, 1));
    assert_eq!(counts(&import(&servers, "revenue-history", history, &[])), (0, 0, 4));
    for (table, rows) in [
        (
            "contractors",
            "id,company,close_rate,focus_areas\n1,Desert Roofs,32%,\"[\"\"a\"\", \"\"b\"\"]\"\n7,,0.5,\n",
        ),
        (
            "partner-usage",
            "contractor_id,partner_id,partner,satisfaction\n1,5,BuildPro,5\n1,,LeadGen Tools,\n",
        ),
        ("milestones", "company,milestone,date\noak solar,Hired Ops-Manager,2020\n"),
        ("content", "id,type,title\n1,podcast,The Show\n"),
    ] {
        let map: &[&str] = if table == "content" { &["--map", "id=contractor_id"] } else { &[] };
        let first = import(&servers, table, rows, map);
        assert_eq!(first["problem_count"], 0, "{first}");
        assert_eq!(import(&servers, table, rows, map)["unchanged"], first["rows"], "{table}");
    }
    let bad = tempfile::NamedTempFile::new().unwrap();
    let check = |table: &str, rows: &str, parts: &[&str]| {
        fs::write(bad.path(), rows).unwrap();
        check_fails(&servers.leadfleet(&["import", table]).arg(bad.path()).output().unwrap(), 1, parts);
    };
    check(
        "revenue-history",
        "contractor_id,company,valid_from,tier,revenue\n1,,2018,0_5_million,\n1,,2020,11_20_million,\n1,,2020,,$7M\n",
        &[
            "2    3     tier    is 11_20_million on 2020-01-01, where 5_10_million at $6100000 is kept already",
            "3    4     tier    is 5_10_million at $7000000 on 2020-01-01",
            "the history only grows: leave the row out",
        ],
    );
    check(
        "revenue-history",
        "id,company,valid_from,tier,revenue\n9,,2020,5_10_million,\n,New,2999,5_10_million,\n,New,2020,gold,\n,New,2020,,lots\n,New,2020,,\n,,2020,5_10_million,\n",
        &[
            "there is no contractor 9: import contractors first",
            "\"2999\" lies in the future",
            "\"gold\" is none of 0_5_million, 5_10_million",
            "\"lots\" is no amount: write it as 3200000, $3.2M or 3.2 Million",
            "is empty, and so is revenue: one of them must say the tier",
            "is empty, and so is company_name: one of them must name the contractor",
        ],
    );
    check(
        "partner-usage",
        "company,partner_id,partner,satisfaction\nDesert Roofs,8,,\nDesert Roofs,,,6\nNobody,,Hid\u{7}den,\n",
        &[
            "there is no partner 8: give partner_name too",
            "is not from 1 to 5",
            "is empty, and so is partner_name",
            "there is no contractor \"Nobody\": import contractors first",
            "holds a control character",
        ],
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_that_is_left_out_names_no_partner() {
    let servers = Servers::start();
    import(&servers, "contractors", "id,company\n1,Desert Roofs\n", &[]);
    let usage = "company,partner_id,partner,satisfaction\nDesert Roofs,5,BuildPro,5\nNobody,5,Build Pro,5\n\
        Nobody,,LeadGen Tools,\nDesert Roofs,,Rated Badly,6\n";
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(file.path(), usage).unwrap();
    let asked = ["import", "partner-usage", file.path().to_str().unwrap(), "--skip", "--json"];
    let skipped = json(&servers.leadfleet(&asked).output().unwrap());
    assert_eq!((&skipped["inserted"], &skipped["problem_count"]), (&1.into(), &3.into()), "{skipped}");
    let names = contractors(&servers).partner_names(CLIENT).await.unwrap();
    assert_eq!(names, [(5, "BuildPro".to_owned())].into());
}

#[tokio::test(flavor = "multi_thread")]
async fn goals_come_from_those_who_levelled_up() {
    let servers = Servers::start();
    bring_cohort(&servers);
    let contractors = contractors(&servers);
    assert_eq!(contractors.clients().await.unwrap(), [CLIENT]);
    let now = moment();
    let learned = contractors.learn(CLIENT, now, || ()).await.unwrap();
    assert_eq!((learned.run.contractors, learned.run.with_history, learned.repeated), (49, 47, false));
    let again = contractors.learn(CLIENT, now, || ()).await.unwrap();
    assert!(again.repeated);
    assert_eq!((&again.patterns, &again.run), (&learned.patterns, &learned.run));
    let earlier = contractors.learn(CLIENT, now - TimeDelta::days(1), || ()).await.unwrap_err();
    assert!(matches!(earlier, Error::LearnedLater(_)), "{earlier}");

    let generated = contractors.generate_goals(CLIENT, 56, true, now).await.unwrap();
    let goal = generated.goals.iter().find(|goal| goal.goal_type == PatternType::LeadImprovement).unwrap();
    assert_eq!(
        goal.pattern_source.as_deref(),
        Some("Based on 47 contractors who went from $3M to $5M - 89% improved lead systems first")
    );
    assert_eq!((goal.pattern_confidence, goal.priority_score), (Some(0.89), 9));
    assert_eq!((goal.expected_low_months, goal.expected_high_months), (Some(8), Some(12)));
    assert!(goal.checklist.iter().any(|item| item.contains("BuildPro (used by 89%")), "{:?}", goal.checklist);
    assert!(contractors.goals(CLIENT, 56).await.unwrap().is_empty(), "a dry run stores nothing");

    let stored = contractors.generate_goals(CLIENT, 56, false, now).await.unwrap();
    assert_eq!((&stored.goals, stored.ids.len()), (&generated.goals, generated.goals.len()));
    let twice = contractors.generate_goals(CLIENT, 56, false, now).await.unwrap();
    assert_eq!(twice.ids, stored.ids, "an open goal is not made twice");
    let shown = contractors.goals(CLIENT, 56).await.unwrap();
    assert_eq!(shown.len(), stored.goals.len());
    assert_eq!(shown[0].data_gaps[0], "close_rate");
    assert_eq!(contractors.matches(CLIENT, 56, now).await.unwrap(), stored.matches);
    let matched = contractors.applied(CLIENT, 56).await.unwrap();
    assert_eq!((matched[0].pattern_result.as_str(), matched[0].goals_generated), ("in_progress", 1));

    let missing = contractors.generate_goals(CLIENT, 4711, true, now).await.unwrap_err();
    assert_eq!(missing.to_string(), "there is no contractor 4711");
    let reached = contractors.apply_pattern(CLIENT, 57, learned.patterns[0].id, now).await.unwrap_err();
    assert!(reached.to_string().ends_with("they have reached the tier it leads to"), "{reached}");
    contractors.apply_pattern(CLIENT, 56, learned.patterns[0].id, now).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn partners_content_and_time_are_those_of_others_like_them() {
    let servers = Servers::start();
    bring_cohort(&servers);
    let contractors = contractors(&servers);
    let now = moment();
    contractors.learn(CLIENT, now, || ()).await.unwrap();
    let scores = [(9, 0.65), (5, 0.60)].map(|(partner_id, score)| BaseScore { partner_id, score });
    let advice = contractors.partners(CLIENT, 56, &scores, now).await.unwrap();
    assert_eq!(
        advice.partners[0].text,
        "BuildPro (used by 89% of contractors who went from $3M to $5M, avg satisfaction 4.8/5)"
    );
    let boosted: Vec<(i32, f64)> = advice
        .scores
        .iter()
        .map(|one| (one.partner_id, (one.boosted_score * 100.0).round() / 100.0))
        .collect();
    assert_eq!(boosted, [(5, 0.69), (9, 0.65)]);
    let wrong = [BaseScore { partner_id: 5, score: 1.5 }];
    assert!(contractors.partners(CLIENT, 56, &wrong, now).await.is_err());
    let content = contractors.content(CLIENT, 56, now).await.unwrap();
    assert_eq!(content[0].text, "77% of contractors who scaled to $5M read 'Traction' by Gino Wickman");
    let timeline = contractors.timeline(CLIENT, 56, None, now).await.unwrap();
    assert_eq!(timeline.text, "Based on similar contractors, expect 8-12 months to reach $5M");
    let up = contractors.timeline(CLIENT, 56, Some("21_30_million"), now).await.unwrap_err();
    assert!(matches!(up, Error::Unknown(_)), "{up}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_came_of_goals_is_told_once_and_learned_from() {
    let servers = Servers::start();
    bring_cohort(&servers);
    let contractors = contractors(&servers);
    let now = moment();
    contractors.learn(CLIENT, now, || ()).await.unwrap();
    let ids = contractors.generate_goals(CLIENT, 56, false, now).await.unwrap().ids;
    let later = now + TimeDelta::days(30);
    let done = async |event_id: &str, contractor_satisfaction| {
        let told = NewOutcome {
            event_id: event_id.to_owned(),
            contractor_id: 56,
            goal_id: Some(ids[0]),
            goal_completed: true,
            contractor_satisfaction,
            ..NewOutcome::default()
        };
        assert!(contractors.check_outcome(CLIENT, &told, later).await.is_ok());
        contractors.record_outcome(CLIENT, &told, later).await.unwrap()
    };
    assert_eq!(done("done", None).await, Told::New);
    assert_eq!(done("done", None).await, Told::Known);
    assert_eq!(done("rated", Some(5)).await, Told::Added);
    assert_eq!(done("rated", Some(5)).await, Told::Known);
    let explained = contractors.explain(CLIENT, ids[0]).await.unwrap();
    assert_eq!((explained.goal.status.as_str(), explained.goal.completed_at), ("completed", Some(later)));
    assert_eq!(explained.matched.unwrap().pattern_result, "successful");
    assert_eq!(explained.pattern.unwrap().sample_size, 47);
    assert_eq!(explained.run.unwrap().as_of, now);

    let other = |change: &dyn Fn(&mut NewOutcome)| {
        let mut told = NewOutcome {
            event_id: "e".to_owned(),
            contractor_id: 56,
            goal_id: Some(ids[0]),
            ..NewOutcome::default()
        };
        change(&mut told);
        told
    };
    for (change, problem) in [
        (&(|told: &mut NewOutcome| told.contractor_id = 57) as &dyn Fn(&mut NewOutcome), "there is no goal"),
        (&|told| told.goal_id = None, "goal_id: is missing, and so is pattern_id"),
        (&|told| (told.goal_id, told.pattern_id) = (None, Some(4711)), "there is no pattern 4711"),
        (&|told| told.contractor_satisfaction = Some(6), "contractor_satisfaction: is not from 1 to 5"),
        (&|told| told.event_id = String::new(), "event_id: is not made of"),
        (&|told| told.what_worked = Some("\0".to_owned()), "what_worked: has a NUL in it"),
    ] {
        let refused = contractors.record_outcome(CLIENT, &other(change), later).await.unwrap_err();
        assert!(refused.to_string().starts_with(problem), "{refused}");
        let checked = contractors.check_outcome(CLIENT, &other(change), later).await.unwrap_err();
        assert_eq!(checked.to_string(), refused.to_string(), "a dry run refuses the same");
    }

    // Ten others give up: the next learning trusts the pattern less.
    let mut others = "id,revenue_tier,team_size,focus_areas,current_stage\n".to_owned();
    for id in 60..70 {
        writeln!(others, "{id},0_5_million,9,lead_systems,growth").unwrap();
    }
    import(&servers, "contractors", &others, &[]);
    for id in 60..70 {
        let ids = contractors.generate_goals(CLIENT, id, false, now).await.unwrap().ids;
        let gave_up = NewOutcome {
            event_id: format!("gave-up-{id}"),
            contractor_id: id,
            goal_id: Some(ids[0]),
            ..NewOutcome::default()
        };
        assert_eq!(contractors.record_outcome(CLIENT, &gave_up, later).await.unwrap(), Told::New);
    }
    let learned = contractors.learn(CLIENT, later + TimeDelta::days(1), || ()).await.unwrap();
    let pattern =
        learned.patterns.iter().find(|one| one.pattern_type == PatternType::LeadImprovement).unwrap();
    assert_eq!(pattern.outcomes.n, 10, "outcomes are told in steps of five");
    assert!(pattern.confidence_score < 0.6, "{}", pattern.confidence_score);
    let served = contractors.patterns(CLIENT, later).await.unwrap();
    assert!(served.iter().all(|one| one.confidence_score != 0.89), "the old ones are remembered no more");
    for dry_run in [true, false] {
        assert_eq!(contractors.erase(CLIENT, 56, dry_run, later).await.unwrap().outcomes, 1);
    }
    let gone = contractors.erase(CLIENT, 56, false, later).await.unwrap_err();
    assert_eq!(gone.to_string(), "there is no contractor 56");
    assert!(contractors.goals(CLIENT, 56).await.is_err());
    let gone = contractors.matches(CLIENT, 56, later).await.unwrap_err();
    assert_eq!(gone.to_string(), "there is no contractor 56");
    let imported = import(&servers, "contractors", "id,first_name\n56,Ann\n", &[]);
    assert_eq!((&imported["erased"], &imported["inserted"]), (&1.into(), &0.into()));
}

/// As the client whose they are.
const DELETED: &str = "SELECT set_config('app.client_id', '00000000-0000-7000-8000-000000000001', false);
    DELETE FROM business_growth_patterns";

#[tokio::test(flavor = "multi_thread")]
async fn patterns_are_remembered_for_an_hour_or_until_others_are_released() {
    let servers = Servers::start();
    let (one, other) = (contractors(&servers), contractors(&servers));
    let now = moment();
    assert!(one.patterns(CLIENT, now).await.unwrap().is_empty());
    assert!(other.patterns(CLIENT, now).await.unwrap().is_empty());
    bring_cohort(&servers);
    let learned = one.learn(CLIENT, now, || ()).await.unwrap().patterns;
    assert_eq!(one.patterns(CLIENT, now).await.unwrap(), learned);
    let soon = now + TimeDelta::minutes(59);
    assert!(other.patterns(CLIENT, soon).await.unwrap().is_empty(), "nobody told the other one");
    other.invalidate(CLIENT);
    assert_eq!(other.patterns(CLIENT, soon).await.unwrap(), learned);
    // What is an hour old is read again.
    let third = contractors(&servers);
    let before = now - TimeDelta::minutes(61);
    third.patterns(CLIENT, before).await.unwrap();
    let mut owner = sqlx::PgConnection::connect(&servers.stack.postgres_url()).await.unwrap();
    sqlx::raw_sql(DELETED).execute(&mut owner).await.unwrap();
    assert_eq!(third.patterns(CLIENT, before + TimeDelta::minutes(59)).await.unwrap(), learned);
    assert!(third.patterns(CLIENT, now).await.unwrap().is_empty());
}
