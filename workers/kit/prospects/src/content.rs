//! What a touch said, kept beside its sending, so that it can be learned which words book (CI-018).

use crate::messages::{Message, first_name};
use crate::{Owner, Prospects};
use db::activities::{self, Activity, Who};
use db::enrolments::Enrolment;
use db::leads::{self, Addressee};
use db::{Error, Tx, Uuid};
use patterns::content::{Recipient, Snapshot, without};
use proto::v1::Engagement;
use serde::Deserialize as _;
use serde_json::Value;

const FIRST: &str = "{first_name}";
const LAST: &str = "{last_name}";
const COMPANY: &str = "{company}";

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
    /// Takes whom a sending went to out of its words: messages name nobody. Words to nobody who is known are dropped.
    pub async fn without_names(&self, client: Uuid, event: &mut Engagement) -> Result<(), crate::Error> {
        if event.subject.is_empty() && event.body.is_empty() {
            return Ok(());
        }
        let mut tx = self.begin(Owner { client, user: None }).await?;
        let found = leads::addressee(&mut tx, &event.prospect_id, &event.address_key).await?;
        tx.commit().await?;
        let hide = |text: &str, most: usize| match &found {
            Some(found) => hidden(text, found).chars().take(most).collect(),
            None => String::new(),
        };
        event.subject = hide(&event.subject, Words::LONGEST_SUBJECT);
        event.body = hide(&event.body, Words::LONGEST_BODY);
        Ok(())
    }
}

fn hidden(text: &str, whom: &Addressee) -> String {
    let [first, last] = names(&whom.name);
    let whole = [
        (whom.email.as_str(), "{email}"),
        (&whom.phone, "{phone}"),
        (&whom.linkedin_url, "{linkedin_url}"),
        (&whom.company, COMPANY),
        (&last, LAST),
        (&first, FIRST),
    ];
    // A part of a name is enough to know somebody.
    let parts = last.split(|sign: char| !sign.is_alphanumeric()).map(|part| (part, LAST));
    let all = whole.into_iter().chain(parts);
    all.fold(text.to_owned(), |text, (name, placeholder)| without(&text, name, placeholder))
}

/// The first name, as in a greeting, and what follows it.
fn names(name: &str) -> [String; 2] {
    let first = greeted(name);
    let last = name.split_once(first.as_str()).map_or(name, |(_, last)| last);
    let last = last.trim_matches(|sign: char| !sign.is_alphanumeric()).to_owned();
    [first, last]
}

/// With the names of whom it went to; in one pass, so that no name is taken for a placeholder.
fn named(text: &str, who: &Who) -> String {
    let [first, last] = names(&who.name);
    let mut filled = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('{') {
        filled.push_str(&rest[..at]);
        rest = &rest[at..];
        let known = [(FIRST, &first), (LAST, &last), (COMPANY, &who.company)];
        let found = known.into_iter().find(|(placeholder, _)| rest.starts_with(placeholder));
        let (placeholder, name) =
            found.map_or(("{", "{"), |(placeholder, name)| (placeholder, name.as_str()));
        filled.push_str(name);
        rest = &rest[placeholder.len()..];
    }
    filled + rest
}

/// Keeps the words of a sending: those that the tool tells, else those of the step that it names, if it has words.
pub(crate) async fn keep(
    tx: &mut Tx,
    activity: &Activity,
    enrolment: Option<&Enrolment>,
    who: &Who,
    told: Option<Words>,
) -> Result<(), Error> {
    if activity.action != "sent" {
        return Ok(());
    }
    let told = told.map(|Words { subject, body }| Words {
        subject: subject.map(|subject| named(&subject, who)),
        body: named(&body, who),
    });
    let Some(words) = told.or_else(|| own(activity, enrolment?)) else { return Ok(()) };
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
    fn words_travel_without_names_and_get_them_back() {
        let whom = Addressee {
            name: "Dr. Jane van Doe, PhD".into(),
            company: "Oak Hill".into(),
            email: "jane@oak.example".into(),
            phone: "+1 602 555 0101".into(),
            linkedin_url: "https://linkedin.example/in/jane".into(),
        };
        let who = Who {
            id: Uuid::nil(),
            name: whom.name.clone(),
            company: "{last_name} & Co".into(),
            industry: String::new(),
            company_name: String::new(),
            email_key: None,
            profile_key: None,
            phone_key: None,
            by_mail: true,
            time_zone: String::new(),
            state: String::new(),
            country: String::new(),
        };
        for (text, travels, kept) in [
            ("Hi Jane, OAK HILL!", "Hi {first_name}, {company}!", "Hi Jane, {last_name} & Co!"),
            ("Dear Dr. van Doe, PhD:", "Dear Dr. {last_name}:", "Dear Dr. van Doe, PhD:"),
            ("Jane Doe?", "{first_name} {last_name}?", "Jane van Doe, PhD?"),
            ("{x} {first_name} {", "{x} {first_name} {", "{x} Jane {"),
            ("to jane@oak.example, +1 602 555 0101", "to {email}, {phone}", "to {email}, {phone}"),
            ("janet in October", "janet in October", "janet in October"),
        ] {
            assert_eq!((hidden(text, &whom).as_str(), named(travels, &who).as_str()), (travels, kept));
        }
    }

    #[test]
    fn whoever_has_no_name_is_not_called_there() {
        assert_eq!((greeted(" "), greeted("Dr. Jane Doe")), (String::new(), "Jane".to_owned()));
    }
}
