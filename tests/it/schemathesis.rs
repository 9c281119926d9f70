//! Schemathesis asks the gateway all that its description allows, and much that it does not.

use std::io::Write as _;
use std::path::Path;

use serde_json::json;
use tests::http::Api;
use tests::prospects::USER;
use tests::{Process, TestFleet};

#[tokio::test(flavor = "multi_thread")]
async fn schemathesis_finds_nothing() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let program = root.join(".tools/schemathesis/bin/schemathesis");
    assert!(program.exists(), "Schemathesis is not installed: run `make setup-tests`");
    let fleet = TestFleet::start().await;
    fleet.prospects().await;
    let api = Api::start(&fleet).await;
    let people: Vec<_> = (1..=3)
        .map(|number| {
            json!({"prospect_id": format!("prospect_{number}"), "name": format!("Person {number}"),
                "title": "Founder", "company": format!("Clinic {number}"), "state": "AZ",
                "email": format!("person{number}@example.com")})
        })
        .collect();
    api.post("/api/prospects/discover", &json!({"user_id": USER, "prospects": people})).await;

    let header = format!("Authorization: Bearer {}", api.key);
    let arguments = [
        "run",
        &format!("{}/openapi.json", api.base),
        "--header",
        &header,
        "--checks=all",
        "--seed=1",
        // Threads that read source at a time trip over each other in Python 3.11.
        "--workers=1",
        "--max-examples=25",
        "--generation-database=none",
        "--no-color",
    ];
    let environment = [
        ("PYTHONPATH".to_owned(), root.join("tests/schemathesis").display().to_string()),
        ("PYTHONDONTWRITEBYTECODE".to_owned(), "1".to_owned()),
        ("SCHEMATHESIS_HOOKS".to_owned(), "hooks".to_owned()),
    ];
    let log = fleet.folder().join("schemathesis.log");
    let (status, log) = Process::start(&program, &arguments, &environment, fleet.folder(), log).end().await;
    assert!(status.success(), "{log}");

    let (tested, asked) = (number(&log, "Tested: "), number(&log, "Test cases:"));
    let description = api.get("/openapi.json").await;
    let operations: usize =
        description["paths"].as_object().unwrap().values().map(|path| path.as_object().unwrap().len()).sum();
    assert_eq!(tested, operations, "{log}");
    assert!(asked > 1_000, "{log}");
    // Past the harness, which shows nothing of a test that passes.
    writeln!(std::io::stderr(), "Schemathesis: {tested} operations, {asked} requests, nothing found")
        .unwrap();
}

/// The first number after a text.
fn number(log: &str, text: &str) -> usize {
    let rest = log.split_once(text).unwrap_or_else(|| panic!("{text:?} is not in {log}")).1.trim_start();
    rest.split(|sign: char| !sign.is_ascii_digit()).next().unwrap().parse().unwrap()
}
