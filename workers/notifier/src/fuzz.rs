//! What Slack and the mail relay are handed for any text, for fuzzing.

use crate::mail;
use crate::notice::{Link, Notice, Section};
use lettre::message::Mailbox;
use serde_json::Value;

/// A notice that says the text wherever text may come from outside.
fn notice(text: &str) -> Notice {
    Notice {
        title: text.to_owned(),
        facts: vec![("Fact", text.to_owned())],
        sections: vec![Section { heading: "Heading", lines: vec![text.to_owned(), text.to_owned()] }],
        links: vec![Link { label: "File", path: text.to_owned(), url: None }],
        footer: text.to_owned(),
    }
}

/// The messages to Slack, with blocks and without.
pub fn slack(text: &str) -> [Value; 2] {
    let notice = notice(text);
    [crate::blocks::payload(&notice), crate::blocks::plain_payload(&notice)]
}

/// The mail as it goes over the wire; none if it cannot be written.
pub fn mail(text: &str) -> Option<Vec<u8>> {
    let someone: Mailbox = "someone@clinic.example".parse().ok()?;
    mail::message(&someone, &someone, &notice(text), "run-1").ok().map(|mail| mail.formatted())
}
