//! What outreach tools report: proven over the raw bytes, named by keyed hashes, on the stream before it is confirmed.

use crate::app::App;
use crate::problem::{Kind, Problem};
use crate::{events, key};
use axum::extract::{Path, State};
use axum::http::{HeaderMap, Uri};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use chrono::SecondsFormat;
use db::Uuid;
use db::webhook_endpoints::{self, Endpoint};
use futures::{StreamExt as _, TryStreamExt as _};
use prospects::{Named, Words};
use proto::v1::{Engagement, ReplyIntent};
use serde::Serialize;
use utoipa::ToSchema;
use webhooks::{Event, Received, Refused, Request, Source};

/// Events of one delivery that are on their way to the broker at a time.
const AT_ONCE: usize = 64;

#[derive(Serialize, ToSchema)]
pub(crate) struct Delivered {
    /// Events that the delivery told of.
    #[schema(example = 2)]
    events: usize,
}

/// Takes what an outreach tool reports
///
/// The body is what the tool sends and signs, in its own form. `leadfleet webhook create` makes an endpoint.
#[utoipa::path(
    post, path = "/api/webhooks/{endpoint_id}", tag = "webhooks",
    params(("endpoint_id" = String, Path, description = "As `leadfleet webhook create` prints it")),
    request_body(content = String, content_type = "application/octet-stream"),
    responses((status = OK, body = Delivered))
)]
pub(crate) async fn webhook(
    State(app): State<App>,
    Path(id): Path<String>,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Problem> {
    let client = key::client_of(&id).ok_or_else(refused)?;
    let (endpoint, source) = endpoint(&app, client, &id).await?.ok_or_else(refused)?;
    let received = receive(&app, &endpoint, source, &uri, &headers, &body)?;
    // Only now: whoever cannot sign must not use up what the tool may send.
    app.rate.check(&id)?;
    let mut tx = app.db.begin(client).await?;
    webhook_endpoints::touch(&mut tx, &id, app.now()).await?;
    tx.commit().await?;
    match received {
        Received::Events(found) => {
            let mut engagements: Vec<Engagement> =
                found.iter().map(|event| engagement(&app, client, source, event)).collect();
            for (event, told) in engagements.iter_mut().zip(&found) {
                let subject = words(&told.subject, Words::LONGEST_SUBJECT);
                if let Some(words) = Words::of(&subject, &words(&told.body, Words::LONGEST_BODY)) {
                    let (name, key) = (&event.prospect_id, &event.address_key);
                    event.content_features = app.prospects.count_words(client, name, key, &words).await?;
                }
            }
            futures::stream::iter(engagements)
                .map(|event| events::publish(&app, client, event))
                .buffered(AT_ONCE)
                .try_collect::<()>()
                .await?;
            Ok(axum::Json(Delivered { events: found.len() }).into_response())
        }
        Received::Challenge(text) => Ok(text.into_response()),
        Received::ConfirmSubscription(address) => {
            let fetched = app.web.get(address).send().await.and_then(reqwest::Response::error_for_status);
            fetched.map_err(|error| Problem::away("the sender of the subscription", error))?;
            Ok(axum::Json(Delivered { events: 0 }).into_response())
        }
    }
}

fn receive(
    app: &App,
    endpoint: &Endpoint,
    source: Source,
    uri: &Uri,
    headers: &HeaderMap,
    body: &[u8],
) -> Result<Received, Problem> {
    let path = uri.path_and_query().map_or_else(|| uri.path(), |path| path.as_str());
    let url = format!("{}{path}", app.config.public_url());
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let request = Request { method: "POST", url: &url, headers: &header, body };
    let secrets: Vec<&str> = endpoint.secrets.iter().map(String::as_str).collect();
    webhooks::receive(source, &request, &secrets, app.now()).map_err(|error| match error {
        Refused::Signature => refused().because(error),
        Refused::Stale | Refused::Body(_) => Problem::new(Kind::BadRequest, error.to_string()),
    })
}

/// An endpoint that is not there and a signature that is wrong look alike.
fn refused() -> Problem {
    Problem::new(Kind::Unauthorized, "the request is not signed as it should be, or the address is wrong")
}

async fn endpoint(app: &App, client: Uuid, id: &str) -> Result<Option<(Endpoint, Source)>, Problem> {
    let mut tx = app.db.begin(client).await?;
    let endpoint = webhook_endpoints::find(&mut tx, id).await?;
    tx.commit().await?;
    let active = endpoint.filter(|endpoint| endpoint.revoked_at.is_none());
    Ok(active.and_then(|endpoint| {
        let source = endpoint.source.parse().ok()?;
        Some((endpoint, source))
    }))
}

/// The event as the fleet tells it: addresses become keyed hashes, and what is odd is left out.
fn engagement(app: &App, client: Uuid, source: Source, event: &Event) -> Engagement {
    let keys = app.prospects.keys();
    let of = |named, text: &Option<String>| keys.hash(client, named, text.as_deref()?);
    // Some are set up to send the address as the name of the prospect.
    let as_name = event.prospect_id.clone().filter(|name| name.contains('@'));
    let email = of(Named::Email, &event.email).or_else(|| of(Named::Email, &as_name));
    let address_key = email.or_else(|| of(Named::Phone, &event.phone));
    let touch_id = event.touch_id.as_deref().and_then(|id| id.parse::<Uuid>().ok());
    let meeting = |id: &Option<String>| id.as_deref().map_or_else(String::new, |id| meeting(app, client, id));
    Engagement {
        event_id: event_id(app, client, &event.event_id),
        client_id: client.to_string(),
        source: source.name().to_owned(),
        prospect_id: plain(event.prospect_id.as_deref()),
        address_key: address_key.unwrap_or_default(),
        kind: event.kind.into(),
        occurred_at: event.occurred_at.to_rfc3339_opts(SecondsFormat::AutoSi, true),
        touch_id: touch_id.map(|id| id.to_string()).unwrap_or_default(),
        step: event.step,
        variant: plain(event.variant.as_deref()),
        channel: event.channel.to_owned(),
        machine: event.machine.is_some(),
        machine_reason: event.machine.unwrap_or_default().to_owned(),
        intent: event.intent.map_or(ReplyIntent::Unspecified, events::meaning).into(),
        away_until: event.away_until.map(|day| day.to_string()).unwrap_or_default(),
        meeting_id: meeting(&event.meeting_id),
        replaces_meeting_id: meeting(&event.replaces_meeting_id),
        ..Engagement::default()
    }
}

/// An id that may be a bare hash over an address is hashed again with our key, so that nobody can try addresses.
fn event_id(app: &App, client: Uuid, id: &str) -> String {
    let bare = id.len() == 32 && id.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    let keyed = if bare { app.prospects.keys().hash(client, Named::Domain, id) } else { None };
    keyed.map_or_else(|| id.to_owned(), |key| events::hex(key.get(..16).unwrap_or_default()))
}

/// A name that a tool sends along, if it is one, and no address.
fn plain(text: Option<&str>) -> String {
    let known = |byte: u8| byte.is_ascii_alphanumeric() || b"_-.:".contains(&byte);
    let fits = |text: &&str| text.len() <= 64 && text.bytes().all(known);
    text.filter(fits).unwrap_or_default().to_owned()
}

/// What was sent, unless it is no text to send.
fn words(text: &Option<String>, most: usize) -> String {
    let fits = |text: &&String| text.chars().count() <= most && !text.contains('\0');
    text.as_ref().filter(fits).cloned().unwrap_or_default()
}

/// The name of a meeting; one that has an address in it, or is no plain name, becomes a keyed hash.
fn meeting(app: &App, client: Uuid, id: &str) -> String {
    let plain = plain(Some(id));
    if !plain.is_empty() {
        return plain;
    }
    let keyed = app.prospects.keys().hash(client, Named::Company, id);
    keyed.map(|key| events::hex(key.get(..16).unwrap_or_default())).unwrap_or_default()
}
