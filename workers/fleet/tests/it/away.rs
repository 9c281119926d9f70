//! What commands say when a server is away, and those that need none.

use std::io::Write as _;
use std::process::Stdio;

use super::{check_fails, json, leadfleet, text};

#[test]
fn a_broker_that_is_away_is_said_to_be_so() {
    for command in [
        &["status"][..],
        &["match", "list"],
        &["match", "status"],
        &["match", "watch"],
        &["match", "show"],
        &["match", "explain", "--clinic", "1"],
    ] {
        let output = leadfleet(command).output().unwrap();
        check_fails(&output, 4, &["could not reach nats-server at nats://127.0.0.1:1", "hint: start one"]);
        assert_eq!(text(&output.stderr).matches("NATS_URL").count(), 1, "advice is given once");
    }
}

#[test]
fn a_database_that_is_away_is_said_to_be_so() {
    let mut command = leadfleet(&["match", "review"]);
    command.env("POSTGRES_CONNECTION_STRING", "postgres://leadfleet@127.0.0.1:1/leadfleet");
    check_fails(&command.output().unwrap(), 4, &["refused", "hint: start one"]);
}

#[test]
fn doctor_says_what_is_away_and_what_is_missing() {
    let output = leadfleet(&["doctor", "--json"]).output().unwrap();
    let findings = json(&output);
    let status = |check: &str| {
        let found = findings.as_array().unwrap().iter().find(|finding| finding["check"] == check).unwrap();
        found["status"].as_str().unwrap().to_owned()
    };
    assert_eq!(
        ["nats", "postgres server", "claude", "announcements"].map(status),
        ["fail", "warn", "warn", "warn"]
    );
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn doctor_refuses_a_webhook_that_is_none_of_slack() {
    let output = leadfleet(&["doctor"]).env("SLACK_WEBHOOK_URL", "https://example.com/x").output().unwrap();
    assert!(text(&output.stdout).contains("no webhook of Slack"), "{}", text(&output.stdout));
}

#[test]
fn places_answers_each_line() {
    let mut command = leadfleet(&["places"]);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(b"Phoenix, AZ\n{\"text\":\"Ohio\"}\nnowhere\n").unwrap();
    let output = child.wait_with_output().unwrap();
    let lines = text(&output.stdout);
    let states: Vec<serde_json::Value> = lines
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap()["states"].clone())
        .collect();
    assert_eq!(serde_json::json!(states), serde_json::json!([["AZ"], ["OH"], []]));
}

#[test]
fn link_pairs_the_records_of_two_files() {
    let dir = tempfile::tempdir().unwrap();
    let (left, right) = (dir.path().join("left.csv"), dir.path().join("right.csv"));
    std::fs::write(&left, "company,city\nDesert Motion PT LLC,Phoenix\nNobody Knows,Reno\n").unwrap();
    std::fs::write(&right, "name,city\nOak Clinic,Austin\nDesert Motion P.T.,Phoenix\n").unwrap();
    let (left, right) = (left.to_str().unwrap(), right.to_str().unwrap());
    let output = leadfleet(&["link", left, right, "--name", "company:name", "--city", "city", "--json"])
        .output()
        .unwrap();
    let pairs: Vec<serde_json::Value> =
        text(&output.stdout).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!((pairs[0]["verdict"].as_str(), pairs[0]["right_row"].as_u64()), (Some("linked"), Some(2)));
    assert_eq!(pairs[1]["verdict"], "unlinked");

    let wrong = leadfleet(&["link", left, right, "--name", "nme"]).output().unwrap();
    check_fails(&wrong, 2, &["there is no column \"nme\"; the file has company, city"]);
}
