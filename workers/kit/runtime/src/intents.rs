//! Intent before, result after: the record that keeps a call to the outside from being made twice.

use async_nats::jetstream::kv;

/// The bucket of intents.
pub(crate) const BUCKET: &str = "intents";

const BEGUN: &[u8] = b"";

/// Why an intent could not be recorded.
#[derive(Debug, thiserror::Error)]
pub enum IntentError {
    #[error("could not record the intent {0}")]
    Create(String, #[source] kv::CreateError),
    #[error("could not read the intent {0}")]
    Read(String, #[source] kv::EntryError),
    #[error("the answer that {0} has cannot be read yet")]
    Lost(String),
    #[error("could not record the result of {0}")]
    Write(String, #[source] kv::PutError),
}

/// What is known of a call before it is made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Begun {
    /// Nobody made it yet.
    Fresh,
    /// It was made; this is its result.
    Done(String),
    /// It was begun and its result is not known: it may or may not have happened.
    Unknown,
}

/// Records of calls to the outside.
#[derive(Clone)]
pub struct Intents {
    pub(crate) store: kv::Store,
}

impl Intents {
    /// Records that the call is about to be made.
    pub async fn begin(&self, key: &str) -> Result<Begun, IntentError> {
        match self.store.create(key, BEGUN.into()).await {
            Ok(_) => return Ok(Begun::Fresh),
            Err(error) if error.kind() == kv::CreateErrorKind::AlreadyExists => {}
            Err(error) => return Err(IntentError::Create(key.to_owned(), error)),
        }
        let result = self.store.get(key).await.map_err(|source| IntentError::Read(key.to_owned(), source))?;
        Ok(match result {
            Some(result) if !result.is_empty() => Begun::Done(String::from_utf8_lossy(&result).into_owned()),
            _ => Begun::Unknown,
        })
    }

    /// Settles a question once and for all: the first answer counts, for everybody, and is what this returns.
    pub async fn decide(&self, key: &str, answer: String) -> Result<String, IntentError> {
        match self.store.create(key, answer.clone().into()).await {
            Ok(_) => Ok(answer),
            Err(error) if error.kind() == kv::CreateErrorKind::AlreadyExists => {
                // An answer that is there and cannot be read is not ours to replace.
                self.decided(key).await?.ok_or_else(|| IntentError::Lost(key.to_owned()))
            }
            Err(error) => Err(IntentError::Create(key.to_owned(), error)),
        }
    }

    /// What `decide` has settled, if it has.
    pub async fn decided(&self, key: &str) -> Result<Option<String>, IntentError> {
        let answer = self.store.get(key).await.map_err(|source| IntentError::Read(key.to_owned(), source))?;
        Ok(answer.map(|answer| String::from_utf8_lossy(&answer).into_owned()))
    }

    /// Records what came of the call; `result` must not be empty.
    pub async fn done(&self, key: &str, result: &str) -> Result<(), IntentError> {
        self.store
            .put(key, result.to_owned().into())
            .await
            .map(|_| ())
            .map_err(|source| IntentError::Write(key.to_owned(), source))
    }
}
