//! Whatever the order, however often and all at once: nobody who is to be left alone gets anything.

mod rows;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use chrono::{DateTime, Days, NaiveDate, Utc};
use db::{Db, Uuid};
use prospects::{
    AckRequest, AckStatus, CadenceRequest, DueRequest, Error, GenerateRequest, Keys, Named, NewProspect,
    Owner, Prospects, Recorded, Scope, SuppressRequest,
};
use proto::v1::{Engagement, EngagementKind, ReplyIntent};
use rand::rngs::SmallRng;
use rand::seq::{IndexedRandom as _, SliceRandom as _};
use rand::{Rng as _, SeedableRng as _};
use tests::TestFleet;
use tests::prospects::{at, event, people, reply};

const SEEDS: u64 = 10;
const WEEKS: u64 = 3;
const PEOPLE: usize = 24;
/// So many work at once.
const HANDS: usize = 16;

#[derive(Clone, Debug)]
enum Act {
    Record(Box<Engagement>),
    Suppress(usize),
    Generate(usize),
    Erase(usize),
    /// Takes everybody in again.
    Discover,
    Plan,
    Ripen,
    /// Takes what is due and says that it went out, or leaves it at that.
    Send {
        acknowledged: bool,
    },
}

/// A client of its own for a seed, and what its callers were answered.
struct World {
    seed: u64,
    client: Uuid,
    people: Vec<NewProspect>,
    outreach: Prospects,
    /// Counts up whenever something begins or ends.
    order: AtomicU64,
    /// When a caller had heard that a prospect is to be left alone, and why.
    left_alone: Mutex<BTreeMap<String, (u64, String)>>,
    erased: Mutex<BTreeSet<String>>,
    /// The words about each event.
    recorded: Mutex<BTreeMap<String, Vec<Recorded>>>,
    /// Touches that tools said went out.
    sent: Mutex<BTreeMap<Uuid, String>>,
    /// Touches that tools got, each with the hour in which they got it.
    handed: Mutex<BTreeSet<(Uuid, DateTime<Utc>)>>,
}

#[tokio::test(flavor = "multi_thread")]
async fn no_order_sends_to_whoever_is_to_be_left_alone() {
    let fleet = TestFleet::start().await;
    // A connection for each of those who work at once.
    let config = db::Config { postgres_pool_size: 18, ..db::Config::of(&fleet.stack.postgres_url()) };
    let db = Db::new(&config).unwrap();
    let mut sent = 0;
    for seed in 0..SEEDS {
        let world = World::new(&fleet, db.clone(), seed).await;
        let mut random = SmallRng::seed_from_u64(seed);
        for week in 0..WEEKS {
            world.week(monday() + Days::new(7 * week), &mut random).await;
        }
        world.check_words();
        sent += world.check_rows(&fleet).await;
    }
    assert!(sent > 100, "only {sent} touches went out");
}

fn monday() -> NaiveDate {
    NaiveDate::from_ymd_opt(2027, 4, 5).unwrap()
}

impl World {
    async fn new(fleet: &TestFleet, db: Db, seed: u64) -> Self {
        let client = Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0000 + u128::from(seed));
        fleet.sql(&format!("INSERT INTO clients (id, slug, name) VALUES ('{client}', 's{seed}', 'S')")).await;
        let mut people = people(PEOPLE);
        for pair in people.chunks_mut(2) {
            pair[1].company = pair[0].company.clone();
        }
        for person in people.iter_mut().skip(2).step_by(4) {
            // Known by mail alone.
            person.linkedin_url = String::new();
        }
        let outreach = Prospects::new(db, Keys::new(b"a key of this test"), chrono_tz::America::New_York);
        outreach.take_in(owner(client), people.clone(), at(monday(), 1)).await.unwrap();
        Self {
            seed,
            client,
            people,
            outreach,
            order: AtomicU64::new(0),
            left_alone: Mutex::default(),
            erased: Mutex::default(),
            recorded: Mutex::default(),
            sent: Mutex::default(),
            handed: Mutex::default(),
        }
    }

    /// Everything that may happen in a week, in any order, much of it twice; then what is left is sent.
    async fn week(&self, start: NaiveDate, random: &mut SmallRng) {
        let mut acts = self.acts(start, random);
        // Some weeks are planned before, some in the middle of everything.
        if random.random_bool(0.5) {
            self.act(&Act::Plan, start).await;
        }
        acts.shuffle(random);
        let hands = acts.chunks(acts.len().div_ceil(HANDS)).map(|acts| async move {
            for act in acts {
                self.act(act, start).await;
            }
        });
        futures::future::join_all(hands).await;
        for act in [Act::Plan, Act::Ripen, Act::Send { acknowledged: true }] {
            self.act(&act, start).await;
        }
    }

    fn acts(&self, start: NaiveDate, random: &mut SmallRng) -> Vec<Act> {
        let mut acts = vec![Act::Plan, Act::Plan, Act::Discover];
        for nth in 0..6 {
            acts.push(Act::Ripen);
            acts.push(Act::Send { acknowledged: nth % 3 > 0 });
        }
        for _ in 0..4 {
            acts.push(Act::Generate(random.random_range(0..PEOPLE)));
        }
        if random.random_bool(0.5) {
            acts.push(Act::Suppress(random.random_range(0..PEOPLE)));
        }
        if random.random_bool(0.5) {
            acts.push(Act::Erase(random.random_range(0..PEOPLE)));
        }
        for place in 0..PEOPLE {
            if random.random_bool(0.6) {
                acts.push(Act::Record(Box::new(self.event(place, EngagementKind::Accepted, start, random))));
            }
        }
        for _ in 0..10 {
            let place = random.random_range(0..PEOPLE);
            let event = if random.random_bool(0.5) {
                let moment = moment(start, random);
                reply(&self.name(place), *INTENTS.choose(random).unwrap(), moment)
            } else {
                self.event(place, *KINDS.choose(random).unwrap(), start, random)
            };
            acts.push(Act::Record(Box::new(self.of_client(event, random))));
        }
        let again: Vec<Act> = acts.iter().filter(|act| matches!(act, Act::Record(_))).cloned().collect();
        acts.extend(again);
        acts
    }

    fn event(
        &self,
        place: usize,
        kind: EngagementKind,
        start: NaiveDate,
        random: &mut SmallRng,
    ) -> Engagement {
        let mut event = event(&self.name(place), kind, moment(start, random));
        if kind == EngagementKind::Unsubscribed && random.random_bool(0.5) {
            // By a link in a mail: nobody is named.
            event.prospect_id = String::new();
            let email = &self.people[place].email;
            event.address_key = self.outreach.keys().hash(self.client, Named::Email, email).unwrap();
        }
        self.of_client(event, random)
    }

    fn of_client(&self, mut event: Engagement, random: &mut SmallRng) -> Engagement {
        event.client_id = self.client.to_string();
        event.event_id = format!("{:016x}", random.random::<u64>());
        if event.kind() == EngagementKind::MeetingBooked {
            event.meeting_id = event.event_id.clone();
        }
        event
    }

    async fn act(&self, act: &Act, start: NaiveDate) {
        // Thursday, in the afternoon on both coasts.
        let now = at(start + Days::new(3), 21);
        let owner = owner(self.client);
        match act {
            Act::Record(event) => {
                let recorded = self.outreach.record(event).await;
                let recorded = recorded.unwrap_or_else(|error| self.broken(act, &error));
                self.recorded.lock().unwrap().entry(event.event_id.clone()).or_default().push(recorded);
                if stops(event) && recorded != Recorded::Nobody {
                    self.leave_alone(
                        self.prospect_of(event),
                        format!("{:?} {:?}", event.kind(), event.intent()),
                    );
                }
            }
            Act::Suppress(place) => {
                let request = SuppressRequest {
                    scope: Scope::Address,
                    value: self.people[*place].email.clone(),
                    channel: None,
                    reason: String::new(),
                };
                let suppressed = self.outreach.suppress(self.client, &request, "test").await;
                suppressed.unwrap_or_else(|error| self.broken(act, &error));
                self.leave_alone(self.name(*place), "suppressed".to_owned());
            }
            Act::Generate(place) => {
                let request = GenerateRequest {
                    user_id: String::new(),
                    prospect_id: self.name(*place),
                    sequence_type: "5-step".to_owned(),
                };
                let answer = self.outreach.generate(owner, &request, at(start, 6)).await;
                self.may_be_refused(act, answer);
            }
            Act::Erase(place) => {
                self.may_be_refused(act, self.outreach.erase(owner, &self.name(*place)).await);
                self.erased.lock().unwrap().insert(self.name(*place));
                self.leave_alone(self.name(*place), "erased".to_owned());
            }
            Act::Discover => {
                let answer = self.outreach.take_in(owner, self.people.clone(), at(start, 6)).await;
                self.may_be_refused(act, answer);
            }
            Act::Plan => {
                let request = CadenceRequest {
                    user_id: String::new(),
                    target_connection_requests: 10,
                    target_followups: 30,
                    week_start: Some(start),
                    dry_run: false,
                };
                let answer = self.outreach.plan_week(owner, &request, at(start, 6)).await;
                self.may_be_refused(act, answer);
            }
            Act::Ripen => {
                let began = self.tick();
                let ripe = self.outreach.ripen(self.client, now, 1_000).await;
                let ripe = ripe.unwrap_or_else(|error| self.broken(act, &error));
                for touch in ripe.due() {
                    self.may_get(&touch.prospect_id, &touch.kind, began);
                }
                ripe.commit().await.unwrap_or_else(|error| self.broken(act, &error));
            }
            Act::Send { acknowledged } => self.send(act, *acknowledged, now).await,
        }
    }

    async fn send(&self, act: &Act, acknowledged: bool, now: DateTime<Utc>) {
        let owner = owner(self.client);
        let began = self.tick();
        let taken = self.outreach.take(owner, "tool", DueRequest::up_to(3), now).await;
        for touch in taken.unwrap_or_else(|error| self.broken(act, &error)) {
            let (id, name) = (touch.touch.touch_id, &touch.touch.prospect_id);
            self.may_get(name, &touch.touch.kind, began);
            let first = self.handed.lock().unwrap().insert((id, now));
            assert!(first, "seed {}: two tools have {name}'s {id}", self.seed);
            if acknowledged {
                let request = AckRequest { status: AckStatus::Sent, at: Some(now) };
                self.may_be_refused(act, self.outreach.acknowledge(owner, id, &request, now).await);
                let before = self.sent.lock().unwrap().insert(id, name.clone());
                assert!(before.is_none(), "seed {}: {name} was sent a touch twice", self.seed);
            }
        }
    }

    /// What was asked for after a word was answered knows of it.
    fn may_get(&self, name: &str, kind: &str, began: u64) {
        let known = self.left_alone.lock().unwrap().get(name).cloned();
        if let Some((since, why)) = known {
            assert!(
                since > began,
                "seed {}: {name} was left alone ({why}) and got {kind} after that",
                self.seed
            );
        }
    }

    fn leave_alone(&self, name: String, why: String) {
        let since = self.tick();
        self.left_alone.lock().unwrap().entry(name).or_insert((since, why));
    }

    fn tick(&self) -> u64 {
        self.order.fetch_add(1, Ordering::SeqCst)
    }

    fn name(&self, place: usize) -> String {
        self.people[place].prospect_id.clone().unwrap()
    }

    fn prospect_of(&self, event: &Engagement) -> String {
        let key = |person: &&NewProspect| {
            self.outreach.keys().hash(self.client, Named::Email, &person.email).unwrap() == event.address_key
        };
        match event.prospect_id.as_str() {
            "" => self.people.iter().find(key).unwrap().prospect_id.clone().unwrap(),
            name => name.to_owned(),
        }
    }

    /// A refusal is an answer; anything else, and be it two that wait for each other, is a defect.
    fn may_be_refused<T>(&self, act: &Act, answer: Result<T, Error>) {
        match answer {
            Ok(_) | Err(Error::Refused(_) | Error::UnknownProspects(_) | Error::UnknownTouch(_)) => {}
            Err(error) => self.broken(act, &error),
        }
    }

    fn broken(&self, act: &Act, error: &dyn std::error::Error) -> ! {
        panic!("seed {}: {act:?}: {error}: {:?}", self.seed, error.source().map(ToString::to_string))
    }
}

const INTENTS: [ReplyIntent; 8] = [
    ReplyIntent::Unsubscribe,
    ReplyIntent::OutOfOffice,
    ReplyIntent::AutoReply,
    ReplyIntent::NotInterested,
    ReplyIntent::WrongPerson,
    ReplyIntent::Positive,
    ReplyIntent::Question,
    ReplyIntent::Neutral,
];

const KINDS: [EngagementKind; 7] = [
    EngagementKind::MeetingBooked,
    EngagementKind::Bounced,
    EngagementKind::Unsubscribed,
    EngagementKind::Complained,
    EngagementKind::NotInterested,
    EngagementKind::Delivered,
    EngagementKind::NoResponse,
];

/// Whether nobody may write after this.
fn stops(event: &Engagement) -> bool {
    match event.kind() {
        EngagementKind::Replied => {
            !matches!(event.intent(), ReplyIntent::OutOfOffice | ReplyIntent::AutoReply)
        }
        EngagementKind::MeetingBooked
        | EngagementKind::Unsubscribed
        | EngagementKind::Complained
        | EngagementKind::NotInterested => true,
        _ => false,
    }
}

fn moment(start: NaiveDate, random: &mut SmallRng) -> DateTime<Utc> {
    at(start + Days::new(random.random_range(0..4)), random.random_range(0..21))
}

fn owner(client: Uuid) -> Owner<'static> {
    Owner { client, user: None }
}
