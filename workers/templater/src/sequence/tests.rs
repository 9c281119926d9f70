//! Tests of the writer against the Claude stand-in: what it asks, and what each failure leads to.

use super::{SequenceWriter, Unwritten};
use patterns::Proven;
use proto::v1::{SequenceRequest, SequenceWords, StepWords};
use runtime::Fault;
use standins::{ClaudeStandIn, Manner, Step, Twist};
use std::time::Duration;

const CLIENT: &str = "00000000-0000-7000-8000-000000000001";
const JOB: &str = "referral_network_3-step_2026w47";

pub(super) fn request() -> SequenceRequest {
    let step = |kind: &str, variants: [&str; 2]| StepWords {
        kind: kind.into(),
        variants: variants.map(str::to_owned).into(),
    };
    SequenceRequest {
        client_id: CLIENT.into(),
        segment: "referral_network".into(),
        sequence_type: "3-step".into(),
        steps: vec![
            step(
                "connection_request",
                ["Hi {first_name}, glad to connect.", "Hi {first_name}, I follow AI."],
            ),
            step("initial_dm", ["Thank you, {first_name}. {insight} {ask}", "Hi {first_name}. {ask}"]),
            step("followup_1", ["Hi {first_name}, three questions.", "Hi {first_name}, a nudge."]),
        ],
        ..SequenceRequest::default()
    }
}

async fn writer(standin: &ClaudeStandIn) -> SequenceWriter {
    SequenceWriter::new(crate::tests::config(), crate::tests::claude(standin).await)
}

async fn written(standin: &ClaudeStandIn) -> (SequenceWriter, Result<SequenceWords, Unwritten>) {
    let writer = writer(standin).await;
    let words = writer.write(CLIENT, JOB, &request(), &Proven::default()).await;
    (writer, words)
}

async fn scripted(
    steps: impl IntoIterator<Item = Step>,
) -> (SequenceWriter, Result<SequenceWords, Unwritten>) {
    let standin = ClaudeStandIn::start().await;
    standin.script(steps);
    written(&standin).await
}

/// What becomes of the job, 10 seconds after it was published.
fn outcome((writer, words): (SequenceWriter, Result<SequenceWords, Unwritten>)) -> Result<(), Fault> {
    writer.without(words.expect_err("Claude should have failed"), Duration::from_secs(10))
}

#[tokio::test]
async fn claude_writes_words_for_every_kind_of_step() {
    let (_, words) = scripted([]).await;
    let words = words.unwrap();
    assert_eq!((words.segment.as_str(), words.sequence_type.as_str()), ("referral_network", "3-step"));
    let kinds: Vec<&str> = words.steps.iter().map(|step| step.kind.as_str()).collect();
    assert_eq!(kinds, ["connection_request", "initial_dm", "followup_1"]);
    assert!(words.cost_micros > 0 && !words.model.is_empty(), "{words:?}");
}

#[tokio::test]
async fn the_tone_is_asked_for_and_the_words_in_use_are_data() {
    let standin = ClaudeStandIn::start().await;
    written(&standin).await.1.unwrap();
    let body = standin.journal()[0].body.clone();
    let content = &body["messages"][0]["content"];
    let (data, task) = (content[0]["text"].as_str().unwrap(), content[1]["text"].as_str().unwrap());
    assert!(data.starts_with("<untrusted-") && data.contains("three questions"), "{data}");
    assert!(task.contains("partnership language") && !task.contains("three questions"), "{task}");
    assert!(!body.to_string().contains(CLIENT), "{body}");
}

#[tokio::test]
async fn words_with_a_flaw_are_asked_for_once_more() {
    let standin = ClaudeStandIn::start().await;
    let prose = serde_json::json!({
        "connection_request": ["Hi {first_name}, win 40% more.", "Hi {first_name}, see evil.example"],
        "initial_dm": ["{ask}", "{ask}"], "followup_1": ["No", "No"],
    });
    standin.script([Step::Answer(Twist::Text(prose.to_string()))]);
    let words = written(&standin).await.1.unwrap();
    assert_eq!(words.steps.len(), 3);
    let again = standin.journal()[1].body["messages"][0]["content"][1]["text"].clone();
    assert!(again.as_str().unwrap().contains("Earlier words could not be used"), "{again}");
    assert!(!again.as_str().unwrap().contains("evil"), "{again}");
}

#[tokio::test]
async fn words_that_stay_flawed_are_not_used_and_nobody_waits_for_others() {
    let standin = ClaudeStandIn::start().await;
    standin.answer_as(Manner::Inventive);
    let (writer, words) = written(&standin).await;
    assert!(matches!(words, Err(Unwritten::Flaw(_))), "{words:?}");
    assert_eq!(standin.paid(), 2);
    assert!(outcome((writer, words)).is_ok());
}

#[tokio::test]
async fn a_refusal_and_an_answer_that_is_no_json_leave_the_words_as_they_are() {
    let refusal = Step::Answer(Twist::Refusal { category: Some("cyber".into()), partial: false });
    assert!(outcome(scripted([refusal]).await).is_ok());
    let prose = vec![Step::Answer(Twist::Text("Sure! Here they are".into())); 2];
    assert!(outcome(scripted(prose).await).is_ok());
}

#[tokio::test]
async fn an_overloaded_claude_leaves_the_words_as_they_are() {
    assert!(outcome(scripted(vec![Step::error(529, "overloaded_error", None); 3]).await).is_ok());
}

#[tokio::test]
async fn a_refused_key_closes_the_gate() {
    let fault = outcome(scripted(vec![Step::error(401, "authentication_error", None); 3]).await);
    assert!(matches!(fault, Err(Fault::Gate { gate: "claude", .. })), "{fault:?}");
}

#[tokio::test]
async fn a_rate_limit_is_waited_for() {
    let limit = || Step::error(429, "rate_limit_error", None).with("retry-after", "40");
    let fault = outcome(scripted([limit(), limit(), limit()]).await);
    assert!(matches!(fault, Err(Fault::Wait { .. })), "{fault:?}");
}
