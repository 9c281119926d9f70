//! Pages of contractors: what those who levelled up had in common, and what follows for one of them.

use crate::rig::{Rig, contractors, now};
use crate::server::{ALPHA, BETA};
use reqwest::StatusCode;
use serde_json::Value;

/// Fifteen contractors of a client who levelled up, ten who stayed, and number 56, who is to level up next.
async fn learned(rig: &Rig, client: db::Uuid, name: &str) {
    rig.test
        .sql(&format!(
            "INSERT INTO contractors (client_id, id, company_name, revenue_tier, focus_areas)
            SELECT '{client}', n, '{name} ' || n, CASE WHEN n < 56 THEN '5_10_million' ELSE '0_5_million' END, '{{lead_systems}}'
            FROM generate_series(41, 66) AS n;
            INSERT INTO contractor_revenue_history (client_id, contractor_id, tier, valid_from, revenue, focus_areas)
            SELECT '{client}', n, '0_5_million', CASE WHEN n = 56 THEN current_date - 9 ELSE current_date - 800 END, 3e6,
                CASE WHEN n > 60 THEN '{{networking}}' ELSE '{{lead_systems}}' END::text[]
            FROM generate_series(41, 66) AS n;
            INSERT INTO contractor_revenue_history (client_id, contractor_id, tier, valid_from, revenue, focus_areas)
            SELECT '{client}', n, '5_10_million', current_date - 400 + n, 6e6, '{{lead_systems}}'
            FROM generate_series(41, 55) AS n;
            INSERT INTO partners (client_id, id, name) VALUES ('{client}', 1, '{name} <b>Builders</b>');
            INSERT INTO contractor_partner_usage (client_id, contractor_id, partner_id, used_from, satisfaction)
            SELECT '{client}', n, 1, current_date - 780, 5 FROM generate_series(41, 55) AS n;
            INSERT INTO contractor_content (client_id, contractor_id, kind, title, author, consumed_on)
            SELECT '{client}', n, 'book', 'Traction', 'Gino Wickman', current_date - 780 FROM generate_series(41, 55) AS n"
        ))
        .await;
    contractors(rig.test.db.clone()).learn(client, now(), || {}).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn before_anything_was_learned_pages_say_what_to_do() {
    let rig = Rig::start(&["--open"]).await;
    let page = rig.page("/growth").await;
    assert!(page.contains("leadfleet growth learn") && page.contains("Learn now"), "{page}");
    assert_eq!(rig.value("/growth.json").await["last_run"], Value::Null);
    let page = rig.page("/growth/contractors").await;
    assert!(page.contains("leadfleet import contractors"), "{page}");
    for path in ["/growth/patterns/1", "/growth/contractors/56"] {
        let answer = rig.get(path).header("accept", "text/html").send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::NOT_FOUND, "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_show_what_those_who_levelled_up_had_in_common() {
    let rig = Rig::start(&["--open"]).await;
    learned(&rig, ALPHA, "Roofs").await;
    let told = rig.value("/api/growth/patterns").await;
    let growth = rig.value("/growth.json").await;
    assert_eq!((&growth["patterns"], &growth["next_learning"]), (&told["patterns"], &told["next_learning"]));
    assert_eq!(growth["last_run"], rig.value("/api/growth/runs/latest").await);

    let pattern = &told["patterns"][0];
    let (id, modal) = (pattern["id"].as_i64().unwrap(), &pattern["modal"]);
    assert_eq!((&modal["count"], &modal["n"]), (&15.into(), &15.into()), "{pattern}");
    let page = rig.page("/growth").await;
    let name = pattern["pattern_name"].as_str().unwrap();
    for fact in [name, "15 of 15", "contractors looked at", &format!("/growth/patterns/{id}")] {
        assert!(page.contains(fact), "{fact}: {page}");
    }
    let path = format!("/growth/patterns/{id}");
    assert_eq!(rig.value(&format!("{path}.json")).await, *pattern);
    let page = rig.page(&path).await;
    for fact in [
        name,
        "Roofs &lt;b&gt;Builders&lt;/b&gt;",
        "Traction",
        "Gino Wickman",
        "15 of 15",
        "Those who stayed",
    ] {
        assert!(page.to_lowercase().contains(&fact.to_lowercase()), "{fact}: {page}");
    }
    assert!(!page.contains("<b>Builders"), "{page}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_of_a_contractor_has_all_that_the_api_tells_them() {
    let rig = Rig::start(&["--open"]).await;
    learned(&rig, ALPHA, "Roofs").await;
    let (page, api) = ("/growth/contractors/56", "/api/growth/contractors/56");
    assert!(rig.page(page).await.contains("leadfleet growth goals 56"));

    let known = contractors(rig.test.db.clone());
    known.generate_goals(ALPHA, 56, false, now()).await.unwrap();
    let goals = known.goals(ALPHA, 56).await.unwrap();
    let goal = goals.iter().find(|goal| goal.pattern_source.is_some()).unwrap();
    known.tick(ALPHA, goal.checklist[0].id, now()).await.unwrap();

    let twin = rig.value(&format!("{page}.json")).await;
    for (part, path) in [
        ("matches", "patterns"),
        ("applied", "patterns"),
        ("goals", "goals"),
        ("partners", "partners"),
        ("content", "content"),
    ] {
        assert_eq!(twin[part], rig.value(&format!("{api}/{path}")).await[part], "{part}");
    }
    assert_eq!(twin["timeline"], rig.value(&format!("{api}/timeline")).await);

    let text = rig.page(page).await;
    let done = format!("1 of {} items done", goal.checklist.len());
    let timeline = twin["timeline"]["text"].as_str().unwrap();
    for fact in [
        &goal.goal_description,
        &goal.checklist[1].item,
        &done,
        timeline,
        "Roofs &lt;b&gt;Builders&lt;/b&gt;",
        "Traction",
    ] {
        let fact = fact.replace('\'', "&#39;");
        let fact = if fact.contains("&lt;b") {
            fact
        } else {
            fact.replace('<', "&lt;").replace('>', "&gt;").replace("&#39;", "'")
        };
        assert!(text.contains(&fact), "{fact}: {text}");
    }
    assert!(!text.contains("<b>Builders"), "{text}");
    let raised = rig.page(&format!("{page}?partner=1&score=0.6")).await;
    assert!(raised.contains("becomes <b>0.69</b>"), "{raised}");
    let beyond = rig.page(&format!("{page}?to=21_30_million")).await;
    assert!(beyond.contains("Nothing can be said: no pattern tells how long it takes"), "{beyond}");
}

#[tokio::test(flavor = "multi_thread")]
async fn contractors_are_found_by_number_and_name_part_by_part() {
    let rig = Rig::start(&["--open"]).await;
    learned(&rig, ALPHA, "Roofs").await;
    rig.test
        .sql(&format!(
            "INSERT INTO contractors (client_id, id, first_name, last_name) SELECT '{ALPHA}', 100 + n, 'Ann', 'Roe'
            FROM generate_series(1, 60) AS n;
            UPDATE contractors SET erased_at = now(), company_name = NULL WHERE client_id = '{ALPHA}' AND id = 42;
            UPDATE contractors SET revenue_tier = '51_100_million' WHERE client_id = '{ALPHA}' AND id IN (102, 150)"
        ))
        .await;
    let found = async |query: &str| {
        let page = rig.value(&format!("/growth/contractors.json?{query}")).await;
        let ids: Vec<i64> =
            page["contractors"].as_array().unwrap().iter().map(|one| one["id"].as_i64().unwrap()).collect();
        (ids, page["next"].clone())
    };
    assert_eq!(found("q=roofs%2056").await, (vec![56], Value::Null));
    assert_eq!(found("q=43").await, (vec![43], Value::Null));
    assert_eq!(found("q=42").await, (vec![], Value::Null), "erased");
    assert_eq!(found("tier=51_100_million").await, (vec![102, 150], Value::Null));
    assert_eq!(found("tier=51_100_million&q=150").await, (vec![150], Value::Null));
    let (first, next) = found("").await;
    assert_eq!((first.len(), first[0], &next), (50, 41, &(*first.last().unwrap()).into()));
    let (rest, end) = found(&format!("cursor={next}")).await;
    assert_eq!((first.len() + rest.len(), end), (85, Value::Null));
    let page = rig.page("/growth/contractors?q=roe").await;
    assert!(
        page.contains("href=\"/growth/contractors/101\"")
            && page.contains("Ann Roe<")
            && page.contains("rel=\"next\""),
        "{page}"
    );
    assert!(rig.page("/growth/contractors?q=100%25").await.contains("No contractor is like that"));
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_of_another_client_is_shown() {
    let rig = Rig::start(&["--open"]).await;
    learned(&rig, BETA, "Zebra").await;
    assert!(rig.page("/growth").await.contains("Nothing was learned yet"));
    assert!(rig.page("/growth/contractors").await.contains("There are no contractors yet"));
    let theirs = contractors(rig.test.db.clone()).patterns(BETA, now()).await.unwrap();
    for path in ["/growth/contractors/56".to_owned(), format!("/growth/patterns/{}", theirs[0].id)] {
        let answer = rig.get(&path).header("accept", "text/html").send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::NOT_FOUND, "{path}");
    }
}
