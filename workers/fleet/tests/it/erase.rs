//! A person who asks to be forgotten is forgotten in rows, runs and dead letters, and does not come back.

use async_nats::HeaderMap;
use async_nats::jetstream;
use chrono::DateTime;
use db::idempotency::{self, Answer, Begun};
use proto::v1::{Clinic, ClinicPart, DecisionMaker};
use proto::{Message as _, Name as _};
use serde_json::Value;

use super::outreach::{It, file};
use super::text;

const ANN: &str = "name,title,company,email,linkedin_url\n\
    Ann Lee,Head of School,Oak Hill Academy,ann@oak.example,https://linkedin.example/in/ann\n";
const DECIDING: &str = "name,title,company_name,email,linkedin_url\n\
    Ann Lee,Owner,Oak Hill Academy,ann@oak.example,\n\
    Bob Day,CEO,Oak Hill Academy,bob@oak.example,\n\
    Joann Lee,Owner,Elm School,joann@oak.example,\n";

/// A part of a run, as the loader says it.
fn part(email: &str) -> Vec<u8> {
    let person = DecisionMaker {
        name: "Ann Lee".to_owned(),
        email: Some(email.to_owned()),
        ..DecisionMaker::default()
    };
    let clinic = Clinic { decision_maker: Some(person), ..Clinic::default() };
    ClinicPart { clinics: vec![clinic] }.encode_to_vec()
}

impl It {
    /// Says what workers say: two runs that hold Ann, one that holds Joann, and a letter of each.
    fn fill_streams(&self) {
        self.says(&["provision"], &[]);
        self.runtime.block_on(async {
            let client = async_nats::connect(self.nats_url()).await.unwrap();
            let broker = jetstream::new(client);
            let say = async |subject: &str, body: Vec<u8>| {
                let mut headers = HeaderMap::new();
                headers.insert("Lf-Schema", ClinicPart::full_name().as_str());
                broker
                    .publish_with_headers(subject.to_owned(), headers, body.into())
                    .await
                    .unwrap()
                    .await
                    .unwrap();
            };
            for (run, email) in [("r1", "Ann@Oak.example"), ("r2", "joann@oak.example")] {
                say(&format!("lf.v1.run.{run}.load.part.0"), part(email)).await;
                say(&format!("lf.v1.run.{run}.notify.part.summary"), Vec::new()).await;
                say("lf.v1.dead.scorer.decode", part(email)).await;
            }
        });
    }

    /// Keeps an answer as the gateway does.
    fn answer(&self, body: &str, key: &str) {
        self.runtime.block_on(async {
            let mut tx = self.db().begin(db::DEFAULT_CLIENT).await.unwrap();
            let begun = idempotency::begin(&mut tx, key, b"hash", DateTime::UNIX_EPOCH).await.unwrap();
            let Begun::Claimed(claim) = begun else { panic!("{begun:?}") };
            let content_type = "application/json".to_owned();
            let answer = Answer { status: 200, content_type, body: body.into() };
            assert!(idempotency::finish(&mut tx, &claim, &answer).await.unwrap());
            tx.commit().await.unwrap();
        });
    }

    /// How many messages a stream has.
    fn messages(&self, stream: &str) -> u64 {
        self.runtime.block_on(async {
            let broker = jetstream::new(async_nats::connect(self.nats_url()).await.unwrap());
            broker.get_stream(stream).await.unwrap().get_info().await.unwrap().state.messages
        })
    }

    fn import(&self, table: &str, content: &str) -> Value {
        self.json(&["import", table, file(content).path().to_str().unwrap()])
    }
}

#[test]
fn who_is_erased_is_gone_everywhere_and_does_not_come_back() {
    let it = It::start();
    assert_eq!(it.import("decision-makers", DECIDING)["inserted"], 3);
    assert_eq!(it.import("prospects", ANN)["inserted"], 1);
    it.fill_streams();
    let ranked = it.json(&["outreach", "prioritize"]);
    let ann = ranked["prospects"][0]["prospect_id"].as_str().unwrap();
    it.json(&["outreach", "note", ann, "They moved."]);
    it.answer(r#"{"prospects":[{"email":"ann@oak.example"}]}"#, "a");
    it.answer(r#"{"prospects":[{"email":"joann@oak.example"}]}"#, "b");

    let dry = it.json(&["outreach", "erase", ann, "--dry-run"]);
    let counts = |erased: &Value| {
        [
            &erased["notes"],
            &erased["answers"],
            &erased["decision_makers"],
            &erased["streams"]["letters"],
            &erased["streams"]["runs"],
        ]
        .map(|count| count.as_u64().unwrap())
    };
    assert_eq!((counts(&dry), &dry["dry_run"]), ([1, 1, 1, 1, 1], &true.into()));
    it.fails(&["outreach", "erase", ann], 7, &["nothing was changed", "--dry-run"]);
    assert_eq!((it.messages("RUN"), it.messages("DEAD")), (4, 2));

    let erased = it.json(&["outreach", "erase", ann, "--yes"]);
    assert_eq!((counts(&erased), &erased["dry_run"]), ([1, 1, 1, 1, 1], &false.into()));
    it.fails(&["outreach", "export", ann], 3, &["there is no prospect"]);
    // Joann's run and letter are still there.
    assert_eq!((it.messages("RUN"), it.messages("DEAD")), (2, 1));
    let history = text(&it.run(&["dead", "history", "--json"]).stdout);
    assert!(history.contains("\"discard\"") && history.contains("\"erase\""), "{history}");
    assert!(!history.contains("Ann") && !history.contains("ann@"), "{history}");

    let again = it.import("prospects", ANN);
    assert_eq!((&again["inserted"], &again["updated"], &again["erased"]), (&0.into(), &0.into(), &1.into()));
    // By another address, too.
    let moved = it.import("prospects", &ANN.replace("ann@oak", "lee@home").replace("in/ann", "in/lee"));
    assert_eq!(moved["erased"], 1);
    let people = it.import("decision-makers", DECIDING);
    assert_eq!(
        (&people["inserted"], &people["unchanged"], &people["erased"]),
        (&0.into(), &2.into(), &1.into())
    );
    it.says(&["import", "prospects", file(ANN).path().to_str().unwrap()], &["1 left out: erased on request"]);
    let named = |name: &str| {
        it.runtime.block_on(async {
            let mut tx = it.db().begin(db::DEFAULT_CLIENT).await.unwrap();
            db::decision_makers::like(&mut tx, name, "", "").await.unwrap()
        })
    };
    let gone = named("erased");
    assert_eq!((gone.len(), gone[0].email.as_str(), named("Ann Lee").len()), (1, "", 0));
}
