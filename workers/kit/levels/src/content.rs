//! Books, podcasts and events of those who levelled up.

use crate::pattern::{CommonContent, Comparison, Pattern, Verdict};
use crate::record::ContentKind;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use utoipa::ToSchema;

/// A book, podcast or event to recommend.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ContentAdvice {
    pub kind: ContentKind,
    pub pattern_id: i32,
    pub title: String,
    pub author: String,
    pub usage_rate: f64,
    pub sample_size: u64,
    pub verdict: Verdict,
    /// Of those who stayed, where they are known.
    pub comparison: Option<Comparison>,
    /// As "73% of contractors who scaled to $5M read 'Traction' by Gino Wickman".
    pub text: String,
}

/// Content of the patterns that a contractor matches, the most common first; each once, from the first pattern that has it.
pub fn recommend(matched: &[&Pattern]) -> Vec<ContentAdvice> {
    let mut seen = BTreeSet::new();
    let mut advice = Vec::new();
    for pattern in matched {
        for kind in ContentKind::ALL {
            for one in pattern.content(kind).iter().filter(|one| one.figure.is_common()) {
                if seen.insert((kind, one.title.as_str(), one.author.as_str())) {
                    advice.push(advise(pattern, kind, one));
                }
            }
        }
    }
    advice.sort_by(|one, other| {
        (other.usage_rate.total_cmp(&one.usage_rate))
            .then(one.kind.cmp(&other.kind))
            .then_with(|| one.title.cmp(&other.title))
    });
    advice
}

fn advise(pattern: &Pattern, kind: ContentKind, one: &CommonContent) -> ContentAdvice {
    let did = match kind {
        ContentKind::Book => "read",
        ContentKind::Podcast => "listened to",
        ContentKind::Event => "attended",
    };
    let beside = one.figure.beside().map_or(String::new(), |beside| format!(" ({beside})"));
    let by = if one.author.is_empty() { String::new() } else { format!(" by {}", one.author) };
    ContentAdvice {
        kind,
        pattern_id: pattern.id,
        title: one.title.clone(),
        author: one.author.clone(),
        usage_rate: one.figure.rate,
        sample_size: one.figure.n,
        verdict: one.figure.verdict,
        comparison: one.figure.comparison.clone(),
        text: format!(
            "{} of contractors who scaled to {} {did} '{}'{by}{beside}",
            one.figure.percent(),
            pattern.reach_label,
            one.title
        ),
    }
}
