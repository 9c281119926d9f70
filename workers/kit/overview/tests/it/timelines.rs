//! Runs that are looked at again and again.

use overview::{Progress, StageProgress, Timelines, run, runs};
use proto::Outgoing;
use proto::subject::Stage;

use crate::made::{Room, alert, decided, now, part, summary, token};

fn stage<'a>(stages: &'a [StageProgress], name: &str) -> &'a StageProgress {
    stages.iter().find(|stage| stage.stage == name).unwrap()
}

#[tokio::test]
async fn what_is_kept_is_what_is_read_anew() {
    let room = Room::open().await;
    let timelines = Timelines::default();
    let messages = decided("r-1");
    room.say(messages[..1].iter().cloned()).await;
    let known = runs::find(&room.broker, "r-1").await.unwrap();
    let template = proto::v1::Template::default();
    let later = [
        Outgoing::plan(&token("r-1"), Stage::Template, 1),
        Outgoing::tombstone(&token("r-1"), Stage::Template, token("0"), "decode"),
        // A replay of the dead letter takes the tombstone away.
        part("r-1", Stage::Template, "0", &template),
        summary("r-1", &[]),
    ];
    for message in messages.into_iter().skip(1).chain(later) {
        room.say([message]).await;
        let now = now();
        let kept = timelines.status(&room.broker, &known, now).await.unwrap();
        let progress = Progress::open(&room.broker, &known).await.unwrap();
        assert_eq!(kept, run::status(&room.broker, &known, progress.stages(), now).await.unwrap());
    }
    let status = timelines.status(&room.broker, &known, now()).await.unwrap();
    assert_eq!(status.state, "complete");
    let score = stage(&status.stages, "score");
    assert_eq!((score.done, score.planned), (6, Some(6)));
    assert_eq!(stage(&status.stages, "template").dead, []);
}

#[tokio::test]
async fn a_timeline_has_the_alerts_of_the_run_and_the_run_before() {
    let room = Room::open().await;
    for run in ["r-1", "r-2", "r-3"] {
        room.say(decided(run)).await;
        room.say([alert(run, "low-confidence"), summary(run, &[])]).await;
    }
    let known = runs::find(&room.broker, "r-2").await.unwrap();
    let timeline = Timelines::default().timeline(&room.broker, &known, now()).await.unwrap();
    assert_eq!(timeline.status.run_id, "r-2");
    assert_eq!(timeline.before.unwrap().run_id, "r-1");
    let told: Vec<_> = timeline.alerts.iter().map(|alert| (alert.text.as_str(), alert.severity)).collect();
    assert_eq!(told, [("low-confidence of r-2", "warning")]);
}

#[tokio::test]
async fn a_stage_counts_each_input_that_was_tried_again_and_not_what_came_of_it() {
    let room = Room::open().await;
    room.say(decided("r-1")).await;
    let known = runs::find(&room.broker, "r-1").await.unwrap();
    let mut progress = Progress::open(&room.broker, &known).await.unwrap();
    assert!(progress.stages().iter().all(|stage| stage.retries == 0));
    let matched = |name: &str| part("r-1", Stage::Match, name, &proto::v1::Matches::default());
    let loaded = |name: &str| part("r-1", Stage::Load, name, &proto::v1::ClinicPart::default());
    for (message, input, tried) in [
        // Two workers had trouble with the same input, one of them twice.
        (matched("geographic-0"), "load-0", "matcher-geographic 2"),
        (matched("pain_pattern-0"), "load-0", "matcher-pain-pattern 3"),
        (matched("geographic-1"), "load-1", "matcher-geographic 2"),
        // One input came to be several parts, some of them on its second delivery and some on its third.
        (loaded("2"), "request", "loader 2"),
        (loaded("3"), "request", "loader 3"),
        (loaded("4"), "request", "loader 3"),
        // What nobody of ours would say.
        (matched("geographic-2"), "load-2", "matcher-geographic"),
        (matched("geographic-3"), "load-3", "matcher-geographic -1"),
        (matched("geographic-4"), "load-4", "matcher-geographic 0"),
    ] {
        room.say_late(&message, input, tried).await;
    }
    let retries = async |progress: &mut Progress| {
        progress.catch_up().await.unwrap();
        let kept = progress.stages();
        assert_eq!(kept, Progress::open(&room.broker, &known).await.unwrap().stages());
        ["load", "match", "score"].map(|name| stage(&kept, name).retries)
    };
    assert_eq!(retries(&mut progress).await, [2, 4, 0]);
    // A replay does it anew, at once.
    room.say([matched("pain_pattern-0")]).await;
    assert_eq!(retries(&mut progress).await, [2, 2, 0]);
}
