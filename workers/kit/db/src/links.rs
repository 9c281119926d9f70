//! Which clinic a decision maker belongs to, why, and what people decided about doubtful ones.

use crate::{Error, Tx};
use chrono::{DateTime, Utc};
use serde::Serialize;

#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    Linked,
    Ambiguous,
    Unlinked,
}

impl Verdict {
    fn as_str(self) -> &'static str {
        match self {
            Self::Linked => "linked",
            Self::Ambiguous => "ambiguous",
            Self::Unlinked => "unlinked",
        }
    }
}

/// What the linker says of one pair.
#[derive(Clone, Debug, PartialEq)]
pub struct Link {
    pub decision_maker_id: i32,
    pub clinic_id: i32,
    /// 0 to 1.
    pub probability: f64,
    /// What each compared field added, for people.
    pub contributions: serde_json::Value,
    pub verdict: Verdict,
}

/// What a person said of one pair.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
pub struct Decided {
    pub decision_maker_id: i32,
    pub clinic_id: i32,
    /// Whether they belong together.
    pub confirmed: bool,
}

/// A doubtful pair, with what a person needs to decide.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Review {
    pub decision_maker_id: i32,
    pub decision_maker: String,
    pub title: Option<String>,
    pub company_name: Option<String>,
    pub clinic_id: i32,
    pub clinic_name: String,
    pub city: Option<String>,
    pub state: Option<String>,
    pub probability: f64,
    pub contributions: serde_json::Value,
}

/// Replaces the linker's verdicts by those of a run; decisions of people stay, and so does a link that is
/// the same as before. Returns how many were written.
///
/// The links are walked twice and never all in memory: they are made as they are walked.
pub async fn replace(
    tx: &mut Tx,
    run_id: &str,
    links: impl Iterator<Item = Link> + Clone + Send,
) -> Result<u64, Error> {
    let client = tx.client();
    let (persons, clinics): (Vec<i32>, Vec<i32>) =
        links.clone().map(|link| (link.decision_maker_id, link.clinic_id)).unzip();
    sqlx::query!(
        "DELETE FROM decision_maker_links l WHERE client_id = $1 AND decision IS NULL AND NOT EXISTS (
            SELECT FROM unnest($2::int[], $3::int[]) AS said (decision_maker_id, clinic_id)
            WHERE said.decision_maker_id = l.decision_maker_id AND said.clinic_id = l.clinic_id)",
        client,
        &persons,
        &clinics
    )
    .execute(tx.connection())
    .await?;
    let (mut written, mut links) = (0, links);
    loop {
        let batch: Vec<Link> = links.by_ref().take(10_000).collect();
        if batch.is_empty() {
            break;
        }
        let persons: Vec<i32> = batch.iter().map(|link| link.decision_maker_id).collect();
        let clinics: Vec<i32> = batch.iter().map(|link| link.clinic_id).collect();
        let probabilities: Vec<f64> = batch.iter().map(|link| link.probability).collect();
        let verdicts: Vec<String> = batch.iter().map(|link| link.verdict.as_str().to_owned()).collect();
        let contributions: Vec<serde_json::Value> =
            batch.into_iter().map(|link| link.contributions).collect();
        let query = sqlx::query!(
            "INSERT INTO decision_maker_links AS l
                (client_id, run_id, decision_maker_id, clinic_id, probability, contributions, verdict)
            SELECT $1, $2, * FROM unnest($3::int[], $4::int[], $5::float8[], $6::jsonb[], $7::text[])
            ON CONFLICT (client_id, decision_maker_id, clinic_id) DO UPDATE SET run_id = excluded.run_id,
                probability = excluded.probability, contributions = excluded.contributions, verdict = excluded.verdict
            WHERE (l.probability, l.contributions, l.verdict)
                IS DISTINCT FROM (excluded.probability, excluded.contributions, excluded.verdict)",
            client,
            run_id,
            &persons,
            &clinics,
            &probabilities,
            &contributions,
            &verdicts
        );
        written += query.execute(tx.connection()).await?.rows_affected();
    }
    Ok(written)
}

/// Doubtful pairs nobody has decided, the likeliest first.
pub async fn review_queue(tx: &mut Tx, limit: i64) -> Result<Vec<Review>, Error> {
    let client = tx.client();
    let query = sqlx::query_as!(
        Review,
        r#"SELECT l.decision_maker_id, d.name AS decision_maker, d.title, d.company_name,
            l.clinic_id, c.clinic_name, c.city, c.state, l.probability, l.contributions
        FROM decision_maker_links l
        JOIN decision_makers d ON d.client_id = l.client_id AND d.id = l.decision_maker_id
        JOIN clinics_contact_info c ON c.client_id = l.client_id AND c.id = l.clinic_id
        WHERE l.client_id = $1 AND l.verdict = 'ambiguous' AND l.decision IS NULL
        ORDER BY l.probability DESC, l.decision_maker_id, l.clinic_id LIMIT $2"#,
        client,
        limit
    );
    Ok(query.fetch_all(tx.connection()).await?)
}

/// Records a person's decision. False when the pair is not known.
pub async fn decide(tx: &mut Tx, decided: Decided, by: &str, at: DateTime<Utc>) -> Result<bool, Error> {
    let client = tx.client();
    let query = sqlx::query!(
        "UPDATE decision_maker_links
        SET decision = CASE WHEN $4 THEN 'confirmed' ELSE 'rejected' END, reviewed_by = $5, reviewed_at = $6
        WHERE client_id = $1 AND decision_maker_id = $2 AND clinic_id = $3",
        client,
        decided.decision_maker_id,
        decided.clinic_id,
        decided.confirmed,
        by,
        at
    );
    Ok(query.execute(tx.connection()).await?.rows_affected() == 1)
}

/// All decisions of people.
pub async fn decided(tx: &mut Tx) -> Result<Vec<Decided>, Error> {
    let client = tx.client();
    let query = sqlx::query_as!(
        Decided,
        r#"SELECT decision_maker_id, clinic_id, decision = 'confirmed' AS "confirmed!" FROM decision_maker_links
        WHERE client_id = $1 AND decision IS NOT NULL ORDER BY 1, 2"#,
        client
    );
    Ok(query.fetch_all(tx.connection()).await?)
}
