//! What became of dead letters: replayed, resolved, dead again, given up; a letter without an entry is open.

use async_nats::jetstream::kv;
use serde::{Deserialize, Serialize};

/// The bucket of states; a key is the sequence of a letter in the stream of dead letters.
pub const BUCKET: &str = "dead_letters";

/// What became of a dead letter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LetterState {
    pub state: State,
    /// Id of the replay that it is about; empty when it is about none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub replay: String,
    /// RFC 3339.
    pub at: String,
    /// Sequence of the letter that took its place: dead again, or edited.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<u64>,
}

/// The states a letter can leave `open` for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Published again; what becomes of it is not known yet.
    Replaying,
    /// Replayed, and handled.
    Resolved,
    /// Replayed, and dead again under another sequence.
    DiedAgain,
    /// An earlier stage of its run was done again, which makes it anew.
    Superseded,
    /// A corrected copy stands for it.
    Edited,
    /// Given up by an operator.
    Discarded,
}

/// Why the end of a replay could not be recorded.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LetterError {
    #[error("could not read the state of the letter")]
    Read(#[from] kv::EntryError),
    #[error("could not write the state of the letter")]
    Write(#[from] kv::PutError),
    #[error("not a state of a letter")]
    Encode(#[from] serde_json::Error),
}

/// A replayed message says which letter it was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Replayed {
    pub(crate) replay: String,
    pub(crate) letter: u64,
}

/// Keeps the states.
#[derive(Clone)]
pub(crate) struct Letters {
    pub(crate) store: kv::Store,
}

impl Letters {
    /// Records how the replay of a letter ended; `next` is the letter it became when it died again.
    pub(crate) async fn ended(
        &self,
        replayed: &Replayed,
        at: String,
        next: Option<u64>,
    ) -> Result<(), LetterError> {
        let key = replayed.letter.to_string();
        let state = if next.is_some() { State::DiedAgain } else { State::Resolved };
        // A letter that took its place has to be settled itself, whatever a straggler says.
        if next.is_none()
            && let Some(before) = self.store.get(&key).await?
            && serde_json::from_slice::<LetterState>(&before)
                .is_ok_and(|before| before.state == State::DiedAgain && before.replay == replayed.replay)
        {
            return Ok(());
        }
        let state = LetterState { state, replay: replayed.replay.clone(), at, next };
        self.store.put(key, serde_json::to_vec(&state)?.into()).await?;
        Ok(())
    }
}
