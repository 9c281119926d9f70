//! `leadfleet outreach erase`: forgets a person in Postgres, in finished runs and in dead letters.

use std::io::{self, BufRead as _, IsTerminal as _, Write as _};

use db::leads::Lead;
use dead::{Dead, Holding, Removed};
use prospects::Erased;
use serde::Serialize;

use super::Outreach;
use crate::dead::Who;
use crate::exit::{Exit, Failure};
use crate::output::columns;
use crate::reach;
use crate::settings::Settings;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Its id, such as `prospect_1`.
    #[arg(value_name = "PROSPECT")]
    prospect: String,
    /// Say what would be erased, erase nothing.
    #[arg(long)]
    dry_run: bool,
    /// Do not ask.
    #[arg(long)]
    yes: bool,
    /// Leave the streams of NATS alone: dead letters and the messages of runs.
    #[arg(long)]
    rows_only: bool,
    #[command(flatten)]
    who: Who,
}

/// What is erased, by place.
#[derive(Debug, Serialize)]
struct Places {
    dry_run: bool,
    #[serde(flatten)]
    rows: Erased,
    /// None when the streams are left alone.
    streams: Option<Removed>,
}

pub(super) async fn run(args: &Args, outreach: &Outreach, settings: &Settings) -> Result<(), Failure> {
    let owner = outreach.owner();
    let person = outreach.prospects.export(owner, &args.prospect).await?.prospect;
    let rows = outreach.prospects.would_erase(owner, &args.prospect).await?;
    let streams = if args.rows_only { None } else { Some(Streams::read(settings, &person).await?) };
    let mut places = Places { dry_run: true, rows, streams: streams.as_ref().map(Streams::counts) };
    if args.dry_run {
        outreach.output.show(&places, in_words)?;
        return Ok(());
    }
    if let Some(streams) = streams.as_ref().filter(|streams| !streams.holding.going_on.is_empty()) {
        let runs: Vec<&str> = streams.holding.going_on.iter().map(String::as_str).collect();
        return Err(Failure {
            exit: Exit::Refused,
            error: anyhow::anyhow!("a run that names the person goes on: {}", runs.join(", ")),
            hint: Some(
                "erase again when it has ended (`leadfleet match status`); nothing was changed".to_owned(),
            ),
        });
    }
    if !args.yes && typed(&places)?.as_deref() != Some(args.prospect.as_str()) {
        return Err(Failure {
            exit: Exit::Refused,
            error: anyhow::anyhow!("{} would be erased for good; nothing was changed", args.prospect),
            hint: Some(format!(
                "--dry-run shows what there is; type {} when asked, or say --yes",
                args.prospect
            )),
        });
    }
    // The rows last: without them nobody knows any more what to look for.
    if let Some(streams) = streams {
        places.streams = Some(streams.remove(&args.who).await?);
    }
    places.rows = outreach.prospects.erase(owner, &args.prospect).await?;
    places.dry_run = false;
    outreach.output.show(&places, in_words)?;
    Ok(())
}

/// What the streams hold of a person.
struct Streams {
    dead: Dead,
    holding: Holding,
}

impl Streams {
    async fn read(settings: &Settings, person: &Lead) -> Result<Self, Failure> {
        let away = |failure: Failure| Failure {
            hint: Some("--rows-only erases the person in Postgres alone".to_owned()),
            ..failure
        };
        let dead = Dead::new(reach::nats(settings).await.map_err(away)?);
        let holding = match dead.holding(&prospects::addresses(&person.email, &person.linkedin_url)).await {
            Ok(holding) => holding,
            // Nothing ever ran on this server.
            Err(error) if overview::cause(&error).contains("stream not found") => Holding::default(),
            Err(error) => return Err(away(error.into())),
        };
        Ok(Self { dead, holding })
    }

    fn counts(&self) -> Removed {
        Removed { letters: self.holding.letters.len() as u64, runs: self.holding.runs.len() as u64 }
    }

    async fn remove(&self, who: &Who) -> Result<Removed, Failure> {
        if self.counts() == Removed::default() {
            return Ok(Removed::default());
        }
        Ok(self.dead.remove(&self.holding, &who.by_or("a person asked to be forgotten")).await?)
    }
}

/// The id that the operator types.
fn typed(places: &Places) -> io::Result<Option<String>> {
    if !io::stdin().is_terminal() {
        return Ok(None);
    }
    let mut out = io::stderr();
    write!(out, "{}\nThis is for good. Type its id to go on: ", in_words(places))?;
    let mut line = String::new();
    io::stdin().lock().read_line(&mut line)?;
    Ok(Some(line.trim().to_owned()))
}

fn in_words(places: &Places) -> String {
    let Erased { prospect_id, activities, notes, decision_makers, answers, suppressed } = &places.rows;
    let mut rows = vec![
        ["prospect, with its sequences and touches".to_owned(), "1".to_owned()],
        ["activities".to_owned(), activities.to_string()],
        ["notes".to_owned(), notes.to_string()],
        ["decision makers".to_owned(), decision_makers.to_string()],
        ["kept answers".to_owned(), answers.to_string()],
    ];
    if let Some(Removed { letters, runs }) = &places.streams {
        rows.push(["dead letters".to_owned(), letters.to_string()]);
        rows.push(["finished runs, which cannot be replayed then".to_owned(), runs.to_string()]);
    }
    rows.push(["addresses that stay suppressed, as keyed hashes".to_owned(), suppressed.to_string()]);
    let says = if places.dry_run { "Would forget" } else { "Forgot" };
    let mut text = format!("{says} {prospect_id}:\n\n{}", columns(["what", "number"], rows));
    if places.streams.is_none() {
        text.push_str("\n\nDead letters and messages of runs were left alone (--rows-only).");
    }
    text.push_str("\n\nFiles of runs that were written before are where you keep them.");
    text
}
