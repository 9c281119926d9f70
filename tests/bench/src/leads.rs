//! Scores of leads: by the rules alone, into Postgres by pages, and from an event to the stored score.

use crate::run::Bench;
use als::{Facts, Rules, in_force};
use anyhow::Context as _;
use async_nats::jetstream::{self, message::PublishMessage};
use chrono::Utc;
use db::Uuid;
use futures::future::join_all;
use prospects::{Keys, NewProspect, Owner, Prospects, Scores, Whom};
use proto::kind::LEAD_UPDATED;
use proto::v1::LeadChanged;
use proto::{Message as _, Subject, Token};
use sqlx::postgres::PgListener;
use std::collections::HashMap;
use std::hint::black_box;
use std::path::Path;
use std::process::Child;
use std::sync::Arc;
use std::time::{Duration, Instant};

const LEADS: usize = 10_000;
const RECKONED: usize = 500_000;
/// Events a second.
const PACE: u32 = 500;
const PATIENCE: Duration = Duration::from_secs(120);
const CLIENT: Uuid = db::DEFAULT_CLIENT;
/// Tells of each score when its transaction is committed, and not before.
const TELL: &str = "CREATE FUNCTION tell() RETURNS trigger LANGUAGE plpgsql AS
    $$BEGIN PERFORM pg_notify('scored', NEW.id::text); RETURN NULL; END$$;
    CREATE TRIGGER tell AFTER UPDATE OF als_score ON leads FOR EACH ROW EXECUTE FUNCTION tell()";

/// Prints how many leads a second are scored, and how long one takes.
pub(crate) fn measure(binaries: &Path) -> anyhow::Result<()> {
    println!("| what | leads/s | p50 | p99 |");
    println!("|---|---|---|---|");
    reckon()?;
    let stack = crate::stack()?;
    let folder = tempfile::tempdir()?;
    let bench = Bench { binaries, stack: &stack, folder: folder.path() };
    bench.leadfleet(&["migrate"])?;
    bench.leadfleet(&["provision"])?;
    let tokio = tokio::runtime::Runtime::new()?;
    let leads = tokio.block_on(fill(&stack.postgres_url()))?;
    let _scorer = Process(bench.spawn(&["run", "scorer"], &[])?);
    tokio.block_on(events(&stack.nats_url(), &stack.postgres_url(), &leads))
}

/// The rules and the weights, without a database.
fn reckon() -> anyhow::Result<()> {
    let rules = Rules::defaults()?;
    let market = rules.market("");
    let weights = in_force(&als::Learned::default(), Utc::now()).weights;
    let leads: Vec<Facts> = (0..1_000).map(facts).collect();
    let mut took = Vec::with_capacity(RECKONED);
    let started = Instant::now();
    for number in 0..RECKONED {
        let begun = Instant::now();
        black_box(rules.judge(black_box(&leads[number % leads.len()]), market).score(&weights));
        took.push(begun.elapsed());
    }
    let per_second = RECKONED as f64 / started.elapsed().as_secs_f64();
    print("by the rules alone, one thread", per_second, took);
    Ok(())
}

fn facts(number: usize) -> Facts {
    let person = person(number);
    Facts {
        title: person.title,
        company: person.company,
        email: person.email,
        state: person.state,
        employee_count: person.employee_count,
        is_hiring: person.is_hiring,
        signal_strength: person.signal_strength,
        ..Facts::default()
    }
}

fn person(number: usize) -> NewProspect {
    const TITLES: [&str; 7] = [
        "Owner",
        "Vice President of Sales",
        "Clinic Manager",
        "Nurse",
        "Co-Founder & CEO",
        "Intern",
        "Director",
    ];
    NewProspect {
        prospect_id: Some(format!("prospect_{number}")),
        name: format!("Person {number}"),
        title: TITLES[number % TITLES.len()].to_owned(),
        company: format!("Clinic {number}"),
        email: if number.is_multiple_of(3) { String::new() } else { format!("person{number}@example.com") },
        state: "AZ".to_owned(),
        employee_count: i32::try_from(number % 600).ok(),
        is_hiring: Some(number.is_multiple_of(2)),
        signal_strength: Some((number % 101) as f64),
        ..NewProspect::default()
    }
}

/// Takes leads in and scores them in this process, by pages.
async fn fill(url: &str) -> anyhow::Result<Vec<Uuid>> {
    let db = db::Db::new(&db::Config { postgres_statement_timeout: 3_600, ..db::Config::of(url) })?;
    let keys = Keys::new(b"a secret of measurements");
    let prospects = Prospects::new(db.clone(), keys, chrono_tz::America::New_York);
    let owner = Owner { client: CLIENT, user: None };
    let mut leads = Vec::with_capacity(LEADS);
    for start in (0..LEADS).step_by(1_000) {
        let taken =
            prospects.take_in(owner, (start..start + 1_000).map(person).collect(), Utc::now()).await?;
        leads.extend(taken.into_iter().filter_map(|taken| Some(taken.lead?.id)));
    }
    let scores = Scores::new(db, Arc::new(Rules::defaults()?));
    let started = Instant::now();
    let told = scores.rescore(CLIENT, Whom::All, true, Utc::now(), || {}).await?;
    anyhow::ensure!(told.leads == LEADS as u64, "{told:?}");
    println!("| into Postgres, pages of 500 | {:.0} | | |", LEADS as f64 / started.elapsed().as_secs_f64());
    Ok(leads)
}

async fn events(nats: &str, postgres: &str, leads: &[Uuid]) -> anyhow::Result<()> {
    let client = runtime::connect(nats, &runtime::Login::default()).await?;
    let jetstream = jetstream::new(client);
    settled(&jetstream).await?;
    let started = Instant::now();
    let sent = leads.iter().map(|lead| say(&jetstream, *lead, "burst"));
    join_all(sent).await.into_iter().collect::<anyhow::Result<Vec<()>>>()?;
    settled(&jetstream).await?;
    println!("| from events in a burst | {:.0} | | |", LEADS as f64 / started.elapsed().as_secs_f64());

    let pool = sqlx::PgPool::connect(postgres).await?;
    sqlx::raw_sql(TELL).execute(&pool).await?;
    let mut scored = PgListener::connect_with(&pool).await?;
    scored.listen("scored").await?;
    let heard = tokio::spawn(async move {
        let mut heard = HashMap::with_capacity(LEADS);
        while heard.len() < LEADS {
            let told = tokio::time::timeout(PATIENCE, scored.recv()).await.context("scores stay away")??;
            heard.entry(told.payload().parse::<Uuid>()?).or_insert_with(Instant::now);
        }
        anyhow::Ok(heard)
    });
    let mut begun = HashMap::with_capacity(leads.len());
    let mut pace = tokio::time::interval(Duration::from_secs(1) / PACE);
    let mut acknowledged = Vec::with_capacity(leads.len());
    for lead in leads {
        pace.tick().await;
        begun.insert(*lead, Instant::now());
        let (jetstream, lead) = (jetstream.clone(), *lead);
        acknowledged.push(tokio::spawn(async move { say(&jetstream, lead, "paced").await }));
    }
    for one in acknowledged {
        one.await??;
    }
    let heard = heard.await??;
    let took = begun.iter().filter_map(|(lead, begun)| Some(heard.get(lead)?.duration_since(*begun)));
    print("from an event to the stored score, 500 events a second", f64::from(PACE), took.collect());
    Ok(())
}

/// Says of one lead that it changed, and waits for the broker.
async fn say(jetstream: &jetstream::Context, lead: Uuid, name: &str) -> anyhow::Result<()> {
    let key = Token::squeezed(&CLIENT.to_string());
    let subject = Subject::Event { kind: Token::squeezed(LEAD_UPDATED), key }.to_string();
    let said = LeadChanged { client_id: CLIENT.to_string(), lead_ids: vec![lead.to_string()] };
    let message =
        PublishMessage::build().payload(said.encode_to_vec().into()).message_id(format!("{name}-{lead}"));
    jetstream.send_publish(subject, message).await?.await?;
    Ok(())
}

/// Waits until the scorer runs and has nothing left to do.
async fn settled(jetstream: &jetstream::Context) -> anyhow::Result<()> {
    let stream = jetstream.get_stream("EVENTS").await?;
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Ok(info) = stream.consumer_info("lead-update-scorer-v1").await
            && info.num_waiting > 0
            && info.num_pending == 0
            && info.num_ack_pending == 0
        {
            return Ok(());
        }
        anyhow::ensure!(Instant::now() < deadline, "leads were not scored in {PATIENCE:?}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

fn print(what: &str, per_second: f64, mut took: Vec<Duration>) {
    took.sort_unstable();
    let at = |share: usize| took.get(took.len() * share / 100).copied().unwrap_or_default();
    println!("| {what} | {per_second:.0} | {:.1?} | {:.1?} |", at(50), at(99));
}

/// A process that ends with its handle.
struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
