//! What the Messages API refuses before it reads a prompt.

use serde_json::Value;

use super::{KEY, error, schema};
use crate::http::{Request, Response};

const KNOWN_VERSIONS: [&str; 3] = ["2023-01-01", "2023-06-01", "2026-10-21"];
const SAMPLING: [&str; 3] = ["temperature", "top_p", "top_k"];
const FIELDS: [&str; 19] = [
    "model",
    "max_tokens",
    "messages",
    "system",
    "output_config",
    "metadata",
    "stop_sequences",
    "stream",
    "service_tier",
    "thinking",
    "tools",
    "tool_choice",
    "cache_control",
    "container",
    "diagnostics",
    "inference_geo",
    "speed",
    "fallbacks",
    "mcp_servers",
];
const MAX_TOKENS: u64 = 128_000;
const MAX_MESSAGES: usize = 100_000;
const MAX_BREAKPOINTS: usize = 4;

pub(super) fn credentials(request: &Request) -> Result<(), Response> {
    let bearer = request.header("authorization").and_then(|value| value.strip_prefix("Bearer "));
    match (request.header("x-api-key"), bearer) {
        (Some(key), None) | (None, Some(key)) if key == KEY => {}
        _ => {
            return Err(error(401, "authentication_error", "invalid credentials", None));
        }
    }
    match request.header("anthropic-version") {
        Some(version) if KNOWN_VERSIONS.contains(&version) => Ok(()),
        _ => Err(invalid("anthropic-version: missing or unknown")),
    }
}

pub(super) fn message(request: &Request) -> Result<Value, Response> {
    if request.oversized {
        return Err(Response::new(413, "text/html", "<html><h1>413 Request Entity Too Large</h1></html>"));
    }
    let body: Value =
        serde_json::from_slice(&request.body).map_err(|_error| invalid("the body is not JSON"))?;
    let Some(fields) = body.as_object() else {
        return Err(invalid("the body is not an object"));
    };
    if request.header("anthropic-version") == Some("2026-10-21")
        && let Some(name) = SAMPLING.iter().find(|name| fields.contains_key(**name))
    {
        return Err(invalid(&format!("{name}: not supported in this version")));
    }
    if let Some(name) =
        fields.keys().find(|name| !FIELDS.contains(&name.as_str()) && !SAMPLING.contains(&name.as_str()))
    {
        return Err(invalid(&format!("{name}: extra inputs are not permitted")));
    }
    if !body["model"].is_string() {
        return Err(invalid("model: field required"));
    }
    match body["max_tokens"].as_u64() {
        Some(n) if n <= MAX_TOKENS => {}
        _ => return Err(invalid("max_tokens: required, at most 128000")),
    }
    messages(&body)?;
    let current = body["model"].as_str().is_some_and(|model| model.contains("-5-5"));
    if current && body["thinking"]["type"] == "enabled" {
        return Err(invalid("thinking.enabled: not supported by this model"));
    }
    if breakpoints(&body) > MAX_BREAKPOINTS {
        return Err(invalid("cache_control: at most 4 breakpoints"));
    }
    schema::check(&body).map_err(|why| invalid(&why))?;
    Ok(body)
}

fn messages(body: &Value) -> Result<(), Response> {
    let Some(messages) = body["messages"].as_array() else {
        return Err(invalid("messages: field required"));
    };
    if messages.is_empty() || messages.len() > MAX_MESSAGES {
        return Err(invalid("messages: between 1 and 100000 required"));
    }
    if messages.last().is_some_and(|last| last["role"] == "assistant") {
        return Err(invalid("messages: prefilling the answer is not supported by this model"));
    }
    Ok(())
}

fn breakpoints(value: &Value) -> usize {
    match value {
        Value::Array(items) => items.iter().map(breakpoints).sum(),
        Value::Object(fields) => {
            usize::from(fields.contains_key("cache_control"))
                + fields.values().map(breakpoints).sum::<usize>()
        }
        _ => 0,
    }
}

fn invalid(message: &str) -> Response {
    error(400, "invalid_request_error", message, None)
}

#[cfg(test)]
mod tests;
