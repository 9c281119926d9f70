//! Answers a request once: its body within a limit, its work within a time, its answer kept under its Idempotency-Key.

use crate::app::App;
use crate::caller::Caller;
use crate::clock;
use crate::problem::{Kind, Problem};
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use bytes::{Bytes, BytesMut};
use db::Uuid;
use db::idempotency::{self, Answer, Begun, Claim};
use futures::FutureExt as _;
use http_body_util::BodyExt as _;
use sha2::{Digest as _, Sha256};
use std::panic::AssertUnwindSafe;
use std::time::Duration;

/// What a request may take to arrive, and what its work may take.
const LIMIT: Duration = Duration::from_secs(30);
/// Bytes beyond the limit that are read and dropped.
const HEARD_OUT: usize = 4 * 1024 * 1024;

pub(crate) async fn answer_once(
    State((app, limit)): State<(App, usize)>,
    request: Request,
    next: Next,
) -> Result<Response, Problem> {
    let (parts, body) = request.into_parts();
    let key = if parts.method == Method::POST { idempotency_key(&parts.headers)? } else { None };
    let caller = parts.extensions.get::<Caller>().cloned();
    let body = read(body, limit).await?;
    let asked = hash(&parts.method, parts.uri.path_and_query().map_or("", |path| path.as_str()), &body);
    let work = work(Request::from_parts(parts, Body::from(body)), next);
    let (Some(key), Some(caller)) = (key, caller) else { return Ok(work.await) };

    let mut tx = app.db.begin(caller.client).await?;
    let begun = idempotency::begin(&mut tx, &key, &asked, clock::now()).await?;
    tx.commit().await?;
    match begun {
        // The work goes on and its answer is kept though the caller has hung up.
        Begun::Claimed(claim) => tokio::spawn(async move {
            let response = work.await;
            keep(&app, &caller, &claim, response).await
        })
        .await
        .map_err(Problem::internal),
        Begun::Answered(answer) => Ok(replay(answer)),
        Begun::InProgress => Err(Problem::new(
            Kind::InProgress,
            "a request with this Idempotency-Key is being answered; try again",
        )
        .retry_after(Duration::from_secs(1))),
        Begun::Reused => Err(Problem::new(
            Kind::Reused,
            "another request came with this Idempotency-Key; take a new key for a new request",
        )),
    }
}

async fn work(request: Request, next: Next) -> Response {
    let answer = AssertUnwindSafe(next.run(request)).catch_unwind();
    match tokio::time::timeout(LIMIT, answer).await {
        Ok(Ok(response)) => response,
        Ok(Err(panic)) => panicked(panic.as_ref()).into_response(),
        Err(elapsed) => Problem::new(Kind::Timeout, "the work took longer than 30 seconds and was given up")
            .retry_after(LIMIT)
            .because(elapsed)
            .into_response(),
    }
}

pub(crate) fn panicked(panic: &(dyn std::any::Any + Send)) -> Problem {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    let text = text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("without words");
    Problem::internal(format!("panicked: {text}"))
}

/// Keeps an answer and gives it.
async fn keep(app: &App, caller: &Caller, claim: &Claim, response: Response) -> Response {
    let (parts, body) = response.into_parts();
    // Handlers answer from memory.
    let body = body.collect().await.map(http_body_util::Collected::to_bytes).unwrap_or_default();
    let content_type = parts.headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let answer = Answer {
        status: i16::try_from(parts.status.as_u16()).unwrap_or(i16::MAX),
        content_type: content_type.unwrap_or_default().to_owned(),
        body: body.to_vec(),
    };
    if let Err(error) = settle(app, caller.client, claim, &answer).await {
        // The work is done all the same, and the caller hears so; who asks again meanwhile is told to wait.
        tracing::warn!(%error, "could not keep an answer");
    }
    Response::from_parts(parts, Body::from(body))
}

/// That we failed is not kept: the same request may try again at once.
async fn settle(app: &App, client: Uuid, claim: &Claim, answer: &Answer) -> Result<(), db::Error> {
    let mut tx = app.db.begin(client).await?;
    if answer.status >= 500 {
        idempotency::release(&mut tx, claim).await?;
    } else {
        idempotency::finish(&mut tx, claim, answer).await?;
    }
    tx.commit().await
}

fn replay(answer: Answer) -> Response {
    let status = u16::try_from(answer.status).ok().and_then(|status| StatusCode::from_u16(status).ok());
    let mut response = (status.unwrap_or(StatusCode::OK), answer.body).into_response();
    let headers = response.headers_mut();
    if let Ok(content_type) = HeaderValue::from_str(&answer.content_type) {
        headers.insert(header::CONTENT_TYPE, content_type);
    }
    headers.insert("idempotency-replayed", HeaderValue::from_static("true"));
    response
}

fn idempotency_key(headers: &HeaderMap) -> Result<Option<String>, Problem> {
    let Some(value) = headers.get("idempotency-key") else { return Ok(None) };
    let text = value.to_str().ok().filter(|text| {
        (1..=255).contains(&text.len()) && text.bytes().all(|byte| (b' '..=b'~').contains(&byte))
    });
    match text {
        Some(text) => Ok(Some(text.to_owned())),
        None => Err(Problem::wrong("Idempotency-Key", "must have 1 to 255 printable ASCII characters")),
    }
}

/// The whole body, if it is not too large and comes in time.
async fn read(body: Body, limit: usize) -> Result<Bytes, Problem> {
    match tokio::time::timeout(LIMIT, collect(body, limit)).await {
        Ok(Ok(body)) if body.len() <= limit => Ok(body),
        Ok(Ok(_)) => {
            Err(Problem::new(Kind::TooLarge, format!("the body may have {limit} bytes; send it in parts")))
        }
        Ok(Err(error)) => Err(Problem::new(Kind::BadRequest, "the body broke off").because(error)),
        Err(elapsed) => {
            let detail = "the body did not arrive within 30 seconds";
            Err(Problem::new(Kind::RequestTimeout, detail).because(elapsed))
        }
    }
}

/// The body, and of one that is too large a little more than may be. The rest is read too, up to a point: whoever
/// is cut off while sending does not hear why.
async fn collect(mut body: Body, limit: usize) -> Result<Bytes, axum::Error> {
    let (mut kept, mut seen) = (BytesMut::new(), 0);
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame?.into_data() else { continue };
        seen += data.len();
        if kept.len() <= limit {
            kept.extend_from_slice(&data);
        } else if seen > limit + HEARD_OUT {
            break;
        }
    }
    Ok(kept.freeze())
}

/// What makes two requests the same.
fn hash(method: &Method, path: &str, body: &[u8]) -> [u8; 32] {
    let mut hash = Sha256::new();
    for part in [method.as_str().as_bytes(), path.as_bytes()] {
        hash.update(part);
        hash.update([0]);
    }
    hash.update(body);
    hash.finalize().into()
}
