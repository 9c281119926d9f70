//! Which runs are seen, and by whom.

use overview::{Error, list, runs};
use proto::Outgoing;
use proto::subject::Stage;

use crate::made::{ALPHA, Room, begun, now, summary, token};

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
