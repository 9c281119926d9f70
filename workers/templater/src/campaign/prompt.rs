//! What Claude is asked for a campaign: the steps, what is proven, and whom it is for, which is data.

use super::check::{BODY_MAX, SUBJECT_MAX, name};
use super::length;
use super::plan::Touch;
use patterns::Proven;
use proto::v1::{CampaignRequest, Icp};
use serde_json::{Map, Value, json};

/// The rules, the same for every question.
pub(super) const SYSTEM: &str = "You write the messages of an outreach campaign: one sequence that goes to everybody \
whom the campaign is for, so write what fits all of them.\n\
- Write plain American English without markup, links, addresses or telephone numbers. Only an e-mail has a subject; \
a voice step is what a caller says.\n\
- Every body holds {first_name}. These placeholders are filled later and are the only ones: {first_name}, {company}, \
{industry}.\n\
- The data says whom the campaign is for and what is offered, in the client's words. You know nobody: write no name of \
a person, an organization, a product or a place that the data does not give.\n\
- Invent nothing. No numbers, results, customers, studies, offers, promises or events other than the offer in the data \
and the calls to action that are listed as effective. Claim nothing about the reader.\n\
- Each step stands on its own and says something else than those before it: no reproach and no pressure. Keep to the \
length of each step.";

/// What to do, in our own words: every word of what is proven is ours too.
pub(super) fn task(touches: &[Touch], segment: &str, proven: &Proven) -> String {
    let steps = touches.iter().map(|touch| {
        let length = length::of(&touch.channel, proven);
        let (least, most, unit) = (length.least, length.most, length.unit.name());
        let subject = if touch.channel == "email" { "a subject and a body" } else { "a body" };
        let (name, channel, days) = (name(touch.step), &touch.channel, touch.after_days);
        let when = if days == 0 { "first".to_owned() } else { format!("{days} days later") };
        format!("- {name}: {channel}, {when}; {subject} of {least} to {most} {unit}")
    });
    let steps = steps.collect::<Vec<_>>().join("\n");
    let tone = crate::sequence::tone(segment).map(|tone| format!("\nReaders and tone: {tone}."));
    let lines = proven.lines();
    let context = if lines.is_empty() { lines } else { format!("\nWhat conversions have shown:\n{lines}") };
    let subjects = match subjects(proven) {
        Value::Null => "",
        _ => {
            "\nThe data shows patterns of subjects: write in the manner of those that worked, and not in the manner of \
             those that failed."
        }
    };
    format!(
        "Write a message for each step of this campaign:\n{steps}{}{context}{subjects}{}{}",
        tone.unwrap_or_default(),
        proven.sequence_block(),
        proven.message_block(),
    )
}

/// The same, with what was wrong with the messages that came. The reason is ours: it quotes nothing of them.
pub(super) fn again(task: &str, flaw: &super::check::Flaw) -> String {
    format!("{task}\nEarlier messages could not be used: {flaw}. Keep to the rules.")
}

/// Whom it is for. Whose it is has no place in it.
pub(super) fn data(request: &CampaignRequest, proven: &Proven) -> Value {
    let Icp { industries, titles, sizes, pains, offer } = request.icp.clone().unwrap_or_default();
    let icp =
        json!({"industries": industries, "titles": titles, "sizes": sizes, "pains": pains, "offer": offer});
    match subjects(proven) {
        Value::Null => json!({"campaign_for": icp}),
        subjects => json!({"campaign_for": icp, "subjects": subjects}),
    }
}

/// Subjects are what somebody once wrote, with the names taken out.
fn subjects(proven: &Proven) -> Value {
    let Some(subjects) = proven.what.as_ref().map(|what| &what.subject_patterns) else { return Value::Null };
    if subjects.winning.is_empty() && subjects.losing.is_empty() {
        return Value::Null;
    }
    let texts =
        |of: &[patterns::Subject]| of.iter().take(5).map(|one| one.pattern.clone()).collect::<Vec<_>>();
    json!({"worked": texts(&subjects.winning), "failed": texts(&subjects.losing)})
}

/// The shape of the answer: a message for each step.
pub(super) fn schema(touches: &[Touch]) -> Value {
    let text = |most: usize| json!({"type": "string", "minLength": 1, "maxLength": most});
    let message = |touch: &Touch| {
        let mut fields = json!({"body": text(BODY_MAX)});
        if touch.channel == "email" {
            fields["subject"] = text(SUBJECT_MAX);
        }
        let names: Vec<String> = fields.as_object().into_iter().flat_map(Map::keys).cloned().collect();
        json!({"type": "object", "properties": fields, "required": names, "additionalProperties": false})
    };
    let properties: Map<String, Value> =
        touches.iter().map(|touch| (name(touch.step), message(touch))).collect();
    let names: Vec<String> = touches.iter().map(|touch| name(touch.step)).collect();
    json!({"type": "object", "properties": properties, "required": names, "additionalProperties": false})
}
