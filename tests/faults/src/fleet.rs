//! The fleet under test: servers, stand-ins, and a process in each place of the schedule.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context as _;
use fleet::local::{Stack, StackOptions};
use standins::{ClaudeStandIn, SlackStandIn, SmtpStandIn};
use tempfile::TempDir;
use tokio::task::block_in_place;
use tokio::time::{Instant, sleep};

use crate::corrupt::POISON;
use crate::disk::Disk;
use crate::engaged;
use crate::place::{End, Place};
use crate::proxy::{Proxy, Upstream};
use crate::routes::Routes;
use crate::schedule::{ROLES, Server};

/// Stand in connection strings and must never be seen in a log.
pub(crate) const CANARIES: [&str; 2] = ["canary-of-postgres", "canary-of-mail"];
/// Short, so that what a dead worker held is soon with another.
const LEASE: Duration = Duration::from_secs(2);
/// Followers wait so long at most before they elect another leader.
const ELECTION: Duration = Duration::from_secs(9);
/// How long a place stays empty after an end.
const RESTART: Duration = Duration::from_millis(300);

pub(crate) struct Fleet {
    pub(crate) stack: Stack,
    pub(crate) claude: ClaudeStandIn,
    pub(crate) slack: SlackStandIn,
    pub(crate) mail: SmtpStandIn,
    pub(crate) disk: Disk,
    pub(crate) places: Vec<Place>,
    /// Between the nats-servers of a cluster.
    pub(crate) routes: Option<Routes>,
    /// Ends that nobody brought about.
    pub(crate) unasked: Vec<String>,
    /// Processes that died where they were told to.
    pub(crate) tripped: usize,
    /// When answers of Claude, or their records, may have been lost: in a place, or in all.
    pub(crate) ambiguous: Vec<(Option<usize>, Instant, Instant)>,
    /// Until when some nats-server is away or cut off, or the others have not yet elected another leader.
    unsettled: Instant,
    to_come: Vec<(Instant, Relief)>,
    starts: usize,
    folder: TempDir,
}

/// What makes good again.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Relief {
    Start(usize),
    Thaw(usize),
    ClearUp(usize, Server),
    StartNats,
    StopServer(usize),
    StartServer(usize),
    Reconnect(usize),
    StartPostgres,
    FreeDisk,
}

impl Fleet {
    /// Servers with empty tables and streams, and no worker yet.
    pub(crate) async fn start(servers: usize) -> anyhow::Result<Self> {
        let routes = if servers > 1 { Some(Routes::between(servers).await?) } else { None };
        let cluster = routes.as_ref().map(Routes::cluster);
        let options =
            StackOptions { fsync: true, cluster, binaries: tests::binaries(), ..StackOptions::default() };
        let stack = block_in_place(|| Stack::start(options))?;
        db::migrate(&stack.postgres_url()).await?;
        provision(&stack, servers).await?;
        let folder = tempfile::Builder::new().prefix("leadfleet-faults-").tempdir()?;
        let small = folder.path().join("disk");
        std::fs::create_dir(&small)?;
        let disk = Disk::mount(&small).await?;
        for name in ["outputs", "backups"] {
            std::fs::create_dir(disk.path().join(name))?;
        }
        let port = |url: &str| url.rsplit(':').next()?.parse::<u16>().ok();
        let ports = stack.nats_url().split(',').map(port).collect::<Option<Vec<_>>>();
        let ports = ports.context("nats-server has no port")?;
        let url = stack.postgres_url();
        let (_, socket) = url.split_once("host=").context("Postgres has no socket")?;
        let socket = Path::new(socket).join(".s.PGSQL.5432");
        let mut places = Vec::new();
        for role in ROLES {
            places.push(Place::of(role, &ports, Upstream::Socket(socket.clone())).await?);
        }
        Ok(Self {
            stack,
            claude: ClaudeStandIn::start().await,
            slack: SlackStandIn::start().await,
            mail: SmtpStandIn::start().await,
            disk,
            places,
            routes,
            unasked: Vec::new(),
            tripped: 0,
            ambiguous: Vec::new(),
            unsettled: Instant::now(),
            to_come: Vec::new(),
            starts: 0,
            folder,
        })
    }

    /// Starts a process in a place that has none.
    ///
    /// To be called on a thread that lasts: the process dies with it.
    pub(crate) fn run(&mut self, place: usize, trip: Option<String>) {
        let Some(&role) = ROLES.get(place) else { return };
        let environment = self.environment(place);
        let log = self.folder.path().join(format!("{place:02}-{role}-{:04}.log", self.starts));
        let trip = trip.or_else(|| (role == "notifier").then(|| format!("begun:{POISON}")));
        if let Some(slot) = self.places.get_mut(place) {
            slot.start(&environment, trip, self.folder.path(), &log);
            self.starts += 1;
        }
    }

    fn environment(&self, place: usize) -> Vec<(String, String)> {
        let Some(slot) = self.places.get(place) else { return Vec::new() };
        let [postgres, mail] = CANARIES;
        let path = |name: &str| self.disk.path().join(name).display().to_string();
        let ports = |server| slot.proxies(server).iter().map(Proxy::port);
        let nats: Vec<_> = ports(Server::Nats).map(|port| format!("nats://127.0.0.1:{port}")).collect();
        let of_postgres = ports(Server::Postgres).next().unwrap_or_default();
        [
            ("LEADFLEET_SECRET", engaged::SECRET.to_owned()),
            ("NATS_URL", nats.join(",")),
            (
                "POSTGRES_CONNECTION_STRING",
                format!("postgres://leadfleet:{postgres}@127.0.0.1:{of_postgres}/leadfleet"),
            ),
            ("OUTPUT_DIRECTORY", path("outputs")),
            ("BACKUP_DIRECTORY", path("backups")),
            ("SLACK_WEBHOOK_URL", self.slack.url()),
            ("BACKUP_EMAIL", "ops@fleet.example".to_owned()),
            ("SMTP_URL", format!("smtp://lf:{mail}@{}:{}", self.mail.host(), self.mail.port())),
            // The path tells who called.
            ("CLAUDE_BASE_URL", format!("{}/{place}", self.claude.url())),
            ("CLAUDE_API_KEY", self.claude.key().to_owned()),
            ("CLAUDE_TIMEOUT", "2".to_owned()),
            ("CLAUDE_RETRY_DELAY", "0.05".to_owned()),
            ("TEMPLATER_PATIENCE", "30".to_owned()),
            ("LEADFLEET_LEASE", LEASE.as_secs().to_string()),
            ("STORE_RETRY_AFTER", "1".to_owned()),
            ("RUST_LOG", "info,runtime=debug".to_owned()),
            // No tick fires by itself.
            ("SCHEDULE_TZ", "UTC".to_owned()),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .into()
    }

    pub(crate) fn logs(&self) -> &Path {
        self.folder.path()
    }

    /// Keeps what is in the folder when the fleet is gone.
    pub(crate) fn keep_logs(&mut self) {
        self.folder.disable_cleanup(true);
    }

    pub(crate) fn outputs(&self) -> PathBuf {
        self.disk.path().join("outputs")
    }

    pub(crate) fn later(&mut self, after: Duration, relief: Relief) {
        self.to_come.push((Instant::now() + after, relief));
    }

    /// Whether nothing is wrong with any nats-server of a cluster; if so, something is from now on for a while.
    pub(crate) fn unsettles(&mut self, time: Duration) -> bool {
        let now = Instant::now();
        let is_settled = self.unsettled <= now;
        if is_settled {
            self.unsettled = now + time + ELECTION;
            self.may_lose_answers(None, time + ELECTION);
        }
        is_settled
    }

    /// Notes that what Claude said to a place, or to all, may have been lost from now on.
    pub(crate) fn may_lose_answers(&mut self, place: Option<usize>, time: Duration) {
        let now = Instant::now();
        self.ambiguous.push((place, now, now + time));
    }

    /// Lets the fleet go on for a while, replaces what has ended, and makes good what is due.
    pub(crate) async fn live(&mut self, time: Duration) -> anyhow::Result<()> {
        let until = Instant::now() + time;
        loop {
            self.replace_ended();
            self.relieve(Instant::now()).await?;
            if Instant::now() >= until {
                return Ok(());
            }
            sleep(Duration::from_millis(25)).await;
        }
    }

    fn replace_ended(&mut self) {
        for place in 0..self.places.len() {
            match self.places.get_mut(place).and_then(Place::ended) {
                None => continue,
                Some(End::Asked) => {}
                Some(End::Tripped) => self.tripped += 1,
                Some(End::Unasked(how)) => self.unasked.push(how),
            }
            self.may_lose_answers(Some(place), Duration::ZERO);
            self.later(RESTART, Relief::Start(place));
        }
    }

    /// Makes good what is due by then.
    async fn relieve(&mut self, by: Instant) -> anyhow::Result<()> {
        let (due, to_come) = std::mem::take(&mut self.to_come).into_iter().partition(|(at, _)| *at <= by);
        self.to_come = to_come;
        let due: Vec<(Instant, Relief)> = due;
        for (_, relief) in due {
            match relief {
                Relief::Start(place) => self.run(place, None),
                Relief::Thaw(place) => self.places.iter().skip(place).take(1).for_each(Place::thaw),
                Relief::ClearUp(place, server) => {
                    let proxies = self.places.get(place).map_or(&[][..], |slot| slot.proxies(server));
                    proxies.iter().for_each(Proxy::clear_up);
                }
                Relief::StartNats => self.start_nats()?,
                Relief::StopServer(server) => block_in_place(|| self.stack.stop_nats_server(server))?,
                Relief::StartServer(server) => block_in_place(|| self.stack.start_nats_server(server))?,
                Relief::Reconnect(server) => self.routes.iter().for_each(|routes| routes.reconnect(server)),
                Relief::StartPostgres => block_in_place(|| self.stack.start_postgres())?,
                Relief::FreeDisk => self.disk.free().await?,
            }
        }
        Ok(())
    }

    /// How many nats-servers there are.
    pub(crate) fn servers(&self) -> usize {
        self.stack.nats_url().split(',').count()
    }

    /// Starts every nats-server that does not run. Nobody waits for a cluster of which some are cut off.
    fn start_nats(&mut self) -> anyhow::Result<()> {
        Ok((0..self.servers())
            .try_for_each(|server| block_in_place(|| self.stack.start_nats_server(server)))?)
    }

    /// Makes everything good at once.
    pub(crate) async fn heal(&mut self) -> anyhow::Result<()> {
        self.claude.behave();
        self.slack.behave();
        let last = self.to_come.iter().map(|(at, _)| *at).max().unwrap_or_else(Instant::now);
        self.relieve(last).await?;
        self.start_nats()?;
        (0..self.places.len()).for_each(|place| self.run(place, None));
        Ok(())
    }
}

/// Creates streams and consumers, so that somebody can speak before any worker runs.
async fn provision(stack: &Stack, servers: usize) -> anyhow::Result<()> {
    let config = runtime::Config {
        lease: Some(LEASE),
        replicas: Some(servers),
        ..runtime::Config::of(stack.nats_url())
    };
    let runtime = runtime::Runtime::start(config).await?;
    Ok(fleet::role::provision(&runtime).await?)
}
