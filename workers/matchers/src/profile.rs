//! Reads the profile of a run once, however many clinic parts of it are matched.

use std::collections::VecDeque;
use std::sync::Arc;

use places::Hints;
use proto::subject::{RunId, Stage};
use proto::v1::{PainPart, PlaceHints, RunHeader};
use proto::{Message, Name};
use runtime::{Delivery, ReadError, Runs};
use tokio::sync::{Mutex, OnceCell};

use crate::Config;
use crate::rules::{Rules, wanted};

/// Runs whose strategy stays prepared; seldom are more than two in flight.
const KEPT: usize = 3;

/// Why a profile could not be prepared.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error("could not read the profile of run {run}")]
    Read { run: RunId, source: ReadError },
    #[error("part {part} of the profile of run {run} is missing: replay the loader's message for this run")]
    Missing { run: RunId, part: String },
}

impl Error {
    /// What cannot be decoded now will not be later.
    pub(crate) fn is_undecodable(&self) -> bool {
        matches!(self, Self::Read { source: ReadError::Decode { .. }, .. })
    }
}

/// The strategy prepared for the last few runs; none where the run does not ask for it.
pub(crate) struct Profiles<R> {
    recent: Mutex<VecDeque<Entry<R>>>,
}

struct Entry<R> {
    run: RunId,
    generation: u32,
    rules: Arc<OnceCell<Option<R>>>,
}

impl<R> Default for Profiles<R> {
    fn default() -> Self {
        Self { recent: Mutex::new(VecDeque::new()) }
    }
}

impl<R: Rules> Profiles<R> {
    /// Parts that come at the same time wait for the one that reads.
    pub(crate) async fn prepared(
        &self,
        config: &Config,
        run: &RunId,
        delivery: &Delivery,
    ) -> Result<Arc<OnceCell<Option<R>>>, Error> {
        let cell = self.cell(run, delivery.generation).await;
        cell.get_or_try_init(|| prepare(config, run, delivery)).await?;
        Ok(cell)
    }

    async fn cell(&self, run: &RunId, generation: u32) -> Arc<OnceCell<Option<R>>> {
        let mut recent = self.recent.lock().await;
        let known = recent.iter().find(|entry| entry.run == *run && entry.generation == generation);
        if let Some(entry) = known {
            return entry.rules.clone();
        }
        let rules = Arc::new(OnceCell::new());
        recent.push_front(Entry { run: run.clone(), generation, rules: rules.clone() });
        recent.truncate(KEPT);
        rules
    }
}

async fn prepare<R: Rules>(config: &Config, run: &RunId, delivery: &Delivery) -> Result<Option<R>, Error> {
    let runs = delivery.runs();
    let header: RunHeader = part(runs, run, "run").await?;
    if !wanted(&header, R::STRATEGY) {
        return Ok(None);
    }
    let mut hints = Hints::default();
    for index in 0..if R::HINTED { header.hint_parts } else { 0 } {
        let part: PlaceHints = part(runs, run, &format!("hints-{index}")).await?;
        for hint in part.hints {
            hints.insert(&hint.city, &hint.state);
        }
    }
    let mut rules = R::begin(config, &header, hints);
    for index in 0..header.pain_parts {
        let part: PainPart = part(runs, run, &format!("pains-{index}")).await?;
        for pain in &part.pain_points {
            rules.learn(pain);
        }
        delivery.advance();
    }
    rules.seal();
    Ok(Some(rules))
}

async fn part<M: Message + Name + Default>(runs: &Runs, run: &RunId, name: &str) -> Result<M, Error> {
    let read = runs.part(run, Stage::Profile, name).await;
    let part = read.map_err(|source| Error::Read { run: run.clone(), source })?;
    let found = part.and_then(|part| part.body.ok());
    found.ok_or_else(|| Error::Missing { run: run.clone(), part: name.to_owned() })
}
