//! The words of the repository in the tone of each segment, and how words are filled for one prospect.

use audience::AudienceSegment;
use cadence::{Kind, SequenceType, Style};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::LazyLock;
use utoipa::ToSchema;

/// Networks take no more of a connection request.
pub(crate) const LONGEST_REQUEST: usize = 300;
/// What may stand between braces.
pub(crate) const PLACEHOLDERS: [&str; 4] = ["first_name", "company", "insight", "ask"];
/// As much of a note as fits into a message.
const LONGEST_INSIGHT: usize = 200;

/// The templates of a segment.
#[derive(Debug, Deserialize, Serialize)]
struct Templates {
    /// By style.
    asks: BTreeMap<String, String>,
    /// By industry; `other` for the rest.
    insights: BTreeMap<String, String>,
    /// By kind of step and variant.
    messages: BTreeMap<String, BTreeMap<String, String>>,
    /// As the messages, for those who are reached by mail: nobody connects there.
    mail: BTreeMap<String, BTreeMap<String, String>>,
}

static TEMPLATES: LazyLock<[Option<Templates>; 3]> = LazyLock::new(|| {
    [
        include_str!("../templates/referral_network.json"),
        include_str!("../templates/thought_leadership.json"),
        include_str!("../templates/stealth_founder.json"),
    ]
    .map(|text| serde_json::from_str(text).ok())
});

/// One message of a sequence, as it is to go out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Message {
    /// 0 is the connection request.
    #[schema(minimum = 0, maximum = 7)]
    pub step: u8,
    /// `connection_request`, `initial_dm`, `followup_1` to `followup_3` or `value_share`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Business days after the step before; for the first message, after the request was accepted.
    pub after_business_days: u32,
    /// Names the words: `<segment>.<type>.<variant>`.
    pub variant: String,
    /// How likely the variant was.
    pub propensity: f64,
    pub text: String,
    /// Other ways to say it.
    pub alternatives: Vec<Alternative>,
}

/// Another variant of a message.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Alternative {
    pub variant: String,
    pub text: String,
}

/// What the words are filled with.
#[derive(Clone, Debug, Default)]
pub(crate) struct Facts<'a> {
    pub(crate) prospect_id: &'a str,
    pub(crate) name: &'a str,
    pub(crate) company: &'a str,
    pub(crate) industry: &'a str,
    /// The newest research note.
    pub(crate) note: Option<&'a str>,
}

/// A step of a sequence with its words, as a version of it is stored.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct WordedStep {
    pub(crate) step: u8,
    #[serde(rename = "type")]
    pub(crate) kind: Kind,
    pub(crate) after_business_days: u32,
    /// Names of variants with their templates.
    pub(crate) variants: Vec<(String, String)>,
    pub(crate) ask: String,
}

/// The steps of a sequence with the words of the repository.
pub(crate) fn steps(segment: AudienceSegment, kind: SequenceType) -> Vec<WordedStep> {
    worded(segment, kind, |kind| variants(segment, kind))
}

/// The steps of a sequence with words of somebody's; how it asks is the repository's.
pub(crate) fn worded(
    segment: AudienceSegment,
    kind: SequenceType,
    variants: impl Fn(Kind) -> Vec<(String, String)>,
) -> Vec<WordedStep> {
    let steps = kind.steps().into_iter();
    let steps = steps.map(|step| WordedStep {
        step: step.number,
        kind: step.kind,
        after_business_days: step.after_business_days,
        variants: variants(step.kind),
        ask: ask(segment, kind),
    });
    steps.collect()
}

/// The steps as they are said on a channel: by mail the first ones have words of their own, whoever wrote the others.
pub(crate) fn on(channel: &str, segment: AudienceSegment, mut steps: Vec<WordedStep>) -> Vec<WordedStep> {
    let Some(templates) = templates(segment).filter(|_| channel == "email") else { return steps };
    for step in &mut steps {
        if let Some(ways) = templates.mail.get(step.kind.name()) {
            step.variants = named(segment, step.kind, ways);
        }
    }
    steps
}

/// The messages of a sequence for one prospect, each in one of its ways; experiments may choose another.
pub(crate) fn messages(segment: AudienceSegment, steps: &[WordedStep], facts: &Facts<'_>) -> Vec<Message> {
    steps.iter().map(|step| message(segment, step, facts)).collect()
}

fn message(segment: AudienceSegment, step: &WordedStep, facts: &Facts<'_>) -> Message {
    let texts = step.variants.iter().map(|(variant, template)| Alternative {
        text: fill(template, segment, step.kind, &step.ask, facts),
        variant: variant.clone(),
    });
    let mut texts: Vec<Alternative> = texts.collect();
    let weights = vec![1.0 / texts.len().max(1) as f64; texts.len()];
    let experiment = format!("{}.{}", segment.name(), step.kind.name());
    let chosen = stats::experiment::arm(&experiment, facts.prospect_id, &weights);
    let propensity = weights.get(chosen).copied().unwrap_or(1.0);
    let Alternative { variant, text } = if chosen < texts.len() {
        texts.remove(chosen)
    } else {
        Alternative { variant: experiment, text: String::new() }
    };
    Message {
        step: step.step,
        kind: step.kind.name().to_owned(),
        after_business_days: step.after_business_days,
        variant,
        propensity,
        text,
        alternatives: texts,
    }
}

fn templates(segment: AudienceSegment) -> Option<&'static Templates> {
    TEMPLATES[segment.place()].as_ref()
}

/// Names of variants with their templates.
fn variants(segment: AudienceSegment, kind: Kind) -> Vec<(String, String)> {
    let found = templates(segment).and_then(|templates| templates.messages.get(kind.name()));
    found.map(|ways| named(segment, kind, ways)).unwrap_or_default()
}

fn named(segment: AudienceSegment, kind: Kind, ways: &BTreeMap<String, String>) -> Vec<(String, String)> {
    let name = |way: &str| format!("{}.{}.{way}", segment.name(), kind.name());
    ways.iter().map(|(way, text)| (name(way), text.clone())).collect()
}

fn ask(segment: AudienceSegment, kind: SequenceType) -> String {
    let style = match kind.style() {
        Style::Segment => "segment",
        Style::Soft => "soft",
        Style::Direct => "direct",
    };
    templates(segment).and_then(|templates| templates.asks.get(style)).cloned().unwrap_or_default()
}

fn fill(template: &str, segment: AudienceSegment, kind: Kind, ask: &str, facts: &Facts<'_>) -> String {
    let insight = facts.note.map(sentence).filter(|note| !note.is_empty()).unwrap_or_else(|| {
        let insights = templates(segment).map(|templates| &templates.insights);
        insights
            .and_then(|insights| insights.get(facts.industry).or_else(|| insights.get("other")))
            .cloned()
            .unwrap_or_default()
    });
    let first_name = &first_name(facts.name);
    let company = if facts.company.trim().is_empty() { "your team" } else { facts.company.trim() };
    // One pass, so that nobody's name is taken for a placeholder.
    let mut text = String::with_capacity(template.len() + 100);
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        text.push_str(before);
        let Some((name, after)) = after.split_once('}') else { break };
        text.push_str(match name {
            "first_name" => first_name,
            "company" => company,
            "insight" => &insight,
            "ask" => ask,
            _ => "",
        });
        rest = after;
    }
    text.push_str(rest);
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if kind == Kind::ConnectionRequest { text.chars().take(LONGEST_REQUEST).collect() } else { text }
}

/// Whether a word before a name is none.
pub(crate) fn is_title(word: &str) -> bool {
    const TITLES: [&str; 12] =
        ["dr", "prof", "professor", "mr", "mrs", "ms", "miss", "mx", "rev", "reverend", "sir", "hon"];
    TITLES.contains(&word.trim_end_matches(['.', ',']).to_lowercase().as_str())
}

/// By what somebody is greeted: no title, unless nothing but the surname is known beside it.
pub(crate) fn first_name(name: &str) -> String {
    let words: Vec<&str> = name.split_whitespace().collect();
    let titles = words.iter().take_while(|word| is_title(word)).count();
    let greeted = match &words[titles..] {
        [] => "there".to_owned(),
        [surname] if titles > 0 => format!("{} {surname}", words[titles - 1]),
        [first, ..] => (*first).to_owned(),
    };
    greeted.trim_end_matches(',').to_owned()
}

/// The first sentence of a note, as a sentence.
fn sentence(note: &str) -> String {
    let line = note.split(['\n', '\r']).map(str::trim).find(|line| !line.is_empty()).unwrap_or_default();
    let end = line.find(". ").map_or(line.len(), |end| end + 1);
    let short: String = line[..end].chars().filter(|c| !c.is_control()).take(LONGEST_INSIGHT).collect();
    let short = short.trim().trim_end_matches('.').to_owned();
    if short.is_empty() { short } else { format!("{short}.") }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FACTS: Facts<'_> = Facts {
        prospect_id: "prospect_1",
        name: "Jane Doe",
        company: "Oak Hill Academy",
        industry: "education",
        note: None,
    };

    fn all(segment: AudienceSegment, kind: SequenceType, facts: &Facts<'_>) -> Vec<Message> {
        messages(segment, &steps(segment, kind), facts)
    }

    #[test]
    fn every_segment_has_two_variants_of_every_step() {
        for segment in AudienceSegment::ALL {
            for kind in SequenceType::ALL {
                for message in all(segment, kind, &FACTS) {
                    assert!(!message.text.is_empty() && !message.text.contains(['{', '}']), "{message:?}");
                    assert_eq!(message.alternatives.len(), 1, "{message:?}");
                    assert_ne!(message.text, message.alternatives[0].text);
                    assert_eq!(message.propensity, 0.5);
                }
            }
        }
    }

    #[test]
    fn nobody_connects_by_mail() {
        for segment in AudienceSegment::ALL {
            let ours = steps(segment, SequenceType::ThreeStep);
            assert_eq!(on("linkedin", segment, ours.clone()), ours);
            let by_mail = on("email", segment, ours.clone());
            for message in messages(segment, &by_mail, &FACTS) {
                let ways = message.alternatives.iter().map(|other| (&other.variant, &other.text));
                for (variant, text) in ways.chain([(&message.variant, &message.text)]) {
                    assert_eq!(variant.contains(".mail_"), message.step < 2, "{variant}");
                    assert!(message.step > 1 || !text.contains("onnect"), "{text}");
                    assert!(text.starts_with("Hi Jane, ") && text.ends_with(['.', '?']), "{text}");
                }
            }
            assert_eq!(by_mail[2..], ours[2..]);
        }
    }

    #[test]
    fn a_title_is_no_first_name() {
        let check = |name: &str, greeted: &str| assert_eq!(first_name(name), greeted, "{name}");
        check("Dr. Jane Doe", "Jane");
        check("Prof. Dr. Jane Doe", "Jane");
        check("MS Jane Doe", "Jane");
        check("Jane, PhD", "Jane");
        check("Dr. Doe", "Dr. Doe");
        check("Rev.", "there");
        check(" ", "there");
        check("Drew Misson", "Drew");
    }

    #[test]
    fn the_same_prospect_gets_the_same_words() {
        let words = || all(AudienceSegment::StealthFounder, SequenceType::SevenStep, &FACTS);
        assert_eq!(words(), words());
        let variants = |prospect_id: &str| {
            let facts = Facts { prospect_id, ..FACTS };
            all(AudienceSegment::StealthFounder, SequenceType::ThreeStep, &facts)[1].variant.clone()
        };
        let found: std::collections::BTreeSet<String> =
            (0..20).map(|number| variants(&format!("prospect_{number}"))).collect();
        assert_eq!(found.len(), 2);
    }

    #[test]
    fn styles_ask_differently() {
        let last = |kind| all(AudienceSegment::ReferralNetwork, kind, &FACTS)[1].text.clone();
        let texts = [SequenceType::ThreeStep, SequenceType::SoftNudge, SequenceType::DirectCta].map(last);
        assert!(texts[1].contains("No hurry") && texts[2].contains("15 minutes"), "{texts:?}");
    }

    #[test]
    fn a_note_stands_where_the_insight_would() {
        let facts = Facts { note: Some("They opened a new campus. More follows."), ..FACTS };
        let text = &all(AudienceSegment::ReferralNetwork, SequenceType::ThreeStep, &facts)[1].text;
        assert!(text.contains("They opened a new campus.") && !text.contains("More follows"), "{text}");
    }

    #[test]
    fn a_name_is_not_taken_for_a_placeholder() {
        let facts = Facts { name: "{ask} Doe", company: "{insight}", ..FACTS };
        let text = &all(AudienceSegment::ReferralNetwork, SequenceType::ThreeStep, &facts)[0].text;
        assert!(text.contains("{ask}") && text.contains("{insight}"), "{text}");
    }

    #[test]
    fn a_connection_request_is_short() {
        let long = "x".repeat(500);
        let facts = Facts { company: &long, ..FACTS };
        let text = &all(AudienceSegment::ReferralNetwork, SequenceType::ThreeStep, &facts)[0].text;
        assert_eq!(text.chars().count(), LONGEST_REQUEST);
    }
}
