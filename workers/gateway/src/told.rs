//! The outermost layer: an id for each request, a problem for each failure, one line in the log for each answer.

use crate::once::panicked;
use crate::pages::layout;
use crate::problem::{CONTENT_TYPE, Problem};
use axum::extract::{MatchedPath, Request};
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use db::Uuid;
use futures::FutureExt as _;
use std::panic::AssertUnwindSafe;
use tokio::time::Instant;
use tracing::Instrument as _;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

pub(crate) async fn told(request: Request, next: Next) -> Response {
    let started = Instant::now();
    let id = request_id(request.headers());
    let span = tracing::info_span!("request", request.id = id.to_str().unwrap_or_default());
    let method = request.method().clone();
    // Not the address itself: that may name a person.
    let route = request.extensions().get::<MatchedPath>().map(|path| path.as_str().to_owned());
    let answer = async move {
        let answer = AssertUnwindSafe(next.run(request)).catch_unwind().await;
        let answer = answer.unwrap_or_else(|panic| panicked(panic.as_ref()).into_response());
        let answer = as_problem(answer);
        let (status, duration_ms) = (answer.status().as_u16(), started.elapsed().as_millis());
        tracing::info!(http.method = %method, http.route = route, http.status = status, duration_ms, "answered");
        answer
    };
    let mut answer = answer.instrument(span).await;
    let headers = answer.headers_mut();
    headers.insert(REQUEST_ID, id);
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    answer
}

/// The caller's, if it is one; else a new one.
fn request_id(headers: &HeaderMap) -> HeaderValue {
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_.:/+=".contains(byte);
    let given = headers.get(REQUEST_ID).filter(|id| (1..=128).contains(&id.len()));
    match given.filter(|id| id.as_bytes().iter().all(plain)) {
        Some(id) => id.clone(),
        // A UUID is plain text.
        None => {
            HeaderValue::from_str(&Uuid::now_v7().to_string()).unwrap_or(HeaderValue::from_static("unknown"))
        }
    }
}

/// What the framework refused in its own words is a problem too; which methods there are stays said.
fn as_problem(answer: Response) -> Response {
    let status = answer.status();
    let is_failure = status.is_client_error() || status.is_server_error();
    let content_type = answer.headers().get(header::CONTENT_TYPE);
    let ours = |kind: &HeaderValue| kind == CONTENT_TYPE || kind == layout::CONTENT_TYPE;
    if !is_failure || content_type.is_some_and(ours) {
        return answer;
    }
    let mut problem = Problem::of_status(status);
    if let Some(allow) = answer.headers().get(header::ALLOW) {
        problem = problem.with(header::ALLOW, allow.clone());
    }
    problem.into_response()
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::StatusCode;
    use axum::middleware::from_fn;
    use axum::{Router, routing::get};

    /// What a caller of a handler hears: the status, and the kind of problem.
    async fn heard(path: &str) -> (u16, String) {
        // Whoever is first decides; all say the same.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let routes = Router::new()
            .route("/panic", get(async || panics()))
            .route("/plain", get(async || (StatusCode::BAD_GATEWAY, "in words of its own")))
            .route("/fine", get(async || "fine"))
            .layer(from_fn(told));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let serving = tokio::spawn(async { axum::serve(listener, routes).await });
        let answer = reqwest::get(format!("http://{address}{path}")).await.unwrap();
        serving.abort();
        let status = answer.status().as_u16();
        assert!(answer.headers().contains_key(REQUEST_ID));
        let text = answer.text().await.unwrap();
        let problem = serde_json::from_str::<serde_json::Value>(&text).ok();
        (status, problem.and_then(|told| told["type"].as_str().map(str::to_owned)).unwrap_or(text))
    }

    fn panics() -> &'static str {
        panic!("the secret of the handler")
    }

    #[tokio::test]
    async fn a_panic_and_a_failure_in_other_words_are_problems() {
        assert_eq!(heard("/panic").await, (500, "urn:leadfleet:problem:internal".to_owned()));
        assert_eq!(heard("/plain").await, (500, "urn:leadfleet:problem:internal".to_owned()));
        assert_eq!(heard("/fine").await, (200, "fine".to_owned()));
    }
}
