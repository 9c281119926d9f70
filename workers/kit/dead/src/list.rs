//! Lists dead letters by their headers; no payload leaves the broker.

use crate::filter::Filter;
use crate::letter::Letter;
use crate::reader::{Found, Reader, Wanted};
use crate::states::States;
use crate::{Dead, Error};
use async_nats::jetstream::consumer::DeliverPolicy;
use proto::Subject;
use proto::subject::stream;

impl Dead {
    /// The letters that fit, in the order in which they died, each with its state.
    pub async fn list(&self, filter: &Filter) -> Result<Vec<Letter>, Error> {
        // A letter that changes its state meanwhile is told with the older one.
        let states = States::read(self, &filter.sequences);
        let (mut states, letters) = tokio::try_join!(states, read(self, filter))?;
        let standing = letters.into_iter().map(|letter| {
            let record = states.records.remove(&letter.sequence);
            letter.standing(record)
        });
        Ok(standing.filter(|letter| filter.fits(letter)).collect())
    }

    /// The letters that are there and fit, and then those that come.
    pub async fn follow(&self, filter: &Filter) -> Result<Follow, Error> {
        let states = States::read(self, &filter.sequences).await?;
        let reader = Reader::open(&self.jetstream, wanted(filter)).await?;
        Ok(Follow { filter: filter.clone(), states, reader })
    }
}

/// The letters that fit but for their state.
async fn read(dead: &Dead, filter: &Filter) -> Result<Vec<Letter>, Error> {
    let any = Filter { states: Vec::new(), ..filter.clone() };
    let mut reader = Reader::open(&dead.jetstream, wanted(filter)).await?;
    let mut letters = Vec::new();
    while let Some(found) = reader.next().await? {
        if filter.sequences.last().is_some_and(|last| found.sequence > last) {
            break;
        }
        let letter = letter_of(&found);
        if any.fits(&letter) {
            letters.push(letter);
        }
    }
    Ok(letters)
}

/// Narrowed down as far as the broker can.
pub(crate) fn wanted(filter: &Filter) -> Wanted {
    let token = |asked: &Option<String>| asked.clone().unwrap_or_else(|| "*".to_owned());
    let from = match (filter.sequences.first(), filter.since) {
        (Some(start_sequence), _) => DeliverPolicy::ByStartSequence { start_sequence },
        // A letter is stored after its message died.
        (None, Some(since)) => match async_nats::datetime::parse_rfc3339(&since.to_rfc3339()) {
            Ok(start_time) => DeliverPolicy::ByStartTime { start_time },
            Err(_) => DeliverPolicy::All,
        },
        (None, None) => DeliverPolicy::All,
    };
    Wanted {
        stream: stream::DEAD.to_owned(),
        filters: vec![Subject::dead(&token(&filter.worker), &token(&filter.class))],
        from,
        headers_only: true,
    }
}

pub(crate) fn letter_of(found: &Found) -> Letter {
    Letter::of(found.sequence, found.payload.len() as u64, found.at, &found.headers)
}

/// Letters as they come.
pub struct Follow {
    filter: Filter,
    states: States,
    reader: Reader,
}

impl Follow {
    /// The next letter that fits; waits for it when all that were there are told.
    pub async fn next(&mut self) -> Result<Letter, Error> {
        loop {
            let found = self.reader.wait().await?;
            let letter = letter_of(&found);
            let record = self.states.records.remove(&letter.sequence);
            let letter = letter.standing(record);
            if self.filter.fits(&letter) {
                return Ok(letter);
            }
        }
    }
}
