//! One line for each thing that the Messages API refuses.

use serde_json::json;

use super::*;

fn request(headers: &[(&str, &str)], body: &Value) -> Request {
    Request {
        method: "POST".into(),
        path: "/v1/messages".into(),
        headers: headers.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect(),
        body: body.to_string().into_bytes(),
        oversized: false,
    }
}

const VERSION: (&str, &str) = ("anthropic-version", "2026-10-21");

#[track_caller]
fn check_headers(headers: &[(&str, &str)], status: Option<u16>) {
    let outcome = credentials(&request(headers, &json!({})));
    assert_eq!(outcome.err().map(|response| response.status), status, "{headers:?}");
}

/// A valid request with this change.
#[track_caller]
fn check(change: impl FnOnce(&mut Value), status: Option<u16>) {
    let mut body = json!({
        "model": "claude-haiku-5-5", "max_tokens": 10,
        "messages": [{"role": "user", "content": "hello"}],
        "output_config": {"format": {"type": "json_schema", "schema": {
            "type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"], "additionalProperties": false,
        }}},
    });
    change(&mut body);
    let outcome = message(&request(&[VERSION], &body));
    assert_eq!(outcome.err().map(|response| response.status), status, "{body}");
}

fn schema(body: &mut Value) -> &mut Value {
    &mut body["output_config"]["format"]["schema"]
}

#[test]
fn either_credential_is_accepted_but_not_both() {
    let bearer = format!("Bearer {KEY}");
    check_headers(&[("x-api-key", KEY), VERSION], None);
    check_headers(&[("authorization", &bearer), VERSION], None);
    check_headers(&[("x-api-key", KEY), ("authorization", &bearer), VERSION], Some(401));
    check_headers(&[("x-api-key", "wrong"), VERSION], Some(401));
    check_headers(&[VERSION], Some(401));
}

#[test]
fn a_known_version_is_required() {
    check_headers(&[("x-api-key", KEY)], Some(400));
    check_headers(&[("x-api-key", KEY), ("anthropic-version", "2030-01-01")], Some(400));
}

#[test]
fn a_valid_request_is_accepted() {
    check(|_| {}, None);
}

#[test]
fn required_fields_are_required() {
    for name in ["model", "max_tokens", "messages"] {
        check(
            |body| {
                body.as_object_mut().expect("an object").remove(name);
            },
            Some(400),
        );
    }
    check(|body| body["messages"] = json!([]), Some(400));
}

#[test]
fn sampling_parameters_are_refused_even_at_their_default() {
    for name in SAMPLING {
        check(|body| body[name] = json!(1), Some(400));
    }
}

#[test]
fn what_the_model_or_the_version_does_not_know_is_refused() {
    check(|body| body["a_typo"] = json!(1), Some(400));
    check(|body| body["max_tokens"] = json!(128_001), Some(400));
    check(|body| body["thinking"] = json!({"type": "enabled", "budget_tokens": 9}), Some(400));
    check(
        |body| body["messages"] = json!([{"role": "user"}, {"role": "assistant", "content": "{"}]),
        Some(400),
    );
    let five = vec![json!({"cache_control": {}}); 5];
    check(|body| body["system"] = json!(five), Some(400));
}

#[test]
fn schemas_have_their_limits() {
    check(|body| schema(body)["additionalProperties"] = json!(true), Some(400));
    check(|body| schema(body)["properties"]["a"]["maxLength"] = json!(9), Some(400));
    check(
        |body| schema(body)["properties"]["a"] = json!({"type": "array", "items": {"oneOf": []}}),
        Some(400),
    );
    check(
        |body| {
            for i in 0..25 {
                schema(body)["properties"][format!("p{i}")] = json!({"type": "string"});
            }
        },
        Some(400),
    );
}

#[test]
fn what_is_too_large_is_refused_with_a_page() {
    let request = Request { oversized: true, ..request(&[VERSION], &json!({})) };
    let refusal = message(&request).expect_err("too large");
    assert_eq!((refusal.status, refusal.headers[0].1.as_str()), (413, "text/html"));
}
