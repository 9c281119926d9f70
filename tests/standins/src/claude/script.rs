//! What the Claude stand-in can be told to do, and what it remembers of a request.

use serde_json::Value;
use tokio::time::Instant;

use super::error;
use crate::http::{Fault, Response};

/// One scripted reply to a message request; the queue is used up front to back, then answers are normal again.
#[derive(Debug, Clone)]
pub enum Step {
    /// This reply, whatever was asked.
    Reply(Response),
    /// This fault of the network, on an otherwise normal answer.
    Network(Fault),
    /// A normal answer with one thing changed.
    Answer(Twist),
}

impl Step {
    /// An error as the API words it; `code` becomes `error.details.error_code`.
    pub fn error(status: u16, kind: &str, code: Option<&str>) -> Self {
        Self::Reply(error(status, kind, "scripted", code))
    }

    /// The page of a proxy or of the delivery network, in the place of an error body.
    pub fn html(status: u16) -> Self {
        Self::Reply(Response::new(status, "text/html", "<html><h1>error</h1></html>"))
    }

    pub fn redirect(to: &str) -> Self {
        Self::Reply(Response::new(307, "text/plain", "").with("location", to))
    }

    /// Adds a header to a scripted reply.
    #[must_use]
    pub fn with(self, name: &str, value: &str) -> Self {
        match self {
            Self::Reply(response) => Self::Reply(response.with(name, value)),
            other => other,
        }
    }
}

#[derive(Debug, Clone)]
pub enum Twist {
    /// Enum values come back in other capitals.
    EnumCapitals,
    /// The JSON is spread over two text blocks.
    SeveralTexts,
    /// Extra fields and an unknown block type.
    Unknown,
    /// `content: []` although the turn ended.
    Empty,
    /// A refusal of this category, before any output or in the middle of it.
    Refusal { category: Option<String>, partial: bool },
    /// The JSON is cut and `stop_reason` is `max_tokens`.
    Cut,
    /// This `stop_reason`, on a whole answer.
    Stop(String),
    /// This text in the place of the answer.
    Text(String),
}

/// A request as the journal keeps it: without the key.
#[derive(Debug, Clone)]
pub struct Seen {
    pub method: String,
    pub path: String,
    pub headers: Vec<(String, String)>,
    pub body: Value,
    pub body_sha256: String,
    pub at: Instant,
    /// The status it was answered with.
    pub status: u16,
    /// An answer was produced and would have been billed, even if the network then lost it.
    pub paid: bool,
    /// The script had a hand in the reply.
    pub scripted: bool,
}
