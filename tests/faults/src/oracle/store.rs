//! What is in Postgres of each run.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use proto::v1::{Segment, Template};
use sqlx::{Connection as _, PgConnection, Row as _};

use super::Verdict;

/// A run as it is stored.
#[derive(Debug, Default)]
pub(crate) struct Stored {
    /// In order of priority: name, subject of the template, rows.
    segments: Vec<(String, Option<String>, i64)>,
    rows: i64,
    clinics: i64,
}

/// By run id.
pub(crate) type Rows = HashMap<String, Stored>;

/// Past row-level security.
pub(crate) async fn read(url: &str) -> sqlx::Result<Rows> {
    let mut owner = PgConnection::connect(url).await?;
    let mut all = Rows::new();
    for row in sqlx::query("SELECT run_id FROM runs").fetch_all(&mut owner).await? {
        all.insert(row.get(0), Stored::default());
    }
    let sql = "SELECT run_id, count(*), count(DISTINCT clinic_id) FROM \
               (SELECT run_id, clinic_id FROM matched_segments UNION ALL \
                SELECT run_id, clinic_id FROM matched_segments_archive) m GROUP BY run_id";
    for row in sqlx::query(sql).fetch_all(&mut owner).await? {
        let stored = all.entry(row.get(0)).or_default();
        (stored.rows, stored.clinics) = (row.get(1), row.get(2));
    }
    let sql = "SELECT s.run_id, s.segment_name, s.outreach_template->>'subject', \
               (SELECT count(*) FROM matched_segments m WHERE (m.client_id, m.run_id, m.segment_name) = (s.client_id, s.run_id, s.segment_name)) \
               + (SELECT count(*) FROM matched_segments_archive m WHERE (m.client_id, m.run_id, m.segment_name) = (s.client_id, s.run_id, s.segment_name)) \
               FROM segments s ORDER BY s.run_id, s.position";
    for row in sqlx::query(sql).fetch_all(&mut owner).await? {
        all.entry(row.get(0)).or_default().segments.push((row.get(1), row.get(2), row.get(3)));
    }
    Ok(all)
}

/// One whole run: the rows and segments that the stream has, each once.
pub(crate) fn check(
    run: &str,
    stored: Option<&Stored>,
    matched: u32,
    segments: &[Segment],
    templates: &BTreeMap<u32, Template>,
    verdict: &mut Verdict,
) {
    let Some(stored) = stored else {
        return verdict.lost.push(format!("{run}: said to be stored, and nothing is there"));
    };
    if stored.rows < i64::from(matched) {
        verdict.lost.push(format!("{run}: {} rows stored of {matched}", stored.rows));
    }
    if stored.rows > i64::from(matched) || stored.clinics != stored.rows {
        let (rows, clinics) = (stored.rows, stored.clinics);
        verdict
            .doubled
            .push(format!("{run}: {rows} rows of {clinics} clinics stored, {matched} are matched"));
    }
    let said: Vec<_> = segments
        .iter()
        .map(|segment| {
            let template = templates.get(&segment.index).and_then(|template| template.outreach.as_ref());
            (
                segment.name.clone(),
                template.map(|template| template.subject.clone()),
                i64::from(segment.clinics),
            )
        })
        .collect();
    let same = said.len() == stored.segments.len()
        && said.iter().zip(&stored.segments).all(|(said, stored)| {
            // A second segment of a name gets a time behind it.
            stored.0.starts_with(&said.0) && (&said.1, said.2) == (&stored.1, stored.2)
        });
    if !same {
        verdict.wrong.push(format!("{run}: stored are {:?}, said were {said:?}", stored.segments));
    }
}

/// No run is stored that nobody asked for.
pub(crate) fn check_nobody_elses(stored: &Rows, asked: &BTreeSet<String>, verdict: &mut Verdict) {
    for run in stored.keys().filter(|run| !asked.contains(*run)) {
        verdict.doubled.push(format!("{run}: stored, and nobody asked for it"));
    }
}
