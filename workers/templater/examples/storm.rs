//! Two templaters against a Claude that lets fewer calls through than they could make: what waiting costs.
//!
//! `cargo run -p templater --release --example storm -- [SEGMENTS] [CALLS_PER_MINUTE] [PERCENT_REFUSED_ANYWAY]`
#![expect(clippy::print_stdout, reason = "a measurement is printed")]
#![expect(clippy::disallowed_methods, reason = "a measurement reads the clock")]

use std::time::{Duration, Instant};

use clap::Parser;
use claude::Claude;
use futures::TryStreamExt as _;
use proto::subject::{Stage, Subject, Token, stream};
use proto::v1::{RunHeader, RunRequest, Segment};
use proto::{Outgoing, RunId};
use runtime::{Config, History, Runtime};
use standins::{ClaudeStandIn, Step, Twist};
use templater::Templater;

#[derive(Parser)]
struct Cli {
    #[command(flatten)]
    claude: claude::Config,
    #[command(flatten)]
    templater: templater::Config,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let mut arguments = std::env::args().skip(1);
    let segments: u32 = arguments.next().map_or(Ok(1_800), |text| text.parse())?;
    let limit: u32 = arguments.next().map_or(Ok(600), |text| text.parse())?;
    let percent: u32 = arguments.next().map_or(Ok(0), |text| text.parse())?;
    let broker = standins::nats().await;
    let standin = ClaudeStandIn::start().await;
    standin.limit_requests(limit);
    standin.latency(Duration::from_millis(20), Duration::from_millis(100), 7);
    // Spread evenly over the first calls.
    standin.script((0..segments).map(|call| match call * percent / 100 == (call + 1) * percent / 100 {
        true => Step::Answer(Twist::SeveralTexts),
        false => Step::error(429, "rate_limit_error", None).with("retry-after-ms", "100"),
    }));
    let mut fleets = Vec::new();
    for _ in 0..2 {
        let nats_url = broker.url().clone();
        let runtime = Runtime::start(Config::of(nats_url)).await?;
        let cli = ["storm", "--claude-api-key", standin.key(), "--claude-base-url", standin.url()];
        let cli = Cli::parse_from(cli.into_iter().chain(["--templater-patience", "3600"]));
        let claude = Claude::connect(cli.claude, Some(runtime.jetstream().clone())).await?;
        fleets.push((runtime, Templater::new(cli.templater, claude)));
    }
    let runtime = fleets[0].0.clone();
    let run: RunId = "20251111-0123456789ab".parse()?;
    publish(&runtime, &run, segments).await?;

    let started = Instant::now();
    let workers: Vec<_> = fleets
        .into_iter()
        .map(|(runtime, templater)| tokio::spawn(async move { runtime.run(templater).await }))
        .collect();
    while !runtime.runs().has_complete(&run, Stage::Template, 0).await? {
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let seconds = started.elapsed().as_secs_f64();
    runtime.stop();
    let paid = standin.paid();
    let refused = standin.calls() - paid;
    // The first calls of a full bucket are free; the rest flows back evenly.
    let allowed = f64::from(limit) * (1.0 + seconds / 60.0);
    println!("{segments} segments, at most {limit} calls a minute, two processes: {seconds:.1} s");
    println!(
        "calls answered {paid}, refused with 429 {refused} ({:.0} %)",
        100.0 * refused as f64 / (paid + refused) as f64
    );
    println!("of the calls that the limit allowed, {:.1} % were made", 100.0 * paid as f64 / allowed);
    println!("attempts spent on waiting: {}", attempts(&runtime).await?);
    let mut dead = runtime.runs().messages(stream::DEAD, Subject::dead("*", "*")).await?;
    let mut letters = 0;
    while dead.next().await?.is_some() {
        letters += 1;
    }
    println!("dead letters: {letters}");
    workers.iter().for_each(tokio::task::JoinHandle::abort);
    Ok(())
}

async fn publish(runtime: &Runtime, run: &RunId, segments: u32) -> Result<(), Box<dyn std::error::Error>> {
    let request = RunRequest { client_id: "acme".into(), ..RunRequest::default() };
    let header = RunHeader { request: Some(request), ..RunHeader::default() };
    runtime.publish(&Outgoing::part(run, Stage::Profile, Token::squeezed("run"), &header)).await?;
    runtime.publish(&Outgoing::plan(run, Stage::Template, segments)).await?;
    for index in 0..segments {
        let segment = Segment {
            index,
            name: format!("emr-{index}"),
            pain_category: "emr".into(),
            city: format!("Phoenix {index}"),
            state: "AZ".into(),
            ..Segment::default()
        };
        let part = Token::squeezed(&index.to_string());
        runtime.publish(&Outgoing::part(run, Stage::Segment, part, &segment)).await?;
    }
    Ok(())
}

/// Attempts that the ledger of deliveries counts, over all messages.
async fn attempts(runtime: &Runtime) -> Result<u32, Box<dyn std::error::Error>> {
    let ledger = runtime.jetstream().get_key_value("deliveries").await?;
    let keys: Vec<String> = ledger.keys().await?.try_collect().await?;
    let mut attempts = 0;
    for key in keys {
        if let Some(bytes) = ledger.get(key).await? {
            attempts += serde_json::from_slice::<History>(&bytes)?.attempts;
        }
    }
    Ok(attempts)
}
