//! What outreach tools say of prospects while the fleet is being harmed.

use chrono::{DateTime, TimeDelta, Utc};
use db::Db;
use prospects::{CadenceRequest, Keys, Named, Prospects};
use proto::v1::{Engagement, EngagementKind, ReplyIntent};
use proto::{Outgoing, Token};
use tests::prospects::{OWNER, event, people, reply};

use crate::asked::Outside;

/// The key of hashes of all processes.
pub(crate) const SECRET: &str = "a secret of the fault runner";
/// Prospects that tools speak of.
const PROSPECTS: usize = 200;
/// Whom the source of every event names.
pub(crate) const SOURCE: &str = "test";

/// Takes prospects in and plans a week for some of them, so that events have sequences to move and stop.
pub(crate) async fn fill(url: &str, now: DateTime<Utc>) -> anyhow::Result<()> {
    let db = Db::new(&db::Config::of(url))?;
    let outreach = Prospects::new(db, Keys::new(SECRET.as_bytes()), chrono_tz::America::New_York);
    outreach.add_user(OWNER.client, tests::prospects::USER).await?;
    outreach.take_in(OWNER, people(PROSPECTS), now).await?;
    let week = CadenceRequest {
        user_id: tests::prospects::USER.to_owned(),
        target_connection_requests: 50,
        target_followups: 0,
        week_start: None,
        dry_run: false,
    };
    outreach.plan_week(OWNER, &week, now).await?;
    Ok(())
}

/// The events of a turn: one by name, one by a keyed hash, one that a machine caused.
fn events(number: usize, now: DateTime<Utc>) -> [Engagement; 3] {
    let at = now + TimeDelta::seconds(i64::try_from(number).unwrap_or_default());
    let name = |offset: usize| format!("prospect_{}", (number + offset) % PROSPECTS + 1);
    let intents = [ReplyIntent::Positive, ReplyIntent::Question, ReplyIntent::Unsubscribe];
    let mut bounced = event("", EngagementKind::SoftBounced, at);
    bounced.event_id = format!("bounced-{number}");
    let email = format!("person{}@example.com", number % PROSPECTS);
    let keys = Keys::new(SECRET.as_bytes());
    bounced.address_key = keys.hash(OWNER.client, Named::Email, &email).unwrap_or_default();
    let mut opened = event(&name(1), EngagementKind::Opened, at);
    opened.machine = true;
    [reply(&name(0), intents[number % 3], at), bounced, opened]
}

impl Outside {
    /// Says what happened to some prospects, each thing twice.
    pub(crate) async fn engage(&self, number: usize, now: DateTime<Utc>) {
        for event in events(number, now) {
            let key = Token::squeezed(&event.client_id);
            for round in ["a", "b"] {
                // Another id for the broker, so that only the table can tell that it is the same.
                let id = format!("engaged-{}-{round}", event.event_id);
                let message = Outgoing::event(Token::squeezed("engagement"), key.clone(), id.clone(), &event);
                self.say_outgoing(&id, message).await;
            }
            self.asked().engagements.push(event);
        }
    }
}
