//! What a touch said, kept beside its sending, so that it can be learned which words book (CI-018).

use crate::messages::{Message, first_name, is_title};
use crate::{Owner, Prospects};
use db::activities::{self, Activity, Who};
use db::enrolments::Enrolment;
use db::leads;
use db::{Error, Tx, Uuid};
use patterns::content::{Features, Recipient, Snapshot, without};
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

impl Prospects {
    /// What is counted of words that went to somebody: that travels and they do not, for people stand in them. Empty when
    /// nobody is known by that name or address.
    pub async fn count_words(
        &self,
        client: Uuid,
        prospect_id: &str,
        address_key: &[u8],
        words: &Words,
    ) -> Result<String, crate::Error> {
        let mut tx = self.begin(Owner { client, user: None }).await?;
        let found = leads::addressee(&mut tx, prospect_id, address_key).await?;
        tx.commit().await?;
        let Some(whom) = found else { return Ok(String::new()) };
        Ok(counted(words, &whom.name, &whom.company, &whom.industry)?.1)
    }
}

/// The first name is taken out with the company, as a placeholder; here goes the rest of the name, titles aside.
fn without_name(text: &str, name: &str) -> String {
    let first = greeted(name);
    let others = name.split(|sign: char| !sign.is_alphanumeric()).filter(|part| *part != first);
    others
        .filter(|part| !is_title(part))
        .fold(text.to_owned(), |text, part| without(&text, part, "{last_name}"))
}

/// Keeps the words of a sending: what was counted of those that the tool has told, else those of the step that it names, if
/// it has words.
pub(crate) async fn keep(
    tx: &mut Tx,
    activity: &Activity,
    enrolment: Option<&Enrolment>,
    who: &Who,
    told: Option<&Features>,
) -> Result<(), Error> {
    if activity.action != "sent" {
        return Ok(());
    }
    let (snapshot, features) = match (told, enrolment) {
        (Some(told), _) => (json(&Snapshot::of_features(told))?, told.text()),
        (None, Some(enrolment)) => {
            let Some(words) = own(activity, enrolment) else { return Ok(()) };
            counted(&words, &who.name, &who.company, &who.industry)?
        }
        (None, None) => return Ok(()),
    };
    activities::said(tx, activity.id, &snapshot, &features).await
}

fn json(snapshot: &Snapshot) -> Result<Value, Error> {
    serde_json::to_value(snapshot).map_err(|error| Error::Rows(error.into()))
}

/// The snapshot of what was said to somebody of that name, company and industry, and what is counted of it: nothing of the
/// name is left there.
pub(crate) fn counted(
    words: &Words,
    name: &str,
    company: &str,
    industry: &str,
) -> Result<(Value, String), Error> {
    let recipient = Recipient { first_name: &greeted(name), company, industry };
    let nameless = words.subject.as_deref().map(|subject| without_name(subject, name));
    let (counted, features) = Snapshot::of(nameless.as_deref(), &words.body, recipient);
    let snapshot = Snapshot { subject: words.subject.clone(), ..counted };
    Ok((json(&snapshot)?, features.text()))
}

fn own(activity: &Activity, enrolment: &Enrolment) -> Option<Words> {
    // Words that cannot be read were never sent; nobody's sequence stops for that.
    let messages = Vec::<Message>::deserialize(&enrolment.messages).unwrap_or_default();
    let text = text(&messages, activity.step?, activity.variant.as_deref())?;
    Some(Words { subject: None, body: text.to_owned() })
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
    fn of_a_name_nothing_but_the_first_name_is_left_to_the_pattern() {
        for (name, text, expected) in [
            ("Dr. Jane van Doe, PhD", "Jane van Doe?", "Jane {last_name} {last_name}?"),
            ("Dr. Doe", "Hello Mrs Doe", "Hello Mrs {last_name}"),
            (
                "Mary-Jane Doe",
                "For Mary, Jane or Mary-Jane",
                "For {last_name}, {last_name} or {last_name}-{last_name}",
            ),
            ("Dr D Smith", "Dr D Smith", "Dr D {last_name}"),
            ("", "Hello there", "Hello there"),
        ] {
            assert_eq!(without_name(text, name), expected, "{name}");
        }
    }

    #[test]
    fn whoever_has_no_name_is_not_called_there() {
        assert_eq!((greeted(" "), greeted("Dr. Jane Doe")), (String::new(), "Jane".to_owned()));
    }
}
