//! Carries out a replay: letter by letter at its pace, watching how each ends, ready to die at any point.

mod start;

use crate::audit::{By, Event, Verb};
use crate::filter::Filter;
use crate::letter::{Letter, Record};
use crate::pace::{self, CANARY, Course, Next, Pace};
use crate::plan;
use crate::replay::{BEAT, Order, Phase, Records, Replay, Tally, Wishes};
use crate::send::{Sender, Sent};
use crate::sequences::Sequences;
use crate::states::{Ledger, States, state};
use crate::{Dead, Error, now};
use futures::StreamExt as _;
use futures::future::BoxFuture;
use futures::stream::FuturesUnordered;
use proto::subject::stream;
use runtime::{LetterIs, LetterState};
use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
use std::future::Future;
use tokio::sync::watch;
use tokio::time::Instant;

/// What an operator asks for.
#[derive(Debug, Clone)]
pub struct Request {
    pub by: By,
    pub filter: Filter,
    /// Replay also what was given up or has died in three replays.
    pub force: bool,
    pub pace: Pace,
}

/// A replay in the hands of this process.
pub struct Engine {
    pub(crate) dead: Dead,
    records: Records,
    revision: u64,
    replay: Replay,
    told: watch::Sender<Replay>,
    /// Superseded letters, by run.
    superseded: BTreeMap<String, Sequences>,
    queue: VecDeque<Letter>,
    /// Marked by a process that died: it is not known whether they were published.
    uncertain: Vec<Letter>,
    sender: Sender,
    ledger: Ledger,
    states: States,
    wishes: Wishes,
    sending: FuturesUnordered<BoxFuture<'static, Result<Sent, Error>>>,
    /// Letters begun whose end is not known.
    open: HashMap<u64, Letter>,
    /// How letters ended: the letter that those became that died again.
    ended: HashMap<u64, Option<u64>>,
    died: BTreeMap<String, u64>,
    runs: Runs,
    begun_before: u64,
    paced_since: Option<Instant>,
    order: Order,
}

/// The runs that this process has looked at.
#[derive(Default)]
struct Runs {
    /// Re-opened, with their generation.
    open: BTreeMap<String, u32>,
    /// Somebody else has re-opened them meanwhile.
    lost: HashSet<String>,
    /// Letters of each run that were not published.
    left: BTreeMap<String, Vec<Letter>>,
}

impl Engine {
    /// Tells how far it is, each time that it has told the broker.
    pub fn progress(&self) -> watch::Receiver<Replay> {
        self.told.subscribe()
    }

    /// Works until every letter has ended, or it has to stop; pauses when `stop` says so.
    pub async fn run(mut self, stop: impl Future<Output = ()> + Send) -> Result<Replay, Error> {
        tokio::pin!(stop);
        let mut beat = tokio::time::interval(BEAT);
        beat.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        self.settle_uncertain().await?;
        loop {
            if let Some((phase, why)) = self.end() {
                return self.finish(phase, why).await;
            }
            let next = self.next();
            tokio::select! {
                biased;
                () = &mut stop => return self.leave().await,
                order = self.wishes.wait() => self.heed(order?).await?,
                _ = beat.tick() => self.tell().await?,
                Some(sent) = self.sending.next() => self.sent(sent?),
                told = self.states.wait() => {
                    let (sequence, record) = told?;
                    self.learn(sequence, &record).await?;
                }
                () = wait(next) => self.send_next().await?,
            }
        }
    }

    /// Whether nothing is left to do, and what that means.
    fn end(&self) -> Option<(Phase, String)> {
        if self.order == Order::Cancel {
            return Some((Phase::Cancelled, String::new()));
        }
        if let Some(why) = pace::verdict(self.replay.tally.ended(), &self.died) {
            return Some((Phase::Stopped, why));
        }
        let done = self.queue.is_empty() && self.sending.is_empty() && self.open.is_empty();
        done.then(|| (Phase::Finished, String::new()))
    }

    /// When the next letter may begin.
    fn next(&self) -> Next {
        let Some(letter) = self.queue.front() else { return Next::Later };
        // Two messages on one subject of a run would be one: the second waits for the end of the first.
        let same = |open: &Letter| letter.run.is_some() && open.subject == letter.subject;
        if self.order != Order::Run || self.open.values().any(same) {
            return Next::Later;
        }
        let course = Course {
            begun: self.begun(),
            ended: self.replay.tally.ended(),
            begun_before: self.begun_before,
            paced_for: self.paced_since.map(|since| since.elapsed()).unwrap_or_default(),
        };
        pace::next(&course, &self.replay.pace)
    }

    fn begun(&self) -> u64 {
        self.ended.len() as u64 + self.open.len() as u64 + self.replay.tally.skipped
    }

    async fn send_next(&mut self) -> Result<(), Error> {
        if self.paced_since.is_none() && self.replay.tally.ended() >= CANARY {
            (self.paced_since, self.begun_before) = (Some(Instant::now()), self.begun());
        }
        let Some(letter) = self.queue.pop_front() else { return Ok(()) };
        let Some(generation) = self.generation(&letter).await? else {
            self.skip(letter);
            return Ok(());
        };
        self.open.insert(letter.sequence, letter.clone());
        let sender = self.sender.clone();
        self.sending.push(Box::pin(async move { sender.send(letter, generation).await }));
        Ok(())
    }

    /// The generation that a letter goes in; none when its run cannot be re-opened any more.
    async fn generation(&mut self, letter: &Letter) -> Result<Option<u32>, Error> {
        let (Some(name), Some(_)) = (&letter.run, letter.stage) else { return Ok(Some(letter.generation)) };
        if let Some(generation) = self.runs.open.get(name) {
            return Ok(Some(*generation));
        }
        let Ok(run) = name.parse() else { return Ok(None) };
        if self.runs.lost.contains(name) {
            return Ok(None);
        }
        let asked = BTreeMap::from([(name.clone(), HashSet::new())]);
        let facts = self.dead.facts(&asked, &self.replay.id).await?.remove(name).unwrap_or_default();
        if facts.ours.is_none() && plan::run_objection(letter, &facts).is_some() {
            self.runs.lost.insert(name.clone());
            return Ok(None);
        }
        let generation = self.dead.claim(&run, &facts, &self.replay.id).await?;
        let at = now().to_rfc3339();
        for sequence in self.superseded.get(name).into_iter().flat_map(Sequences::iter) {
            let state = state(LetterIs::Superseded, &self.replay.id, at.clone(), None);
            self.ledger.take(sequence, None, &state).await?;
        }
        let queued = self.queue.iter().chain(&self.uncertain).chain([letter]);
        let of_run: Vec<&Letter> = queued.filter(|other| other.run.as_ref() == Some(name)).collect();
        self.dead.clear(&of_run, generation).await?;
        self.runs.open.insert(name.clone(), generation);
        Ok(Some(generation))
    }

    /// Publishes again what a process that died may have published; the message id makes it one message.
    async fn settle_uncertain(&mut self) -> Result<(), Error> {
        if self.uncertain.is_empty() {
            return Ok(());
        }
        let published = self.dead.published(&self.replay.id, self.replay.by.at).await?;
        while let Some(letter) = self.uncertain.pop() {
            self.open.insert(letter.sequence, letter.clone());
            if letter.stream != stream::RUN && published.contains(&letter.sequence) {
                self.replay.tally.published += 1;
            } else if let Some(generation) = self.generation(&letter).await? {
                let sent = self.sender.publish(letter, generation).await?;
                self.sent(sent);
            } else {
                self.open.remove(&letter.sequence);
                self.skip(letter);
            }
        }
        Ok(())
    }

    fn sent(&mut self, sent: Sent) {
        match sent {
            Sent::Published => self.replay.tally.published += 1,
            Sent::Taken(letter) => {
                self.open.remove(&letter.sequence);
                self.skip(*letter);
            }
        }
    }

    fn skip(&mut self, letter: Letter) {
        self.replay.tally.skipped += 1;
        if let Some(run) = &letter.run {
            self.runs.left.entry(run.clone()).or_default().push(letter);
        }
    }

    /// Learns how a letter ended.
    async fn learn(&mut self, sequence: u64, record: &Record) -> Result<(), Error> {
        let LetterState { state: standing, replay, next, .. } = &record.state;
        if *replay != self.replay.id || !matches!(standing, LetterIs::Resolved | LetterIs::DiedAgain) {
            return Ok(());
        }
        let tally = &mut self.replay.tally;
        match (self.ended.get(&sequence), next) {
            (None, _) if self.open.remove(&sequence).is_none() => return Ok(()),
            (None, None) => tally.resolved += 1,
            (None, Some(_)) => tally.died_again += 1,
            // A part of a run is handled by all that read its subject: one death outweighs what the others say.
            (Some(None), Some(_)) => {
                (tally.resolved, tally.died_again) = (tally.resolved - 1, tally.died_again + 1)
            }
            (Some(Some(died)), None) => {
                let state = state(LetterIs::DiedAgain, &self.replay.id, record.state.at.clone(), Some(*died));
                self.ledger.take(sequence, Some(record.revision), &state).await?;
                return Ok(());
            }
            (Some(_), _) => return Ok(()),
        }
        self.ended.insert(sequence, *next);
        if let Some(next) = next {
            let print = self.dead.fetch(*next).await?.letter.fingerprint;
            *self.died.entry(print).or_default() += 1;
        }
        Ok(())
    }

    async fn heed(&mut self, order: Order) -> Result<(), Error> {
        self.order = order;
        self.replay.phase = if order == Order::Pause { Phase::Paused } else { Phase::Running };
        self.tell().await
    }

    /// Tells the broker how far it is; ends when another process has taken over.
    async fn tell(&mut self) -> Result<(), Error> {
        let revision = self.records.update(self.replay.told(), self.revision).await?;
        self.revision = revision.ok_or_else(|| Error::Attended(self.replay.id.clone()))?;
        self.told.send_replace(self.replay.clone());
        Ok(())
    }

    /// Leaves the replay to whoever resumes it.
    async fn leave(mut self) -> Result<Replay, Error> {
        self.drain().await?;
        (self.replay.phase, self.replay.holder) = (Phase::Paused, None);
        self.tell().await?;
        Ok(self.replay)
    }

    async fn finish(mut self, phase: Phase, why: String) -> Result<Replay, Error> {
        self.drain().await?;
        for letter in std::mem::take(&mut self.queue) {
            if let Some(run) = &letter.run {
                self.runs.left.entry(run.clone()).or_default().push(letter);
            }
        }
        self.find_opened().await?;
        for (run, left) in &self.runs.left {
            if let Some(generation) = self.runs.open.get(run) {
                self.dead.close(&left.iter().collect::<Vec<_>>(), *generation).await?;
            }
        }
        let by = By { at: now(), ..self.replay.by.clone() };
        (self.replay.phase, self.replay.why, self.replay.holder) = (phase, why, None);
        self.tell().await?;
        let Tally { published, resolved, died_again, skipped } = self.replay.tally;
        let counts = [
            ("published", published),
            ("resolved", resolved),
            ("died_again", died_again),
            ("skipped", skipped),
        ];
        let mut event = Event::new(Verb::ReplayEnded, &self.replay.id, &by);
        event.counts = counts.map(|(name, count)| (name.to_owned(), count)).into();
        event.note = [phase.as_str(), &self.replay.why].join(" ").trim().to_owned();
        self.dead.record(&event).await?;
        Ok(self.replay)
    }

    /// Finds the runs that a process before this one has opened, and whose letters are left.
    async fn find_opened(&mut self) -> Result<(), Error> {
        let unknown = self.runs.left.keys().filter(|run| !self.runs.open.contains_key(*run));
        let asked: BTreeMap<String, HashSet<String>> =
            unknown.map(|run| (run.clone(), HashSet::new())).collect();
        if asked.is_empty() {
            return Ok(());
        }
        for (run, facts) in self.dead.facts(&asked, &self.replay.id).await? {
            self.runs.open.extend(facts.ours.map(|generation| (run, generation)));
        }
        Ok(())
    }

    /// Waits for what is being published.
    async fn drain(&mut self) -> Result<(), Error> {
        while let Some(sent) = self.sending.next().await {
            self.sent(sent?);
        }
        Ok(())
    }
}

/// Waits until the next letter may begin.
async fn wait(next: Next) {
    match next {
        Next::Now => {}
        Next::After(wait) => tokio::time::sleep(wait).await,
        Next::Later => std::future::pending::<()>().await,
    }
}
