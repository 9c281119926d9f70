//! Replaces a tenant's run in one transaction.

use super::row::Lines;
use super::{Method, Replaced, Segment, SegmentRow, StoredRun};
use crate::{BoxError, Db, Error, Tx, runs};
use chrono::Months;
use futures::{Stream, StreamExt};
use sqlx::postgres::types::PgInterval;
use uuid::Uuid;

/// How long readers may keep the old run in its place before its rows are deleted one by one instead.
/// Whoever begins to read meanwhile waits as long.
const PATIENCE: PgInterval = PgInterval { months: 0, days: 0, microseconds: 2_000_000 };

/// How long a run stays in the archive, counted from the day of the newest.
const RETENTION: Months = Months::new(13);

/// Archives the current run and puts this one in its place, all or nothing: whoever reads sees the
/// old run or the new one.
///
/// Storing the same generation of a run again changes nothing. A run behind the current one goes to the
/// archive. Rows of clinics that were deleted since are left out.
pub async fn replace_run<E: Into<BoxError>>(
    db: &Db,
    client: Uuid,
    run: &StoredRun,
    rows: impl Stream<Item = Result<SegmentRow, E>> + Send,
) -> Result<Replaced, Error> {
    let mut tx = db.begin_bulk("BEGIN", client).await?;
    sqlx::query!(
        r#"SELECT pg_advisory_xact_lock(hashtextextended('matched_segments ' || $1::text, 0)) AS "locked!: ()""#,
        client.to_string()
    )
    .execute(tx.connection())
    .await?;
    if let Some(unchanged) = stored_before(&mut tx, run).await? {
        return Ok(unchanged);
    }

    let current = runs::current(&mut tx).await?;
    let make_current = current.as_ref().is_none_or(|current| !is_behind(run, current));
    record(&mut tx, run, make_current).await?;
    let (names, renamed) = insert_segments(&mut tx, run).await?;

    let query = sqlx::query_scalar!(
        r#"SELECT matched_segments_stage($1, $2) AS "stage!""#,
        run.run_id,
        run.stored_at
    );
    let stage = query.fetch_one(tx.connection()).await?;
    let copied = copy(&mut tx, &stage, Lines::new(run, &names), rows).await?;

    let query = sqlx::query!(
        r#"SELECT method AS "method!", gone AS "gone!", first_id, last_id FROM matched_segments_publish($1, $2, $3, $4, $5)"#,
        stage,
        run.run_id,
        current.map(|current| current.run_id),
        make_current,
        PATIENCE as PgInterval
    );
    let published = query.fetch_one(tx.connection()).await?;
    if let Some(before) = run.run_date.checked_sub_months(RETENTION) {
        super::expire(&mut tx, before).await?;
    }
    tx.commit().await?;
    let gone = published.gone.unsigned_abs();
    Ok(Replaced {
        method: match published.method.as_str() {
            "swap" => Method::Swap,
            "archive" => Method::Archive,
            _ => Method::Delete,
        },
        rows: copied - gone,
        gone,
        segments: run.segments.len(),
        ids: published.first_id.zip(published.last_id).map(|(first, last)| first..=last),
        renamed,
    })
}

/// Whether a newer run is in its place: of a later day, or of the same day and ready later.
fn is_behind(run: &StoredRun, current: &runs::Run) -> bool {
    current.run_id != run.run_id && (current.run_date, current.ready_at) > (run.run_date, run.ready_at)
}

async fn stored_before(tx: &mut Tx, run: &StoredRun) -> Result<Option<Replaced>, Error> {
    let client = tx.client();
    let query = sqlx::query!(
        r#"SELECT
            (SELECT count(*) FROM segments s WHERE s.client_id = $1 AND s.run_id = $2) AS "segments!",
            (SELECT count(*) FROM matched_segments m WHERE m.client_id = $1 AND m.run_id = $2)
                + (SELECT count(*) FROM matched_segments_archive a WHERE a.client_id = $1 AND a.run_id = $2) AS "rows!"
        FROM runs WHERE client_id = $1 AND run_id = $2 AND generation >= $3"#,
        client,
        run.run_id,
        run.generation
    );
    let stored = query.fetch_optional(tx.connection()).await?;
    Ok(stored.map(|stored| Replaced {
        method: Method::Unchanged,
        rows: stored.rows.unsigned_abs(),
        gone: 0,
        segments: run.segments.len(),
        ids: None,
        renamed: Vec::new(),
    }))
}

/// Writes the run, and empties what hangs on an earlier generation of it.
async fn record(tx: &mut Tx, run: &StoredRun, make_current: bool) -> Result<(), Error> {
    let client = tx.client();
    if make_current {
        sqlx::query!(
            "UPDATE runs SET current = false WHERE client_id = $1 AND current AND run_id <> $2",
            client,
            run.run_id
        )
        .execute(tx.connection())
        .await?;
    }
    sqlx::query!("DELETE FROM segments WHERE client_id = $1 AND run_id = $2", client, run.run_id)
        .execute(tx.connection())
        .await?;
    sqlx::query!(
        "DELETE FROM segment_membership_log_before WHERE client_id = $1 AND run_id = $2",
        client,
        run.run_id
    )
    .execute(tx.connection())
    .await?;
    sqlx::query!(
        "INSERT INTO runs (client_id, run_id, run_date, generation, current, summary, stored_at, ready_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
        ON CONFLICT (client_id, run_id) DO UPDATE SET run_date = excluded.run_date, generation = excluded.generation,
            current = excluded.current, summary = excluded.summary, stored_at = excluded.stored_at,
            ready_at = excluded.ready_at",
        client,
        run.run_id,
        run.run_date,
        run.generation,
        make_current,
        run.summary,
        run.stored_at,
        run.ready_at
    )
    .execute(tx.connection())
    .await?;
    Ok(())
}

type Renamed = Vec<(String, String)>;

/// Writes the segments under names that no other segment of the run has (X23), and says which they are.
async fn insert_segments(tx: &mut Tx, run: &StoredRun) -> Result<(Vec<String>, Renamed), Error> {
    let mut names = Vec::with_capacity(run.segments.len());
    let mut renamed = Vec::new();
    for (position, segment) in (0..).zip(&run.segments) {
        let mut name = segment.segment_name.clone();
        let mut clashes = 0;
        while !insert_segment(tx, run, position, segment, &name).await? {
            clashes += 1;
            name = with_timestamp(&segment.segment_name, run, clashes);
        }
        if name != segment.segment_name {
            renamed.push((segment.segment_name.clone(), name.clone()));
        }
        names.push(name);
    }
    Ok((names, renamed))
}

/// `emr-arizona-20251111031500`, and from the third of a name on `-2` behind it; 255 characters at most.
fn with_timestamp(name: &str, run: &StoredRun, clashes: u32) -> String {
    let mut suffix = run.stored_at.format("-%Y%m%d%H%M%S").to_string();
    if clashes > 1 {
        suffix.push_str(&format!("-{clashes}"));
    }
    let kept: String = name.chars().take(255 - suffix.len()).collect();
    kept + &suffix
}

/// False when the name is taken.
async fn insert_segment(
    tx: &mut Tx,
    run: &StoredRun,
    position: i32,
    segment: &Segment,
    name: &str,
) -> Result<bool, Error> {
    let client = tx.client();
    let query = sqlx::query!(
        "INSERT INTO segments (client_id, run_id, position, segment_name, pain_category, categories, match_strategy,
            priority_score, priority_raw, opportunity_index, ai_adjustment, ai_reason, mean_confidence, mean_severity,
            mean_mentions, total_mentions, clinics, with_decision_maker, with_email, state, match_reason,
            outreach_template, template_source, evidence)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8::float8::numeric, $9, $10, $11, $12, $13, $14,
            $15, $16, $17, $18, $19, $20, $21, $22, $23, $24)
        ON CONFLICT ON CONSTRAINT segments_name_unique DO NOTHING",
        client,
        run.run_id,
        position,
        name,
        segment.pain_category,
        &segment.categories,
        segment.match_strategy,
        segment.priority_score,
        segment.priority_raw,
        segment.opportunity_index,
        segment.ai_adjustment,
        segment.ai_reason,
        segment.mean_confidence,
        segment.mean_severity,
        segment.mean_mentions,
        segment.total_mentions,
        segment.clinics,
        segment.with_decision_maker,
        segment.with_email,
        segment.state,
        segment.match_reason,
        segment.outreach_template,
        segment.template_source,
        segment.evidence
    );
    Ok(query.execute(tx.connection()).await?.rows_affected() == 1)
}

/// Sends the rows to the staged table.
async fn copy<E: Into<BoxError>>(
    tx: &mut Tx,
    stage: &str,
    mut lines: Lines,
    rows: impl Stream<Item = Result<SegmentRow, E>> + Send,
) -> Result<u64, Error> {
    // Dropped on the way out, the copy fails on the server and the transaction with it.
    let mut copy = tx.connection().copy_in_raw(&Lines::statement(stage)).await?;
    let mut rows = std::pin::pin!(rows);
    while let Some(row) = rows.next().await {
        lines.push(row.map_err(|error| Error::Rows(error.into()))?)?;
        if lines.is_full() {
            copy.send(lines.buffer()).await?;
            lines.clear();
        }
    }
    copy.send(lines.buffer()).await?;
    copy.finish().await?;
    Ok(lines.rows())
}
