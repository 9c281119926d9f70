//! The outermost layer: an id for each request, a problem for each failure, one line in the log for each answer.

use crate::once::panicked;
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
    if !is_failure || content_type.is_some_and(|value| value == CONTENT_TYPE) {
        return answer;
    }
    let mut problem = Problem::of_status(status);
    if let Some(allow) = answer.headers().get(header::ALLOW) {
        problem = problem.with(header::ALLOW, allow.clone());
    }
    problem.into_response()
}
