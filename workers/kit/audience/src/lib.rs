//! Who a prospect is: audience segment, tags, and what makes one more promising than another, each with its reasons.

mod priority;
mod profile;
mod segment;
mod tags;
mod words;

pub use priority::{Part, Priority, Score, Scores, priority};
pub use profile::Profile;
pub use segment::{Assigned, AudienceSegment, Match, assign};
pub use tags::{Tags, engagement_potential, tags};
