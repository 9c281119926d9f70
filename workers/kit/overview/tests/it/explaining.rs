//! Why a clinic is where it is.

use overview::{Error, explain, runs};
use proto::Outgoing;
use proto::subject::Stage;

use crate::made::{IN_A_PART, PARTS, Room, decided, id, token};

#[tokio::test]
async fn every_clinic_is_found_by_its_id() {
    let room = Room::open().await;
    room.say(decided("r-1")).await;
    let known = runs::find(&room.broker, "r-1").await.unwrap();
    for n in 0..PARTS * IN_A_PART {
        let said = explain::clinic_of_id(&room.broker, &known, id(n)).await.unwrap();
        assert_eq!((said.clinic_id, said.clinic), (id(n), format!("Clinic {n}")));
        let pain = 3 * (n % IN_A_PART) + 1;
        let evidence = &said.signals[0].evidence[0];
        assert_eq!(evidence.marked, format!("I hate EMRs in [[Arizona]]! ({pain})"));
        assert_eq!(said.kept_in.is_none(), n % 3 == 0);
    }
    for id in [5, 15, 45, 195, 205] {
        let error = explain::clinic_of_id(&room.broker, &known, id).await.unwrap_err();
        assert!(matches!(error, Error::UnknownClinic { .. }) && error.is_unknown(), "{error}");
    }
}

#[tokio::test]
async fn parts_that_are_gone_hide_no_clinic_of_the_others() {
    let room = Room::open().await;
    room.say(decided("r-1")).await;
    // The middle and the last of five.
    for part in ["2", "4"] {
        room.say([Outgoing::tombstone(&token("r-1"), Stage::Load, token(part), "decode")]).await;
    }
    let known = runs::find(&room.broker, "r-1").await.unwrap();
    for n in 0..PARTS * IN_A_PART {
        let found = explain::clinic_of_id(&room.broker, &known, id(n)).await;
        let gone = [2, 4].contains(&(n / IN_A_PART));
        assert_eq!(found.is_err(), gone, "{n}");
    }
}
