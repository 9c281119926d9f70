//! `leadfleet event publish`: says from outside what a scraper says, checked before it is sent.

use std::io::Read as _;
use std::path::PathBuf;

use anyhow::Context as _;
use async_nats::jetstream::message::PublishMessage;
use chrono::NaiveDate;
use proto::kind::SCRAPE_DONE;
use proto::subject::header;
use proto::v1::{ScrapeDone, ScrapeSource};
use proto::{Message as _, Name as _, Subject, Token};
use serde::Serialize;

use crate::exit::{Exit, Failure};
use crate::output::Output;
use crate::reach;
use crate::settings::Settings;

#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Publish one event.
    #[command(
        after_help = "Examples:\n  leadfleet event publish scrape_done --source reddit --date 2025-11-11\n  leadfleet event publish scrape_done done.json --validate-only\n  echo '{\"source\": \"SCRAPE_SOURCE_LINKEDIN\", \"date\": \"2025-11-11\"}' | leadfleet event publish scrape_done -"
    )]
    Publish(Args),
}

#[derive(Debug, clap::Args)]
pub struct Args {
    #[arg(value_enum, value_name = "KIND")]
    kind: Kind,
    /// The event as JSON; `-` reads it from standard input.
    #[arg(required_unless_present = "source", conflicts_with = "source")]
    file: Option<PathBuf>,
    /// The scraper that is done, instead of a file.
    #[arg(long, value_enum, requires = "date")]
    source: Option<Source>,
    /// The date its rows are for.
    #[arg(long, value_parser = crate::cli::date)]
    date: Option<NaiveDate>,
    /// How many rows it wrote.
    #[arg(long, default_value_t = 0, requires = "source")]
    records: u32,
    /// Id of the event; the same id again is the same event.
    #[arg(long, requires = "source")]
    event_id: Option<String>,
    /// Check the event and send nothing.
    #[arg(long)]
    validate_only: bool,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
#[value(rename_all = "snake_case")]
enum Kind {
    /// A scraper has written all rows of a date.
    ScrapeDone,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
#[value(rename_all = "snake_case")]
enum Source {
    Reddit,
    Linkedin,
    GoogleMaps,
}

const SOURCES: &str = "SCRAPE_SOURCE_REDDIT, SCRAPE_SOURCE_LINKEDIN or SCRAPE_SOURCE_GOOGLE_MAPS";

/// Where the event went.
#[derive(Debug, Serialize)]
struct Published {
    subject: String,
    message_id: String,
    /// Absent when nothing was sent.
    sequence: Option<u64>,
    /// Whether the broker had it already.
    duplicate: bool,
}

pub async fn run(command: Command, settings: &Settings, output: Output) -> Result<Exit, Failure> {
    let Command::Publish(args) = command;
    let Kind::ScrapeDone = args.kind;
    let done = read(&args)?;
    let (subject, message_id) = address(&done)?;
    let mut published = Published { subject, message_id, sequence: None, duplicate: false };
    if !args.validate_only {
        let jetstream = reach::nats(settings).await?;
        let message = PublishMessage::build()
            .payload(done.encode_to_vec().into())
            .message_id(&published.message_id)
            .header(header::SCHEMA, ScrapeDone::full_name().as_str());
        let sent = jetstream.send_publish(published.subject.clone(), message).await;
        let sent = sent.map_err(|error| reach::broker("its acknowledgement", error))?;
        let ack = sent.await.map_err(|error| reach::broker("its acknowledgement", error))?;
        (published.sequence, published.duplicate) = (Some(ack.sequence), ack.duplicate);
    }
    output.show(&published, |published| match published.sequence {
        None => format!("valid: it would go to {} as {}", published.subject, published.message_id),
        Some(sequence) => {
            let again = if published.duplicate { ", which the broker had already" } else { "" };
            format!("published {} as message {sequence}{again}", published.subject)
        }
    })?;
    Ok(Exit::Ok)
}

fn read(args: &Args) -> Result<ScrapeDone, Failure> {
    if let (Some(source), Some(date)) = (args.source, args.date) {
        let source = match source {
            Source::Reddit => ScrapeSource::Reddit,
            Source::Linkedin => ScrapeSource::Linkedin,
            Source::GoogleMaps => ScrapeSource::GoogleMaps,
        };
        let event_id = args.event_id.clone().unwrap_or_default();
        return Ok(ScrapeDone {
            source: source.into(),
            date: date.to_string(),
            records: args.records,
            event_id,
        });
    }
    let path = args.file.clone().unwrap_or_default();
    let mut json = Vec::new();
    if path.as_os_str() == "-" {
        std::io::stdin().read_to_end(&mut json).context("could not read standard input")?;
    } else {
        json = std::fs::read(&path).map_err(|error| Failure::of_file(&path, error))?;
    }
    // The message names its cause already.
    proto::from_json(&json).map_err(|error| invalid(anyhow::anyhow!("{error}")))
}

/// Where the event travels, and its id: what a scraper in any language has to spell the same.
fn address(done: &ScrapeDone) -> Result<(String, String), Failure> {
    let source = match ScrapeSource::try_from(done.source) {
        Ok(ScrapeSource::Reddit) => "reddit",
        Ok(ScrapeSource::Linkedin) => "linkedin",
        Ok(ScrapeSource::GoogleMaps) => "google_maps",
        Ok(ScrapeSource::Unspecified) | Err(_) => {
            return Err(invalid(anyhow::anyhow!("source is missing or unknown")));
        }
    };
    let date: NaiveDate = done.date.parse().map_err(|_parse| {
        invalid(anyhow::anyhow!("date {:?} is no date: write it as 2025-11-11", done.date))
    })?;
    let kind = Token::squeezed(SCRAPE_DONE);
    let subject = Subject::Event { kind, key: Token::squeezed(source) }.to_string();
    let id = if done.event_id.is_empty() { format!("{source}-{date}") } else { done.event_id.clone() };
    Ok((subject, format!("scrape:{id}")))
}

fn invalid(error: anyhow::Error) -> Failure {
    let hint = format!("nothing was sent; fields: source ({SOURCES}), date, records, event_id");
    Failure { exit: Exit::Usage, error, hint: Some(hint) }
}
