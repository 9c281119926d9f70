//! What outreach tools report by webhook: is it really theirs, and which engagements does it tell of.
