//! `leadfleet dead replay`: says what a replay would do, and does it when told to.

use std::io::{self, IsTerminal, Write};
use std::time::Duration;

use dead::{Dead, DryRun, Engine, Pace, Phase, Replay, Request};
use serde::Serialize;
use tokio::time::Instant;

use super::Who;
use super::filter::FilterArgs;
use super::paid;
use crate::exit::{Exit, Failure};
use crate::output::{Output, columns, count};

#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    filter: FilterArgs,
    /// Replay; without it nothing is changed.
    #[arg(long, requires = "reason")]
    apply: bool,
    /// All open letters, when nothing narrows them down.
    #[arg(long)]
    all: bool,
    /// Also what was given up, superseded, or died in three replays.
    #[arg(long)]
    force: bool,
    /// Letters a second, after the first eleven went well.
    #[arg(long, value_name = "N", default_value_t = 50.0, value_parser = rate)]
    rate: f64,
    /// Letters whose end is not known yet, at most.
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u64).range(1..=10_000))]
    in_flight: u64,
    #[command(flatten)]
    who: Who,
}

fn rate(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(rate) if (0.01..=1e6).contains(&rate) => Ok(rate),
        _ => Err("use a number from 0.01 to 1000000".to_owned()),
    }
}

/// What a replay would do.
#[derive(Debug, Serialize)]
struct Dry {
    applied: bool,
    #[serde(flatten)]
    dry_run: DryRun,
    /// At most; none when no answer was ever paid for.
    claude_usd: Option<f64>,
}

pub(super) async fn run(args: &Args, dead: &Dead, output: Output) -> Result<Exit, Failure> {
    let filter = args.filter.in_states(Vec::new());
    if args.apply && !filter.narrows() && !args.all {
        return Err(Failure {
            exit: Exit::Refused,
            error: anyhow::anyhow!("this would replay every open letter"),
            hint: Some("narrow it down (--worker, --class, --since, …), or say --all".to_owned()),
        });
    }
    let by = if args.apply { Some(args.who.by()?) } else { None };
    let plan = dead.plan(&filter, args.force).await?;
    let Some(by) = by.filter(|_| plan.dry_run.letters > 0) else {
        let claude_usd = match plan.dry_run.claude_calls {
            0 => Some(0.0),
            calls => paid::average(dead).await?.map(|average| average * calls as f64),
        };
        let exit = if args.apply { Exit::NotFound } else { Exit::Ok };
        output.show(&Dry { applied: false, dry_run: plan.dry_run, claude_usd }, in_words)?;
        return Ok(exit);
    };
    let pace = Pace { rate: args.rate, in_flight: args.in_flight };
    let engine = dead.begin(plan, Request { by, filter, force: args.force, pace }).await?;
    follow(engine, output).await
}

/// Runs a replay to its end, and shows how far it is; Ctrl-C pauses it.
pub(super) async fn follow(engine: Engine, output: Output) -> Result<Exit, Failure> {
    let mut told = engine.progress();
    let id = told.borrow().id.clone();
    output.say("Replay", &format!("{id} (`leadfleet dead replays pause {id}` from another terminal)"));
    let mut screen = Screen::new(output);
    let running = engine.run(interrupted());
    tokio::pin!(running);
    let replay = loop {
        tokio::select! {
            ended = &mut running => break ended?,
            Ok(()) = told.changed() => screen.show(&told.borrow_and_update())?,
        }
    };
    screen.end()?;
    output.show(&replay, ended)?;
    Ok(exit(&replay))
}

async fn interrupted() {
    // Without signals it only ends by itself.
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}

fn exit(replay: &Replay) -> Exit {
    match replay.phase {
        Phase::Finished if replay.tally.resolved == replay.letters => Exit::Ok,
        Phase::Running | Phase::Paused => Exit::Interrupted,
        Phase::Finished | Phase::Stopped | Phase::Cancelled => Exit::Partial,
    }
}

/// One line that is written over on a terminal; else a line each few seconds.
struct Screen {
    output: Output,
    terminal: bool,
    said: Option<Instant>,
}

const EVERY: Duration = Duration::from_secs(5);

impl Screen {
    fn new(output: Output) -> Self {
        let terminal = io::stderr().is_terminal() && !output.json && !output.quiet;
        Self { output, terminal, said: None }
    }

    fn show(&mut self, replay: &Replay) -> io::Result<()> {
        if self.terminal {
            write!(io::stderr(), "\r\x1b[K{}", progress(replay))?;
        } else if self.said.is_none_or(|said| said.elapsed() >= EVERY) {
            self.said = Some(Instant::now());
            self.output.say("Replaying", &progress(replay));
        }
        Ok(())
    }

    fn end(&self) -> io::Result<()> {
        if self.terminal { writeln!(io::stderr()) } else { Ok(()) }
    }
}

/// How far a replay is, in a line.
pub(super) fn progress(replay: &Replay) -> String {
    let tally = &replay.tally;
    let waiting = (tally.published + tally.skipped).saturating_sub(tally.ended());
    let mut text = format!("{} of {} replayed, {} resolved", tally.published, replay.letters, tally.resolved);
    for (number, word) in
        [(tally.died_again, "died again"), (waiting, "waiting for their worker"), (tally.skipped, "skipped")]
    {
        if number > 0 {
            text.push_str(&format!(", {number} {word}"));
        }
    }
    if replay.phase == Phase::Paused {
        text.push_str(" (paused)");
    }
    text
}

pub(super) fn ended(replay: &Replay) -> String {
    let id = &replay.id;
    let mut text = format!("Replay {id} {}: {}.", replay.phase.as_str(), progress(replay));
    text.push_str(&match replay.phase {
        Phase::Stopped => format!(
            "\nIt stopped by itself: {}.\nWhat was not replayed is as it was. Look: leadfleet dead list",
            replay.why
        ),
        Phase::Paused | Phase::Running => format!("\nGo on: leadfleet dead replays resume {id}"),
        Phase::Cancelled => "\nWhat was not replayed is as it was.".to_owned(),
        Phase::Finished => String::new(),
    });
    text
}

fn in_words(dry: &Dry) -> String {
    let dry_run = &dry.dry_run;
    let mut text = String::new();
    if !dry_run.kinds.is_empty() {
        let row = |kind: &dead::Kind| [kind.letters.to_string(), kind.worker.clone(), kind.class.clone()];
        text.push_str(&columns(["letters", "worker", "class"], dry_run.kinds.iter().map(row)));
        text.push_str("\n\n");
    }
    if !dry_run.runs.is_empty() {
        let row = |run: &dead::Reopened| {
            [run.run.clone(), run.stage.to_owned(), run.letters.to_string(), run.superseded.to_string()]
        };
        let header = ["run that re-opens", "from stage", "letters", "superseded"];
        text.push_str(&columns(header, dry_run.runs.iter().take(RUNS).map(row)));
        if dry_run.runs.len() > RUNS {
            text.push_str(&format!("\n… and {} more runs", dry_run.runs.len() - RUNS));
        }
        text.push_str("\n\n");
    }
    text.push_str(&format!("{} would be replayed.", count(dry_run.letters, "letter")));
    if dry_run.superseded > 0 {
        text.push_str(&format!(
            "\n{} superseded: an earlier stage of their run is done again.",
            dry_run.superseded
        ));
    }
    for skipped in &dry_run.skipped {
        let (letters, such_as) = (skipped.letters, skipped.such_as);
        text.push_str(&format!("\n{letters} not replayed, such as {such_as}: {}.", skipped.why));
    }
    if dry_run.effects_done > 0 {
        text.push_str(&format!("\nEffects that are done already: {}.", dry_run.effects_done));
    }
    if dry_run.claude_calls > 0 {
        let price = match dry.claude_usd {
            Some(usd) => format!("about {usd:.2} USD"),
            None => "of unknown price: no answer was paid for yet".to_owned(),
        };
        text.push_str(&format!(
            "\nClaude: at most {}, {price}; what was asked before costs nothing.",
            count(dry_run.claude_calls, "question")
        ));
    }
    if dry_run.letters > 0 {
        text.push_str("\nNothing was changed. To replay: the same with --apply --reason 'why'");
    }
    text
}

/// Runs that are listed.
const RUNS: usize = 20;
