//! Counts effects and dead letters: everything that was accepted has to end in exactly one of them.

mod claude;
mod engaged;
mod export;
mod letters;
mod logs;
mod notices;
mod runs;
mod store;

use std::collections::BTreeMap;

use anyhow::Context as _;

use crate::asked::Asked;
use crate::fleet::Fleet;

/// What was found.
#[derive(Debug, Default)]
pub(crate) struct Verdict {
    pub(crate) lost: Vec<String>,
    pub(crate) doubled: Vec<String>,
    /// Neither lost nor doubled, and not right either.
    pub(crate) wrong: Vec<String>,
    /// What is allowed and worth knowing, counted.
    pub(crate) notes: BTreeMap<String, usize>,
}

impl Verdict {
    pub(crate) fn is_clean(&self) -> bool {
        self.lost.is_empty() && self.doubled.is_empty() && self.wrong.is_empty()
    }

    fn note(&mut self, what: impl Into<String>) {
        *self.notes.entry(what.into()).or_default() += 1;
    }
}

/// Judges a fleet that is healed and drained.
pub(crate) async fn judge(fleet: &Fleet, runs: &runtime::Runs, asked: &Asked) -> anyhow::Result<Verdict> {
    let mut verdict = Verdict::default();
    let letters = letters::read(runs).await.context("could not read the dead letters")?;
    letters::check(&letters, asked, &mut verdict);
    let url = fleet.stack.postgres_url();
    engaged::check(&url, asked, &letters, &mut verdict).await.context("could not read the activities")?;
    let stored = store::read(&url).await.context("could not read what was stored")?;
    let outputs = fleet.outputs();
    let world = runs::Found { runs, letters: &letters, stored: &stored, outputs: &outputs };
    let ended = world.check(asked, &mut verdict).await.context("could not read a run")?;
    store::check_nobody_elses(&stored, &ended, &mut verdict);
    notices::check(fleet, asked, &ended, &letters, &mut verdict);
    claude::check(fleet, &mut verdict);
    logs::check(fleet, &mut verdict)?;
    Ok(verdict)
}
