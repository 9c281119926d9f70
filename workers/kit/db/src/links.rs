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

/// Replaces the linker's verdicts by those of a run; decisions of people stay.
pub async fn replace(tx: &mut Tx, run_id: &str, links: &[Link]) -> Result<u64, Error> {
    todo!("{tx:?} {run_id} {links:?}")
}

/// Doubtful pairs nobody has decided, the likeliest first.
pub async fn review_queue(tx: &mut Tx, limit: i64) -> Result<Vec<Review>, Error> {
    todo!("{tx:?} {limit}")
}

/// Records a person's decision. False when the pair is not known.
pub async fn decide(tx: &mut Tx, decided: Decided, by: &str, at: DateTime<Utc>) -> Result<bool, Error> {
    todo!("{tx:?} {decided:?} {by} {at}")
}

/// All decisions of people.
pub async fn decided(tx: &mut Tx) -> Result<Vec<Decided>, Error> {
    todo!("{tx:?}")
}
