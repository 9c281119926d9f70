//! A letter that is corrected, and its copy.

use crate::fleet::{Fleet, by};
use dead::{Error, Filter, Standing, correction};

#[tokio::test(flavor = "multi_thread")]
async fn the_copy_goes_and_the_original_stays() {
    let fleet = Fleet::with_dead(1).await;
    let original = fleet.dead.open(1).await.unwrap();
    let mut body = original.body().unwrap();
    body["request_id"] = "corrected".into();
    let correction = correction(&original.letter.schema, body.to_string().as_bytes()).unwrap();
    let edited = fleet.dead.edit(&original, &correction, &by("typo")).await.unwrap();
    assert_eq!((edited.letter, edited.copy), (1, 2));

    let copy = fleet.dead.open(2).await.unwrap();
    assert_eq!((copy.letter.state, copy.letter.patched_from), (Standing::Open, Some(1)));
    assert_eq!(copy.body().unwrap()["request_id"], "corrected");
    let kept = fleet.dead.open(1).await.unwrap();
    assert_eq!(kept.payload, original.payload);
    assert_eq!(kept.letter.state, Standing::Edited);
    assert_eq!(kept.letter.record.as_ref().unwrap().state.next, Some(2));

    let again = fleet.dead.edit(&kept, &correction, &by("typo")).await.unwrap_err();
    assert!(matches!(again, Error::NotOpen { letter: 1, .. }), "{again}");
    assert_eq!(fleet.replay().await.tally.resolved, 1);
    assert_eq!(fleet.effects(), (1, 1));
    assert_eq!(fleet.dead.plan(&Filter::default(), true).await.unwrap().dry_run.letters, 0);
}
