//! Runs with as many decision makers and pain points as clinics, up to a million of each.

use crate::{machine, run};
use fleet::sample::Sizes;
use std::path::Path;

const SIZES: [usize; 3] = [10_000, 100_000, 1_000_000];

/// What the steps of a run with a million of everything take at least, measured one by one and added: rows out of
/// Postgres and into it, linking, places in texts, messages, files.
const LIMITS: f64 = 20.0;

/// Prints time and peak memory of each size, the smallest first, and how they grow.
pub(crate) fn measure(binaries: &Path, sizes: &[usize]) -> anyhow::Result<()> {
    println!("# Clinics, decision makers and pain points by the million\n\n{}\n", machine::describe());
    run::print_head();
    let mut growth = Vec::new();
    for &n in if sizes.is_empty() { &SIZES[..] } else { sizes } {
        let measured = run::measure(binaries, Sizes { pain_points: n, clinics: n, decision_makers: n })?;
        measured.print();
        let (seconds, millions) = (measured.seconds(), n as f64 / 1e6);
        growth.push(format!("| {n} | {:.0} µs | {:.1} |", seconds / millions, seconds / (LIMITS * millions)));
    }
    println!(
        "\n| clinics | time for each | of the sum of the measured limits, {LIMITS} s a million |\n|---|---|---|"
    );
    growth.iter().for_each(|line| println!("{line}"));
    Ok(())
}
