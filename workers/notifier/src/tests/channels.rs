//! How Slack and mail take a notice, and what their refusals mean.

use super::sample_notice;
use crate::mail::{self, Mail};
use crate::notice::Notice;
use crate::slack::{Refusal, Slack};
use serde_json::Value;
use standins::{Fault, SlackStandIn, SlackStep, SmtpStandIn};
use std::time::Duration;
use url::Url;

async fn slack() -> (SlackStandIn, Slack) {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let standin = SlackStandIn::start().await;
    let webhook = Url::parse(&standin.url()).unwrap();
    let slack = Slack::new(&webhook, Duration::from_millis(300)).unwrap();
    (standin, slack)
}

async fn answer_to(steps: impl IntoIterator<Item = SlackStep>) -> (Result<(), Refusal>, SlackStandIn) {
    let (standin, slack) = slack().await;
    standin.script(steps);
    (slack.send(&sample_notice()).await, standin)
}

#[tokio::test]
async fn slack_takes_the_message() {
    let (answer, standin) = answer_to([]).await;
    assert_eq!(answer, Ok(()));
    assert_eq!(standin.delivered(), 1);
}

#[tokio::test]
async fn blocks_that_slack_refuses_are_sent_once_as_text() {
    let (answer, standin) = answer_to([SlackStep::Refuse(400, "invalid_blocks")]).await;
    assert_eq!(answer, Ok(()));
    assert_eq!(standin.journal()[1]["blocks"], Value::Null);
}

#[tokio::test]
async fn text_that_slack_refuses_too_is_given_up() {
    let refuse = || SlackStep::Refuse(400, "invalid_payload");
    let (answer, standin) = answer_to([refuse(), refuse()]).await;
    assert_eq!(answer, Err(Refusal::Message("400 invalid_payload".into())));
    assert_eq!(standin.journal().len(), 2);
}

#[tokio::test]
async fn a_gone_channel_is_given_up_at_once() {
    for (status, word) in [(403, "action_prohibited"), (404, "no_service"), (410, "channel_is_archived")] {
        let (answer, standin) = answer_to([SlackStep::Refuse(status, word)]).await;
        assert_eq!(answer, Err(Refusal::Channel(format!("{status} {word}"))));
        assert_eq!(standin.journal().len(), 1);
    }
}

#[tokio::test]
async fn slack_says_when_to_come_again() {
    let (answer, _standin) = answer_to([SlackStep::Limit { retry_after: 30 }]).await;
    let after = Some(Duration::from_secs(30));
    assert_eq!(answer, Err(Refusal::Later { text: "429 rate_limited".into(), after }));
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let (answer, _standin) = answer_to([SlackStep::Redirect("http://127.0.0.1:1/".into())]).await;
    assert_eq!(answer, Err(Refusal::Channel("302 ".into())));
}

#[tokio::test]
async fn silence_after_sending_is_neither_success_nor_failure() {
    for fault in [Fault::Hang, Fault::CloseBeforeHeaders] {
        let (answer, standin) = answer_to([SlackStep::Network(fault)]).await;
        let Err(Refusal::Unanswered(text)) = answer else { panic!("{answer:?}") };
        assert!(!text.contains("s3cr3t"), "{text}");
        assert_eq!(standin.delivered(), 1);
    }
}

#[tokio::test]
async fn a_slack_that_cannot_be_reached_is_tried_later() {
    let (standin, slack) = slack().await;
    drop(standin);
    let answer = slack.send(&sample_notice()).await;
    assert!(matches!(answer, Err(Refusal::Later { after: None, .. })), "{answer:?}");
}

async fn relay() -> (SmtpStandIn, Mail) {
    let standin = SmtpStandIn::start().await;
    let address = format!("smtp://user:secret@{}:{}", standin.host(), standin.port());
    let from = "leadfleet@localhost".parse().unwrap();
    let mail = Mail::new(&address.into(), from, "ops@clinic.example".parse().unwrap()).unwrap();
    (standin, mail)
}

#[tokio::test]
async fn a_mail_has_the_same_id_on_every_try() {
    let (standin, mail) = relay().await;
    for _ in 0..2 {
        mail.send(&sample_notice(), "run-20251111-0123456789ab-0").await.unwrap();
    }
    for sent in standin.journal() {
        assert_eq!(sent.to, ["ops@clinic.example"]);
        assert!(sent.data.contains("Message-ID: <run-20251111-0123456789ab-0@leadfleet>"), "{}", sent.data);
        assert!(sent.data.contains("1. emr-frustration-arizona: 9.2"), "{}", sent.data);
    }
}

#[tokio::test]
async fn a_title_cannot_add_a_header() {
    let (standin, mail) = relay().await;
    let notice = Notice { title: "x\r\nBcc: all@example.com".into(), ..Notice::default() };
    mail.send(&notice, "n").await.unwrap();
    assert!(standin.journal()[0].data.contains("Subject: x Bcc: all@example.com\n"));
}

#[tokio::test]
async fn a_busy_relay_is_tried_later_and_a_refusing_one_is_not() {
    let (standin, mail) = relay().await;
    standin.answer_recipient("ops@clinic.example", "451 try again later");
    assert!(matches!(mail.send(&sample_notice(), "n").await, Err(mail::Refusal::Later(_))));
    standin.answer_recipient("ops@clinic.example", "550 no such user");
    assert!(matches!(mail.send(&sample_notice(), "n").await, Err(mail::Refusal::Never(_))));
}

#[tokio::test]
async fn a_refused_login_is_nobody_elses_fault() {
    let (standin, mail) = relay().await;
    standin.refuse_logins();
    assert!(matches!(mail.send(&sample_notice(), "n").await, Err(mail::Refusal::Login(_))));
    assert!(mail.probe().await.is_err());
}
