//! What is known of a prospect when segments, tags and scores are decided.

/// Attributes of a prospect; an empty text is one that is not known.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Profile {
    pub title: String,
    pub company: String,
    pub industry: String,
    /// Headline, biography or notes, in anybody's words.
    pub about: String,
    pub city: String,
    pub state: String,
    pub country: String,
    pub email: String,
    pub linkedin_url: String,
    pub website: String,
    /// 0 to 100, from whoever discovered the prospect.
    pub signal_strength: Option<f64>,
}
