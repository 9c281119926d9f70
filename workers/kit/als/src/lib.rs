//! The score of a lead: its parts, their weights, what it means, and why it is what it is.

use serde::{Deserialize, Serialize};

/// How much each part of the score weighs. The source document's field names; they add up to 0.85 (X59).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Weights {
    pub data_quality: f64,
    pub authority: f64,
    pub company_fit: f64,
    pub timing: f64,
}

/// CI-056: the weights of a client that has nothing to learn from yet.
pub const DEFAULT_WEIGHTS: Weights =
    Weights { data_quality: 0.20, authority: 0.25, company_fit: 0.25, timing: 0.15 };

/// The parts of a lead's score as the source document's `als_components`: up to 20, 25, 25 and 15 points, and
/// penalty points of 0 to 15.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Components {
    pub data_quality: f64,
    pub authority: f64,
    pub company_fit: f64,
    pub timing: f64,
    pub risk: f64,
}
