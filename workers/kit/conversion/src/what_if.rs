//! What other weights would have done: whom they would put first, and how those leads turned out.
//!
//! It describes and claims nothing: who would have been contacted otherwise was not, and might have booked.

use crate::case::Outcome;
use crate::reading;
use crate::{Conversion, Error};
use als::{Components, Part, Weights};
use chrono::{DateTime, Utc};
use db::outcomes::{EVERYBODY, Outcomes};
use db::{Uuid, conversion};
use patterns::card::rounded;
use serde::Serialize;
use stats::scores::{self, Gain, Top};
use std::cmp::Reverse;
use utoipa::ToSchema;

/// The best scores are those of this share.
const FIFTH: f64 = 0.2;
/// The newest leads are compared: all of them may be more than there is memory for.
const MOST_LEADS: usize = 200_000;
/// The newest outcomes are compared; of more the answer would take too long.
const MOST_OUTCOMES: usize = 5_000;
const SEED: u64 = 1;

/// What other weights would have done.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct WeightsWhatIf {
    pub weights: Weights,
    pub in_force: Weights,
    /// Leads with a score before their first touch: the newest, at most 200,000.
    pub leads: usize,
    /// Older ones, which were not compared.
    pub older_leads: usize,
    /// Of the fifth with the highest scores, the share that both weights name.
    pub same_top_fifth: f64,
    /// Of all leads whose outcome is known the newest, at most 5,000.
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
#[derive(Clone, Copy)]
struct Row {
    since: i64,
    id: Uuid,
    now: f64,
    then: f64,
    outcome: Outcome,
}

/// The newest rows, whatever order they come in.
struct Newest {
    most: usize,
    seen: usize,
    rows: Vec<Row>,
}

impl Newest {
    fn of(most: usize) -> Self {
        Self { most, seen: 0, rows: Vec::new() }
    }

    fn push(&mut self, row: Row) {
        self.seen += 1;
        self.rows.push(row);
        if self.rows.len() == 2 * self.most {
            self.rows.select_nth_unstable_by_key(self.most, Row::age);
            self.rows.truncate(self.most);
        }
    }

    /// The newest first.
    fn sorted(mut self) -> Vec<Row> {
        self.rows.sort_unstable_by_key(Row::age);
        self.rows.truncate(self.most);
        self.rows
    }
}

impl Row {
    fn age(&self) -> Reverse<(i64, Uuid)> {
        Reverse((self.since, self.id))
    }
}

impl Conversion {
    /// `weights` must be sound.
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
        let (mut leads, mut known) = (Newest::of(MOST_LEADS), Newest::of(MOST_OUTCOMES));
        let mut outcomes = Outcomes::open(&self.db, client, now).await?;
        outcomes
            .leads(EVERYBODY, |row| {
                let Some(components) = components(row.points) else { return };
                let outcome = reading::outcome(&row, now.timestamp());
                let (now, then) = (als::raw(&components, &in_force), als::raw(&components, &weights));
                let lead = Row { since: row.created_at, id: row.id, now, then, outcome };
                leads.push(lead);
                if outcome != Outcome::Open {
                    known.push(lead);
                }
            })
            .await?;
        drop(outcomes);
        let all = leads.seen;
        let both = |row: &Row| (row.now, row.then);
        let (now, then): (Vec<f64>, Vec<f64>) = leads.sorted().iter().map(both).unzip();
        let known = known.sorted();
        let booked: Vec<bool> = known.iter().map(|row| row.outcome == Outcome::Booked).collect();
        let (known_now, known_then): (Vec<f64>, Vec<f64>) = known.iter().map(both).unzip();
        Ok(WeightsWhatIf {
            weights,
            in_force,
            leads: now.len(),
            older_leads: all - now.len(),
            same_top_fifth: rounded(overlap(&now, &then), 3),
            outcomes: booked.len(),
            ranking: ranking(&known_now, &known_then, &booked),
            caution: "This describes leads as they were treated. Whoever would have been contacted instead was not, \
                and what would have come of it is not known."
                .to_owned(),
        })
    }
}

/// As learning reads them: of the four weighted parts one may be missing. The risk is none where it is not known.
fn components(points: [Option<f64>; 5]) -> Option<Components> {
    let [data_quality, authority, company_fit, timing] = reading::parts(points)?.map(f64::from);
    let [.., risk] = points;
    Some(Components {
        data_quality: data_quality * Part::DataQuality.most(),
        authority: authority * Part::Authority.most(),
        company_fit: company_fit * Part::CompanyFit.most(),
        timing: timing * Part::Timing.most(),
        risk: risk.unwrap_or(0.0).clamp(0.0, Part::Risk.most()),
    })
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_are_kept_whatever_order_they_come_in() {
        for step in [1, 7, 99] {
            let mut newest = Newest::of(5);
            for number in 0..100 {
                let since = (number * step) % 100;
                let id = Uuid::from_u128(since as u128);
                newest.push(Row { since, id, now: 0.0, then: 0.0, outcome: Outcome::Open });
                assert!(newest.rows.len() < 10);
            }
            assert_eq!(newest.seen, 100);
            let kept: Vec<i64> = newest.sorted().iter().map(|row| row.since).collect();
            assert_eq!(kept, [99, 98, 97, 96, 95], "{step}");
        }
    }

    #[test]
    fn one_part_of_a_score_may_be_missing() {
        let found = components([Some(16.0), Some(25.0), None, Some(30.0), None]).unwrap();
        assert!(
            (found.data_quality - 16.0).abs() < 1e-5 && (found.authority - 25.0).abs() < 1e-5,
            "{found:?}"
        );
        assert_eq!((found.company_fit, found.timing, found.risk), (0.0, 15.0, 0.0));
        let risky = components([Some(1.0), Some(2.0), None, Some(3.0), Some(8.0)]).unwrap();
        assert!((risky.risk - 8.0).abs() < 1e-9);
        assert!(components([Some(16.0), Some(25.0), None, None, Some(8.0)]).is_none());
        assert!(components([None; 5]).is_none());
    }
}
