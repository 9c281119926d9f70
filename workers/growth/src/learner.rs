//! The worker: growth patterns of one client, learned, released and announced.

use crate::settle;
use contractors::{Contractors, Error, Learning};
use db::Uuid;
use proto::kind::GROWTH_PATTERNS_RECALCULATED;
use proto::v1::{GrowthPatternsRecalculated, LearnRequest};
use proto::{Outbox, Outgoing, Token};
use runtime::{Cause, Delivery, Fault, Retry, Source, Worker, learning};
use std::time::Duration;

pub const JOBS: &str = "growth";

pub struct Learner {
    contractors: Contractors,
}

impl Learner {
    pub fn new(contractors: Contractors) -> Self {
        Self { contractors }
    }
}

impl Worker for Learner {
    const NAME: &'static str = "growth";
    const SOURCE: Source = Source::Jobs(JOBS);
    // One at a time: each holds the facts of all contractors of a client in memory.
    const RETRY: Retry = Retry { concurrency: 1, deadline: Duration::from_secs(3600), ..Retry::DEFAULT };
    type Input = LearnRequest;

    async fn handle(&self, asked: LearnRequest, delivery: &Delivery) -> Result<Outbox, Fault> {
        let (client, moment) = learning::asked(&asked, delivery)?;
        let learned = match self.contractors.learn(client, moment, || delivery.advance()).await {
            // Whoever asked has something newer.
            Err(Error::LearnedLater(later)) => {
                tracing::info!(client = asked.client_id, %moment, %later, "growth was learned for later");
                return Ok(Outbox::none());
            }
            learned => settle::settled(learned)?,
        };
        tracing::info!(
            client = asked.client_id,
            contractors = learned.run.contractors,
            patterns = learned.patterns.len(),
            repeated = learned.repeated,
            "growth is learned"
        );
        Ok(Outbox::none().with(recalculated(client, &learned)))
    }

    async fn probe(&self, _gate: &str) -> Result<(), Fault> {
        Ok(self.contractors.ping().await?)
    }

    fn code(&self, cause: &Cause) -> Option<String> {
        settle::code(cause)
    }
}

/// Tells that other growth patterns of a client are released (X58).
pub fn recalculated(client: Uuid, learned: &Learning) -> Outgoing {
    let client_id = client.to_string();
    let run_id = format!("growth-{}", learned.run.as_of.format("%Y%m%dT%H%M%SZ"));
    let id = format!("{GROWTH_PATTERNS_RECALCULATED}:{client_id}:{run_id}");
    let served = learned.patterns.iter().filter(|pattern| pattern.status.is_served()).count();
    let patterns = u32::try_from(served).unwrap_or(u32::MAX);
    let key = Token::squeezed(&client_id);
    let message = GrowthPatternsRecalculated { client_id, run_id, patterns };
    Outgoing::event(Token::squeezed(GROWTH_PATTERNS_RECALCULATED), key, id, &message)
}
