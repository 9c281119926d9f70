//! Messages per second of a trivial worker through the runtime against a bare consume, publish, ack loop with the same acks.

//!
//! `cargo run -p runtime --release --example throughput -- nats://127.0.0.1:4222 [MESSAGES]`

use async_nats::jetstream::{self, AckKind, consumer};
use futures::StreamExt as _;
use proto::v1::RunRequest;
use proto::{Outbox, Outgoing, Token};
use runtime::{Config, Delivery, Fault, Retry, Runtime, Source, Worker};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use tokio::sync::Notify;

/// Messages in flight, in both loops.
const CONCURRENCY: usize = 256;
const ROUNDS: usize = 5;

/// One message in, one message out; tells when it has had as many as it waits for.
struct Trivial {
    left: Arc<AtomicUsize>,
    last: Arc<Notify>,
}

impl Worker for Trivial {
    const NAME: &'static str = "throughput";
    const SOURCE: Source = Source::Jobs("throughput");
    const RETRY: Retry = Retry { concurrency: CONCURRENCY, ..Retry::DEFAULT };
    type Input = RunRequest;

    async fn handle(&self, input: RunRequest, _: &Delivery) -> Result<Outbox, Fault> {
        if self.left.fetch_sub(1, Ordering::Relaxed) == 1 {
            self.last.notify_one();
        }
        Ok(Outbox::none().with(result("runtime", &input)))
    }
}

fn result(loop_name: &str, input: &RunRequest) -> Outgoing {
    let client = Token::squeezed(loop_name);
    Outgoing::job("throughput-out", client, Token::squeezed(&input.request_id), input)
}

#[tokio::main]
#[expect(clippy::print_stdout, reason = "a measurement is printed")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let nats_url = arguments.next().ok_or("name a nats-server")?;
    let messages: usize = arguments.next().map_or(Ok(50_000), |text| text.parse())?;
    let runtime = Runtime::start(Config::of(nats_url)).await?;
    let mut ratios = Vec::new();
    for round in 1..=ROUNDS {
        fill(&runtime, messages).await?;
        let bare = bare(&runtime, messages).await?;
        fill(&runtime, messages).await?;
        let through = through(&runtime, messages).await?;
        ratios.push(through / bare);
        println!("round {round}: bare {bare:.0}/s, runtime {through:.0}/s, ratio {:.2}", through / bare);
    }
    ratios.sort_by(f64::total_cmp);
    println!(
        "median ratio {:.2} of a bare loop, {messages} messages, {CONCURRENCY} in flight",
        ratios[ROUNDS / 2]
    );
    Ok(())
}

/// Puts the messages into an empty stream.
async fn fill(runtime: &Runtime, messages: usize) -> Result<(), Box<dyn std::error::Error>> {
    let stream = runtime.jetstream().get_stream("JOBS").await?;
    stream.purge().await?;
    let _ = stream.delete_consumer("throughput-v1").await;
    let _ = stream.delete_consumer("bare").await;
    let sends = (0..messages).map(|id| {
        let input = RunRequest { request_id: format!("{id}-{}", stream_nonce()), ..RunRequest::default() };
        let client = Token::squeezed("in");
        let message = Outgoing::job("throughput", client, Token::squeezed(&input.request_id), &input);
        async move { runtime.publish(&message).await }
    });
    let mut sends = futures::stream::iter(sends).buffer_unordered(CONCURRENCY);
    while let Some(sent) = sends.next().await {
        sent?;
    }
    Ok(())
}

/// Makes ids differ between rounds, or the broker would take them for repetitions.
#[expect(clippy::disallowed_methods, reason = "a measurement reads the clock")]
fn stream_nonce() -> i64 {
    chrono::Utc::now().timestamp_micros()
}

#[expect(clippy::disallowed_methods, reason = "a measurement reads the clock")]
async fn bare(runtime: &Runtime, messages: usize) -> Result<f64, Box<dyn std::error::Error>> {
    let stream = runtime.jetstream().get_stream("JOBS").await?;
    let config = consumer::pull::Config {
        durable_name: Some("bare".into()),
        filter_subject: "lf.v1.job.throughput.>".into(),
        max_ack_pending: 10_000,
        ..Default::default()
    };
    let consumer = stream.create_consumer(config).await?;
    let started = Instant::now();
    let stream = consumer.stream().max_messages_per_batch(CONCURRENCY).messages().await?;
    stream
        .take(messages)
        .for_each_concurrent(CONCURRENCY, |message| async move {
            let Ok(message) = message else { return };
            let id = message
                .headers
                .as_ref()
                .and_then(|headers| headers.get("Nats-Msg-Id"))
                .map(ToString::to_string);
            let id = id.unwrap_or_default();
            let publish = jetstream::message::PublishMessage::build()
                .payload(message.payload.clone())
                .message_id(format!("bare:{id}"));
            let subject =
                format!("lf.v1.job.throughput-out.bare.{}", id.rsplit(':').next().unwrap_or_default());
            if let Ok(sent) = message.context.send_publish(subject, publish).await {
                let _ = sent.await;
            }
            let _ = message.double_ack_with(AckKind::Ack).await;
        })
        .await;
    Ok(messages as f64 / started.elapsed().as_secs_f64())
}

#[expect(clippy::disallowed_methods, reason = "a measurement reads the clock")]
async fn through(runtime: &Runtime, messages: usize) -> Result<f64, Box<dyn std::error::Error>> {
    runtime.provision::<Trivial>().await?;
    let stream = runtime.jetstream().get_stream_no_info("JOBS").await?;
    let last = Arc::new(Notify::new());
    let trivial = Trivial { left: Arc::new(AtomicUsize::new(messages)), last: Arc::clone(&last) };
    let started = Instant::now();
    let worker = {
        let runtime = runtime.clone();
        tokio::spawn(async move { runtime.run(trivial).await })
    };
    // Asking the server all the time would slow it down; only the last messages are waited for so.
    last.notified().await;
    loop {
        let info = stream.consumer_info("throughput-v1").await?;
        if info.num_pending == 0 && info.num_ack_pending == 0 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    let rate = messages as f64 / started.elapsed().as_secs_f64();
    worker.abort();
    Ok(rate)
}
