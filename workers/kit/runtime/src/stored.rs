//! Reads stored messages: of a stream with one copy directly, of one with several from the leader of the copies.

use crate::raw::{self, Raw, RawError};
use crate::runs::{Runs, text};
use async_nats::client::RequestErrorKind;
use async_nats::jetstream::ErrorCode;
use async_nats::jetstream::context::RequestErrorKind as JetStreamErrorKind;
use async_nats::jetstream::response::Response;
use async_nats::{HeaderMap, Subscriber};
use bytes::Bytes;
use chrono::{DateTime, Utc};
use futures::StreamExt as _;
use proto::subject::stream;
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::VecDeque;
use std::time::Duration;
use tokio::time::{Instant, sleep, timeout};

/// How many messages and bytes one request brings.
const BATCH: usize = 256;
const BATCH_BYTES: usize = 2 * 1024 * 1024;
const TIMEOUT: Duration = Duration::from_secs(10);
/// How long a leader is left alone that knows less than was stored.
pub(crate) const AGAIN: Duration = Duration::from_millis(100);
/// Further than any list of subjects goes: of the list only its length is wanted.
const BEHIND_THE_LIST: i32 = i32::MAX;

/// Why what is stored could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    #[error("could not reach the broker to read {what}")]
    Broker { what: String, source: Box<dyn std::error::Error + Send + Sync> },
    #[error("no answer from the broker while reading {0}")]
    Timeout(String),
    #[error("the broker refused to read {what}: {answer}")]
    Refused { what: String, answer: String },
    #[error("there is no stream {0}")]
    NoStream(String),
    #[error("{subject} holds no {schema}")]
    Decode { subject: String, schema: String, source: proto::DecodeError },
}

impl ReadError {
    /// Whether the stream was never made.
    pub fn is_missing_stream(&self) -> bool {
        match self {
            Self::NoStream(_) => true,
            Self::Broker { .. } | Self::Timeout(_) | Self::Refused { .. } | Self::Decode { .. } => false,
        }
    }

    fn of_leader(what: &str, error: RawError) -> Self {
        match error {
            RawError::NoStream { stream } => Self::NoStream(stream),
            // A server without JetStream has none.
            RawError::Broker { stream, source } if source.kind() == JetStreamErrorKind::NoResponders => {
                Self::NoStream(stream)
            }
            error => Self::Broker { what: what.to_owned(), source: error.into() },
        }
    }
}

/// A message as it is stored.
pub struct Stored {
    pub subject: String,
    pub sequence: u64,
    pub published_at: DateTime<Utc>,
    pub headers: HeaderMap,
    pub payload: Bytes,
}

impl From<Raw> for Stored {
    fn from(raw: Raw) -> Self {
        Self {
            headers: raw.headers(),
            published_at: raw.published_at,
            subject: raw.subject,
            sequence: raw.sequence,
            payload: raw.payload,
        }
    }
}

/// What a leader says of the subjects of its stream.
#[derive(Deserialize)]
struct Told {
    #[serde(default)]
    total: u64,
    state: State,
}

#[derive(Deserialize)]
struct State {
    last_seq: u64,
}

/// Only streams with one copy allow direct reads: otherwise any of the copies would answer, also one that does not yet have
/// what was just acknowledged. Of the others the leader is asked, for one message at a time.
impl Runs {
    /// How many messages of runs a subject filter has; dead parts count.
    pub async fn count(&self, filter: &str) -> Result<u64, ReadError> {
        let wanted = json!({ "next_by_subj": filter, "seq": 1, "batch": 1 });
        match self.directly(stream::RUN, filter, &wanted).await? {
            None => self.count_at_leader(filter).await,
            Some(answer) => match status(&answer) {
                None => Ok(number(answer.headers.as_ref(), "Nats-Num-Pending") + 1),
                Some(404) => Ok(0),
                Some(_) => Err(refused(filter, &answer)),
            },
        }
    }

    /// A leader that was cut off believes for a moment that it still leads. It is known by what it has not: its answer does
    /// not count before it has all that was acknowledged or delivered here.
    async fn count_at_leader(&self, filter: &str) -> Result<u64, ReadError> {
        let failed = |source| ReadError::Broker { what: filter.to_owned(), source };
        let (seen, started) = (self.seen(), Instant::now());
        // A subject has one message, so that subjects are counted for messages.
        let wanted = json!({ "subjects_filter": filter, "offset": BEHIND_THE_LIST });
        loop {
            let asked = self.jetstream().request(format!("STREAM.INFO.{}", stream::RUN), &wanted).await;
            match asked.map_err(|error| failed(error.into()))? {
                Response::Ok(Told { total, state }) if state.last_seq >= seen => return Ok(total),
                Response::Ok(_) if started.elapsed() < TIMEOUT => sleep(AGAIN).await,
                Response::Ok(_) => return Err(ReadError::Timeout(filter.to_owned())),
                Response::Err { error } if error.error_code() == ErrorCode::STREAM_NOT_FOUND => {
                    return Err(ReadError::NoStream(stream::RUN.to_owned()));
                }
                Response::Err { error } => return Err(failed(error.into())),
            }
        }
    }

    /// Every message of a stream under a subject filter, in the order of storage, a batch in memory at a time.
    pub async fn messages(&self, stream: &'static str, filter: String) -> Result<Messages, ReadError> {
        let client = self.jetstream().client();
        let inbox = client.new_inbox();
        let answers = client
            .subscribe(inbox.clone())
            .await
            .map_err(|source| ReadError::Broker { what: filter.clone(), source: source.into() })?;
        Ok(Messages {
            runs: self.clone(),
            stream,
            filter,
            inbox,
            answers,
            batch: VecDeque::new(),
            next: Some(1),
            is_led: false,
            read: 0,
            behind: None,
        })
    }

    /// The last message of runs on a subject, if there is one.
    pub async fn last(&self, subject: &str) -> Result<Option<Stored>, ReadError> {
        self.one(stream::RUN, subject, &json!({ "last_by_subj": subject })).await
    }

    /// The message of a sequence, if the stream still has it.
    pub async fn at(&self, stream: &str, sequence: u64) -> Result<Option<Stored>, ReadError> {
        self.one(stream, stream, &json!({ "seq": sequence })).await
    }

    /// The first message under a filter from a sequence on, if there is one.
    pub async fn from(&self, stream: &str, filter: &str, sequence: u64) -> Result<Option<Stored>, ReadError> {
        self.one(stream, filter, &json!({ "next_by_subj": filter, "seq": sequence })).await
    }

    async fn one(&self, stream: &str, what: &str, wanted: &Value) -> Result<Option<Stored>, ReadError> {
        let Some(answer) = self.directly(stream, what, wanted).await? else {
            let found = raw::get(self.jetstream(), stream, wanted).await;
            return Ok(found.map_err(|error| ReadError::of_leader(what, error))?.map(Stored::from));
        };
        match status(&answer) {
            None => Ok(Some(stored(answer))),
            Some(404) => Ok(None),
            Some(_) => Err(refused(what, &answer)),
        }
    }

    /// What a stream answers directly; none when nobody does.
    async fn directly(
        &self,
        stream: &str,
        what: &str,
        wanted: &Value,
    ) -> Result<Option<async_nats::Message>, ReadError> {
        self.advance();
        let subject = format!("$JS.API.DIRECT.GET.{stream}");
        match self.jetstream().client().request(subject, wanted.to_string().into()).await {
            Ok(answer) => Ok(Some(answer)),
            Err(error) if error.kind() == RequestErrorKind::NoResponders => Ok(None),
            Err(source) => Err(ReadError::Broker { what: what.to_owned(), source: source.into() }),
        }
    }
}

/// Messages of a stream, fetched in batches.
pub struct Messages {
    runs: Runs,
    stream: &'static str,
    filter: String,
    inbox: String,
    answers: Subscriber,
    batch: VecDeque<Stored>,
    /// Sequence to go on from; none when everything was read.
    next: Option<u64>,
    /// Nobody answers directly.
    is_led: bool,
    read: u64,
    /// Since when there was more to read than is found.
    behind: Option<Instant>,
}

impl Messages {
    pub async fn next(&mut self) -> Result<Option<Stored>, ReadError> {
        while self.batch.is_empty() {
            let Some(from) = self.next else { return Ok(None) };
            self.runs.advance();
            if self.is_led { self.fetch_at_leader(from).await? } else { self.fetch(from).await? }
        }
        Ok(self.batch.pop_front())
    }

    async fn fetch(&mut self, from: u64) -> Result<(), ReadError> {
        let request = json!({
            "next_by_subj": self.filter, "seq": from, "batch": BATCH, "max_bytes": BATCH_BYTES,
        });
        let subject = format!("$JS.API.DIRECT.GET.{}", self.stream);
        self.runs
            .jetstream()
            .client()
            .publish_with_reply(subject, self.inbox.clone(), request.to_string().into())
            .await
            .map_err(|source| ReadError::Broker { what: self.filter.clone(), source: source.into() })?;
        let mut more = 0;
        loop {
            let Ok(Some(answer)) = timeout(TIMEOUT, self.answers.next()).await else {
                return Err(ReadError::Timeout(self.filter.clone()));
            };
            match status(&answer) {
                None => {
                    more = number(answer.headers.as_ref(), "Nats-Num-Pending");
                    self.read += 1;
                    self.batch.push_back(stored(answer));
                }
                // 204 ends a batch, 404 says that there is nothing (more).
                Some(204 | 404) => break,
                Some(503) => {
                    // Once this is answered, whoever leads has what was seen here: nothing older is read.
                    if self.stream == stream::RUN {
                        self.runs.count_at_leader(&self.filter).await?;
                    }
                    self.is_led = true;
                    return Ok(());
                }
                Some(_) => return Err(refused(&self.filter, &answer)),
            }
        }
        self.next = match self.batch.back() {
            Some(last) if more > 0 => Some(last.sequence + 1),
            _ => None,
        };
        Ok(())
    }

    async fn fetch_at_leader(&mut self, from: u64) -> Result<(), ReadError> {
        let wanted = json!({ "next_by_subj": self.filter, "seq": from });
        let found = raw::get(self.runs.jetstream(), self.stream, &wanted).await;
        match found.map_err(|error| ReadError::of_leader(&self.filter, error))? {
            Some(raw) => {
                self.next = Some(raw.sequence + 1);
                self.read += 1;
                self.batch.push_back(raw.into());
            }
            // What a leader that was cut off has not are the last ones.
            None if self.stream == stream::RUN
                && self.runs.count_at_leader(&self.filter).await? > self.read =>
            {
                if self.behind.get_or_insert_with(Instant::now).elapsed() > TIMEOUT {
                    return Err(ReadError::Timeout(self.filter.clone()));
                }
                sleep(AGAIN).await;
            }
            None => self.next = None,
        }
        Ok(())
    }
}

fn stored(answer: async_nats::Message) -> Stored {
    let headers = answer.headers.unwrap_or_default();
    let published_at = DateTime::parse_from_rfc3339(text(&headers, "Nats-Time-Stamp").unwrap_or_default());
    Stored {
        subject: text(&headers, "Nats-Subject").unwrap_or_default().to_owned(),
        sequence: number(Some(&headers), "Nats-Sequence"),
        published_at: published_at.map(|time| time.to_utc()).unwrap_or_default(),
        headers,
        payload: answer.payload,
    }
}

fn status(answer: &async_nats::Message) -> Option<u16> {
    answer.status.map(|status| status.as_u16())
}

fn refused(what: &str, answer: &async_nats::Message) -> ReadError {
    let answer = format!("{:?} {}", answer.status, answer.description.as_deref().unwrap_or_default());
    ReadError::Refused { what: what.to_owned(), answer }
}

fn number(headers: Option<&HeaderMap>, name: &str) -> u64 {
    headers.and_then(|headers| text(headers, name)).and_then(|text| text.parse().ok()).unwrap_or(0)
}
