//! Every worker of the fleet, by the name it is run under. Adding one: a crate, a variant, an arm.

use std::net::SocketAddr;
use std::time::Duration;

use async_nats::jetstream::kv;
use clap::ValueEnum;
use detector::Learner;
use growth::OutcomeRecorder;
use loader::{Loader, MATCH_JOB, ScrapeCollector, ScrapeTrigger, TickTrigger};
use matchers::{BusinessTypeMatcher, GeographicMatcher, PainPatternMatcher};
use notifier::{Alerter, Notifier};
use outreach::{CampaignKeeper, Recorder, WordsKeeper};
use runtime::{Consumer, Runtime, Worker as _};
use scorer::{LeadScorer, LeadUpdateScorer, Rescorer, Scorer, Together};
use storer::{StoreRetrier, Storer};
use templater::{CampaignWriter, SequenceWriter, Templater};
use tokio::task::JoinSet;

use crate::exit::Failure;
use crate::workers::Workers;

/// What `leadfleet run` takes; the matchers also by the names that `leadfleet status` shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
#[value(rename_all = "snake_case")]
pub enum Role {
    /// All workers; not the gateway.
    All,
    /// Decides when a run is due, and loads it.
    Loader,
    /// All three matchers.
    Matchers,
    /// Matches clinics to the places that pain points name.
    #[value(alias = "matcher-geographic")]
    Geographic,
    /// Matches clinics to the types that pain points name.
    #[value(alias = "matcher-business-type")]
    BusinessType,
    /// Matches clinics to the problems their reviews show.
    #[value(alias = "matcher-pain-pattern")]
    PainPattern,
    /// Makes segments and priorities of the matches, and scores leads.
    Scorer,
    /// Writes a template for each segment, the words of sequences, and campaigns.
    Templater,
    /// Stores runs in Postgres.
    Storer,
    /// Writes the files of a run.
    Exporter,
    /// Announces runs and alerts.
    Notifier,
    /// Learns what conversions have in common, weekly and when asked.
    Detector,
    /// Records what became of touches, announces those that are due, and keeps the words of sequences and campaigns.
    Outreach,
    /// Learns what contractors that levelled up have in common, monthly and when asked, and records what came of goals.
    Growth,
    /// Answers the HTTP API and takes webhooks.
    Gateway,
}

/// The roles behind `all` and `matchers`, each once.
pub fn expand(asked: &[Role]) -> Vec<Role> {
    let matchers = [Role::Geographic, Role::BusinessType, Role::PainPattern];
    let mut roles: Vec<Role> = asked
        .iter()
        .flat_map(|role| match role {
            Role::All => Role::value_variants()
                .iter()
                .copied()
                .filter(|role| !matches!(role, Role::All | Role::Matchers | Role::Gateway))
                .collect(),
            Role::Matchers => matchers.to_vec(),
            role => vec![*role],
        })
        .collect();
    roles.sort_unstable();
    roles.dedup();
    roles
}

/// What runs: each task ends when the runtime is asked to stop, or with the error that ends the process.
pub type Running = JoinSet<anyhow::Result<()>>;

/// The consumers of all roles.
pub fn consumers(lease: Option<Duration>) -> Vec<Consumer> {
    vec![
        Consumer::of::<ScrapeCollector>(lease),
        Consumer::of::<ScrapeTrigger>(lease),
        Consumer::of::<TickTrigger>(lease),
        Consumer::of::<Loader>(lease),
        Consumer::of::<GeographicMatcher>(lease),
        Consumer::of::<BusinessTypeMatcher>(lease),
        Consumer::of::<PainPatternMatcher>(lease),
        Consumer::of::<Scorer>(lease),
        Consumer::of::<LeadScorer>(lease),
        Consumer::of::<LeadUpdateScorer>(lease),
        Consumer::of::<Rescorer>(lease),
        Consumer::of::<Templater>(lease),
        Consumer::of::<SequenceWriter>(lease),
        Consumer::of::<CampaignWriter>(lease),
        Consumer::of::<Storer>(lease),
        Consumer::of::<StoreRetrier>(lease),
        Consumer::of::<exporter::Exporter>(lease),
        Consumer::of::<Notifier>(lease),
        Consumer::of::<Alerter>(lease),
        Consumer::of::<Recorder>(lease),
        Consumer::of::<Learner>(lease),
        Consumer::of::<growth::Learner>(lease),
        Consumer::of::<OutcomeRecorder>(lease),
        Consumer::of::<WordsKeeper>(lease),
        Consumer::of::<CampaignKeeper>(lease),
    ]
}

impl Role {
    /// The names of its workers.
    pub fn workers(self) -> &'static [&'static str] {
        match self {
            Self::All | Self::Matchers | Self::Gateway => &[],
            Self::Loader => &[ScrapeCollector::NAME, ScrapeTrigger::NAME, TickTrigger::NAME, Loader::NAME],
            Self::Geographic => &[GeographicMatcher::NAME],
            Self::BusinessType => &[BusinessTypeMatcher::NAME],
            Self::PainPattern => &[PainPatternMatcher::NAME],
            Self::Scorer => &[Scorer::NAME, LeadScorer::NAME, LeadUpdateScorer::NAME, Rescorer::NAME],
            Self::Templater => &[Templater::NAME, SequenceWriter::NAME, CampaignWriter::NAME],
            Self::Storer => &[Storer::NAME, StoreRetrier::NAME],
            Self::Exporter => &[exporter::Exporter::NAME],
            Self::Notifier => &[Notifier::NAME, Alerter::NAME],
            Self::Detector => &[Learner::NAME],
            Self::Outreach => &[Recorder::NAME, WordsKeeper::NAME, CampaignKeeper::NAME],
            Self::Growth => &[growth::Learner::NAME, OutcomeRecorder::NAME],
        }
    }
}

/// Creates the consumers of all roles, so that nothing they should get is missed before they run.
pub async fn provision(runtime: &Runtime) -> Result<(), runtime::RuntimeError> {
    for consumer in consumers(runtime.config().lease) {
        runtime.create(consumer).await?;
    }
    Ok(())
}

/// The buckets of some roles, beside those of every process.
pub fn buckets() -> Vec<kv::Config> {
    vec![claude::bucket(), dead::bucket()]
}

/// Makes what processes without the right to do so will need.
pub async fn prepare(runtime: &Runtime) -> Result<(), runtime::RuntimeError> {
    provision(runtime).await?;
    for bucket in buckets() {
        runtime::bucket(runtime.jetstream(), bucket).await?;
    }
    Ok(())
}

/// Starts a role in this process.
pub async fn start(
    role: Role,
    workers: &Workers,
    runtime: &Runtime,
    running: &mut Running,
) -> Result<(), Failure> {
    match role {
        Role::All | Role::Matchers => {}
        Role::Loader => {
            spawn(running, runtime, ScrapeCollector);
            spawn(running, runtime, ScrapeTrigger { client: db::DEFAULT_CLIENT });
            spawn(running, runtime, TickTrigger);
            spawn(running, runtime, Loader::new(workers.loader.clone(), workers.db()?));
            let (runtime, daily) = (runtime.clone(), workers.daily(MATCH_JOB)?);
            running.spawn(async move {
                runtime::tick(&runtime, daily).await;
                Ok(())
            });
        }
        Role::Geographic => spawn(running, runtime, GeographicMatcher::new(workers.matchers.clone())),
        Role::BusinessType => spawn(running, runtime, BusinessTypeMatcher::new(workers.matchers.clone())),
        Role::PainPattern => spawn(running, runtime, PainPatternMatcher::new(workers.matchers.clone())),
        Role::Scorer => {
            spawn(running, runtime, Scorer::new(&workers.scorer, workers.claude(runtime).await?));
            let scores = workers.scores()?;
            let together = Together::new(scores.clone());
            spawn(running, runtime, LeadScorer(together.clone()));
            spawn(running, runtime, LeadUpdateScorer(together));
            spawn(running, runtime, Rescorer(scores.clone()));
            let runtime = runtime.clone();
            running.spawn(async move {
                scorer::announce_missed(&runtime, &scores).await;
                Ok(())
            });
        }
        Role::Templater => {
            let claude = workers.claude(runtime).await?;
            spawn(running, runtime, Templater::new(workers.templater.clone(), claude.clone()));
            spawn(running, runtime, SequenceWriter::new(workers.templater.clone(), claude.clone()));
            spawn(running, runtime, CampaignWriter::new(workers.templater.clone(), claude));
        }
        Role::Storer => {
            spawn(running, runtime, Storer::new(workers.storer.clone(), workers.db()?));
            spawn(running, runtime, StoreRetrier::new(workers.storer.clone(), workers.db()?));
        }
        Role::Exporter => spawn(running, runtime, exporter::Exporter::new(workers.exporter.clone())),
        Role::Notifier => {
            spawn(running, runtime, Notifier::new(&workers.notifier)?);
            spawn(running, runtime, Alerter::new(&workers.notifier)?);
        }
        Role::Detector => {
            let conversion = workers.conversion()?;
            spawn(running, runtime, Learner::new(conversion.clone()));
            let runtime = runtime.clone();
            running.spawn(async move {
                detector::weekly(&runtime, &conversion).await;
                Ok(())
            });
        }
        Role::Outreach => {
            let prospects = workers.prospects()?;
            spawn(running, runtime, Recorder::new(prospects.clone()));
            spawn(running, runtime, WordsKeeper::new(prospects.clone()));
            spawn(running, runtime, CampaignKeeper::new(prospects.clone()));
            let asks = workers.claude(runtime).await?.enabled();
            let runtime = runtime.clone();
            running.spawn(async move {
                let dispatch = outreach::dispatch(&runtime, &prospects);
                // Nobody writes without a key, so nobody is asked.
                let ask = async {
                    if asks {
                        outreach::words::ask(&runtime, &prospects).await;
                    }
                };
                tokio::join!(dispatch, ask);
                Ok(())
            });
        }
        Role::Growth => {
            let contractors = workers.contractors()?;
            spawn(running, runtime, growth::Learner::new(contractors.clone()));
            spawn(running, runtime, OutcomeRecorder::new(contractors.clone()));
            let runtime = runtime.clone();
            running.spawn(async move {
                growth::monthly(&runtime, &contractors).await;
                Ok(())
            });
        }
        // A process for one message answers nobody else.
        Role::Gateway if runtime.is_alone() => {}
        Role::Gateway => {
            serve(workers, runtime, workers.gateway.clone(), running).await?;
        }
    }
    Ok(())
}

/// Starts the gateway, and says where it listens.
pub async fn serve(
    workers: &Workers,
    runtime: &Runtime,
    config: gateway::Config,
    running: &mut Running,
) -> Result<SocketAddr, Failure> {
    let (db, prospects, scores) = (workers.db()?, workers.prospects()?, workers.scores()?);
    let conversion = workers.conversion_over(db.clone());
    let contractors = workers.contractors_over(db.clone())?;
    let gateway =
        gateway::Gateway::bind(runtime.clone(), db, prospects, scores, conversion, contractors, config)
            .await?;
    let address = gateway.address();
    running.spawn(async move {
        gateway.run().await;
        Ok(())
    });
    Ok(address)
}

fn spawn<W: runtime::Worker>(running: &mut Running, runtime: &Runtime, worker: W) {
    let runtime = runtime.clone();
    running.spawn(async move { Ok(runtime.run(worker).await?) });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_is_every_worker_once() {
        let roles = expand(&[Role::All, Role::Scorer, Role::Matchers]);
        assert_eq!(roles.len(), Role::value_variants().len() - 3);
    }

    #[test]
    fn matchers_answer_to_the_names_of_their_consumers() {
        for (name, role) in [
            (GeographicMatcher::NAME, Role::Geographic),
            (BusinessTypeMatcher::NAME, Role::BusinessType),
            (PainPatternMatcher::NAME, Role::PainPattern),
        ] {
            assert_eq!(Role::from_str(name, false), Ok(role));
        }
    }

    #[test]
    fn every_consumer_is_of_one_role() {
        let mut owned: Vec<&str> =
            Role::value_variants().iter().flat_map(|role| role.workers()).copied().collect();
        let mut consumers: Vec<&str> = consumers(None).iter().map(|consumer| consumer.worker).collect();
        owned.sort_unstable();
        consumers.sort_unstable();
        assert_eq!(owned, consumers);
    }

    #[test]
    fn the_matchers_are_three() {
        assert_eq!(expand(&[Role::Matchers]).len(), 3);
    }
}
