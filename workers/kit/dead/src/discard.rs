//! Gives dead letters up: they stay in the stream, and nobody is asked about them again.

use crate::audit::{By, Event, Verb, new_id};
use crate::filter::Filter;
use crate::letter::{Letter, Standing};
use crate::sequences::Sequences;
use crate::states::{Ledger, state};
use crate::{Dead, Error};
use futures::{StreamExt as _, TryStreamExt as _};
use runtime::LetterIs;
use serde::Serialize;

/// What was given up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Discarded {
    pub discarded: u64,
    /// Letters that were taken by somebody else meanwhile.
    pub taken: u64,
}

/// Up to this many are given up without being counted aloud.
pub const FEW: u64 = 10;
const AT_ONCE: usize = 64;

impl Dead {
    /// Gives these letters up, as far as they are open.
    pub async fn discard(&self, letters: &[Letter], filter: &Filter, by: &By) -> Result<Discarded, Error> {
        let open = letters.iter().filter(|letter| letter.state == Standing::Open);
        let open: Vec<u64> = open.map(|letter| letter.sequence).collect();
        let sequences: Sequences = open.iter().copied().collect();
        let event = Event::new(Verb::Discard, &new_id(), by).about(sequences);
        self.record(&Event { filter: Some(filter.clone()), ..event }).await?;
        let ledger = Ledger::open(self).await?;
        let record = state(LetterIs::Discarded, "", by.at.to_rfc3339(), None);
        let (ledger, record) = (&ledger, &record);
        let count = open.len() as u64;
        let discarded = futures::stream::iter(open)
            .map(|sequence| ledger.take(sequence, None, record))
            .buffer_unordered(AT_ONCE)
            .try_fold(0, |sum, taken| async move { Ok(sum + u64::from(taken.is_some())) })
            .await?;
        Ok(Discarded { discarded, taken: count - discarded })
    }
}
