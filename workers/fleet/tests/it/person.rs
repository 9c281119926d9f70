//! People who sign in to the dashboard, as an operator lets them in and keeps them out.

use std::io::Write as _;
use std::process::{Output, Stdio};

use serde_json::json;

use super::{Servers, check_fails, text};

const ANN: &str = "ann@example.com";

fn person(servers: &Servers, arguments: &[&str]) -> Output {
    servers.leadfleet(&[&["person"], arguments].concat()).output().unwrap()
}

/// With this on standard input.
fn given(servers: &Servers, arguments: &[&str], input: &str) -> Output {
    let mut command = servers.leadfleet(&[&["person"], arguments].concat());
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut process = command.spawn().unwrap();
    process.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    process.wait_with_output().unwrap()
}

#[test]
fn somebody_is_let_in_changed_and_kept_out_and_each_is_written_down() {
    let servers = Servers::start();
    let args = ["add", ANN, "--name", "Ann", "--role", "viewer"];
    check_fails(&person(&servers, &args), 4, &["nothing was changed; `leadfleet provision` prepares"]);
    assert!(servers.leadfleet(&["provision"]).output().unwrap().status.success());
    let added =
        person(&servers, &["add", "Ann@Example.com", "--name", "Ann Lee", "--role", "viewer", "--json"]);
    let added = super::json(&added);
    assert_eq!((&added["email"], &added["sessions_ended"]), (&json!(ANN), &json!(0)));
    assert_eq!(added["password"].as_str().unwrap().len(), 20, "one was made");

    let other =
        ["add", ANN, "--client", "0190163d-8694-739b-aea5-966c26f8ad91", "--name", "A", "--role", "admin"];
    check_fails(&person(&servers, &other), 7, &["somebody has the address ann@example.com already"]);
    let elsewhere = [
        "add",
        "b@example.com",
        "--client",
        "0190163d-8694-739b-aea5-966c26f8ad91",
        "--name",
        "B",
        "--role",
        "admin",
    ];
    check_fails(&person(&servers, &elsewhere), 3, &["there is no client"]);

    let changed = person(&servers, &["role", ANN, "operator", "--reason", "she plans the weeks"]);
    assert_eq!(text(&changed.stdout), "ann@example.com: operator instead of viewer\n");
    let changed =
        given(&servers, &["password", ANN, "--password-file", "-", "--json"], "correct horse battery\n");
    let changed = super::json(&changed);
    assert_eq!((changed.get("password"), &changed["sessions_ended"]), (None, &json!(0)));
    let short = given(&servers, &["password", ANN, "--password-file", "-"], "short\n");
    check_fails(&short, 2, &["a password has 12 to 200 characters, this one has 5"]);

    assert!(person(&servers, &["disable", ANN, "--operator", "bob"]).status.success());
    let listed = super::json(&person(&servers, &["list", "--json"]));
    let found = &listed[0];
    assert_eq!((&found["name"], &found["role"]), (&json!("Ann Lee"), &json!("operator")));
    assert!(found["disabled_at"].is_string() && !listed.to_string().contains("argon2"), "{listed}");
    assert!(person(&servers, &["enable", ANN]).status.success());
    let table = text(&person(&servers, &["list"]).stdout);
    assert!(table.contains("ann@example.com  Ann Lee  operator  active"), "{table}");

    check_fails(
        &person(&servers, &["disable", "nobody@example.com"]),
        3,
        &["there is no person", "person list"],
    );
    check_fails(&person(&servers, &["disable", "nobody"]), 2, &["write it as ann@example.com"]);
    assert_eq!(
        audited(&servers),
        [
            "add_person",
            "change_role she plans the weeks",
            "change_password",
            "disable_person bob",
            "enable_person"
        ]
    );
    let letters = servers.leadfleet(&["dead", "history", "--json"]).output().unwrap();
    assert_eq!(super::json(&letters), json!([]), "that is about dead letters");
}

/// The verbs of the audit, with what the tests gave as reason or operator.
fn audited(servers: &Servers) -> Vec<String> {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let events = runtime.block_on(async {
        let nats = async_nats::connect(servers.nats_url()).await.unwrap();
        let dead = dead::Dead::new(async_nats::jetstream::new(nats));
        dead.history(&dead::Wish::default()).await.unwrap()
    });
    let words = |event: &dead::Event| {
        let bob = if event.by.operator == "bob" { "bob" } else { "" };
        format!("{} {bob}{}", event.verb.as_str(), event.by.reason).trim_end().to_owned()
    };
    events.iter().map(words).collect()
}

#[test]
fn nobody_is_let_in_when_it_cannot_be_written_down() {
    let servers = Servers::start();
    let mut command = servers.leadfleet(&["person", "add", ANN, "--name", "Ann", "--role", "viewer"]);
    check_fails(
        &command.env("NATS_URL", "nats://127.0.0.1:1").output().unwrap(),
        4,
        &["could not reach nats-server"],
    );
    assert_eq!(super::json(&person(&servers, &["list", "--json"])), json!([]));
}
