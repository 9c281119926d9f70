//! Leads a card back to the leads behind it.

use crate::detector::{Detector, LEAST, Setting};
use crate::{Conversion, Error};
use db::{Uuid, conversion};
use patterns::Evidence;
use serde::Serialize;
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use stats::weights::Objective;
use utoipa::ToSchema;

/// How many leads are named.
const MOST: usize = 1_000;

/// The leads behind a card.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Behind {
    pub query: String,
    pub run_id: String,
    /// The card as it was learned.
    pub card: Value,
    /// Leads that are counted in it now, those that went well first.
    pub leads: Vec<Counted>,
    pub total: u64,
    /// False when other leads are counted now than when it was learned.
    pub as_learned: bool,
}

#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Counted {
    pub id: Uuid,
    pub booked: bool,
}

impl Conversion {
    /// The leads behind the card with that id, or that query, as `who.title=Founder`; none if no current pattern has
    /// such a card.
    pub async fn evidence(&self, client: Uuid, named: &str) -> Result<Option<Behind>, Error> {
        let mut tx = self.db.begin(client).await?;
        let current = conversion::current(&mut tx, None).await?;
        tx.rollback().await?;
        let found = current
            .iter()
            .find_map(|pattern| Some((pattern.computed_at, card_of(&pattern.patterns, named)?)));
        let Some((moment, card)) = found else { return Ok(None) };
        let evidence: Evidence = serde_json::from_value(card["evidence"].clone())?;
        let query = evidence.query.as_str();
        let mut detector = Detector::new(Setting {
            now: moment,
            run_id: evidence.run_id.clone(),
            seed: 0,
            least: LEAST,
            objective: Objective::Centred,
            judged_since: None,
        });
        let (mut leads, mut others, mut total, mut hash) = (Vec::new(), Vec::new(), 0u64, 0u64);
        self.each_batch(client, moment, &mut detector, &|| {}, |detector, cases| {
            for case in cases {
                let counted = detector.counted(case, query);
                if counted.is_empty() {
                    continue;
                }
                total += 1;
                // A lead is in it as often as it has messages in it.
                hash = hash.wrapping_add(case.lead.hash.wrapping_mul(counted.len() as u64));
                let booked = counted.contains(&true);
                let list = if booked { &mut leads } else { &mut others };
                if list.len() < MOST {
                    list.push(Counted { id: Uuid::from_u128(case.lead.id), booked });
                }
            }
        })
        .await?;
        leads.extend(others);
        leads.truncate(MOST);
        let as_learned = format!("{hash:016x}") == evidence.lead_ids_hash;
        Ok(Some(Behind { query: evidence.query, run_id: evidence.run_id, card, leads, total, as_learned }))
    }
}

/// Names a group in a path: of what it is asked by, the first 16 digits of the hash.
pub(crate) fn id(query: &str) -> String {
    Sha256::digest(query.as_bytes()).iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

/// The card with that id or query, wherever it stands in a document.
fn card_of(document: &Value, named: &str) -> Option<Value> {
    let evidence = &document["evidence"];
    if evidence["id"] == named || evidence["query"] == named {
        return Some(document.clone());
    }
    match document {
        Value::Object(fields) => fields.values().find_map(|value| card_of(value, named)),
        Value::Array(items) => items.iter().find_map(|value| card_of(value, named)),
        _ => None,
    }
}
