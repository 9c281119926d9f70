//! Runs that re-open: parts that died, replayed in a generation of their own.

use crate::fleet::{Fleet, request};
use async_nats::HeaderMap;
use dead::{Filter, Phase, Standing};
use proto::subject::header;
use proto::v1::{ClinicPart, Complete, RunSummary};
use proto::{Outbox, Outgoing, RunId, Stage, Subject, Token};
use runtime::{Delivery, Fault, Source, Worker};
use std::collections::BTreeMap;
use std::future::pending;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

const RUN: &str = "20251111-0a1b2c3d4e5f";

fn run() -> RunId {
    RUN.parse().unwrap()
}

/// Makes a part of the match stage of each part of the load stage; those named in its list die.
struct Matcher {
    mended: Arc<AtomicBool>,
    sick: &'static [&'static str],
    incurable: &'static [&'static str],
}

fn name(subject: &Subject) -> Token {
    match subject {
        Subject::Part { part, .. } => part.clone(),
        _ => Token::squeezed("none"),
    }
}

impl Worker for Matcher {
    const NAME: &'static str = "matcher";
    const SOURCE: Source = Source::Parts(Stage::Load);
    type Input = ClinicPart;

    async fn handle(&self, _input: ClinicPart, delivery: &Delivery) -> Result<Outbox, Fault> {
        let part = name(&delivery.subject);
        let sick = self.sick.contains(&part.as_str()) && !self.mended.load(Ordering::SeqCst);
        if sick || self.incurable.contains(&part.as_str()) {
            return Err(Fault::reject("permanent", format!("part {part} is ill")));
        }
        Ok(Outbox::none().with(Outgoing::part(&run(), Stage::Match, part, &Complete::default())))
    }

    fn tombstones(&self, subject: &Subject, class: &'static str) -> Outbox {
        Outbox::none().with(Outgoing::tombstone(&run(), Stage::Match, name(subject), class))
    }
}

/// Dies of the completed stage, until it is mended; then it announces the run.
struct Announcer {
    mended: Arc<AtomicBool>,
}

impl Worker for Announcer {
    const NAME: &'static str = "announcer";
    const SOURCE: Source = Source::Complete(Stage::Match);
    type Input = Complete;

    async fn handle(&self, _input: Complete, delivery: &Delivery) -> Result<Outbox, Fault> {
        if !self.mended.load(Ordering::SeqCst) {
            return Err(Fault::reject("permanent", "nobody to tell"));
        }
        let summary = RunSummary { generation: delivery.generation, ..RunSummary::default() };
        let part = Token::squeezed("summary");
        Ok(Outbox::none().with(Outgoing::part(&run(), Stage::Notify, part, &summary)))
    }

    fn tombstones(&self, _subject: &Subject, class: &'static str) -> Outbox {
        let part = Token::squeezed("summary");
        Outbox::none().with(Outgoing::tombstone(&run(), Stage::Notify, part, class))
    }
}

struct Scene {
    fleet: Fleet,
    mended: Arc<AtomicBool>,
}

const PARTS: u32 = 20;

impl Scene {
    /// A run of which parts died, and the announcement too.
    async fn play(sick: &'static [&'static str], incurable: &'static [&'static str]) -> Self {
        let fleet = Fleet::start().await;
        let mended = Arc::new(AtomicBool::new(false));
        let matcher = Matcher { mended: Arc::clone(&mended), sick, incurable };
        let announcer = Announcer { mended: Arc::clone(&mended) };
        let (one, other) = (fleet.runtime.clone(), fleet.runtime.clone());
        tokio::spawn(async move { one.run(matcher).await.unwrap() });
        tokio::spawn(async move { other.run(announcer).await.unwrap() });
        let mut follow = fleet.dead.follow(&Filter::default()).await.unwrap();
        fleet.runtime.publish(&Outgoing::plan(&run(), Stage::Match, PARTS)).await.unwrap();
        for part in 0..PARTS {
            let part = Token::squeezed(&part.to_string());
            let part = Outgoing::part(&run(), Stage::Load, part, &ClinicPart::default());
            let mut headers = HeaderMap::new();
            headers.insert(header::MESSAGE_ID, part.id(0));
            headers.insert(header::TRY, "loader 2");
            let said = fleet.runtime.jetstream().publish_with_headers(
                part.subject.to_string(),
                headers,
                part.payload.into(),
            );
            said.await.unwrap().await.unwrap();
        }
        for _ in 0..=sick.len() + incurable.len() {
            follow.next().await.unwrap();
        }
        let scene = Self { fleet, mended };
        scene.message("lf.v1.run.20251111-0a1b2c3d4e5f.notify.part.summary").await;
        scene.mended.store(true, Ordering::SeqCst);
        scene
    }

    /// Waits for the first message on a subject.
    async fn message(&self, subject: &str) -> HeaderMap {
        let config = async_nats::jetstream::consumer::pull::OrderedConfig {
            filter_subject: subject.to_owned(),
            ..Default::default()
        };
        let stream = self.fleet.runtime.jetstream().get_stream("RUN").await.unwrap();
        let consumer = stream.create_consumer(config).await.unwrap();
        let mut messages = consumer.messages().await.unwrap();
        let message = futures::StreamExt::next(&mut messages).await.unwrap().unwrap();
        message.headers.clone().unwrap_or_default()
    }

    async fn complete(&self, generation: u32) -> HeaderMap {
        self.message(&Subject::Complete { run: run(), stage: Stage::Match, generation }.to_string()).await
    }

    /// The stage waited for everything that was replayed: nothing of it came after its completion.
    async fn completed_last(&self, generation: u32) {
        self.complete(generation).await;
        let filter = Subject::stage(&run(), Stage::Match);
        let mut messages = self.fleet.runtime.runs().messages("RUN", filter).await.unwrap();
        let mut last = String::new();
        while let Some(message) = messages.next().await.unwrap() {
            last = message.subject;
        }
        assert_eq!(last, Subject::Complete { run: run(), stage: Stage::Match, generation }.to_string());
    }

    /// Parts of the stage whose maker died.
    async fn tombstones(&self) -> usize {
        let mut parts = self.fleet.runtime.runs().parts::<Complete>(&run(), Stage::Match).await.unwrap();
        let (mut dead, mut all) = (0, 0);
        while let Some(part) = parts.next().await.unwrap() {
            (dead, all) = (dead + usize::from(part.body.is_err()), all + 1);
        }
        assert_eq!(all, PARTS, "every part is there, dead or not");
        dead
    }

    async fn announced_in(&self, generation: u32) -> bool {
        let summary =
            self.fleet.runtime.runs().part::<RunSummary>(&run(), Stage::Notify, "summary").await.unwrap();
        summary.is_some_and(|part| part.generation == generation && part.body.is_ok())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn replayed_parts_complete_their_stage_once_more_and_supersede_what_died_behind_them() {
    let scene = Scene::play(&["3", "7", "11"], &[]).await;
    let plan = scene.fleet.plan().await;
    let reopened = &plan.dry_run.runs[0];
    assert_eq!(
        (reopened.run.as_str(), reopened.stage, reopened.letters, reopened.superseded),
        (RUN, "load", 3, 1)
    );

    let replay = scene.fleet.begin(plan).await.run(pending()).await.unwrap();
    assert_eq!((replay.phase, replay.tally.resolved), (Phase::Finished, 3));
    scene.completed_last(1).await;
    let headers = scene.complete(1).await;
    assert_eq!(headers.get("Lf-Generation").unwrap().as_str(), "1");
    assert_eq!(scene.tombstones().await, 0);
    // A replay is a first delivery, of a message that is as it was made.
    let load = scene.message("lf.v1.run.20251111-0a1b2c3d4e5f.load.part.7").await;
    assert_eq!((load.get("Lf-Dead").is_some(), load.get("Lf-Try").unwrap().as_str()), (true, "loader 2"));
    let matched = scene.message("lf.v1.run.20251111-0a1b2c3d4e5f.match.part.7").await;
    assert_eq!(matched.get("Lf-Try"), None);
    let letters = scene.fleet.runtime.runs().messages("DEAD", Subject::dead("*", "*")).await;
    let mut letters = letters.unwrap();
    while let Some(letter) = letters.next().await.unwrap() {
        let said = ["Dl-Deliveries", "Dl-Attempts"].map(|name| letter.headers.get(name).unwrap().as_str());
        assert_eq!(said, ["1", "1"]);
    }
    let states = scene.fleet.states().await;
    assert_eq!(states, BTreeMap::from([(Standing::Resolved, 3), (Standing::Superseded, 1)]));
    // The announcer makes its summary anew, as generation 1.
    while !scene.announced_in(1).await {
        tokio::task::yield_now().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_goes_on_is_left_alone() {
    let scene = Scene::play(&["3"], &[]).await;
    let claim = Subject::Part { run: run(), stage: Stage::Reopen, part: Token::squeezed("1") }.to_string();
    scene.fleet.runtime.jetstream().publish(claim, "{}".into()).await.unwrap().await.unwrap();
    let dry_run = scene.fleet.plan().await.dry_run;
    assert_eq!((dry_run.letters, dry_run.skipped_letters()), (0, 2));
    assert!(dry_run.skipped[0].why.contains("still going on"), "{:?}", dry_run.skipped);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replay_that_stops_in_the_middle_of_a_run_leaves_it_complete_with_what_is_missing() {
    // The first letter by sequence may be any of them: all are incurable.
    let scene = Scene::play(&[], &["3", "7", "11"]).await;
    let replay = scene.fleet.replay().await;
    assert_eq!((replay.phase, replay.tally.published, replay.tally.died_again), (Phase::Stopped, 1, 1));
    scene.complete(1).await;
    assert_eq!(scene.tombstones().await, 3);
    // Two are as they were, and one has a new letter; what died behind them was made anew.
    let states = scene.fleet.states().await;
    assert_eq!(
        (states[&Standing::Open], states[&Standing::DiedAgain], states[&Standing::Superseded]),
        (3, 1, 1)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replay_that_is_killed_finds_its_own_generation_again() {
    let scene = Scene::play(&["3", "7", "11"], &[]).await;
    let plan = scene.fleet.plan().await;
    let engine = scene.fleet.dead.begin(plan, request(Filter::default())).await.unwrap();
    let id = engine.progress().borrow().id.clone();
    // It dies when it has claimed its generation.
    let running = tokio::spawn(engine.run(pending()));
    scene.message("lf.v1.run.20251111-0a1b2c3d4e5f.reopen.part.1").await;
    running.abort();
    drop(running.await);
    let replay = scene.fleet.dead.take_over(&id).await.unwrap().run(pending()).await.unwrap();
    assert_eq!((replay.phase, replay.tally.resolved), (Phase::Finished, 3));
    scene.completed_last(1).await;
    assert_eq!(scene.tombstones().await, 0);
    let again = scene.fleet.runtime.runs().has_complete(&run(), Stage::Match, 2).await.unwrap();
    assert!(!again, "one replay is one generation");
}
