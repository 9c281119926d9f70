//! Every page of the dashboard with a million clinics, as many leads, ten thousand segments and a hundred thousand dead
//! letters: how long it takes, and what it weighs.

use crate::learn;
use crate::machine::memory;
use crate::run::{Bench, Workers, fill, finished, sizes};
use anyhow::Context as _;
use async_nats::HeaderMap;
use async_nats::jetstream::{self, message::PublishMessage};
use bytes::Bytes;
use fleet::sample::Sizes;
use futures::future::join_all;
use http_body_util::{BodyExt as _, Empty};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use proto::subject::{header, stream};
use proto::{Subject, Token};
use serde_json::Value;
use sqlx::{AssertSqlSafe, Connection as _, PgConnection};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::Path;
use std::process::Child;
use std::time::{Duration, Instant};
use tokio::net::TcpStream;

const PAIN_POINTS: usize = 10_000;
const SEGMENTS: usize = 10_000;
const LETTERS: u64 = 100_000;
/// How many letters are under way at once.
const AT_ONCE: u64 = 500;
/// How often each page is asked for.
const TIMES: usize = 40;
const PATIENCE: Duration = Duration::from_secs(600);

/// Prints how long each page takes, and what it weighs.
pub(crate) fn measure(binaries: &Path, rows: usize) -> anyhow::Result<()> {
    let stack = crate::stack()?;
    let folder = tempfile::tempdir()?;
    let bench = Bench { binaries, stack: &stack, folder: folder.path() };
    bench.leadfleet(&["migrate"])?;
    bench.leadfleet(&["provision"])?;
    let tokio = tokio::runtime::Runtime::new()?;
    let said = |what: &str, since: Instant| eprintln!("{what} in {:.0} s", since.elapsed().as_secs_f64());
    let started = Instant::now();
    // Few decision makers: linking them takes longer than all the rest, and no page shows how many there are.
    let sizes = Sizes { decision_makers: rows / 20, ..sizes(rows, PAIN_POINTS) };
    tokio.block_on(fill(&stack.postgres_url(), sizes))?;
    said("clinics written", started);
    let started = Instant::now();
    let workers = Workers::start(&bench)?;
    bench.leadfleet(&["--quiet", "match", "start"])?;
    tokio.block_on(finished(&stack.nats_url()))?;
    said("run", started);
    let started = Instant::now();
    tokio.block_on(die(&stack.nats_url()))?;
    drop(workers);
    said("letters died", started);
    let started = Instant::now();
    tokio.block_on(learn::fill(&stack.postgres_url(), rows as u64))?;
    tokio.block_on(score(&stack.postgres_url()))?;
    said("leads written", started);
    let started = Instant::now();
    bench.leadfleet(&["patterns", "learn"])?;
    said("patterns learned", started);

    let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port();
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let listen = address.to_string();
    let settings = [
        ("GATEWAY_LISTEN", listen.as_str()),
        ("GATEWAY_OPEN", "true"),
        ("GATEWAY_RATE", "1000000"),
        ("GATEWAY_BURST", "1000000"),
    ];
    let gateway = Process(bench.spawn(&["run", "gateway"], &settings)?);
    println!("| page | first | p50 | p95 | bytes |");
    println!("|---|---|---|---|---|");
    tokio.block_on(visit(address))?;
    println!(
        "\nThe gateway held {} MiB at most.",
        memory(gateway.0.id(), "VmHWM").unwrap_or_default() / 1024
    );
    Ok(())
}

/// Events that nobody can read, until as many letters are dead.
async fn die(url: &str) -> anyhow::Result<()> {
    let client = runtime::connect(url, &runtime::Login::default()).await?;
    let jetstream = jetstream::new(client);
    let subject =
        Subject::Event { kind: Token::squeezed("scrape_done"), key: Token::squeezed("reddit") }.to_string();
    for start in (0..LETTERS).step_by(AT_ONCE as usize) {
        let sent = (start..start + AT_ONCE).map(async |number| {
            let mut headers = HeaderMap::new();
            headers.insert(header::CONTENT_TYPE, "application/json");
            let body = format!(r#"{{"source": "SCRAPE_SOURCE_{number}", "date": "2025-11-11"}}"#);
            let message = PublishMessage::build().headers(headers).payload(body.into());
            let sent = jetstream.send_publish(subject.clone(), message).await?;
            sent.await?;
            anyhow::Ok(())
        });
        join_all(sent).await.into_iter().collect::<anyhow::Result<Vec<()>>>()?;
    }
    let deadline = Instant::now() + PATIENCE;
    while jetstream.get_stream(stream::DEAD).await?.cached_info().state.messages < LETTERS {
        anyhow::ensure!(Instant::now() < deadline, "the letters did not die in {PATIENCE:?}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    Ok(())
}

/// Scores as the scorer would give, and segments more than a run makes of these pain points: half of the clinics move
/// into them.
async fn score(url: &str) -> anyhow::Result<()> {
    let mut connection = PgConnection::connect(url).await?;
    for statement in [
        "UPDATE leads SET als_score = score, als_tier = CASE WHEN score > 80 THEN 'hot' WHEN score > 60 THEN 'warm'
            WHEN score > 40 THEN 'cool' ELSE 'cold' END, scored_at = now(), weights_source = 'default'
        FROM (SELECT id AS lead, abs(hashtext(id::text)) % 101 AS score FROM leads) AS scored WHERE id = lead"
            .to_owned(),
        format!(
            "INSERT INTO segments SELECT (jsonb_populate_record(segments,
                jsonb_build_object('position', 1000 + n, 'segment_name', 'made-' || n, 'clinics', 50))).*
            FROM (SELECT segments FROM segments ORDER BY position LIMIT 1) AS first, generate_series(1, {SEGMENTS}) AS n"
        ),
        format!(
            "UPDATE matched_segments SET segment_name = 'made-' || 1 + clinic_id / 2 % {SEGMENTS} WHERE clinic_id % 2 = 0"
        ),
        "ANALYZE".to_owned(),
    ] {
        sqlx::raw_sql(AssertSqlSafe(statement)).execute(&mut connection).await?;
    }
    Ok(())
}

/// Asks for every page often, and for those that it leads to.
async fn visit(address: SocketAddr) -> anyhow::Result<()> {
    let mut visitor = Visitor::new(address).await?;
    let mut wrong = 0;
    for page in visitor.pages().await? {
        let first = Instant::now();
        let (status, body) = visitor.get(&page).await?;
        let first = first.elapsed();
        if status != 200 {
            println!("| {page} | {:.0} ms | answers {status} | | |", millis(&first));
            wrong += 1;
            continue;
        }
        let mut took = Vec::new();
        // A page that takes long is known well enough after a few.
        let begun = Instant::now();
        while took.len() < TIMES && begun.elapsed() < Duration::from_secs(20) {
            let asked = Instant::now();
            visitor.get(&page).await?;
            took.push(asked.elapsed());
        }
        took.sort_unstable();
        let at = |share: usize| took.get((took.len() * share).div_ceil(100) - 1).map_or(0.0, millis);
        println!(
            "| {page} | {:.0} ms | {:.1} ms | {:.1} ms | {} |",
            millis(&first),
            at(50),
            at(95),
            body.len()
        );
    }
    anyhow::ensure!(wrong == 0, "{wrong} pages did not answer");
    Ok(())
}

fn millis(took: &Duration) -> f64 {
    took.as_secs_f64() * 1e3
}

/// Lists, as they come and as they are narrowed down.
const LISTS: [&str; 47] = [
    "/",
    "/runs",
    "/segments",
    "/segments?sort=clinics&offset=9000",
    "/segments?q=made-99",
    "/unmatched",
    "/unmatched?q=phoenix",
    "/leads",
    "/leads?tier=warm",
    "/leads?status=converted",
    "/leads?tier=hot&status=converted",
    "/outreach",
    "/outreach?from=2020-01-01",
    "/outreach/week",
    "/outreach/sequences",
    "/patterns",
    "/patterns/who",
    "/patterns/what",
    "/patterns/when",
    "/patterns/how",
    "/patterns/weights",
    "/patterns/history",
    "/growth",
    "/growth/contractors",
    "/workers",
    "/dead",
    "/dead?each=1",
    "/dead?each=1&offset=90000",
    "/dead?since=1h",
    "/dead?worker=loader&class=invalid",
    "/dead/replay",
    "/dead/replays",
    "/claude",
    "/audit",
    "/leads?sort=-name",
    "/leads?q=nobody",
    "/index.json",
    "/runs.json",
    "/segments.json",
    "/unmatched.json",
    "/leads.json",
    "/outreach.json",
    "/patterns.json",
    "/dead.json",
    "/dead.json?each=1",
    "/workers.json",
    "/audit.json",
];

struct Visitor {
    sender: SendRequest<Empty<Bytes>>,
    host: String,
}

impl Visitor {
    async fn new(address: SocketAddr) -> anyhow::Result<Self> {
        let deadline = Instant::now() + PATIENCE;
        let stream = loop {
            match TcpStream::connect(address).await {
                Ok(stream) => break stream,
                Err(error) if Instant::now() > deadline => return Err(error.into()),
                Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
            }
        };
        stream.set_nodelay(true)?;
        let (sender, connection) = handshake(TokioIo::new(stream)).await?;
        tokio::spawn(connection);
        Ok(Self { sender, host: address.to_string() })
    }

    async fn get(&mut self, path: &str) -> anyhow::Result<(u16, Bytes)> {
        let request = hyper::Request::get(path)
            .header("host", &self.host)
            .header("accept", if path.contains(".json") { "application/json" } else { "text/html" })
            .body(Empty::new())?;
        self.sender.ready().await?;
        let answer = self.sender.send_request(request).await?;
        let status = answer.status().as_u16();
        Ok((status, answer.into_body().collect().await?.to_bytes()))
    }

    async fn json(&mut self, path: &str) -> anyhow::Result<Value> {
        let (status, body) = self.get(path).await?;
        anyhow::ensure!(status == 200, "{path} answers {status}");
        Ok(serde_json::from_slice(&body)?)
    }

    /// The lists, and one of each kind that they tell of.
    async fn pages(&mut self) -> anyhow::Result<Vec<String>> {
        let mut pages: Vec<String> = LISTS.map(str::to_owned).to_vec();
        let text = |value: &Value, pointer: &str| {
            let found =
                value.pointer(pointer).map(|found| found.as_str().map_or(found.to_string(), str::to_owned));
            found.with_context(|| format!("no {pointer} in what was answered"))
        };
        let segments = self.json("/segments.json").await?;
        let run = text(&segments, "/run_id")?;
        pages.push(format!("/runs/{run}"));
        pages.push(format!("/runs/{run}.json"));
        pages.push(format!("/segments/{}?run={run}", text(&segments, "/segments/0/segment_name")?));
        pages.push(format!("/segments/made-77?run={run}"));
        let missed = self.json("/unmatched.json").await?;
        pages.push(format!("/clinics/{}", text(&missed, "/clinics/0/id")?));
        pages.push("/clinics/500000".to_owned());
        let leads = self.json("/leads.json").await?;
        pages.push(format!("/leads/{}", text(&leads, "/leads/0/prospect_id")?));
        let mut next = format!("/leads?cursor={}", text(&leads, "/next")?);
        pages.push(next.clone());
        next = next.replace("/leads", "/leads.json");
        for _ in 0..20 {
            next = format!("/leads.json?cursor={}", text(&self.json(&next).await?, "/next")?);
        }
        pages.push(next.replace(".json", ""));
        let dead = self.json("/dead.json?each=1").await?;
        pages.push(format!("/dead/{}", text(&dead, "/each/0/sequence")?));
        Ok(pages)
    }
}

/// A process that ends with its handle.
struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
