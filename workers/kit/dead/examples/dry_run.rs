//! Times the dry run of a replay over 100,000 dead letters, a third of them of runs; says how long it took.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a measurement ends at the first surprise")]

use async_nats::{HeaderMap, jetstream};
use dead::{Dead, Filter};
use proto::v1::{Complete, RunSummary};
use proto::{Outgoing, RunId, Stage, Subject, Token};
use runtime::{Config, Runtime};
use std::time::Duration;
use tokio::time::Instant;

/// The allocator of the binary.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const LETTERS: usize = 100_000;
const RUNS: usize = 50;
const ROUNDS: usize = 5;
const MARK: Duration = Duration::from_secs(2);

#[tokio::main]
async fn main() {
    let server = standins::nats().await;
    let nats_url = server.url().to_owned();
    let config = Config::of(nats_url);
    let runtime = Runtime::start(config).await.unwrap();
    for run in 0..RUNS {
        let summary = RunSummary::default();
        runtime
            .publish(&Outgoing::part(&id(run), Stage::Notify, Token::squeezed("summary"), &summary))
            .await
            .unwrap();
        let template = |part: usize| Token::squeezed(&part.to_string());
        for part in 0..20 {
            let part = Outgoing::part(&id(run), Stage::Template, template(part), &Complete::default());
            runtime.publish(&part).await.unwrap();
        }
    }
    let started = Instant::now();
    fill(runtime.jetstream()).await;
    println!("filed {LETTERS} letters in {:?}", started.elapsed());

    let dead = Dead::new(runtime.jetstream().clone());
    let mut took = Vec::new();
    for _ in 0..ROUNDS {
        let started = Instant::now();
        let plan = dead.plan(&Filter::default(), false).await.unwrap();
        took.push(started.elapsed());
        assert_eq!(plan.dry_run.letters, LETTERS as u64);
        assert_eq!(plan.dry_run.runs.len(), RUNS);
    }
    took.sort();
    println!("dry run over {LETTERS} letters, {RUNS} runs: {took:?}");
    assert!(took[ROUNDS / 2] < MARK, "the median is not under {MARK:?}");
}

fn id(run: usize) -> RunId {
    Token::squeezed(&format!("20251111-{run:012x}"))
}

/// Letters as the runtime writes them, with payloads of a kibibyte.
async fn fill(jetstream: &jetstream::Context) {
    let mut sent = Vec::new();
    for number in 0..LETTERS {
        let (worker, class, subject) = match number % 3 {
            0 => (
                "geographic",
                "permanent",
                Subject::Part {
                    run: id(number / 3 % RUNS),
                    stage: Stage::Load,
                    part: Token::squeezed(&number.to_string()),
                },
            ),
            1 => ("loader", "decode", job("loader", number)),
            _ => ("retrier", "exhausted", job("retrier", number)),
        };
        let mut headers = HeaderMap::new();
        for (name, value) in [
            ("Nats-Msg-Id", format!("dlq:RUN:{number}:{worker}-v1:0")),
            ("traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01".to_owned()),
            ("Lf-Schema", "leadfleet.v1.ClinicPart".to_owned()),
            ("Lf-Cause", format!("{subject}:0:0123456789ab")),
            ("Dl-Subject", subject.to_string()),
            ("Dl-Stream", "RUN".to_owned()),
            ("Dl-Stream-Seq", number.to_string()),
            ("Dl-Consumer", format!("{worker}-v1")),
            ("Dl-Consumer-Seq", number.to_string()),
            ("Dl-Published-At", "2026-11-21T07:00:00.123456789+00:00".to_owned()),
            ("Dl-Dead-At", "2026-11-21T07:00:01.123456789+00:00".to_owned()),
            ("Dl-Deliveries", "6".to_owned()),
            ("Dl-Attempts", "6".to_owned()),
            ("Dl-Crashes", "0".to_owned()),
            ("Dl-Class", class.to_owned()),
            ("Dl-Code", String::new()),
            ("Dl-Error", format!("could not write clinic {number}: connection reset by peer")),
            ("Dl-Error-Fp", format!("{:016x}", number % 40)),
            ("Dl-Gen", "0".to_owned()),
            ("Dl-Worker", worker.to_owned()),
            ("Dl-Build", "0.1.0".to_owned()),
            ("Dl-Trace-Last", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01".to_owned()),
            ("Dl-Tombstones", tombstone(&subject)),
            ("Dl-Message-Id", format!("{subject}:0:0123456789ab")),
        ] {
            headers.insert(name, value.as_str());
        }
        if let Some(run) = subject.run_id() {
            headers.insert("Dl-Run", run.as_str());
        }
        let under = Subject::dead(worker, class);
        sent.push(jetstream.publish_with_headers(under, headers, vec![b'x'; 1024].into()).await.unwrap());
        if sent.len() == 1_000 {
            for ack in sent.drain(..) {
                ack.await.unwrap();
            }
        }
    }
    for ack in sent {
        ack.await.unwrap();
    }
}

fn job(worker: &str, number: usize) -> Subject {
    let token = |text: &str| Token::squeezed(text);
    Subject::Job { worker: token(worker), client: token("default"), id: token(&number.to_string()) }
}

fn tombstone(subject: &Subject) -> String {
    match subject {
        Subject::Part { run, part, .. } => {
            Subject::Part { run: run.clone(), stage: Stage::Match, part: part.clone() }.to_string()
        }
        _ => String::new(),
    }
}
