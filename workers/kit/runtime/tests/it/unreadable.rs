//! Messages whose headers the client library cannot read: it drops the connection at each delivery.

use crate::fleet::{Broker, Probe, first, header, job, plan, run};
use async_nats::HeaderMap;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use proto::v1::{Complete, Plan};
use proto::{Message as _, Outbox, Outgoing, Stage, Subject, Token};
use runtime::{Delivery, Fault, Runtime, Source, Stored, Worker};
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// Stores a message with this header block, byte by byte: the client library would not send it.
async fn publish_raw(broker: &Broker, subject: &[u8], block: &[u8], payload: &[u8]) {
    let url = broker.server.url();
    let mut connection = TcpStream::connect(url.trim_start_matches("nats://")).await.unwrap();
    let mut bytes = b"CONNECT {\"verbose\":false,\"pedantic\":false,\"headers\":true}\r\nHPUB ".to_vec();
    bytes.extend_from_slice(subject);
    bytes.extend_from_slice(format!(" {} {}\r\n", block.len(), block.len() + payload.len()).as_bytes());
    for part in [block, payload, b"\r\nPING\r\n"] {
        bytes.extend_from_slice(part);
    }
    connection.write_all(&bytes).await.unwrap();
    let mut answer = Vec::new();
    while !answer.ends_with(b"PONG\r\n") {
        assert_ne!(
            connection.read_buf(&mut answer).await.unwrap(),
            0,
            "{}",
            String::from_utf8_lossy(&answer)
        );
    }
    let answer = String::from_utf8_lossy(&answer);
    assert!(!answer.contains("-ERR"), "{answer}");
}

/// What the client library trips over: bytes that are not text.
const BLOCK: &[u8] = b"NATS/1.0\r\nForeign: kept\r\nNats-Msg-Id: m\r\nBroken: \xff\r\n\r\n";

/// A connection of its own for looking on: what is asked over one that is dropped is not answered.
async fn onlooker(broker: &Broker) -> Runtime {
    broker.runtime().await
}

async fn letters(runtime: &Runtime) -> Vec<Stored> {
    let mut letters = runtime.runs().messages("DEAD", "lf.v1.dead.>".to_owned()).await.unwrap();
    let mut found = Vec::new();
    while let Some(letter) = letters.next().await.unwrap() {
        found.push(letter);
    }
    found
}

/// Waits until the consumer is there and has nothing to come and nothing in hand; the broker says when, not a clock.
async fn settled(runtime: &Runtime, stream: &str, consumer: &str) {
    let stream = runtime.jetstream().get_stream(stream).await.unwrap();
    let looking = async {
        loop {
            // The worker makes its consumer when it starts, beside this test.
            if let Ok(info) = stream.consumer_info(consumer).await
                && info.num_pending == 0
                && info.num_ack_pending == 0
            {
                break;
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(30), looking).await.expect("it is never settled");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_with_unreadable_headers_is_one_dead_letter_and_the_others_are_handled() {
    let broker = Broker::start().await;
    let (runtime, onlooker) = (broker.runtime().await, onlooker(&broker).await);
    let bad = job("bad").payload;
    runtime.publish(&job("a")).await.unwrap();
    publish_raw(&broker, b"lf.v1.job.probe.c.bad", BLOCK, &bad).await;
    runtime.publish(&job("b")).await.unwrap();
    runtime.publish(&job("c")).await.unwrap();
    let (probe, mut seen) = Probe::new(|_, _| Ok(Outbox::none()));
    let worker = run(&runtime, probe);
    let dead = first(&onlooker, "DEAD", "lf.v1.dead.probe.decode").await;
    settled(&onlooker, "JOBS", "probe-v1").await;
    runtime.stop();
    worker.await.unwrap();

    assert_eq!(header(&dead, "Dl-Subject"), "lf.v1.job.probe.c.bad");
    assert_eq!(dead.payload, bad);
    assert_eq!(header(&dead, "Foreign"), "kept");
    assert_eq!(STANDARD.decode(header(&dead, "Dl-Raw-Headers")).unwrap(), BLOCK);
    assert!(header(&dead, "Dl-Error").contains("no header"), "{}", header(&dead, "Dl-Error"));
    let tombstone = first(&onlooker, "RUN", "lf.v1.run.bad.match.part.0").await;
    assert_eq!(header(&tombstone, "Lf-Tombstone"), "decode");
    assert_eq!(letters(&onlooker).await.len(), 1);
    let mut handled = Vec::new();
    while let Some(id) = seen.recv().await {
        handled.push(id);
    }
    handled.sort();
    handled.dedup();
    assert_eq!(handled, ["a", "b", "c"]);
    // Nobody who reads the stream trips over it any more.
    let mut jobs = onlooker.runs().messages("JOBS", "lf.v1.job.>".to_owned()).await.unwrap();
    while jobs.next().await.unwrap().is_some() {}
}

/// Makes a part of the match stage of each part of the load stage; there are several.
struct Maker<const N: usize>;

impl<const N: usize> Maker<N> {
    fn part(part: &Token) -> Token {
        Token::squeezed(&format!("{}-{part}", Self::NAME))
    }
}

impl<const N: usize> Worker for Maker<N> {
    const NAME: &'static str = ["maker-a", "maker-b"][N];
    const SOURCE: Source = Source::Parts(Stage::Load);
    type Input = Plan;

    async fn handle(&self, input: Plan, delivery: &Delivery) -> Result<Outbox, Fault> {
        let Subject::Part { run, part, .. } = &delivery.subject else { panic!("no part") };
        Ok(Outbox::none().with(Outgoing::part(run, Stage::Match, Self::part(part), &input)))
    }

    fn tombstones(&self, subject: &Subject, class: &'static str) -> Outbox {
        let Subject::Part { run, part, .. } = subject else { return Outbox::none() };
        Outbox::none().with(Outgoing::tombstone(run, Stage::Match, Self::part(part), class))
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_worker_that_reads_an_unreadable_part_of_a_run_says_what_will_not_come_of_it() {
    let broker = Broker::start().await;
    let (runtime, onlooker) = (broker.runtime().await, onlooker(&broker).await);
    runtime.publish(&plan("r-1", 6)).await.unwrap();
    let run = "r-1".parse().unwrap();
    for part in ["0", "2"] {
        let part = Outgoing::part(&run, Stage::Load, Token::squeezed(part), &Plan { parts: 1 });
        runtime.publish(&part).await.unwrap();
    }
    let (first_maker, second_maker) = (runtime.clone(), runtime.clone());
    let workers = [
        tokio::spawn(async move { first_maker.run(Maker::<0>).await.unwrap() }),
        tokio::spawn(async move { second_maker.run(Maker::<1>).await.unwrap() }),
    ];
    for part in ["maker-a-2", "maker-b-2"] {
        first(&onlooker, "RUN", &format!("lf.v1.run.r-1.match.part.{part}")).await;
    }
    publish_raw(&broker, b"lf.v1.run.r-1.load.part.1", BLOCK, b"").await;
    let complete = first(&onlooker, "RUN", "lf.v1.run.r-1.match.complete.0").await;
    assert_eq!(Complete::decode(complete.payload).unwrap().parts, 6);
    for name in ["maker-a", "maker-b"] {
        first(&onlooker, "DEAD", &format!("lf.v1.dead.{name}.decode")).await;
        settled(&onlooker, "RUN", &format!("{name}-v1")).await;
        let part = onlooker.runs().part::<Plan>(&run, Stage::Match, &format!("{name}-1")).await.unwrap();
        assert_eq!(part.unwrap().body.unwrap_err().class, "decode");
    }
    runtime.stop();
    for worker in workers {
        worker.await.unwrap();
    }
    assert_eq!(letters(&onlooker).await.len(), 2, "one for each worker that would have handled it");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_ends_the_connection_for_good_is_buried_by_the_next_process() {
    let broker = Broker::start().await;
    let runtime = broker.runtime().await;
    publish_raw(&broker, b"lf.v1.job.probe.c.bad", b"NATS/1.0\r\nA: b\rc\r\n\r\n", b"").await;
    let (probe, _seen) = Probe::new(|_, _| Ok(Outbox::none()));
    assert!(runtime.run(probe).await.is_err(), "it was to end the connection");

    let again = broker.runtime().await;
    let (probe, _seen) = Probe::new(|_, _| Ok(Outbox::none()));
    let worker = run(&again, probe);
    first(&again, "DEAD", "lf.v1.dead.probe.decode").await;
    again.stop();
    worker.await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unreadable_subject_is_made_readable() {
    let broker = Broker::start().await;
    let (runtime, onlooker) = (broker.runtime().await, onlooker(&broker).await);
    let (probe, _seen) = Probe::new(|_, _| Ok(Outbox::none()));
    let worker = run(&runtime, probe);
    publish_raw(&broker, b"lf.v1.job.probe.c.\xffx", b"NATS/1.0\r\n\r\n", b"").await;
    let dead = first(&onlooker, "DEAD", "lf.v1.dead.probe.decode").await;
    assert_eq!(header(&dead, "Dl-Subject"), "lf.v1.job.probe.c.1--x");
    runtime.stop();
    worker.await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn many_of_them_are_found_at_once() {
    const MANY: usize = 60;
    let broker = Broker::start().await;
    let (runtime, onlooker) = (broker.runtime().await, onlooker(&broker).await);
    for id in 0..MANY {
        publish_raw(&broker, format!("lf.v1.job.probe.c.{id}").as_bytes(), b"no headers\r\n", b"").await;
    }
    runtime.publish(&job("good")).await.unwrap();
    let connects = || runtime.client().statistics().connects.load(std::sync::atomic::Ordering::Relaxed);
    let before = connects();
    let (probe, mut seen) = Probe::new(|_, _| Ok(Outbox::none()));
    let worker = run(&runtime, probe);
    assert_eq!(seen.recv().await.unwrap(), "good");
    settled(&onlooker, "JOBS", "probe-v1").await;
    runtime.stop();
    worker.await.unwrap();
    assert_eq!(letters(&onlooker).await.len(), MANY);
    let lost = connects() - before;
    assert!(lost < MANY as u64 / 4, "the connection was lost {lost} times");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_header_asks_of_a_stream_is_not_asked_of_the_dead_letters() {
    let broker = Broker::start().await;
    let runtime = broker.runtime().await;
    let (probe, _seen) = Probe::new(|_, _| Err(Fault::reject("permanent", "no")));
    let worker = run(&runtime, probe);
    for id in ["a", "b"] {
        let mut headers = HeaderMap::new();
        headers.insert("Nats-Expected-Last-Subject-Sequence", "0");
        let job = job(id);
        let sent =
            runtime.jetstream().publish_with_headers(job.subject.to_string(), headers, job.payload.into());
        sent.await.unwrap().await.unwrap();
    }
    settled(&runtime, "JOBS", "probe-v1").await;
    runtime.stop();
    worker.await.unwrap();
    assert_eq!(letters(&runtime).await.len(), 2);
}
