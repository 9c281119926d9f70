//! The worker that stores a run late: from its backup file, or from the stream where the file is out of reach.

use crate::store::{Failure, store};
use crate::{Config, file, outcome, stream};
use chrono::{DateTime, Utc};
use db::Db;
use db::segments::Replaced;
use proto::subject::Stage;
use proto::v1::{StoreOutcome, StoreRetry, StoreStatus};
use proto::{Outbox, RunId};
use runtime::{Delivery, Fault, OrFault as _, Part, Retry, Runs, Source, Worker};
use std::path::Path;
use std::time::Duration;

pub struct StoreRetrier {
    config: Config,
    db: Db,
}

impl StoreRetrier {
    pub fn new(config: Config, db: Db) -> Self {
        Self { config, db }
    }

    async fn store(
        &self,
        waiting: &Waiting,
        id: &RunId,
        runs: &Runs,
        ready_at: DateTime<Utc>,
        now: DateTime<Utc>,
    ) -> Result<Replaced, Failure> {
        if let Ok(opened) = file::open(Path::new(&waiting.backup_file)).await {
            let (run, clinics) = opened.clinics();
            match store(&self.db, &run, stream::rows(clinics), ready_at, now).await {
                // The file ended early, or somebody else wrote into it.
                Err(Failure::Unread(_)) => {}
                result => return result,
            }
        }
        let run = stream::run(runs, id, waiting.generation).await.map_err(Failure::Fault)?;
        let clinics = stream::assignments(runs, id, run.summary.clinic_parts);
        store(&self.db, &run, stream::rows(clinics), ready_at, now).await
    }
}

impl Worker for StoreRetrier {
    const NAME: &'static str = crate::RETRIER;
    const SOURCE: Source = Source::Jobs(crate::RETRIER);
    const RETRY: Retry = Retry { lease: Duration::from_secs(60), concurrency: 1, ..Retry::DEFAULT };
    type Input = StoreRetry;

    async fn handle(&self, job: StoreRetry, delivery: &Delivery) -> Result<Outbox, Fault> {
        let now = delivery.now();
        let id: RunId = job.run_id.parse().or_reject()?;
        let due = time(&job.not_before)?;
        let ready_at = time(&job.ready_at)?;
        if let Some(after) = remaining(due, now) {
            return Err(Fault::Wait { after, cause: format!("not before {}", job.not_before).into() });
        }
        let said = delivery.runs().part(&id, Stage::Outcome, outcome::PART).await.map_err(stream::unread)?;
        let Some(waiting) = waiting(&job, said, delivery.generation) else {
            return Ok(Outbox::none());
        };
        match self.store(&waiting, &id, delivery.runs(), ready_at, now).await {
            Ok(replaced) => {
                let stored = StoreOutcome { backup_file: waiting.backup_file, ..outcome::stored(replaced) };
                Ok(outcome::announce(&id, &stored)
                    .with_alerts([outcome::stored_late(&job.run_id, &stored)])
                    .in_generation(waiting.generation))
            }
            Err(Failure::Down(_)) => {
                let again = StoreRetry {
                    backup_file: waiting.backup_file,
                    not_before: self.config.next_try(now),
                    tries: job.tries + 1,
                    ..job
                };
                Ok(outcome::announce(&id, &outcome::backed_up(&again))
                    .with(outcome::retry(&again))
                    .in_generation(waiting.generation))
            }
            Err(Failure::Unread(cause)) => Err(Fault::Retry { after: None, cause }),
            Err(Failure::Fault(fault)) => Err(fault),
        }
    }
}

fn time(text: &str) -> Result<DateTime<Utc>, Fault> {
    Ok(DateTime::parse_from_rfc3339(text).or_reject()?.to_utc())
}

/// A run that is not stored yet.
#[derive(Debug, PartialEq, Eq)]
struct Waiting {
    backup_file: String,
    generation: u32,
}

/// What is left to store. The outcome part knows better than the job: a replay may have stored the run meanwhile, or backed it up anew.
fn waiting(job: &StoreRetry, said: Option<Part<StoreOutcome>>, generation: u32) -> Option<Waiting> {
    match said {
        Some(Part { body: Ok(outcome), .. }) if outcome.status() == StoreStatus::Stored => None,
        Some(Part { body: Ok(outcome), generation, .. }) => {
            Some(Waiting { backup_file: outcome.backup_file, generation })
        }
        Some(Part { body: Err(_), .. }) | None => {
            Some(Waiting { backup_file: job.backup_file.clone(), generation })
        }
    }
}

/// How long to wait still, if at all.
fn remaining(due: DateTime<Utc>, now: DateTime<Utc>) -> Option<Duration> {
    (due - now).to_std().ok().filter(|left| !left.is_zero())
}

#[cfg(test)]
mod tests {
    use super::*;
    use runtime::Tombstone;

    fn job() -> StoreRetry {
        StoreRetry { run_id: "r".into(), backup_file: "/tmp/first.json".into(), ..StoreRetry::default() }
    }

    fn said(status: StoreStatus, backup_file: &str, generation: u32) -> Part<StoreOutcome> {
        let body = StoreOutcome {
            status: status.into(),
            backup_file: backup_file.into(),
            ..StoreOutcome::default()
        };
        Part { name: outcome::PART.parse().unwrap(), generation, body: Ok(body) }
    }

    #[track_caller]
    fn check(said: Option<Part<StoreOutcome>>, expected: Option<(&str, u32)>) {
        let expected = expected.map(|(file, generation)| Waiting { backup_file: file.into(), generation });
        assert_eq!(waiting(&job(), said, 0), expected);
    }

    #[test]
    fn a_run_that_was_stored_meanwhile_is_left_alone() {
        check(Some(said(StoreStatus::Stored, "", 1)), None);
    }

    #[test]
    fn a_run_that_was_backed_up_anew_is_taken_from_the_newer_file() {
        check(Some(said(StoreStatus::BackedUp, "/tmp/second.json", 1)), Some(("/tmp/second.json", 1)));
    }

    #[test]
    fn without_an_outcome_the_job_is_believed() {
        check(None, Some(("/tmp/first.json", 0)));
        let tombstone =
            Part { body: Err(Tombstone { class: "permanent".into() }), ..said(StoreStatus::Stored, "", 3) };
        check(Some(tombstone), Some(("/tmp/first.json", 0)));
    }

    #[test]
    fn a_try_is_made_when_its_time_has_come() {
        let due = DateTime::UNIX_EPOCH + Duration::from_secs(3600);
        assert_eq!(remaining(due, DateTime::UNIX_EPOCH), Some(Duration::from_secs(3600)));
        assert_eq!(remaining(due, due), None);
        assert_eq!(remaining(due, due + Duration::from_secs(1)), None);
    }
}
