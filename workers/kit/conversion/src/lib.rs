//! What is learned of conversions: counted in one pass, decided over, stored, and led back to its leads.
//!
//! `Detector` counts cases and ends in the four documents; `gate` decides over learned weights; `Conversion` reads a
//! client's rows, and stores what follows. Rules know no clock and no database: the moment is an argument.

pub mod card;
pub mod case;
mod counts;
mod detector;
mod documents;
mod evidence;
mod fact;
pub mod gate;
mod held;
mod how;
mod learning;
mod local;
mod metrics;
mod reading;
pub mod schedule;
mod sequence;
mod tally;
mod timing;
mod what;
mod what_if;
mod when;
mod who;
mod words;
mod worth;

pub use counts::Lexicon;
pub use detector::{Detector, Findings, LEAST, Setting};
pub use evidence::{Behind, Counted};
pub use learning::{Outcome, Request};
pub use what_if::{WeightsRanking, WeightsWhatIf};
pub use words::Contents;
pub use worth::ChannelWhatIf;

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use db::conversion::Pattern;
use db::{Db, Uuid};
use patterns::PatternType;

/// What gateway, commands and workers do with what is learned of a client's conversions.
#[derive(Debug, Clone)]
pub struct Conversion {
    db: Db,
    /// Where clients are; and leads of whom nothing better is known.
    zone: Tz,
}

/// Why something could not be learned or told.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Db(#[from] db::Error),
    #[error("a document of patterns could not be read or written")]
    Document(#[from] serde_json::Error),
}

impl Conversion {
    pub fn new(db: Db, zone: Tz) -> Self {
        Self { db, zone }
    }

    pub fn db(&self) -> &Db {
        &self.db
    }

    /// Clients that have somebody who converted.
    pub async fn clients(&self) -> Result<Vec<Uuid>, Error> {
        Ok(db::conversion::clients(&self.db).await?)
    }

    /// Clients whose learned weights hold no more, and when these were confirmed (X88).
    pub async fn expired(&self, now: DateTime<Utc>) -> Result<Vec<(Uuid, DateTime<Utc>)>, Error> {
        Ok(db::conversion::expired(&self.db, now - als::MAX_AGE).await?)
    }

    /// Notes that weights which were confirmed at a moment hold no more.
    pub async fn expire(&self, client: Uuid, confirmed_at: DateTime<Utc>) -> Result<(), Error> {
        let mut tx = self.db.begin(client).await?;
        db::conversion::expire(&mut tx, confirmed_at).await?;
        Ok(tx.commit().await?)
    }

    /// As of when the patterns of a client were learned last.
    pub async fn learned_at(&self, client: Uuid) -> Result<Option<DateTime<Utc>>, Error> {
        let mut tx = self.db.begin(client).await?;
        let learned = db::conversion::learned_at(&mut tx).await?;
        tx.rollback().await?;
        Ok(learned)
    }

    /// The documents in force, of one type or of all.
    pub async fn patterns(&self, client: Uuid, kind: Option<PatternType>) -> Result<Vec<Pattern>, Error> {
        let mut tx = self.db.begin(client).await?;
        let found = db::conversion::current(&mut tx, kind.map(PatternType::name)).await?;
        tx.rollback().await?;
        Ok(found)
    }

    /// What documents were before, the newest first.
    pub async fn history(
        &self,
        client: Uuid,
        kind: Option<PatternType>,
        limit: i64,
    ) -> Result<Vec<Pattern>, Error> {
        let mut tx = self.db.begin(client).await?;
        let found = db::conversion::history(&mut tx, kind.map(PatternType::name), limit).await?;
        tx.rollback().await?;
        Ok(found)
    }
}

#[cfg(test)]
mod tests;
