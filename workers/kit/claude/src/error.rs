//! What can go wrong with a question, and what to do about it.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

/// What a worker does with an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// Try again, after this long if it says so.
    Transient { after: Option<Duration>, spends_attempt: bool },
    /// Not this message's fault: stop asking until a probe succeeds.
    Gate,
    /// Never again with this question.
    Permanent,
}

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("no Claude key is configured: set CLAUDE_API_KEY or CLAUDE_API_KEY_FILE")]
    Disabled,
    #[error("could not read the Claude key from {}", path.display())]
    KeyFile { path: PathBuf, source: std::io::Error },
    #[error("the Claude key has characters that a header cannot carry: check CLAUDE_API_KEY")]
    Key(#[from] reqwest::header::InvalidHeaderValue),
    #[error("a daily Claude budget needs NATS to keep account")]
    BudgetWithoutStore,
    #[error("could not set up the connection to Claude")]
    Setup(#[source] reqwest::Error),
    #[error("could not reach Claude")]
    Network(#[source] reqwest::Error),
    #[error("Claude did not answer in time")]
    Timeout(#[source] reqwest::Error),
    #[error("Claude answered {0}")]
    Api(Box<ApiError>),
    #[error("could not read Claude's answer")]
    Unreadable(#[source] serde_json::Error),
    #[error("Claude's answer is longer than {0} bytes")]
    TooLong(usize),
    #[error("the rate limit of {model} is used up for {} s", after.as_secs())]
    Limited { model: String, after: Duration },
    #[error("Claude fails at present: next try in {} s", after.as_secs())]
    Open { after: Duration },
    #[error("client {client} has used up its daily Claude budget")]
    Budget { client: String, after: Duration },
    #[error("the same question is being asked elsewhere")]
    InFlight { after: Duration },
    #[error("Claude refused to answer ({})", category.as_deref().unwrap_or("no category"))]
    Refused { category: Option<String> },
    #[error("Claude's answer cannot be used: {reason}")]
    Output { reason: String, text: Raw },
    #[error("the question cannot be asked: {0}")]
    Request(String),
    #[error("could not {action} in the bucket {}", crate::BUCKET)]
    Store { action: &'static str, source: async_nats::Error },
}

impl Error {
    pub fn class(&self) -> Class {
        let later = |after, spends_attempt| Class::Transient { after, spends_attempt };
        match self {
            Self::Api(error) => error.verdict().0,
            Self::Network(_) | Self::Timeout(_) | Self::Unreadable(_) | Self::Store { .. } => {
                later(None, true)
            }
            Self::Limited { after, .. }
            | Self::Open { after }
            | Self::Budget { after, .. }
            | Self::InFlight { after } => later(Some(*after), false),
            Self::Disabled
            | Self::KeyFile { .. }
            | Self::Key(_)
            | Self::BudgetWithoutStore
            | Self::Setup(_) => Class::Gate,
            Self::Refused { .. } | Self::Output { .. } | Self::Request(_) | Self::TooLong(_) => {
                Class::Permanent
            }
        }
    }

    /// A short stable name, for dead letters, metrics and alerts.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Api(error) => error.verdict().1,
            Self::Network(_) | Self::Timeout(_) | Self::Unreadable(_) => "claude_5xx",
            Self::Limited { .. } => "claude_rate",
            Self::Open { .. } => "claude_overload",
            Self::Budget { .. } => "claude_budget",
            Self::InFlight { .. } => "claude_in_flight",
            Self::Disabled
            | Self::KeyFile { .. }
            | Self::Key(_)
            | Self::BudgetWithoutStore
            | Self::Setup(_) => "claude_config",
            Self::Refused { .. } => "refusal",
            Self::Output { .. } | Self::TooLong(_) => "model_output",
            Self::Request(_) => "claude_request",
            Self::Store { .. } => "claude_store",
        }
    }

    /// Whether the service as a whole is at fault, and the next question would fare no better (X26).
    pub fn concerns_every_question(&self) -> bool {
        match self.class() {
            Class::Transient { .. } => !matches!(self, Self::InFlight { .. }),
            Class::Gate => true,
            Class::Permanent => false,
        }
    }

    /// Whether the service showed that it cannot answer anybody.
    pub(crate) fn counts_against_service(&self) -> bool {
        match self {
            Self::Network(_) | Self::Timeout(_) => true,
            Self::Api(error) => error.status >= 500 && matches!(self.class(), Class::Transient { .. }),
            _ => false,
        }
    }

    /// Whether a retry in this process is worth its time.
    ///
    /// A call that timed out has cost its time already: the message comes back later instead.
    pub(crate) fn retry_within(&self, longest: Duration) -> bool {
        let told = matches!(self, Self::Api(error) if error.should_retry == Some(false));
        let repeatable = matches!(self, Self::Api(_) | Self::Network(_));
        match self.class() {
            Class::Transient { after, .. } => {
                repeatable && !told && after.is_none_or(|after| after <= longest)
            }
            Class::Gate | Class::Permanent => false,
        }
    }
}

/// An error as the API reports it.
#[derive(Debug, Clone, Default)]
pub struct ApiError {
    pub status: u16,
    /// `error.type`; empty if the body was not the API's own.
    pub kind: String,
    /// `error.details.error_code`.
    pub code: Option<String>,
    pub message: String,
    pub request_id: Option<String>,
    pub after: Option<Duration>,
    pub should_retry: Option<bool>,
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.status)?;
        let kind = Some(self.kind.as_str()).filter(|kind| !kind.is_empty());
        for part in [kind, self.code.as_deref()].into_iter().flatten() {
            write!(f, " {part}")?;
        }
        if !self.message.is_empty() {
            write!(f, ": {}", self.message)?;
        }
        match &self.request_id {
            Some(id) => write!(f, " ({id})"),
            None => Ok(()),
        }
    }
}

/// The only error that the API tells apart by its wording alone.
const SPEND_LIMIT: &str = "API usage limits";
const SPEND_CODES: [&str; 2] = ["enforced_spend_limit_reached", "contract_spend_limit_reached"];

impl ApiError {
    pub(crate) fn verdict(&self) -> (Class, &'static str) {
        let (class, code) = self.verdict_by_status();
        if class == Class::Permanent && self.should_retry == Some(true) {
            return (Class::Transient { after: self.after, spends_attempt: true }, code);
        }
        (class, code)
    }

    fn verdict_by_status(&self) -> (Class, &'static str) {
        let later = |spends_attempt| Class::Transient { after: self.after, spends_attempt };
        let code = self.code.as_deref().unwrap_or_default();
        let foreign = self.kind.is_empty();
        match self.status {
            300..=399 | 401 | 403 | 404 => (Class::Gate, "claude_config"),
            402 => (Class::Gate, "claude_spend"),
            400 if code == "request_body_timeout" => (later(true), "claude_5xx"),
            400 if code == "organization_on_hold" || self.message.contains(SPEND_LIMIT) => {
                (Class::Gate, "claude_spend")
            }
            413 | 422 => (Class::Permanent, "claude_request"),
            429 if SPEND_CODES.contains(&code) => (Class::Gate, "claude_spend"),
            429 => (later(false), "claude_rate"),
            529 => (later(false), "claude_overload"),
            500.. if self.kind == "overloaded_error" => (later(false), "claude_overload"),
            499 | 501 => (Class::Permanent, "claude_request"),
            408 | 409 | 500.. => (later(true), "claude_5xx"),
            // A page of some proxy: it says nothing about the question.
            _ if foreign => (later(true), "claude_5xx"),
            _ => (Class::Permanent, "claude_request"),
        }
    }
}

/// Text of the model, kept for whoever examines a dead letter and never printed by accident.
#[derive(Clone, PartialEq, Eq)]
pub struct Raw(pub String);

impl fmt::Debug for Raw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[{} characters]", self.0.chars().count())
    }
}

#[cfg(test)]
mod tests;
