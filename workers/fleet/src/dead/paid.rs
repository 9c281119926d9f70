//! What an answer of Claude has cost so far, on average.

use dead::Dead;
use runtime::{ReadError, Runs};
use serde::Deserialize;

use crate::exit::Failure;

/// Answers that are looked at.
const MOST: u64 = 500;

/// A kept answer, as far as its price goes.
#[derive(Debug, Deserialize)]
struct Kept {
    answer: Price,
}

#[derive(Debug, Deserialize)]
struct Price {
    /// Micro-dollars.
    cost: Option<u64>,
}

/// US dollars for an answer; none when none was paid for.
pub(super) async fn average(dead: &Dead) -> Result<Option<f64>, Failure> {
    let mut answers = Runs::new(dead.jetstream()).messages("KV_answers", "$KV.answers.>".to_owned()).await?;
    let (mut sum, mut paid) = (0, 0);
    while paid < MOST {
        let stored = match answers.next().await {
            Ok(Some(stored)) => stored,
            Ok(None) => break,
            Err(error) if error.is_missing_stream() || matches!(error, ReadError::Timeout(_)) => break,
            Err(error) => return Err(error.into()),
        };
        if let Some(cost) =
            serde_json::from_slice::<Kept>(&stored.payload).ok().and_then(|kept| kept.answer.cost)
        {
            (sum, paid) = (sum + cost, paid + 1);
        }
    }
    Ok((paid > 0).then(|| sum as f64 / paid as f64 / 1e6))
}
