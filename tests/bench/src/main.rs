//! Measures the fleet as its users run it: real servers, a process for each worker, sample data of growing size.
//!
//! `make bench` builds what it needs and runs it; `bench 500 10000` measures these numbers of clinics only, and
//! `bench million` measures runs of up to a million of everything, `bench soak 30` runs for half an hour and tells whether memory stayed flat, `bench outreach` measures the gateway
//! and the records of engagement, `bench leads` the scores of leads, `bench growth` goals, `bench learn 10000 10000000` the patterns of so
//! many leads, `bench pages` the dashboard with a million rows of everything, `bench statistics` what they are made of against Python, `bench tables FOLDER` what is found in tables of
//! real outreach, and `bench lists FOLDER` in lists of companies.

#![expect(clippy::print_stdout, reason = "measurements are printed")]
#![expect(clippy::disallowed_methods, reason = "measurements read the clock and wait")]

mod growth;
mod leads;
mod learn;
mod lists;
mod machine;
mod million;
mod outreach;
mod pages;
mod run;
mod soak;
mod tables;

use anyhow::Context as _;
use fleet::local::{Stack, StackOptions};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Clinics of each run, with as many pain points as the issue of scale asks for.
const SIZES: [usize; 3] = [500, 10_000, 100_000];
const PAIN_POINTS: usize = 10_000;

fn main() -> anyhow::Result<()> {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let binaries = folder()?;
    if let [word, minutes] = std::env::args().skip(1).collect::<Vec<_>>().as_slice()
        && word == "soak"
    {
        return soak::soak(&binaries, minutes.parse().context("minutes are a number")?);
    }
    if std::env::args().skip(1).eq(["outreach"]) {
        return outreach::measure(&binaries);
    }
    if let [word, rows @ ..] = std::env::args().skip(1).collect::<Vec<_>>().as_slice()
        && word == "pages"
    {
        let rows = rows.first().map_or(Ok(1_000_000), |rows| rows.parse()).context("rows are a number")?;
        return pages::measure(&binaries, rows);
    }
    if std::env::args().skip(1).eq(["growth"]) {
        return growth::measure(&binaries);
    }
    if std::env::args().skip(1).eq(["leads"]) {
        return leads::measure(&binaries);
    }
    if let [word, sizes @ ..] = std::env::args().skip(1).collect::<Vec<_>>().as_slice()
        && word == "learn"
    {
        let sizes: Vec<u64> =
            sizes.iter().map(|size| size.parse()).collect::<Result<_, _>>().context("sizes are numbers")?;
        return learn::measure(&binaries, &sizes);
    }
    if let [word, sizes @ ..] = std::env::args().skip(1).collect::<Vec<_>>().as_slice()
        && word == "million"
    {
        let sizes: Vec<usize> =
            sizes.iter().map(|size| size.parse()).collect::<Result<_, _>>().context("sizes are numbers")?;
        return million::measure(&binaries, &sizes);
    }
    if let [word, folder, seeds @ ..] = std::env::args().skip(1).collect::<Vec<_>>().as_slice()
        && word == "tables"
    {
        let seeds = seeds.first().map_or(Ok(200), |seeds| seeds.parse()).context("seeds are a number")?;
        return tables::measure(&binaries, Path::new(folder), seeds);
    }
    if let [word, folder] = std::env::args().skip(1).collect::<Vec<_>>().as_slice()
        && word == "lists"
    {
        return lists::measure(&binaries, Path::new(folder));
    }
    if std::env::args().skip(1).eq(["statistics"]) {
        return learn::against_python(&binaries);
    }
    let asked: Vec<usize> = std::env::args()
        .skip(1)
        .map(|size| size.parse())
        .collect::<Result<_, _>>()
        .context("sizes are numbers")?;
    println!("# leadfleet benchmark\n\n{}\n", machine::describe());

    println!("## A run, by number of clinics\n");
    run::print_head();
    if asked.is_empty() {
        run::measure(&binaries, run::sizes(487, 320))?.print();
    }
    for clinics in if asked.is_empty() { SIZES.to_vec() } else { asked.clone() } {
        run::measure(&binaries, run::sizes(clinics, PAIN_POINTS))?.print();
    }
    if asked.is_empty() {
        println!("\n## Messages through the runtime, against a bare loop with the same acks\n");
        let stack = stack()?;
        example(&binaries, "throughput", &stack.nats_url())?;
        println!("\n## Replacing a million segment rows\n");
        example(&binaries, "replace", &stack.postgres_url())?;
        println!("\n## Linking 50,000 names with 50,000\n");
        example(&binaries, "names", "50000")?;
        println!("\n## Engagement events, and prospects by priority\n");
        outreach::measure(&binaries)?;
        println!("\n## Scores of leads\n");
        leads::measure(&binaries)?;
        println!("\n## Growth\n");
        growth::measure(&binaries)?;
        println!("\n## Patterns of conversions\n");
        learn::measure(&binaries, &[])?;
        println!("\n## The statistics of a million leads, against polars and SciPy\n");
        learn::against_python(&binaries)?;
    }
    Ok(())
}

/// Where cargo put this program, and so `leadfleet` and the examples.
fn folder() -> anyhow::Result<PathBuf> {
    let program = std::env::current_exe()?;
    Ok(program.parent().context("the program lies in no folder")?.to_owned())
}

fn stack() -> anyhow::Result<Stack> {
    Ok(Stack::start(StackOptions { fsync: true, ..StackOptions::default() })?)
}

fn example(binaries: &Path, name: &str, argument: &str) -> anyhow::Result<()> {
    let program = binaries.join("examples").join(name);
    if !program.exists() {
        println!("({name} was not built: `make bench` builds it)");
        return Ok(());
    }
    println!("```");
    let status =
        Command::new(&program).args(Some(argument).filter(|argument| !argument.is_empty())).status()?;
    println!("```");
    anyhow::ensure!(status.success(), "{} failed: {status}", program.display());
    Ok(())
}
