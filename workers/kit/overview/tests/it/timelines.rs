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
