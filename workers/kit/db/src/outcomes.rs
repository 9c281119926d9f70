//! What conversions are learned from: leads and what was sent to them, as of one moment, in batches of leads.

use crate::rows::{self, Fields, MICROS};
use crate::{Db, Error};
use chrono::{DateTime, TimeDelta, Utc};
use sqlx::PgConnection;
use tokio::sync::OwnedSemaphorePermit;
use uuid::Uuid;

/// What came longer ago teaches nothing any more (default 46).
const LOOKBACK: TimeDelta = TimeDelta::days(365);

/// A range of ids that leaves none out.
pub const EVERYBODY: (Uuid, Uuid) = (Uuid::nil(), Uuid::max());

/// A repeatable-read view of one client's leads of a year, of what had happened up to a moment.
#[derive(Debug)]
pub struct Outcomes {
    client: Uuid,
    as_of: DateTime<Utc>,
    leads: PgConnection,
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
    pub created_at: i64,
    pub action: &'a str,
    pub channel: &'a str,
    pub led_to_booking: bool,
    pub content_features: &'a str,
    /// As JSON, when there are no features.
    pub content_snapshot: &'a str,
}

/// What teaches of one lead, in the order of time, as `leadfleet_history` writes it.
#[derive(Debug)]
pub struct History<'a> {
    rest: Fields<'a>,
    /// In microseconds since 1970: nothing before, nor after.
    since: i64,
    until: i64,
}

impl<'a> Iterator for History<'a> {
    type Item = ActivityRow<'a>;

    fn next(&mut self) -> Option<Self::Item> {
        while let Some(at) = self.rest.micros() {
            let row = ActivityRow {
                created_at: at.div_euclid(MICROS),
                action: self.rest.text().unwrap_or_default(),
                channel: self.rest.text().unwrap_or_default(),
                led_to_booking: self.rest.bool(),
                content_features: self.rest.text().unwrap_or_default(),
                content_snapshot: self.rest.text().unwrap_or_default(),
            };
            if at > self.since && at <= self.until {
                return Some(row);
            }
        }
        None
    }
}

impl Outcomes {
    pub async fn open(db: &Db, client: Uuid, as_of: DateTime<Utc>) -> Result<Self, Error> {
        let reading = db.may_read().await?;
        let leads = db.reader(BEGIN, client).await?;
        Ok(Self { client, as_of, leads, _reading: reading })
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
        let query = self.leads_query(range, "");
        rows::each(&mut self.leads, &query, |mut fields| each(lead(&mut fields))).await
    }

    /// The same, and what went out to each of them and came back.
    pub async fn histories(
        &mut self,
        range: (Uuid, Uuid),
        mut each: impl FnMut(LeadRow<'_>, History<'_>),
    ) -> Result<u64, Error> {
        let query = self.leads_query(range, ", history");
        let [since, until] = [self.as_of - LOOKBACK, self.as_of].map(|moment| moment.timestamp_micros());
        rows::each(&mut self.leads, &query, |mut fields| {
            let lead = lead(&mut fields);
            let rest = Fields::of(fields.next().unwrap_or_default());
            each(lead, History { rest, since, until });
        })
        .await
    }

    fn leads_query(&self, (after, until): (Uuid, Uuid), more: &str) -> String {
        let (client, as_of) = (self.client, self.as_of.to_rfc3339());
        let since = (self.as_of - LOOKBACK).to_rfc3339();
        format!(
            "SELECT id, hashtextextended(prospect_id, 0), title, industry, employee_count, is_new_role, is_hiring,
                recently_funded, status, converted_at, created_at, als_before, time_zone, state, country{more}
            FROM leads WHERE client_id = '{client}' AND id > '{after}' AND id <= '{until}' AND deleted_at IS NULL
                AND created_at <= '{as_of}' AND coalesce(first_touch_at, created_at) > '{since}'"
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
