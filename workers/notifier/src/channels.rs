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

/// What is recorded of a try. An empty record is a try that was begun and whose end is unknown.
const SENT: &str = "sent";
/// The reason follows.
const FAILED: &str = "failed: ";
/// Refused for now: surely not delivered.
const REFUSED: &str = "refused";

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
            let mut record = Record::new(intents, format!("{id}-slack"), attempt >= SLACK_TRIES);
            match by_slack(slack, &notice, &mut record).await? {
                None => return Ok(Channel::Slack),
                Some(reason) => {
                    notice.sections.push(Section { heading: "Why not in Slack", lines: vec![reason] })
                }
            }
        }
        if let Some(mail) = &self.mail {
            let mut record = Record::new(intents, format!("{id}-mail"), attempt >= MAIL_TRIES);
            match by_mail(mail, &notice, id, &mut record).await? {
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
async fn by_slack(slack: &Slack, notice: &Notice, step: &mut Record<'_>) -> Result<Option<String>, Fault> {
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
async fn by_mail(
    mail: &Mail,
    notice: &Notice,
    id: &str,
    step: &mut Record<'_>,
) -> Result<Option<String>, Fault> {
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

/// The record of one channel's tries at one notice.
///
/// Each try has a key of its own, which one process alone can create: two that take each other for dead never make
/// the same try, and what one of them writes late is about its own try only.
struct Record<'a> {
    intents: &'a Intents,
    name: String,
    /// The try that is ours.
    key: String,
    /// Whether another channel takes over if this try fails.
    is_last: bool,
}

impl<'a> Record<'a> {
    fn new(intents: &'a Intents, name: String, is_last: bool) -> Self {
        Self { intents, key: name.clone(), name, is_last }
    }

    async fn begin(&mut self) -> Result<Step, IntentError> {
        let mut tries = Vec::new();
        loop {
            if !tries.is_empty() {
                self.key = format!("{}-{}", self.name, tries.len());
            }
            tries.push(self.intents.begin(&self.key).await?);
            if let Some(step) = step(&tries) {
                return Ok(step);
            }
        }
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

/// What to do after these tries, of which the last may be ours; nothing if the next one decides.
fn step(tries: &[Begun]) -> Option<Step> {
    let unknown = tries.iter().filter(|begun| **begun == Begun::Unknown).count();
    match tries.last()? {
        Begun::Fresh => Some(Step::Open { again: unknown > 0 }),
        Begun::Unknown => (unknown > 1).then(|| Step::Failed(UNKNOWN.to_owned())),
        Begun::Done(word) => match word.as_str() {
            SENT => Some(Step::Sent),
            REFUSED => None,
            other => {
                let reason = other.strip_prefix(FAILED).unwrap_or(other);
                Some(Step::Failed(reason.to_owned()))
            }
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(tries: &[Begun], expected: Option<Step>) {
        assert_eq!(step(tries), expected);
    }

    fn done(word: &str) -> Begun {
        Begun::Done(word.to_owned())
    }

    #[test]
    fn a_fresh_notice_is_sent() {
        check(&[Begun::Fresh], Some(Step::Open { again: false }));
    }

    #[test]
    fn a_notice_that_was_sent_is_not_sent_again() {
        check(&[done(SENT)], Some(Step::Sent));
        check(&[Begun::Unknown, done(SENT)], Some(Step::Sent));
    }

    #[test]
    fn an_unknown_end_is_repeated_once_and_said_so() {
        check(&[Begun::Unknown], None);
        check(&[Begun::Unknown, Begun::Fresh], Some(Step::Open { again: true }));
        check(&[Begun::Unknown, Begun::Unknown], Some(Step::Failed(UNKNOWN.to_owned())));
    }

    #[test]
    fn a_refusal_is_no_unknown_end() {
        check(&[done(REFUSED)], None);
        check(&[done(REFUSED), Begun::Fresh], Some(Step::Open { again: false }));
    }

    #[test]
    fn a_refusal_of_the_repetition_does_not_forget_why_it_was_one() {
        check(&[Begun::Unknown, done(REFUSED), Begun::Fresh], Some(Step::Open { again: true }));
    }

    #[test]
    fn a_channel_that_failed_stays_failed_and_keeps_its_reason() {
        check(&[done("failed: 404 no_service")], Some(Step::Failed("404 no_service".to_owned())));
    }
}
