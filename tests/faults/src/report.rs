//! What was done, what was asked, and what was found.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use crate::asked::Asked;
use crate::fleet::Fleet;
use crate::kinds::kinds;
use crate::oracle::Verdict;

#[derive(Debug, Default)]
pub struct Report {
    seed: u64,
    servers: usize,
    /// Faults by kind.
    faults: BTreeMap<&'static str, usize>,
    tripped: usize,
    unasked: BTreeMap<String, usize>,
    asked: [usize; 4],
    calls: usize,
    accepted: Duration,
    pub(crate) struck: Duration,
    pub(crate) drained: Duration,
    /// Consumers that had something left in the end.
    pub(crate) left: Vec<String>,
    pub(crate) verdict: Verdict,
    logs: Option<PathBuf>,
}

impl Report {
    pub(crate) fn new(seed: u64, servers: usize) -> Self {
        Self { seed, servers, ..Self::default() }
    }

    pub(crate) fn count(&mut self, kind: &'static str) {
        *self.faults.entry(kind).or_default() += 1;
    }

    /// Faults so far.
    pub fn done(&self) -> usize {
        self.faults.values().sum()
    }

    /// Whether nothing was lost, doubled or left.
    pub fn is_clean(&self) -> bool {
        self.verdict.is_clean() && self.left.is_empty()
    }

    /// Takes what is worth telling from the fleet; its logs stay if something is wrong.
    pub(crate) fn close(&mut self, fleet: &mut Fleet, asked: &Asked) {
        self.tripped = fleet.tripped;
        for how in &fleet.unasked {
            *self.unasked.entry(how.clone()).or_default() += 1;
        }
        self.asked = [asked.runs.len(), asked.alerts.len(), asked.corrupt.len(), asked.engagements.len()];
        self.calls = fleet.claude.calls();
        self.accepted = asked.slowest;
        if !self.is_clean() {
            fleet.keep_logs();
            self.logs = Some(fleet.logs().to_owned());
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (struck, drained) = (self.struck.as_secs(), self.drained.as_secs());
        writeln!(f, "seed {}: {} faults in {struck} s, drained in {drained} s", self.seed, self.done())?;
        let kinds = kinds(self.servers);
        for (name, count) in kinds.iter().filter_map(|(name, ..)| Some((name, self.faults.get(name)?))) {
            writeln!(f, "{count:>6}  {name}")?;
        }
        writeln!(f, "{:>6}  of these died at their point", self.tripped)?;
        for (name, ..) in kinds.iter().filter(|(name, ..)| !self.faults.contains_key(name)) {
            writeln!(f, "     -  {name}: not possible here, or not drawn")?;
        }
        let [runs, alerts, corrupt, engagements] = self.asked;
        writeln!(
            f,
            "asked: {runs} runs, {alerts} alerts, {engagements} engagement events; {corrupt} corrupt messages; {} calls of Claude",
            self.calls
        )?;
        writeln!(
            f,
            "the broker took at most {:.1} s until it had accepted something",
            self.accepted.as_secs_f64()
        )?;
        for (what, count) in self.verdict.notes.iter().chain(&self.unasked) {
            writeln!(f, "{count:>6}  {what}")?;
        }
        let Verdict { lost, doubled, wrong, .. } = &self.verdict;
        for (word, all) in [("lost", lost), ("doubled", doubled), ("wrong", wrong), ("left", &self.left)] {
            for what in all {
                writeln!(f, "{word}: {what}")?;
            }
        }
        if let Some(logs) = &self.logs {
            writeln!(f, "logs are in {}", logs.display())?;
        }
        write!(f, "{} lost, {} doubled", lost.len(), doubled.len())?;
        match wrong.len() + self.left.len() {
            0 => Ok(()),
            more => write!(f, ", {more} wrong otherwise"),
        }
    }
}
