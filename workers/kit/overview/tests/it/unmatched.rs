//! Clinics in no segment, page by page.

use overview::runs::Known;
use overview::unmatched::{self, Place};
use overview::{Broker, Error, runs};

use crate::made::{ALPHA, Room, begun, decided, id};

/// The ids of each page.
async fn pages(broker: &Broker, known: &Known, words: Option<&str>, most: usize) -> Vec<Vec<i64>> {
    let (mut pages, mut from) = (Vec::new(), Some(Place::default()));
    while let Some(place) = from {
        let page = unmatched::page(broker, known, place, words, most).await.unwrap();
        assert_eq!(page.total, 7);
        pages.push(page.clinics.iter().map(|clinic| clinic.id).collect());
        // As it goes through an address.
        from = page.next.map(|next| next.to_string().parse().unwrap());
    }
    pages
}

#[tokio::test]
async fn pages_of_any_length_have_every_unmatched_clinic_once() {
    let room = Room::open().await;
    room.say(decided("r-1")).await;
    let known = runs::find(&room.broker, "r-1").await.unwrap();
    let all: Vec<i64> = (0..20).filter(|n| n % 3 == 0).map(id).collect();
    for most in 1..9 {
        let pages = pages(&room.broker, &known, None, most).await;
        assert!(pages.iter().all(|page| page.len() <= most), "{pages:?}");
        assert_eq!(pages.concat(), all, "by {most}");
    }
    let first = unmatched::page(&room.broker, &known, Place::default(), None, 1).await.unwrap();
    assert_eq!(first.clinics[0].nearest_miss, "emr-arizona: 4.0 of 7 needed (0)");
}

#[tokio::test]
async fn words_narrow_the_pages_wherever_they_occur() {
    let room = Room::open().await;
    room.say(decided("r-1")).await;
    let known = runs::find(&room.broker, "r-1").await.unwrap();
    for most in 1..4 {
        let of = async |words| pages(&room.broker, &known, Some(words), most).await.concat();
        assert_eq!(of("CLINIC 1").await, [12, 15, 18].map(id), "a name");
        assert_eq!(of("needed (9)").await, [id(9)], "a nearest miss");
        assert_eq!(of("Clinic 4").await, [0; 0], "one that is in a segment");
    }
}

#[tokio::test]
async fn before_the_score_and_behind_the_end_there_is_none() {
    let room = Room::open().await;
    room.say([begun("r-1", ALPHA)]).await;
    let known = runs::find(&room.broker, "r-1").await.unwrap();
    let error = unmatched::page(&room.broker, &known, Place::default(), None, 9).await.unwrap_err();
    assert!(matches!(error, Error::NotScored { .. }), "{error}");
    room.say(decided("r-1")).await;
    let behind = Place { part: 4_000_000_000, row: 0 };
    let page = unmatched::page(&room.broker, &known, behind, None, 9).await.unwrap();
    assert_eq!((page.clinics.len(), page.next), (0, None));
    assert!("4".parse::<Place>().is_err() && "4-x".parse::<Place>().is_err());
}
