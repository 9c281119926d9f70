//! The pull loop of a worker: asks for as many messages as there are free permits, and hands back what it cannot finish.

use crate::gate::Gates;
use crate::handle::{Handler, Outcome};
use crate::hands::{Hands, Limits};
use crate::runtime::Runtime;
use crate::worker::Worker;
use async_nats::jetstream;
use futures::stream::FuturesUnordered;
use futures::{FutureExt as _, StreamExt as _};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::{Instant, interval};

/// How long the server keeps a pull open.
const EXPIRES: Duration = Duration::from_secs(20);
/// How long running handlers may go on after a stop was asked for.
const SOFT_STOP: Duration = Duration::from_secs(30);
/// How long messages that were asked for may still come.
const LAST_CALL: Duration = Duration::from_secs(5);
/// How long handlers that were ended then have for handing their messages back.
const LETTING_GO: Duration = Duration::from_secs(8);

/// Why a worker stopped working.
#[derive(Debug, thiserror::Error)]
pub enum ConsumeError {
    #[error("could not subscribe for {worker}")]
    Subscribe { worker: &'static str, source: async_nats::SubscribeError },
    #[error("could not ask for messages for {worker}")]
    Pull { worker: &'static str, source: async_nats::PublishError },
    #[error("the connection of {0} was closed")]
    Closed(&'static str),
}

/// Pulls and handles messages until a stop is asked for.
///
/// A lane is one task that holds all its handlers: a task for each message would cost more in
/// wake-ups between threads than trivial handlers do. There are as many lanes as cores.
pub(crate) async fn consume<W: Worker>(
    runtime: &Runtime,
    worker: Arc<W>,
    looked: watch::Receiver<u64>,
) -> Result<(), ConsumeError> {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let lanes = cores.min(W::RETRY.concurrency).max(1);
    let opening = Arc::new(Opening::wide(W::RETRY.concurrency));
    let mut running = JoinSet::new();
    for lane in 0..lanes {
        let lane = Lane { place: lane, of: lanes, opening: Arc::clone(&opening), looked: looked.clone() };
        let (runtime, worker) = (runtime.clone(), Arc::clone(&worker));
        running.spawn(async move { run_lane(&runtime, worker, &lane).await });
    }
    while let Some(ended) = running.join_next().await {
        match ended {
            Ok(outcome) => outcome?,
            Err(_) => return Err(ConsumeError::Closed(W::NAME)),
        }
    }
    Ok(())
}

/// How far the worker's gates are open, in messages at a time: after a closed gate 1, 4, 16, all.
struct Opening {
    limit: AtomicUsize,
    permits: usize,
}

impl Opening {
    fn wide(permits: usize) -> Self {
        Self { limit: AtomicUsize::new(permits), permits }
    }

    /// Lets one message through first when the gate opens again.
    fn narrow(&self) {
        self.limit.store(1, Ordering::Relaxed);
    }

    fn succeeded(&self) {
        let limit = self.limit.load(Ordering::Relaxed);
        if limit < self.permits {
            self.limit.fetch_max((limit * 4).min(self.permits), Ordering::Relaxed);
        }
    }
}

struct Lane {
    place: usize,
    of: usize,
    opening: Arc<Opening>,
    /// The connection on which was looked for what cannot be read: before that, nothing is asked for on it.
    looked: watch::Receiver<u64>,
}

impl Lane {
    /// The lane's part of a number of messages; the parts of all lanes together are the number.
    fn share(&self, messages: usize) -> usize {
        (messages + self.place) / self.of
    }

    fn limit(&self) -> usize {
        self.share(self.opening.limit.load(Ordering::Relaxed))
    }
}

async fn run_lane<W: Worker>(runtime: &Runtime, worker: Arc<W>, lane: &Lane) -> Result<(), ConsumeError> {
    let consumer = crate::consumers::consumer_name(W::NAME);
    let client = runtime.client();
    let inbox = client.new_inbox();
    let subscribe = |source| ConsumeError::Subscribe { worker: W::NAME, source };
    let mut messages = client.subscribe(inbox.clone()).await.map_err(subscribe)?;
    let mut pulls = Pulls {
        subject: format!("$JS.API.CONSUMER.MSG.NEXT.{}.{consumer}", W::SOURCE.stream()),
        inbox,
        requested: 0,
        asked_at: Instant::now(),
        refused: false,
    };
    let handler = Handler::new(runtime, worker, consumer);
    let limits = Limits { lease: runtime.lease::<W>(), deadline: W::RETRY.deadline };
    let mut hands = Hands::new(lane.share(W::RETRY.concurrency), limits);
    let mut running = FuturesUnordered::new();
    let take = |hands: &mut Hands, message: async_nats::Message| {
        let (place, progress) = hands.take(message.reply.clone().unwrap_or_else(|| "".into()));
        let message = jetstream::Message { message, context: runtime.jetstream().clone() };
        handler.process(message, progress).map(move |outcome| (place, outcome))
    };
    let stop = runtime.stop_signal();
    let mut news = news(runtime, lane.looked.clone(), hands.beat());
    let mut closed = gate_is_closed::<W>(runtime.gates());
    let mut looked = true;

    while !*stop.borrow() {
        if closed {
            lane.opening.narrow();
        } else if !pulls.refused && looked {
            let limit = lane.limit();
            let free = limit.saturating_sub(running.len() + pulls.requested);
            // Not for each message that is done: a request costs the server more than a message.
            if free > 0 && free >= limit / 4 {
                pulls
                    .ask(&client, free)
                    .await
                    .map_err(|source| ConsumeError::Pull { worker: W::NAME, source })?;
            }
        }
        tokio::select! {
            biased;
            // First, because leases run out under a lane that always has something to do.
            news = news.recv() => {
                if news == Some(News::Reconnected) {
                    pulls.forget();
                }
                pulls.forget_lost();
                // The broker may have lost the consumer, or the whole store.
                if pulls.refused && runtime.provision::<W>().await.is_ok() {
                    pulls.refused = false;
                }
                closed = gate_is_closed::<W>(runtime.gates());
                looked = *lane.looked.borrow() >= runtime.connects();
                hands.look_after(&client).await;
            }
            Some((place, outcome)) = running.next(), if !running.is_empty() => {
                hands.put_down(place);
                if outcome == Outcome::Succeeded && !closed {
                    lane.opening.succeeded();
                }
            }
            message = messages.next() => {
                let Some(message) = message else { return Err(ConsumeError::Closed(W::NAME)) };
                if pulls.received(&message) {
                    running.push(take(&mut hands, message));
                }
            }
        }
    }
    // What was asked for and is on its way is handled too; nothing comes after that.
    let mut coming = messages.drain().await.is_ok();
    let mut beat = interval(hands.beat());
    let asked_at = Instant::now();
    let (last_call, soft_stop) = (asked_at + LAST_CALL, asked_at + SOFT_STOP);
    let last = soft_stop + LETTING_GO;
    while (coming || !running.is_empty()) && Instant::now() < last {
        tokio::select! {
            Some((place, _)) = running.next(), if !running.is_empty() => hands.put_down(place),
            message = messages.next(), if coming => match message {
                Some(message) if message.status.is_none() => running.push(take(&mut hands, message)),
                Some(_) => {}
                None => coming = false,
            },
            _ = beat.tick() => {
                hands.look_after(&client).await;
                // A broker that is away says nothing more.
                coming &= Instant::now() < last_call;
                if Instant::now() > soft_stop {
                    hands.let_go();
                }
            }
        }
    }
    let left = running.len();
    if left > 0 {
        tracing::warn!(worker = W::NAME, left, "messages could not be handed back: they come again later");
    }
    Ok(())
}

/// What a lane has to look up from its messages for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum News {
    Reconnected,
    /// It is time to look after the leases, a gate has changed, or a stop was asked for.
    LookAround,
}

/// One channel instead of five signals, which would each cost a lane something at every turn of its loop.
fn news(runtime: &Runtime, mut looked: watch::Receiver<u64>, beat: Duration) -> mpsc::Receiver<News> {
    let (sender, news) = mpsc::channel(4);
    let (mut stop, mut gates, mut reconnects) =
        (runtime.stop_signal(), runtime.gates().changes(), runtime.reconnects());
    tokio::spawn(async move {
        let mut tick = interval(beat);
        loop {
            let news = tokio::select! {
                _ = reconnects.changed() => News::Reconnected,
                _ = stop.changed() => News::LookAround,
                _ = gates.changed() => News::LookAround,
                Ok(()) = looked.changed() => News::LookAround,
                _ = tick.tick() => News::LookAround,
            };
            // The lane has ended.
            if sender.send(news).await.is_err() {
                return;
            }
        }
    });
    news
}

fn gate_is_closed<W: Worker>(gates: &Gates) -> bool {
    gates.closed_until(W::NAME).is_some()
}

/// What was asked for and has not come yet.
struct Pulls {
    subject: String,
    inbox: String,
    requested: usize,
    asked_at: Instant,
    /// There is nobody to ask: the consumer is gone, or JetStream is not up yet.
    refused: bool,
}

impl Pulls {
    async fn ask(
        &mut self,
        client: &async_nats::Client,
        batch: usize,
    ) -> Result<(), async_nats::PublishError> {
        let request = format!("{{\"batch\":{batch},\"expires\":{}}}", EXPIRES.as_nanos());
        client.publish_with_reply(self.subject.clone(), self.inbox.clone(), request.into()).await?;
        self.requested += batch;
        self.asked_at = Instant::now();
        Ok(())
    }

    /// Whether it is a message; otherwise it is word of a pull.
    fn received(&mut self, message: &async_nats::Message) -> bool {
        let Some(status) = message.status else {
            self.requested = self.requested.saturating_sub(1);
            return true;
        };
        let deleted = || message.description.as_deref().is_some_and(|text| text.contains("Deleted"));
        if status.as_u16() == 503 || status.as_u16() == 409 && deleted() {
            self.refused = true;
        }
        if status.as_u16() != 100 {
            // The end of a pull: 404, 408 or 409 tell how many of its messages will not come.
            let rest = message
                .headers
                .as_ref()
                .and_then(|headers| crate::runs::text(headers, "Nats-Pending-Messages"))
                .and_then(|text| text.parse().ok());
            self.requested = self.requested.saturating_sub(rest.unwrap_or(self.requested));
        }
        false
    }

    /// Pulls do not survive a lost connection.
    fn forget(&mut self) {
        self.requested = 0;
    }

    fn forget_lost(&mut self) {
        if self.requested > 0 && self.asked_at.elapsed() > EXPIRES + Duration::from_secs(2) {
            self.requested = 0;
        }
    }
}
