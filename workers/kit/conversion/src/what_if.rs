//! What other weights would have done: whom they would put first, and how those leads turned out.
//!
//! It describes and claims nothing: who would have been contacted otherwise was not, and might have booked.

use crate::case::Outcome;
use crate::reading::{self, FIRST, LAST};
use crate::{Conversion, Error};
use als::{Components, Weights};
use chrono::{DateTime, Utc};
use db::outcomes::Outcomes;
use db::{Uuid, conversion};
use patterns::card::rounded;
use serde::Serialize;
use stats::scores::{self, Gain, Top};
use utoipa::ToSchema;

/// The best scores are those of this share.
const FIFTH: f64 = 0.2;
/// The newest outcomes are compared; of more the answer would take too long.
const MOST_OUTCOMES: usize = 5_000;
const SEED: u64 = 1;

/// What other weights would have done.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct WeightsWhatIf {
    pub weights: Weights,
    pub in_force: Weights,
    /// Leads with a score before their first touch.
    pub leads: usize,
    /// Of the fifth with the highest scores, the share that both weights name.
    pub same_top_fifth: f64,
    /// Of the leads whose outcome is known.
    pub outcomes: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ranking: Option<WeightsRanking>,
    /// What may not be concluded.
    pub caution: String,
}

/// How well both rank those who booked above those who did not.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct WeightsRanking {
    pub auc_in_force: f64,
    pub auc_what_if: f64,
    /// The 95 % interval of the difference.
    pub difference_low: f64,
    pub difference_high: f64,
    /// Of the best fifth, those who booked: under the weights in force, and under the others.
    pub top_fifth_in_force: f64,
    pub top_fifth_what_if: f64,
}

/// A lead under both weights.
struct Row {
    since: i64,
    id: Uuid,
    now: f64,
    then: f64,
    outcome: Outcome,
}

impl Conversion {
    pub async fn what_if(
        &self,
        client: Uuid,
        weights: Weights,
        now: DateTime<Utc>,
    ) -> Result<WeightsWhatIf, Error> {
        let mut tx = self.db.begin(client).await?;
        let kept = conversion::weights(&mut tx).await?;
        tx.rollback().await?;
        let learned = als::Learned {
            weights: kept.als_learned_weights,
            updated_at: kept.als_weights_updated_at,
            source: kept.weights_source,
        };
        let in_force = als::in_force(&learned, now).weights;
        let mut rows: Vec<Row> = Vec::new();
        let mut outcomes = Outcomes::open(&self.db, client, now).await?;
        outcomes
            .leads((FIRST, LAST), |row| {
                if let Ok(components) = serde_json::from_str::<Components>(row.components) {
                    let outcome = reading::outcome(&row, now.timestamp());
                    let (now, then) = (als::raw(&components, &in_force), als::raw(&components, &weights));
                    rows.push(Row { since: row.created_at, id: row.id, now, then, outcome });
                }
            })
            .await?;
        // The newest first, whatever order the rows came in.
        rows.sort_unstable_by_key(|row| std::cmp::Reverse((row.since, row.id)));
        let (now, then): (Vec<f64>, Vec<f64>) = rows.iter().map(|row| (row.now, row.then)).unzip();
        rows.retain(|row| row.outcome != Outcome::Open);
        rows.truncate(MOST_OUTCOMES);
        let booked: Vec<bool> = rows.iter().map(|row| row.outcome == Outcome::Booked).collect();
        let (known_now, known_then): (Vec<f64>, Vec<f64>) =
            rows.iter().map(|row| (row.now, row.then)).unzip();
        Ok(WeightsWhatIf {
            weights,
            in_force,
            leads: now.len(),
            same_top_fifth: rounded(overlap(&now, &then), 3),
            outcomes: booked.len(),
            ranking: ranking(&known_now, &known_then, &booked),
            caution: "This describes leads as they were treated. Whoever would have been contacted instead was not, \
                and what would have come of it is not known."
                .to_owned(),
        })
    }
}

fn ranking(now: &[f64], then: &[f64], booked: &[bool]) -> Option<WeightsRanking> {
    let Gain { low, high, .. } = scores::gain(then, now, booked, SEED)?;
    let precision = |top: Top| rounded(top.precision, 4);
    Some(WeightsRanking {
        auc_in_force: rounded(scores::auc(now, booked)?, 4),
        auc_what_if: rounded(scores::auc(then, booked)?, 4),
        difference_low: rounded(low, 4),
        difference_high: rounded(high, 4),
        top_fifth_in_force: precision(scores::top(now, booked)?),
        top_fifth_what_if: precision(scores::top(then, booked)?),
    })
}

/// The share of the best fifth that both name; of equal scores the newer lead comes first.
fn overlap(now: &[f64], then: &[f64]) -> f64 {
    let best = |scores: &[f64]| {
        let mut order: Vec<usize> = (0..scores.len()).collect();
        order.sort_by(|one, other| scores[*other].total_cmp(&scores[*one]));
        order.truncate((scores.len() as f64 * FIFTH).ceil() as usize);
        order.sort_unstable();
        order
    };
    let (now, then) = (best(now), best(then));
    if now.is_empty() {
        return 1.0;
    }
    now.iter().filter(|place| then.binary_search(place).is_ok()).count() as f64 / now.len() as f64
}
