//! Experiments with the words of a step: their arms and shares, who got which, and what came of it.

use crate::{Error, Tx};
use chrono::{DateTime, NaiveDate, Utc};
use serde_json::Value;
use uuid::Uuid;

/// An experiment as it stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Experiment {
    pub id: Uuid,
    pub name: String,
    pub segment: String,
    pub kind: String,
    /// `[{"variant": …, "share": …}]`, in an order that never changes.
    pub arms: Value,
    pub started_on: NaiveDate,
    /// The day of the shares.
    pub shares_on: Option<NaiveDate>,
    pub settled_on: Option<NaiveDate>,
    pub ended_on: Option<NaiveDate>,
    pub verdict: Option<Value>,
}

/// What a day brings for an experiment.
#[derive(Clone, Debug)]
pub struct Day<'a> {
    pub date: NaiveDate,
    pub arms: &'a Value,
    pub seed: i64,
    pub settled_on: Option<NaiveDate>,
    pub ended_on: Option<NaiveDate>,
    pub verdict: &'a Value,
}

/// What was counted in an arm.
#[derive(Clone, Debug, PartialEq)]
pub struct Counted {
    pub experiment_id: Uuid,
    pub variant: String,
    /// Who got the words.
    pub people: i64,
    /// How many of all who got words should have got these, by the shares of their days.
    pub expected: f64,
    /// Who is interested or booked.
    pub positive: i64,
    /// Who got the words so long ago that who wants to answer has answered.
    pub mature: i64,
    pub mature_positive: i64,
    /// Of them, who unsubscribed, complained or is not interested.
    pub mature_harmed: i64,
    /// Who is interested already, or has had the time for it.
    pub known: i64,
}

/// An experiment that a prospect takes part in.
#[derive(Clone, Debug)]
pub struct Start<'a> {
    pub name: &'a str,
    pub segment: &'a str,
    pub kind: &'a str,
    pub arms: &'a Value,
    pub on: NaiveDate,
}

/// Starts an experiment; one of that name goes on as it is.
pub async fn start(tx: &mut Tx, start: &Start<'_>) -> Result<(), Error> {
    let client = tx.client();
    sqlx::query!(
        "INSERT INTO experiments (client_id, id, name, segment, kind, arms, started_on)
        VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (client_id, name) DO NOTHING",
        client,
        Uuid::now_v7(),
        start.name,
        start.segment,
        start.kind,
        start.arms,
        start.on
    )
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// Experiments by their names.
pub async fn named(tx: &mut Tx, names: &[String]) -> Result<Vec<Experiment>, Error> {
    let client = tx.client();
    let query = sqlx::query_as!(
        Experiment,
        "SELECT id, name, segment, kind, arms, started_on, shares_on, settled_on, ended_on, verdict
        FROM experiments WHERE client_id = $1 AND name = ANY($2) ORDER BY name",
        client,
        names
    );
    Ok(query.fetch_all(tx.connection()).await?)
}

/// The experiments of a segment, or of all, the newest of the same words last.
pub async fn all(tx: &mut Tx, segment: Option<&str>) -> Result<Vec<Experiment>, Error> {
    let client = tx.client();
    let query = sqlx::query_as!(
        Experiment,
        "SELECT id, name, segment, kind, arms, started_on, shares_on, settled_on, ended_on, verdict
        FROM experiments WHERE client_id = $1 AND kind <> '' AND ($2::text IS NULL OR segment = $2)
        ORDER BY segment, kind, started_on, name",
        client,
        segment
    );
    Ok(query.fetch_all(tx.connection()).await?)
}

/// Sets what holds from a day on; the first of the day decides, and a day that is over stays as it was.
pub async fn begin_day(tx: &mut Tx, experiment: Uuid, day: &Day<'_>) -> Result<bool, Error> {
    let client = tx.client();
    let query = sqlx::query!(
        "UPDATE experiments SET arms = $4, shares_on = $3, seed = $5, settled_on = $6, ended_on = $7, verdict = $8
        WHERE client_id = $1 AND id = $2 AND (shares_on IS NULL OR shares_on < $3)",
        client,
        experiment,
        day.date,
        day.arms,
        day.seed,
        day.settled_on,
        day.ended_on,
        day.verdict
    );
    Ok(query.execute(tx.connection()).await?.rows_affected() == 1)
}

/// What came of experiments until now, an arm a row, in the order of the arms.
///
/// An outcome belongs to the last message before it, as in the metrics.
pub async fn counted(
    tx: &mut Tx,
    experiments: &[Uuid],
    now: DateTime<Utc>,
    mature_before: DateTime<Utc>,
) -> Result<Vec<Counted>, Error> {
    let client = tx.client();
    let query =
        sqlx::query_file_as!(Counted, "queries/experiments.sql", client, experiments, now, mature_before);
    Ok(query.fetch_all(tx.connection()).await?)
}

/// Which arm a prospect is to get, and how likely that was.
#[derive(Clone, Debug)]
pub struct Assignment {
    pub experiment_id: Uuid,
    pub variant: String,
    pub propensity: f64,
    /// The shares of all arms, in their order.
    pub shares: Vec<f64>,
}

/// Assigns a prospect, unless it has an arm already: that one stays.
pub async fn assign(
    tx: &mut Tx,
    lead: Uuid,
    assignment: &Assignment,
    at: DateTime<Utc>,
) -> Result<(), Error> {
    let client = tx.client();
    sqlx::query!(
        "INSERT INTO experiment_assignments
            (client_id, experiment_id, lead_id, variant, propensity, shares, assigned_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING",
        client,
        assignment.experiment_id,
        lead,
        assignment.variant,
        assignment.propensity,
        &assignment.shares,
        at
    )
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// The arms of a prospect.
pub async fn assigned(tx: &mut Tx, lead: Uuid, experiments: &[Uuid]) -> Result<Vec<Assignment>, Error> {
    let client = tx.client();
    let query = sqlx::query_as!(
        Assignment,
        "SELECT experiment_id, variant, propensity, shares FROM experiment_assignments
        WHERE client_id = $1 AND lead_id = $2 AND experiment_id = ANY($3)",
        client,
        lead,
        experiments
    );
    Ok(query.fetch_all(tx.connection()).await?)
}
