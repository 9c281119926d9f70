//! What is done with contractors, for the API, the commands and the worker: learned from, matched, given goals.
//!
//! The rules are `levels`; here they meet the rows. Everything that is told of others comes from released patterns.

mod advice;
mod config;
mod error;
mod goals;
mod known;
mod learning;
mod outcomes;
mod released;
pub mod schedule;

pub use advice::{BaseScore, Boosted, PartnerAdviceBoosted};
pub use config::{Config, RulesError};
pub use db::contractors::Listed;
pub use db::goals::{Item, StoredMatch};
pub use db::growth::Told;
pub use error::Error;
pub use goals::{ChecklistItem, Explained, Generated, Goal};
pub use learning::{Coverage, Learning};
pub use outcomes::{Impact, NewOutcome};

use chrono::{DateTime, Utc};
use db::{Db, Tx, Uuid};
use levels::Rules;
use released::Cache;
use serde::Serialize;
use std::sync::Arc;
use utoipa::ToSchema;

/// The contractors of all clients. Clones share what is remembered of released patterns.
#[derive(Clone, Debug)]
pub struct Contractors {
    db: Db,
    rules: Arc<Rules>,
    released: Arc<Cache>,
}

impl Contractors {
    pub fn new(db: Db, rules: Rules) -> Self {
        Self { db, rules: Arc::new(rules), released: Arc::default() }
    }

    pub fn rules(&self) -> &Rules {
        &self.rules
    }

    /// Whether Postgres answers.
    pub async fn ping(&self) -> Result<(), Error> {
        Ok(self.db.ping().await?)
    }

    /// Contractors behind an id, in the order of their ids, and whether there are more. With `words` those of that id, or
    /// whose name has the words in it.
    pub async fn list(
        &self,
        client: Uuid,
        words: Option<&str>,
        tier: Option<&str>,
        after: i32,
        limit: i64,
    ) -> Result<(Vec<Listed>, bool), Error> {
        let mut tx = self.db.begin(client).await?;
        let mut listed = db::contractors::list(&mut tx, words, tier, after, limit + 1).await?;
        tx.rollback().await?;
        let more = listed.len() as i64 > limit;
        listed.truncate(usize::try_from(limit).unwrap_or_default());
        Ok((listed, more))
    }

    /// Clients of whose contractors something can be learned.
    pub async fn clients(&self) -> Result<Vec<Uuid>, Error> {
        Ok(db::growth::clients(&self.db).await?)
    }

    /// Forgets a contractor with everything of theirs, but for what came of goals, which counts as nobody's (X56). A dry
    /// run only says what that would be.
    pub async fn erase(
        &self,
        client: Uuid,
        contractor: i32,
        dry_run: bool,
        now: DateTime<Utc>,
    ) -> Result<Erased, Error> {
        let mut tx = self.db.begin(client).await?;
        let erased = db::erasure::erase(&mut tx, contractor, now).await?;
        let db::erasure::Erased { rows, outcomes } = erased.ok_or(Error::UnknownContractor(contractor))?;
        if dry_run {
            tx.rollback().await?;
        } else {
            tx.commit().await?;
        }
        Ok(Erased { contractor_id: contractor, rows, outcomes })
    }
}

/// What was forgotten of a contractor.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, ToSchema)]
#[schema(as = ErasedContractor)]
pub struct Erased {
    pub contractor_id: i32,
    /// Rows of what was known of them over time, of patterns they match and of their goals; and of outcomes that do not
    /// count any more.
    pub rows: i64,
    /// Outcomes of goals that still count, as nobody's and without words: one for each pattern.
    pub outcomes: i64,
}

/// Keeps a contractor, whom something is written about, from being erased until the end of the transaction.
pub(crate) async fn hold(tx: &mut Tx, contractor: i32) -> Result<(), Error> {
    if db::erasure::hold(tx, contractor).await? {
        Ok(())
    } else if db::erasure::is_erased(tx, contractor).await? {
        Err(Error::ErasedContractor(contractor))
    } else {
        Err(Error::UnknownContractor(contractor))
    }
}
