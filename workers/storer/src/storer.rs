//! The worker: a complete run in, its rows in Postgres out; a backup file while Postgres is down.

use crate::store::{Failure, store};
use crate::{file, outcome, stream};
use backon::{ExponentialBuilder, Retryable as _};
use chrono::{DateTime, Utc};
use db::Db;
use futures::TryStreamExt as _;
use proto::subject::{Stage, Subject};
use proto::v1::{Complete, StoreRetry};
use proto::{Outbox, RunId};
use runtime::{Cause, Delivery, Fault, Retry, Runs, Source, Worker};
use std::path::PathBuf;
use std::time::Duration;

/// Tries after the first one (PT-094), a fraction of a second apart: longer outages are the backup's affair.
const TRIES: usize = 3;
const FIRST_DELAY: Duration = Duration::from_millis(200);

#[derive(Debug, Clone, clap::Args)]
#[group(skip)]
pub struct Config {
    /// Directory for the backups of runs that could not be stored.
    #[arg(long, env = "BACKUP_DIRECTORY", default_value = "/tmp", value_name = "PATH")]
    pub backup_directory: PathBuf,

    /// Seconds until a run that could not be stored is tried again.
    #[arg(long, env = "STORE_RETRY_AFTER", default_value_t = 3600, value_name = "SECONDS", value_parser = clap::value_parser!(u32).range(1..=86_400))]
    pub store_retry_after: u32,
}

impl Config {
    /// When to try again.
    pub(crate) fn next_try(&self, now: DateTime<Utc>) -> String {
        outcome::time(now + Duration::from_secs(self.store_retry_after.into()))
    }
}

pub struct Storer {
    config: Config,
    db: Db,
}

impl Storer {
    pub fn new(config: Config, db: Db) -> Self {
        Self { config, db }
    }

    async fn back_up(
        &self,
        run: &crate::rows::Run,
        id: &RunId,
        runs: &Runs,
        cause: db::Error,
        now: DateTime<Utc>,
    ) -> Result<Outbox, Fault> {
        let clinics = stream::assignments(runs, id, run.summary.clinic_parts);
        let matched = clinics.try_filter(|clinic| std::future::ready(clinic.segment.is_some()));
        let (backup_file, cause) = match file::save(&self.config.backup_directory, run, matched, now).await {
            Ok(path) => (path.display().to_string(), cause.to_string()),
            Err(file::Error::Clinics(cause)) => return Err(stream::fault(cause)),
            // The stream keeps the run for days: what the file is for is that people can see it.
            Err(error) => (String::new(), format!("{cause}; {error}")),
        };
        let retry = StoreRetry {
            run_id: run.run_id.clone(),
            client_id: run.client_id.clone(),
            backup_file,
            not_before: self.config.next_try(now),
            tries: 0,
            ready_at: outcome::time(now),
        };
        Ok(outcome::announce(id, &outcome::backed_up(&retry))
            .with(outcome::retry(&retry))
            .with_alerts([outcome::down(&retry, &cause)]))
    }
}

impl Worker for Storer {
    const NAME: &'static str = "storer";
    const SOURCE: Source = Source::Complete(Stage::Template);
    const RETRY: Retry = Retry { lease: Duration::from_secs(60), concurrency: 2, ..Retry::DEFAULT };
    type Input = Complete;

    async fn handle(&self, _complete: Complete, delivery: &Delivery) -> Result<Outbox, Fault> {
        let (id, runs, now) = (delivery.run()?, delivery.runs(), delivery.now());
        let run = stream::run(runs, id, delivery.generation).await?;
        let parts = run.summary.clinic_parts;
        let once = || store(&self.db, &run, stream::rows(stream::assignments(runs, id, parts)), now, now);
        let backoff =
            ExponentialBuilder::default().with_min_delay(FIRST_DELAY).with_max_times(TRIES).with_jitter();
        match once.retry(backoff).when(Failure::is_down).await {
            Ok(replaced) => Ok(outcome::announce(id, &outcome::stored(replaced))),
            Err(Failure::Down(cause)) => self.back_up(&run, id, runs, cause, now).await,
            Err(Failure::Unread(cause)) => Err(Fault::Retry { after: None, cause }),
            Err(Failure::Fault(fault)) => Err(fault),
        }
    }

    fn code(&self, cause: &Cause) -> Option<String> {
        runtime::find::<db::Error>(cause).and_then(db::Error::code)
    }

    fn tombstones(&self, subject: &Subject, class: &'static str) -> Outbox {
        subject.run_id().map_or_else(Outbox::none, |run| outcome::tombstone(run, class))
    }
}
