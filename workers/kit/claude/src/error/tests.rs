//! One line for each row of the table of API errors.

use super::*;

const LATER: Class = Class::Transient { after: None, spends_attempt: true };
const LATER_FREE: Class = Class::Transient { after: None, spends_attempt: false };

fn api(status: u16, kind: &str, code: &str) -> ApiError {
    let code = Some(code.to_owned()).filter(|code| !code.is_empty());
    ApiError { status, kind: kind.into(), code, ..ApiError::default() }
}

#[track_caller]
fn check(status: u16, kind: &str, code: &str, class: Class, name: &str) {
    assert_eq!(api(status, kind, code).verdict(), (class, name));
}

#[test]
fn a_bad_request_is_permanent() {
    check(400, "invalid_request_error", "", Class::Permanent, "claude_request");
    check(400, "invalid_request_error", "unsupported_charset", Class::Permanent, "claude_request");
    check(422, "invalid_request_error", "", Class::Permanent, "claude_request");
}

#[test]
fn an_upload_that_was_too_slow_is_repeated() {
    check(400, "invalid_request_error", "request_body_timeout", LATER, "claude_5xx");
}

#[test]
fn an_organization_on_hold_closes_the_gate() {
    check(400, "invalid_request_error", "organization_on_hold", Class::Gate, "claude_spend");
}

#[test]
fn the_spend_limit_without_a_code_closes_the_gate() {
    let message = "You have reached your specified workspace API usage limits.".into();
    let error = ApiError { message, ..api(400, "invalid_request_error", "") };
    assert_eq!(error.verdict(), (Class::Gate, "claude_spend"));
}

#[test]
fn configuration_errors_close_the_gate() {
    check(401, "authentication_error", "", Class::Gate, "claude_config");
    check(403, "permission_error", "", Class::Gate, "claude_config");
    check(404, "not_found_error", "", Class::Gate, "claude_config");
    check(404, "", "", Class::Gate, "claude_config");
}

#[test]
fn a_redirect_closes_the_gate() {
    check(307, "", "", Class::Gate, "claude_config");
}

#[test]
fn billing_closes_the_gate() {
    check(402, "billing_error", "", Class::Gate, "claude_spend");
}

#[test]
fn timeouts_and_conflicts_are_repeated() {
    check(408, "", "", LATER, "claude_5xx");
    check(409, "conflict_error", "", LATER, "claude_5xx");
    check(504, "timeout_error", "", LATER, "claude_5xx");
}

#[test]
fn a_page_of_the_delivery_network_about_size_is_permanent() {
    check(413, "", "", Class::Permanent, "claude_request");
}

#[test]
fn a_rate_limit_is_waited_for_without_spending_an_attempt() {
    check(429, "rate_limit_error", "", LATER_FREE, "claude_rate");
    check(429, "rate_limit_error", "ramp_limit_exceeded", LATER_FREE, "claude_rate");
    check(429, "rate_limit_error", "a_future_code", LATER_FREE, "claude_rate");
}

#[test]
fn spend_limits_close_the_gate_although_they_are_429() {
    check(429, "rate_limit_error", "enforced_spend_limit_reached", Class::Gate, "claude_spend");
    check(429, "rate_limit_error", "contract_spend_limit_reached", Class::Gate, "claude_spend");
}

#[test]
fn a_spend_limit_stays_a_gate_even_if_told_to_retry() {
    let error =
        ApiError { should_retry: Some(true), ..api(429, "rate_limit_error", "enforced_spend_limit_reached") };
    assert_eq!(error.verdict().0, Class::Gate);
}

#[test]
fn client_closed_and_not_implemented_are_permanent() {
    check(499, "", "", Class::Permanent, "claude_request");
    check(501, "", "", Class::Permanent, "claude_request");
}

#[test]
fn server_errors_are_repeated() {
    check(500, "api_error", "", LATER, "claude_5xx");
    check(502, "", "", LATER, "claude_5xx");
    check(503, "api_error", "cmek_unavailable", LATER, "claude_5xx");
    check(599, "", "", LATER, "claude_5xx");
}

#[test]
fn overload_is_waited_for_without_spending_an_attempt() {
    check(529, "overloaded_error", "", LATER_FREE, "claude_overload");
    check(503, "overloaded_error", "", LATER_FREE, "claude_overload");
}

#[test]
fn a_foreign_page_is_repeated() {
    check(400, "", "", LATER, "claude_5xx");
    check(418, "", "", LATER, "claude_5xx");
}

#[test]
fn the_advice_to_retry_outweighs_the_status() {
    let error = ApiError { should_retry: Some(true), ..api(422, "invalid_request_error", "") };
    assert_eq!(error.verdict().0, LATER);
}

#[test]
fn the_advice_not_to_retry_stops_retries_in_this_process() {
    let retried = |should_retry| {
        let error = ApiError { should_retry, ..api(500, "api_error", "") };
        Error::Api(Box::new(error)).retry_within(Duration::from_secs(5))
    };
    assert!(retried(None));
    assert!(!retried(Some(false)));
}

#[test]
fn a_long_wait_is_left_to_the_queue() {
    let retried = |seconds| {
        let error =
            ApiError { after: Some(Duration::from_secs(seconds)), ..api(429, "rate_limit_error", "") };
        Error::Api(Box::new(error)).retry_within(Duration::from_secs(5))
    };
    assert!(retried(5));
    assert!(!retried(6));
}

#[test]
fn a_failure_of_one_question_does_not_concern_the_others() {
    assert!(!Error::Refused { category: None }.concerns_every_question());
    assert!(Error::Open { after: Duration::from_secs(1) }.concerns_every_question());
    assert!(Error::Disabled.concerns_every_question());
}

#[test]
fn the_text_of_the_model_is_not_printed() {
    let error = Error::Output { reason: "no JSON".into(), text: Raw("secret words".into()) };
    assert!(!format!("{error} {error:?}").contains("secret"));
}
