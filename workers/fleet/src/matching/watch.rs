//! `leadfleet match watch`: follows a run until its summary is announced.

use std::io::{self, IsTerminal, Write};
use std::time::Duration;

use overview::runs::Known;
use overview::{Broker, Progress, StageProgress, run, runs};

use super::status;
use crate::exit::{Exit, Failure};
use crate::output::Output;

/// How often what changed is shown.
const TICK: Duration = Duration::from_millis(200);

pub(super) async fn run(name: &str, broker: &Broker, output: Output) -> Result<Exit, Failure> {
    let known = runs::find(broker, name).await?;
    let Some(progress) = follow(&known, broker, output).await? else { return Ok(Exit::Interrupted) };
    let status = run::status(broker, &known, progress.stages(), super::now()).await?;
    output.show(&status, status::in_words)?;
    Ok(status::exit(&status))
}

/// Shows what changes until the summary is announced; nothing comes of it when Ctrl-C ends it.
pub(super) async fn follow(
    known: &Known,
    broker: &Broker,
    output: Output,
) -> Result<Option<Progress>, Failure> {
    let mut progress = Progress::open(broker, known).await?;
    let mut screen = Screen::new(output);
    let mut tick = tokio::time::interval(TICK);
    while !progress.announced() {
        tokio::select! {
            said = progress.next() => drop(said?),
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
    /// Of the terminal: a line that is longer cannot be written over.
    width: usize,
    shown: String,
    finished: Vec<&'static str>,
}

impl Screen {
    fn new(output: Output) -> Self {
        let terminal = io::stderr().is_terminal() && !output.json && !output.quiet;
        let width = comfy_table::Table::new().use_stderr().width().map_or(usize::MAX, usize::from);
        Self { output, terminal, width, shown: String::new(), finished: Vec::new() }
    }

    fn show(&mut self, stages: &[StageProgress]) -> io::Result<()> {
        let said: Vec<String> = stages.iter().filter(|stage| stage.done > 0).map(counted).collect();
        let line = fitting(&said, self.width);
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

/// The last of the stages that stand in a line of this width.
fn fitting(said: &[String], width: usize) -> String {
    (0..said.len())
        .map(|from| if from == 0 { said.join("  ") } else { format!("…  {}", said[from..].join("  ")) })
        .find(|line| line.chars().count() < width)
        .unwrap_or_default()
}

fn is_finished(stage: &StageProgress) -> bool {
    stage.planned.is_some_and(|planned| stage.done >= planned as usize)
}

fn counted(stage: &StageProgress) -> String {
    let planned = stage.planned.map_or("?".to_owned(), |planned| planned.to_string());
    let dead = if stage.dead.is_empty() { String::new() } else { format!(" ({} died)", stage.dead.len()) };
    format!("{} {}/{planned}{dead}", stage.stage, stage.done)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_that_is_too_long_keeps_its_end() {
        let said = ["load 2/2", "match 6/6", "score 3/3"].map(str::to_owned);
        assert_eq!(fitting(&said, 80), "load 2/2  match 6/6  score 3/3");
        assert_eq!(fitting(&said, 30), "…  match 6/6  score 3/3");
        assert_eq!(fitting(&said, 5), "");
        assert_eq!(fitting(&[], 80), "");
    }
}
