//! Decides when a run is due: the three scrapers of a day, or 03:00 with what is there.

use crate::load::JOBS;
use crate::request::shortened;
use chrono::NaiveDate;
use proto::subject::BadToken;
use proto::v1::{Alert, Complete, RunRequest, ScrapeDone, ScrapeSource, Severity, Tick, Trigger};
use proto::{Outbox, Outgoing, RunId, Stage, Subject, Token, kind};
use runtime::{Delivery, Fault, OrFault as _, Part, ReadError, Source, Tombstone, Worker};

/// The scheduled job that asks for a run.
pub const MATCH_JOB: &str = "match";

const SOURCES: [(ScrapeSource, &str, &str); 3] = [
    (ScrapeSource::Reddit, "reddit", "Reddit"),
    (ScrapeSource::Linkedin, "linkedin", "LinkedIn"),
    (ScrapeSource::GoogleMaps, "google_maps", "Google Maps"),
];

/// The run that joins the scrapers of a date.
pub fn scrape_run(date: NaiveDate) -> Result<RunId, BadToken> {
    format!("scrape-{date}").parse()
}

/// Why an event of a scraper is refused.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ScrapeError {
    #[error("unknown source {0}: use SCRAPE_SOURCE_REDDIT, _LINKEDIN or _GOOGLE_MAPS")]
    Source(i32),
    #[error("date {0:?} is no date: write it as 2025-11-11")]
    Date(String),
    #[error(transparent)]
    Token(#[from] BadToken),
}

/// Takes the scrapers' events: a part each, of the join of their date.
pub struct ScrapeCollector;

impl Worker for ScrapeCollector {
    const NAME: &'static str = "scrape-collector";
    const SOURCE: Source = Source::Event(kind::SCRAPE_DONE);
    type Input = ScrapeDone;

    async fn handle(&self, done: ScrapeDone, delivery: &Delivery) -> Result<Outbox, Fault> {
        let (run, part) = place(&done).or_reject()?;
        let before = delivery.runs().part::<ScrapeDone>(&run, Stage::Scrape, part.as_str()).await;
        let before = before.or_else(unread)?;
        let said_before = before.and_then(|part| part.body.ok().map(|body| (body, part.generation)));
        let generation = match said_before {
            // The same event again says nothing new, but may have crashed before it was joined.
            Some((before, generation)) if before == done => generation,
            // What comes after a completed day opens it again, with what is new.
            _ => {
                let completes = Subject::completes(&run, Stage::Scrape);
                u32::try_from(delivery.runs().count(&completes).await?).unwrap_or(u32::MAX)
            }
        };
        // The plan stays the first one: a day that is opened again keeps what the other scrapers said.
        let plan = (generation == 0).then(|| Outgoing::plan(&run, Stage::Scrape, SOURCES.len() as u32));
        Ok(Outbox::none().in_generation(generation).with_all(plan).with(Outgoing::part(
            &run,
            Stage::Scrape,
            part,
            &done,
        )))
    }
}

/// Asks for a run when the scrapers of a date are complete.
pub struct ScrapeTrigger {
    /// The tenant whose run it is.
    pub client: uuid::Uuid,
}

impl Worker for ScrapeTrigger {
    const NAME: &'static str = "scrape-trigger";
    const SOURCE: Source = Source::Complete(Stage::Scrape);
    type Input = Complete;

    async fn handle(&self, complete: Complete, delivery: &Delivery) -> Result<Outbox, Fault> {
        let run = delivery.run()?;
        let mut missing = Vec::new();
        let mut parts = delivery.runs().parts::<ScrapeDone>(run, Stage::Scrape).await?;
        while let Some(part) = parts.next().await.or_else(unread)? {
            if part.body.is_err()
                && let Some((source, ..)) = SOURCES.iter().find(|(_, name, _)| *name == part.name.as_str())
            {
                missing.push(i32::from(*source));
            }
        }
        let id: Token = format!("{run}-{}", complete.generation).parse().or_reject()?;
        let request = RunRequest {
            request_id: id.to_string(),
            client_id: self.client.to_string(),
            run_date: run.as_str().trim_start_matches("scrape-").to_owned(),
            trigger: if missing.is_empty() { Trigger::Scrapers } else { Trigger::Schedule }.into(),
            missing_sources: missing,
            as_of: delivery.published_at.to_rfc3339(),
            ..RunRequest::default()
        };
        let client = Token::squeezed(&self.client.to_string());
        Ok(Outbox::none().with(Outgoing::job(JOBS, client, id, &request)))
    }
}

/// At 03:00 stops waiting for scrapers that are not done, and says which.
pub struct TickTrigger;

impl Worker for TickTrigger {
    const NAME: &'static str = "tick-trigger";
    const SOURCE: Source = Source::Event(runtime::TICK);
    type Input = Tick;

    async fn handle(&self, tick: Tick, delivery: &Delivery) -> Result<Outbox, Fault> {
        if tick.job != MATCH_JOB {
            return Ok(Outbox::none());
        }
        let date: NaiveDate = tick.local_date.parse().or_reject()?;
        let run = scrape_run(date).or_reject()?;
        let mut outbox = Outbox::none().with(Outgoing::plan(&run, Stage::Scrape, SOURCES.len() as u32));
        let mut late = Vec::new();
        for (_, name, label) in SOURCES {
            let part = delivery.runs().part::<ScrapeDone>(&run, Stage::Scrape, name).await.or_else(unread)?;
            match part.map(|part| part.body) {
                Some(Ok(_)) => {}
                Some(Err(Tombstone { .. })) => late.push(label),
                None => {
                    late.push(label);
                    outbox =
                        outbox.with(Outgoing::tombstone(&run, Stage::Scrape, Token::squeezed(name), "late"));
                }
            }
        }
        Ok(outbox.with_alerts((!late.is_empty()).then(|| late_alert(&late, &tick))))
    }
}

/// A part that nobody can read is as good as dead.
fn unread<M>(error: ReadError) -> Result<Option<Part<M>>, ReadError> {
    match error {
        ReadError::Decode { subject, .. } => {
            let name = Token::squeezed(subject.rsplit('.').next().unwrap_or_default());
            Ok(Some(Part { name, generation: 0, body: Err(Tombstone { class: "decode".to_owned() }) }))
        }
        error => Err(error),
    }
}

fn late_alert(late: &[&str], tick: &Tick) -> Alert {
    Alert {
        kind: "scrapers-late".to_owned(),
        key: tick.local_date.clone(),
        severity: Severity::Warning.into(),
        text: format!("{} not done at {}: matching with what is there", late.join(", "), tick.fire_time),
        hint: "a scraper that finishes later starts a corrected run by itself".to_owned(),
        run_id: String::new(),
    }
}

pub(crate) fn place(done: &ScrapeDone) -> Result<(RunId, Token), ScrapeError> {
    let (_, name, _) = SOURCES
        .iter()
        .find(|(source, ..)| i32::from(*source) == done.source)
        .ok_or(ScrapeError::Source(done.source))?;
    let date: NaiveDate = done.date.parse().map_err(|_source| ScrapeError::Date(shortened(&done.date)))?;
    Ok((scrape_run(date)?, name.parse()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn done(source: i32, date: &str) -> ScrapeDone {
        ScrapeDone { source, date: date.into(), ..ScrapeDone::default() }
    }

    #[test]
    fn a_scraper_is_a_part_of_its_date() {
        let (run, part) = place(&done(3, "2025-11-11")).unwrap();
        assert_eq!((run.as_str(), part.as_str()), ("scrape-2025-11-11", "google_maps"));
    }

    #[test]
    fn an_unknown_source_is_an_error_with_what_to_use() {
        for source in [0, 7] {
            let error = place(&done(source, "2025-11-11")).unwrap_err().to_string();
            assert!(error.contains(&source.to_string()) && error.contains("REDDIT"), "{error}");
        }
    }

    #[test]
    fn a_part_that_nobody_can_read_is_as_good_as_dead() {
        let source = <ScrapeDone as proto::Message>::decode(&b"\xff"[..]).unwrap_err();
        let subject = "lf.v1.run.scrape-2025-11-11.scrape.part.reddit".to_owned();
        let part = unread::<ScrapeDone>(ReadError::Decode { subject, schema: String::new(), source });
        let part = part.unwrap().unwrap();
        assert_eq!((part.name.as_str(), part.body.unwrap_err().class.as_str()), ("reddit", "decode"));
        assert!(unread::<ScrapeDone>(ReadError::Timeout("lf.v1.run.x".into())).is_err());
    }

    #[test]
    fn a_date_that_is_none_is_named() {
        assert!(place(&done(1, "today")).unwrap_err().to_string().contains("today"));
    }
}
