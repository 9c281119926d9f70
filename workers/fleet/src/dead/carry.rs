//! `leadfleet dead export` and `import`: letters as JSON lines.

use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, Write};
use std::path::PathBuf;

use anyhow::Context as _;
use dead::{Dead, Imported, Line, Parcel};
use serde::Serialize;

use super::Who;
use super::filter::FilterArgs;
use super::list::States;
use crate::exit::{Exit, Failure};
use crate::output::{Output, count};

#[derive(Debug, clap::Args)]
pub struct ExportArgs {
    #[command(flatten)]
    filter: FilterArgs,
    /// Those in this state, or all.
    #[arg(long, value_name = "STATE", default_value = "open")]
    state: States,
    /// Where to write; default: standard output.
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
}

#[derive(Debug, clap::Args)]
pub struct ImportArgs {
    /// The file to read; `-` reads standard input.
    file: PathBuf,
    /// Check every line and file nothing.
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    who: Who,
}

pub(super) async fn export(args: &ExportArgs, dead: &Dead, output: Output) -> Result<Exit, Failure> {
    let letters = dead.list(&args.filter.in_states(args.state.0.clone())).await?;
    let mut out: Box<dyn Write> = match &args.output {
        Some(path) => Box::new(BufWriter::new(
            File::create_new(path).with_context(|| format!("could not create {}", path.display()))?,
        )),
        None => Box::new(BufWriter::new(io::stdout())),
    };
    for letter in &letters {
        let line = Line::of(&dead.open(letter.sequence).await?);
        let text = serde_json::to_string(&line).context("could not write a letter as JSON")?;
        match writeln!(out, "{text}") {
            // A reader that has seen enough (`| head`) is no failure.
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => return Ok(Exit::Ok),
            other => other?,
        }
    }
    out.flush()?;
    output.say("Exported", &count(letters.len() as u64, "dead letter"));
    Ok(Exit::Ok)
}

#[derive(Debug, Serialize)]
struct Checked {
    lines: usize,
    #[serde(flatten)]
    imported: Option<Imported>,
}

pub(super) async fn import(args: &ImportArgs, dead: &Dead, output: Output) -> Result<Exit, Failure> {
    let by = if args.dry_run { None } else { Some(args.who.by()?) };
    let parcels = read(args)?;
    let lines = parcels.len();
    let imported = match &by {
        Some(by) => Some(dead.import(parcels, by).await?),
        None => None,
    };
    let refused = imported.as_ref().map_or(0, |imported| imported.there_already);
    output.show(&Checked { lines, imported }, in_words)?;
    Ok(match refused {
        0 => Exit::Ok,
        refused if refused == lines as u64 => Exit::Refused,
        _ => Exit::Partial,
    })
}

/// All lines or none.
fn read(args: &ImportArgs) -> Result<Vec<Parcel>, Failure> {
    let lines: Box<dyn BufRead> = match args.file.as_os_str() == "-" {
        true => Box::new(io::stdin().lock()),
        false => Box::new(BufReader::new(
            File::open(&args.file).with_context(|| format!("could not read {}", args.file.display()))?,
        )),
    };
    let mut parcels = Vec::new();
    for (number, line) in (1..).zip(lines.lines()) {
        let line = line.with_context(|| format!("could not read line {number}"))?;
        if line.trim().is_empty() {
            continue;
        }
        parcels.push(Line::parse(&line).map_err(|error| Failure {
            exit: Exit::Usage,
            error: anyhow::Error::from(error).context(format!("line {number} cannot be filed")),
            hint: Some("nothing was filed; lines are as `leadfleet dead export` writes them".to_owned()),
        })?);
    }
    Ok(parcels)
}

fn in_words(checked: &Checked) -> String {
    let lines = count(checked.lines as u64, "letter");
    match &checked.imported {
        None => format!("{lines} can be filed; nothing was changed (--dry-run)."),
        Some(imported) => {
            let mut text = format!("Filed {}", count(imported.imported, "letter"));
            if !imported.letters.is_empty() {
                text.push_str(&format!(" as {}", imported.letters));
            }
            text.push('.');
            if imported.there_already > 0 {
                text.push_str(&format!(" Refused {}: there already.", imported.there_already));
            }
            text
        }
    }
}
