//! Released patterns, remembered for an hour (GR-113), and forgotten when others are released (X58).

use chrono::{DateTime, TimeDelta, Utc};
use db::contractors::Partner;
use db::growth::Stored;
use db::{Tx, Uuid, contractors, growth};
use levels::Pattern;
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use crate::{Contractors, Error};

const REMEMBERED: TimeDelta = TimeDelta::hours(1);

/// What is served to the contractors of a client.
#[derive(Debug)]
pub(crate) struct Released {
    pub(crate) patterns: Vec<Pattern>,
    /// Places of patterns by their ids.
    places: HashMap<i32, usize>,
}

impl Released {
    pub(crate) fn pattern(&self, id: i32) -> Option<&Pattern> {
        self.places.get(&id).map(|place| &self.patterns[*place])
    }
}

#[derive(Debug, Default)]
pub(crate) struct Cache(Mutex<Remembered>);

#[derive(Debug, Default)]
struct Remembered {
    of: HashMap<Uuid, (DateTime<Utc>, Arc<Released>)>,
    /// How often something was forgotten: what was read before that is not remembered after it.
    forgotten: u64,
}

impl Cache {
    fn with<T>(&self, act: impl FnOnce(&mut Remembered) -> T) -> T {
        act(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Contractors {
    /// Forgets what is remembered of a client's patterns: others were released.
    pub fn invalidate(&self, client: Uuid) {
        self.released.with(|remembered| {
            remembered.of.remove(&client);
            remembered.forgotten += 1;
        });
    }

    /// Forgets what is remembered of everybody's patterns: others may have been released.
    pub fn invalidate_all(&self) {
        self.released.with(|remembered| {
            remembered.of.clear();
            remembered.forgotten += 1;
        });
    }

    /// The patterns that are served.
    pub async fn patterns(&self, client: Uuid, now: DateTime<Utc>) -> Result<Vec<Pattern>, Error> {
        Ok(self.served(client, now).await?.patterns.clone())
    }

    /// Names of partners by their ids. They are not remembered: an import names them anew at any time.
    pub async fn partner_names(&self, client: Uuid) -> Result<BTreeMap<i32, String>, Error> {
        let mut tx = self.db.begin(client).await?;
        let partners = contractors::partners(&mut tx).await?;
        tx.rollback().await?;
        Ok(by_id(partners))
    }

    pub(crate) async fn served(&self, client: Uuid, now: DateTime<Utc>) -> Result<Arc<Released>, Error> {
        let (known, forgotten) =
            self.released.with(|remembered| (remembered.of.get(&client).cloned(), remembered.forgotten));
        if let Some((since, released)) = known
            && now - since < REMEMBERED
        {
            return Ok(released);
        }
        let mut tx = self.db.begin(client).await?;
        let released = Arc::new(read(&mut tx).await?);
        tx.rollback().await?;
        self.released.with(|remembered| {
            if remembered.forgotten == forgotten {
                remembered.of.insert(client, (now, Arc::clone(&released)));
            }
        });
        Ok(released)
    }
}

async fn read(tx: &mut Tx) -> Result<Released, Error> {
    let mut patterns = all(tx).await?;
    patterns.retain(|pattern| pattern.status.is_served());
    let places = patterns.iter().enumerate().map(|(place, pattern)| (pattern.id, place)).collect();
    Ok(Released { patterns, places })
}

/// Names of the partners that patterns tell of, by their ids.
pub(crate) async fn partners_of(tx: &mut Tx, patterns: &[&Pattern]) -> Result<BTreeMap<i32, String>, Error> {
    let ids = patterns.iter().flat_map(|pattern| &pattern.common_partners).map(|partner| partner.partner_id);
    let ids: Vec<i32> = ids.collect();
    Ok(by_id(contractors::partners_of(tx, &ids).await?))
}

fn by_id(partners: Vec<Partner>) -> BTreeMap<i32, String> {
    partners.into_iter().map(|partner| (partner.id, partner.name)).collect()
}

/// Every pattern, served or not.
pub(crate) async fn all(tx: &mut Tx) -> Result<Vec<Pattern>, Error> {
    let pattern = |Stored { id, document }| {
        let pattern: Pattern = serde_json::from_value(document)?;
        Ok(Pattern { id, ..pattern })
    };
    growth::patterns(tx).await?.into_iter().map(pattern).collect()
}
