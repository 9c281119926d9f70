//! The rows that runs match: the default tenant's, and those of many small tenants.

use std::time::Duration;

use anyhow::Context as _;
use chrono::{DateTime, Days, TimeDelta, Utc};
use db::imports::{self, ClinicPattern};
use db::{DEFAULT_CLIENT, Db, Uuid};
use fleet::sample::Sizes;
use rand::rngs::StdRng;
use rand::seq::SliceRandom as _;
use sqlx::{Connection as _, PgConnection};
use tokio::time::sleep;

use crate::engaged;

/// What a tenant has: enough for a few segments.
const SIZES: Sizes = Sizes { pain_points: 30, clinics: 36, decision_makers: 30 };
/// Tenants have ids from here on.
const FIRST: u128 = 0x0000_0000_0000_7000_8000_0000_0001_0000;
/// A run is for one of so many days before now; what is older than thirteen months would be expired.
const DAYS: u64 = 360;

#[derive(Debug)]
pub(crate) struct World {
    pub(crate) tenants: Vec<Uuid>,
    pub(crate) now: DateTime<Utc>,
    /// When all runs look back from.
    pub(crate) as_of: String,
}

impl World {
    /// Fills the database, which has its tables and nothing else.
    pub(crate) async fn create(url: &str, seed: u64, tenants: usize) -> anyhow::Result<Self> {
        #[expect(clippy::disallowed_methods, reason = "rows count for thirty days from now")]
        let now = Utc::now();
        let tenants: Vec<Uuid> = (0..tenants as u128).map(|number| Uuid::from_u128(FIRST + number)).collect();
        let mut owner = PgConnection::connect(url).await.context("could not reach Postgres")?;
        for (number, tenant) in tenants.iter().enumerate() {
            sqlx::query("INSERT INTO clients (id, slug, name) VALUES ($1, $2, $2)")
                .bind(tenant)
                .bind(format!("tenant-{number}"))
                .execute(&mut owner)
                .await?;
        }
        let db = Db::new(&db::Config::of(url))?;
        for (number, tenant) in (0_u64..).zip(std::iter::once(&DEFAULT_CLIENT).chain(&tenants)) {
            insert(&db, *tenant, seed.wrapping_mul(1_000).wrapping_add(number), now).await?;
        }
        db.close().await;
        engaged::fill(url, now).await?;
        Ok(Self { tenants, now, as_of: now.to_rfc3339() })
    }

    /// Tenants and days that runs can be asked for: each tenant twice, the second time with the same rows.
    pub(crate) fn requests(&self, dice: &mut StdRng) -> Vec<(Uuid, String)> {
        let mut all: Vec<(Uuid, String)> = Vec::new();
        for (number, tenant) in (0_u64..).zip(&self.tenants) {
            for day in [number % DAYS, (number + 7) % DAYS] {
                all.push((*tenant, self.date(day)));
            }
        }
        all.shuffle(dice);
        all
    }

    /// A scraper writes one more pain point, as soon as Postgres lets it.
    pub(crate) async fn change(&self, url: &str, tenant: Option<usize>, number: usize) {
        let of = |tenant: usize| self.tenants.get(tenant % self.tenants.len().max(1)).copied();
        let tenant = tenant.and_then(of).unwrap_or(DEFAULT_CLIENT);
        let pain = tests::pain("scheduling", &format!("no-shows, and it gets worse, {number}"), 7.0, 5);
        let once = async || {
            let db = Db::new(&db::Config::of(url))?;
            let mut tx = db.begin(tenant).await?;
            imports::pain_points(&mut tx, std::slice::from_ref(&pain), self.now - TimeDelta::days(1)).await?;
            tx.commit().await
        };
        while once().await.is_err() {
            sleep(Duration::from_millis(300)).await;
        }
    }

    /// Days whose scrapers can be done.
    pub(crate) fn scrapes(&self, dice: &mut StdRng) -> Vec<String> {
        let mut all: Vec<String> = (0..DAYS).map(|day| self.date(day)).collect();
        all.shuffle(dice);
        all
    }

    fn date(&self, before: u64) -> String {
        let date = self.now.date_naive();
        date.checked_sub_days(Days::new(before + 1)).unwrap_or(date).to_string()
    }
}

/// Writes the rows of one tenant as an import does.
async fn insert(db: &Db, tenant: Uuid, seed: u64, now: DateTime<Utc>) -> anyhow::Result<()> {
    let rows = tests::seeded_sample(seed, SIZES);
    let made = now - TimeDelta::days(1);
    let mut tx = db.begin(tenant).await?;
    imports::pain_points(&mut tx, &rows.pain_points, made).await?;
    imports::clinics(&mut tx, &rows.clinics, made).await?;
    imports::decision_makers(&mut tx, &rows.decision_makers, made).await?;
    let mut ids: Vec<i32> = imports::clinic_names(&mut tx).await?.into_iter().map(|row| row.id).collect();
    ids.sort_unstable();
    let of_database = |pattern: ClinicPattern| {
        let place = usize::try_from(pattern.clinic_id).ok()?.checked_sub(1)?;
        Some(ClinicPattern { clinic_id: *ids.get(place)?, ..pattern })
    };
    let patterns: Vec<ClinicPattern> = rows.patterns.into_iter().filter_map(of_database).collect();
    imports::clinic_patterns(&mut tx, &patterns, made).await?;
    tx.commit().await?;
    Ok(())
}
