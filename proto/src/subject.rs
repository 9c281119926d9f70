//! The subjects of the fleet: the one place that knows how they are spelled.

use std::fmt;
use std::str::FromStr;

/// A piece of a subject that came from data: 1 to 64 of `A-Z a-z 0-9 _ -`, so it can neither widen nor split a subject.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Token(String);

/// The identity of a matching run: `<yyyymmdd>-<12 hex>`, or `scrape-<date>` for the scrapers of a day.
pub type RunId = Token;

/// Why a text is no token.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("{0:?} is not usable in a subject: use 1 to 64 letters, digits, - or _")]
pub struct BadToken(String);

impl FromStr for Token {
    type Err = BadToken;

    fn from_str(text: &str) -> Result<Self, BadToken> {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        if (1..=64).contains(&text.len()) && text.bytes().all(plain) {
            Ok(Self(text.to_owned()))
        } else {
            Err(BadToken(text.chars().take(80).collect()))
        }
    }
}

impl Token {
    /// A token of free text: whatever does not fit is replaced by `-`, the rest is cut off.
    pub fn squeezed(text: &str) -> Self {
        let token: String = text
            .chars()
            .map(|c| if c.is_ascii_alphanumeric() || c == '_' { c } else { '-' })
            .take(64)
            .collect();
        Self(if token.is_empty() { "-".to_owned() } else { token })
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

macro_rules! stages {
    ($($variant:ident $text:literal $joins:literal $doc:literal)*) => {
        /// A stage of a run.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Stage { $(#[doc = $doc] $variant),* }

        impl Stage {
            pub const ALL: &'static [Stage] = &[$(Stage::$variant),*];

            pub fn as_str(self) -> &'static str {
                match self { $(Stage::$variant => $text),* }
            }

            /// Whether somebody waits for all parts of the stage.
            pub fn joins(self) -> bool {
                match self { $(Stage::$variant => $joins),* }
            }
        }
    };
}

stages! {
    Scrape "scrape" true "The scrapers of a date, a part each."
    Profile "profile" false "The header of a run, its pain points and place hints."
    Load "load" false "Clinics linked to decision makers."
    Match "match" true "Matches of one clinic part by one strategy."
    Score "score" false "The summary, and assignments aligned with the clinic parts."
    Segment "segment" false "A segment each, in order of priority."
    Template "template" true "What to write, a part for each segment."
    Outcome "outcome" true "How storing and exporting ended."
    Notify "notify" false "The summary of the run."
    Reopen "reopen" false "The generations that replays have opened, a part each."
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Stage {
    type Err = BadToken;

    fn from_str(text: &str) -> Result<Self, BadToken> {
        Self::ALL
            .iter()
            .copied()
            .find(|stage| stage.as_str() == text)
            .ok_or_else(|| BadToken(text.to_owned()))
    }
}

/// Where a message travels.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Subject {
    Plan {
        run: RunId,
        stage: Stage,
    },
    Part {
        run: RunId,
        stage: Stage,
        part: Token,
    },
    Complete {
        run: RunId,
        stage: Stage,
        generation: u32,
    },
    /// A fact from outside; `key` tells apart what must not overtake each other.
    Event {
        kind: Token,
        key: Token,
    },
    Job {
        worker: Token,
        client: Token,
        id: Token,
    },
}

/// A subject that is none of ours.
#[derive(Debug, thiserror::Error)]
#[error("unknown subject {0}")]
pub struct UnknownSubject(String);

const PREFIX: &str = "lf.v1";

impl Subject {
    /// Every part of a stage of a run.
    pub fn parts(run: &RunId, stage: Stage) -> String {
        format!("{PREFIX}.run.{run}.{stage}.part.>")
    }

    /// Everything a stage of a run said: plan, parts and completions.
    pub fn stage(run: &RunId, stage: Stage) -> String {
        format!("{PREFIX}.run.{run}.{stage}.>")
    }

    /// Everything a run ever said.
    pub fn run(run: &RunId) -> String {
        format!("{PREFIX}.run.{run}.>")
    }

    /// Everything that is said of a stage, over all runs.
    pub fn all_of(stage: Stage) -> String {
        format!("{PREFIX}.run.*.{stage}.>")
    }

    /// Everything that runs say.
    pub fn all_runs() -> String {
        format!("{PREFIX}.run.>")
    }

    /// Parts of a stage over all runs.
    pub fn all_parts(stage: Stage) -> String {
        format!("{PREFIX}.run.*.{stage}.part.*")
    }

    /// One named part over all runs.
    pub fn all_named_parts(stage: Stage, part: &str) -> String {
        format!("{PREFIX}.run.*.{stage}.part.{part}")
    }

    /// Completions of a stage over all runs.
    pub fn all_completes(stage: Stage) -> String {
        format!("{PREFIX}.run.*.{stage}.complete.*")
    }

    /// Completions of a stage of one run.
    pub fn completes(run: &RunId, stage: Stage) -> String {
        format!("{PREFIX}.run.{run}.{stage}.complete.*")
    }

    /// Events of one kind.
    pub fn events(kind: &str) -> String {
        format!("{PREFIX}.event.{kind}.>")
    }

    /// Jobs of one worker, over all clients.
    pub fn jobs(worker: &str) -> String {
        format!("{PREFIX}.job.{worker}.>")
    }

    /// The dead letters of a worker and class; `>` and `*` are allowed for filters.
    pub fn dead(worker: &str, class: &str) -> String {
        format!("{PREFIX}.dead.{worker}.{class}")
    }

    /// Whether a message may have travelled there: an event, a job or something of a run, and no filter.
    pub fn carries(text: &str) -> bool {
        let Some(rest) = text.strip_prefix(PREFIX).and_then(|rest| rest.strip_prefix('.')) else {
            return false;
        };
        let mut tokens = rest.split('.');
        let known = tokens.next().is_some_and(|kind| ["event", "job", "run"].contains(&kind));
        let mut rest = tokens.peekable();
        known && rest.peek().is_some() && rest.all(|token| token.parse::<Token>().is_ok())
    }

    /// What an operator did; `*` is allowed for filters.
    pub fn audit(verb: &str, id: &str) -> String {
        format!("{PREFIX}.audit.{verb}.{id}")
    }

    /// The run a message belongs to, if it is a run's.
    pub fn run_id(&self) -> Option<&RunId> {
        match self {
            Subject::Plan { run, .. } | Subject::Part { run, .. } | Subject::Complete { run, .. } => {
                Some(run)
            }
            Subject::Event { .. } | Subject::Job { .. } => None,
        }
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Subject::Plan { run, stage } => write!(f, "{PREFIX}.run.{run}.{stage}.plan"),
            Subject::Part { run, stage, part } => {
                write!(f, "{PREFIX}.run.{run}.{stage}.part.{part}")
            }
            Subject::Complete { run, stage, generation } => {
                write!(f, "{PREFIX}.run.{run}.{stage}.complete.{generation}")
            }
            Subject::Event { kind, key } => write!(f, "{PREFIX}.event.{kind}.{key}"),
            Subject::Job { worker, client, id } => write!(f, "{PREFIX}.job.{worker}.{client}.{id}"),
        }
    }
}

impl FromStr for Subject {
    type Err = UnknownSubject;

    fn from_str(text: &str) -> Result<Self, UnknownSubject> {
        parse(text).ok_or_else(|| UnknownSubject(text.chars().take(200).collect()))
    }
}

fn parse(text: &str) -> Option<Subject> {
    let mut tokens = text.strip_prefix(PREFIX)?.strip_prefix('.')?.split('.');
    let kind = tokens.next()?;
    let rest: Vec<&str> = tokens.collect();
    let token = |text: &str| text.parse::<Token>().ok();
    match (kind, rest.as_slice()) {
        ("run", [run, stage, "plan"]) => Some(Subject::Plan { run: token(run)?, stage: stage.parse().ok()? }),
        ("run", [run, stage, "part", part]) => {
            Some(Subject::Part { run: token(run)?, stage: stage.parse().ok()?, part: token(part)? })
        }
        ("run", [run, stage, "complete", generation]) => Some(Subject::Complete {
            run: token(run)?,
            stage: stage.parse().ok()?,
            generation: number(generation)?,
        }),
        ("event", [kind, key]) => Some(Subject::Event { kind: token(kind)?, key: token(key)? }),
        ("job", [worker, client, id]) => {
            Some(Subject::Job { worker: token(worker)?, client: token(client)?, id: token(id)? })
        }
        _ => None,
    }
}

/// Two spellings of one number would be two subjects of one message.
fn number(text: &str) -> Option<u32> {
    text.parse().ok().filter(|number: &u32| number.to_string() == text)
}

/// The names of the streams.
pub mod stream {
    pub const EVENTS: &str = "EVENTS";
    pub const RUN: &str = "RUN";
    pub const JOBS: &str = "JOBS";
    pub const DEAD: &str = "DEAD";
    pub const AUDIT: &str = "AUDIT";
    pub const ADVISORIES: &str = "ADVISORIES";

    pub const ALL: [&str; 6] = [EVENTS, RUN, JOBS, DEAD, AUDIT, ADVISORIES];
}

/// What every message carries beside its bytes.
pub mod header {
    pub const MESSAGE_ID: &str = "Nats-Msg-Id";
    pub const CONTENT_TYPE: &str = "Content-Type";
    pub const TRACEPARENT: &str = "traceparent";
    /// Full name of the protobuf message.
    pub const SCHEMA: &str = "Lf-Schema";
    pub const CLIENT: &str = "Lf-Client";
    /// Message id of the message that caused this one.
    pub const CAUSE: &str = "Lf-Cause";
    /// On what came of a delivery that was not the first: the worker, and which delivery it was, as `scorer 2`.
    pub const TRY: &str = "Lf-Try";
    /// Raised by each replay into a finished run.
    pub const GENERATION: &str = "Lf-Generation";
    /// On a part whose maker died: the class of the dead letter.
    pub const TOMBSTONE: &str = "Lf-Tombstone";
    /// On a replayed message: the id of the replay.
    pub const REPLAY: &str = "Lf-Replay";
    /// On a replayed message: the sequence of its dead letter.
    pub const DEAD: &str = "Lf-Dead";
    /// On a replayed message: the only worker that it is for; the others that read its subject have had theirs.
    pub const FOR: &str = "Lf-For";
    /// On a replayed message: how many replays it has been through, this one included.
    pub const ROUND: &str = "Lf-Round";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str) {
        assert_eq!(text.parse::<Subject>().unwrap().to_string(), text);
    }

    #[test]
    fn every_kind_reads_what_it_writes() {
        check("lf.v1.run.20251111-ab12.match.plan");
        check("lf.v1.run.20251111-ab12.match.part.geographic-7");
        check("lf.v1.run.20251111-ab12.match.complete.0");
        check("lf.v1.event.scrape_done.reddit");
        check("lf.v1.job.loader.default.scrape-2025-11-11-0");
    }

    #[test]
    fn a_token_can_neither_widen_nor_split_a_subject() {
        for bad in ["", "a.b", "*", ">", "a b", "é", &"x".repeat(65)] {
            assert!(bad.parse::<Token>().is_err(), "{bad}");
        }
    }

    #[test]
    fn a_filter_and_what_is_not_ours_carries_nothing() {
        assert!(Subject::carries("lf.v1.event.scrape_done.reddit"));
        assert!(Subject::carries("lf.v1.event.not.known.yet"));
        for bad in ["lf.v1.run.>", "lf.v1.run", "lf.v1.run.", "lf.v1.dead.loader.decode", "$JS.API.INFO", ">"]
        {
            assert!(!Subject::carries(bad), "{bad}");
        }
    }

    #[test]
    fn a_foreign_subject_is_refused() {
        assert!("lf.v1.run.x.match.complete.+1".parse::<Subject>().is_err());
        assert!("lf.v1.run.x.match.complete.007".parse::<Subject>().is_err());
        assert!("lf.v1.run.x.nostage.plan".parse::<Subject>().is_err());
        assert!("lf.v2.run.x.match.plan".parse::<Subject>().is_err());
    }
}
