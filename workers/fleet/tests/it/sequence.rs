//! The words of sequences from the command line: shown, and taken out of use.

use proto::v1::{SequenceWords, StepWords};
use serde_json::Value;

use super::outreach::It;

/// As if Claude had written them.
fn write(it: &It, ways: [&str; 2]) -> i32 {
    let words = |kind: &str| StepWords {
        kind: kind.to_owned(),
        variants: ways.iter().map(|way| format!("{way} {{first_name}}, {kind}.")).collect(),
    };
    let words = SequenceWords {
        client_id: db::DEFAULT_CLIENT.to_string(),
        segment: "referral_network".to_owned(),
        sequence_type: "3-step".to_owned(),
        steps: ["connection_request", "initial_dm", "followup_1", "followup_2"].map(words).into(),
        ..SequenceWords::default()
    };
    it.runtime.block_on(it.prospects().keep_words(&words)).unwrap().unwrap()
}

fn generate(it: &It, prospect: &str) -> (Value, String) {
    let sequence = it.json(&["outreach", "generate", prospect]);
    (sequence["version"].clone(), sequence["messages"][0]["text"].as_str().unwrap().to_owned())
}

/// Those who refer.
fn referring(it: &It) -> Vec<String> {
    let placed = it.json(&["outreach", "segment"]);
    let prospects = placed["prospects"].as_array().unwrap().iter();
    let referring = prospects.filter(|one| one["segment"] == "referral_network");
    referring.map(|one| one["prospect_id"].as_str().unwrap().to_owned()).collect()
}

fn standings(it: &It) -> Vec<(i64, String)> {
    let shown = it.json(&["sequence", "show", "referral_network", "--type", "3-step"]);
    let versions = shown["versions"].as_array().unwrap();
    let of = |version: &Value| {
        (version["version"].as_i64().unwrap(), version["standing"].as_str().unwrap().to_owned())
    };
    versions.iter().map(of).collect()
}

#[test]
fn words_that_claude_wrote_are_shown_and_taken_out_of_use() {
    let it = It::with_prospects();
    it.says(&["sequence", "show"], &["Nobody was enrolled"]);
    let people = referring(&it);
    assert_eq!(generate(&it, &people[0]).0, 1);
    assert_eq!(write(&it, ["Hi", "Hello"]), 2);
    let (version, text) = generate(&it, &people[1]);
    assert!(version == 2 && text.ends_with("connection_request."), "{version} {text}");
    let of = |known: &[(i64, &str)]| {
        known.iter().map(|(version, standing)| (*version, (*standing).to_owned())).collect::<Vec<_>>()
    };
    assert_eq!(standings(&it), of(&[(2, "in_use"), (1, "older")]));
    it.says(
        &["sequence", "show", "--in-use"],
        &[
            "referral_network 3-step, version 2 by claude",
            "in use; 1 prospect in it",
            "Hello {first_name}, initial_dm.",
        ],
    );

    let retire = ["sequence", "retire", "referral_network", "3-step", "2", "--reason"];
    it.fails(&[&retire[..], &[" "]].concat(), 2, &["needs a reason"]);
    it.says(&[&retire[..], &["too pushy"]].concat(), &["out of use; 1 prospect in it stay"]);
    assert_eq!(standings(&it), of(&[(2, "retired"), (1, "in_use")]));
    it.says(&["sequence", "show"], &["out of use since ", ": too pushy"]);
    // Who is in it stays in it, and whoever comes next gets the repository's.
    assert_eq!(generate(&it, &people[1]), (version, text));
    assert_eq!(generate(&it, &people[2]).0, 1);

    it.fails(&[&retire[..], &["again"]].concat(), 7, &["out of use already: too pushy"]);
    let of_version = |version| ["sequence", "retire", "referral_network", "3-step", version, "--reason", "x"];
    it.fails(&of_version("1"), 7, &["the repository's own words"]);
    it.fails(&of_version("9"), 3, &["has no version 9", "leadfleet sequence show"]);
    it.fails(&["sequence", "show", "everybody"], 2, &["referral_network"]);
}
