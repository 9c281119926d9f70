//! One HTTP request to the API: paced, bounded in time and size, and its failure classified.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use backon::{ExponentialBuilder, Retryable};
use bytes::{Bytes, BytesMut};
use chrono::{DateTime, Utc};
use reqwest::header::{HeaderMap, HeaderValue};
use reqwest::redirect::Policy;
use reqwest::{Client, Method};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::Instant;

use crate::answers::Answers;
use crate::breaker::Breaker;
use crate::pace::{self, Pace};
use crate::{ApiError, Class, Config, Error, config, wait};

const VERSION: &str = "2026-10-21";
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
const MOST_BYTES: usize = 4 * 1024 * 1024;
const RETRIES: usize = 2;
/// A longer wait is left to the queue, which needs no memory and no permit for it.
pub(crate) const LONGEST_WAIT: Duration = Duration::from_secs(5);
const MESSAGE_CHARS: usize = 200;
const NAME_CHARS: usize = 40;
/// Answers in a row after which a withheld permit returns.
const CALM: usize = 50;

pub(crate) struct Caller {
    http: Client,
    key: HeaderValue,
    config: Config,
    permits: Semaphore,
    withheld: AtomicUsize,
    /// Permits that are withheld but still in use.
    owed: AtomicUsize,
    calm: AtomicUsize,
    pace: Mutex<Pace>,
    breaker: Mutex<Breaker>,
}

/// A reply with status 200.
pub(crate) struct Okay {
    pub(crate) body: Bytes,
    pub(crate) request_id: Option<String>,
}

impl Caller {
    pub(crate) fn new(config: &Config, key: &SecretString) -> Result<Self, Error> {
        let mut key = HeaderValue::from_str(key.expose_secret())?;
        key.set_sensitive(true);
        let loopback = config.base_url.host_str().is_some_and(config::is_loopback);
        let http = Client::builder()
            .connect_timeout(CONNECT_TIMEOUT)
            .timeout(config.timeout)
            // A redirect to another host would carry the key there.
            .redirect(Policy::none())
            .no_proxy()
            .https_only(!loopback)
            .user_agent(concat!("leadfleet/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(Error::Setup)?;
        Ok(Self {
            http,
            key,
            config: config.clone(),
            permits: Semaphore::new(usize::from(config.concurrency)),
            withheld: AtomicUsize::new(0),
            owed: AtomicUsize::new(0),
            calm: AtomicUsize::new(0),
            pace: Mutex::default(),
            breaker: Mutex::default(),
        })
    }

    /// Waits until one more call may run. `None` does not happen: nobody closes the semaphore.
    pub(crate) async fn turn(&self) -> Option<SemaphorePermit<'_>> {
        self.permits.acquire().await.ok()
    }

    pub(crate) fn end_turn(&self, permit: Option<SemaphorePermit<'_>>) {
        let one_less = |owed: usize| owed.checked_sub(1);
        if let Some(permit) = permit
            && self.owed.fetch_update(Ordering::Relaxed, Ordering::Relaxed, one_less).is_ok()
        {
            permit.forget();
        }
    }

    /// Sends a request in its turn, up to three times.
    pub(crate) async fn post(
        &self,
        model: &str,
        body: &Bytes,
        shared: Option<&Answers>,
    ) -> Result<Okay, Error> {
        let delays = ExponentialBuilder::default()
            .with_min_delay(self.config.retry_delay)
            .with_max_times(RETRIES)
            .with_jitter();
        let started = Instant::now();
        let attempt = || self.attempt(Method::POST, "messages", model, Some(body), shared);
        attempt
            .retry(delays)
            // A claim on the question lasts for one long call: what took its time comes back later.
            .when(|error: &Error| error.retry_within(LONGEST_WAIT) && started.elapsed() < LONGEST_WAIT)
            .adjust(|error, delay| delay.map(|delay| told_to_wait(error).unwrap_or(delay)))
            .notify(|error, _| tracing::debug!(claude.code = error.code(), "asking Claude again"))
            .await
    }

    pub(crate) async fn get(&self, path: &str, model: &str) -> Result<Okay, Error> {
        self.attempt(Method::GET, path, model, None, None).await
    }

    async fn attempt(
        &self,
        method: Method,
        path: &str,
        model: &str,
        body: Option<&Bytes>,
        shared: Option<&Answers>,
    ) -> Result<Okay, Error> {
        self.wait_turn(model, shared).await?;
        lock(&self.breaker).admit(Instant::now()).map_err(|after| Error::Open { after })?;
        let (headers, outcome) = match self.exchange(method, path, body).await {
            Ok((headers, outcome)) => (headers, outcome),
            Err(error) => (HeaderMap::new(), Err(error)),
        };
        match &outcome {
            Err(error) if error.counts_against_service() => lock(&self.breaker).failed(Instant::now()),
            _ => lock(&self.breaker).alive(),
        }
        self.adapt(model, &headers, outcome.as_ref().err(), shared).await;
        match &outcome {
            Ok(_) => self.speed_up(),
            Err(Error::Api(error)) if error.code.as_deref() == Some("ramp_limit_exceeded") => {
                self.slow_down()
            }
            Err(_) => {}
        }
        outcome
    }

    /// Waits a little for the model's turn, or says that it takes longer.
    async fn wait_turn(&self, model: &str, shared: Option<&Answers>) -> Result<(), Error> {
        if let Some(shared) = shared
            && let Some(until) = shared.held(model).await?
        {
            lock(&self.pace).hold(model, until);
        }
        let left = lock(&self.pace).wait(model, now());
        match left {
            Some(after) if after > LONGEST_WAIT => Err(Error::Limited { model: model.to_owned(), after }),
            Some(after) => {
                tokio::time::sleep(after).await;
                Ok(())
            }
            None => Ok(()),
        }
    }

    async fn exchange(
        &self,
        method: Method,
        path: &str,
        body: Option<&Bytes>,
    ) -> Result<(HeaderMap, Result<Okay, Error>), Error> {
        let mut request = self
            .http
            .request(method, self.config.address(path))
            .header("x-api-key", self.key.clone())
            .header("anthropic-version", VERSION);
        if let Some(body) = body {
            request = request.header("content-type", "application/json").body(body.clone());
        }
        let mut response = request.send().await.map_err(network)?;
        let headers = response.headers().clone();
        let mut body = BytesMut::new();
        while let Some(chunk) = response.chunk().await.map_err(network)? {
            if body.len() + chunk.len() > MOST_BYTES {
                return Ok((headers, Err(Error::TooLong(MOST_BYTES))));
            }
            body.extend_from_slice(&chunk);
        }
        let request_id = headers.get("request-id").and_then(|id| id.to_str().ok()).map(str::to_owned);
        let outcome = if response.status().as_u16() == 200 {
            Ok(Okay { body: body.freeze(), request_id })
        } else {
            Err(Error::Api(Box::new(api_error(response.status().as_u16(), &headers, &body, request_id))))
        };
        Ok((headers, outcome))
    }

    /// Slows down as the service asks, here and, through the bucket, in every other process.
    async fn adapt(&self, model: &str, headers: &HeaderMap, error: Option<&Error>, shared: Option<&Answers>) {
        let told = error.filter(|error| error.code() == "claude_rate").and_then(told_to_wait);
        let until = told.map(|after| now() + after).max(pace::exhausted_until(headers, now()));
        if let Some(until) = until {
            lock(&self.pace).hold(model, until);
            if let Some(shared) = shared
                && let Err(error) = shared.hold(model, until).await
            {
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    "other processes do not learn of a rate limit"
                );
            }
        }
    }

    /// Takes a permit out of use, when the next call ends; never the last one.
    fn slow_down(&self) {
        self.calm.store(0, Ordering::Relaxed);
        let spare = usize::from(self.config.concurrency).saturating_sub(1);
        let one_more = |withheld: usize| (withheld < spare).then_some(withheld + 1);
        if self.withheld.fetch_update(Ordering::Relaxed, Ordering::Relaxed, one_more).is_ok() {
            self.owed.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn speed_up(&self) {
        let calm = self.calm.fetch_add(1, Ordering::Relaxed) + 1;
        if calm.is_multiple_of(CALM) {
            let one_less = |withheld: usize| withheld.checked_sub(1);
            if self.withheld.fetch_update(Ordering::Relaxed, Ordering::Relaxed, one_less).is_ok() {
                self.permits.add_permits(1);
            }
        }
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "limits, leases and budgets of other parties end at a time of day"
)]
pub(crate) fn now() -> DateTime<Utc> {
    Utc::now()
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn told_to_wait(error: &Error) -> Option<Duration> {
    match error.class() {
        Class::Transient { after, .. } => after,
        Class::Gate | Class::Permanent => None,
    }
}

fn network(error: reqwest::Error) -> Error {
    // The address is configuration and may hold more than a log should.
    let error = error.without_url();
    if error.is_timeout() { Error::Timeout(error) } else { Error::Network(error) }
}

#[derive(Deserialize, Default)]
struct ErrorBody {
    #[serde(default)]
    error: ErrorPart,
    #[serde(default)]
    request_id: Option<String>,
}

#[derive(Deserialize, Default)]
struct ErrorPart {
    #[serde(rename = "type", default)]
    kind: String,
    #[serde(default)]
    message: String,
    #[serde(default)]
    details: Option<ErrorDetails>,
}

#[derive(Deserialize)]
struct ErrorDetails {
    #[serde(default)]
    error_code: Option<String>,
}

pub(crate) fn api_error(
    status: u16,
    headers: &HeaderMap,
    body: &[u8],
    request_id: Option<String>,
) -> ApiError {
    let body: ErrorBody = serde_json::from_slice(body).unwrap_or_default();
    ApiError {
        status,
        kind: plain(&body.error.kind),
        code: body.error.details.and_then(|details| details.error_code).map(|code| plain(&code)),
        message: body.error.message.chars().filter(|c| !c.is_control()).take(MESSAGE_CHARS).collect(),
        request_id: request_id.or(body.request_id).map(|id| plain(&id)),
        after: wait::asked_for(headers, now()),
        should_retry: headers.get("x-should-retry").and_then(|value| value.to_str().ok()?.parse().ok()),
    }
}

/// A name that the other side gives: too short to hold a message, and fit for a header.
pub(crate) fn plain(name: &str) -> String {
    name.chars().filter(|c| !c.is_control()).take(NAME_CHARS).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_spend_limit_is_known_by_its_code() {
        let body = br#"{"type":"error","error":{"type":"rate_limit_error","message":"x","details":{"error_code":"enforced_spend_limit_reached"}}}"#;
        let error = api_error(429, &HeaderMap::new(), body, None);
        assert_eq!(error.verdict(), (Class::Gate, "claude_spend"));
    }

    #[test]
    fn a_page_of_a_proxy_is_no_api_error() {
        assert_eq!(api_error(502, &HeaderMap::new(), b"<html>", None).kind, "");
    }

    proptest! {
        #[test]
        fn no_error_body_makes_it_panic(status in 100..1000_u16, body in proptest::collection::vec(any::<u8>(), 0..200)) {
            let error = api_error(status, &HeaderMap::new(), &body, None);
            prop_assert!(!error.verdict().1.is_empty());
        }
    }
}
