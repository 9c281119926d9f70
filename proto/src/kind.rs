//! The kinds of events that more than one crate names.

/// Leads were taken in.
pub const LEAD_CREATED: &str = "lead-created";
/// Something else is known of leads now.
pub const LEAD_UPDATED: &str = "lead-updated";
/// Something else was learned for a client.
pub const PATTERNS_CHANGED: &str = "patterns-changed";
/// What came of a growth goal.
pub const CONTRACTOR_OUTCOME: &str = "contractor-outcome";
/// Other growth patterns are released for a client.
pub const GROWTH_PATTERNS_RECALCULATED: &str = "growth-patterns-recalculated";
