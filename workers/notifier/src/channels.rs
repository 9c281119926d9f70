//! Carries a notice to people: Slack, else mail, else the log; each step is recorded before and after.

use crate::config::{Config, Error};
use crate::mail::{self, Mail};
use crate::notice::{Notice, Section};
use crate::slack::{self, Slack};
use runtime::{Begun, Delivery, Fault, IntentError, Intents, Retry};
use std::time::Duration;
use tokio::sync::Mutex;

/// The gate that a refused login at the mail relay closes.
pub(crate) const MAIL_GATE: &str = "mail";

/// The failed attempts after which Slack is given up for mail, and mail for the log.
const SLACK_TRIES: u32 = 3;
const MAIL_TRIES: u32 = 6;

const SLACK_TIMEOUT: Duration = Duration::from_secs(15);

/// Retries for the workers that deliver: more than any channel is tried, so that the log has the last word.
pub(crate) const RETRY: Retry = Retry { budget: 10, concurrency: 1, ..Retry::DEFAULT };

/// What is recorded of a step. An empty record is a step that was begun and whose end is unknown.
const SENT: &str = "sent";
/// The reason follows.
const FAILED: &str = "failed: ";
/// Refused for now: surely not delivered.
const REFUSED: &str = "refused";
/// Begun once more, after an end that nobody knows.
const REPEATED: &str = "repeated";
/// Begun once more, after a refusal.
const BEGUN: &str = "begun";

const UNKNOWN: &str = "it was interrupted twice, so nobody knows whether the message is there";

/// How a notice reached people.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Channel {
    Slack,
    Email,
    Console,
}

impl Channel {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Slack => "slack",
            Self::Email => "email",
            Self::Console => "console",
        }
    }
}

pub(crate) struct Channels {
    slack: Option<Slack>,
    mail: Option<Mail>,
    /// One notice at a time: the second of two with the same id has to see what became of the first.
    turn: Mutex<()>,
}

/// How far a step got before this delivery.
#[derive(Debug, PartialEq, Eq)]
enum Step {
    /// To be tried; the flag says whether the last try may have been delivered.
    Open {
        again: bool,
    },
    Sent,
    /// For this reason.
    Failed(String),
}

impl Channels {
    pub(crate) fn new(config: &Config) -> Result<Self, Error> {
        let slack = config.webhook()?;
        let mail = config.relay()?;
        Ok(Self {
            slack: slack.map(|webhook| Slack::new(&webhook, SLACK_TIMEOUT)).transpose()?,
            mail: mail.map(|(relay, to)| Mail::new(&relay, config.mail_from.clone(), to)).transpose()?,
            turn: Mutex::default(),
        })
    }

    /// Delivers the notice once; `id` names it over all tries.
    pub(crate) async fn deliver(
        &self,
        notice: &Notice,
        id: &str,
        delivery: &Delivery,
    ) -> Result<Channel, Fault> {
        let _turn = self.turn.lock().await;
        let intents = delivery.intents();
        let attempt = delivery.attempts + 1;
        let mut notice = notice.clone();
        if let Some(slack) = &self.slack {
            let step = Record::new(intents, format!("{id}-slack"), attempt >= SLACK_TRIES);
            match by_slack(slack, &notice, &step).await? {
                None => return Ok(Channel::Slack),
                Some(reason) => {
                    notice.sections.push(Section { heading: "Why not in Slack", lines: vec![reason] })
                }
            }
        }
        if let Some(mail) = &self.mail {
            let step = Record::new(intents, format!("{id}-mail"), attempt >= MAIL_TRIES);
            match by_mail(mail, &notice, id, &step).await? {
                None => return Ok(Channel::Email),
                Some(reason) => tracing::warn!(notice.id = id, reason, "no mail could be sent"),
            }
        }
        tracing::info!(notice.id = id, "{notice}");
        Ok(Channel::Console)
    }

    pub(crate) async fn probe(&self, gate: &str) -> Result<(), Fault> {
        match &self.mail {
            Some(mail) if gate == MAIL_GATE => Ok(mail.probe().await?),
            _ => Ok(()),
        }
    }
}

/// Why it is not in Slack, or nothing if it is.
async fn by_slack(slack: &Slack, notice: &Notice, step: &Record<'_>) -> Result<Option<String>, Fault> {
    let sent = match step.begin().await? {
        Step::Sent => return Ok(None),
        Step::Failed(reason) => return Ok(Some(reason)),
        Step::Open { again: false } => slack.send(notice).await,
        Step::Open { again: true } => slack.send(&notice.again()).await,
    };
    let Err(refusal) = sent else {
        step.sent().await?;
        return Ok(None);
    };
    let reason = refusal.to_string();
    match refusal {
        slack::Refusal::Later { after, .. } if !step.is_last => {
            step.refused().await?;
            Err(Fault::Retry { after, cause: reason.into() })
        }
        // Left as begun: the next delivery knows that it may be there already.
        slack::Refusal::Unanswered(_) if !step.is_last => Err(refusal.into()),
        _ => Ok(Some(step.failed(reason).await?)),
    }
}

/// Why there is no mail, or nothing if there is.
async fn by_mail(mail: &Mail, notice: &Notice, id: &str, step: &Record<'_>) -> Result<Option<String>, Fault> {
    match step.begin().await? {
        Step::Sent => return Ok(None),
        Step::Failed(reason) => return Ok(Some(reason)),
        // Its Message-ID is the same, so a repetition needs no mark.
        Step::Open { .. } => {}
    }
    let Err(refusal) = mail.send(notice, id).await else {
        step.sent().await?;
        return Ok(None);
    };
    match refusal {
        mail::Refusal::Login(_) => {
            step.refused().await?;
            Err(Fault::Gate { gate: MAIL_GATE, cause: refusal.into() })
        }
        mail::Refusal::Later(_) if !step.is_last => {
            step.refused().await?;
            Err(refusal.into())
        }
        mail::Refusal::Slow if !step.is_last => Err(refusal.into()),
        _ => Ok(Some(step.failed(refusal.to_string()).await?)),
    }
}

/// The record of one channel's try at one notice.
struct Record<'a> {
    intents: &'a Intents,
    key: String,
    /// Whether another channel takes over if this try fails.
    is_last: bool,
}

impl<'a> Record<'a> {
    fn new(intents: &'a Intents, key: String, is_last: bool) -> Self {
        Self { intents, key, is_last }
    }

    async fn begin(&self) -> Result<Step, IntentError> {
        let begun = self.intents.begin(&self.key).await?;
        let (step, word) = step(&begun);
        if let Some(word) = word {
            self.intents.done(&self.key, word).await?;
        }
        Ok(step)
    }

    async fn sent(&self) -> Result<(), IntentError> {
        self.intents.done(&self.key, SENT).await
    }

    async fn refused(&self) -> Result<(), IntentError> {
        self.intents.done(&self.key, REFUSED).await
    }

    async fn failed(&self, reason: String) -> Result<String, IntentError> {
        let word = format!("{FAILED}{reason}");
        self.intents.done(&self.key, &word).await?;
        Ok(reason)
    }
}

/// What to do after what was recorded, and what to record before doing it.
fn step(begun: &Begun) -> (Step, Option<&'static str>) {
    match begun {
        Begun::Fresh => (Step::Open { again: false }, None),
        Begun::Unknown => (Step::Open { again: true }, Some(REPEATED)),
        Begun::Done(word) => match word.as_str() {
            SENT => (Step::Sent, None),
            REFUSED => (Step::Open { again: false }, Some(BEGUN)),
            BEGUN => (Step::Open { again: true }, Some(REPEATED)),
            REPEATED => (Step::Failed(UNKNOWN.to_owned()), None),
            other => {
                let reason = other.strip_prefix(FAILED).unwrap_or(other);
                (Step::Failed(reason.to_owned()), None)
            }
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(recorded: &str, expected: Step, written: Option<&str>) {
        let begun = Begun::Done(recorded.to_owned());
        assert_eq!(step(&begun), (expected, written));
    }

    #[test]
    fn a_fresh_notice_is_sent() {
        assert_eq!(step(&Begun::Fresh), (Step::Open { again: false }, None));
    }

    #[test]
    fn a_notice_that_was_sent_is_not_sent_again() {
        check("sent", Step::Sent, None);
    }

    #[test]
    fn an_unknown_end_is_repeated_once_and_said_so() {
        assert_eq!(step(&Begun::Unknown), (Step::Open { again: true }, Some(REPEATED)));
        check(REPEATED, Step::Failed(UNKNOWN.to_owned()), None);
    }

    #[test]
    fn a_refusal_is_no_unknown_end() {
        check(REFUSED, Step::Open { again: false }, Some(BEGUN));
        check(BEGUN, Step::Open { again: true }, Some(REPEATED));
    }

    #[test]
    fn a_channel_that_failed_stays_failed_and_keeps_its_reason() {
        check("failed: 404 no_service", Step::Failed("404 no_service".to_owned()), None);
    }
}
