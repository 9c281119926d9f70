//! Sends a notice by mail, as plain text, under a Message-ID that is the same on every try.

use crate::config::Error;
use crate::notice::Notice;
use crate::text::one_line;
use lettre::message::header::ContentType;
use lettre::message::{Mailbox, Message};
use lettre::transport::smtp;
use lettre::transport::smtp::AsyncSmtpTransport;
use lettre::{AsyncTransport, Tokio1Executor};
use secrecy::{ExposeSecret, SecretString};
use std::time::Duration;

const COMMAND: Duration = Duration::from_secs(15);
const WHOLE: Duration = Duration::from_secs(60);
/// A line of a mail has at most 998 bytes, and a word of the subject is not broken.
const LONGEST_SUBJECT: usize = 200;

/// Why the mail is not on its way.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Refusal {
    #[error("the mail relay is not ready")]
    Later(#[source] smtp::Error),
    #[error("the mail relay took longer than {} s", WHOLE.as_secs())]
    Slow,
    #[error("the mail relay refused the login")]
    Login(#[source] smtp::Error),
    #[error("the mail relay refused the mail")]
    Never(#[source] smtp::Error),
    #[error("could not write the mail")]
    Unwritable(#[from] lettre::error::Error),
}

pub(crate) struct Mail {
    relay: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
    to: Mailbox,
}

impl Mail {
    pub(crate) fn new(relay: &SecretString, from: Mailbox, to: Mailbox) -> Result<Self, Error> {
        let relay = AsyncSmtpTransport::<Tokio1Executor>::from_url(relay.expose_secret())
            // The parser's own error would show the secret.
            .map_err(|_secret| Error::Smtp)?
            .timeout(Some(COMMAND))
            .build();
        Ok(Self { relay, from, to })
    }

    pub(crate) async fn send(&self, notice: &Notice, id: &str) -> Result<(), Refusal> {
        let message = message(&self.from, &self.to, notice, id)?;
        match tokio::time::timeout(WHOLE, self.relay.send(message)).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) => Err(classed(error)),
            Err(_elapsed) => Err(Refusal::Slow),
        }
    }

    /// Whether the relay lets us in again.
    pub(crate) async fn probe(&self) -> Result<(), smtp::Error> {
        self.relay.test_connection().await.map(|_| ())
    }
}

pub(crate) fn message(
    from: &Mailbox,
    to: &Mailbox,
    notice: &Notice,
    id: &str,
) -> Result<Message, lettre::error::Error> {
    Message::builder()
        .from(from.clone())
        .to(to.clone())
        .message_id(Some(format!("<{id}@leadfleet>")))
        .subject(one_line(&notice.title).chars().take(LONGEST_SUBJECT).collect::<String>())
        .header(ContentType::TEXT_PLAIN)
        .body(notice.to_string())
}

fn classed(error: smtp::Error) -> Refusal {
    let code = error.status().map(u16::from);
    match code {
        Some(530 | 534 | 535 | 538) => Refusal::Login(error),
        _ if error.is_permanent() => Refusal::Never(error),
        _ => Refusal::Later(error),
    }
}
