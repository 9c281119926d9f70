//! What is written down of those who sign in: what cannot be written down is not done.

use crate::app::App;
use crate::clock;
use crate::events::hex;
use crate::problem::Problem;
use db::Uuid;
use dead::{By, Event, Verb};

/// What a person did about him- or herself.
pub(super) async fn write(
    app: &App,
    verb: Verb,
    client: Uuid,
    person: Uuid,
    name: &str,
) -> Result<(), Problem> {
    let event = Event::new(verb, &person.simple().to_string(), &by(name)).noting(format!("client {client}"));
    record(app, &event).await
}

/// That somebody did not get in. Of the address a piece of its hash is kept: enough to see that it is the same again.
pub(super) async fn write_failure(app: &App, email: [u8; 32]) -> Result<(), Problem> {
    if !app.sign_in.throttle.keeps_failure() {
        tracing::warn!("more failures to sign in than the audit keeps");
        return Ok(());
    }
    let short = hex(email.get(..6).unwrap_or_default());
    record(app, &Event::new(Verb::SignInFailed, &short, &by("nobody"))).await
}

fn by(name: &str) -> By {
    By { operator: name.to_owned(), reason: String::new(), at: clock::now() }
}

async fn record(app: &App, event: &Event) -> Result<(), Problem> {
    Ok(app.dead.record(event).await?)
}
