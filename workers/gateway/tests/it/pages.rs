//! Pages over HTTP: the same facts as the API and the commands, hostile words inert, and nothing of other clients.

use crate::rig::{Rig, now, problem, scores};
use crate::server::ALPHA;
use db::Uuid;
use dead::{By, Dead, Event, Verb};
use prospects::Whom;
use reqwest::{Response, StatusCode};
use serde_json::{Value, json};
use sqlx::{Connection as _, Executor as _, PgConnection};

const OPEN: [&str; 1] = ["--open"];
/// The client of an open gateway.
const OWN: Uuid = db::DEFAULT_CLIENT;
const HOSTILE: &str =
    "<script>alert(1)</script>\u{202e}\"'><img src=x onerror=alert(2)> =1+1 *bold* <!channel>";

/// What a browser is shown.
async fn page(rig: &Rig, path: &str) -> (StatusCode, String) {
    let answer = rig.get(path).header("accept", "text/html,*/*").send().await.unwrap();
    let policy =
        answer.headers().get("content-security-policy").map(|policy| policy.to_str().unwrap().to_owned());
    assert!(policy.is_some_and(|policy| policy.starts_with("default-src 'none'")), "{path}");
    (answer.status(), answer.text().await.unwrap())
}

async fn shown(rig: &Rig, path: &str) -> String {
    let (status, text) = page(rig, path).await;
    assert_eq!(status, StatusCode::OK, "{path}: {text}");
    text
}

async fn values(rig: &Rig, path: &str) -> Value {
    let answer: Response = rig.get(path).send().await.unwrap();
    let (status, text) = (answer.status(), answer.text().await.unwrap());
    assert_eq!(status, StatusCode::OK, "{path}: {text}");
    serde_json::from_str(&text).unwrap()
}

async fn with_leads(name: &str) -> Rig {
    let rig = Rig::start(&OPEN).await;
    let people = json!({"user_id": "default", "prospects": [
        {"prospect_id": "p_owner", "name": name, "title": "Owner", "company": name, "state": "AZ"},
        {"prospect_id": "p_nurse", "name": "Joe Poe", "title": "Nurse", "company": "Elm Clinic"}]});
    rig.test
        .sql(&format!(
            "INSERT INTO client_users (client_id, user_id) VALUES ('{OWN}', 'default') ON CONFLICT DO NOTHING"
        ))
        .await;
    let taken = rig.post("/api/prospects/discover", "none", &people).send().await.unwrap();
    assert_eq!(taken.status(), StatusCode::OK, "{}", taken.text().await.unwrap());
    scores(rig.test.db.clone()).rescore(OWN, Whom::All, true, now(), || {}).await.unwrap();
    rig
}

/// The token that forms of this page have.
fn csrf(page: &str) -> String {
    let (_, rest) = page.split_once("name=\"csrf\" value=\"").unwrap_or_else(|| panic!("{page}"));
    rest.split('"').next().unwrap().to_owned()
}

async fn send(rig: &Rig, path: &str, form: &[(&str, &str)], site: &str) -> StatusCode {
    let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
    let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let request = http.post(format!("{}{path}", rig.base)).body(body).header("sec-fetch-site", site);
    let request = request.header("content-type", "application/x-www-form-urlencoded");
    request.send().await.unwrap().status()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_page_shows_is_what_the_api_tells() {
    let rig = with_leads("Jane Roe").await;
    for (twin, api) in [
        ("/leads.json", "/api/leads"),
        ("/leads.json?tier=hot", "/api/leads?tier=hot"),
        ("/leads.json?limit=1&status=", "/api/leads?limit=1"),
    ] {
        assert_eq!(values(&rig, twin).await, values(&rig, api).await, "{twin}");
    }
    let (mut lead, told) =
        (values(&rig, "/leads/p_owner.json").await, values(&rig, "/api/leads/p_owner/score").await);
    assert_eq!(lead.as_object_mut().unwrap().remove("activities"), Some(json!([])));
    assert_eq!(lead, told);
    let text = shown(&rig, "/leads/p_owner").await;
    let score = told["now"]["score"].to_string();
    assert!(text.contains("Jane Roe") && text.contains(&format!("<b>{score}.000</b>")), "{text}");
    // A page and its values are of one address, filters and all.
    assert!(shown(&rig, "/leads?limit=1").await.contains("href=\"/leads.json?limit=1\""));
}

#[tokio::test(flavor = "multi_thread")]
async fn hostile_words_are_shown_and_do_nothing() {
    let rig = with_leads(HOSTILE).await;
    for path in ["/leads", "/leads/p_owner"] {
        let text = shown(&rig, path).await;
        assert!(text.contains("&lt;script&gt;alert(1)"), "{path}: {text}");
        assert!(!text.contains("<script>alert") && !text.contains("<img"), "{path}");
        assert_eq!(text.matches("<script").count(), 1, "{path}: only the one of the page");
    }
    let (status, text) = page(&rig, "/leads?tier=%3Cscript%3E").await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    assert!(!text.contains("<script>"), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_without_anything_says_what_to_do() {
    let rig = Rig::start(&OPEN).await;
    rig.test.sql("DELETE FROM leads").await;
    for (path, what) in [
        ("/", "No run yet"),
        ("/runs", "leadfleet match start"),
        ("/segments", "leadfleet match start"),
        ("/leads", "leadfleet import leads"),
        ("/outreach", "leadfleet outreach cadence"),
        ("/outreach/week", "leadfleet outreach cadence"),
        ("/outreach/sequences", "leadfleet outreach generate"),
        ("/dead", "Nothing is dead"),
        ("/dead/replays", "Nothing was replayed yet"),
        ("/claude", "CLAUDE_API_KEY"),
        ("/audit", "Nothing was changed"),
    ] {
        let text = shown(&rig, path).await;
        assert!(text.contains(what), "{path}: {text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_there_is_told_in_a_page_to_people_and_as_a_problem_to_programs() {
    let rig = Rig::start(&OPEN).await;
    for path in ["/leads/nobody", "/dead/7", "/runs/none", "/nowhere", "/clinics/1"] {
        let (status, text) = page(&rig, path).await;
        assert_eq!(status, StatusCode::NOT_FOUND, "{path}");
        assert!(text.starts_with("<!DOCTYPE html>"), "{path}: {text}");
        let twin = rig.get(&format!("{path}.json")).header("accept", "text/html").send().await.unwrap();
        assert_eq!(twin.headers()["content-type"], "application/problem+json", "{path}");
        let plain = rig.get(path).send().await.unwrap();
        assert_eq!(plain.headers()["content-type"], "application/problem+json", "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_is_believed_from_its_own_session_and_site_only() {
    let rig = Rig::start(&OPEN).await;
    let token = csrf(&shown(&rig, "/runs").await);
    let jobs =
        async || rig.runtime.jetstream().get_stream("JOBS").await.unwrap().cached_info().state.messages;
    for (token, site) in [
        ("", "same-origin"),
        ("another", "same-origin"),
        (token.as_str(), "cross-site"),
        (token.as_str(), "same-site"),
    ] {
        assert_eq!(
            send(&rig, "/runs/start", &[("csrf", token)], site).await,
            StatusCode::FORBIDDEN,
            "{site}"
        );
    }
    assert_eq!(jobs().await, 0);
    assert_eq!(
        send(&rig, "/runs/start", &[("csrf", &token), ("date", "soon")], "same-origin").await,
        StatusCode::UNPROCESSABLE_ENTITY
    );
    assert_eq!(
        send(&rig, "/runs/start", &[("csrf", &token), ("date", "2026-11-21")], "same-origin").await,
        StatusCode::SEE_OTHER
    );
    assert_eq!(jobs().await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_need_somebody_who_is_signed_in() {
    let rig = Rig::start(&[]).await;
    let key = rig.key(ALPHA, &["admin"]).await;
    for path in ["/", "/leads", "/dead", "/live", "/outreach"] {
        let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
        let answer = http.get(format!("{}{path}", rig.base)).bearer_auth(&key).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::SEE_OTHER, "{path}");
    }
    assert_eq!(rig.get("/leads.json").send().await.unwrap().status(), StatusCode::UNAUTHORIZED);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_week_is_shown_from_any_touch_on() {
    let rig = with_leads("Jane Roe").await;
    let reached = |id: &str| {
        json!({"prospect_id": id, "name": id, "title": "Founder", "company": format!("Clinic {id}"), "state": "AZ",
            "linkedin_url": format!("https://linkedin.com/in/{id}"), "about": "physical therapy owner, referrals"})
    };
    let people = json!({"user_id": "default", "prospects": [reached("p_one"), reached("p_two")]});
    rig.done("none", "/api/prospects/discover", people).await;
    let plan = json!({"user_id": "default", "target_connection_requests": 2, "target_followups": 0});
    let planned = rig.done("none", "/api/outreach/cadence/weekly", plan).await;
    let week = format!("/outreach/week?day={}", planned["week_start"].as_str().unwrap());
    let touches = |page: &str| page.matches("<a href=\"/leads/p_").count();
    let whole = shown(&rig, &week).await;
    assert_eq!((touches(&whole), whole.contains("rel=\"prev\">Before")), (2, false), "{whole}");
    let rest = shown(&rig, &format!("{week}&offset=1")).await;
    assert_eq!((touches(&rest), rest.contains("2 to 2 of 2")), (1, true), "{rest}");
    let narrowed = shown(&rig, &format!("{week}&channel=linkedin&state=planned")).await;
    assert_eq!((touches(&narrowed), narrowed.contains("2 touches")), (2, true), "{narrowed}");
    let none = shown(&rig, &format!("{week}&channel=pigeon")).await;
    assert_eq!((touches(&none), none.contains("No touch of this week is like that")), (0, true), "{none}");
    assert_eq!(values(&rig, &week.replacen('?', ".json?channel=pigeon&", 1)).await["touches"], json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn outreach_is_of_the_last_90_days_unless_asked_otherwise() {
    let rig = with_leads("Jane Roe").await;
    for days in [30, 300] {
        let sent = format!(
            "INSERT INTO activities (client_id, id, lead_id, action, created_at, source, event_id, kind, segment)
            SELECT client_id, gen_random_uuid(), id, 'sent', now() - interval '{days} days', 'test', '{days}',
                'initial_dm', 'referral_network'
            FROM leads WHERE client_id = '{OWN}' AND prospect_id = 'p_owner'"
        );
        rig.test.sql(&sent).await;
    }
    let sends = async |path: &str| values(&rig, path).await["totals"]["sends"].clone();
    assert_eq!(sends("/outreach.json").await, 1);
    assert_eq!(sends("/outreach.json?from=2000-01-01").await, 2);
    let page = shown(&rig, "/outreach").await;
    assert!(page.contains("href=\"/outreach?from=2000-01-01\">Look at all of the past"), "{page}");
    for all in ["/outreach?from=2000-01-01", "/outreach?from=2000-01-01&to="] {
        assert!(!shown(&rig, all).await.contains("Look at all"), "{all}");
    }
    let part = shown(&rig, "/outreach?from=2020-01-01&to=2021-01-01").await;
    assert!(part.contains("href=\"/outreach?from=2000-01-01\""), "{part}");
    // Who is there already is not led there.
    rig.test.sql("DELETE FROM activities").await;
    assert!(shown(&rig, "/outreach").await.contains("Look at all"));
    assert!(!shown(&rig, "/outreach?from=2000-01-01").await.contains("Look at all"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_takes_too_long_says_so() {
    let rig = Rig::with_statements_of(1).await;
    let mut other = PgConnection::connect(&rig.test.superuser_url).await.unwrap();
    let mut lock = other.begin().await.unwrap();
    lock.execute("LOCK TABLE leads IN ACCESS EXCLUSIVE MODE").await.unwrap();
    problem(rig.get("/leads.json").send().await.unwrap(), 503, "timeout").await;
    let (status, text) = page(&rig, "/leads").await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(text.contains("It took too long"), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_audit_is_narrowed_down_by_what_was_done() {
    let rig = Rig::start(&OPEN).await;
    let dead = Dead::new(rig.runtime.jetstream().clone());
    let by = By { operator: "ann".to_owned(), reason: "a try".to_owned(), at: now() };
    for (verb, worker) in [(Verb::PauseWorker, "scorer"), (Verb::ResumeWorker, "loader")] {
        dead.record(&Event::new(verb, worker, &by)).await.unwrap();
    }
    let both = shown(&rig, "/audit").await;
    assert!(both.contains("scorer") && both.contains("loader"), "{both}");
    let one = shown(&rig, "/audit?what=pause_worker").await;
    assert!(one.contains("scorer") && !one.contains("loader"), "{one}");
    assert!(one.contains("<option value=\"pause_worker\" selected>pause worker"), "{one}");
    let (status, text) = page(&rig, "/audit?what=nothing").await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(text.contains("pause_worker"), "it says what there is: {text}");
}
