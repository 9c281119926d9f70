//! `leadfleet match watch`: follows a run until its summary is announced.

use std::io::{self, IsTerminal, Write};
use std::time::Duration;

use super::progress::{Progress, StageProgress};
use super::runs::Known;
use super::{Stream, runs, status};
use crate::exit::{Exit, Failure};
use crate::output::Output;

/// How often what changed is shown.
const TICK: Duration = Duration::from_millis(200);

pub(super) async fn run(name: &str, stream: &Stream, output: Output) -> Result<Exit, Failure> {
    let known = runs::find(&stream.runs, name).await?;
    let Some(progress) = follow(&known, stream, output).await? else { return Ok(Exit::Interrupted) };
    let status = status::of(stream, &known, &progress).await?;
    output.show(&status, status::in_words)?;
    Ok(status.exit())
}

/// Shows what changes until the summary is announced; nothing comes of it when Ctrl-C ends it.
pub(super) async fn follow(
    known: &Known,
    stream: &Stream,
    output: Output,
) -> Result<Option<Progress>, Failure> {
    let mut progress = Progress::open(stream, &known.id, &known.header).await?;
    let mut screen = Screen::new(output);
    let mut tick = tokio::time::interval(TICK);
    while !progress.announced() {
        tokio::select! {
            said = progress.next() => said?,
            _ = tick.tick() => screen.show(&progress.stages())?,
            _ = tokio::signal::ctrl_c() => {
                screen.end()?;
                return Ok(None);
            }
        }
    }
    screen.show(&progress.stages())?;
    screen.end()?;
    Ok(Some(progress))
}

/// One line that is written over on a terminal; else a line for each stage that is finished, and none for JSON.
struct Screen {
    output: Output,
    terminal: bool,
    shown: String,
    finished: Vec<&'static str>,
}

impl Screen {
    fn new(output: Output) -> Self {
        let terminal = io::stderr().is_terminal() && !output.json && !output.quiet;
        Self { output, terminal, shown: String::new(), finished: Vec::new() }
    }

    fn show(&mut self, stages: &[StageProgress]) -> io::Result<()> {
        let said = stages.iter().filter(|stage| stage.done > 0).map(counted);
        let line = said.collect::<Vec<_>>().join("  ");
        if line == self.shown {
            return Ok(());
        }
        if self.terminal {
            write!(io::stderr(), "\r\x1b[K{line}")?;
        } else {
            for stage in stages.iter().filter(|stage| is_finished(stage)) {
                if !self.finished.contains(&stage.stage) {
                    self.finished.push(stage.stage);
                    self.output.say("Finished", &counted(stage));
                }
            }
        }
        self.shown = line;
        Ok(())
    }

    fn end(&self) -> io::Result<()> {
        if self.terminal { writeln!(io::stderr()) } else { Ok(()) }
    }
}

fn is_finished(stage: &StageProgress) -> bool {
    stage.planned.is_some_and(|planned| stage.done >= planned as usize)
}

fn counted(stage: &StageProgress) -> String {
    let planned = stage.planned.map_or("?".to_owned(), |planned| planned.to_string());
    let dead = if stage.dead.is_empty() { String::new() } else { format!(" ({} died)", stage.dead.len()) };
    format!("{} {}/{planned}{dead}", stage.stage, stage.done)
}
