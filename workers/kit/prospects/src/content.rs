//! What a touch said, kept beside its sending, so that it can be learned which words book (CI-018).

use crate::messages::{Message, first_name};
use db::activities::{self, Activity, Who};
use db::enrolments::Enrolment;
use db::{Error, Tx};
use patterns::content::{Recipient, Snapshot};
use serde::Deserialize as _;
use serde_json::Value;

/// What a sending said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Words {
    pub subject: Option<String>,
    /// Empty where nobody has told it.
    pub body: String,
}

impl Words {
    /// In characters.
    pub const LONGEST_SUBJECT: usize = 500;
    pub const LONGEST_BODY: usize = 10_000;

    /// None where nothing was said.
    pub fn of(subject: &str, body: &str) -> Option<Self> {
        let subject = Some(subject.trim()).filter(|subject| !subject.is_empty()).map(str::to_owned);
        let body = body.trim().to_owned();
        (subject.is_some() || !body.is_empty()).then_some(Self { subject, body })
    }
}

/// Keeps the words of a sending, if it is one of a step that has words.
pub(crate) async fn keep(
    tx: &mut Tx,
    activity: &Activity,
    enrolment: &Enrolment,
    who: &Who,
) -> Result<(), Error> {
    let Some(step) = activity.step.filter(|_| activity.action == "sent") else { return Ok(()) };
    // Words that cannot be read were never sent; nobody's sequence stops for that.
    let messages = Vec::<Message>::deserialize(&enrolment.messages).unwrap_or_default();
    let Some(text) = text(&messages, step, activity.variant.as_deref()) else { return Ok(()) };
    let words = Words { subject: None, body: text.to_owned() };
    let (snapshot, features) = counted(&words, &who.name, &who.company, &who.industry)?;
    activities::said(tx, activity.id, &snapshot, &features).await
}

/// The snapshot of what was said to somebody of that name, company and industry, and what is counted of it.
pub(crate) fn counted(
    words: &Words,
    name: &str,
    company: &str,
    industry: &str,
) -> Result<(Value, String), Error> {
    let recipient = Recipient { first_name: &greeted(name), company, industry };
    let (snapshot, features) = Snapshot::of(words.subject.as_deref(), &words.body, recipient);
    let snapshot = serde_json::to_value(snapshot).map_err(|error| Error::Rows(error.into()))?;
    Ok((snapshot, features.text()))
}

/// The words of a step: those of the variant that the tool names, if the step can be said so.
fn text<'a>(messages: &'a [Message], step: i16, variant: Option<&str>) -> Option<&'a str> {
    let message = messages.iter().find(|message| i16::from(message.step) == step)?;
    let other = message.alternatives.iter().find(|other| variant == Some(other.variant.as_str()));
    Some(other.map_or(message.text.as_str(), |other| other.text.as_str()))
}

/// The name in a greeting; nobody without a name is called `there`.
fn greeted(name: &str) -> String {
    if name.trim().is_empty() { String::new() } else { first_name(name) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::messages::Alternative;

    fn message(step: u8, text: &str, other: &str) -> Message {
        Message {
            step,
            kind: "initial_dm".into(),
            after_business_days: 1,
            variant: "a".into(),
            propensity: 0.5,
            text: text.into(),
            alternatives: vec![Alternative { variant: "b".into(), text: other.into() }],
        }
    }

    #[test]
    fn the_words_are_those_of_the_step_and_of_the_variant_that_went_out() {
        let messages = [message(0, "request", "other request"), message(1, "first", "other first")];
        assert_eq!(text(&messages, 1, None), Some("first"));
        assert_eq!(text(&messages, 1, Some("a")), Some("first"));
        assert_eq!(text(&messages, 1, Some("b")), Some("other first"));
        // What a tool calls its own way says nothing of ours.
        assert_eq!(text(&messages, 0, Some("subject line B")), Some("request"));
        assert_eq!(text(&messages, 2, None), None);
    }

    #[test]
    fn whoever_has_no_name_is_not_called_there() {
        assert_eq!((greeted(" "), greeted("Dr. Jane Doe")), (String::new(), "Jane".to_owned()));
    }
}
