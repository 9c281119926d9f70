//! Posts to an incoming webhook, and says what its answer means.

use crate::blocks;
use crate::config::Error;
use crate::notice::Notice;
use reqwest::header::RETRY_AFTER;
use reqwest::redirect::Policy;
use reqwest::{Client, Response};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use std::time::Duration;
use url::Url;

/// Slack's own delays are minutes at most; a longer one would outlive the lease of the message.
const LONGEST_DELAY: Duration = Duration::from_secs(300);

/// Why Slack does not have the message, or may not have it.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// Not now; it was not delivered.
    #[error("Slack is not ready: {text}")]
    Later { text: String, after: Option<Duration> },
    /// It was sent, and no answer came.
    #[error("Slack gave no answer: {0}")]
    Unanswered(String),
    /// This message never.
    #[error("Slack refused the message: {0}")]
    Message(String),
    /// No message at all: the channel or the webhook is gone.
    #[error("the webhook of Slack does not work: {0}")]
    Channel(String),
}

pub(crate) struct Slack {
    http: Client,
    webhook: SecretString,
}

impl Slack {
    pub(crate) fn new(webhook: &Url, timeout: Duration) -> Result<Self, Error> {
        let http = Client::builder()
            .connect_timeout(Duration::from_secs(5))
            .timeout(timeout)
            // A redirect would carry the message to another host.
            .redirect(Policy::none())
            .no_proxy()
            .https_only(webhook.scheme() == "https")
            .user_agent(concat!("leadfleet/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(Error::Http)?;
        Ok(Self { http, webhook: webhook.as_str().into() })
    }

    /// Sends the notice with blocks; if Slack finds fault with them, once more as plain text.
    pub(crate) async fn send(&self, notice: &Notice) -> Result<(), Refusal> {
        match self.post(&blocks::payload(notice)).await {
            Err(Refusal::Message(_)) => self.post(&blocks::plain_payload(notice)).await,
            outcome => outcome,
        }
    }

    async fn post(&self, payload: &Value) -> Result<(), Refusal> {
        let request = self.http.post(self.webhook.expose_secret()).json(payload);
        match request.send().await {
            Ok(response) => judge(response).await,
            Err(error) => {
                let is_unsent = error.is_connect() || error.is_builder();
                // The address is a secret and no part of any text.
                let text = chain(&error.without_url());
                Err(match is_unsent {
                    true => Refusal::Later { text, after: None },
                    false => Refusal::Unanswered(text),
                })
            }
        }
    }
}

async fn judge(response: Response) -> Result<(), Refusal> {
    let status = response.status().as_u16();
    let after = response
        .headers()
        .get(RETRY_AFTER)
        .and_then(|value| value.to_str().ok()?.parse().ok())
        .map(|seconds| Duration::from_secs(seconds).min(LONGEST_DELAY));
    if status == 200 {
        return Ok(());
    }
    let word = response.text().await.unwrap_or_default();
    let text = format!("{status} {}", word_of(&word));
    Err(match status {
        408 | 429 | 500..=599 => Refusal::Later { text, after },
        400 | 413 => Refusal::Message(text),
        _ => Refusal::Channel(text),
    })
}

/// Slack's word for the error, and nothing else that may come in its place.
fn word_of(body: &str) -> String {
    body.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').take(60).collect()
}

fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}
