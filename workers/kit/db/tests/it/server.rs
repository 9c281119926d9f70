//! A private Postgres in a temporary directory, reached by socket, gone with the test process.

use db::{Config, Db};
use sqlx::{AssertSqlSafe, Connection, PgConnection};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use tokio::sync::OnceCell;

/// Ends when its standard input does, which is when this process does, however it ends.
const SCRIPT: &str = r#"
dir=$1; bin=$2
"$bin/initdb" -D "$dir/data" -U postgres -A trust --no-sync -E UTF8 --locale=C >/dev/null &&
"$bin/pg_ctl" -s -w -D "$dir/data" -l "$dir/log" -o "-k $dir -c listen_addresses= -c fsync=off -c max_connections=200" start &&
echo ready
read -r _
"$bin/pg_ctl" -s -w -m immediate -D "$dir/data" stop
rm -rf "$dir"
"#;

pub(crate) struct Server {
    directory: PathBuf,
    script: Child,
}

/// The server that tests share.
static SHARED: OnceLock<Server> = OnceLock::new();
/// The database that tests copy, migrated by an owner who is no superuser.
static TEMPLATE: OnceCell<()> = OnceCell::const_new();
static DATABASES: AtomicU32 = AtomicU32::new(0);

impl Server {
    pub(crate) fn start() -> Self {
        let directory = tempfile::Builder::new().prefix("leadfleet-db-").tempdir().unwrap().keep();
        let mut command = Command::new("sh");
        if as_root(&directory) {
            command = Command::new("setpriv");
            command.args(["--reuid=postgres", "--regid=postgres", "--init-groups", "sh"]);
        }
        let mut script = command
            .args(["-c", SCRIPT, "sh"])
            .arg(&directory)
            .arg(binaries())
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(script.stdout.take().unwrap()).read_line(&mut line).unwrap();
        assert_eq!(line, "ready\n", "postgres did not start in {}", directory.display());
        Self { directory, script }
    }

    pub(crate) fn url(&self, user: &str, database: &str) -> String {
        format!("postgresql:///{database}?host={}&user={user}", self.directory.display())
    }

    /// Ends the server as a crash does.
    pub(crate) fn kill(&mut self) {
        drop(self.script.stdin.take());
        self.script.wait().unwrap();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Root lends the directory to the user Postgres will run as.
fn as_root(directory: &Path) -> bool {
    let whoami = Command::new("id").arg("-u").output().unwrap();
    let root = whoami.stdout == b"0\n";
    if root {
        assert!(Command::new("chown").arg("postgres").arg(directory).status().unwrap().success());
    }
    root
}

/// Where initdb is: on PATH, or where Debian puts it, the newest first.
fn binaries() -> PathBuf {
    let mut versions: Vec<PathBuf> = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .map(|entry| entry.unwrap().path())
        .collect();
    versions.sort_by_key(|path| path.file_name().and_then(|name| name.to_str()?.parse::<u32>().ok()));
    match versions.pop() {
        Some(version) => version.join("bin"),
        None => {
            let found = Command::new("sh").args(["-c", "dirname \"$(command -v initdb)\""]).output().unwrap();
            PathBuf::from(String::from_utf8(found.stdout).unwrap().trim())
        }
    }
}

pub(crate) fn shared() -> &'static Server {
    SHARED.get_or_init(Server::start)
}

/// A database of one test, with two tenants.
pub(crate) struct TestDb {
    pub(crate) db: Db,
    pub(crate) owner_url: String,
    pub(crate) superuser_url: String,
}

pub(crate) const ALPHA: db::Uuid = db::DEFAULT_CLIENT;
pub(crate) const BETA: db::Uuid = db::Uuid::from_u128(0xb);

impl TestDb {
    pub(crate) async fn new() -> Self {
        let server = shared();
        TEMPLATE.get_or_init(|| create_template(server)).await;
        let name = format!("test_{}", DATABASES.fetch_add(1, Ordering::Relaxed));
        let postgres = server.url("postgres", "postgres");
        run(&postgres, &format!("CREATE DATABASE {name} TEMPLATE template_leadfleet OWNER owner")).await;
        let owner_url = server.url("owner", &name);
        let db = Db::new(&Config::of(&owner_url)).unwrap();
        Self { db, owner_url, superuser_url: server.url("postgres", &name) }
    }

    /// Runs SQL past row-level security.
    pub(crate) async fn sql(&self, sql: &str) {
        run(&self.superuser_url, sql).await;
    }

    /// A number as a superuser sees it.
    pub(crate) async fn number(&self, sql: &str) -> i64 {
        let mut connection = PgConnection::connect(&self.superuser_url).await.unwrap();
        sqlx::query_scalar(AssertSqlSafe(sql)).fetch_one(&mut connection).await.unwrap()
    }
}

async fn create_template(server: &Server) {
    let postgres = server.url("postgres", "postgres");
    run(&postgres, "CREATE ROLE owner LOGIN CREATEROLE").await;
    run(&postgres, "CREATE DATABASE template_leadfleet OWNER owner").await;
    db::migrate(&server.url("owner", "template_leadfleet")).await.unwrap();
    let beta = format!("INSERT INTO clients (id, slug, name) VALUES ('{BETA}', 'beta', 'Beta')");
    run(&server.url("postgres", "template_leadfleet"), &beta).await;
}

pub(crate) async fn run(url: &str, sql: &str) {
    let mut connection = PgConnection::connect(url).await.unwrap();
    sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
}
