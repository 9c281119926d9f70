//! A replay that is watched, stopped, killed and taken over.

use crate::fleet::{Fleet, IN_FLIGHT, by, request};
use dead::{Error, Filter, Order, Pace, Phase, Replay, Request, Standing, Tally};
use std::collections::BTreeMap;
use std::future::pending;

const MANY: usize = 10_000;

#[tokio::test(flavor = "multi_thread")]
async fn a_replay_of_ten_thousand_that_is_killed_twice_does_each_effect_once() {
    let fleet = Fleet::with_dead(MANY).await;
    let plan = fleet.plan().await;
    assert_eq!(plan.dry_run.letters, MANY as u64);

    let mut engine = fleet.begin(plan).await;
    let id = engine.progress().borrow().id.clone();
    let mut done = fleet.counter.done.subscribe();
    for killed_at in [MANY / 4, MANY / 2] {
        let mut told = engine.progress();
        let running = tokio::spawn(engine.run(pending()));
        done.wait_for(|done| *done >= killed_at).await.unwrap();
        // It dies with letters in flight of which nobody has told yet how they end.
        fleet.counter.held.send_replace(true);
        let full = |replay: &Replay| replay.tally.published >= replay.tally.ended() + IN_FLIGHT;
        told.wait_for(full).await.unwrap();
        running.abort();
        assert!(running.await.unwrap_err().is_cancelled());
        engine = fleet.dead.take_over(&id).await.unwrap();
        fleet.counter.held.send_replace(false);
    }
    let running = tokio::spawn(engine.run(pending()));
    let replay = running.await.unwrap().unwrap();

    let all = MANY as u64;
    assert_eq!(replay.phase, Phase::Finished);
    assert_eq!(replay.tally, Tally { published: all, resolved: all, died_again: 0, skipped: 0 });
    assert_eq!(fleet.effects(), (MANY, 1));
    assert_eq!(fleet.states().await, BTreeMap::from([(Standing::Resolved, MANY)]));
    assert!(!fleet.dead.is_attended(&id).await.unwrap());

    let again = fleet.plan().await.dry_run;
    assert_eq!((again.letters, again.effects_done), (0, all), "replaying twice finds nothing to do");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replay_that_dies_again_stops_at_its_first_letter() {
    let fleet = Fleet::start().await;
    fleet.kill(0..30).await;
    let replay = fleet.replay().await;
    assert_eq!((replay.phase, replay.tally.published, replay.tally.died_again), (Phase::Stopped, 1, 1));
    assert!(replay.why.contains("first 1 died again"), "{}", replay.why);
    // The new letter stands for the old one.
    let expected = BTreeMap::from([(Standing::Open, 30), (Standing::DiedAgain, 1)]);
    assert_eq!(fleet.states().await, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_died_in_three_replays_needs_force() {
    let fleet = Fleet::start().await;
    fleet.kill(0..1).await;
    for _ in 0..3 {
        fleet.replay().await;
    }
    let dry_run = fleet.plan().await.dry_run;
    assert_eq!(dry_run.letters, 0);
    assert_eq!(fleet.dead.plan(&Filter::default(), true).await.unwrap().dry_run.letters, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_replays_at_once_do_each_effect_once() {
    let fleet = Fleet::with_dead(300).await;
    let (one, other) = (fleet.plan().await, fleet.plan().await);
    let (one, other) = (fleet.begin(one).await, fleet.begin(other).await);
    let (one, other) = tokio::join!(one.run(pending()), other.run(pending()));
    let (one, other) = (one.unwrap().tally, other.unwrap().tally);
    assert_eq!((one.published + other.published, one.skipped + other.skipped), (300, 300));
    assert_eq!(fleet.effects(), (300, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_paused_replay_goes_on_and_a_cancelled_one_leaves_the_rest_open() {
    let fleet = Fleet::with_dead(200).await;
    let plan = fleet.plan().await;
    let slow = Request { pace: Pace { rate: 20.0, in_flight: 10 }, ..request(Filter::default()) };
    let engine = fleet.dead.begin(plan, slow).await.unwrap();
    let (id, mut told) = (engine.progress().borrow().id.clone(), engine.progress());
    let running = tokio::spawn(engine.run(pending()));
    for (order, phase) in [(Order::Pause, Phase::Paused), (Order::Run, Phase::Running)] {
        fleet.dead.order(&id, order, &by("lunch")).await.unwrap();
        told.wait_for(|replay| replay.phase == phase).await.unwrap();
    }
    fleet.dead.order(&id, Order::Cancel, &by("enough")).await.unwrap();
    let replay = running.await.unwrap().unwrap();
    assert_eq!(replay.phase, Phase::Cancelled);
    assert!(replay.tally.published < 200);

    let over = fleet.dead.order(&id, Order::Run, &by("again")).await.unwrap_err();
    assert!(matches!(over, Error::Over { .. }), "{over}");
    // The rest is there for another replay.
    assert_eq!(fleet.replay().await.phase, Phase::Finished);
    let mut done = fleet.counter.done.subscribe();
    done.wait_for(|done| *done == 200).await.unwrap();
    assert_eq!(fleet.effects(), (200, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replay_is_in_the_hands_of_one_process() {
    let fleet = Fleet::with_dead(40).await;
    let plan = fleet.plan().await;
    let slow = Request { pace: Pace { rate: 1.0, in_flight: 10 }, ..request(Filter::default()) };
    let engine = fleet.dead.begin(plan, slow).await.unwrap();
    let id = engine.progress().borrow().id.clone();
    let first = tokio::spawn(engine.run(pending()));
    assert!(fleet.dead.is_attended(&id).await.unwrap());
    // Somebody takes it over all the same: the first notices and lets go.
    let second = fleet.dead.take_over(&id).await.unwrap();
    let error = first.await.unwrap().unwrap_err();
    assert!(matches!(error, Error::Attended(_)), "{error}");
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    drop(stop);
    let left = second.run(async move { drop(stopped.await) }).await.unwrap();
    assert_eq!((left.phase, left.holder), (Phase::Paused, None));
}
