//! Who did what, with dead letters and with people, and why: one message for each change, kept for a year.

use crate::filter::Filter;
use crate::reader::{Reader, Wanted};
use crate::sequences::Sequences;
use crate::{Dead, Error, broker};
use async_nats::jetstream::consumer::DeliverPolicy;
use async_nats::jetstream::message::PublishMessage;
use chrono::{DateTime, Utc};
use proto::Subject;
use proto::subject::stream;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::str::FromStr;

/// Who asks for a change, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct By {
    pub operator: String,
    pub reason: String,
    pub at: DateTime<Utc>,
}

/// One change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// Of the replay or the person, if it is about one.
    pub id: String,
    pub verb: Verb,
    #[serde(flatten)]
    pub by: By,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub filter: Option<Filter>,
    /// The letters that it changed; left out when they are too many to write down.
    #[serde(default, skip_serializing_if = "Sequences::is_empty")]
    pub letters: Sequences,
    #[serde(default)]
    pub counts: BTreeMap<String, u64>,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub note: String,
}

macro_rules! verbs {
    ($($verb:ident $name:literal)*) => {
        /// What was done.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
        pub enum Verb {
            $(#[serde(rename = $name)] $verb),*
        }

        impl Verb {
            pub const ALL: &'static [Self] = &[$(Self::$verb),*];

            pub fn as_str(self) -> &'static str {
                match self { $(Self::$verb => $name),* }
            }
        }
    };
}

verbs! {
    Replay "replay"
    ReplayEnded "replay_ended"
    Pause "pause"
    Resume "resume"
    Cancel "cancel"
    Edit "edit"
    Discard "discard"
    Import "import"
    Erase "erase"
    PauseWorker "pause_worker"
    ResumeWorker "resume_worker"
    StartRun "start_run"
    LearnPatterns "learn_patterns"
    LearnGrowth "learn_growth"
    SignIn "sign_in"
    SignInFailed "sign_in_failed"
    SignOut "sign_out"
    AddPerson "add_person"
    ChangeRole "change_role"
    ChangePassword "change_password"
    DisablePerson "disable_person"
    EnablePerson "enable_person"
}

impl FromStr for Verb {
    type Err = UnknownVerb;

    fn from_str(text: &str) -> Result<Self, UnknownVerb> {
        Self::ALL.iter().find(|verb| verb.as_str() == text).copied().ok_or(UnknownVerb)
    }
}

#[derive(Debug, thiserror::Error)]
#[error("nothing in the audit is called like that; use one of {}", Verb::ALL.iter().map(|verb| verb.as_str()).collect::<Vec<_>>().join(", "))]
pub struct UnknownVerb;

impl Verb {
    /// Those of events that name letters.
    const OF_LETTERS: [Self; 4] = [Self::Replay, Self::Edit, Self::Discard, Self::Import];

    /// Whether it is about those who sign in.
    pub fn is_of_people(self) -> bool {
        use Verb::{
            AddPerson, ChangePassword, ChangeRole, DisablePerson, EnablePerson, SignIn, SignInFailed, SignOut,
        };
        matches!(
            self,
            SignIn
                | SignInFailed
                | SignOut
                | AddPerson
                | ChangeRole
                | ChangePassword
                | DisablePerson
                | EnablePerson
        )
    }
}

/// Which events of the history are meant.
#[derive(Debug, Clone, Default)]
pub struct Wish {
    pub letter: Option<u64>,
    pub operator: Option<String>,
    pub verb: Option<Verb>,
}

impl Wish {
    /// The subjects of events that may fit.
    fn subjects(&self) -> Vec<String> {
        match (self.verb, self.letter) {
            (Some(verb), _) => vec![Subject::audit(verb.as_str(), "*")],
            (None, Some(_)) => Verb::OF_LETTERS.map(|verb| Subject::audit(verb.as_str(), "*")).into(),
            (None, None) => vec![Subject::audit("*", "*")],
        }
    }

    fn fits(&self, event: &Event) -> bool {
        self.letter.is_none_or(|letter| event.letters.contains(letter))
            && self.operator.as_deref().is_none_or(|operator| event.by.operator == operator)
    }
}

/// Events, the newest first.
#[derive(Debug, Default)]
pub struct Recent {
    pub events: Vec<Event>,
    /// Where to go on: older events than this one may fit too.
    pub before: Option<u64>,
}

/// Events are read from the newest on, so many at once.
const BLOCK: u64 = 2_000;
/// No more are looked at for one answer.
const LOOKED_AT: u64 = 20_000;

/// A list of letters longer than this is left out of its event.
const LONGEST: usize = 128 * 1024;

impl Event {
    pub fn new(verb: Verb, id: &str, by: &By) -> Self {
        Self {
            id: id.to_owned(),
            verb,
            by: by.clone(),
            filter: None,
            letters: Sequences::default(),
            counts: BTreeMap::new(),
            note: String::new(),
        }
    }

    pub fn noting(self, note: impl Into<String>) -> Self {
        Self { note: note.into(), ..self }
    }

    pub(crate) fn about(mut self, letters: Sequences) -> Self {
        self.counts.insert("letters".to_owned(), letters.count());
        if letters.to_string().len() <= LONGEST {
            self.letters = letters;
        }
        self
    }
}

impl Dead {
    /// Writes an event; the same verb and id within minutes is one event.
    pub async fn record(&self, event: &Event) -> Result<(), Error> {
        const DOING: &str = "write the audit";
        let verb = event.verb.as_str();
        let message = PublishMessage::build()
            .payload(serde_json::to_vec(event).map_err(broker(DOING))?.into())
            .message_id(format!("audit:{verb}:{}:{}", event.id, event.by.at.timestamp_micros()));
        let sent = self.jetstream.send_publish(Subject::audit(verb, &event.id), message).await;
        sent.map_err(broker(DOING))?.await.map_err(broker(DOING))?;
        Ok(())
    }

    /// What was done, the oldest first.
    pub async fn history(&self, wish: &Wish) -> Result<Vec<Event>, Error> {
        let events = self.events(wish, DeliverPolicy::All, u64::MAX).await?;
        Ok(events.into_iter().map(|(_, event)| event).collect())
    }

    /// What was done last, or before the event of this number: however long the history is, it takes as long.
    pub async fn recent(&self, wish: &Wish, before: Option<u64>, most: usize) -> Result<Recent, Error> {
        let state = self.jetstream.get_stream(stream::AUDIT).await.map_err(broker("read the audit"))?;
        let state = &state.cached_info().state;
        let mut end = before.unwrap_or(u64::MAX).min(state.last_sequence + 1);
        let first = state.first_sequence.max(1);
        let oldest = first.max(end.saturating_sub(LOOKED_AT));
        let mut found = Recent::default();
        while end > oldest {
            let start = oldest.max(end.saturating_sub(BLOCK));
            let from = DeliverPolicy::ByStartSequence { start_sequence: start };
            for (sequence, event) in self.events(wish, from, end).await?.into_iter().rev() {
                if found.events.len() == most {
                    return Ok(found);
                }
                found.events.push(event);
                found.before = Some(sequence);
            }
            end = start;
        }
        found.before = (oldest > first).then_some(oldest);
        Ok(found)
    }

    /// Events that fit, with their numbers, from somewhere on to before `end`.
    async fn events(&self, wish: &Wish, from: DeliverPolicy, end: u64) -> Result<Vec<(u64, Event)>, Error> {
        let wanted =
            Wanted { stream: stream::AUDIT.to_owned(), filters: wish.subjects(), from, headers_only: false };
        let mut reader = Reader::open(&self.jetstream, wanted).await?;
        let mut events = Vec::new();
        while let Some(found) = reader.next().await? {
            if found.sequence >= end {
                break;
            }
            // Other parts of the fleet may write events of their own.
            let event = serde_json::from_slice::<Event>(&found.payload).ok();
            events.extend(event.filter(|event| wish.fits(event)).map(|event| (found.sequence, event)));
        }
        Ok(events)
    }
}

/// A new id, in the order of time, fit for a subject.
pub(crate) fn new_id() -> String {
    uuid::Uuid::now_v7().simple().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(letters: &str) -> Event {
        let by = By { operator: "ann".into(), reason: "fixed".into(), at: DateTime::UNIX_EPOCH };
        Event::new(Verb::Discard, "id", &by).about(letters.parse().unwrap())
    }

    #[track_caller]
    fn check(letter: Option<u64>, operator: Option<&str>, fits: bool) {
        let wish = Wish { letter, operator: operator.map(str::to_owned), verb: None };
        assert_eq!(wish.fits(&event("3-7")), fits);
    }

    #[test]
    fn the_history_is_asked_for_by_letter_and_operator() {
        check(None, None, true);
        check(Some(5), Some("ann"), true);
        check(Some(8), None, false);
        check(None, Some("bob"), false);
    }

    #[test]
    fn an_event_reads_what_it_writes() {
        let json = serde_json::to_string(&event("3-7")).unwrap();
        assert_eq!(serde_json::from_str::<Event>(&json).unwrap(), event("3-7"));
        assert!(json.contains(r#""verb":"discard""#) && json.contains(r#""letters":"3-7""#), "{json}");
    }
}
