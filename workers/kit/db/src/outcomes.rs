//! What conversions are learned from: leads and what was sent to them, as of one moment, in batches of leads.

use crate::rows::{self, Fields};
use crate::{Db, Error};
use chrono::{DateTime, TimeDelta, Utc};
use futures::future::{try_join, try_join_all};
use sqlx::PgConnection;
use std::sync::{Mutex, PoisonError};
use tokio::sync::OwnedSemaphorePermit;
use uuid::Uuid;

/// What came longer ago teaches nothing any more (default 46).
const LOOKBACK: TimeDelta = TimeDelta::days(365);

/// A range of ids that leaves none out.
pub const EVERYBODY: (Uuid, Uuid) = (Uuid::nil(), Uuid::max());

/// A repeatable-read view of one client's leads of a year, of what had happened up to a moment.
#[derive(Debug)]
pub struct Outcomes {
    db: Db,
    client: Uuid,
    as_of: DateTime<Utc>,
    leads: PgConnection,
    /// Of the same snapshot, once activities are asked for: the server sends all at once.
    activities: Vec<PgConnection>,
    _reading: OwnedSemaphorePermit,
}

// Compiling the few expressions of these queries takes longer than it saves. Ids are in the order of time, so what belongs
// to a range of leads lies together: of several batches none should read the whole table.
const BEGIN: &str =
    "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL jit = off; SET LOCAL random_page_cost = 1.1";

/// A lead. Times are seconds since 1970; texts that are not there are empty.
#[derive(Clone, Copy, Debug)]
pub struct LeadRow<'a> {
    pub id: Uuid,
    /// Of its name: the same wherever the same leads are learned from.
    pub hash: u64,
    pub title: &'a str,
    pub industry: &'a str,
    pub employee_count: Option<i32>,
    pub is_new_role: bool,
    pub is_hiring: bool,
    pub recently_funded: bool,
    pub status: &'a str,
    pub converted_at: Option<i64>,
    pub created_at: i64,
    /// Of the score before the first touch: data quality, authority, company fit, timing and risk.
    pub points: [Option<f64>; 5],
    pub tier: &'a str,
    pub time_zone: &'a str,
    pub state: &'a str,
    pub country: &'a str,
}

/// Something that went out to a lead, or came back from it.
#[derive(Clone, Copy, Debug)]
pub struct ActivityRow<'a> {
    pub lead_id: Uuid,
    pub created_at: i64,
    pub action: &'a str,
    pub channel: &'a str,
    pub led_to_booking: bool,
    pub content_features: &'a str,
    /// As JSON, when there are no features.
    pub content_snapshot: &'a str,
}

impl Outcomes {
    pub async fn open(db: &Db, client: Uuid, as_of: DateTime<Utc>) -> Result<Self, Error> {
        let reading = db.may_read().await?;
        let leads = db.reader(BEGIN, client).await?;
        Ok(Self { db: db.clone(), client, as_of, leads, activities: Vec::new(), _reading: reading })
    }

    /// The last id of the next `size` leads after an id; none when there are no more behind it.
    pub async fn batch_end(&mut self, after: Uuid, size: i64) -> Result<Option<Uuid>, Error> {
        let query = sqlx::query_scalar!(
            "SELECT id FROM leads WHERE client_id = $1 AND id > $2 ORDER BY id OFFSET $3 LIMIT 2",
            self.client,
            after,
            size - 1
        );
        let ids = query.fetch_all(&mut self.leads).await?;
        Ok(ids.first().copied().filter(|_| ids.len() > 1))
    }

    /// Leads after an id up to another one, in any order.
    pub async fn leads(
        &mut self,
        range: (Uuid, Uuid),
        mut each: impl FnMut(LeadRow<'_>),
    ) -> Result<u64, Error> {
        let query = self.leads_query(range);
        rows::each(&mut self.leads, &query, |mut fields| each(lead(&mut fields))).await
    }

    /// The same, and at once what went out to them and came back, in any order; how many of both.
    pub async fn all(
        &mut self,
        range: (Uuid, Uuid),
        mut each_lead: impl FnMut(LeadRow<'_>),
        each_activity: impl FnMut(ActivityRow<'_>) + Send,
    ) -> Result<(u64, u64), Error> {
        let (leads, activities) = (self.leads_query(range), self.activities_queries(range).await?);
        while self.activities.len() < activities.len() {
            let beside = self.beside().await?;
            self.activities.push(beside);
        }
        // All are read by one task: nobody waits for another.
        let each_activity = Mutex::new(each_activity);
        let activities = self.activities.iter_mut().zip(&activities).map(|(connection, query)| {
            rows::each(connection, query, |mut fields| {
                let mut each = each_activity.lock().unwrap_or_else(PoisonError::into_inner);
                each(activity(&mut fields));
            })
        });
        let (leads, activities) = try_join(
            rows::each(&mut self.leads, &leads, |mut fields| each_lead(lead(&mut fields))),
            try_join_all(activities),
        )
        .await?;
        Ok((leads, activities.iter().sum()))
    }

    /// Another connection that sees what the first one sees.
    async fn beside(&mut self) -> Result<PgConnection, Error> {
        let snapshot = sqlx::query_scalar!(r#"SELECT pg_export_snapshot() AS "name!""#);
        let snapshot = snapshot.fetch_one(&mut self.leads).await?;
        self.db.reader(&format!("{BEGIN}; SET TRANSACTION SNAPSHOT '{snapshot}'"), self.client).await
    }

    fn leads_query(&self, (after, until): (Uuid, Uuid)) -> String {
        let (client, as_of) = (self.client, self.as_of.to_rfc3339());
        let since = (self.as_of - LOOKBACK).to_rfc3339();
        format!(
            "SELECT id, hashtextextended(prospect_id, 0), title, industry, employee_count, is_new_role, is_hiring,
                recently_funded, status, converted_at, created_at, als_before, time_zone, state, country
            FROM leads WHERE client_id = '{client}' AND id > '{after}' AND id <= '{until}' AND deleted_at IS NULL
                AND created_at <= '{as_of}' AND coalesce(first_touch_at, created_at) > '{since}'"
        )
    }

    /// Of all leads one for each half of the table: what the server does for one of them takes longer than all of what is
    /// done here.
    async fn activities_queries(&mut self, range: (Uuid, Uuid)) -> Result<Vec<String>, Error> {
        if range != EVERYBODY {
            let (after, until) = range;
            return Ok(vec![self.activities_query(&format!("lead_id > '{after}' AND lead_id <= '{until}'"))]);
        }
        let pages = sqlx::query_scalar!(
            r#"SELECT pg_relation_size('activities') / current_setting('block_size')::bigint AS "pages!""#
        );
        let middle = pages.fetch_one(&mut self.leads).await? / 2;
        let halves = [format!("ctid < '({middle},0)'"), format!("ctid >= '({middle},0)'")];
        Ok(halves.map(|half| self.activities_query(&half)).into())
    }

    fn activities_query(&self, part: &str) -> String {
        let (client, as_of) = (self.client, self.as_of.to_rfc3339());
        let since = (self.as_of - LOOKBACK).to_rfc3339();
        format!(
            "SELECT lead_id, created_at, action, channel, led_to_booking, content_features,
                CASE WHEN content_features IS NULL THEN content_snapshot::text END
            FROM activities WHERE client_id = '{client}' AND lead_id IS NOT NULL AND {part}
                AND (leadfleet_is_touch(action) OR action IN ('replied', 'meeting_booked')) AND NOT machine
                AND created_at <= '{as_of}' AND created_at > '{since}'"
        )
    }
}

fn lead<'a>(fields: &mut Fields<'a>) -> LeadRow<'a> {
    let mut row = LeadRow {
        id: fields.uuid(),
        hash: fields.int8().unwrap_or_default().cast_unsigned(),
        title: fields.text().unwrap_or_default(),
        industry: fields.text().unwrap_or_default(),
        employee_count: fields.int4(),
        is_new_role: fields.bool(),
        is_hiring: fields.bool(),
        recently_funded: fields.bool(),
        status: fields.text().unwrap_or_default(),
        converted_at: fields.seconds(),
        created_at: fields.seconds().unwrap_or_default(),
        points: [None; 5],
        tier: "",
        time_zone: "",
        state: "",
        country: "",
    };
    let mut score = fields.text().unwrap_or_default().splitn(row.points.len() + 1, ' ');
    for points in &mut row.points {
        *points = score.next().and_then(|text| text.parse().ok());
    }
    row.tier = score.next().unwrap_or_default();
    for text in [&mut row.time_zone, &mut row.state, &mut row.country] {
        *text = fields.text().unwrap_or_default();
    }
    row
}

fn activity<'a>(fields: &mut Fields<'a>) -> ActivityRow<'a> {
    ActivityRow {
        lead_id: fields.uuid(),
        created_at: fields.seconds().unwrap_or_default(),
        action: fields.text().unwrap_or_default(),
        channel: fields.text().unwrap_or_default(),
        led_to_booking: fields.bool(),
        content_features: fields.text().unwrap_or_default(),
        content_snapshot: fields.text().unwrap_or_default(),
    }
}
