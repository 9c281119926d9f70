//! Who calls, and what he may do: the bearer key of a request, looked up in the tables of the client it names.

use crate::app::App;
use crate::clock;
use crate::key::ApiKey;
use crate::problem::{Kind, Problem};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::middleware::Next;
use axum::response::Response;
use chrono::{DateTime, TimeDelta, Utc};
use db::Uuid;
use db::keys::Key;
use std::sync::Arc;
use std::time::Duration;

/// What a key may be for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Scope {
    /// Look at things.
    Read,
    /// Change things.
    Write,
    /// Tell of engagement, nothing else.
    Track,
    /// Everything, also to export and erase persons.
    Admin,
}

impl Scope {
    pub const ALL: [Self; 4] = [Self::Read, Self::Write, Self::Track, Self::Admin];

    pub fn name(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
            Self::Track => "track",
            Self::Admin => "admin",
        }
    }
}

/// Who a request is from; handlers get the client from here and from nowhere else.
#[derive(Clone, Debug)]
pub(crate) struct Caller {
    pub(crate) client: Uuid,
    /// The id of the key.
    pub(crate) key: String,
    scopes: Vec<String>,
}

impl Caller {
    fn may(&self, scope: Scope) -> bool {
        self.scopes.iter().any(|own| own == scope.name() || own == Scope::Admin.name())
    }
}

/// Lets a request through whose key has the scope, and not too many of one key.
pub(crate) async fn authenticate(
    State((app, scope)): State<(App, Scope)>,
    mut request: Request,
    next: Next,
) -> Result<Response, Problem> {
    let caller =
        if app.config.open { open(request.headers())? } else { holder(&app, request.headers()).await? };
    app.rate.check(&caller.key)?;
    if !caller.may(scope) {
        return Err(Problem::new(Kind::Forbidden, format!("the key lacks the scope {}", scope.name())));
    }
    request.extensions_mut().insert(caller);
    Ok(next.run(request).await)
}

/// Everybody on this machine; but no page that a browser here shows under another name.
pub(crate) fn open(headers: &HeaderMap) -> Result<Caller, Problem> {
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let name = host.rsplit_once(':').map_or(host, |(name, port)| {
        if port.bytes().all(|byte| byte.is_ascii_digit()) { name } else { host }
    });
    if !["localhost", "127.0.0.1", "[::1]"].contains(&name) {
        return Err(Problem::new(Kind::Forbidden, "without keys the gateway answers to localhost only"));
    }
    if headers.get("sec-fetch-site").is_some_and(|site| site == "cross-site") {
        return Err(Problem::new(
            Kind::Forbidden,
            "without keys the gateway answers no page of another host",
        ));
    }
    let scopes = Scope::ALL.map(|scope| scope.name().to_owned()).into();
    Ok(Caller { client: db::DEFAULT_CLIENT, key: "open".to_owned(), scopes })
}

/// An unknown, a revoked and an expired key are one and the same to the caller.
async fn holder(app: &App, headers: &HeaderMap) -> Result<Caller, Problem> {
    let key = bearer(headers).and_then(ApiKey::parse).ok_or_else(unauthorized)?;
    let now = clock::now();
    let row = match app.keys.get(&key.id) {
        Some(row) => row,
        None => look_up(app, &key, now).await?,
    };
    if !key.matches(&row.secret_hash) || !row.is_active(now) {
        return Err(unauthorized());
    }
    Ok(Caller { client: key.client, key: key.id.clone(), scopes: row.scopes.clone() })
}

/// Reads the row of a key and remembers it for a moment.
async fn look_up(app: &App, key: &ApiKey, now: DateTime<Utc>) -> Result<Arc<Key>, Problem> {
    let mut tx = app.db.begin(key.client).await?;
    let row = db::keys::find(&mut tx, &key.id).await?.ok_or_else(unauthorized)?;
    if key.matches(&row.secret_hash)
        && row.is_active(now)
        && row.last_used_at.is_none_or(|last| last < now - TimeDelta::minutes(1))
    {
        db::keys::touch(&mut tx, &key.id, now).await?;
    }
    tx.commit().await?;
    let row = Arc::new(row);
    app.keys.insert(key.id.clone(), Arc::clone(&row));
    Ok(row)
}

/// Rows of keys by their ids.
pub(crate) type Keys = moka::sync::Cache<String, Arc<Key>>;

/// Keeps rows for so long: a busy key is not read for each request, and one that is revoked ends soon.
const KNOWN_FOR: Duration = Duration::from_secs(2);
const KNOWN: u64 = 10_000;

pub(crate) fn known() -> Keys {
    Keys::builder().max_capacity(KNOWN).time_to_live(KNOWN_FOR).build()
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let text = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, key) = text.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| key.trim())
}

fn unauthorized() -> Problem {
    Problem::new(Kind::Unauthorized, "send a valid key as `Authorization: Bearer lf_live_…`")
        .with(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"))
}
