//! The words of the repository for a campaign, made of sentences: about the pains and with the questions that are
//! proven, as long as is proven.

use super::length::{self, Length};
use super::plan::Touch;
use patterns::Proven;
use proto::v1::CampaignStep;
use serde::Deserialize;
use sha2::{Digest as _, Sha256};
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// Sentences by what they are for; pains and questions by the names of patterns, `other` where none is proven.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Sentences {
    subjects: Vec<String>,
    greetings: BTreeMap<String, String>,
    openings: Vec<String>,
    pains: BTreeMap<String, String>,
    /// What may stand between a pain and a question, as far as there is room.
    extras: Vec<String>,
    asks: BTreeMap<String, String>,
    /// A pain in a few words, for a text message.
    ends: BTreeMap<String, String>,
}

static SENTENCES: LazyLock<Option<Sentences>> =
    LazyLock::new(|| serde_json::from_str(include_str!("../../templates/campaign.json")).ok());

/// The messages of a campaign.
pub(super) fn written(touches: &[Touch], proven: &Proven) -> Vec<CampaignStep> {
    let what = proven.what.as_ref();
    let pains: Vec<&str> =
        what.iter().flat_map(|what| &what.pain_points.effective).map(|one| one.pain_point.as_str()).collect();
    let asks: Vec<&str> =
        what.iter().flat_map(|what| &what.ctas.effective).map(|one| one.cta.as_str()).collect();
    let of = |names: &[&str], place: usize| match names.len() {
        0 => "other".to_owned(),
        all => names[place % all].to_owned(),
    };
    let Some(sentences) = &*SENTENCES else { return Vec::new() };
    let messages = touches.iter().enumerate().map(|(place, touch)| {
        let length = length::of(&touch.channel, proven);
        let (pain, ask) = (of(&pains, place), of(&asks, place));
        let body = sentences.body(place, touches.len(), &touch.channel, length, [&pain, &ask]);
        let subject = if touch.channel == "email" { sentences.subject(place) } else { String::new() };
        step(touch, subject, body, 't')
    });
    messages.collect()
}

/// A message of a campaign, named by its words; `letter` tells whose they are.
pub(super) fn step(touch: &Touch, subject: String, body: String, letter: char) -> CampaignStep {
    let digest = Sha256::digest(format!("{subject}\n{body}"));
    let digest: String = digest.iter().take(4).map(|byte| format!("{byte:02x}")).collect();
    CampaignStep {
        step: touch.step,
        channel: touch.channel.clone(),
        after_days: touch.after_days,
        hour: touch.hour,
        subject,
        body,
        variant: format!("campaign.{}.{letter}{digest}", touch.channel),
    }
}

impl Sentences {
    fn subject(&self, place: usize) -> String {
        self.subjects.get(place % self.subjects.len().max(1)).cloned().unwrap_or_default()
    }

    fn body(
        &self,
        place: usize,
        all: usize,
        channel: &str,
        length: Length,
        [pain, ask]: [&str; 2],
    ) -> String {
        let of = |sentences: &BTreeMap<String, String>, name: &str| {
            sentences.get(name).or_else(|| sentences.get("other")).cloned().unwrap_or_default()
        };
        let greeting = self.greetings.get(channel).cloned().unwrap_or_default();
        let ask = of(&self.asks, ask);
        if channel == "sms" {
            return [greeting, of(&self.ends, pain), ask].join(" ");
        }
        // Only the last message is the last.
        let last = self.openings.len().saturating_sub(1);
        let opening = if place + 1 == all && place > 0 { last } else { place % last.max(1) };
        let opening = self.openings.get(opening).cloned().unwrap_or_default();
        let mut parts = vec![opening, of(&self.pains, pain)];
        let whole = |parts: &[String]| format!("{greeting}\n\n{}\n\n{ask}", parts.join(" "));
        let size = |parts: &[String]| length.measure(&whole(parts));
        // In turn, so that two messages with one opening do not say the same.
        let again = place >= last;
        for extra in self.extras.iter().cycle().skip(place).take(self.extras.len()) {
            if size(&parts) >= length.least && !(again && parts.len() < 3) {
                break;
            }
            parts.push(extra.clone());
            if size(&parts) > length.most {
                parts.pop();
            }
        }
        // What is too long does without its opening.
        if size(&parts) > length.most {
            parts.remove(0);
        }
        whole(&parts)
    }
}
