//! Why a score is what it is, in lines that add up to it exactly.

use crate::judged::Judged;
use crate::score::raw;
use crate::{Part, Weights};
use serde::{Serialize, Serializer};
use utoipa::ToSchema;

/// Thousandths of a point: whole numbers, so that sums are exact.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Milli(pub i64);

impl Milli {
    fn of(points: f64) -> Self {
        Self((points * 1_000.0).round() as i64)
    }

    pub fn points(self) -> f64 {
        self.0 as f64 / 1_000.0
    }
}

impl Serialize for Milli {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_f64(self.points())
    }
}

/// The lines of a score. `contributes` of the parts, and that of `cut`, add up to `score`; those of the rules of a part
/// add up to that of the part.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Ledger {
    pub parts: Vec<PartLine>,
    pub cut: Cut,
    pub score: u8,
    /// The score of a lead without a flaw.
    pub max_score: f64,
}

#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct PartLine {
    pub part: Part,
    pub points: f64,
    /// The most points there are for it.
    pub most: f64,
    /// Null of the risk, which is taken off as it is.
    pub weight: Option<f64>,
    /// Points of the score.
    #[schema(value_type = f64)]
    pub contributes: Milli,
    pub rules: Vec<RuleLine>,
}

#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct RuleLine {
    pub rule: String,
    pub says: String,
    pub points: f64,
    /// Points of the score.
    #[schema(value_type = f64)]
    pub contributes: Milli,
}

/// What lies between the sum of the parts and the score.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Cut {
    pub says: String,
    #[schema(value_type = f64)]
    pub contributes: Milli,
}

impl Judged<'_> {
    pub fn ledger(&self, weights: &Weights) -> Ledger {
        let score = self.score(weights);
        let parts: Vec<PartLine> = Part::ALL.into_iter().map(|part| self.line(part, weights)).collect();
        let sum: i64 = parts.iter().map(|line| line.contributes.0).sum();
        let raw = raw(&score.components, weights);
        let says = match raw {
            raw if raw < 0.0 => "a score is not below 0",
            raw if raw > 100.0 => "a score is not above 100",
            _ => "what is behind the point is cut off",
        };
        let cut = Cut { says: says.to_owned(), contributes: Milli(i64::from(score.score) * 1_000 - sum) };
        Ledger { parts, cut, score: score.score, max_score: weights.max_score() }
    }

    fn line(&self, part: Part, weights: &Weights) -> PartLine {
        let factor = weights.factor(part);
        let mut rules: Vec<RuleLine> = Vec::new();
        let (mut points, mut told) = (0.0, 0);
        let mut add = |rule: &str, says: String, more: f64| {
            points += more;
            // Of what all so far contribute: rounded one by one they would not add up.
            let so_far = Milli::of(points * factor).0;
            let contributes = Milli(so_far - told);
            told = so_far;
            rules.push(RuleLine { rule: rule.to_owned(), says, points: more, contributes });
        };
        for hit in self.hits(part) {
            add(&hit.rule, hit.says.clone(), hit.points);
        }
        let over = self.sum(part) - part.most();
        if over > 0.0 {
            add("most", format!("there are at most {} points for it", part.most()), -over);
        }
        let points = self.components().of(part);
        let weight = weights.of(part);
        PartLine { part, points, most: part.most(), weight, contributes: Milli(told), rules }
    }
}
