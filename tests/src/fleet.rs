//! The fleet of one test: its servers, its stand-ins, and the processes it starts.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use db::Db;
use fleet::local::{Binaries, Cluster, Stack, StackOptions};
use proto::RunId;
use runtime::Login;
use serde_json::Value;
use sqlx::{AssertSqlSafe, Connection as _, PgConnection, Row as _};
use standins::{ClaudeStandIn, SlackStandIn};
use tempfile::TempDir;

use crate::broker::Broker;
use crate::files::{Files, files_of};
use crate::process::Process;
use crate::program::{WORKSPACE, program};
use crate::rows::{self, Rows};
use crate::tls;
use crate::users::Users;

/// A day that runs are for; a second run of a test takes another one.
pub const DATE: &str = "2025-11-11";

/// How long a message waits for a worker that has died.
const LEASE: Duration = Duration::from_secs(2);

pub struct TestFleet {
    pub stack: Stack,
    pub broker: Broker,
    pub slack: SlackStandIn,
    pub claude: ClaudeStandIn,
    pub db: Db,
    environment: Vec<(String, String)>,
    folder: TempDir,
    started: AtomicU32,
    pub users: Users,
}

impl TestFleet {
    /// Servers with empty tables and streams, and no worker. Claude has no key: templates are the generic ones.
    pub async fn start() -> Self {
        Self::on(StackOptions::default()).await
    }

    /// With nats-servers that are spoken to over TLS only.
    pub async fn over_tls() -> Self {
        Self::on(StackOptions { nats_config: tls::CONFIGURATION.to_owned(), ..StackOptions::default() }).await
    }

    /// On three nats-servers with three copies of every stream.
    pub async fn on_a_cluster() -> Self {
        Self::on(StackOptions { cluster: Some(Cluster::of_three().unwrap()), ..StackOptions::default() })
            .await
    }

    /// With a Postgres whose commits survive its own death, and with a key for Claude's stand-in.
    pub async fn durable() -> Self {
        Self::on(StackOptions { fsync: true, ..StackOptions::default() }).await.with_key()
    }

    async fn on(options: StackOptions) -> Self {
        let servers = options.cluster.as_ref().map_or(1, |cluster| cluster.ports.len());
        let folder = tempfile::Builder::new().prefix("leadfleet-test-").tempdir().unwrap();
        let users = Users::made(folder.path(), &options.nats_config);
        let nats_config = users.configuration();
        let stack = Stack::start(StackOptions { binaries: binaries(), nats_config, ..options }).unwrap();
        db::migrate(&stack.postgres_url()).await.unwrap();
        provision(&stack, servers, users.login("operator")).await;
        let (slack, claude) = (SlackStandIn::start().await, ClaudeStandIn::start().await);
        let path = |name: &str| folder.path().join(name).display().to_string();
        std::fs::create_dir(path("backups")).unwrap();
        let environment = [
            ("NATS_URL", stack.nats_url()),
            ("POSTGRES_CONNECTION_STRING", stack.postgres_url()),
            ("OUTPUT_DIRECTORY", path("outputs")),
            ("BACKUP_DIRECTORY", path("backups")),
            ("SLACK_WEBHOOK_URL", slack.url()),
            ("CLAUDE_BASE_URL", claude.url().to_owned()),
            ("CLAUDE_RETRY_DELAY", "0.001".to_owned()),
            ("LEADFLEET_LEASE", LEASE.as_secs().to_string()),
            ("STORE_RETRY_AFTER", "1".to_owned()),
            // On a port that the system gives, for callers in a hurry.
            ("GATEWAY_LISTEN", "127.0.0.1:0".to_owned()),
            ("GATEWAY_RATE", "100000".to_owned()),
            ("GATEWAY_BURST", "100000".to_owned()),
            // No tick fires by itself while a test runs.
            ("SCHEDULE_TZ", "UTC".to_owned()),
        ];
        Self {
            broker: Broker::connect(&stack.nats_url(), users.options("operator")).await,
            db: Db::new(&db::Config::of(&stack.postgres_url())).unwrap(),
            environment: environment.map(|(name, value)| (name.to_owned(), value)).into(),
            started: AtomicU32::new(0),
            users,
            stack,
            slack,
            claude,
            folder,
        }
    }

    /// With a key for Claude's stand-in.
    pub async fn with_claude() -> Self {
        Self::start().await.with_key()
    }

    fn with_key(self) -> Self {
        let key = self.claude.key();
        self.with("CLAUDE_API_KEY", key)
    }

    /// Sets a variable of the processes to come.
    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.environment.retain(|(known, _)| known != name);
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Leaves a variable of the processes to come to its default.
    #[must_use]
    pub fn without(mut self, name: &str) -> Self {
        self.environment.retain(|(known, _)| known != name);
        self
    }

    /// Starts workers by name, all in one process, with the rights that they need.
    pub fn run(&self, workers: &[&str]) -> Process {
        let user = if let [one] = workers { one } else { "all" };
        self.leadfleet_as(user, &[&["run"], workers].concat())
    }

    /// Starts `leadfleet` with these arguments as an operator.
    pub fn leadfleet(&self, arguments: &[&str]) -> Process {
        self.leadfleet_as("operator", arguments)
    }

    /// Starts `leadfleet` as a user of nats-server.
    pub fn leadfleet_as(&self, user: &str, arguments: &[&str]) -> Process {
        let number = self.started.fetch_add(1, Ordering::Relaxed);
        let log = self.folder.path().join(format!("{number:02}.log"));
        let environment = [self.environment.clone(), self.users.environment(user)].concat();
        Process::start(program(), arguments, &environment, self.folder.path(), log)
    }

    /// What `leadfleet` says as JSON when it is done.
    pub async fn said(&self, arguments: &[&str]) -> Value {
        let (status, log) = self.leadfleet(arguments).end().await;
        assert!(status.success(), "{arguments:?}: {log}");
        let start = log.find(['{', '[']).unwrap_or_else(|| panic!("{arguments:?} says no JSON: {log}"));
        let mut values = serde_json::Deserializer::from_str(&log[start..]).into_iter();
        values.next().unwrap().unwrap()
    }

    pub async fn insert(&self, rows: &Rows) {
        rows::insert(&self.db, rows).await;
    }

    /// Runs SQL as the owner, past row-level security.
    pub async fn sql(&self, sql: &str) {
        let mut connection = self.connection().await;
        sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut connection).await.unwrap();
    }

    /// Rows of one text column, as the owner sees them.
    pub async fn texts(&self, sql: &str) -> Vec<String> {
        let rows = sqlx::query(AssertSqlSafe(sql)).fetch_all(&mut self.connection().await).await.unwrap();
        rows.iter().map(|row| row.get(0)).collect()
    }

    pub async fn number(&self, sql: &str) -> i64 {
        sqlx::query_scalar(AssertSqlSafe(sql)).fetch_one(&mut self.connection().await).await.unwrap()
    }

    /// Segment and clinic of every stored row, sorted.
    pub async fn stored_pairs(&self) -> Vec<(String, String)> {
        let sql = "SELECT m.segment_name, c.clinic_name FROM matched_segments m \
                   JOIN clinics_contact_info c ON (c.client_id, c.id) = (m.client_id, m.clinic_id) \
                   ORDER BY m.segment_name COLLATE \"C\", c.clinic_name COLLATE \"C\"";
        let rows = sqlx::query(sql).fetch_all(&mut self.connection().await).await.unwrap();
        rows.iter().map(|row| (row.get(0), row.get(1))).collect()
    }

    pub fn outputs(&self) -> PathBuf {
        self.folder.path().join("outputs")
    }

    pub fn backups(&self) -> PathBuf {
        self.folder.path().join("backups")
    }

    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub fn files(&self, date: &str) -> Files {
        files_of(&self.outputs(), date)
    }

    /// The messages that Slack got, as they came.
    pub fn told(&self) -> Vec<String> {
        self.slack.journal().iter().map(ToString::to_string).collect()
    }

    /// The announcements of a run in Slack; alerts are none.
    pub fn announcements(&self, run: &RunId) -> Vec<String> {
        let of_run = |message: &String| message.contains(&format!("#pt-intelligence, run {run}"));
        self.told().into_iter().filter(of_run).collect()
    }

    /// Waits until Slack was sent a message that holds this text.
    pub async fn told_of(&self, text: &str) {
        let mut seen = 0;
        let told = async {
            while !self.told().iter().any(|message| message.contains(text)) {
                seen = self.slack.journal().len().max(seen);
                self.slack.arrived(seen + 1).await;
                seen += 1;
            }
        };
        let told = tokio::time::timeout(crate::DEADLINE, told).await;
        assert!(told.is_ok(), "Slack was not told of {text:?}, but of {:#?}", self.told());
    }

    async fn connection(&self) -> PgConnection {
        PgConnection::connect(&self.stack.postgres_url()).await.unwrap()
    }

    /// What the servers' users were refused, as their processes tell.
    pub fn refused(&self) -> Vec<String> {
        let logs: Vec<String> =
            self.log_files().iter().filter_map(|path| std::fs::read_to_string(path).ok()).collect();
        let lines = logs.iter().flat_map(|log| log.lines());
        lines.filter(|line| line.contains("Permissions Violation")).map(str::to_owned).collect()
    }

    fn log_files(&self) -> Vec<PathBuf> {
        let mut logs: Vec<PathBuf> = std::fs::read_dir(self.folder.path())
            .into_iter()
            .flatten()
            .filter_map(|entry| Some(entry.ok()?.path()))
            .filter(|path| path.extension().is_some_and(|end| end == "log"))
            .collect();
        logs.sort();
        logs
    }

    fn logs(&self) -> String {
        let mut text = String::new();
        for path in self.log_files() {
            let log = std::fs::read_to_string(&path).unwrap_or_default();
            let lines: Vec<&str> = log.lines().collect();
            let tail = lines.iter().skip(lines.len().saturating_sub(40));
            text.push_str(&format!("--- {}\n", path.display()));
            tail.for_each(|line| text.push_str(&format!("{line}\n")));
        }
        text
    }
}

/// The nats-server that `make setup` unpacked, wherever the tests were built.
pub fn binaries() -> Binaries {
    let unpacked = Path::new(WORKSPACE).join(".tools/nats-server");
    Binaries { nats_server: unpacked.exists().then_some(unpacked), ..Binaries::default() }
}

/// Creates the streams, so that a test can speak before any worker runs.
async fn provision(stack: &Stack, servers: usize, login: Login) {
    let config = runtime::Config {
        login,
        lease: Some(LEASE),
        replicas: Some(servers),
        ..runtime::Config::of(stack.nats_url())
    };
    let runtime = runtime::Runtime::start(config).await.unwrap();
    fleet::role::prepare(&runtime).await.unwrap();
}

impl Drop for TestFleet {
    fn drop(&mut self) {
        if std::thread::panicking() {
            print_logs(&self.logs());
        }
    }
}

#[expect(clippy::print_stderr, reason = "what a failed test's processes said helps to find why")]
fn print_logs(logs: &str) {
    eprintln!("{logs}");
}
