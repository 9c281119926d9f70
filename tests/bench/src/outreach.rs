//! Engagement events over HTTP and into Postgres, and the ranking of many prospects, with the gateway and the worker
//! as processes of their own.

use crate::machine::memory;
use crate::run::Bench;
use anyhow::Context as _;
use bytes::Bytes;
use chrono::{DateTime, TimeDelta, Utc};
use http_body_util::{BodyExt as _, Full};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use prospects::{Keys, NewProspect, Owner, Prospects};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::Path;
use std::process::Child;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use tokio::net::TcpStream;

const PROSPECTS: usize = 100_000;
const EVENTS: usize = 60_000;
const CALLERS: usize = 32;
const RANKINGS: usize = 500;
const USER: &str = "user123";
/// How long a process may take to start, and events to be applied.
const PATIENCE: Duration = Duration::from_secs(120);

/// Prints how many events a second are accepted and applied, what memory that takes, and how long a ranking takes.
pub(crate) fn measure(binaries: &Path) -> anyhow::Result<()> {
    let stack = crate::stack()?;
    let folder = tempfile::tempdir()?;
    let bench = Bench { binaries, stack: &stack, folder: folder.path() };
    bench.leadfleet(&["migrate"])?;
    bench.leadfleet(&["provision"])?;
    let tokio = tokio::runtime::Runtime::new()?;
    tokio.block_on(fill(&stack.postgres_url()))?;
    let said = bench.answer(&["key", "create", "--name", "bench", "--scope", "read,write,track"])?;
    let key = said.split_whitespace().find(|word| word.starts_with("lf_live_")).context("no key was made")?;
    let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port();
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let listen = address.to_string();
    let settings =
        [("GATEWAY_LISTEN", listen.as_str()), ("GATEWAY_RATE", "1000000"), ("GATEWAY_BURST", "1000000")];
    let gateway = Process(bench.spawn(&["run", "gateway"], &settings)?);
    let load = Load { address, key: key.to_owned(), url: stack.nats_url() };

    println!("| what | events/s | p50 | p99 | memory by tenths of the time, MiB |");
    println!("|---|---|---|---|---|");
    let accepted = tokio.block_on(load.accept("first", &gateway))?;
    accepted.print("accepted over HTTP, stored by the broker");
    let worker = Process(bench.spawn(&["run", "outreach"], &[])?);
    let (took, tenths) = tokio.block_on(load.applied(&worker))?;
    println!("| applied to Postgres | {:.0} | | | {} |", EVENTS as f64 / took.as_secs_f64(), listed(&tenths));
    let both = tokio.block_on(load.accept("second", &gateway))?;
    both.print("accepted while others are applied");
    let (rest, _) = tokio.block_on(load.applied(&worker))?;
    println!("\nThe last of them was applied {:.1} s after it was accepted.", rest.as_secs_f64());
    let (p50, p99) = tokio.block_on(load.rank())?;
    println!(
        "\nRanking {PROSPECTS} prospects over HTTP, {RANKINGS} times: p50 {p50:.1} ms, p99 {p99:.1} ms."
    );
    Ok(())
}

async fn fill(url: &str) -> anyhow::Result<()> {
    let db = db::Db::new(&db::Config { postgres_statement_timeout: 3_600, ..db::Config::of(url) })?;
    let prospects = Prospects::new(db, Keys::new(b"a secret of measurements"), chrono_tz::America::New_York);
    let owner = Owner { client: db::DEFAULT_CLIENT, user: None };
    prospects.add_user(owner.client, USER).await?;
    #[expect(clippy::disallowed_methods, reason = "they are taken in now")]
    let now = Utc::now();
    for start in (0..PROSPECTS).step_by(1_000) {
        prospects.take_in(owner, (start..start + 1_000).map(person).collect(), now).await?;
    }
    Ok(())
}

/// Of every kind some, so that a ranking has something to choose from.
fn person(number: usize) -> NewProspect {
    const TITLES: [&str; 7] =
        ["Head of School", "Psychologist", "Founder", "VP of Innovation", "Professor", "Nurse", "Accountant"];
    NewProspect {
        prospect_id: Some(format!("prospect_{number}")),
        name: format!("Person {number}"),
        title: TITLES[number % TITLES.len()].to_owned(),
        company: format!("Company {number}"),
        email: format!("person{number}@example.com"),
        signal_strength: Some((number % 101) as f64),
        ..NewProspect::default()
    }
}

struct Accepted {
    per_second: f64,
    p50: f64,
    p99: f64,
    tenths: Vec<f64>,
}

impl Accepted {
    fn print(&self, what: &str) {
        let Self { per_second, p50, p99, tenths } = self;
        println!("| {what} | {per_second:.0} | {p50:.1} ms | {p99:.1} ms | {} |", listed(tenths));
    }
}

#[derive(Clone)]
struct Load {
    address: SocketAddr,
    key: String,
    url: String,
}

impl Load {
    /// Tells of events over several connections at once, one after the other on each.
    async fn accept(&self, name: &'static str, gateway: &Process) -> anyhow::Result<Accepted> {
        #[expect(clippy::disallowed_methods, reason = "what happened must not lie in the future")]
        let before = Utc::now() - TimeDelta::days(1);
        let next = Arc::new(AtomicUsize::new(0));
        let mut callers = tokio::task::JoinSet::new();
        let started = Instant::now();
        for _ in 0..CALLERS {
            let (load, next) = (self.clone(), Arc::clone(&next));
            callers.spawn(async move {
                let mut caller = load.caller().await?;
                let mut took = Vec::new();
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= EVENTS {
                        return anyhow::Ok(took);
                    }
                    let asked = Instant::now();
                    caller.post("/api/outreach/track-engagement", event(name, number, before)).await?;
                    took.push(asked.elapsed());
                }
            });
        }
        let mut tenths = Vec::new();
        for tenth in 1..=10 {
            while next.load(Ordering::Relaxed) < EVENTS * tenth / 10 && !callers.is_empty() {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            tenths.push(gateway.memory());
        }
        let mut took = Vec::with_capacity(EVENTS);
        while let Some(caller) = callers.join_next().await {
            took.extend(caller??);
        }
        let per_second = EVENTS as f64 / started.elapsed().as_secs_f64();
        // The last one again is the same event.
        let last = event(name, EVENTS - 1, before);
        let again = self.caller().await?.post("/api/outreach/track-engagement", last).await?;
        anyhow::ensure!(again.starts_with(b"{\"accepted\":true"), "{}", String::from_utf8_lossy(&again));
        let (p50, p99) = quantiles(took);
        Ok(Accepted { per_second, p50, p99, tenths })
    }

    /// Waits until the worker has nothing left, and tells how long that took and what memory it had.
    async fn applied(&self, worker: &Process) -> anyhow::Result<(Duration, Vec<f64>)> {
        let client = runtime::connect(&self.url, &runtime::Login::default()).await?;
        let stream = async_nats::jetstream::new(client).get_stream("EVENTS").await?;
        let started = Instant::now();
        let mut samples = Vec::new();
        loop {
            if let Ok(info) = stream.consumer_info("recorder-v1").await
                && info.num_pending == 0
                && info.num_ack_pending == 0
            {
                break;
            }
            anyhow::ensure!(started.elapsed() < PATIENCE, "events were not applied in {PATIENCE:?}");
            samples.push(worker.memory());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        let tenths = samples.chunks(samples.len().div_ceil(10).max(1)).map(|tenth| tenth[tenth.len() / 2]);
        Ok((started.elapsed(), tenths.collect()))
    }

    async fn rank(&self) -> anyhow::Result<(f64, f64)> {
        let mut caller = self.caller().await?;
        let mut took = Vec::new();
        for number in 0..RANKINGS {
            let body = format!(
                r#"{{"user_id":"{USER}","min_fit_score":{},"min_referral_capacity":{},"limit":{}}}"#,
                number % 90,
                number * 7 % 80,
                if number % 10 == 0 { 1_000 } else { 50 }
            );
            let asked = Instant::now();
            caller.post("/api/outreach/prioritize", body).await?;
            took.push(asked.elapsed());
        }
        Ok(quantiles(took))
    }

    async fn caller(&self) -> anyhow::Result<Caller> {
        let deadline = Instant::now() + PATIENCE;
        let stream = loop {
            match TcpStream::connect(self.address).await {
                Ok(stream) => break stream,
                Err(error) if Instant::now() > deadline => return Err(error.into()),
                Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
            }
        };
        stream.set_nodelay(true)?;
        let (sender, connection) = handshake(TokioIo::new(stream)).await?;
        tokio::spawn(connection);
        Ok(Caller { sender, host: self.address.to_string(), key: format!("Bearer {}", self.key) })
    }
}

/// One connection.
struct Caller {
    sender: SendRequest<Full<Bytes>>,
    host: String,
    key: String,
}

impl Caller {
    async fn post(&mut self, path: &str, body: String) -> anyhow::Result<Bytes> {
        let request = hyper::Request::post(path)
            .header("host", &self.host)
            .header("authorization", &self.key)
            .header("content-type", "application/json")
            .body(Full::from(body))?;
        self.sender.ready().await?;
        let answer = self.sender.send_request(request).await?;
        let status = answer.status();
        let body = answer.into_body().collect().await?.to_bytes();
        anyhow::ensure!(status.is_success(), "{path}: {status}: {}", String::from_utf8_lossy(&body));
        Ok(body)
    }
}

/// Of twenty events ten are deliveries, six opens, two sends, one is an acceptance and one a reply.
fn event(name: &str, number: usize, before: DateTime<Utc>) -> String {
    let status = match number % 20 {
        0..10 => "delivered",
        10..16 => "opened",
        16..18 => "sent",
        18 => "accepted",
        _ => "replied",
    };
    let prospect = number * 7 % PROSPECTS;
    let at = (before + TimeDelta::milliseconds(number as i64)).to_rfc3339();
    format!(
        r#"{{"user_id":"{USER}","prospect_id":"prospect_{prospect}","engagement_status":"{status}","event_id":"{name}-{number}","occurred_at":"{at}","channel":"linkedin"}}"#
    )
}

/// A process that ends with its handle.
struct Process(Child);

impl Process {
    fn memory(&self) -> f64 {
        memory(self.0.id(), "VmRSS").unwrap_or_default() as f64 / 1024.0
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Median and 99th percentile in milliseconds.
fn quantiles(mut took: Vec<Duration>) -> (f64, f64) {
    took.sort_unstable();
    let at = |share: usize| took.get(took.len() * share / 100).map_or(0.0, |took| took.as_secs_f64() * 1e3);
    (at(50), at(99))
}

fn listed(tenths: &[f64]) -> String {
    tenths.iter().map(|mib| format!("{mib:.0}")).collect::<Vec<_>>().join(" ")
}
