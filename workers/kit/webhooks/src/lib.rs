//! What outreach tools report by webhook: whether a request is really theirs, and which engagements it tells of.
//!
//! Pure: no clock, no network, no store. What a reply says is read and dropped (`reply.rs`). The same delivery
//! gives the same event ids, so a caller that stores each id once is safe from repeats.

mod event;
mod fields;
mod keys;
mod reply;
mod signature;
mod source;
mod sources;

pub use event::Event;
pub use source::{Source, UnknownSource};

use chrono::{DateTime, Utc};

/// A request as it came.
#[derive(Clone, Copy)]
pub struct Request<'a> {
    pub method: &'a str,
    /// The configured public address with path and query: what the sender was told to call, not what a proxy made of it.
    pub url: &'a str,
    /// Finds a header; it is asked for names in lower case.
    pub headers: &'a dyn Fn(&str) -> Option<&'a str>,
    /// The bytes as they came.
    pub body: &'a [u8],
}

impl<'a> Request<'a> {
    /// A header without which nothing is proven.
    fn proof(&self, name: &str) -> Result<&'a str, Refused> {
        (self.headers)(name).ok_or(Refused::Signature)
    }
}

/// Why a request does not count. Nothing here repeats what it said.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    #[error("the request is not signed with an active secret")]
    Signature,
    #[error("the request is too old, or of the future")]
    Stale,
    #[error("the body is {0}")]
    Body(String),
}

/// What a genuine request asks for.
#[derive(Debug, Clone, PartialEq)]
pub enum Received {
    /// Store these; none if it tells of no engagement.
    Events(Vec<Event>),
    /// Answer with this text.
    Challenge(String),
    /// Fetch this address once; its host is one of Amazon SNS.
    ConfirmSubscription(String),
}

/// Checks the request against each of the active secrets, then its age, and reads its events only then.
///
/// Four tools put their proof into the body (`mailgun`, `smartlead`, `lemlist`, `ses`): a body that is no JSON object
/// is refused as such before anything is proven.
///
/// What a secret is: the base64 public key (`sendgrid`), signing key (`mailgun`, `calendly`, `calcom`, `slack`), client secret (`hubspot`),
/// auth token (`twilio`), `whsec_…` or `whpk_…` (`standard`), `user:password` (`postmark`), what the tool was told
/// to send (`instantly`, `smartlead`, `lemlist`), and for `ses` the ARN of the topic, a space or line break, and the
/// certificate that signs or its public key (PEM or base64 DER).
pub fn receive(
    source: Source,
    request: &Request<'_>,
    secrets: &[&str],
    now: DateTime<Utc>,
) -> Result<Received, Refused> {
    // An empty secret would let everybody in.
    let secrets: Vec<&str> = secrets.iter().copied().filter(|secret| !secret.trim().is_empty()).collect();
    let receive = match source {
        Source::SendGrid => sources::sendgrid::receive,
        Source::Mailgun => sources::mailgun::receive,
        Source::Postmark => sources::postmark::receive,
        Source::Ses => sources::ses::receive,
        Source::HubSpot => sources::hubspot::receive,
        Source::Instantly => sources::instantly::receive,
        Source::Smartlead => sources::smartlead::receive,
        Source::Lemlist => sources::lemlist::receive,
        Source::Calendly => sources::calendly::receive,
        Source::CalCom => sources::calcom::receive,
        Source::Twilio => sources::twilio::receive,
        Source::Slack => sources::slack::receive,
        Source::Standard => sources::standard::receive,
    };
    receive(request, &secrets, now)
}
