//! The worker around a strategy: a clinic part in, its matches out.

use proto::subject::{Stage, Subject, Token};
use proto::v1::ClinicPart;
use proto::{Outbox, Outgoing};
use runtime::{Delivery, Fault, OrFault as _, Source, Worker};

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
        let prepared = match self.profiles.prepared(&self.config, run, delivery).await {
            Err(error) if error.is_undecodable() => Err(error).or_reject_as("decode")?,
            prepared => prepared?,
        };
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{BusinessTypeMatcher, GeographicMatcher, PainPatternMatcher};
    use proto::Kind;

    #[track_caller]
    fn check<R: Rules>(matcher: &Matcher<R>, expected: &str) {
        let dead = matcher.tombstones(&"lf.v1.run.r-1.load.part.7".parse().unwrap(), "permanent");
        let said: Vec<(String, &Kind)> =
            dead.messages.iter().map(|message| (message.subject.to_string(), &message.kind)).collect();
        assert_eq!(said, [(expected.to_owned(), &Kind::Tombstone("permanent"))]);
    }

    #[test]
    fn a_dead_clinic_part_leaves_the_match_part_it_would_have_become() {
        let config = || Config { pattern_types: Vec::new() };
        check(&GeographicMatcher::new(config()), "lf.v1.run.r-1.match.part.geographic-7");
        check(&BusinessTypeMatcher::new(config()), "lf.v1.run.r-1.match.part.business_type-7");
        check(&PainPatternMatcher::new(config()), "lf.v1.run.r-1.match.part.pain_pattern-7");
    }

    #[test]
    fn a_dead_message_that_is_no_part_leaves_nothing() {
        let config = Config { pattern_types: Vec::new() };
        let subject = "lf.v1.run.r-1.load.plan".parse().unwrap();
        assert_eq!(GeographicMatcher::new(config).tombstones(&subject, "permanent").messages.len(), 0);
    }
}
