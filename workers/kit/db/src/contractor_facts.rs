//! What growth is learned from: contractors, and what happened to them, in batches of contractors.

use crate::rows::{self, Fields};
use crate::{Db, Error, Tx};
use chrono::NaiveDate;
use sqlx::PgConnection;
use std::ops::RangeInclusive;
use tokio::sync::OwnedSemaphorePermit;
use uuid::Uuid;

/// A repeatable-read view of one client's contractors.
#[derive(Debug)]
pub struct ContractorFacts {
    client: Uuid,
    connection: PgConnection,
    _reading: OwnedSemaphorePermit,
}

/// One thing that is known of a contractor. Lists keep their order.
#[derive(Clone, Debug, PartialEq)]
pub enum Fact<'a> {
    /// How they are now.
    Profile {
        revenue_tier: Option<&'a str>,
        team_size: Option<i32>,
        focus_areas: Vec<&'a str>,
        current_stage: Option<&'a str>,
        /// 0 to 1.
        close_rate: Option<f64>,
        lead_sources: Vec<&'a str>,
        current_crm: Option<&'a str>,
    },
    /// How they were from a day on.
    Observed {
        tier: &'a str,
        valid_from: NaiveDate,
        /// Dollars a year.
        revenue: Option<f64>,
        team_size: Option<i32>,
        focus_areas: Vec<&'a str>,
        current_stage: Option<&'a str>,
        /// Whether a change of the profile told it.
        of_profile: bool,
    },
    Reached {
        milestone: &'a str,
        reached_on: Option<NaiveDate>,
    },
    Used {
        partner_id: i32,
        used_from: Option<NaiveDate>,
        /// 1 to 5.
        satisfaction: Option<i16>,
    },
    Consumed {
        /// `book`, `podcast` or `event`.
        kind: &'a str,
        title: &'a str,
        author: &'a str,
        consumed_on: Option<NaiveDate>,
    },
}

impl ContractorFacts {
    pub async fn open(db: &Db, client: Uuid) -> Result<Self, Error> {
        let reading = db.may_read().await?;
        // Compiling the few expressions of these queries takes longer than it saves.
        let begin = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL jit = off";
        Ok(Self { client, connection: db.reader(begin, client).await?, _reading: reading })
    }

    /// The last id of the next `size` contractors after an id; none when there are fewer left.
    pub async fn batch_end(&mut self, after: i32, size: i64) -> Result<Option<i32>, Error> {
        let query = sqlx::query_scalar!(
            "SELECT id FROM contractors WHERE client_id = $1 AND id > $2 ORDER BY id OFFSET $3 LIMIT 1",
            self.client,
            after,
            size - 1
        );
        Ok(query.fetch_optional(&mut self.connection).await?)
    }

    /// What is known of the contractors whose ids are in a range, profiles first, otherwise in any order; how many
    /// facts. Those who were erased are none.
    pub async fn of(
        &mut self,
        ids: RangeInclusive<i32>,
        each: impl FnMut(i32, Fact<'_>),
    ) -> Result<u64, Error> {
        read(&mut self.connection, self.client, ids, each).await
    }
}

/// What is known of one contractor; nothing if there is no such one, or they were erased.
pub async fn of_one(tx: &mut Tx, id: i32, each: impl FnMut(i32, Fact<'_>)) -> Result<u64, Error> {
    let client = tx.client();
    read(tx.connection(), client, id..=id, each).await
}

type Read = for<'a> fn(&mut Fields<'a>) -> Fact<'a>;

async fn read(
    connection: &mut PgConnection,
    client: Uuid,
    ids: RangeInclusive<i32>,
    mut each: impl FnMut(i32, Fact<'_>),
) -> Result<u64, Error> {
    let (from, until) = ids.into_inner();
    // Who was erased has left nothing in the other tables; 0 stands for them all.
    let profiles = format!(
        "SELECT id, revenue_tier, team_size, focus_areas, current_stage, close_rate, lead_sources, current_crm
        FROM contractors
        WHERE client_id = '{client}' AND id BETWEEN {from} AND {until} AND id > 0 AND erased_at IS NULL"
    );
    let mut count = rows::each(connection, &profiles, |mut row| {
        let id = row.int4().unwrap_or_default();
        each(id, profile(&mut row));
    })
    .await?;
    let happened: [(&str, &str, Read); 4] = [
        (
            "contractor_revenue_history",
            "tier, valid_from, revenue::float8, team_size, focus_areas, current_stage, of_profile",
            observed,
        ),
        ("contractor_milestones", "milestone, reached_on", reached),
        ("contractor_partner_usage", "partner_id, used_from, satisfaction", used),
        ("contractor_content", "kind, title, author, consumed_on", consumed),
    ];
    for (table, columns, fact) in happened {
        let query = format!(
            "SELECT contractor_id, {columns} FROM {table}
            WHERE client_id = '{client}' AND contractor_id BETWEEN {from} AND {until}"
        );
        count += rows::each(connection, &query, |mut row| {
            let id = row.int4().unwrap_or_default();
            each(id, fact(&mut row));
        })
        .await?;
    }
    Ok(count)
}

fn profile<'a>(fields: &mut Fields<'a>) -> Fact<'a> {
    Fact::Profile {
        revenue_tier: fields.text(),
        team_size: fields.int4(),
        focus_areas: fields.texts(),
        current_stage: fields.text(),
        close_rate: fields.float8(),
        lead_sources: fields.texts(),
        current_crm: fields.text(),
    }
}

fn observed<'a>(fields: &mut Fields<'a>) -> Fact<'a> {
    Fact::Observed {
        tier: fields.text().unwrap_or_default(),
        valid_from: fields.date().unwrap_or_default(),
        revenue: fields.float8(),
        team_size: fields.int4(),
        focus_areas: fields.texts(),
        current_stage: fields.text(),
        of_profile: fields.bool(),
    }
}

fn reached<'a>(fields: &mut Fields<'a>) -> Fact<'a> {
    Fact::Reached { milestone: fields.text().unwrap_or_default(), reached_on: fields.date() }
}

fn used<'a>(fields: &mut Fields<'a>) -> Fact<'a> {
    Fact::Used {
        partner_id: fields.int4().unwrap_or_default(),
        used_from: fields.date(),
        satisfaction: fields.int2(),
    }
}

fn consumed<'a>(fields: &mut Fields<'a>) -> Fact<'a> {
    Fact::Consumed {
        kind: fields.text().unwrap_or_default(),
        title: fields.text().unwrap_or_default(),
        author: fields.text().unwrap_or_default(),
        consumed_on: fields.date(),
    }
}
