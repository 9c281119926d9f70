//! People who sign in: who gets in, for how long, what a form must prove, and how often one may try.

use crate::rig::{Rig, now, problem};
use crate::server::{ALPHA, BETA};
use db::Uuid;
use db::people::{self, NewPerson};
use futures::future::join_all;
use reqwest::{Client, Response, StatusCode};
use serde_json::Value;
use std::collections::BTreeMap;

const PASSWORD: &str = "correct horse battery";
const HTTPS: [&str; 2] = ["--gateway-public-url", "https://leads.example.com"];
const ANN: &str = "ann@alpha.example";

/// A browser that follows no redirect, and keeps its cookie.
pub(crate) struct Browser<'a> {
    rig: &'a Rig,
    http: Client,
    cookie: Option<String>,
}

impl<'a> Browser<'a> {
    fn new(rig: &'a Rig) -> Self {
        let http = Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
        Self { rig, http, cookie: None }
    }

    pub(crate) async fn signed_in(rig: &'a Rig, email: &str) -> Self {
        let mut browser = Self::new(rig);
        let answer = browser.sign_in(email, PASSWORD).await;
        assert_eq!(answer.status(), StatusCode::SEE_OTHER);
        browser
    }

    pub(crate) async fn get(&self, path: &str) -> Response {
        let request = self.http.get(format!("{}{path}", self.rig.base)).header("accept", "text/html");
        match &self.cookie {
            Some(cookie) => request.header("cookie", cookie).send().await.unwrap(),
            None => request.send().await.unwrap(),
        }
    }

    /// Sends a form as a page of the gateway does, but for these headers.
    async fn post_as(&self, path: &str, form: &[(&str, &str)], headers: &[(&str, &str)]) -> Response {
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
        let mut request = self.http.post(format!("{}{path}", self.rig.base)).body(body);
        request = request.header("content-type", "application/x-www-form-urlencoded");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some(cookie) = &self.cookie {
            request = request.header("cookie", cookie);
        }
        request.send().await.unwrap()
    }

    pub(crate) async fn post(&self, path: &str, form: &[(&str, &str)]) -> Response {
        self.post_as(path, form, &[("sec-fetch-site", "same-origin"), ("accept", "text/html")]).await
    }

    async fn sign_in(&mut self, email: &str, password: &str) -> Response {
        let answer = self.post("/sign-in", &[("email", email), ("password", password)]).await;
        self.take(&answer);
        answer
    }

    /// Keeps the cookie that an answer sets.
    fn take(&mut self, answer: &Response) {
        if let Some(cookie) = answer.headers().get("set-cookie") {
            self.cookie = Some(cookie.to_str().unwrap().split(';').next().unwrap().to_owned());
        }
    }

    /// What the page of the account has as its token.
    pub(crate) async fn csrf(&self) -> String {
        let page = self.get("/account").await.text().await.unwrap();
        let (_, rest) = page.split_once("name=\"csrf\" value=\"").unwrap_or_else(|| panic!("{page}"));
        rest.split('"').next().unwrap().to_owned()
    }

    async fn is_signed_in(&self) -> bool {
        self.get("/account").await.status() == StatusCode::OK
    }
}

pub(crate) async fn add(rig: &Rig, client: Uuid, email: &str, role: &str) -> Uuid {
    let (id, hash) = (Uuid::now_v7(), gateway::password::hash(PASSWORD).unwrap());
    let name = email.split('@').next().unwrap();
    let mut tx = rig.test.db.begin(client).await.unwrap();
    let new = NewPerson { id, email, name, role, password_hash: &hash };
    assert!(people::add(&mut tx, &new, now()).await.unwrap());
    tx.commit().await.unwrap();
    id
}

async fn rig(flags: &[&str]) -> Rig {
    let rig = Rig::start(flags).await;
    add(&rig, ALPHA, ANN, "operator").await;
    rig
}

/// What a browser says that comes through a server before the gateway.
fn from(place: &str) -> [(&str, &str); 3] {
    [("sec-fetch-site", "same-origin"), ("accept", "text/html"), ("x-forwarded-for", place)]
}

#[track_caller]
fn leads_to(answer: &Response, path: &str) {
    assert_eq!(answer.status(), StatusCode::SEE_OTHER);
    assert_eq!(answer.headers()["location"], path);
}

/// How often each verb is in the audit, and the audit as text.
async fn audited(rig: &Rig) -> (BTreeMap<String, usize>, String) {
    let dead = dead::Dead::new(rig.runtime.jetstream().clone());
    let events = dead.history(&dead::Wish::default()).await.unwrap();
    let mut counts = BTreeMap::new();
    for event in &events {
        *counts.entry(event.verb.as_str().to_owned()).or_default() += 1;
    }
    (counts, serde_json::to_string(&events).unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_signs_in_sees_pages_and_signs_out_for_good() {
    let rig = rig(&[]).await;
    let mut browser = Browser::new(&rig);
    leads_to(&browser.get("/leads?tier=hot").await, "/sign-in?next=%2Fleads%3Ftier%3Dhot");
    let asked = browser.get("/sign-in?next=%2Fleads%3Ftier%3Dhot").await.text().await.unwrap();
    assert!(asked.contains("name=\"next\" value=\"/leads?tier=hot\""), "{asked}");

    let answer = browser.sign_in(" Ann@Alpha.example ", PASSWORD).await;
    leads_to(&answer, "/");
    let cookie = answer.headers()["set-cookie"].to_str().unwrap();
    assert!(cookie.starts_with("leadfleet=") && cookie.ends_with("HttpOnly; SameSite=Lax"), "{cookie}");
    assert!(cookie.contains("; Path=/; Max-Age=604800;"), "{cookie}");
    let page = browser.get("/leads").await;
    assert_eq!(
        (page.status(), &page.headers()["cache-control"]),
        (StatusCode::OK, &"no-store".parse().unwrap())
    );
    let account = browser.get("/account").await.text().await.unwrap();
    assert!(account.contains(ANN) && account.contains("operator"), "{account}");
    leads_to(&browser.get("/sign-in?next=/leads").await, "/leads");

    let kept = browser.cookie.clone();
    let csrf = browser.csrf().await;
    let out = browser.post("/sign-out", &[("csrf", &csrf)]).await;
    leads_to(&out, "/sign-in");
    assert!(out.headers()["set-cookie"].to_str().unwrap().starts_with("leadfleet=; Path=/; Max-Age=0"));
    browser.cookie = kept;
    assert!(!browser.is_signed_in().await, "the cookie is worth nothing any more");
    let (counts, _) = audited(&rig).await;
    assert_eq!(counts, BTreeMap::from([("sign_in".to_owned(), 1), ("sign_out".to_owned(), 1)]));
    assert_eq!(rig.test.number("SELECT count(*) FROM sessions").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_asks_for_values_without_a_session_is_told_so() {
    let rig = rig(&[]).await;
    problem(rig.get("/leads.json").send().await.unwrap(), 401, "unauthorized").await;
    let browser = Browser::signed_in(&rig, ANN).await;
    let leads: Value = browser.get("/leads.json").await.json().await.unwrap();
    assert_eq!(leads["leads"][0]["prospect_id"], "p_alpha");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_password_an_unknown_address_and_a_disabled_person_are_alike() {
    let rig = rig(&[]).await;
    let gone = add(&rig, BETA, "gone@beta.example", "admin").await;
    let mut tx = rig.test.db.begin(BETA).await.unwrap();
    people::set_disabled(&mut tx, gone, Some(now())).await.unwrap();
    tx.commit().await.unwrap();
    let mut told = Vec::new();
    for (email, password) in [
        (ANN, "wrong horse battery"),
        ("bob@nowhere.example", PASSWORD),
        ("gone@beta.example", PASSWORD),
        (ANN, ""),
    ] {
        let mut browser = Browser::new(&rig);
        let answer = browser.sign_in(email, password).await;
        assert_eq!((answer.status(), &browser.cookie), (StatusCode::FORBIDDEN, &None), "{email}");
        let page = answer.text().await.unwrap();
        assert!(page.contains("role=\"alert\"") && !page.contains(PASSWORD), "{page}");
        told.push(page.replace(email, "?"));
    }
    told.dedup();
    assert_eq!(told.len(), 1, "{told:?}");
    let (counts, text) = audited(&rig).await;
    assert_eq!(counts, BTreeMap::from([("sign_in_failed".to_owned(), 4)]));
    assert!(!text.contains("example") && !text.contains("horse"), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_ends_when_its_time_is_over_or_its_person_disabled() {
    let rig = rig(&[]).await;
    for (end, still) in [
        ("UPDATE sessions SET last_seen_at = now() - interval '11 hours 59 minutes'", true),
        ("UPDATE sessions SET last_seen_at = now() - interval '12 hours'", false),
        ("UPDATE sessions SET expires_at = now()", false),
        ("UPDATE people SET disabled_at = now()", false),
    ] {
        let browser = Browser::signed_in(&rig, ANN).await;
        assert!(browser.is_signed_in().await);
        rig.test.sql(end).await;
        assert_eq!(browser.is_signed_in().await, still, "{end}");
        let used = "SELECT count(*) FROM sessions WHERE last_seen_at > now() - interval '1 minute'";
        assert!(!still || rig.test.number(used).await == 1, "it is written down that it was used");
    }
    assert_eq!(rig.test.number("SELECT count(*) FROM sessions").await, 1, "expired ones were forgotten");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_shows_its_own_client_only_and_a_forged_one_nothing() {
    let rig = rig(&[]).await;
    add(&rig, BETA, "ben@beta.example", "admin").await;
    for (email, own, other) in [(ANN, "p_alpha", "p_beta"), ("ben@beta.example", "p_beta", "p_alpha")] {
        let browser = Browser::signed_in(&rig, email).await;
        assert_eq!(browser.get(&format!("/leads/{own}")).await.status(), StatusCode::OK);
        assert_eq!(browser.get(&format!("/leads/{other}")).await.status(), StatusCode::NOT_FOUND);
        // The secret of one client's session under the id of another's.
        let (ann, ben) =
            (Browser::signed_in(&rig, ANN).await, Browser::signed_in(&rig, "ben@beta.example").await);
        let (ann, ben) = (ann.cookie.unwrap(), ben.cookie.unwrap());
        let mixed = format!("{}{}", &ann[..ann.len() - 43], &ben[ben.len() - 43..]);
        let forged = Browser { cookie: Some(mixed), ..Browser::new(&rig) };
        assert!(!forged.is_signed_in().await);
    }
    let stored = rig.test.number("SELECT count(*) FROM sessions WHERE length(secret_hash) = 32").await;
    assert_eq!(stored, 6, "only hashes are kept");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_counts_only_from_a_page_of_the_same_session() {
    let rig = rig(&[]).await;
    let (one, two) = (Browser::signed_in(&rig, ANN).await, Browser::signed_in(&rig, ANN).await);
    let (own, other) = (one.csrf().await, two.csrf().await);
    assert!(own != other && !one.cookie.as_ref().unwrap().contains(&own));
    let host = rig.base.strip_prefix("http://").unwrap();
    let site = |site| vec![("sec-fetch-site", site)];
    for (form, headers) in [
        (vec![], site("same-origin")),
        (vec![("csrf", "")], site("same-origin")),
        (vec![("csrf", other.as_str())], site("same-origin")),
        (vec![("csrf", own.as_str())], site("cross-site")),
        (vec![("csrf", own.as_str())], site("same-site")),
        (vec![("csrf", own.as_str())], vec![("origin", "https://evil.example")]),
        (vec![("csrf", own.as_str())], vec![("origin", "null")]),
        (vec![("csrf", own.as_str())], vec![]),
    ] {
        let answer = one.post_as("/sign-out", &form, &headers).await;
        problem(answer, 403, "missing-scope").await;
    }
    assert!(one.is_signed_in().await);
    let origin = format!("http://{host}");
    leads_to(&one.post_as("/sign-out", &[("csrf", &own)], &[("origin", &origin)]).await, "/sign-in");
    assert!(!one.is_signed_in().await && two.is_signed_in().await);

    // Nor is anybody signed in from elsewhere.
    let form = [("email", ANN), ("password", PASSWORD)];
    let answer = two.post_as("/sign-in", &form, &site("cross-site")).await;
    assert!(answer.headers().get("set-cookie").is_none());
    problem(answer, 403, "missing-scope").await;
    let nobody = Browser::new(&rig).post("/sign-out", &[("csrf", &own)]).await;
    leads_to(&nobody, "/sign-in");
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_led_elsewhere_after_signing_in() {
    let rig = rig(&[]).await;
    for (next, to) in
        [("/leads?tier=hot", "/leads?tier=hot"), ("//evil.example", "/"), ("https://evil.example", "/")]
    {
        let form = [("email", ANN), ("password", PASSWORD), ("next", next)];
        leads_to(&Browser::new(&rig).post("/sign-in", &form).await, to);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn by_https_the_cookie_is_for_this_host_alone() {
    let rig = rig(&HTTPS).await;
    let mut browser = Browser::new(&rig);
    let answer = browser.sign_in(ANN, PASSWORD).await;
    let cookie = answer.headers()["set-cookie"].to_str().unwrap();
    assert!(cookie.starts_with("__Host-leadfleet=") && cookie.ends_with("; Secure"), "{cookie}");
    assert!(browser.is_signed_in().await);
    let form = [("csrf", browser.csrf().await)];
    let form: Vec<_> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let answer = browser.post_as("/sign-out", &form, &[("origin", "https://leads.example.com")]).await;
    leads_to(&answer, "/sign-in");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_tries_too_often_waits() {
    let rig = rig(&HTTPS).await;
    let browser = Browser::new(&rig);
    let attempt = async |email: &str, place: &str| {
        browser
            .post_as("/sign-in", &[("email", email), ("password", "wrong horse battery")], &from(place))
            .await
    };
    // One address from one place. All at once, as the quota fills up with time.
    let answers = join_all((0..10).map(|_| attempt(ANN, "192.0.2.1"))).await;
    assert!((5..10).contains(&refused(&answers)), "{answers:?}");
    let waiting =
        answers.into_iter().find(|answer| answer.status() == StatusCode::TOO_MANY_REQUESTS).unwrap();
    let wait: u64 = waiting.headers()["retry-after"].to_str().unwrap().parse().unwrap();
    let page = waiting.text().await.unwrap();
    assert!((1..=13).contains(&wait) && page.contains(&format!("try again in {wait} seconds")), "{page}");
    let elsewhere = [("email", ANN), ("password", PASSWORD)];
    leads_to(&browser.post_as("/sign-in", &elsewhere, &from("192.0.2.2")).await, "/");

    // Another address each time: it is the place that counts, as the last one on the way names it.
    let names: Vec<String> = (0..40).map(|nth| format!("{nth}@a.example")).collect();
    let answers = join_all(names.iter().map(|email| attempt(email, "203.0.113.1, 198.51.100.1"))).await;
    assert!((20..40).contains(&refused(&answers)), "{answers:?}");
    assert_eq!(attempt("40@a.example", "198.51.100.2").await.status(), StatusCode::FORBIDDEN);
}

/// How many were refused for what they gave, and not for how often they came.
fn refused(answers: &[Response]) -> usize {
    answers.iter().filter(|answer| answer.status() == StatusCode::FORBIDDEN).count()
}

/// Writes down who changes a password.
const CHANGED_BY: &str = "
CREATE TABLE changed_by (who uuid);
GRANT INSERT ON changed_by TO leadfleet_app;
CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS
    'BEGIN INSERT INTO changed_by VALUES (auth.uid()); RETURN NEW; END';
CREATE TRIGGER note AFTER UPDATE OF password_hash ON people FOR EACH ROW EXECUTE FUNCTION note()";

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_password_ends_all_sessions_and_begins_another_one() {
    let rig = rig(&[]).await;
    let (mut here, elsewhere) = (Browser::signed_in(&rig, ANN).await, Browser::signed_in(&rig, ANN).await);
    let csrf = here.csrf().await;
    let other = "a staple for the horse";
    for (current, new, again, said) in [
        ("wrong horse battery", other, other, "the current password is not right"),
        (PASSWORD, "short", "short", "12 to 200 characters"),
        (PASSWORD, other, "a staple for the mule", "not typed the same"),
    ] {
        let form = [("csrf", csrf.as_str()), ("current", current), ("new", new), ("again", again)];
        let answer = here.post("/account", &form).await;
        assert_eq!(answer.status(), StatusCode::UNPROCESSABLE_ENTITY);
        let page = answer.text().await.unwrap();
        assert!(page.contains("role=\"alert\"") && page.contains(said), "{page}");
    }
    assert!(elsewhere.is_signed_in().await);
    rig.test.sql(CHANGED_BY).await;
    let form = [("csrf", csrf.as_str()), ("current", PASSWORD), ("new", other), ("again", other)];
    let stolen = Browser { cookie: here.cookie.clone(), ..Browser::new(&rig) };
    let answer = here.post("/account", &form).await;
    assert_eq!(answer.status(), StatusCode::OK);
    here.take(&answer);
    assert!(answer.text().await.unwrap().contains("1 other session ended"));
    let changed_by = "SELECT count(*) FROM changed_by JOIN people ON people.id = who";
    assert_eq!(rig.test.number(changed_by).await, 1, "the transaction knows whose it is");
    assert!(here.is_signed_in().await && !elsewhere.is_signed_in().await && !stolen.is_signed_in().await);
    let csrf = here.csrf().await;
    let form = [("csrf", csrf.as_str()), ("current", PASSWORD), ("new", other), ("again", other)];
    let mut again = Browser::new(&rig);
    leads_to(&again.sign_in(ANN, other).await, "/");
    // Guesses at the account count as those at the door do.
    assert_eq!(here.post("/account", &form).await.status(), StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(audited(&rig).await.0["change_password"], 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_open_gateway_is_everybodys_on_this_machine_and_of_no_other_name() {
    let rig = rig(&["--open"]).await;
    let browser = Browser::new(&rig);
    assert_eq!(browser.get("/leads").await.status(), StatusCode::OK);
    leads_to(&browser.get("/sign-in?next=/leads").await, "/leads");
    for path in ["/leads", "/account", "/sign-in", "/leads.json"] {
        let rebound = rig.get(path).header("host", "evil.example").send().await.unwrap();
        problem(rebound, 403, "missing-scope").await;
    }
    let account = browser.get("/account").await.text().await.unwrap();
    assert!(account.contains("Nobody is signed in"), "{account}");
    // Even there a form proves that it is ours.
    problem(
        browser.post_as("/sign-out", &[("csrf", "x")], &[("sec-fetch-site", "same-origin")]).await,
        403,
        "missing-scope",
    )
    .await;
}
