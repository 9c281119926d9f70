//! Contractors: who they are, which tier they were in from when on, and what they did; brought in many at a time.

use crate::imports::Counts;
use crate::{Error, Tx, erasure};
use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;

/// A contractor as files name it.
#[derive(Clone, Debug, PartialEq)]
pub struct ContractorName {
    pub id: i32,
    pub company_name: Option<String>,
    pub erased: bool,
    /// What `Forgotten` is made of.
    pub forgotten: Option<Vec<u8>>,
}

/// A contractor as it is now; what is none or empty stays as it is. Serialised for `jsonb_to_recordset`, as are the
/// other rows.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Contractor {
    pub id: i32,
    pub first_name: Option<String>,
    pub last_name: Option<String>,
    pub company_name: Option<String>,
    pub revenue_tier: Option<String>,
    pub team_size: Option<i32>,
    pub focus_areas: Vec<String>,
    pub current_stage: Option<String>,
    /// 0 to 1.
    pub close_rate: Option<f64>,
    pub lead_sources: Vec<String>,
    pub current_crm: Option<String>,
    pub created_at: Option<DateTime<Utc>>,
}

/// In which tier a contractor was from a day on.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Observed {
    pub contractor_id: i32,
    pub tier: String,
    pub valid_from: NaiveDate,
    /// Dollars a year.
    pub revenue: Option<f64>,
    pub team_size: Option<i32>,
    pub focus_areas: Vec<String>,
    pub current_stage: Option<String>,
}

/// What is kept for a day of which a row says something else.
#[derive(Clone, Debug, PartialEq)]
pub struct Kept {
    /// Of the row, from 0.
    pub place: usize,
    pub tier: String,
    /// Dollars a year.
    pub revenue: Option<f64>,
    /// Columns in which they differ.
    pub differs: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Partner {
    pub id: i32,
    pub name: String,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Usage {
    pub contractor_id: i32,
    pub partner_id: i32,
    pub used_from: Option<NaiveDate>,
    /// 1 to 5.
    pub satisfaction: Option<i16>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Milestone {
    pub contractor_id: i32,
    pub milestone: String,
    pub reached_on: Option<NaiveDate>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Content {
    pub contractor_id: i32,
    /// `book`, `podcast` or `event`.
    pub kind: String,
    pub title: String,
    pub author: String,
    pub consumed_on: Option<NaiveDate>,
}

/// Every contractor of the client in order of id, those who were erased too. Until the end of the transaction nobody
/// else gives out ids, or erases anybody.
pub async fn names(tx: &mut Tx) -> Result<Vec<ContractorName>, Error> {
    erasure::lock(tx).await?;
    let client = tx.client();
    let query = sqlx::query_as!(
        ContractorName,
        r#"SELECT id, company_name, erased_at IS NOT NULL AS "erased!", forgotten FROM contractors
        WHERE client_id = $1 ORDER BY id"#,
        client
    );
    Ok(query.fetch_all(tx.connection()).await?)
}

/// A contractor on a list.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Listed {
    pub id: i32,
    /// Of the company, else of the person.
    pub name: Option<String>,
    /// As the profile says; the history may be newer.
    pub revenue_tier: Option<String>,
    pub team_size: Option<i32>,
    pub focus_areas: Vec<String>,
    pub current_stage: Option<String>,
    pub open_goals: i64,
}

/// Contractors behind an id, in order of id; with `words` those of that id, or whose name has the words in it; with `tier`
/// those of that revenue tier.
pub async fn list(
    tx: &mut Tx,
    words: Option<&str>,
    tier: Option<&str>,
    after: i32,
    limit: i64,
) -> Result<Vec<Listed>, Error> {
    let client = tx.client();
    let query = sqlx::query_as!(
        Listed,
        r#"SELECT id AS "id!", name, revenue_tier, team_size, focus_areas AS "focus_areas!", current_stage,
            (SELECT count(*) FROM ai_concierge_goals AS g
            WHERE g.client_id = $1 AND g.contractor_id = c.id AND g.status = 'open') AS "open_goals!"
        FROM (SELECT *, coalesce(company_name, nullif(concat_ws(' ', first_name, last_name), '')) AS name
            FROM contractors WHERE client_id = $1 AND id > greatest($3, 0) AND erased_at IS NULL) AS c
        WHERE ($2::text IS NULL OR id::text = $2 OR strpos(lower(name), lower($2)) > 0)
            AND ($5::text IS NULL OR revenue_tier = $5)
        ORDER BY id LIMIT $4"#,
        client,
        words,
        after,
        limit,
        tier
    );
    Ok(query.fetch_all(tx.connection()).await?)
}

/// Every partner of the client, in order of id.
pub async fn partners(tx: &mut Tx) -> Result<Vec<Partner>, Error> {
    let client = tx.client();
    let query =
        sqlx::query_as!(Partner, "SELECT id, name FROM partners WHERE client_id = $1 ORDER BY id", client);
    Ok(query.fetch_all(tx.connection()).await?)
}

/// The same of some ids.
pub async fn partners_of(tx: &mut Tx, ids: &[i32]) -> Result<Vec<Partner>, Error> {
    let client = tx.client();
    let query = sqlx::query_as!(
        Partner,
        "SELECT id, name FROM partners WHERE client_id = $1 AND id = ANY($2) ORDER BY id",
        client,
        ids
    );
    Ok(query.fetch_all(tx.connection()).await?)
}

/// Of rows for the same contractor the last one counts. Who was erased stays erased.
pub async fn write(tx: &mut Tx, rows: &[Contractor], now: DateTime<Utc>) -> Result<Counts, Error> {
    let (client, given) = (tx.client(), json(rows)?);
    let query = sqlx::query_file_as!(Written, "queries/import_contractors.sql", client, given, now);
    Ok(query.fetch_one(tx.connection()).await?.of(rows.len()))
}

/// Appends to the history. Nothing that is there changes: of rows that contradict it, what is kept.
pub async fn observe(tx: &mut Tx, rows: &[Observed]) -> Result<(Counts, Vec<Kept>), Error> {
    let (client, given) = (tx.client(), json(rows)?);
    let inserted = sqlx::query!(
        "INSERT INTO contractor_revenue_history (client_id, contractor_id, tier, valid_from, revenue, team_size,
            focus_areas, current_stage)
        SELECT $1, contractor_id, tier, valid_from, revenue, team_size, focus_areas, current_stage
        FROM ROWS FROM (jsonb_to_recordset($2) AS (contractor_id integer, tier text, valid_from date,
            revenue numeric(18,2), team_size integer, focus_areas text[], current_stage text)) WITH ORDINALITY
            AS r (contractor_id, tier, valid_from, revenue, team_size, focus_areas, current_stage, place)
        WHERE contractor_id NOT IN (SELECT id FROM contractors WHERE client_id = $1 AND erased_at IS NOT NULL)
        ORDER BY place ON CONFLICT (client_id, contractor_id, valid_from) DO NOTHING",
        client,
        given
    );
    let inserted = inserted.execute(tx.connection()).await?.rows_affected();
    let counts = Counts { inserted, unchanged: rows.len() as u64 - inserted, ..Counts::default() };
    if counts.unchanged == 0 {
        return Ok((counts, Vec::new()));
    }
    // What a row does not give contradicts nothing. What a profile told is a tier alone.
    let kept = sqlx::query!(
        r#"SELECT place AS "place!", tier AS "tier!", revenue, differs AS "differs!" FROM (
            SELECT r.place, h.tier, h.revenue::float8 AS revenue, array_remove(ARRAY[
                CASE WHEN h.tier <> r.tier THEN 'tier' END,
                CASE WHEN NOT of_profile AND h.revenue IS DISTINCT FROM coalesce(r.revenue, h.revenue)
                    THEN 'revenue' END,
                CASE WHEN NOT of_profile AND h.team_size IS DISTINCT FROM coalesce(r.team_size, h.team_size)
                    THEN 'team_size' END,
                CASE WHEN NOT of_profile AND h.focus_areas IS DISTINCT FROM coalesce(nullif(r.focus_areas, '{}'),
                    h.focus_areas) THEN 'focus_areas' END,
                CASE WHEN NOT of_profile AND h.current_stage IS DISTINCT FROM coalesce(r.current_stage, h.current_stage)
                    THEN 'current_stage' END], NULL) AS differs
            FROM ROWS FROM (jsonb_to_recordset($2) AS (contractor_id integer, tier text, valid_from date,
                revenue numeric(18,2), team_size integer, focus_areas text[], current_stage text)) WITH ORDINALITY
                AS r (contractor_id, tier, valid_from, revenue, team_size, focus_areas, current_stage, place)
            JOIN contractor_revenue_history AS h
                ON h.client_id = $1 AND h.contractor_id = r.contractor_id AND h.valid_from = r.valid_from
        ) AS kept WHERE differs <> '{}' ORDER BY place"#,
        client,
        given
    );
    let kept = kept.fetch_all(tx.connection()).await?.into_iter().map(|row| {
        let place = usize::try_from(row.place - 1).unwrap_or_default();
        Kept { place, tier: row.tier, revenue: row.revenue, differs: row.differs }
    });
    Ok((counts, kept.collect()))
}

/// A partner that is known is called by the name given.
pub async fn write_partners(tx: &mut Tx, rows: &[Partner]) -> Result<u64, Error> {
    let (client, given) = (tx.client(), json(rows)?);
    let query = sqlx::query!(
        "INSERT INTO partners AS old (client_id, id, name)
        SELECT DISTINCT ON (id) $1, id, name FROM ROWS FROM (jsonb_to_recordset($2) AS (id integer, name text))
            WITH ORDINALITY AS r (id, name, place) ORDER BY id, place DESC
        ON CONFLICT (client_id, id) DO UPDATE SET name = excluded.name WHERE old.name <> excluded.name",
        client,
        given
    );
    Ok(query.execute(tx.connection()).await?.rows_affected())
}

/// Of the same contractor and partner the first day counts, and the last rating.
pub async fn write_usage(tx: &mut Tx, rows: &[Usage]) -> Result<Counts, Error> {
    let (client, given) = (tx.client(), json(rows)?);
    let query = sqlx::query_as!(
        Written,
        r#"WITH written AS (
            INSERT INTO contractor_partner_usage AS old (client_id, contractor_id, partner_id, used_from, satisfaction)
            SELECT $1, contractor_id, partner_id, min(used_from),
                (array_agg(satisfaction ORDER BY place DESC) FILTER (WHERE satisfaction IS NOT NULL))[1]
            FROM ROWS FROM (jsonb_to_recordset($2) AS (contractor_id integer, partner_id integer, used_from date,
                satisfaction smallint)) WITH ORDINALITY
                AS r (contractor_id, partner_id, used_from, satisfaction, place)
            WHERE contractor_id NOT IN (SELECT id FROM contractors WHERE client_id = $1 AND erased_at IS NOT NULL)
            GROUP BY contractor_id, partner_id ORDER BY contractor_id, partner_id
            ON CONFLICT (client_id, contractor_id, partner_id) DO UPDATE SET
                used_from = least(excluded.used_from, old.used_from),
                satisfaction = coalesce(excluded.satisfaction, old.satisfaction)
            WHERE (old.used_from, old.satisfaction) IS DISTINCT FROM (least(excluded.used_from, old.used_from),
                coalesce(excluded.satisfaction, old.satisfaction))
            RETURNING xmax = 0 AS inserted
        )
        SELECT count(*) FILTER (WHERE inserted) AS "inserted!", count(*) FILTER (WHERE NOT inserted) AS "updated!"
        FROM written"#,
        client,
        given
    );
    Ok(query.fetch_one(tx.connection()).await?.of(rows.len()))
}

/// Of the same contractor and milestone the first day counts.
pub async fn write_milestones(tx: &mut Tx, rows: &[Milestone]) -> Result<Counts, Error> {
    let (client, given) = (tx.client(), json(rows)?);
    let query = sqlx::query_as!(
        Written,
        r#"WITH written AS (
            INSERT INTO contractor_milestones AS old (client_id, contractor_id, milestone, reached_on)
            SELECT $1, contractor_id, milestone, min(reached_on)
            FROM jsonb_to_recordset($2) AS (contractor_id integer, milestone text, reached_on date)
            WHERE contractor_id NOT IN (SELECT id FROM contractors WHERE client_id = $1 AND erased_at IS NOT NULL)
            GROUP BY contractor_id, milestone ORDER BY contractor_id, milestone
            ON CONFLICT (client_id, contractor_id, milestone) DO UPDATE SET
                reached_on = least(excluded.reached_on, old.reached_on)
            WHERE old.reached_on IS DISTINCT FROM least(excluded.reached_on, old.reached_on)
            RETURNING xmax = 0 AS inserted
        )
        SELECT count(*) FILTER (WHERE inserted) AS "inserted!", count(*) FILTER (WHERE NOT inserted) AS "updated!"
        FROM written"#,
        client,
        given
    );
    Ok(query.fetch_one(tx.connection()).await?.of(rows.len()))
}

/// Of the same contractor, kind and title the first day counts, and the last author.
pub async fn write_content(tx: &mut Tx, rows: &[Content]) -> Result<Counts, Error> {
    let (client, given) = (tx.client(), json(rows)?);
    let query = sqlx::query_as!(
        Written,
        r#"WITH written AS (
            INSERT INTO contractor_content AS old (client_id, contractor_id, kind, title, author, consumed_on)
            SELECT $1, contractor_id, kind, title,
                coalesce((array_agg(author ORDER BY place DESC) FILTER (WHERE author <> ''))[1], ''), min(consumed_on)
            FROM ROWS FROM (jsonb_to_recordset($2) AS (contractor_id integer, kind text, title text, author text,
                consumed_on date)) WITH ORDINALITY AS r (contractor_id, kind, title, author, consumed_on, place)
            WHERE contractor_id NOT IN (SELECT id FROM contractors WHERE client_id = $1 AND erased_at IS NOT NULL)
            GROUP BY contractor_id, kind, title ORDER BY contractor_id, kind, title
            ON CONFLICT (client_id, contractor_id, kind, title) DO UPDATE SET
                author = coalesce(nullif(excluded.author, ''), old.author),
                consumed_on = least(excluded.consumed_on, old.consumed_on)
            WHERE (old.author, old.consumed_on) IS DISTINCT FROM (coalesce(nullif(excluded.author, ''), old.author),
                least(excluded.consumed_on, old.consumed_on))
            RETURNING xmax = 0 AS inserted
        )
        SELECT count(*) FILTER (WHERE inserted) AS "inserted!", count(*) FILTER (WHERE NOT inserted) AS "updated!"
        FROM written"#,
        client,
        given
    );
    Ok(query.fetch_one(tx.connection()).await?.of(rows.len()))
}

struct Written {
    inserted: i64,
    updated: i64,
}

impl Written {
    fn of(self, rows: usize) -> Counts {
        let (inserted, updated) = (self.inserted.unsigned_abs(), self.updated.unsigned_abs());
        Counts { inserted, updated, unchanged: rows as u64 - inserted - updated, erased: 0 }
    }
}

fn json(rows: &[impl Serialize]) -> Result<serde_json::Value, Error> {
    serde_json::to_value(rows).map_err(|error| Error::Rows(error.into()))
}
