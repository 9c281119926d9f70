//! Finds what conversions have in common: who books, what was said to them, when, and how.

pub mod card;
pub mod table;
