//! Fuzzes for longer than a test may: `fuzz [TARGET|all] [SECONDS] [SEED]`.
#![expect(clippy::print_stdout, reason = "a finding is printed")]
#![expect(clippy::disallowed_methods, reason = "it stops after a while")]

use std::path::Path;
use std::process::{Command, ExitStatus};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use fuzz::{Finding, TARGETS, Target, corpus_folder, feed};
use rustix::process::{Resource, Rlimit, setrlimit};

/// What a process has that takes one target's inputs: who wants more of it dies.
const MEMORY: u64 = 4 << 30;

/// How a process is asked to take inputs itself, and to write each of them down first.
const HERE: &str = "here";
const KEPT: &str = "kept";

fn main() -> anyhow::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let name = arguments.next().unwrap_or_else(|| "all".to_owned());
    let seconds = arguments.next().map_or(Ok(10), |text| text.parse()).context("SECONDS is a number")?;
    let seed = arguments.next().map_or_else(|| Ok(rand::random()), |text| text.parse());
    let seed: u64 = seed.context("SEED is a number")?;
    let targets: Vec<_> = TARGETS.iter().filter(|target| name == "all" || target.name == name).collect();
    anyhow::ensure!(!targets.is_empty(), "no target is called {name}");
    let mut found = 0;
    for target in targets {
        let fine = match arguments.next() {
            Some(mode) => here(target, seconds, seed, mode == KEPT)?,
            None => apart(target, seconds, seed)?,
        };
        found += usize::from(!fine);
    }
    anyhow::ensure!(found == 0, "{found} targets could not take an input");
    Ok(())
}

/// In a process of its own, so that an input that kills it is caught as well: by the second, which writes them down.
fn apart(target: &Target, seconds: u64, seed: u64) -> anyhow::Result<bool> {
    let run = |mode| -> anyhow::Result<ExitStatus> {
        let arguments = [target.name, &seconds.to_string(), &seed.to_string(), mode];
        Ok(Command::new(std::env::current_exe()?).args(arguments).status()?)
    };
    let ended = run(HERE)?;
    if ended.code().is_some() {
        return Ok(ended.success());
    }
    println!("{}: killed ({ended}); the same inputs again", target.name);
    // It takes longer to write each of them down, so there are fewer in the same time.
    let ended = run(KEPT)?;
    anyhow::ensure!(ended.code().is_none(), "{} survived: give it more SECONDS", target.name);
    println!("  kept as {}", killer(target, seed).display());
    Ok(false)
}

fn killer(target: &Target, seed: u64) -> std::path::PathBuf {
    corpus_folder(target.name).join(format!("killed-{seed}"))
}

/// Whether the target could take all inputs.
fn here(target: &Target, seconds: u64, seed: u64, kept: bool) -> anyhow::Result<bool> {
    setrlimit(Resource::As, Rlimit { current: Some(MEMORY), maximum: Some(MEMORY) })?;
    let killer = killer(target, seed);
    let until = Instant::now() + Duration::from_secs(seconds);
    let mut inputs = 0;
    let finding = feed(target, seed, kept.then_some(Path::new(&killer)), |fed| {
        inputs = fed;
        Instant::now() < until
    })?;
    if kept {
        std::fs::remove_file(&killer)?;
    }
    println!("{}: {inputs} inputs, seed {seed}", target.name);
    let Some(Finding { path, told }) = finding else { return Ok(true) };
    println!("  {told}\n  kept as {}", path.display());
    Ok(false)
}
