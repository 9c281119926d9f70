//! Which clinics answer which pain points: three strategies, each a consumer of its own on the same clinic parts.

pub mod business_type;
mod config;
pub mod geographic;
mod matcher;
pub mod pain_pattern;
mod profile;
mod region;
pub mod rules;
mod tally;
mod vocabulary;

#[cfg(test)]
mod tests;

pub use config::{Config, PatternType};
pub use matcher::Matcher;

/// Pain points that name a place, and the clinics there (PT-035 to PT-043).
pub type GeographicMatcher = Matcher<geographic::Geographic>;
/// Pain points that name a type of clinic, and the clinics of that type (PT-044 to PT-054).
pub type BusinessTypeMatcher = Matcher<business_type::BusinessType>;
/// Pain categories, and the clinics whose reviews show that problem (PT-055 to PT-060).
pub type PainPatternMatcher = Matcher<pain_pattern::PainPattern>;
