//! Whether Claude's messages may stand in a campaign: every step, as long as is proven, nothing invented.

use super::length;
use super::plan::Touch;
use super::words::step;
use crate::invented;
use claude::guard::{self, Breach, Rules};
use patterns::Proven;
use proto::v1::{CampaignStep, Icp};
use serde::Deserialize;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// What is filled in for each recipient.
pub(super) const PLACEHOLDERS: [&str; 3] = ["first_name", "company", "industry"];
pub(super) const SUBJECT_MAX: usize = 90;
/// More characters than the longest message has.
pub(super) const BODY_MAX: usize = 1_500;

/// Why messages cannot be used. It quotes nothing of them: they may be what an attacker wants to see printed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Flaw {
    #[error("the answer is not a message for each step")]
    Shape(#[from] serde_json::Error),
    #[error("the steps are not those that were asked for")]
    Steps,
    #[error("two steps say the same")]
    Twice,
    #[error("the {part} of step {step} is not usable: {source}")]
    Breach { step: u32, part: &'static str, source: Breach },
    #[error("the subject of step {0} has more than one line")]
    Lines(u32),
    #[error("the body of step {0} does not hold {{first_name}}")]
    NoName(u32),
    #[error("the body of step {step} has {count} {unit}, {least} to {most} are wanted")]
    Length { step: u32, count: usize, unit: &'static str, least: usize, most: usize },
    #[error("the {part} of step {step} names somebody or something that nobody told")]
    Name { step: u32, part: &'static str },
    #[error("the {part} of step {step} claims something that nobody told")]
    Claim { step: u32, part: &'static str },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Draft {
    #[serde(default)]
    subject: String,
    body: String,
}

/// What a step is called in the answer.
pub(super) fn name(step: u32) -> String {
    format!("step_{step}")
}

/// The messages of the answer, in the order of the touches.
pub(super) fn check(
    answer: &Value,
    touches: &[Touch],
    icp: &Icp,
    proven: &Proven,
) -> Result<Vec<CampaignStep>, Flaw> {
    let mut drafts: BTreeMap<String, Draft> = serde_json::from_value(answer.clone())?;
    let told = Told::of(icp, proven);
    let mut steps = Vec::with_capacity(touches.len());
    let mut said = BTreeSet::new();
    for touch in touches {
        let Draft { subject, body } = drafts.remove(&name(touch.step)).ok_or(Flaw::Steps)?;
        let (subject, body) = (subject.trim().to_owned(), body.trim().to_owned());
        if touch.channel == "email" {
            // A subject with a line break could bring its own mail headers.
            if subject.contains(['\n', '\r']) {
                return Err(Flaw::Lines(touch.step));
            }
            told.allows(touch.step, "subject", &subject, SUBJECT_MAX)?;
        } else if !subject.is_empty() {
            return Err(Flaw::Steps);
        }
        told.allows(touch.step, "body", &body, BODY_MAX)?;
        if !body.contains("{first_name}") {
            return Err(Flaw::NoName(touch.step));
        }
        let length = length::of(&touch.channel, proven);
        if !length.fits(&body) {
            return Err(Flaw::Length {
                step: touch.step,
                count: length.measure(&body),
                unit: length.unit.name(),
                least: length.least,
                most: length.most,
            });
        }
        if !said.insert(invented::words(&body)) {
            return Err(Flaw::Twice);
        }
        steps.push(step(touch, subject, body, 'c'));
    }
    if drafts.is_empty() { Ok(steps) } else { Err(Flaw::Steps) }
}

/// What messages may say because somebody has said it.
struct Told {
    /// What the client offers, and what is proven: numbers may come from here alone.
    facts: String,
    /// The same, with whom the client has named.
    names: String,
    /// Pains are in the words of those who have them: nobody's mail is to be written by them.
    pains: String,
}

impl Told {
    fn of(icp: &Icp, proven: &Proven) -> Self {
        let sayings: Vec<&str> = proven.sayings().chain([icp.offer.as_str()]).collect();
        let facts = sayings.join("\n");
        let pains = icp.pains.join("\n");
        let named = [&icp.industries, &icp.titles].into_iter().flatten().map(String::as_str);
        let names = named.chain(abbreviations(&pains)).chain([facts.as_str()]).collect::<Vec<_>>().join("\n");
        Self { facts, names, pains }
    }

    fn allows(&self, step: u32, part: &'static str, text: &str, most: usize) -> Result<(), Flaw> {
        let rules = Rules {
            placeholders: &PLACEHOLDERS,
            hosts: &[],
            facts: &self.facts,
            scraped: &self.pains,
            chars: 1..=most,
        };
        guard::check(text, &rules).map_err(|source| Flaw::Breach { step, part, source })?;
        if invented::claims(text, &self.names) {
            return Err(Flaw::Claim { step, part });
        }
        if invented::names(text, &self.names) {
            return Err(Flaw::Name { step, part });
        }
        Ok(())
    }
}

/// What stands in capitals, as EMR, is a thing that the pain is about.
fn abbreviations(pains: &str) -> impl Iterator<Item = &str> {
    let words = pains.split(|c: char| !c.is_alphanumeric());
    words.filter(|word| (2..=5).contains(&word.len()) && word.bytes().all(|byte| byte.is_ascii_uppercase()))
}
