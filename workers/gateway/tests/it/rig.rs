//! A gateway on a free port, with a broker and a database of its own, and whoever calls it.

use crate::server::{ALPHA, BETA, TestDb};
use chrono::{DateTime, Utc};
use clap::Parser;
use contractors::Contractors;
use conversion::Conversion;
use db::Uuid;
use db::keys::{self, NewKey};
use futures::StreamExt as _;
use gateway::{ApiKey, Clock, Config, Gateway};
use prospects::{Keys, Prospects, Rules, Scores};
use proto::Message;
use proto::v1::Engagement;
use reqwest::{Method, RequestBuilder, Response};
use runtime::Runtime;
use serde_json::Value;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::task::JoinHandle;

pub(crate) const TRACK: &str = "/api/outreach/track-engagement";
pub(crate) const PATTERNS: &str = "/api/learning/update-patterns";

#[derive(Parser)]
struct Flags {
    #[command(flatten)]
    gateway: Config,
}

/// A time that stands still until it is set.
#[derive(Clone)]
pub(crate) struct Time(Arc<Mutex<DateTime<Utc>>>);

impl Time {
    pub(crate) fn new(time: &str) -> Self {
        Self(Arc::new(Mutex::new(time.parse().unwrap())))
    }

    pub(crate) fn set(&self, time: &str) {
        *self.0.lock().unwrap() = time.parse().unwrap();
    }
}

pub(crate) struct Rig {
    pub(crate) test: TestDb,
    pub(crate) broker: standins::NatsServer,
    pub(crate) runtime: Runtime,
    pub(crate) base: String,
    pub(crate) http: reqwest::Client,
    pub(crate) serving: JoinHandle<()>,
}

/// The configuration of some flags, on a free port.
pub(crate) fn config(flags: &[&str]) -> Config {
    let fixed = ["gateway", "--gateway-listen", "127.0.0.1:0"];
    Flags::parse_from(fixed.iter().chain(flags)).gateway
}

pub(crate) fn prospects(db: db::Db) -> Prospects {
    Prospects::new(db, Keys::new(b"a key of the tests"), chrono_tz::UTC)
}

pub(crate) fn scores(db: db::Db) -> Scores {
    Scores::new(db, Arc::new(als::Rules::defaults().unwrap()))
}

pub(crate) fn conversion(db: db::Db) -> Conversion {
    Conversion::new(db, chrono_tz::UTC)
}

pub(crate) fn contractors(db: db::Db) -> Contractors {
    Contractors::new(db, levels::Rules::defaults().unwrap())
}

pub(crate) fn now() -> DateTime<Utc> {
    #[expect(clippy::disallowed_methods, reason = "keys expire by the clock of the gateway")]
    Utc::now()
}

impl Rig {
    pub(crate) async fn start(flags: &[&str]) -> Self {
        let test = TestDb::new().await;
        let db = test.db.clone();
        Self::with_db(config(flags), test, db).await
    }

    /// A gateway for which it is always the time that was set last.
    pub(crate) async fn at(time: &Time) -> Self {
        let test = TestDb::new().await;
        let db = test.db.clone();
        let time = time.clone();
        let clock = Clock::of(move || *time.0.lock().unwrap());
        Self::with_db(Config { clock, ..config(&[]) }, test, db).await
    }

    /// A gateway whose Postgres is nowhere.
    pub(crate) async fn without_postgres(flags: &[&str]) -> Self {
        let nowhere = db::Config::of("postgresql:///nowhere?host=/nonexistent&user=nobody");
        Self::with_db(config(flags), TestDb::new().await, db::Db::new(&nowhere).unwrap()).await
    }

    /// An open gateway whose statements may take so many seconds.
    pub(crate) async fn with_statements_of(seconds: u32) -> Self {
        let test = TestDb::new().await;
        let slow = db::Config { postgres_statement_timeout: seconds, ..db::Config::of(&test.owner_url) };
        let db = db::Db::new(&slow).unwrap();
        Self::with_db(config(&["--open"]), test, db).await
    }

    /// A gateway for a client with rules of its own.
    pub(crate) async fn by(rules: &Rules) -> Self {
        let test = TestDb::new().await;
        let db = test.db.clone();
        Self::with(config(&[]), test, db.clone(), prospects(db).by(rules)).await
    }

    async fn with_db(config: Config, test: TestDb, db: db::Db) -> Self {
        Self::with(config, test, db.clone(), prospects(db)).await
    }

    async fn with(config: Config, test: TestDb, db: db::Db, prospects: Prospects) -> Self {
        // Whoever is first decides; all say the same.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let broker = standins::nats().await;
        let nats = runtime::Config::of(broker.url());
        let runtime = Runtime::start(nats).await.unwrap();
        let (scores, conversion) = (scores(db.clone()), conversion(db.clone()));
        let contractors = contractors(db.clone());
        let gateway = Gateway::bind(runtime.clone(), db, prospects, scores, conversion, contractors, config)
            .await
            .unwrap();
        let base = format!("http://{}", gateway.address());
        let serving = tokio::spawn(gateway.run());
        for client in [ALPHA, BETA] {
            let prospect = if client == ALPHA { "p_alpha" } else { "p_beta" };
            test.sql(&format!(
                "INSERT INTO client_users (client_id, user_id) VALUES ('{client}', 'ann');
                INSERT INTO leads (id, client_id, prospect_id, name, source, collected_at)
                VALUES (gen_random_uuid(), '{client}', '{prospect}', 'Jane', 'test', now())"
            ))
            .await;
        }
        Self { test, broker, runtime, base, http: reqwest::Client::new(), serving }
    }

    /// The text of a new key.
    pub(crate) async fn key(&self, client: Uuid, scopes: &[&str]) -> String {
        self.key_until(client, scopes, None).await.text()
    }

    pub(crate) async fn key_until(
        &self,
        client: Uuid,
        scopes: &[&str],
        end: Option<DateTime<Utc>>,
    ) -> ApiKey {
        static MADE: AtomicU8 = AtomicU8::new(0);
        let nth = MADE.fetch_add(1, Ordering::Relaxed);
        let key = ApiKey::make(client, [nth; 6], [nth; 32]);
        let scopes: Vec<String> = scopes.iter().map(|&scope| scope.to_owned()).collect();
        let hash = key.secret_hash();
        let new =
            NewKey { key_id: &key.id, name: "test", secret_hash: &hash, scopes: &scopes, expires_at: end };
        let mut tx = self.test.db.begin(client).await.unwrap();
        keys::create(&mut tx, &new, now()).await.unwrap();
        tx.commit().await.unwrap();
        key
    }

    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, format!("{}{path}", self.base))
    }

    pub(crate) fn get(&self, path: &str) -> RequestBuilder {
        self.request(Method::GET, path)
    }

    /// A page, which nothing inline is in.
    pub(crate) async fn page(&self, path: &str) -> String {
        let answer = self.get(path).header("accept", "text/html").send().await.unwrap();
        let (status, kind) = (answer.status(), answer.headers()["content-type"].clone());
        let text = answer.text().await.unwrap();
        assert_eq!(
            (status.as_u16(), kind.to_str().unwrap()),
            (200, "text/html; charset=utf-8"),
            "{path}: {text}"
        );
        for inline in ["<style", " style=", " onclick=", "<script>"] {
            assert!(!text.contains(inline), "{path}: {inline}: {text}");
        }
        text
    }

    /// What is answered as JSON.
    pub(crate) async fn value(&self, path: &str) -> Value {
        let answer = self.get(path).send().await.unwrap();
        let (status, text) = (answer.status(), answer.text().await.unwrap());
        assert_eq!(status.as_u16(), 200, "{path}: {text}");
        serde_json::from_str(&text).unwrap()
    }

    pub(crate) fn post(&self, path: &str, key: &str, body: &Value) -> RequestBuilder {
        self.request(Method::POST, path).bearer_auth(key).json(body)
    }

    /// How many messages the stream of events has.
    pub(crate) async fn events(&self) -> u64 {
        let mut stream = self.runtime.jetstream().get_stream("EVENTS").await.unwrap();
        stream.info().await.unwrap().state.messages
    }

    /// The first event of a client.
    pub(crate) async fn event(&self, client: Uuid) -> Engagement {
        self.first_events(client, 1).await.remove(0)
    }

    /// The first events of a client, in the order of the stream.
    pub(crate) async fn first_events(&self, client: Uuid, count: usize) -> Vec<Engagement> {
        let config = async_nats::jetstream::consumer::pull::OrderedConfig {
            filter_subject: format!("lf.v1.event.engagement.{client}"),
            ..Default::default()
        };
        let stream = self.runtime.jetstream().get_stream("EVENTS").await.unwrap();
        let messages = stream.create_consumer(config).await.unwrap().messages().await.unwrap();
        let events =
            messages.take(count).map(|message| Engagement::decode(message.unwrap().payload.clone()).unwrap());
        tokio::time::timeout(Duration::from_secs(30), events.collect()).await.unwrap()
    }
}

/// What every error looks like.
pub(crate) async fn problem(answer: Response, status: u16, slug: &str) -> Value {
    let (found, headers) = (answer.status(), answer.headers().clone());
    let text = answer.text().await.unwrap();
    assert_eq!(found, status, "{text}");
    assert_eq!(headers["content-type"], "application/problem+json", "{text}");
    assert!(!headers["x-request-id"].is_empty());
    let told: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(told["type"], format!("urn:leadfleet:problem:{slug}"), "{text}");
    assert_eq!(told["status"], status);
    let id = told["instance"].as_str().unwrap().strip_prefix("urn:uuid:").unwrap();
    Uuid::parse_str(id).unwrap();
    for field in ["title", "detail"] {
        assert!(!told[field].as_str().unwrap().is_empty(), "{text}");
    }
    told
}

/// A body that is right.
pub(crate) fn opened(prospect: &str) -> Value {
    serde_json::json!({"user_id": "ann", "prospect_id": prospect, "engagement_status": "opened",
        "occurred_at": "2025-11-11T09:30:00Z"})
}
