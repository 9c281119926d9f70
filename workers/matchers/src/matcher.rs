//! The worker around a strategy: a clinic part in, its matches out.

use proto::subject::{Stage, Subject, Token};
use proto::v1::ClinicPart;
use proto::{Outbox, Outgoing};
use runtime::{Delivery, Fault, Source, Worker};

use crate::Config;
use crate::profile::Profiles;
use crate::rules::{Rules, token};

/// Matches clinic parts by one strategy.
pub struct Matcher<R> {
    config: Config,
    profiles: Profiles<R>,
}

impl<R> Matcher<R> {
    pub fn new(config: Config) -> Self {
        Self { config, profiles: Profiles::default() }
    }
}

impl<R: Rules> Worker for Matcher<R> {
    const NAME: &'static str = R::NAME;
    const SOURCE: Source = Source::Parts(Stage::Load);
    type Input = ClinicPart;

    async fn handle(&self, clinics: ClinicPart, delivery: &Delivery) -> Result<Outbox, Fault> {
        let run = delivery.run()?;
        let prepared = self.profiles.prepared(&self.config, run, delivery).await?;
        let Some(rules) = prepared.get().and_then(Option::as_ref) else { return Ok(Outbox::none()) };
        let Some(part) = part_name::<R>(&delivery.subject) else { return Ok(Outbox::none()) };
        Ok(Outbox::none().with(Outgoing::part(run, Stage::Match, part, &rules.matches(&clinics))))
    }

    fn tombstones(&self, subject: &Subject, class: &'static str) -> Outbox {
        match (subject.run_id(), part_name::<R>(subject)) {
            (Some(run), Some(part)) => {
                Outbox::none().with(Outgoing::tombstone(run, Stage::Match, part, class))
            }
            _ => Outbox::none(),
        }
    }
}

/// The part of the match stage that comes of a part of the load stage.
fn part_name<R: Rules>(subject: &Subject) -> Option<Token> {
    match subject {
        Subject::Part { part, .. } => Some(Token::squeezed(&format!("{}-{part}", token(R::STRATEGY)))),
        _ => None,
    }
}
