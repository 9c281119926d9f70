//! Measures replacing, reading, hashing and linking 1,000,000 rows, against TRUNCATE, COPY and COPY OUT in the same run.
//!
//! `replace CONNECTION_STRING [ROWS]`: an empty database of a server of its own; the user may create roles.
#![expect(clippy::print_stdout, reason = "the numbers are its output")]
#![expect(clippy::disallowed_methods, reason = "it times itself")]

use anyhow::{Context, Result};
use chrono::{NaiveDate, Utc};
use db::inputs::Snapshot;
use db::links::{self, Link, Verdict};
use db::segments::{Points, Segment, SegmentRow, StoredRun, replace_run};
use db::{BoxError, Config, DEFAULT_CLIENT, Db};
use futures::{StreamExt, TryStreamExt, stream};
use sqlx::{AssertSqlSafe, Connection, PgConnection};
use std::time::Instant;

const SEGMENTS: i32 = 20;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let url = arguments.next().context("usage: replace CONNECTION_STRING [ROWS]")?;
    let rows: i32 = arguments.next().map_or(Ok(1_000_000), |rows| rows.parse())?;
    db::migrate(&url).await?;
    let mut owner = PgConnection::connect(&url).await?;
    let db = Db::new(&Config::of(&url))?;
    sqlx::query(
        "INSERT INTO clinics_contact_info (clinic_name, phone, website, city, state, business_type, rating, review_count)
        SELECT 'Clinic ' || n, '(602) 555-1234', 'clinic' || n || '.com', 'Phoenix', 'AZ', 'cash-based', 4.5, n % 300
        FROM generate_series(1, $1) n",
    )
    .bind(rows)
    .execute(&mut owner)
    .await?;
    sqlx::raw_sql("ANALYZE clinics_contact_info; CHECKPOINT").execute(&mut owner).await?;

    let mut rates = Vec::new();
    for (run, date) in [("run-1", 1), ("run-2", 2), ("run-3", 3)] {
        let run = stored(run, NaiveDate::from_ymd_opt(2025, 11, date).context("date")?);
        let started = Instant::now();
        let replaced = replace_run(&db, DEFAULT_CLIENT, &run, all(rows)).await?;
        rates.push(report(&format!("replace {} ({:?})", run.run_id, replaced.method), rows, started));
    }
    let started = Instant::now();
    let again = stored("run-3", NaiveDate::from_ymd_opt(2025, 11, 3).context("date")?);
    let method = replace_run(&db, DEFAULT_CLIENT, &again, all(rows)).await?.method;
    report(&format!("the same run again ({method:?})"), rows, started);

    let truncate = truncate_and_copy(&mut owner, rows).await?;
    // The first run archives nothing.
    println!("replace / TRUNCATE + COPY: {:.2}", (rates[1] + rates[2]) / 2.0 / truncate);

    let mut snapshot = Snapshot::open(&db, DEFAULT_CLIENT, Utc::now()).await?;
    let started = Instant::now();
    snapshot.input_hash().await?;
    report("input hash", rows, started);
    let started = Instant::now();
    let read = snapshot.clinics().try_fold(0, |count, _| async move { Ok(count + 1) }).await?;
    let rate = report("read clinics", read, started);
    println!("read clinics / COPY OUT: {:.2}", rate / copy_out(&mut owner, rows).await?);
    link(&mut owner, &db, rows / 10).await
}

/// The columns of a clinic, unread.
async fn copy_out(owner: &mut PgConnection, rows: i32) -> Result<f64> {
    let columns =
        "id, clinic_name, phone, website, email, city, state, business_type, rating::float8, review_count";
    let started = Instant::now();
    let copy = format!("COPY (SELECT {columns} FROM clinics_contact_info ORDER BY id) TO STDOUT");
    owner.copy_out_raw(&copy).await?.try_for_each(|_| async { Ok(()) }).await?;
    Ok(report("COPY OUT", rows, started))
}

/// Links that are new, then those of a run later, of which one in ten changed.
async fn link(owner: &mut PgConnection, db: &Db, rows: i32) -> Result<()> {
    sqlx::query(
        "INSERT INTO decision_makers (name, company_name)
        SELECT 'Person ' || n, 'Clinic ' || n FROM generate_series(1, $1) n",
    )
    .bind(rows)
    .execute(&mut *owner)
    .await?;
    sqlx::raw_sql("ANALYZE decision_makers; CHECKPOINT").execute(owner).await?;
    let link = |id: i32, probability| Link {
        decision_maker_id: id,
        clinic_id: id,
        probability,
        contributions: r#"[{"field": "name", "points": 7.5, "why": "the same words"}]"#.to_owned(),
        verdict: Verdict::Linked,
    };
    for (run, changed) in [("run-1", 0.9), ("run-2", 0.8)] {
        let said: Vec<_> = (1..=rows).map(|id| link(id, if id % 10 == 0 { changed } else { 0.9 })).collect();
        let started = Instant::now();
        let mut tx = db.begin(DEFAULT_CLIENT).await?;
        let written = links::replace(&mut tx, run, said.iter().cloned()).await?;
        tx.commit().await?;
        report(&format!("links of {run} ({written} written)"), rows, started);
    }
    Ok(())
}

/// The same rows, keys, indexes and foreign key in one table, filled by TRUNCATE and COPY in place.
async fn truncate_and_copy(owner: &mut PgConnection, rows: i32) -> Result<f64> {
    sqlx::raw_sql(
        "CREATE TABLE plain (LIKE matched_segments INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING INDEXES,
            FOREIGN KEY (client_id, clinic_id) REFERENCES clinics_contact_info (client_id, id));
        INSERT INTO plain SELECT * FROM matched_segments; CHECKPOINT",
    )
    .execute(&mut *owner)
    .await?;
    let columns = "client_id, run_id, segment_name, pain_category, clinic_id, match_reason, match_strategy, \
        confidence_score, priority_score, outreach_template, created_at, reason_code, points, hot_lead, categories";
    let lines: Vec<_> = owner
        .copy_out_raw(&format!("COPY (SELECT {columns} FROM matched_segments) TO STDOUT"))
        .await?
        .try_collect()
        .await?;
    let started = Instant::now();
    let mut tx = owner.begin().await?;
    sqlx::raw_sql("TRUNCATE plain").execute(&mut *tx).await?;
    let mut copy = tx.copy_in_raw(&format!("COPY plain ({columns}) FROM STDIN")).await?;
    for batch in lines.chunks(512) {
        copy.send(batch.concat()).await?;
    }
    copy.finish().await?;
    tx.commit().await?;
    let rate = report("TRUNCATE + COPY", rows, started);
    sqlx::raw_sql(AssertSqlSafe("DROP TABLE plain")).execute(owner).await?;
    Ok(rate)
}

fn report(what: &str, rows: i32, started: Instant) -> f64 {
    let seconds = started.elapsed().as_secs_f64();
    let rate = f64::from(rows) / seconds;
    println!("{what}: {seconds:.2} s, {:.1}k rows/s", rate / 1000.0);
    rate
}

fn stored(run_id: &str, run_date: NaiveDate) -> StoredRun {
    StoredRun {
        run_id: run_id.into(),
        run_date,
        generation: 0,
        summary: serde_json::json!({}),
        stored_at: Utc::now(),
        ready_at: Utc::now(),
        segments: (0..SEGMENTS).map(segment).collect(),
    }
}

fn segment(number: i32) -> Segment {
    Segment {
        segment_name: format!("emr-{number}"),
        pain_category: "emr".into(),
        categories: Vec::new(),
        match_strategy: "geographic".into(),
        priority_score: 9.2 - 0.1 * f64::from(number),
        priority_raw: 9.2,
        opportunity_index: 7.0,
        ai_adjustment: 0.0,
        ai_reason: None,
        mean_confidence: 8.5,
        mean_severity: 7.0,
        mean_mentions: 2.0,
        total_mentions: 40,
        clinics: 2,
        with_decision_maker: 1,
        with_email: 1,
        state: Some("AZ".into()),
        match_reason: "Pain point mentioned in Arizona, targeting local clinics".into(),
        outreach_template: Some(serde_json::json!({
            "subject": "PT-specific EMR alternative for Arizona clinics",
            "opening": "Hi {name}, I noticed several PT clinic owners in Arizona discussing documentation.",
            "cta": "Would you be open to a 15-minute call?",
        })),
        template_source: "generic".into(),
        evidence: serde_json::json!([]),
    }
}

fn all(rows: i32) -> impl futures::Stream<Item = Result<SegmentRow, BoxError>> + Send {
    stream::iter(1..=rows).map(|clinic_id| {
        Ok(SegmentRow {
            segment: (clinic_id % SEGMENTS) as usize,
            clinic_id,
            match_reason: "Pain point mentioned in Arizona, targeting local clinics".into(),
            match_strategy: "geographic".into(),
            reason_code: "geo_state".into(),
            confidence_score: 8.5,
            points: Points { geographic: 5.0, email: 3.0, ..Points::default() },
            hot_lead: false,
            categories: vec!["emr".into()],
            removed_from: Vec::new(),
        })
    })
}
