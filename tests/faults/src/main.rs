//! `make faults`: a schedule of faults over a whole fleet, and what it did to it.

use std::process::ExitCode;

use clap::Parser;

#[derive(Parser)]
#[command(about = "Harms a whole fleet under load and counts what is lost and doubled.")]
struct Arguments {
    /// Draws the faults; the same seed draws the same. Without one, the time does.
    #[arg(long, env = "SEED")]
    seed: Option<u64>,
    /// How many faults.
    #[arg(short, env = "N", default_value_t = 1_000)]
    n: usize,
    /// On three nats-servers with three copies of every stream, and with harm to these.
    #[arg(long, env = "CLUSTER")]
    cluster: bool,
}

#[expect(clippy::print_stdout, reason = "the report is printed")]
#[tokio::main]
async fn main() -> anyhow::Result<ExitCode> {
    let arguments = Arguments::parse();
    let seed = arguments.seed.unwrap_or_else(|| u64::from(rand::random::<u32>()));
    println!("seed {seed}: {} faults", arguments.n);
    let report = faults::run(seed, arguments.n, if arguments.cluster { 3 } else { 1 }).await?;
    println!("{report}");
    Ok(if report.is_clean() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
