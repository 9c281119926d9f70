//! Which clinic a decision maker belongs to, why, and what people decided about doubtful ones.

use crate::copy::{FULL, escape};
use crate::{Error, Tx};
use chrono::{DateTime, Utc};
use serde::Serialize;
use std::fmt::Write as _;

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
    /// What each compared field added, for people: JSON.
    pub contributions: String,
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

/// Replaces the linker's verdicts by those of a run, and returns how many were written.
///
/// Decisions of people stay, and so does a link that is the same as before. Links of a decision maker or a clinic that is
/// gone are left out. The links are never all in memory: they are sent as they are made.
pub async fn replace(
    tx: &mut Tx,
    run_id: &str,
    links: impl Iterator<Item = Link> + Send,
) -> Result<u64, Error> {
    let client = tx.client();
    // A million take their time; and what is there is joined with what was said, twice: not on disk.
    let prepare =
        "CREATE TEMPORARY TABLE said (decision_maker_id integer, clinic_id integer, probability float8,
            contributions jsonb, verdict text);
        SET LOCAL work_mem = '64MB'; SET LOCAL statement_timeout = '1h'";
    sqlx::raw_sql(prepare).execute(tx.connection()).await?;
    send(tx, links).await?;
    sqlx::raw_sql("ANALYZE pg_temp.said").execute(tx.connection()).await?;
    let stale =
        "DELETE FROM decision_maker_links l WHERE client_id = $1 AND decision IS NULL AND NOT EXISTS (
        SELECT FROM pg_temp.said s
        WHERE s.decision_maker_id = l.decision_maker_id AND s.clinic_id = l.clinic_id)";
    // The temporary table is another one each time: no plan is kept for it.
    sqlx::query(stale).persistent(false).bind(client).execute(tx.connection()).await?;
    let changed = "INSERT INTO decision_maker_links
            (client_id, run_id, decision_maker_id, clinic_id, probability, contributions, verdict)
        SELECT $1, $2, s.* FROM pg_temp.said s
        JOIN decision_makers d ON d.client_id = $1 AND d.id = s.decision_maker_id
        JOIN clinics_contact_info c ON c.client_id = $1 AND c.id = s.clinic_id
        LEFT JOIN decision_maker_links l
            ON l.client_id = $1 AND l.decision_maker_id = s.decision_maker_id AND l.clinic_id = s.clinic_id
        WHERE (l.probability, l.contributions, l.verdict) IS DISTINCT FROM (s.probability, s.contributions, s.verdict)
        ON CONFLICT (client_id, decision_maker_id, clinic_id) DO UPDATE SET run_id = excluded.run_id,
            probability = excluded.probability, contributions = excluded.contributions, verdict = excluded.verdict";
    let query = sqlx::query(changed).persistent(false).bind(client).bind(run_id);
    let written = query.execute(tx.connection()).await?.rows_affected();
    sqlx::raw_sql("DROP TABLE pg_temp.said").execute(tx.connection()).await?;
    Ok(written)
}

async fn send(tx: &mut Tx, links: impl Iterator<Item = Link> + Send) -> Result<(), Error> {
    let mut copy = tx.connection().copy_in_raw("COPY pg_temp.said FROM STDIN").await?;
    let mut lines = String::with_capacity(FULL + FULL / 4);
    for link in links {
        let Link { decision_maker_id, clinic_id, probability, contributions, verdict } = link;
        // Writing to a string does not fail.
        let _ = write!(lines, "{decision_maker_id}\t{clinic_id}\t{probability}\t");
        escape(&contributions, &mut lines);
        let _ = writeln!(lines, "\t{}", verdict.as_str());
        if lines.len() >= FULL {
            copy.send(lines.as_bytes()).await?;
            lines.clear();
        }
    }
    copy.send(lines.as_bytes()).await?;
    copy.finish().await?;
    Ok(())
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
