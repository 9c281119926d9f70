//! What a handler wants said: messages with their subjects and their deterministic ids.

use crate::kind;
use crate::subject::{RunId, Stage, Subject, Token};
use crate::v1::{Alert, Plan};
use prost::{Message, Name};
use sha2::{Digest, Sha256};

/// Messages to publish before the input is acknowledged.
#[derive(Debug, Default)]
pub struct Outbox {
    pub messages: Vec<Outgoing>,
    /// The generation the messages belong to; the input's when none.
    pub generation: Option<u32>,
}

/// One message on its way out.
#[derive(Debug, Clone)]
pub struct Outgoing {
    pub subject: Subject,
    pub payload: Vec<u8>,
    pub schema: String,
    pub kind: Kind,
}

/// What an outgoing message is, and so how its id is made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// The same bytes on the same subject are the same message; others overwrite.
    Content,
    /// Named by its maker: the same name again is the same message, whatever it says.
    Named(String),
    /// Stands for a part whose maker died of this class.
    Tombstone(&'static str),
}

impl Outbox {
    pub fn none() -> Self {
        Self::default()
    }

    /// Adds a message.
    #[must_use]
    pub fn with(mut self, message: Outgoing) -> Self {
        self.messages.push(message);
        self
    }

    /// Puts the messages into a generation other than the input's.
    #[must_use]
    pub fn in_generation(mut self, generation: u32) -> Self {
        self.generation = Some(generation);
        self
    }

    /// The subjects of the tombstones in it.
    pub fn tombstones(&self) -> Vec<String> {
        let dead = self.messages.iter().filter(|message| matches!(message.kind, Kind::Tombstone(_)));
        dead.map(|message| message.subject.to_string()).collect()
    }

    /// Adds many messages.
    #[must_use]
    pub fn with_all(mut self, messages: impl IntoIterator<Item = Outgoing>) -> Self {
        self.messages.extend(messages);
        self
    }

    /// Adds an alert, if there is one.
    #[must_use]
    pub fn with_alerts(self, alerts: impl IntoIterator<Item = Alert>) -> Self {
        self.with_all(alerts.into_iter().map(Outgoing::alert))
    }
}

impl Outgoing {
    /// The part of a stage.
    pub fn part<M: Message + Name>(run: &RunId, stage: Stage, part: Token, message: &M) -> Self {
        Self::new(Subject::Part { run: run.clone(), stage, part }, Kind::Content, message)
    }

    /// How many parts the stage will have.
    pub fn plan(run: &RunId, stage: Stage, parts: u32) -> Self {
        Self::new(Subject::Plan { run: run.clone(), stage }, Kind::Content, &Plan { parts })
    }

    /// Says that a part will not come, so that nobody waits for it.
    pub fn tombstone(run: &RunId, stage: Stage, part: Token, class: &'static str) -> Self {
        Self {
            subject: Subject::Part { run: run.clone(), stage, part },
            payload: Vec::new(),
            schema: String::new(),
            kind: Kind::Tombstone(class),
        }
    }

    /// A fact; `id` names it, the same id again is the same fact.
    pub fn event<M: Message + Name>(kind: Token, key: Token, id: String, message: &M) -> Self {
        Self::new(Subject::Event { kind, key }, Kind::Named(id), message)
    }

    /// Work outside a run; `id` names it.
    pub fn job<M: Message + Name>(worker: &str, client: Token, id: Token, message: &M) -> Self {
        let name = format!("job:{worker}:{client}:{id}");
        let worker = Token::squeezed(worker);
        Self::new(Subject::Job { worker, client, id }, Kind::Named(name), message)
    }

    /// What a person must hear of; the same kind and key is one alert.
    pub fn alert(alert: Alert) -> Self {
        let id = format!("alert:{}:{}", alert.kind, alert.key);
        Self::event(Token::squeezed(kind::ALERT), Token::squeezed(&alert.kind), id, &alert)
    }

    fn new<M: Message + Name>(subject: Subject, kind: Kind, message: &M) -> Self {
        Self { subject, payload: message.encode_to_vec(), schema: M::full_name(), kind }
    }

    /// The deterministic `Nats-Msg-Id`: a redelivered handler says the same again under the same id.
    pub fn id(&self, generation: u32) -> String {
        match &self.kind {
            Kind::Named(name) => name.clone(),
            Kind::Tombstone(class) => format!("{}:{generation}:dead:{class}", self.subject),
            Kind::Content => {
                let digest = Sha256::digest(&self.payload);
                let hex: String = digest.iter().take(12).map(|byte| format!("{byte:02x}")).collect();
                format!("{}:{generation}:{hex}", self.subject)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(parts: u32) -> Outgoing {
        Outgoing::plan(&"r-1".parse().unwrap(), Stage::Match, parts)
    }

    #[test]
    fn the_same_words_have_the_same_id() {
        assert_eq!(plan(3).id(0), plan(3).id(0));
    }

    #[test]
    fn other_words_or_another_generation_have_another_id() {
        assert_ne!(plan(3).id(0), plan(4).id(0));
        assert_ne!(plan(3).id(0), plan(3).id(1));
    }
}
