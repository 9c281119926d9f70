//! Pages of what was learned of conversions: what they show, to whom, and who may have it learned anew.

use crate::rig::{Rig, conversion, now};
use crate::server::{ALPHA, BETA};
use crate::sign_in::{Browser, add};
use chrono::SubsecRound as _;
use conversion::Request;
use db::Uuid;
use reqwest::StatusCode;
use serde_json::{Value, json};
use stats::weights::Objective;

const PAGES: [&str; 7] = [
    "/patterns",
    "/patterns/who",
    "/patterns/what",
    "/patterns/when",
    "/patterns/how",
    "/patterns/weights",
    "/patterns/history",
];

/// 60 of 240 leads of a client have booked, owners more often than managers; some have a title that is no good.
async fn learned(rig: &Rig, client: Uuid, owner: &str) {
    rig.test
        .sql(&format!(
            "CREATE TEMP TABLE made AS SELECT n, md5('{client}' || n)::uuid AS id,
                CASE n % 6 WHEN 0 THEN '{owner}' WHEN 1 THEN 'Head of <script>alert(1)</script>' ELSE 'Manager' END AS title,
                n % 6 = 0 AND n % 12 < 11 OR n % 30 = 2 OR n % 24 = 4 AS booked,
                date_trunc('day', now()) - interval '90 days' + n * interval '5 hours' AS first
            FROM generate_series(1, 240) AS n;
            INSERT INTO leads (client_id, id, prospect_id, name, title, company, industry, employee_count, is_hiring, source,
                collected_at, created_at, status, converted_at, als_components, scored_at)
            SELECT '{client}', id, 'lead_' || n, 'Lead ' || n, title, 'Clinic ' || n, 'Dental', n % 60 + 1, n % 4 = 0, 'test',
                first - interval '9 days', first - interval '9 days', CASE WHEN booked THEN 'converted' ELSE 'not_interested' END,
                CASE WHEN booked THEN first + interval '8 days' END,
                jsonb_build_object('data_quality', n % 20, 'authority', n % 25, 'company_fit', n % 23,
                    'timing', CASE WHEN booked THEN 9 + n % 6 ELSE n % 13 END, 'risk', 0), first - interval '9 days'
            FROM made;
            INSERT INTO activities (client_id, id, lead_id, action, channel, created_at, source, event_id, content_snapshot)
            SELECT '{client}', md5('{client}sent' || n || step)::uuid, id, 'sent',
                CASE WHEN step = 2 THEN 'linkedin' ELSE 'email' END, first + step * interval '3 days', 'test', n || '-' || step,
                jsonb_build_object('subject', 'Quick question', 'body', 'We save time. Worth 15 minutes?')
            FROM made, generate_series(0, 2) AS step;
            DROP TABLE made"
        ))
        .await;
    let moment = now().trunc_subsecs(0);
    let request = Request { client, moment, objective: Objective::Centred };
    conversion(rig.test.db.clone()).learn(request, || {}).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn before_anything_was_learned_every_page_says_how_to_learn() {
    let rig = Rig::start(&["--open"]).await;
    for path in PAGES {
        let page = rig.page(path).await;
        assert!(page.contains("Nothing was learned yet"), "{path}: {page}");
        assert!(page.contains("leadfleet patterns learn") && page.contains("Learn now"), "{path}: {page}");
    }
    assert_eq!(rig.value("/patterns/who.json").await, Value::Null);
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_show_what_was_learned_as_the_api_tells_it() {
    let rig = Rig::start(&["--open"]).await;
    learned(&rig, ALPHA, "Owner").await;
    for (twin, path) in [
        ("/patterns.json", "/api/patterns"),
        ("/patterns/who.json", "/api/patterns/who"),
        ("/patterns/what.json", "/api/patterns/what"),
        ("/patterns/when.json", "/api/patterns/when"),
        ("/patterns/how.json", "/api/patterns/how"),
        ("/patterns/history.json?type=who&limit=5", "/api/patterns/history?type=who&limit=5"),
    ] {
        assert_eq!(rig.value(twin).await, rig.value(path).await, "{twin}");
    }
    let weights = rig.value("/patterns/weights.json").await;
    assert_eq!(weights["history"], rig.value("/api/patterns/history?type=who&limit=100").await["history"]);

    let who = rig.value("/api/patterns/who").await;
    let owner = who["patterns"]["title_rankings"].as_array().unwrap().iter();
    let owner = owner.clone().find(|one| one["title"] == "Owner").unwrap_or_else(|| panic!("{who}"));
    assert_eq!(owner["verdict"], "better");
    let of = format!("{} of {}", owner["converted"], owner["sample"]);
    let id = owner["evidence"]["id"].as_str().unwrap();
    let page = rig.page("/patterns/who").await;
    for fact in
        ["Owner", ">better<", &of, &format!("/patterns/evidence/{id}"), "outcomes are known", "Every figure"]
    {
        assert!(page.contains(fact), "{fact}: {page}");
    }
    assert!(page.contains("Head of &lt;script&gt;alert(1)&lt;/script&gt;"), "{page}");
    for (path, fact) in [
        ("/patterns", "found in shuffled outcomes"),
        ("/patterns/what", "Quick question"),
        ("/patterns/when", "Booked on a touch, of those who got it"),
        ("/patterns/how", "email → linkedin"),
        ("/patterns/weights", "Weights after each learning"),
        ("/patterns/history?type=who", "By chance"),
    ] {
        let page = rig.page(path).await;
        assert!(page.contains(fact), "{path}: {fact}: {page}");
    }

    let behind = format!("/patterns/evidence/{id}");
    assert_eq!(
        rig.value(&format!("{behind}.json")).await,
        rig.value(&format!("/api/patterns/evidence/{id}")).await
    );
    let page = rig.page(&behind).await;
    assert!(
        page.contains("href=\"/leads/lead_6\"") && page.contains("Clinic 6") && page.contains(&of),
        "{page}"
    );
    assert!(!page.contains("Clinic 5<"), "a manager is behind the figure of owners: {page}");
}

#[tokio::test(flavor = "multi_thread")]
async fn hours_of_the_week_are_shown_where_enough_was_sent_and_were_counted() {
    let rig = Rig::start(&["--open"]).await;
    learned(&rig, ALPHA, "Owner").await;
    let when = rig.value("/patterns/when.json").await;
    let times = when["patterns"]["best_times"].as_array().unwrap();
    assert!(!times.is_empty() && times.len() < 168, "{when}");
    assert!(times.iter().all(|time| time["sample"].as_u64() >= Some(5)), "{when}");
    let page = rig.page("/patterns/when").await;
    let is_dark = |title: &str| {
        let (before, _) = page.split_once(title).unwrap_or_else(|| panic!("{title}: {page}"));
        let rect = before.rsplit("<rect").next().unwrap();
        rect.contains("class=\"chart-heat-6\"")
    };
    assert!(is_dark(&format!("<title>{}, {}:00: ", times[0]["day"].as_str().unwrap(), times[0]["hour"])));
    let shown = page.matches(":00: ").count();
    let hatched = page.matches(":00: –</title>").count();
    assert_eq!((shown, shown - hatched), (168, times.len()));

    // As it was stored before hours of the week were counted.
    rig.test.sql("UPDATE conversion_patterns SET patterns = patterns - 'best_times'").await;
    let page = rig.page("/patterns/when").await;
    assert!(
        page.contains("No hour of the week has enough messages") && page.contains("Touch by touch"),
        "{page}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_of_another_client_is_shown() {
    let rig = Rig::start(&["--open"]).await;
    learned(&rig, BETA, "Zebra").await;
    for path in PAGES {
        assert!(rig.page(path).await.contains("Nothing was learned yet"), "{path}");
    }
    let theirs = conversion(rig.test.db.clone()).evidence(BETA, "who.title=Zebra").await.unwrap().unwrap();
    let id = theirs.card["evidence"]["id"].as_str().unwrap();
    let answer =
        rig.get(&format!("/patterns/evidence/{id}")).header("accept", "text/html").send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::NOT_FOUND);
    learned(&rig, ALPHA, "Owner").await;
    for path in PAGES {
        assert!(!rig.page(path).await.contains("Zebra"), "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_has_it_learned_by_the_form_of_the_page_and_nobody_else() {
    let rig = Rig::start(&[]).await;
    add(&rig, ALPHA, "olga@alpha.example", "operator").await;
    add(&rig, ALPHA, "vera@alpha.example", "viewer").await;
    for (page, worker) in [("/patterns", "detector"), ("/growth", "growth")] {
        let path = format!("{page}/recompute");
        let viewer = Browser::signed_in(&rig, "vera@alpha.example").await;
        assert!(!viewer.get(page).await.text().await.unwrap().contains("Learn now"));
        let csrf = viewer.csrf().await;
        assert_eq!(viewer.post(&path, &[("csrf", &csrf)]).await.status(), StatusCode::FORBIDDEN);

        let operator = Browser::signed_in(&rig, "olga@alpha.example").await;
        assert!(operator.get(page).await.text().await.unwrap().contains("Learn now"));
        assert_eq!(operator.post(&path, &[]).await.status(), StatusCode::FORBIDDEN);
        assert_eq!(operator.post(&path, &[("csrf", &csrf)]).await.status(), StatusCode::FORBIDDEN);
        assert_eq!(asked(&rig, worker).await, 0);

        let answer = operator.post(&path, &[("csrf", &operator.csrf().await)]).await;
        assert_eq!(answer.status(), StatusCode::SEE_OTHER);
        let back = answer.headers()["location"].to_str().unwrap().to_owned();
        assert!(back.starts_with(&format!("{page}?asked=2")), "{back}");
        assert_eq!(asked(&rig, worker).await, 1);
        let notice = operator.get(&back).await.text().await.unwrap();
        assert!(notice.contains("Learning was asked for as of"), "{notice}");
    }
}

/// How often a worker was asked to learn of the client.
async fn asked(rig: &Rig, worker: &str) -> usize {
    let stream = rig.runtime.jetstream().get_stream("JOBS").await.unwrap();
    let subjects = stream.info_with_subjects(format!("lf.v1.job.{worker}.{ALPHA}.>")).await.unwrap();
    futures::StreamExt::count(subjects).await
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_shown_is_refused() {
    let rig = Rig::start(&["--open"]).await;
    for (path, status) in [
        ("/patterns/evidence/nothing", StatusCode::NOT_FOUND),
        ("/patterns/history?limit=0", StatusCode::UNPROCESSABLE_ENTITY),
        ("/patterns/history?type=whom", StatusCode::UNPROCESSABLE_ENTITY),
        ("/patterns/whom", StatusCode::NOT_FOUND),
    ] {
        let answer = rig.get(path).header("accept", "text/html").send().await.unwrap();
        let kind = answer.headers()["content-type"].clone();
        assert_eq!((answer.status(), kind.to_str().unwrap()), (status, "text/html; charset=utf-8"), "{path}");
    }
    let answer = rig.get("/patterns/history.json?limit=0").send().await.unwrap();
    assert_eq!(answer.json::<Value>().await.unwrap()["errors"][0]["field"], json!("limit"));
}
