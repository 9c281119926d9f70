//! What is listed, given up, carried, and remembered.

use crate::fleet::{Fleet, by};
use dead::{Among, Filter, Known, Line, Sequences, Standing, Wish, groups};

fn open() -> Filter {
    Filter { states: vec![Standing::Open], ..Filter::default() }
}

#[tokio::test(flavor = "multi_thread")]
async fn letters_of_one_error_are_one_group() {
    let fleet = Fleet::with_dead(20).await;
    let letters = fleet.dead.list(&open()).await.unwrap();
    assert_eq!(letters.iter().map(|letter| letter.sequence).collect::<Sequences>().to_string(), "1-20");
    let groups = groups(&letters);
    assert_eq!((groups.len(), groups[0].count, groups[0].newest), (1, 20, 20));
    let error = &groups[0].error;
    assert!(error.starts_with("could not count j"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_broker_narrows_down_by_sequence_worker_class_and_time() {
    let fleet = Fleet::with_dead(20).await;
    let count = async |filter: Filter| fleet.dead.list(&filter).await.unwrap().len();
    assert_eq!(count(Filter::of("3-5,9".parse().unwrap())).await, 4);
    assert_eq!(count(Filter { worker: Some("counter".into()), ..open() }).await, 20);
    assert_eq!(count(Filter { class: Some("decode".into()), ..open() }).await, 0);
    let at = fleet.dead.list(&open()).await.unwrap()[10].dead_at;
    let since = count(Filter { since: Some(at), ..open() }).await;
    let until = count(Filter { until: Some(at), ..open() }).await;
    assert_eq!(since + until, 20);
    assert!(since >= 1 && until >= 1, "{since} {until}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_letter_is_shown_with_what_it_says() {
    let fleet = Fleet::with_dead(1).await;
    let shown = fleet.dead.open(1).await.unwrap().shown();
    assert_eq!(shown.body.unwrap()["request_id"], "j0");
    assert_eq!(shown.headers["Dl-Class"], ["permanent"]);
    let missing = fleet.dead.open(2).await.unwrap_err().to_string();
    assert_eq!(missing, "there is no dead letter 2");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_letter_is_compared_with_the_newest_that_went_well() {
    let fleet = Fleet::with_dead(1).await;
    let known = Known::default();
    tokio::select! {
        () = known.ready() => {}
        kept = fleet.dead.keep(&known) => panic!("{kept:?}"),
    }
    let everywhere = [Among::All, Among::Newest(&known)];
    let message = fleet.dead.open(1).await.unwrap();
    for among in everywhere {
        let none = fleet.dead.compare(&message, among).await.unwrap();
        assert!(none.is_none(), "only dead ones are there");
    }
    let mut done = fleet.counter.done.subscribe();
    fleet.runtime.publish(&crate::fleet::job("good")).await.unwrap();
    done.wait_for(|done| *done == 1).await.unwrap();
    for among in everywhere {
        let comparison = fleet.dead.compare(&message, among).await.unwrap();
        let diff = comparison.unwrap().diff;
        assert!(
            diff.contains("-  \"request_id\": \"good\"") && diff.contains("+  \"request_id\": \"j0\""),
            "{diff}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_given_up_is_kept_and_not_replayed() {
    let fleet = Fleet::with_dead(5).await;
    let filter = Filter { sequences: "2-3".parse().unwrap(), ..open() };
    let letters = fleet.dead.list(&filter).await.unwrap();
    let discarded = fleet.dead.discard(&letters, &filter, &by("test data")).await.unwrap();
    assert_eq!((discarded.discarded, discarded.taken), (2, 0));
    let again = fleet.dead.discard(&letters, &filter, &by("test data")).await.unwrap();
    assert_eq!((again.discarded, again.taken), (0, 2));
    assert_eq!(fleet.replay().await.tally.resolved, 3);
    assert_eq!(fleet.effects(), (3, 1));
    assert_eq!(fleet.dead.open(2).await.unwrap().letter.state, Standing::Discarded);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_change_is_remembered_with_who_and_why() {
    let fleet = Fleet::with_dead(5).await;
    let filter = Filter { sequences: "2".parse().unwrap(), ..open() };
    let letters = fleet.dead.list(&filter).await.unwrap();
    fleet.dead.discard(&letters, &filter, &by("test data")).await.unwrap();
    fleet.replay().await;
    let verbs = async |wish: Wish| -> Vec<&str> {
        fleet.dead.history(&wish).await.unwrap().iter().map(|event| event.verb.as_str()).collect()
    };
    assert_eq!(verbs(Wish::default()).await, ["discard", "replay", "replay_ended"]);
    assert_eq!(verbs(Wish { letter: Some(2), ..Wish::default() }).await, ["discard"]);
    assert_eq!(verbs(Wish { letter: Some(3), ..Wish::default() }).await, ["replay"]);
    assert_eq!(verbs(Wish { operator: Some("bob".into()), ..Wish::default() }).await, [""; 0]);
    assert_eq!(verbs(Wish { verb: Some(dead::Verb::Replay), ..Wish::default() }).await, ["replay"]);
    assert_eq!(
        verbs(Wish { verb: Some(dead::Verb::Replay), letter: Some(2), ..Wish::default() }).await,
        [""; 0]
    );
    let newest = fleet.dead.recent(&Wish::default(), None, 2).await.unwrap();
    let of =
        |recent: &dead::Recent| recent.events.iter().map(|event| event.verb.as_str()).collect::<Vec<_>>();
    assert_eq!(of(&newest), ["replay_ended", "replay"]);
    let rest = fleet.dead.recent(&Wish::default(), newest.before, 2).await.unwrap();
    assert_eq!((of(&rest), rest.before), (vec!["discard"], None));
    let of_letter = Wish { letter: Some(3), ..Wish::default() };
    assert_eq!(of(&fleet.dead.recent(&of_letter, None, 2).await.unwrap()), ["replay"]);
    let events = fleet.dead.history(&Wish::default()).await.unwrap();
    assert_eq!((events[0].by.operator.as_str(), events[0].by.reason.as_str()), ("ann", "test data"));
    assert_eq!(events[2].counts["resolved"], 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn letters_are_carried_to_another_broker_byte_for_byte_and_once() {
    let here = Fleet::with_dead(7).await;
    let mut lines = Vec::new();
    for sequence in 1..=7 {
        let line = Line::of(&here.dead.open(sequence).await.unwrap());
        lines.push(serde_json::to_string(&line).unwrap());
    }
    let there = Fleet::start().await;
    let parcels = || lines.iter().map(|line| Line::parse(line).unwrap()).collect::<Vec<_>>();
    let imported = there.dead.import(parcels(), &by("moved")).await.unwrap();
    assert_eq!((imported.imported, imported.there_already), (7, 0));
    let again = there.dead.import(parcels(), &by("moved")).await.unwrap();
    assert_eq!((again.imported, again.there_already), (0, 7));
    assert_eq!(here.dead.import(parcels(), &by("moved")).await.unwrap().there_already, 7);
    for sequence in 1..=7 {
        let (one, other) =
            (here.dead.open(sequence).await.unwrap(), there.dead.open(sequence).await.unwrap());
        assert_eq!((one.payload.clone(), one.letter.clone()), (other.payload.clone(), other.letter.clone()));
        assert_eq!(one.shown().headers, other.shown().headers);
    }
    there.mend();
    assert_eq!(there.replay().await.tally.resolved, 7);
    assert_eq!(there.effects(), (7, 1));
}
