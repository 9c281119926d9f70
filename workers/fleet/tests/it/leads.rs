//! Leads from the command line: brought in with their past, scored, explained.

use std::fs;

use chrono::{TimeDelta, Utc};
use serde_json::Value;

use sqlx::Connection as _;

use super::outreach::It;

const LEADS: &str = "prospect_id,name,title,company,industry,email,phone,state,employee_count,is_new_role,is_hiring,\
recently_funded,status,converted_at,als_components\n\
lead_1,Ann Roe,Owner,Oak Clinic,Dental,ann@oak.example,+1 602 555 0101,AZ,20,true,yes,0,converted,2025-10-05T10:00:00Z,\n\
lead_2,Bob Poe,VP of Sales,Elm Software,Software,bob@elm.example,,AZ,700,,,,not_interested,,\
\"{\"\"data_quality\"\":16,\"\"authority\"\":22,\"\"company_fit\"\":18,\"\"timing\"\":9,\"\"risk\"\":8}\"\n\
lead_3,Cal Doe,,,,,,,,,,,unsubscribed,,\n";

const ACTIVITIES: &str = "prospect_id,action,channel,created_at,event_id,subject,body,intent,meeting_id\n\
lead_1,email_sent,,2025-10-01T10:00:00Z,,Quick question,Hi Ann are you open to a quick chat,,\n\
lead_1,linkedin_sent,,2025-10-03T10:00:00Z,,,Hello again,,\n\
lead_1,replied,email,2025-10-04T10:00:00Z,,,,positive,\n\
lead_1,meeting_booked,,2025-10-05T10:00:00Z,,,,,m-1\n\
lead_2,sms_sent,,2025-10-02T10:00:00Z,evt-7,,Hi Bob,,\n\
lead_2,bounced,email,2025-10-02T10:01:00Z,,,,,\n";

fn file(content: &str) -> tempfile::NamedTempFile {
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(file.path(), content).unwrap();
    file
}

fn import(it: &It, table: &str, content: &str, more: &[&str]) -> Value {
    let file = file(content);
    it.json(&[&["import", table, file.path().to_str().unwrap()], more].concat())
}

/// With three leads and what happened to them.
fn with_leads() -> It {
    let it = It::start();
    assert_eq!(import(&it, "leads", LEADS, &[])["inserted"], 3);
    assert_eq!(import(&it, "activities", ACTIVITIES, &[])["inserted"], 6);
    it
}

fn sql(it: &It, query: &str) -> String {
    let query = format!("SELECT coalesce(string_agg(row, ' | '), '') FROM ({query}) AS r (row)");
    it.runtime.block_on(async {
        let mut connection = sqlx::PgConnection::connect(&it.postgres_url()).await.unwrap();
        sqlx::query_scalar(sqlx::AssertSqlSafe(query)).fetch_one(&mut connection).await.unwrap()
    })
}

fn change(it: &It, statement: &'static str) {
    it.runtime.block_on(async {
        let mut connection = sqlx::PgConnection::connect(&it.postgres_url()).await.unwrap();
        sqlx::raw_sql(statement).execute(&mut connection).await.unwrap();
    });
}

#[test]
fn a_past_is_brought_in_once_and_whole() {
    let it = It::start();
    assert_eq!(import(&it, "leads", LEADS, &["--dry-run"])["inserted"], 3);
    assert_eq!(sql(&it, "SELECT prospect_id FROM leads"), "", "a dry run writes nothing");
    assert_eq!(import(&it, "leads", LEADS, &[])["inserted"], 3);
    assert_eq!(import(&it, "leads", LEADS, &[])["updated"], 3);
    assert_eq!(import(&it, "activities", ACTIVITIES, &["--dry-run"])["inserted"], 6);
    assert_eq!(import(&it, "activities", ACTIVITIES, &[])["inserted"], 6);
    let again = import(&it, "activities", ACTIVITIES, &[]);
    assert_eq!((&again["inserted"], &again["unchanged"]), (&0.into(), &6.into()));

    let touches = "SELECT action || ' ' || channel || ' ' || led_to_booking || ' ' || coalesce(content_snapshot ->> \
                   'word_count', '-') FROM activities WHERE action = 'sent' ORDER BY created_at";
    assert_eq!(sql(&it, touches), "sent email false 9 | sent sms false 2 | sent linkedin true 2");
    let snapshot =
        "SELECT als_snapshot -> 'components' ->> 'authority' FROM leads WHERE prospect_id = 'lead_2'";
    assert_eq!(sql(&it, snapshot), "22.0", "what came with the lead is its score before it was contacted");
    let statuses =
        "SELECT status || ' ' || coalesce(converted_at::date::text, '-') FROM leads ORDER BY prospect_id";
    assert_eq!(sql(&it, statuses), "converted 2025-10-05 | not_interested - | unsubscribed -");
    let suppressed = "SELECT DISTINCT reason || ' ' || channel FROM suppressions";
    assert_eq!(sql(&it, suppressed), "bounced email", "nobody knows an address of lead_3");
}

#[test]
fn rows_that_cannot_be_are_named_and_nothing_is_written() {
    let it = It::start();
    let wrong =
        "prospect_id,name,status,als_components,is_hiring\nx,Ann,dreaming,\"{\"\"risk\"\":99}\",maybe\n";
    let leads = file(wrong);
    it.fails(
        &["import", "leads", leads.path().to_str().unwrap()],
        1,
        &[
            "\"dreaming\" is no status: use one of new, bounced",
            "is no JSON such as",
            "is neither true nor false",
        ],
    );
    import(&it, "leads", LEADS, &[]);
    let touches = file(
        "prospect_id,action,created_at\nlead_1,email_sent,2025-10-01\nlead_9,sent,2025-10-01\nlead_1,hugged,x\n",
    );
    it.fails(
        &["import", "activities", touches.path().to_str().unwrap()],
        1,
        &["there is no lead \"lead_9\"", "\"hugged\" is none of sent"],
    );
    assert_eq!(sql(&it, "SELECT action FROM activities"), "");
    let nobody = "0190163d-8694-739b-aea5-966c26f8ad91";
    let leads = file(LEADS);
    it.fails(
        &["import", "leads", leads.path().to_str().unwrap(), "--client", nobody],
        3,
        &[&format!("there is no client {nobody}")],
    );
}

#[test]
#[expect(clippy::disallowed_methods, reason = "a command reads the clock, so its test does")]
fn what_has_not_happened_yet_is_refused() {
    let it = It::start();
    let in_days = |days| (Utc::now() + TimeDelta::days(days)).format("%Y-%m-%d").to_string();
    // Clocks and zones differ by less than a day.
    let near = format!("prospect_id,name,status,converted_at\nlead_1,Ann,converted,{}\n", in_days(1));
    assert_eq!(import(&it, "leads", &near, &["--dry-run"])["inserted"], 1);
    let far = in_days(3);
    for (table, rows) in [
        ("leads", format!("name,status,converted_at\nAnn,converted,{far}\n")),
        ("leads", format!("name,collected_at\nAnn,{far}\n")),
        ("prospects", format!("name,collected_at\nAnn,{far}\n")),
    ] {
        let file = file(&rows);
        let message = format!("\"{far}\" lies in the future: write when it was");
        it.fails(&["import", table, file.path().to_str().unwrap()], 1, &[&message, "nothing was imported"]);
    }
    import(&it, "leads", LEADS, &[]);
    let touch = file(&format!("prospect_id,action,created_at\nlead_1,email_sent,{far}\n"));
    let path = touch.path().to_str().unwrap();
    it.fails(&["import", "activities", path], 1, &["created_at", "lies in the future"]);
}

#[test]
fn an_older_file_takes_no_answer_back() {
    let it = It::start();
    let file = |statuses: [&str; 7]| {
        let rows = statuses.iter().enumerate().map(|(n, status)| format!("lead_{n},Ann {n},{status}\n"));
        format!("prospect_id,name,status\n{}", rows.collect::<String>())
    };
    let statuses = || sql(&it, "SELECT status FROM leads ORDER BY prospect_id");
    // From the weakest to the strongest.
    let all = ["new", "bounced", "dead", "replied", "not_interested", "converted", "unsubscribed"];
    import(&it, "leads", &file(all), &[]);
    assert_eq!(statuses(), all.join(" | "));
    import(&it, "leads", &file(["new"; 7]), &[]);
    assert_eq!(statuses(), all.join(" | "));
    let not_interested = "not_interested | not_interested | not_interested | not_interested | not_interested";
    import(&it, "leads", &file(["not_interested"; 7]), &[]);
    assert_eq!(statuses(), format!("{not_interested} | converted | unsubscribed"));
    // The same person twice in one file.
    let twice = "prospect_id,name,status\nlead_9,Bob,unsubscribed\nlead_9,Bob,new\n";
    import(&it, "leads", twice, &[]);
    assert_eq!(sql(&it, "SELECT status FROM leads WHERE prospect_id = 'lead_9'"), "unsubscribed");
    // The stronger counts, but an address that does not exist is left alone.
    let twice =
        "prospect_id,name,email,status\nlead_8,Eve,e@oak.example,bounced\nlead_8,Eve,e@oak.example,dead\n";
    import(&it, "leads", twice, &[]);
    assert_eq!(sql(&it, "SELECT status FROM leads WHERE prospect_id = 'lead_8'"), "dead");
    assert_eq!(sql(&it, "SELECT channel || ' ' || reason FROM suppressions"), "email bounced");
}

#[test]
fn a_conversion_without_a_time_is_not_of_today() {
    let it = It::start();
    let leads = "prospect_id,name,status\nlead_1,Ann,converted\nlead_2,Bob,converted\nlead_3,Cal,converted\n";
    import(&it, "leads", leads, &[]);
    let times = || sql(&it, "SELECT coalesce(converted_at::date::text, '-') FROM leads ORDER BY prospect_id");
    assert_eq!(times(), "- | - | -");
    let touches = "prospect_id,action,created_at,meeting_id\n\
        lead_1,email_sent,2025-10-01,\nlead_1,email_sent,2025-10-03,\nlead_1,meeting_booked,2025-10-02,m-1\n\
        lead_2,email_sent,2025-10-01,\nlead_2,sms_sent,2025-10-03,\n";
    import(&it, "activities", touches, &[]);
    assert_eq!(times(), "2025-10-02 | - | -", "a meeting says when it was");
    let converting = "SELECT prospect_id || ' ' || a.created_at::date FROM activities AS a JOIN leads AS l \
                      ON l.id = a.lead_id WHERE led_to_booking ORDER BY prospect_id";
    let last = "lead_1 2025-10-01 | lead_2 2025-10-03";
    assert_eq!(sql(&it, converting), last, "else the last touch led to it");
    // What goes out from now on did not.
    change(
        &it,
        "INSERT INTO activities (client_id, id, lead_id, action, channel, created_at, source, event_id)
        SELECT client_id, uuid_generate_v7(), id, 'sent', 'email', now(), 'test', prospect_id FROM leads",
    );
    assert_eq!(sql(&it, converting), last);
    assert_eq!(sql(&it, "SELECT count(*)::text FROM leadfleet_clients_converting()"), "1");
    // Who leaves has booked all the same.
    change(&it, "UPDATE leads SET status = 'unsubscribed' WHERE prospect_id = 'lead_2'");
    assert_eq!(times(), "2025-10-02 | 2025-10-03 | -");
}

#[test]
fn words_are_counted_for_whom_they_went_to() {
    let it = It::start();
    import(&it, "leads", LEADS, &[]);
    let touches = "prospect_id,action,created_at,subject,body\n\
        lead_1,email_sent,2025-10-01,Question about Oak Clinic,\"Hi Ann, do Dental practices lose leads? Quick call?\"\n\
        lead_2,email_sent,2025-10-01,Question about elm software,A word about leads\n\
        lead_2,replied,2025-10-02,,The words of Bob\n";
    import(&it, "activities", touches, &[]);
    let of = |field: &str| {
        sql(&it, &format!("SELECT {field} FROM activities ORDER BY content_snapshot ->> 'subject' DESC"))
    };
    assert_eq!(of("content_features::jsonb ->> 's'"), "Question about {company} | Question about {company}");
    assert_eq!(of("content_features::jsonb ->> 'w'"), "4 | 9");
    assert_eq!(
        of("content_snapshot ->> 'personalization'"),
        "[\"company_mention\", \"industry_specific\"] | [\"company_mention\", \"industry_specific\"]"
    );
    assert_eq!(of("content_snapshot ->> 'personalization_level'"), "2 | 3");
    assert_eq!(of("content_snapshot ->> 'pain_points'"), "[\"leads\"] | [\"leads\"]");
    assert_eq!(of("content_snapshot ->> 'cta'"), "quick call");
    let kept = "SELECT count(*)::text FROM activities WHERE content_snapshot IS NOT NULL OR content_features IS NOT NULL";
    assert_eq!(sql(&it, kept), "2", "what somebody answered is not kept");
    import(
        &it,
        "activities",
        "prospect_id,action,created_at,subject\nlead_1,email_sent,2025-10-05,Ann or Mrs Roe?\n",
        &[],
    );
    let named =
        "SELECT (content_snapshot ->> 'subject') || ' ' || (content_features::jsonb ->> 's') FROM activities
        WHERE created_at > '2025-10-04'";
    assert_eq!(sql(&it, named), "Ann or Mrs Roe? {first_name} or Mrs {last_name}?");
}

#[test]
fn scores_are_listed_explained_and_made_anew() {
    let it = It::start();
    it.says(&["leads", "list"], &["There are no such leads", "leadfleet import leads"]);
    drop(it);
    let it = with_leads();
    let told = it.json(&["leads", "rescore"]);
    assert_eq!(
        (&told["leads"], &told["first_time"], &told["applied"]),
        (&3.into(), &3.into(), &false.into())
    );
    it.says(&["leads", "rescore"], &["3 leads: 3 with another score", "Nothing was written"]);
    it.says(&["leads", "show", "lead_1"], &["Not scored yet", "waits for the scorer"]);
    it.says(&["leads", "rescore", "--apply"], &["The scores are written"]);
    let told = it.json(&["leads", "rescore"]);
    assert_eq!(told["changed"], 0, "the same lead has the same score");

    assert_eq!(it.json(&["leads", "show", "lead_1"])["shadow_score"], Value::Null);
    change(&it, "UPDATE leads SET als_shadow_score = 61 WHERE prospect_id = 'lead_1'");
    for command in ["show", "explain"] {
        it.says(&["leads", command, "lead_1"], &["(by the weights that were not adopted: 61)"]);
    }

    let listed = it.json(&["leads", "list"]);
    let scores: Vec<(&str, i64, &str)> = listed["leads"]
        .as_array()
        .unwrap()
        .iter()
        .map(|lead| {
            let text = |name: &str| lead[name].as_str().unwrap();
            (text("prospect_id"), lead["score"].as_i64().unwrap(), text("tier"))
        })
        .collect();
    // 14 + 25 + 25 + 9, the given parts with their risk, and 0 of somebody who is excluded.
    assert_eq!(scores, [("lead_1", 73, "hot"), ("lead_2", 57, "warm"), ("lead_3", 0, "dead")]);
    assert_eq!(it.json(&["leads", "list", "--tier", "warm"])["leads"].as_array().unwrap().len(), 1);
    let first = it.json(&["leads", "list", "--limit", "1"]);
    let next = it.json(&["leads", "list", "--limit", "1", "--cursor", first["next"].as_str().unwrap()]);
    assert_eq!(next["leads"][0]["prospect_id"], "lead_2");

    let told = it.json(&["leads", "explain", "lead_1"]);
    let parts = told["now"]["ledger"]["parts"].as_array().unwrap();
    let sum: f64 = parts.iter().map(|part| part["contributes"].as_f64().unwrap()).sum();
    let cut = told["now"]["ledger"]["cut"]["contributes"].as_f64().unwrap();
    assert!((sum + cut - 73.0).abs() < 1e-9, "{told}");
    it.says(
        &["leads", "explain", "lead_1"],
        &[
            "Score 73, hot, with default weights",
            "owns, founded or leads the company",
            "has a website",
            "Tier hot",
        ],
    );
    it.says(&["leads", "explain", "lead_3"], &["Tier dead, whatever the score: unsubscribed"]);
    it.fails(&["leads", "explain", "lead_9"], 3, &["there is no prospect lead_9"]);
    it.says(&["leads", "list", "--status", "converted"], &["lead_1"]);
}

#[test]
fn other_rules_are_used_or_refused_by_name() {
    let it = with_leads();
    let rules = String::from_utf8(it.run(&["leads", "rules"]).stdout).unwrap();
    let with = |rules: &str, arguments: &[&str]| {
        let file = file(rules);
        it.command(arguments).env("ALS_RULES", file.path()).output().unwrap()
    };
    let strict = with(&rules.replace("hot = 70", "hot = 90"), &["leads", "explain", "lead_1", "--json"]);
    assert_eq!(super::json(&strict)["now"]["tier"], "warm");
    let wrong = with(&rules.replace("points = 25", "points = 26"), &["leads", "list"]);
    super::check_fails(&wrong, 2, &["rule authority/owner: 26 points are not above 0 and at most 25"]);
    let missing =
        it.command(&["leads", "list"]).env("ALS_RULES", "/nonexistent/rules.toml").output().unwrap();
    super::check_fails(&missing, 2, &["could not read the rules of scores from /nonexistent/rules.toml"]);
}
