//! What is remembered: answers, refusals, questions under way, and what was spent.

use std::time::Duration;

use async_nats::jetstream;
use claude::Class;
use futures::TryStreamExt as _;
use standins::{ClaudeStandIn, Fault, NatsServer, Step, Twist, nats};

use super::*;

struct Fleet {
    claude: ClaudeStandIn,
    nats: NatsServer,
}

impl Fleet {
    async fn start() -> Self {
        Self { claude: ClaudeStandIn::start().await, nats: nats().await }
    }

    async fn jetstream(&self) -> jetstream::Context {
        jetstream::new(async_nats::connect(self.nats.url()).await.expect("a connection"))
    }

    /// A process of its own.
    async fn process(&self, more: &[&str]) -> Claude {
        let config = config(&self.claude, more);
        Claude::connect(config, Some(self.jetstream().await)).await.expect("a client")
    }
}

#[tokio::test]
async fn an_answer_is_paid_once_however_often_it_is_asked_for() {
    let fleet = Fleet::start().await;
    let first = ask(&fleet.process(&[]).await).await.expect("an answer");
    let second = ask(&fleet.process(&[]).await).await.expect("an answer");
    assert!(second.from_cache);
    assert_eq!(Answer { from_cache: false, ..second }, first);
    assert_eq!(fleet.claude.paid(), 1);
}

#[tokio::test]
async fn without_the_cache_every_question_is_paid() {
    let fleet = Fleet::start().await;
    let claude = fleet.process(&["--claude-cache", "false"]).await;
    ask(&claude).await.expect("an answer");
    ask(&claude).await.expect("an answer");
    assert_eq!(fleet.claude.paid(), 2);
}

#[tokio::test]
async fn a_refusal_is_remembered() {
    let fleet = Fleet::start().await;
    fleet.claude.script([Step::Answer(Twist::Refusal { category: None, partial: true })]);
    let claude = fleet.process(&[]).await;
    for _ in 0..2 {
        assert!(matches!(ask(&claude).await, Err(Error::Refused { .. })));
    }
    assert_eq!(fleet.claude.calls(), 1);
}

#[tokio::test]
async fn a_failed_question_may_be_asked_again_at_once() {
    let fleet = Fleet::start().await;
    fleet.claude.script([Step::error(401, "authentication_error", None)]);
    let claude = fleet.process(&[]).await;
    assert!(ask(&claude).await.is_err());
    assert!(ask(&claude).await.is_ok());
}

#[tokio::test]
async fn the_same_question_is_not_asked_twice_at_once() {
    let fleet = Fleet::start().await;
    fleet.claude.script([Step::Network(Fault::Hang)]);
    let (first, second) = (fleet.process(&[]).await, fleet.process(&[]).await);
    let asking = tokio::spawn(async move { ask(&first).await });
    fleet.claude.arrived(1).await;
    let error = ask(&second).await.expect_err("it is under way");
    assert!(matches!(error, Error::InFlight { .. }), "{error}");
    let Class::Transient { after: Some(after), spends_attempt: false } = error.class() else {
        panic!("unexpected {:?}", error.class());
    };
    assert!(after <= Duration::from_secs(45), "{after:?}");
    asking.abort();
    assert_eq!(fleet.claude.calls(), 1);
}

#[tokio::test]
async fn a_question_whose_asker_died_is_taken_over_when_its_lease_is_over() {
    let fleet = Fleet::start().await;
    ask(&fleet.process(&[]).await).await.expect("an answer");
    let store = fleet.jetstream().await.get_key_value(claude::BUCKET).await.expect("the bucket");
    let keys: Vec<String> = store.keys().await.expect("keys").try_collect().await.expect("keys");
    let key = keys.iter().find(|key| key.starts_with("answer.acme.")).expect("the answer's key");
    let stale = r#"{"state":"started","until":"2026-01-01T00:00:00Z"}"#;
    store.put(key, stale.into()).await.expect("a stored claim");
    assert!(ask(&fleet.process(&[]).await).await.is_ok_and(|answer| !answer.from_cache));
    assert_eq!(fleet.claude.calls(), 2);
}

#[tokio::test]
async fn a_client_that_used_up_its_tokens_waits_for_tomorrow_and_others_do_not() {
    let fleet = Fleet::start().await;
    let claude = fleet.process(&["--claude-daily-tokens", "1", "--claude-cache", "false"]).await;
    ask(&claude).await.expect("an answer");
    let error = ask(&claude).await.expect_err("the budget is used up");
    assert!(matches!(error, Error::Budget { .. }), "{error}");
    let (data, schema) = (segments(), ranking());
    assert!(claude.ask(&Ask { client: "other", ..question(&data, &schema) }).await.is_ok());
    assert_eq!(fleet.claude.calls(), 2);
}

#[tokio::test]
async fn a_budget_in_dollars_counts_what_failed_answers_cost() {
    let fleet = Fleet::start().await;
    fleet.claude.script([Step::Answer(Twist::Stop("pause_turn".into()))]);
    let claude = fleet.process(&["--claude-daily-usd", "0.000001"]).await;
    assert!(matches!(ask(&claude).await, Err(Error::Output { .. })));
    assert!(matches!(ask(&claude).await, Err(Error::Budget { .. })));
}

#[tokio::test]
async fn an_answer_that_is_known_costs_no_budget() {
    let fleet = Fleet::start().await;
    let claude = fleet.process(&["--claude-daily-tokens", "1"]).await;
    ask(&claude).await.expect("an answer");
    assert!(ask(&claude).await.is_ok_and(|answer| answer.from_cache));
}

#[tokio::test]
async fn a_budget_without_nats_is_refused() {
    let standin = ClaudeStandIn::start().await;
    let outcome = Claude::connect(config(&standin, &["--claude-daily-tokens", "1"]), None).await;
    assert!(matches!(outcome.map(drop), Err(Error::BudgetWithoutStore)));
}

#[tokio::test]
async fn other_processes_learn_of_a_rate_limit() {
    let fleet = Fleet::start().await;
    fleet.claude.script([Step::error(429, "rate_limit_error", None).with("retry-after", "60")]);
    assert!(ask(&fleet.process(&[]).await).await.is_err());
    assert!(matches!(ask(&fleet.process(&[]).await).await, Err(Error::Limited { .. })));
    assert_eq!(fleet.claude.calls(), 1);
}

#[tokio::test]
async fn nothing_is_paid_for_that_could_not_be_kept() {
    let fleet = Fleet::start().await;
    let claude = fleet.process(&[]).await;
    fleet.jetstream().await.delete_key_value(claude::BUCKET).await.expect("deleted");
    let error = ask(&claude).await.expect_err("no bucket");
    assert_eq!(error.code(), "claude_store");
    assert_eq!(fleet.claude.calls(), 0);
}
