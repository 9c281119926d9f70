//! Rows of the tables as they go into messages.

use db::inputs;
use places::Gazetteer;
use proto::v1::{Clinic, PainPoint};

/// The longest pain text that is matched, in bytes; what is longer is cut at a character.
const LONGEST_TEXT: usize = 8 * 1024;

pub(crate) fn pain_point(row: inputs::PainPoint) -> PainPoint {
    let mut text = row.pain_text;
    text.truncate(text.floor_char_boundary(LONGEST_TEXT));
    PainPoint {
        id: row.id.into(),
        category: row.pain_category,
        text,
        example_urls: row.example_urls.into_iter().take(20).filter(|url| url.len() <= 2_000).collect(),
        severity: row.severity_score,
        mentions: row.mentions.max(0).cast_unsigned(),
    }
}

pub(crate) fn clinic(row: inputs::Clinic) -> Clinic {
    let state = row.state.map(|state| {
        Gazetteer::us().state_code(&state).map_or_else(|| state.trim().to_owned(), str::to_owned)
    });
    Clinic {
        id: row.id.into(),
        name: row.clinic_name,
        phone: row.phone,
        website: row.website,
        email: row.email,
        city: row.city,
        state,
        business_type: row.business_type,
        rating: row.rating,
        review_count: row.review_count.max(0).cast_unsigned(),
        decision_maker: None,
        patterns: Vec::new(),
    }
}
