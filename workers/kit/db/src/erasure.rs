//! Contractors who were erased: what is left of them names nobody, and keeps files from bringing them back.

use crate::contractors::ContractorName;
use crate::{Error, Tx};
use chrono::{DateTime, Utc};
use sha2::{Digest as _, Sha256};
use std::collections::HashSet;

/// The contractor that stands for all who were erased.
pub const NOBODY: i32 = 0;

/// What was erased of a contractor.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Erased {
    /// What was known of them over time, their matches and their goals, and outcomes that do not count any more.
    pub rows: i64,
    /// What came of goals, which still counts, as nobody's and without words: one for each pattern.
    pub outcomes: i64,
}

/// Salted hashes of the names of companies that were erased. No name is kept, but a list of names can be tried on them by
/// whoever reads the salt, which is in the same table.
#[derive(Clone, Debug, Default)]
pub struct Forgotten {
    salt: Vec<u8>,
    hashes: HashSet<Vec<u8>>,
}

impl Forgotten {
    /// Of all contractors.
    pub fn of(names: &[ContractorName]) -> Self {
        let hash = |name: &ContractorName| name.forgotten.clone();
        let salt = names.iter().find(|name| name.id == NOBODY).and_then(hash).unwrap_or_default();
        let hashes = names.iter().filter(|name| name.id != NOBODY).filter_map(hash).collect();
        Self { salt, hashes }
    }

    pub fn contains(&self, company: &str) -> bool {
        !self.hashes.is_empty() && self.hashes.contains(&hash(&self.salt, company))
    }
}

/// The name of a company as it is compared: however it is capitalised and spaced.
pub fn folded(name: &str) -> String {
    name.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
}

fn hash(salt: &[u8], company: &str) -> Vec<u8> {
    Sha256::new().chain_update(salt).chain_update(folded(company)).finalize().to_vec()
}

/// Until the end of the transaction nobody else gives out ids of contractors, writes what happened to them, or erases one.
pub async fn lock(tx: &mut Tx) -> Result<(), Error> {
    let client = tx.client();
    sqlx::query!(
        "SELECT pg_advisory_xact_lock(hashtextextended('contractors' || $1::text, 0))",
        client.to_string()
    )
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// Keeps a contractor from being erased until the end of the transaction. False if there is no such one.
pub async fn hold(tx: &mut Tx, id: i32) -> Result<bool, Error> {
    let client = tx.client();
    let query = sqlx::query_scalar!(
        "SELECT id FROM contractors WHERE client_id = $1 AND id = $2 AND erased_at IS NULL FOR KEY SHARE",
        client,
        id
    );
    Ok(query.fetch_optional(tx.connection()).await?.is_some())
}

/// Whether there was such a contractor, who was erased.
pub async fn is_erased(tx: &mut Tx, id: i32) -> Result<bool, Error> {
    let client = tx.client();
    let query = sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT FROM contractors
            WHERE client_id = $1 AND id = $2 AND id > 0 AND erased_at IS NOT NULL) AS "is_erased!""#,
        client,
        id
    );
    Ok(query.fetch_one(tx.connection()).await?)
}

/// Forgets a contractor with everything of theirs. What came of goals still counts, as nobody's and without words.
/// None if there is no such one, or they were erased before.
pub async fn erase(tx: &mut Tx, id: i32, now: DateTime<Utc>) -> Result<Option<Erased>, Error> {
    // Whoever writes what happened to contractors has read before who was erased.
    lock(tx).await?;
    let client = tx.client();
    let there = sqlx::query_scalar!(
        "SELECT company_name FROM contractors WHERE client_id = $1 AND id = $2 AND id > 0 AND erased_at IS NULL
        FOR UPDATE",
        client,
        id
    );
    let Some(company) = there.fetch_optional(tx.connection()).await? else { return Ok(None) };
    let erased = sqlx::query_as!(
        Erased,
        r#"SELECT (SELECT count(*) FROM contractor_revenue_history WHERE client_id = $1 AND contractor_id = $2)
            + (SELECT count(*) FROM contractor_partner_usage WHERE client_id = $1 AND contractor_id = $2)
            + (SELECT count(*) FROM contractor_milestones WHERE client_id = $1 AND contractor_id = $2)
            + (SELECT count(*) FROM contractor_content WHERE client_id = $1 AND contractor_id = $2)
            + (SELECT count(*) FROM contractor_pattern_matches WHERE client_id = $1 AND contractor_id = $2)
            + (SELECT count(*) FROM ai_concierge_goals WHERE client_id = $1 AND contractor_id = $2)
            + told.outcomes - told.patterns AS "rows!", told.patterns AS "outcomes!"
        FROM (SELECT count(*) AS outcomes, count(DISTINCT pattern_id) AS patterns FROM pattern_success_tracking
            WHERE client_id = $1 AND contractor_id = $2) AS told"#,
        client,
        id
    );
    let erased = erased.fetch_one(tx.connection()).await?;
    let salt = sqlx::query_scalar!(
        r#"INSERT INTO contractors AS old (client_id, id, erased_at, forgotten)
        VALUES ($1, $2, $3, uuid_send(gen_random_uuid()))
        ON CONFLICT (client_id, id) DO UPDATE SET forgotten = coalesce(old.forgotten, excluded.forgotten)
        RETURNING forgotten AS "forgotten!""#,
        client,
        NOBODY,
        now
    );
    let salt = salt.fetch_one(tx.connection()).await?;
    // A contractor counts once for a pattern, and goes on to: the newest outcome stays, with what the first one keeps of
    // how it counted. The id of the event may have been made of the contractor's; the days would tell who it was.
    sqlx::query!(
        "UPDATE pattern_success_tracking AS t SET contractor_id = $3, goal_id = NULL, outcome_notes = NULL,
            what_worked = NULL, what_didnt_work = NULL, event_id = gen_random_uuid()::text,
            pattern_confidence = told.pattern_confidence, counted_as = told.counted_as,
            created_at = date_trunc('month', told.created_at), completed_at = date_trunc('month', completed_at)
        FROM (
            SELECT max(id) AS newest, min(created_at) AS created_at,
                (array_agg(pattern_confidence ORDER BY id))[1] AS pattern_confidence,
                (array_agg(counted_as ORDER BY id) FILTER (WHERE counted_as IS NOT NULL))[1] AS counted_as
            FROM pattern_success_tracking WHERE client_id = $1 AND contractor_id = $2 GROUP BY pattern_id
        ) AS told
        WHERE t.client_id = $1 AND t.id = told.newest",
        client,
        id,
        NOBODY
    )
    .execute(tx.connection())
    .await?;
    // With everything that is theirs, the other outcomes too.
    sqlx::query!("DELETE FROM contractors WHERE client_id = $1 AND id = $2", client, id)
        .execute(tx.connection())
        .await?;
    let forgotten = company.map(|company| hash(&salt, &company));
    sqlx::query!(
        "INSERT INTO contractors (client_id, id, erased_at, forgotten) VALUES ($1, $2, $3, $4)",
        client,
        id,
        now,
        forgotten
    )
    .execute(tx.connection())
    .await?;
    Ok(Some(erased))
}
