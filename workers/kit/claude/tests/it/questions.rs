//! What a question looks like on the wire, and what comes of the answers.

use serde_json::json;
use standins::{ClaudeStandIn, Manner, Step, Twist};

use super::*;

#[tokio::test]
async fn a_ranking_names_every_segment_within_bounds() {
    let standin = ClaudeStandIn::start().await;
    let answer = ask(&connect(&standin, &[]).await).await.expect("an answer");
    let ranked = answer.value["ranking"].as_array().expect("a list");
    let names: Vec<_> = ranked.iter().map(|item| item["segment"].as_str().expect("a name")).collect();
    assert_eq!(names, ["phoenix-scheduling", "austin-billing"]);
    assert!(ranked.iter().all(|item| item["delta"].as_f64().is_some_and(|delta| delta.abs() <= 1.0)));
    assert_eq!((answer.calls, answer.from_cache), (1, false));
    assert!(answer.usage.input_tokens > 0 && answer.usage.output_tokens > 0);
    assert!(answer.cost.is_some_and(|cost| cost > 0));
    assert!(answer.request_id.is_some_and(|id| id.starts_with("req_")));
}

#[tokio::test]
async fn a_request_is_what_the_api_expects() {
    let standin = ClaudeStandIn::start().await;
    ask(&connect(&standin, &[]).await).await.expect("an answer");
    let seen = standin.journal().remove(0);
    assert_eq!(seen.path, "/anthropic/v1/messages");
    let header = |name: &str| seen.headers.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str());
    assert_eq!(header("anthropic-version"), Some("2026-10-21"));
    assert_eq!(header("x-api-key"), Some("[redacted]"));
    assert_eq!(header("authorization"), None);
    assert!(header("user-agent").is_some_and(|agent| agent.starts_with("leadfleet/")));
}

#[tokio::test]
async fn no_key_means_no_question() {
    let standin = ClaudeStandIn::start().await;
    let mut config = config(&standin, &[]);
    config.api_key = Some("".into());
    let claude = Claude::connect(config, None).await.expect("a client");
    assert!(!claude.enabled());
    assert!(matches!(ask(&claude).await, Err(Error::Disabled)));
    assert_eq!(standin.calls(), 0);
}

#[tokio::test]
async fn enum_capitals_do_not_matter() {
    let standin = ClaudeStandIn::start().await;
    standin.script([Step::Answer(Twist::EnumCapitals)]);
    let answer = ask(&connect(&standin, &[]).await).await.expect("an answer");
    let fit = answer.value["ranking"][0]["fit"].as_str().expect("a word");
    assert!(["high", "low"].contains(&fit), "{fit}");
}

#[tokio::test]
async fn unknown_fields_and_several_blocks_do_not_matter() {
    let standin = ClaudeStandIn::start().await;
    standin.script([Step::Answer(Twist::Unknown), Step::Answer(Twist::SeveralTexts)]);
    let claude = connect(&standin, &[]).await;
    let first = ask(&claude).await.expect("an answer");
    let second = ask(&claude).await.expect("an answer");
    assert_eq!(first.value, second.value);
}

#[track_caller]
fn assert_output(outcome: Result<Answer, Error>, expected: &str) {
    match outcome {
        Err(error @ Error::Output { .. }) => {
            assert!(error.to_string().contains(expected), "{error}");
            assert_eq!((error.class(), error.code()), (claude::Class::Permanent, "model_output"));
        }
        other => panic!("expected an unusable answer, got {other:?}"),
    }
}

#[tokio::test]
async fn an_answer_that_does_not_fit_is_repaired_once() {
    let standin = ClaudeStandIn::start().await;
    standin.script([Step::Answer(Twist::Text(r#"{"ranking": "none"}"#.into()))]);
    let answer = ask(&connect(&standin, &[]).await).await.expect("an answer");
    assert_eq!(answer.calls, 2);
    let blocks = standin.journal()[1].body["messages"][0]["content"].clone();
    assert!(
        blocks[2]["text"].as_str().is_some_and(|note| note.contains("answer.ranking: array expected")),
        "{blocks}"
    );
}

#[tokio::test]
async fn an_answer_that_never_fits_is_given_up() {
    let standin = ClaudeStandIn::start().await;
    standin.script([Step::Answer(Twist::Text("no".into())), Step::Answer(Twist::Empty)]);
    assert_output(ask(&connect(&standin, &[]).await).await, "it is not JSON");
    assert_eq!(standin.calls(), 2);
}

#[tokio::test]
async fn a_number_out_of_range_is_not_accepted_although_the_grammar_allows_it() {
    let standin = ClaudeStandIn::start().await;
    let wild = json!({"ranking": [{"segment": "a", "delta": 9000, "fit": "low", "reason": "x"}]});
    standin.answer_as(Manner::Custom(Box::new(move |_| Some(wild.clone()))));
    assert_output(ask(&connect(&standin, &[]).await).await, "answer.ranking[0].delta: maximum is 1");
}

#[tokio::test]
async fn an_answer_that_was_cut_is_asked_for_with_more_room() {
    let standin = ClaudeStandIn::start().await;
    standin.script([Step::Answer(Twist::Cut)]);
    let answer = ask(&connect(&standin, &[]).await).await.expect("an answer");
    assert_eq!(answer.calls, 2);
    assert_eq!(standin.journal()[1].body["max_tokens"], 4096);
}

#[tokio::test]
async fn an_answer_that_is_cut_twice_is_given_up() {
    let standin = ClaudeStandIn::start().await;
    standin.script([Step::Answer(Twist::Cut), Step::Answer(Twist::Cut)]);
    assert_output(ask(&connect(&standin, &[]).await).await, "max_tokens");
    assert_eq!(standin.calls(), 2);
}

#[tokio::test]
async fn an_unknown_stop_reason_is_given_up_at_once() {
    for reason in ["pause_turn", "model_context_window_exceeded", "a_future_reason"] {
        let standin = ClaudeStandIn::start().await;
        standin.script([Step::Answer(Twist::Stop(reason.into()))]);
        assert_output(ask(&connect(&standin, &[]).await).await, reason);
        assert_eq!(standin.calls(), 1);
    }
}

#[tokio::test]
async fn a_refusal_is_told_apart_whether_empty_or_partial() {
    for partial in [false, true] {
        let standin = ClaudeStandIn::start().await;
        standin.script([Step::Answer(Twist::Refusal { category: Some("cyber".into()), partial })]);
        match ask(&connect(&standin, &[]).await).await {
            Err(error @ Error::Refused { .. }) => {
                assert_eq!((error.code(), error.concerns_every_question()), ("refusal", false));
                assert_eq!(error.to_string(), "Claude refused to answer (cyber)");
            }
            other => panic!("expected a refusal, got {other:?}"),
        }
        assert_eq!(standin.calls(), 1);
    }
}

#[tokio::test]
async fn a_model_is_described() {
    let standin = ClaudeStandIn::start().await;
    let claude = connect(&standin, &[]).await;
    let model = claude.check_model("claude-haiku-5-5").await.expect("a model");
    assert_eq!((model.lifecycle.as_str(), model.structured_outputs), ("active", true));
    let error = claude.check_model("claude-haiku-9").await.expect_err("no such model");
    assert_eq!((error.class(), error.code()), (claude::Class::Gate, "claude_config"));
}

#[tokio::test]
async fn a_long_system_prompt_is_read_from_the_cache_the_second_time() {
    let standin = ClaudeStandIn::start().await;
    let claude = connect(&standin, &[]).await;
    let (data, schema, system) = (segments(), ranking(), "Rank by opportunity. ".repeat(150));
    let long = Ask { system: &system, ..question(&data, &schema) };
    let first = claude.ask(&long).await.expect("an answer");
    let second = claude.ask(&Ask { task: "Again.", ..long }).await.expect("an answer");
    assert!(first.usage.cache_creation_tokens > 512);
    assert_eq!(second.usage.cache_read_tokens, first.usage.cache_creation_tokens);
    assert!(second.cost < first.cost);
}
