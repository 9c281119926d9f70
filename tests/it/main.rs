//! The end-to-end tests: the whole fleet on a real broker and a real database.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops")]

mod access;
mod bad_input;
mod browser;
mod business_type;
mod campaigns;
mod claude_down;
mod cluster;
mod content;
mod corrections;
mod crash_poison;
mod due_everywhere;
mod experiments;
mod geographic;
mod growth;
mod happy_path;
mod hot_leads;
mod kills;
mod lead_scores;
mod learning;
mod low_confidence;
mod notifications;
mod outreach;
mod outreach_answers;
mod outreach_http;
mod outreach_orders;
mod postgres_down;
mod processes;
mod promises;
mod schemathesis;
mod sequence_words;
mod starting;
mod tidy;
mod triggers;
mod twice;
mod wire;
