//! The scores of leads, and what they are made of.

use crate::{Db, Error, Tx};
use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::Value;
use std::collections::HashSet;
use uuid::Uuid;

/// What is known of a lead, as far as its score looks at it.
#[derive(Clone, Debug, PartialEq)]
pub struct LeadFacts {
    pub id: Uuid,
    pub title: String,
    pub company: String,
    pub industry: String,
    pub city: String,
    pub state: String,
    pub country: String,
    pub email: String,
    pub phone: String,
    pub linkedin_url: String,
    pub website: String,
    pub employee_count: Option<i32>,
    pub is_new_role: Option<bool>,
    pub is_hiring: Option<bool>,
    pub recently_funded: Option<bool>,
    pub signal_strength: Option<f64>,
    /// As it is stored.
    pub als_score: Option<i16>,
    /// Parts of a score that came with the lead.
    pub als_given: Option<Value>,
    pub unsubscribed: bool,
    pub bounced: bool,
}

/// What was learned for a client.
#[derive(Clone, Debug, PartialEq)]
pub struct LearnedWeights {
    pub als_learned_weights: Option<Value>,
    pub als_weights_updated_at: Option<DateTime<Utc>>,
    pub weights_source: String,
    /// The weights that were fitted last, whether adopted or not.
    pub candidate: Option<Value>,
    /// How likely a booking is by the weighted parts, as intercept and slope.
    pub likelihood: Option<Value>,
}

/// The weights of a score, as they are stored with it.
#[derive(Clone, Copy, Debug)]
pub struct ScoredBy<'a> {
    pub weights: &'a Value,
    pub weights_source: &'a str,
    pub shadow_weights: Option<&'a Value>,
}

/// A lead that could be scored anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rescorable {
    pub id: Uuid,
    /// Whether it is scored already, as it is now and by the weights that were asked about.
    pub is_current: bool,
}

/// A score to write. Serialised for `jsonb_to_recordset`.
#[derive(Clone, Debug, Serialize)]
pub struct Scored {
    pub id: Uuid,
    pub score: i16,
    pub tier: &'static str,
    pub components: Value,
    pub weights: Value,
    pub weights_source: &'static str,
    /// By the weights that are not in force.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shadow_score: Option<i16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shadow_weights: Option<Value>,
}

/// A lead that nobody has scored as it is now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unscored {
    pub id: Uuid,
    pub updated_at: DateTime<Utc>,
    /// Whether it was scored before it changed.
    pub scored_before: bool,
}

/// A lead with its score as it is stored.
#[derive(Clone, Debug, PartialEq)]
pub struct LeadScore {
    pub id: Uuid,
    pub prospect_id: String,
    pub name: String,
    pub title: String,
    pub company: String,
    pub status: String,
    pub als_score: Option<i16>,
    pub als_tier: Option<String>,
    pub als_components: Option<Value>,
    pub als_weights_used: Option<Value>,
    pub weights_source: Option<String>,
    pub als_shadow_score: Option<i16>,
    /// None while it waits to be scored, for the first time or anew.
    pub scored_at: Option<DateTime<Utc>>,
    pub first_touch_at: Option<DateTime<Utc>>,
    pub als_snapshot: Option<Value>,
}

/// In which order leads come; those that are alike by their ids.
#[derive(Clone, Copy, Debug)]
pub enum Order {
    /// Those without a score come last.
    BestFirst,
    WorstFirst,
    FromA,
    FromZ,
}

/// The lead behind which a list goes on, as it was when the page before ended.
#[derive(Clone, Debug)]
pub struct Behind<'a> {
    pub prospect_id: &'a str,
    /// Looked at where the list is sorted by score.
    pub score: Option<i16>,
    /// Looked at where the list is sorted by name.
    pub name: String,
}

/// Which leads to list.
#[derive(Clone, Copy, Debug)]
pub struct Listing<'a> {
    pub tier: Option<&'a str>,
    pub status: Option<&'a str>,
    pub order: Order,
    pub behind: Option<&'a Behind<'a>>,
    /// What words of name, company or title begin with, each of them.
    pub words: Option<&'a str>,
    pub limit: i64,
}

/// Locks leads, so that none of them changes between being read and being written; in the order of their ids.
pub async fn lock(tx: &mut Tx, ids: &[Uuid]) -> Result<(), Error> {
    let client = tx.client();
    let mut ids = ids.to_vec();
    ids.sort_unstable();
    sqlx::query!(
        "SELECT count(*) FROM unnest($2::uuid[]) AS wanted (id) CROSS JOIN LATERAL (
            SELECT leads.id FROM leads WHERE client_id = $1 AND leads.id = wanted.id LIMIT 1 FOR NO KEY UPDATE
        ) AS locked",
        client,
        &ids
    )
    .fetch_one(tx.connection())
    .await?;
    Ok(())
}

/// In the order of their ids; those that are not there, or were deleted, are left out.
pub async fn facts(tx: &mut Tx, ids: &[Uuid]) -> Result<Vec<LeadFacts>, Error> {
    let client = tx.client();
    let query = sqlx::query_file_as!(LeadFacts, "queries/score_facts.sql", client, ids);
    Ok(query.fetch_all(tx.connection()).await?)
}

pub async fn learned(tx: &mut Tx, now: DateTime<Utc>) -> Result<Option<LearnedWeights>, Error> {
    let client = tx.client();
    let query = sqlx::query_as!(
        LearnedWeights,
        "SELECT als_learned_weights, als_weights_updated_at, weights_source, (SELECT patterns -> 'candidate_weights'
            FROM conversion_patterns WHERE client_id = $1 AND pattern_type = 'who' AND valid_until > $2) AS candidate,
            weights_decision -> 'likelihood' AS likelihood
        FROM clients WHERE id = $1",
        client,
        now
    );
    Ok(query.fetch_optional(tx.connection()).await?)
}

/// How many were written: a lead that was deleted gets no score.
pub async fn write(tx: &mut Tx, scores: &[Scored], now: DateTime<Utc>) -> Result<u64, Error> {
    let client = tx.client();
    let rows = serde_json::to_value(scores).map_err(|error| Error::Rows(error.into()))?;
    let query = sqlx::query_file!("queries/write_scores.sql", client, rows, now);
    Ok(query.execute(tx.connection()).await?.rows_affected())
}

/// Leads in the order of their ids; all of them, or those whom nobody has contacted yet.
pub async fn page(
    tx: &mut Tx,
    untouched: bool,
    by: Option<ScoredBy<'_>>,
    after: Uuid,
    limit: i64,
) -> Result<Vec<Rescorable>, Error> {
    let client = tx.client();
    let query = sqlx::query_as!(
        Rescorable,
        r#"SELECT id, coalesce(scored_at IS NOT NULL AND als_weights_used = $5 AND weights_source = $6
            AND als_shadow_weights IS NOT DISTINCT FROM $7, false) AS "is_current!"
        FROM leads WHERE client_id = $1 AND id > $2 AND deleted_at IS NULL
            AND (first_touch_at IS NULL OR NOT $3) ORDER BY id LIMIT $4"#,
        client,
        after,
        untouched,
        limit,
        by.map(|by| by.weights),
        by.map(|by| by.weights_source),
        by.and_then(|by| by.shadow_weights)
    );
    Ok(query.fetch_all(tx.connection()).await?)
}

/// Leads that nobody has scored as they are now, in the order of their ids.
pub async fn unscored(
    tx: &mut Tx,
    before: DateTime<Utc>,
    after: Uuid,
    limit: i64,
) -> Result<Vec<Unscored>, Error> {
    let client = tx.client();
    let query = sqlx::query_as!(
        Unscored,
        r#"SELECT id, updated_at, als_score IS NOT NULL AS "scored_before!" FROM leads
        WHERE client_id = $1 AND scored_at IS NULL AND created_at < $2 AND id > $3 AND deleted_at IS NULL
        ORDER BY id LIMIT $4"#,
        client,
        before,
        after,
        limit
    );
    Ok(query.fetch_all(tx.connection()).await?)
}

/// Clients with leads that nobody has scored as they are now, and that came before a moment.
pub async fn clients_unscored(db: &Db, before: DateTime<Utc>) -> Result<Vec<Uuid>, Error> {
    let query =
        sqlx::query_scalar!(r#"SELECT id AS "id!" FROM leadfleet_clients_unscored($1) AS id"#, before);
    Ok(query.fetch_all(db.pool()).await?)
}

/// When the rows of this transaction were written.
pub async fn written_at(tx: &mut Tx) -> Result<DateTime<Utc>, Error> {
    Ok(sqlx::query_scalar!(r#"SELECT now() AS "now!""#).fetch_one(tx.connection()).await?)
}

/// A text query for words that begin so.
fn beginnings(words: &[String]) -> String {
    let quoted = |word: &String| format!("'{}':*", word.replace('\\', "\\\\").replace('\'', "''"));
    words.iter().map(quoted).collect::<Vec<_>>().join(" & ")
}

/// So many leads that have a word are looked up and sorted by themselves; of more, a list is read until enough that have
/// the words have come.
const FEW: usize = 20_000;
/// Words of a search that are looked up; all of them have to be there.
const LOOKED_UP: usize = 8;

/// Leads that have those of the words that few have; none when each of them is common.
async fn few(tx: &mut Tx, words: &[String]) -> Result<Option<Vec<Uuid>>, Error> {
    let client = tx.client();
    // Who asks for no word finds nobody.
    let mut found = words.is_empty().then(HashSet::new);
    for word in words.iter().take(LOOKED_UP) {
        let query = sqlx::query_scalar!(
            "SELECT lead_id FROM lead_words WHERE client_id = $1 AND word >= $2 AND word < $2 || chr(1114111) LIMIT $3",
            client,
            word,
            FEW as i64 + 1
        );
        let ids = query.fetch_all(tx.connection()).await?;
        if ids.len() <= FEW {
            let ids = HashSet::from_iter(ids);
            found = Some(match found {
                Some(before) => &before & &ids,
                None => ids,
            });
        }
    }
    Ok(found.map(Vec::from_iter))
}

pub async fn list(tx: &mut Tx, listing: &Listing<'_>) -> Result<Vec<LeadScore>, Error> {
    let client = tx.client();
    // Which index serves depends on what is asked for.
    sqlx::query!("SET LOCAL plan_cache_mode = 'force_custom_plan'").execute(tx.connection()).await?;
    let (mut words, mut known) = (None, None);
    if let Some(text) = listing.words {
        // As the server writes those of leads.
        let query =
            sqlx::query_scalar!(r#"SELECT tsvector_to_array(to_tsvector('simple', $1)) AS "words!""#, text);
        let found = query.fetch_one(tx.connection()).await?;
        known = few(tx, &found).await?;
        words = Some(beginnings(&found));
    }
    let behind = listing.behind;
    let prospect_id = behind.map(|behind| behind.prospect_id);
    let score = behind.and_then(|behind| behind.score).map_or(1, |score| -i32::from(score));
    let name = behind.map(|behind| behind.name.as_str());
    // The same leads in each of the orders that an index has.
    macro_rules! in_order {
        ($order:tt, $behind:tt, $key:ident) => {
            sqlx::query_as!(
                LeadScore,
                "SELECT id, prospect_id, name, title, company, status, als_score, als_tier, als_components,
                    als_weights_used, weights_source, als_shadow_score, scored_at, first_touch_at, als_snapshot
                FROM leads
                WHERE client_id = $1 AND deleted_at IS NULL
                    AND ($2::text IS NULL OR als_tier = $2) AND ($3::text IS NULL OR status = $3)
                    AND ($4::text IS NULL OR leadfleet_words(name, company, title) @@ to_tsquery('simple', $4))
                    AND ($5::uuid[] IS NULL OR id = ANY($5))
                    AND ($6::text IS NULL OR " + $behind + ") ORDER BY " + $order + " LIMIT $8",
                client,
                listing.tier,
                listing.status,
                words,
                known.as_deref(),
                prospect_id,
                $key,
                listing.limit
            )
            .fetch_all(tx.connection())
            .await?
        };
    }
    Ok(match listing.order {
        Order::BestFirst => in_order!(
            "coalesce(-als_score, 1), prospect_id",
            "(coalesce(-als_score, 1), prospect_id) > ($7::integer, $6)",
            score
        ),
        Order::WorstFirst => in_order!(
            "coalesce(-als_score, 1) DESC, prospect_id DESC",
            "(coalesce(-als_score, 1), prospect_id) < ($7::integer, $6)",
            score
        ),
        Order::FromA => in_order!("name, prospect_id", "(name, prospect_id) > ($7::text, $6)", name),
        Order::FromZ => {
            in_order!("name DESC, prospect_id DESC", "(name, prospect_id) < ($7::text, $6)", name)
        }
    })
}

pub async fn of(tx: &mut Tx, prospect_id: &str) -> Result<Option<LeadScore>, Error> {
    let client = tx.client();
    let query = sqlx::query_as!(
        LeadScore,
        "SELECT id, prospect_id, name, title, company, status, als_score, als_tier, als_components, als_weights_used,
            weights_source, als_shadow_score, scored_at, first_touch_at, als_snapshot
        FROM leads WHERE client_id = $1 AND prospect_id = $2 AND deleted_at IS NULL",
        client,
        prospect_id
    );
    Ok(query.fetch_optional(tx.connection()).await?)
}
