//! How prospects fall into segments, counted while they are read.

use crate::error::Error;
use crate::judge::{SegmentShare, Segmentation, Segmented};
use audience::AudienceSegment;
use cadence::{WEIGHTS, apportion};
use db::leads::{Judged, Lead};
use std::collections::BTreeMap;

/// Prospects that an answer lists, at most.
const LISTED: usize = 1_000;

#[derive(Default)]
pub(crate) struct Report {
    total: u64,
    pub(crate) changed: u64,
    counts: BTreeMap<&'static str, u64>,
    listed: Vec<(String, Judged)>,
}

impl Report {
    pub(crate) fn add(&mut self, leads: &[Lead], judged: Vec<Judged>) {
        for (lead, judged) in leads.iter().zip(judged) {
            self.total += 1;
            *self.counts.entry(judged.segment).or_default() += 1;
            if self.listed.len() < LISTED {
                self.listed.push((lead.prospect_id.clone(), judged));
            }
        }
    }

    pub(crate) fn done(self) -> Result<Segmentation, Error> {
        let percent =
            |part: f64, whole: f64| if whole > 0.0 { (part / whole * 10_000.0).round() / 100.0 } else { 0.0 };
        let weekly = apportion(10_000, WEIGHTS).map(|share| share as f64 / 100.0);
        let segments = AudienceSegment::ALL.map(|segment| {
            let prospects = self.counts.get(segment.name()).copied().unwrap_or(0);
            SegmentShare {
                segment: segment.name(),
                prospects,
                share: percent(prospects as f64, self.total as f64),
                weekly_share: weekly[segment.place()],
            }
        });
        let prospects = self
            .listed
            .into_iter()
            .map(|(prospect_id, judged)| {
                Ok(Segmented {
                    prospect_id,
                    segment: judged.segment.to_owned(),
                    rule: judged.segment_rule.to_owned(),
                    words: serde_json::from_value(judged.segment_words)?,
                    low_confidence: judged.low_confidence,
                    tags: serde_json::from_value(judged.tags)?,
                })
            })
            .collect::<Result<_, serde_json::Error>>()?;
        Ok(Segmentation { total: self.total, changed: self.changed, segments: segments.into(), prospects })
    }
}
