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

pub use advice::{BaseScore, Boosted, PartnerAdviceBoosted};
pub use config::{Config, RulesError};
pub use db::goals::{Item, StoredMatch};
pub use db::growth::Told;
pub use error::Error;
pub use goals::{Explained, Generated, Goal};
pub use learning::Learning;
pub use outcomes::{Impact, NewOutcome};

use chrono::{DateTime, Utc};
use db::{Db, Uuid};
use levels::Rules;
use released::Cache;
use std::sync::Arc;

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

    /// Clients of whose contractors something can be learned.
    pub async fn clients(&self) -> Result<Vec<Uuid>, Error> {
        Ok(db::growth::clients(&self.db).await?)
    }

    /// Forgets a contractor with everything of theirs, but for what came of goals, which counts as nobody's (X56). False
    /// if there is no such one.
    pub async fn erase(&self, client: Uuid, contractor: i32, now: DateTime<Utc>) -> Result<bool, Error> {
        let mut tx = self.db.begin(client).await?;
        let erased = db::contractors::erase(&mut tx, contractor, now).await?;
        tx.commit().await?;
        Ok(erased)
    }
}
