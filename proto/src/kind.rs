//! The kinds of events that more than one crate names.

/// A scraper is done.
pub const SCRAPE_DONE: &str = "scrape_done";
/// What a person must hear of.
pub const ALERT: &str = "alert";
/// What a lead did, or what was done with it.
pub const ENGAGEMENT: &str = "engagement";
/// A step of a sequence is due.
pub const TOUCH_DUE: &str = "touch-due";
/// Words for the steps of a sequence were written.
pub const SEQUENCE_WORDS: &str = "sequence-words";
/// A campaign was written.
pub const CAMPAIGN: &str = "campaign";
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
