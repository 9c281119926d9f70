//! Plans and begins a replay, or takes one over from a process that died.

use super::{Engine, Request, Runs};
use crate::audit::{By, Event, Verb, new_id};
use crate::filter::Filter;
use crate::letter::Letter;
use crate::plan::{self, Plan, objection};
use crate::replay::{Manifest, Order, Phase, Records, Replay, Tally, Wishes};
use crate::send::Sender;
use crate::sequences::Sequences;
use crate::states::{Ledger, States};
use crate::{Dead, Error};
use futures::stream::FuturesUnordered;
use runtime::LetterIs;
use std::collections::{BTreeMap, HashMap, VecDeque};
use tokio::sync::watch;

impl Dead {
    /// What a replay would do. Nothing is changed.
    pub async fn plan(&self, filter: &Filter, force: bool) -> Result<Plan, Error> {
        self.plan_among(self.list(&Filter::default()).await?, filter, force).await
    }

    /// The same, of whoever knows all letters already.
    pub async fn plan_among(
        &self,
        letters: Vec<Letter>,
        filter: &Filter,
        force: bool,
    ) -> Result<Plan, Error> {
        let runs = plan::involved(&letters, filter, force);
        let facts = self.facts(&runs, "").await?;
        Ok(plan::plan(letters, filter, &facts, force))
    }

    /// Begins a replay of what was planned.
    pub async fn begin(&self, plan: Plan, request: Request) -> Result<Engine, Error> {
        let id = new_id();
        let letters: Sequences = plan.letters.iter().map(|letter| letter.sequence).collect();
        let mut runs: BTreeMap<String, Sequences> = plan::runs_of(&plan.letters)
            .into_iter()
            .map(|run| (run.to_owned(), Sequences::default()))
            .collect();
        for (run, superseded) in &mut runs {
            let of_run = plan.superseded.iter().filter(|letter| letter.run.as_ref() == Some(run));
            *superseded = of_run.map(|letter| letter.sequence).collect();
        }
        let manifest = Manifest { letters: letters.clone(), runs };
        let replay = Replay {
            id: id.clone(),
            by: request.by.clone(),
            filter: request.filter.clone(),
            force: request.force,
            pace: request.pace,
            phase: Phase::Running,
            why: String::new(),
            letters: letters.count(),
            runs: manifest.runs.len() as u64,
            tally: Tally::default(),
            told_at: request.by.at,
            holder: Some(new_id()),
        };
        let event = Event::new(Verb::Replay, &id, &request.by).about(letters);
        self.record(&Event { filter: Some(request.filter), ..event }).await?;
        let records = Records::open(self).await?;
        let revision = records.create(&replay, &manifest).await?;
        Engine::open(self, records, revision, replay, manifest, plan.letters).await
    }

    /// Takes over a replay that no process works on.
    pub async fn take_over(&self, id: &str) -> Result<Engine, Error> {
        let records = Records::open(self).await?;
        let seen = records.replay(id).await?;
        let mut replay = seen.value;
        if replay.phase.is_over() {
            return Err(Error::Over { id: id.to_owned(), phase: replay.phase });
        }
        replay.holder = Some(new_id());
        let revision = records.update(replay.told(), seen.revision).await?;
        let revision = revision.ok_or_else(|| Error::Attended(id.to_owned()))?;
        let manifest = records.manifest(id).await?;
        let letters = self.list(&Filter::of(manifest.letters.clone())).await?;
        Engine::open(self, records, revision, replay, manifest, letters).await
    }

    /// Tells the process that works on a replay what to do.
    pub async fn order(&self, id: &str, order: Order, by: &By) -> Result<Replay, Error> {
        let records = Records::open(self).await?;
        let replay = records.replay(id).await?.value;
        if replay.phase.is_over() {
            return Err(Error::Over { id: id.to_owned(), phase: replay.phase });
        }
        let verb = match order {
            Order::Run => Verb::Resume,
            Order::Pause => Verb::Pause,
            Order::Cancel => Verb::Cancel,
        };
        self.record(&Event::new(verb, id, by)).await?;
        records.wish(id, order).await?;
        Ok(replay)
    }
}

impl Engine {
    async fn open(
        dead: &Dead,
        records: Records,
        revision: u64,
        replay: Replay,
        manifest: Manifest,
        mut letters: Vec<Letter>,
    ) -> Result<Self, Error> {
        let mut states = States::read(dead, &Sequences::default()).await?;
        let known = std::mem::take(&mut states.records);
        let ledger = Ledger::open(dead).await?;
        letters.sort_by(|a, b| (&a.run, a.sequence).cmp(&(&b.run, b.sequence)));
        let mut engine = Self {
            sender: Sender { dead: dead.clone(), ledger: ledger.clone(), replay: replay.id.clone() },
            wishes: Wishes::of(dead, &replay.id).await?,
            told: watch::Sender::new(replay.clone()),
            dead: dead.clone(),
            superseded: manifest.runs,
            replay: Replay { tally: Tally::default(), phase: Phase::Running, ..replay },
            queue: VecDeque::new(),
            uncertain: Vec::new(),
            sending: FuturesUnordered::new(),
            open: HashMap::new(),
            ended: HashMap::new(),
            died: BTreeMap::new(),
            runs: Runs::default(),
            begun_before: 0,
            paced_since: None,
            order: Order::Run,
            records,
            revision,
            ledger,
            states,
        };
        engine.order = engine.wishes.standing().await?.unwrap_or(Order::Run);
        for letter in letters {
            let record = known.get(&letter.sequence);
            match record.filter(|record| record.state.replay == engine.replay.id) {
                None if objection(&letter, engine.replay.force).is_none() => engine.queue.push_back(letter),
                // Somebody has taken it since it was planned.
                None => engine.skip(letter),
                Some(record) if record.state.state == LetterIs::Replaying => engine.uncertain.push(letter),
                Some(record) => {
                    engine.replay.tally.published += 1;
                    engine.open.insert(letter.sequence, letter.clone());
                    engine.learn(letter.sequence, record).await?;
                }
            }
        }
        Ok(engine)
    }
}
