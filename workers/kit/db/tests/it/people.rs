//! People and their sessions: whose an address is, and who enters while a password changes.

use crate::rows::now;
use crate::server::{ALPHA, BETA, TestDb};
use db::people::{self, NewPerson, Person};
use db::sessions::{self, NewSession};
use db::{Tx, Uuid};

const ANN: Uuid = Uuid::from_u128(0xa);
const ADDRESS: &str = "ann@example.com";

async fn add(test: &TestDb, client: Uuid, email: &str) -> Result<bool, db::Error> {
    let mut tx = test.db.begin(client).await?;
    let new = NewPerson { id: ANN, email, name: "Ann", role: "viewer", password_hash: "first" };
    let added = people::add(&mut tx, &new, now()).await?;
    tx.commit().await?;
    Ok(added)
}

async fn ann(tx: &mut Tx) -> Person {
    people::named(tx, ADDRESS).await.unwrap().unwrap()
}

#[tokio::test]
async fn an_address_is_one_persons_among_all_clients() {
    let test = TestDb::new().await;
    assert_eq!(people::client_of(&test.db, ADDRESS).await.unwrap(), None);
    assert!(add(&test, ALPHA, ADDRESS).await.unwrap());
    assert!(!add(&test, BETA, ADDRESS).await.unwrap());
    assert!(!add(&test, ALPHA, ADDRESS).await.unwrap());
    assert_eq!(people::client_of(&test.db, ADDRESS).await.unwrap(), Some(ALPHA));
    for wrong in ["Ann@example.com", "ann", "@", "a b@example.com"] {
        assert!(add(&test, BETA, wrong).await.unwrap_err().is_permanent(), "{wrong}");
    }
}

#[tokio::test]
async fn nobody_enters_by_a_password_that_is_being_changed() {
    let test = TestDb::new().await;
    add(&test, ALPHA, ADDRESS).await.unwrap();
    let mut changing = test.db.begin(ALPHA).await.unwrap();
    let mut entering = test.db.begin(ALPHA).await.unwrap();
    let known = ann(&mut entering).await;
    people::set_password(&mut changing, ANN, "second").await.unwrap();
    let enters = tokio::spawn(async move {
        let entered = people::enter(&mut entering, &known, now()).await.unwrap();
        entering.commit().await.unwrap();
        entered
    });
    changing.commit().await.unwrap();
    assert!(!enters.await.unwrap());

    let mut tx = test.db.begin(ALPHA).await.unwrap();
    let known = ann(&mut tx).await;
    assert!(people::enter(&mut tx, &known, now()).await.unwrap());
    people::set_disabled(&mut tx, ANN, Some(now())).await.unwrap();
    assert!(!people::enter(&mut tx, &known, now()).await.unwrap());
}

#[tokio::test]
async fn all_sessions_of_a_person_end() {
    let test = TestDb::new().await;
    add(&test, ALPHA, ADDRESS).await.unwrap();
    let mut tx = test.db.begin(ALPHA).await.unwrap();
    for session_id in ["one", "two", "three"] {
        let new = NewSession { session_id, person_id: ANN, secret_hash: b"h", expires_at: now() };
        sessions::begin(&mut tx, &new, now() - chrono::TimeDelta::days(7)).await.unwrap();
    }
    let left = sessions::find(&mut tx, "two").await.unwrap().unwrap();
    assert_eq!((left.email.as_str(), left.role.as_str(), left.expires_at), (ADDRESS, "viewer", now()));
    assert_eq!(sessions::end_of(&mut tx, ANN).await.unwrap(), 3);
    assert_eq!(sessions::find(&mut tx, "one").await.unwrap(), None);
}
