//! Which runs are seen, and by whom.

use overview::list::{Sort, Wanted};
use overview::{Error, list, runs};
use proto::Outgoing;
use proto::subject::Stage;
use proto::v1::{RunHeader, RunRequest};

use crate::made::{ALPHA, Room, begun, now, part, summary, token};

const BETA: &str = "00000000-0000-7000-8000-00000000000b";

#[tokio::test]
async fn a_run_is_loading_then_running_then_as_it_ended() {
    let room = Room::open().await;
    let state = async || list::newest(&room.broker, 1, now()).await.unwrap().pop().map(|entry| entry.state);
    assert_eq!(state().await, None, "a server that never saw a run has none");
    room.say([begun("r-1", ALPHA)]).await;
    assert_eq!(state().await.as_deref(), Some("loading"));
    room.say([Outgoing::plan(&token("r-1"), Stage::Match, 3)]).await;
    assert_eq!(state().await.as_deref(), Some("running"));
    room.say([summary("r-1", &["match geographic-0"])]).await;
    let entry = list::newest(&room.broker, 1, now()).await.unwrap().remove(0);
    assert_eq!((entry.state.as_str(), entry.missing), ("complete", 1));
}

#[tokio::test]
async fn runs_are_sorted_as_asked_and_then_counted_off() {
    let room = Room::open().await;
    let sized = |run: &str, date: &str, total_pain_points, total_clinics| {
        let request = RunRequest { run_date: date.to_owned(), ..RunRequest::default() };
        let run_id = run.to_owned();
        let header = RunHeader {
            run_id,
            request: Some(request),
            total_pain_points,
            total_clinics,
            ..RunHeader::default()
        };
        part(run, Stage::Profile, "run", &header)
    };
    room.say([
        sized("r-1", "2025-11-12", 5, 9),
        sized("r-2", "2025-11-11", 7, 9),
        sized("r-3", "2025-11-13", 6, 8),
    ])
    .await;
    let list = async |sort, turned, offset| {
        let wanted = Wanted { sort, turned, offset, most: 2 };
        let (entries, total) = list::page(&room.broker, wanted, now()).await.unwrap();
        assert_eq!(total, 3);
        entries.into_iter().map(|entry| entry.run_id).collect::<Vec<_>>()
    };
    assert_eq!(list(Sort::Begun, false, 0).await, ["r-3", "r-2"]);
    assert_eq!(list(Sort::Begun, true, 0).await, ["r-1", "r-2"]);
    assert_eq!(list(Sort::Date, false, 1).await, ["r-1", "r-2"]);
    assert_eq!(list(Sort::PainPoints, false, 0).await, ["r-2", "r-3"]);
    assert_eq!(list(Sort::Clinics, false, 0).await, ["r-2", "r-1"], "of two alike the newer one");
    assert_eq!(list(Sort::Clinics, true, 2).await, ["r-2"]);
}

#[tokio::test]
async fn a_client_sees_its_own_runs_only() {
    let room = Room::open().await;
    room.say([begun("r-1", ALPHA), begun("r-2", BETA)]).await;
    assert_eq!(runs::find(&room.broker, "latest").await.unwrap().id.as_str(), "r-2");
    let alpha = room.broker.clone().of_client(ALPHA.parse().unwrap());
    assert_eq!(runs::find(&alpha, "latest").await.unwrap().id.as_str(), "r-1");
    assert_eq!(list::newest(&alpha, 9, now()).await.unwrap().len(), 1);
    let error = runs::find(&alpha, "r-2").await.unwrap_err();
    assert!(error.is_unknown(), "{error}");
    assert!(matches!(error, Error::UnknownRun { newest, .. } if newest == [token("r-1")]));
}

#[tokio::test]
async fn where_there_is_no_run_none_is_found() {
    let room = Room::open().await;
    assert!(matches!(runs::find(&room.broker, "latest").await, Err(Error::NoRun)));
    let error = runs::find(&room.broker, "r-9").await.unwrap_err();
    assert_eq!(error.to_string(), "there is no run r-9, nor any other");
}
