//! Fuzzes for longer than a test may: `fuzz [TARGET|all] [SECONDS] [SEED]`.
#![expect(clippy::print_stdout, reason = "a finding is printed")]
#![expect(clippy::disallowed_methods, reason = "it stops after a while")]

use std::time::{Duration, Instant};

use anyhow::Context as _;
use fuzz::{Finding, TARGETS, corpus_folder, feed};

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
        let until = Instant::now() + Duration::from_secs(seconds);
        let mut inputs = 0;
        let finding = feed(target, seed, |fed| {
            inputs = fed;
            Instant::now() < until
        })?;
        println!("{}: {inputs} inputs, seed {seed}", target.name);
        if let Some(Finding { input, panic, .. }) = finding {
            found += 1;
            let path = corpus_folder(target.name).join(format!("found-{seed}-{inputs}"));
            std::fs::write(&path, input)?;
            println!("  {panic}\n  kept as {}", path.display());
        }
    }
    anyhow::ensure!(found == 0, "{found} targets could not take an input");
    Ok(())
}
