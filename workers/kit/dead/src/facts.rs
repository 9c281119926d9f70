//! What is known of the runs that a replay would re-open, from the headers of their messages.

use crate::letter;
use crate::plan::Facts;
use crate::reader::{Found, Reader, Wanted};
use crate::{Dead, Error};
use async_nats::jetstream::consumer::DeliverPolicy;
use proto::subject::{Stage, Subject, header, stream};
use std::collections::{BTreeMap, HashSet};

/// Runs that are read at once.
const AT_ONCE: usize = 100;

impl Dead {
    /// Reads what is known of these runs; each names the tombstones that are asked about.
    pub(crate) async fn facts(
        &self,
        runs: &BTreeMap<String, HashSet<String>>,
        replay: &str,
    ) -> Result<BTreeMap<String, Facts>, Error> {
        let mut facts: BTreeMap<String, Facts> =
            runs.keys().map(|run| (run.clone(), Facts::default())).collect();
        let names: Vec<proto::RunId> = runs.keys().filter_map(|run| run.parse().ok()).collect();
        for names in names.chunks(AT_ONCE) {
            let wanted = Wanted {
                stream: stream::RUN.to_owned(),
                filters: names.iter().map(Subject::run).collect(),
                from: DeliverPolicy::All,
                headers_only: true,
            };
            let mut reader = Reader::open(&self.jetstream, wanted).await?;
            while let Some(found) = reader.next().await? {
                let Ok(subject) = found.subject.parse::<Subject>() else { continue };
                let run = subject.run_id().map_or("", proto::Token::as_str);
                if let (Some(facts), Some(asked)) = (facts.get_mut(run), runs.get(run)) {
                    facts.learn(&subject, &found, asked, replay);
                }
            }
        }
        Ok(facts)
    }
}

impl Facts {
    fn learn(&mut self, subject: &Subject, found: &Found, asked: &HashSet<String>, replay: &str) {
        let generation = letter::number(&found.headers, header::GENERATION).unwrap_or_default();
        self.kept = true;
        self.highest = self.highest.max(generation);
        match subject {
            Subject::Complete { generation, .. } => self.highest = self.highest.max(*generation),
            Subject::Part { stage: Stage::Reopen, part, .. } => {
                let generation = part.as_str().parse().unwrap_or_default();
                self.highest = self.highest.max(generation);
                self.claimed = self.claimed.max(generation);
                if letter::text(&found.headers, header::REPLAY) == Some(replay) {
                    self.ours = Some(generation);
                }
            }
            Subject::Part { stage: Stage::Notify, .. } => self.announced = Some(generation),
            Subject::Part { stage: Stage::Template, .. } => self.templates += 1,
            _ => {}
        }
        if asked.contains(&found.subject) && letter::text(&found.headers, header::TOMBSTONE).is_none() {
            self.made.insert(found.subject.clone());
        }
    }
}
