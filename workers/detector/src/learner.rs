//! The worker: patterns of one client, learned, stored and announced.

use chrono::{DateTime, SecondsFormat, Utc};
use conversion::{Conversion, Error, Outcome, Request};
use db::Uuid;
use proto::kind::PATTERNS_CHANGED;
use proto::v1::{Alert, LearnRequest, PatternsChanged, Severity};
use proto::{Outbox, Outgoing, Token};
use runtime::{Cause, Delivery, Fault, OrFault as _, Retry, Source, Worker, learning};
use std::time::Duration;

pub(crate) const JOBS: &str = "detector";

pub struct Learner {
    conversion: Conversion,
}

impl Learner {
    pub fn new(conversion: Conversion) -> Self {
        Self { conversion }
    }
}

impl Worker for Learner {
    const NAME: &'static str = "detector";
    const SOURCE: Source = Source::Jobs(JOBS);
    // One at a time: each holds a batch of leads in memory.
    const RETRY: Retry = Retry { concurrency: 1, deadline: Duration::from_secs(3600), ..Retry::DEFAULT };
    type Input = LearnRequest;

    async fn handle(&self, asked: LearnRequest, delivery: &Delivery) -> Result<Outbox, Fault> {
        let (client, moment) = learning::asked(&asked, delivery)?;
        let request = Request { client, moment, objective: stats::weights::Objective::Centred };
        let learned = match self.conversion.learn(request, || delivery.advance()).await {
            Ok(learned) => learned,
            Err(Error::Db(error)) if error.is_unavailable() => return Err(error).or_gate("postgres"),
            Err(Error::Db(error)) if error.is_permanent() => return Err(error).or_reject(),
            Err(error @ Error::Document(_)) => return Err(error).or_reject(),
            Err(error) => return Err(error.into()),
        };
        tracing::info!(
            client = asked.client_id,
            run = learned.run_id,
            leads = learned.leads,
            activities = learned.activities,
            weights_source = learned.findings.decision.weights_source.name(),
            "patterns are learned"
        );
        if learned.superseded {
            return Ok(Outbox::none());
        }
        Ok(Outbox::none()
            .with(changed(&asked.client_id, &learned))
            .with_all(alert(&asked.client_id, &learned)))
    }

    async fn probe(&self, _gate: &str) -> Result<(), Fault> {
        Ok(self.conversion.db().ping().await?)
    }

    fn code(&self, cause: &Cause) -> Option<String> {
        runtime::find::<db::Error>(cause).and_then(db::Error::code)
    }
}

/// Tells that the patterns of a client are others now.
pub fn changed(client: &str, learned: &Outcome) -> Outgoing {
    let message = PatternsChanged {
        client_id: client.to_owned(),
        run_id: learned.run_id.clone(),
        weights_source: learned.findings.decision.weights_source.name().to_owned(),
    };
    let id = format!("{PATTERNS_CHANGED}:{client}:{}", learned.run_id);
    Outgoing::event(Token::squeezed(PATTERNS_CHANGED), Token::squeezed(client), id, &message)
}

/// Tells that the weights of a client have run out.
pub(crate) fn expired(client: Uuid, confirmed_at: DateTime<Utc>) -> Outgoing {
    let (client_id, moment) = (client.to_string(), confirmed_at.to_rfc3339_opts(SecondsFormat::Micros, true));
    let id = format!("{PATTERNS_CHANGED}:{client_id}:expired:{moment}");
    let run_id = format!("expired-{}", confirmed_at.format("%Y%m%dT%H%M%SZ"));
    let message =
        PatternsChanged { client_id: client_id.clone(), run_id, weights_source: "expired".to_owned() };
    Outgoing::event(Token::squeezed(PATTERNS_CHANGED), Token::squeezed(&client_id), id, &message)
}

/// CI-157 to CI-160, and what has drifted. With no data at all there is nothing to warn of.
fn alert(client: &str, learned: &Outcome) -> Option<Outgoing> {
    let who = &learned.findings.who;
    let drift = &learned.findings.decision.drift;
    let mut texts: Vec<&str> = Vec::new();
    if who.header.sample_size > 0 {
        texts.extend(who.warnings.iter().map(String::as_str));
    }
    texts.extend(drift.frozen.iter().chain(&drift.watch).map(String::as_str));
    if texts.is_empty() {
        return None;
    }
    let frozen = !drift.frozen.is_empty();
    let alert = Alert {
        kind: "pattern-health".to_owned(),
        key: format!("{client}-{}", learned.run_id),
        severity: if frozen { Severity::Warning } else { Severity::Info }.into(),
        text: texts.join("; "),
        hint: if frozen {
            "The weights stay as they were. `leadfleet patterns show who` tells what has moved.".to_owned()
        } else {
            "`leadfleet patterns show who` tells more.".to_owned()
        },
        run_id: learned.run_id.clone(),
    };
    Some(Outgoing::alert(alert))
}
