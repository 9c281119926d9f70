//! Measures how fast engagement events are recorded in Postgres: `applied NATS_URL POSTGRES_URL EVENTS`.

#![expect(
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a measurement reads the clock and prints"
)]

use chrono::{DateTime, TimeDelta, Utc};
use db::{DEFAULT_CLIENT, Db};
use futures::StreamExt as _;
use outreach::Recorder;
use prospects::{Keys, NewProspect, Owner, Prospects};
use proto::v1::{Engagement, EngagementKind, ReplyIntent};
use proto::{Outgoing, Token};
use runtime::{Config, Runtime};
use std::time::Instant;

const PROSPECTS: usize = 10_000;
const OWNER: Owner<'static> = Owner { client: DEFAULT_CLIENT, user: None };

type Failure = Box<dyn std::error::Error + Send + Sync>;

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let mut arguments = std::env::args().skip(1);
    let (Some(nats_url), Some(postgres_url)) = (arguments.next(), arguments.next()) else {
        return Err("usage: applied NATS_URL POSTGRES_URL [EVENTS]".into());
    };
    let events: usize = arguments.next().map_or(Ok(20_000), |text| text.parse())?;
    db::migrate(&postgres_url).await?;
    let database = Db::new(&db::Config::of(&postgres_url))?;
    let prospects =
        Prospects::new(database, Keys::new(b"a key of measurements"), chrono_tz::America::New_York);
    let now = Utc::now();
    for start in (0..PROSPECTS).step_by(1_000) {
        prospects.take_in(OWNER, (start..start + 1_000).map(person).collect(), now).await?;
    }
    let runtime = Runtime::start(Config::of(nats_url)).await?;
    runtime.provision::<Recorder>().await?;
    let said = futures::stream::iter(0..events).for_each_concurrent(64, |number| {
        let runtime = runtime.clone();
        async move {
            let event = event(number, now);
            let key = Token::squeezed(&event.client_id);
            let id = event.event_id.clone();
            let message = Outgoing::event(Token::squeezed("engagement"), key, id, &event);
            if let Err(error) = runtime.publish(&message).await {
                println!("not published: {error}");
            }
        }
    });
    said.await;
    let started = Instant::now();
    let working = runtime.clone();
    let worker = tokio::spawn(async move { working.run(Recorder::new(prospects)).await });
    let stream = runtime.jetstream().get_stream("EVENTS").await?;
    loop {
        let info = stream.consumer_info("recorder-v1").await?;
        if info.num_pending == 0 && info.num_ack_pending == 0 {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    let took = started.elapsed().as_secs_f64();
    runtime.stop();
    worker.await??;
    println!("{events} events recorded in {took:.2} s: {:.0}/s", events as f64 / took);
    Ok(())
}

fn person(number: usize) -> NewProspect {
    NewProspect {
        prospect_id: Some(format!("prospect_{number}")),
        name: format!("Person {number}"),
        company: format!("Company {number}"),
        email: format!("person{number}@example.com"),
        ..NewProspect::default()
    }
}

/// Of ten events six are deliveries and opens, three are sends, one is a reply.
fn event(number: usize, now: DateTime<Utc>) -> Engagement {
    let kind = match number % 10 {
        0..4 => EngagementKind::Opened,
        4..6 => EngagementKind::Delivered,
        6..9 => EngagementKind::Sent,
        _ => EngagementKind::Replied,
    };
    Engagement {
        event_id: format!("event-{number}"),
        client_id: DEFAULT_CLIENT.to_string(),
        source: "measurement".to_owned(),
        prospect_id: format!("prospect_{}", number * 7 % PROSPECTS),
        kind: kind.into(),
        occurred_at: (now + TimeDelta::milliseconds(i64::try_from(number).unwrap_or_default())).to_rfc3339(),
        intent: ReplyIntent::Question.into(),
        channel: "email".to_owned(),
        ..Engagement::default()
    }
}
