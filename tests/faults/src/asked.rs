//! What was asked of the fleet from outside, and accepted by the broker.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_nats::HeaderMap;
use async_nats::jetstream;
use bytes::Bytes;
use db::Uuid;
use proto::subject::header;
use proto::v1::{
    Alert, Engagement, MatchConfig, RunHeader, RunRequest, RunSummary, ScrapeDone, Severity, Trigger,
};
use proto::{Outgoing, Stage, Token};
use rand::SeedableRng as _;
use rand::rngs::StdRng;
use rand::seq::SliceRandom as _;
use runtime::Runs;
use tokio::sync::watch;
use tokio::time::{Instant, sleep, timeout};

use crate::corrupt::Corrupt;
use crate::world::World;

/// How long an acknowledgement is waited for.
const PATIENCE: Duration = Duration::from_secs(3);

/// What the broker said it has.
#[derive(Debug, Default)]
pub(crate) struct Asked {
    pub(crate) runs: Vec<AskedRun>,
    /// Texts of alerts.
    pub(crate) alerts: Vec<String>,
    pub(crate) corrupt: Vec<(String, Corrupt)>,
    pub(crate) engagements: Vec<Engagement>,
    /// The longest that the broker took to accept something.
    pub(crate) slowest: Duration,
}

/// A run that somebody waits for.
#[derive(Debug, Clone)]
pub(crate) struct AskedRun {
    /// Finds the run on the stream.
    pub(crate) request: String,
    pub(crate) client: Uuid,
    pub(crate) date: String,
    /// Ids of the messages that asked for it: if one of them died there may be no run.
    pub(crate) messages: Vec<String>,
}

/// Somebody outside, with a connection that no fault is between.
#[derive(Clone)]
pub(crate) struct Outside {
    pub(crate) jetstream: jetstream::Context,
    asked: Arc<Mutex<Asked>>,
}

impl Outside {
    pub(crate) async fn connect(url: &str) -> anyhow::Result<Self> {
        let client = async_nats::ConnectOptions::new()
            .reconnect_delay_callback(|_tries| Duration::from_millis(50))
            .connect(url.split(',').collect::<Vec<_>>())
            .await?;
        Ok(Self { jetstream: jetstream::new(client), asked: Arc::default() })
    }

    pub(crate) fn asked(&self) -> MutexGuard<'_, Asked> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Publishes until the broker has it; the id makes the repetitions one.
    pub(crate) async fn say(&self, subject: &str, headers: HeaderMap, payload: Vec<u8>) {
        let payload = Bytes::from(payload);
        let begun = Instant::now();
        loop {
            let once = async {
                let sent =
                    self.jetstream.publish_with_headers(subject.to_owned(), headers.clone(), payload.clone());
                sent.await.ok()?.await.ok()
            };
            // A server that is cut off from the others does not answer; another one may.
            if let Ok(Some(_)) = timeout(PATIENCE, once).await {
                let mut asked = self.asked();
                asked.slowest = asked.slowest.max(begun.elapsed());
                return;
            }
            sleep(Duration::from_millis(200)).await;
        }
    }

    pub(crate) async fn say_outgoing(&self, id: &str, message: Outgoing) {
        let headers = headers(id, &message.schema);
        self.say(&message.subject.to_string(), headers, message.payload).await;
    }

    /// Asks for the run of a tenant.
    async fn request(&self, client: Uuid, date: String, as_of: String) {
        let request = format!("asked-{client}-{date}").replace("-0000-7000-8000", "");
        let asked = RunRequest {
            request_id: request.clone(),
            client_id: client.to_string(),
            run_date: date.clone(),
            trigger: Trigger::Manual.into(),
            config: Some(MatchConfig::default()),
            as_of,
            ..RunRequest::default()
        };
        let token = Token::squeezed(&request);
        let job = Outgoing::job("loader", Token::squeezed(&client.to_string()), token, &asked);
        self.say_outgoing(&request, job).await;
        let messages = vec![request.clone()];
        self.asked().runs.push(AskedRun { request, client, date, messages });
    }

    /// Says that the three scrapers of a day are done, in any order.
    async fn scrape(&self, date: String, dice: &mut StdRng) {
        let mut sources = [(1, "reddit"), (2, "linkedin"), (3, "google_maps")];
        sources.shuffle(dice);
        let mut messages = Vec::new();
        for (source, name) in sources {
            let id = format!("scraped-{name}-{date}");
            let done = ScrapeDone { source, date: date.clone(), records: 9, event_id: id.clone() };
            let event =
                Outgoing::event(Token::squeezed("scrape_done"), Token::squeezed(name), id.clone(), &done);
            self.say_outgoing(&id, event).await;
            messages.push(id);
        }
        let request = format!("scrape-{date}-0");
        let job = format!("job:loader:{}:{request}", db::DEFAULT_CLIENT);
        messages.push(job);
        self.asked().runs.push(AskedRun { request, client: db::DEFAULT_CLIENT, date, messages });
    }

    async fn alert(&self, number: usize) {
        let text = format!("somebody outside says {number}.");
        let alert = Alert {
            kind: "outside".to_owned(),
            key: number.to_string(),
            severity: Severity::Warning.into(),
            text: text.clone(),
            ..Alert::default()
        };
        self.say_outgoing(&format!("outside-{number}"), Outgoing::alert(alert)).await;
        self.asked().alerts.push(text);
    }

    /// Publishes a message that nobody can handle.
    pub(crate) async fn corrupt(&self, number: usize, message: Corrupt) {
        let id = format!("corrupt-{number}");
        self.say(&message.subject, headers(&id, &message.schema), message.payload.clone()).await;
        self.asked().corrupt.push((id, message));
    }

    /// Asks for runs and says alerts until it is told to stop.
    pub(crate) async fn ask_on(
        self,
        world: Arc<World>,
        seed: u64,
        pace: Duration,
        stop: watch::Receiver<bool>,
    ) {
        let mut dice = StdRng::seed_from_u64(seed ^ 0x10ad);
        let (mut requests, mut scrapes) = (world.requests(&mut dice), world.scrapes(&mut dice));
        let mut open: Vec<(String, Instant)> = Vec::new();
        let mut number = 0;
        while !*stop.borrow() {
            let mut still_open = Vec::new();
            for (request, since) in open {
                if since.elapsed() < FORGOTTEN && !self.is_announced(&request).await {
                    still_open.push((request, since));
                }
            }
            open = still_open;
            if open.len() < MOST_OPEN {
                if number % 3 == 2 {
                    if let Some(date) = scrapes.pop() {
                        self.scrape(date, &mut dice).await;
                    }
                } else if let Some((client, date)) = requests.pop() {
                    self.request(client, date, world.as_of.clone()).await;
                }
                open.extend(self.asked().runs.last().map(|run| (run.request.clone(), Instant::now())));
            }
            self.alert(number).await;
            self.engage(number, world.now).await;
            number += 1;
            sleep(pace).await;
        }
    }

    /// Whether the run of a request is announced, as far as the broker says.
    async fn is_announced(&self, request: &str) -> bool {
        let runs = Runs::new(self.jetstream.clone());
        let asked = async {
            let alias = Token::squeezed(request);
            let header = runs.part::<RunHeader>(&alias, Stage::Profile, "run").await.ok()??.body.ok()?;
            let run = header.run_id.parse().ok()?;
            runs.part::<RunSummary>(&run, Stage::Notify, "summary").await.ok()?
        };
        timeout(Duration::from_secs(1), asked).await.is_ok_and(|summary| summary.is_some())
    }
}

/// More are not asked for, so that the fleet can keep up.
const MOST_OPEN: usize = 12;
/// A run that takes longer does not keep others back.
const FORGOTTEN: Duration = Duration::from_secs(60);

pub(crate) fn headers(id: &str, schema: &str) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert(header::MESSAGE_ID, id);
    headers.insert(header::SCHEMA, schema);
    headers
}
