//! Every way in which the service or the network fails, and what becomes of it.

use std::time::Duration;

use claude::Class;
use standins::{ClaudeStandIn, Fault, Step};

use super::*;

const LATER: Class = Class::Transient { after: None, spends_attempt: true };

/// One fault that stays: the class and code of the error, and how many requests it took to find out.
async fn check(step: Step, class: Class, code: &str, requests: usize) {
    check_with(&[], step, class, code, requests).await;
}

async fn check_with(more: &[&str], step: Step, class: Class, code: &str, requests: usize) {
    let standin = ClaudeStandIn::start().await;
    standin.script(vec![step.clone(); 3]);
    let error = ask(&connect(&standin, more).await).await.expect_err("the fault stays");
    assert_eq!((error.class(), error.code(), standin.calls()), (class, code, requests), "{step:?}: {error}");
}

fn later_in(seconds: f64) -> Class {
    Class::Transient { after: Some(Duration::from_secs_f64(seconds)), spends_attempt: false }
}

fn rate_limit() -> Step {
    Step::error(429, "rate_limit_error", None)
}

#[tokio::test]
async fn a_passing_error_is_not_noticed() {
    let standin = ClaudeStandIn::start().await;
    standin.script([Step::error(500, "api_error", None), Step::html(502)]);
    assert!(ask(&connect(&standin, &[]).await).await.is_ok());
    assert_eq!(standin.calls(), 3);
}

#[tokio::test]
async fn server_errors_are_repeated_twice() {
    check(Step::error(500, "api_error", None), LATER, "claude_5xx", 3).await;
    check(Step::error(503, "api_error", Some("cmek_unavailable")), LATER, "claude_5xx", 3).await;
    check(Step::html(502), LATER, "claude_5xx", 3).await;
    check(Step::html(400), LATER, "claude_5xx", 3).await;
}

#[tokio::test]
async fn overload_is_repeated_twice() {
    let class = Class::Transient { after: None, spends_attempt: false };
    check(Step::error(529, "overloaded_error", None), class, "claude_overload", 3).await;
}

#[tokio::test]
async fn configuration_errors_close_the_gate_at_once() {
    check(Step::error(401, "authentication_error", None), Class::Gate, "claude_config", 1).await;
    check(Step::error(403, "permission_error", None), Class::Gate, "claude_config", 1).await;
    check(Step::error(404, "not_found_error", None), Class::Gate, "claude_config", 1).await;
}

#[tokio::test]
async fn spend_limits_close_the_gate_at_once() {
    check(Step::error(402, "billing_error", None), Class::Gate, "claude_spend", 1).await;
    let spent = Step::error(429, "rate_limit_error", Some("enforced_spend_limit_reached"));
    check(spent.with("x-should-retry", "true"), Class::Gate, "claude_spend", 1).await;
}

#[tokio::test]
async fn bad_requests_are_permanent() {
    check(Step::error(400, "invalid_request_error", None), Class::Permanent, "claude_request", 1).await;
    check(Step::html(413), Class::Permanent, "claude_request", 1).await;
}

#[tokio::test]
async fn a_short_wait_is_waited_for() {
    let standin = ClaudeStandIn::start().await;
    standin.script([rate_limit().with("retry-after-ms", "20"), rate_limit().with("retry-after", "0.02")]);
    assert!(ask(&connect(&standin, &[]).await).await.is_ok());
    let at: Vec<_> = standin.journal().iter().map(|seen| seen.at).collect();
    assert!(at[1] - at[0] >= Duration::from_millis(20) && at[2] - at[1] >= Duration::from_millis(20));
}

#[tokio::test]
async fn a_long_wait_is_handed_back() {
    check(rate_limit().with("retry-after", "60"), later_in(60.0), "claude_rate", 1).await;
    check(rate_limit().with("retry-after", "1e300"), later_in(3600.0), "claude_rate", 1).await;
}

#[tokio::test]
async fn a_wait_that_means_nothing_is_our_own() {
    let class = Class::Transient { after: None, spends_attempt: false };
    for value in ["0", "-7", "soon"] {
        check(rate_limit().with("retry-after", value), class, "claude_rate", 3).await;
    }
}

#[tokio::test]
async fn the_advice_not_to_retry_is_followed() {
    check(Step::error(500, "api_error", None).with("x-should-retry", "false"), LATER, "claude_5xx", 1).await;
}

#[tokio::test]
async fn a_rate_limit_holds_back_the_model_and_no_other() {
    let standin = ClaudeStandIn::start().await;
    standin.script([rate_limit().with("retry-after", "60")]);
    let claude = connect(&standin, &[]).await;
    assert!(ask(&claude).await.is_err());
    let held = ask(&claude).await.expect_err("still held back");
    assert!(matches!(held, Error::Limited { .. }), "{held}");
    let (data, schema) = (segments(), ranking());
    let other = Ask { model: "claude-sonnet-5-5", ..question(&data, &schema) };
    assert!(claude.ask(&other).await.is_ok());
    assert_eq!(standin.calls(), 2);
}

#[tokio::test]
async fn an_exhausted_bucket_is_known_before_it_says_no() {
    let standin = ClaudeStandIn::start().await;
    standin.limit_requests(1);
    let claude = connect(&standin, &[]).await;
    assert!(ask(&claude).await.is_ok());
    let held = ask(&claude).await.expect_err("the bucket is empty");
    assert_eq!((held.code(), standin.calls()), ("claude_rate", 1));
}

#[tokio::test]
async fn a_hanging_service_costs_one_timeout() {
    for fault in
        [Fault::Hang, Fault::SlowBody(Duration::from_millis(50)), Fault::SlowHeaders(Duration::from_secs(5))]
    {
        let soon = ["--claude-timeout", "0.2"];
        check_with(&soon, Step::Network(fault), LATER, "claude_5xx", 1).await;
    }
}

#[tokio::test]
async fn a_broken_connection_is_repeated_twice() {
    check(Step::Network(Fault::CloseBeforeHeaders), LATER, "claude_5xx", 3).await;
    check(Step::Network(Fault::Reset), LATER, "claude_5xx", 3).await;
    check(Step::Network(Fault::CloseMidBody), LATER, "claude_5xx", 3).await;
    check(Step::Network(Fault::WrongLength(9)), LATER, "claude_5xx", 3).await;
}

#[tokio::test]
async fn a_connection_that_closes_between_requests_is_not_noticed() {
    let standin = ClaudeStandIn::start().await;
    standin.script([Step::Network(Fault::CloseAfter)]);
    let claude = connect(&standin, &[]).await;
    assert!(ask(&claude).await.is_ok());
    assert!(ask(&claude).await.is_ok());
}

#[tokio::test]
async fn a_page_with_status_200_is_no_answer() {
    check(Step::html(200), LATER, "claude_5xx", 1).await;
}

#[tokio::test]
async fn an_endless_answer_is_cut_off() {
    let standin = ClaudeStandIn::start().await;
    standin.script([Step::Reply(standins::Response::new(
        200,
        "application/json",
        vec![b' '; 5 * 1024 * 1024],
    ))]);
    let error = ask(&connect(&standin, &[]).await).await.expect_err("too long");
    assert!(matches!(error, Error::TooLong(_)), "{error}");
}

#[tokio::test]
async fn a_redirect_does_not_carry_the_key_away() {
    let elsewhere = ClaudeStandIn::start().await;
    let target = format!("{}/v1/messages", elsewhere.url());
    check(Step::redirect(&target), Class::Gate, "claude_config", 1).await;
    assert!(elsewhere.journal().is_empty());
}

#[tokio::test]
async fn nobody_listening_is_transient() {
    let standin = ClaudeStandIn::start().await;
    let config = config(&standin, &[]);
    drop(standin);
    let claude = Claude::connect(config, None).await.expect("a client");
    let error = ask(&claude).await.expect_err("nobody listens");
    assert_eq!((error.class(), error.code()), (LATER, "claude_5xx"));
}

#[tokio::test]
async fn a_run_does_not_wait_for_twenty_timeouts() {
    let standin = ClaudeStandIn::start().await;
    standin.script(vec![Step::Network(Fault::Hang); 20]);
    let claude = connect(&standin, &["--claude-timeout", "0.1", "--claude-concurrency", "1"]).await;
    let mut codes = Vec::new();
    for _ in 0..20 {
        codes.push(ask(&claude).await.expect_err("it hangs").code());
    }
    assert_eq!(standin.calls(), 5);
    assert_eq!(codes.iter().filter(|code| **code == "claude_overload").count(), 15);
}

#[tokio::test]
async fn errors_tell_neither_key_nor_address() {
    let standin = ClaudeStandIn::start().await;
    let config = config(&standin, &[]);
    let (key, url) = (standin.key(), standin.url().to_owned());
    assert!(!format!("{config:?}").contains(key));
    drop(standin);
    let claude = Claude::connect(config, None).await.expect("a client");
    let error = format!("{:?}", ask(&claude).await);
    assert!(!error.contains(key) && !error.contains(&url), "{error}");
}

/// Three questions at once to a service that hangs: how long after the first each other one was sent.
async fn sent_after(claude: &Claude, standin: &ClaudeStandIn) -> Vec<Duration> {
    let before = standin.calls();
    standin.script(vec![Step::Network(Fault::Hang); 3]);
    let outcomes = futures::future::join_all([ask(claude), ask(claude), ask(claude)]).await;
    assert!(outcomes.iter().all(Result::is_err));
    let journal = standin.journal().split_off(before);
    journal.iter().map(|seen| seen.at - journal[0].at).collect()
}

const TIMEOUT: Duration = Duration::from_millis(200);
const TWO_AT_ONCE: [&str; 4] = ["--claude-timeout", "0.2", "--claude-concurrency", "2"];

#[tokio::test]
async fn no_more_calls_run_at_once_than_allowed() {
    let standin = ClaudeStandIn::start().await;
    let claude = connect(&standin, &TWO_AT_ONCE).await;
    let sent = sent_after(&claude, &standin).await;
    assert!(sent[1] < TIMEOUT / 2 && sent[2] > TIMEOUT / 2, "{sent:?}");
}

#[tokio::test]
async fn fewer_calls_run_at_once_after_a_ramp_limit() {
    let standin = ClaudeStandIn::start().await;
    let claude = connect(&standin, &TWO_AT_ONCE).await;
    let ramp = Step::error(429, "rate_limit_error", Some("ramp_limit_exceeded"));
    standin.script([ramp.with("x-should-retry", "false")]);
    assert!(ask(&claude).await.is_err());
    let sent = sent_after(&claude, &standin).await;
    assert!(sent[1] > TIMEOUT / 2 && sent[2] > TIMEOUT, "{sent:?}");
}
