//! What is due is handed to one tool at a time, and to nobody who only looks.

use crate::rig::{Rig, Time, problem};
use crate::server::ALPHA;
use serde_json::{Value, json};
use std::collections::BTreeSet;

const DUE: &str = "/api/outreach/due";

fn names(answer: &Value) -> BTreeSet<&str> {
    let touches = answer["touches"].as_array().unwrap();
    touches.iter().map(|touch| touch["prospect_id"].as_str().unwrap()).collect()
}

/// Three prospects, of whom one has no profile, with a week that is planned; it is its Friday afternoon.
async fn planned(time: &Time) -> (Rig, [String; 2]) {
    let rig = Rig::at(time).await;
    let keys = [rig.key(ALPHA, &["write", "read"]).await, rig.key(ALPHA, &["write", "read"]).await];
    let person = |name: &str, profile: &str| {
        json!({"prospect_id": name, "name": name, "company": format!("{name} Clinic"), "state": "AZ",
            "title": "Founder", "email": format!("{name}@clinic.example"), "linkedin_url": profile})
    };
    let people = [
        person("jane", "https://linkedin.example/in/jane"),
        person("joe", ""),
        person("ann", "linkedin.example/in/ann"),
    ];
    rig.done(&keys[0], "/api/prospects/discover", json!({"user_id": "ann", "prospects": people})).await;
    let week = json!({"user_id": "ann", "target_connection_requests": 50, "target_followups": 0});
    let week = rig.done(&keys[0], "/api/outreach/cadence/weekly", week).await;
    assert_eq!(
        (&week["connection_requests"], &week["week_start"]),
        (&json!(3), &json!("2027-04-05")),
        "{week}"
    );
    time.set("2027-04-09T21:00:00Z");
    (rig, keys)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_one_tool_has_taken_no_other_gets_until_it_has_been_silent_for_long() {
    let time = Time::new("2027-04-05T08:00:00Z");
    let (rig, [one, other]) = planned(&time).await;
    let by_mail = rig.done(&one, DUE, json!({"channel": "email"})).await;
    assert_eq!(names(&by_mail), ["joe"].into());
    assert_eq!(by_mail["touches"][0]["email"], "joe@clinic.example");
    assert!(!by_mail["touches"][0]["text"].as_str().unwrap().is_empty());
    let first = rig.done(&one, DUE, json!({"limit": 1})).await;
    let second = rig.done(&other, DUE, json!({"limit": 1000})).await;
    assert_eq!(
        (first["touches"].as_array().unwrap().len(), second["touches"].as_array().unwrap().len()),
        (1, 1)
    );
    assert_ne!(names(&first), names(&second));
    for key in [&one, &other] {
        assert!(names(&rig.done(key, DUE, json!({})).await).is_empty());
    }

    let id = second["touches"][0]["touch_id"].as_str().unwrap();
    for _twice in 0..2 {
        let sent = rig.done(&other, &format!("{DUE}/{id}/ack"), json!({"status": "sent"})).await;
        assert_eq!(sent["state"], "sent");
    }
    let silent: BTreeSet<&str> = names(&by_mail).union(&names(&first)).copied().collect();
    time.set("2027-04-09T21:14:59Z");
    assert!(names(&rig.done(&one, DUE, json!({})).await).is_empty());
    time.set("2027-04-09T21:15:01Z");
    assert!(names(&rig.done(&other, DUE, json!({})).await).is_empty());
    assert_eq!(names(&rig.done(&one, DUE, json!({})).await), silent, "it may have lost the answer");
    time.set("2027-04-12T21:00:00Z");
    assert_eq!(names(&rig.done(&other, DUE, json!({})).await), silent);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_looks_takes_nothing_and_is_shown_no_address() {
    let time = Time::new("2027-04-05T08:00:00Z");
    let (rig, [one, _]) = planned(&time).await;
    for _twice in 0..2 {
        let shown = rig.seen(&one, DUE).await;
        assert_eq!(names(&shown), ["ann", "jane", "joe"].into());
        let text = shown.to_string();
        assert!(!text.contains("clinic.example") && !text.contains("linkedin.example"), "{text}");
    }
    assert_eq!(rig.seen(&one, &format!("{DUE}?limit=2")).await["touches"].as_array().unwrap().len(), 2);
    assert_eq!(names(&rig.done(&one, DUE, json!({})).await).len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tool_that_did_not_hear_the_answer_asks_again_under_its_key() {
    let time = Time::new("2027-04-05T08:00:00Z");
    let (rig, [one, _]) = planned(&time).await;
    let take = || rig.post(DUE, &one, &json!({"limit": 2})).header("idempotency-key", "monday").send();
    let first: Value = take().await.unwrap().json().await.unwrap();
    let again = take().await.unwrap();
    assert_eq!(again.headers()["idempotency-replayed"], "true");
    assert_eq!(again.json::<Value>().await.unwrap(), first);
    assert_eq!(names(&first).len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_handed_out_at_night_and_nothing_that_is_not_asked_for_rightly() {
    let time = Time::new("2027-04-05T08:00:00Z");
    let (rig, [one, _]) = planned(&time).await;
    time.set("2027-04-09T08:00:00Z");
    assert!(names(&rig.done(&one, DUE, json!({})).await).is_empty());
    for (body, field) in [
        (json!({"limit": 0}), "limit"),
        (json!({"limit": 1001}), "limit"),
        (json!({"channel": "pigeon"}), "channel"),
        (json!({"lease": 1}), "lease"),
    ] {
        let answer = rig.post(DUE, &one, &body).send().await.unwrap();
        assert_eq!(problem(answer, 422, "validation").await["errors"][0]["field"], field);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_weeks_are_shown_and_nothing_of_them_is_kept() {
    let time = Time::new("2027-04-05T08:00:00Z");
    let rig = Rig::at(&time).await;
    let key = rig.key(ALPHA, &["write", "read"]).await;
    let people: Vec<Value> = (0..60)
        .map(|number| {
            json!({"prospect_id": format!("p{number}"), "name": format!("P {number}"), "state": "AZ",
                "company": format!("C {number}"), "title": "Founder", "linkedin_url": format!("l.example/in/{number}")})
        })
        .collect();
    rig.done(&key, "/api/prospects/discover", json!({"user_id": "ann", "prospects": people})).await;
    let asked = json!({"user_id": "ann", "target_connection_requests": 40, "target_followups": 30, "week_start": "2027-04-07"});
    let shown = rig.done(&key, "/api/outreach/cadence/simulate", asked).await;
    let weeks = shown["weeks"].as_array().unwrap();
    let starts: Vec<&Value> = weeks.iter().map(|week| &week["week_start"]).collect();
    assert_eq!(starts, ["2027-04-05", "2027-04-12"]);
    assert!(
        weeks.iter().all(|week| week["dry_run"] == true && week["connection_requests"].as_u64() > Some(0))
    );
    assert_eq!(rig.test.number("SELECT count(*) FROM touches").await, 0);
    assert_eq!(rig.test.number("SELECT count(*) FROM enrolments").await, 0);
    let over = json!({"user_id": "ann", "target_connection_requests": 40, "target_followups": 0, "week_start": "2027-04-04"});
    let answer = rig.post("/api/outreach/cadence/simulate", &key, &over).send().await.unwrap();
    problem(answer, 409, "conflict").await;
}
