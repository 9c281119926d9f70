//! Slack: its events are ours, not a prospect's; the first request asks who is there.

use crate::fields::{object, text};
use crate::signature::{fresh, hex, hmac_fits, seconds};
use crate::{Received, Refused, Request};
use chrono::{DateTime, Utc};
use ring::hmac::HMAC_SHA256;

const WINDOW: u64 = 300;

pub(crate) fn receive(
    request: &Request<'_>,
    secrets: &[&str],
    now: DateTime<Utc>,
) -> Result<Received, Refused> {
    let timestamp = request.proof("x-slack-request-timestamp")?;
    let tag = request.proof("x-slack-signature")?.strip_prefix("v0=").and_then(hex);
    let message = [b"v0:", timestamp.as_bytes(), b":", request.body].concat();
    hmac_fits(HMAC_SHA256, secrets, &message, tag.as_deref())?;
    fresh(seconds(timestamp)?, WINDOW, now)?;
    let body = object(request.body)?;
    if text(&body, "/type") != Some("url_verification") {
        return Ok(Received::Events(Vec::new()));
    }
    let challenge = text(&body, "/challenge").map(str::to_owned);
    challenge.map(Received::Challenge).ok_or_else(|| Refused::Body("without its challenge".to_owned()))
}
