//! How people hear of a run: once, and by mail where Slack fails (PT-119 to PT-121).

use async_nats::HeaderMap;
use proto::v1::MatchConfig;
use standins::{Fault, SlackStep, SmtpStandIn};
use tests::{DATE, Rows, TestFleet, clinic, numbered, pain, pattern};

async fn fleet() -> TestFleet {
    let fleet = TestFleet::start().await;
    let rows = Rows {
        pain_points: vec![pain("emr", "The EMR of a PT in Phoenix, Arizona", 6.0, 2)],
        clinics: numbered(5, clinic("Physical Therapy", "Phoenix", "AZ")),
        // Without any pattern there would be an alert beside the announcement.
        patterns: vec![pattern(1, "other", "low")],
        ..Rows::default()
    };
    fleet.insert(&rows).await;
    fleet
}

#[tokio::test]
async fn a_run_whose_end_is_said_twice_is_told_once() {
    let fleet = fleet().await;
    let _all = fleet.run(&["all"]);
    let config = MatchConfig { min_confidence_score: 5.0, ..MatchConfig::default() };
    let finished = fleet.broker.run("twice", DATE, config).await;
    let end = format!("lf.v1.run.{}.outcome.complete.0", finished.run);
    let said = fleet.broker.said(&end).await;
    fleet.broker.publish(&end, HeaderMap::new(), said.payload.to_vec()).await;
    fleet.broker.settled().await;
    assert_eq!(fleet.announcements(&finished.run).len(), 1, "{:#?}", fleet.told());
}

#[tokio::test]
async fn a_notifier_that_dies_before_slack_answers_repeats_itself_once_and_says_so() {
    let fleet = fleet().await;
    fleet.slack.script([SlackStep::Network(Fault::Hang)]);
    let _others = fleet.run(&["loader", "matchers", "scorer", "templater", "storer", "exporter"]);
    let notifier = fleet.run(&["notifier"]);
    let config = MatchConfig { min_confidence_score: 5.0, ..MatchConfig::default() };
    fleet.broker.request(&tests::request("unknown", DATE, config)).await;
    fleet.told_of("Matching run").await;
    notifier.kill();
    let _notifier = fleet.run(&["notifier"]);
    let finished = fleet.broker.finished("unknown").await;
    assert!(finished.summary.slack_notification_sent);
    let told = fleet.announcements(&finished.run);
    assert_eq!(told.len(), 2, "{told:#?}");
    assert!(!told[0].contains("sent again") && told[1].contains("sent again after an interruption"));
}

#[tokio::test]
async fn a_webhook_that_is_gone_gives_way_to_a_mail() {
    let mail = SmtpStandIn::start().await;
    let fleet = fleet()
        .await
        .with("SMTP_URL", &format!("smtp://{}:{}", mail.host(), mail.port()))
        .with("BACKUP_EMAIL", "ops@clinic.example");
    fleet.slack.script((0..20).map(|_| SlackStep::Refuse(404, "no_service")));
    let _all = fleet.run(&["all"]);
    let config = MatchConfig { min_confidence_score: 5.0, ..MatchConfig::default() };
    let finished = fleet.broker.run("mail", DATE, config).await;
    assert_eq!(
        (finished.summary.channel.as_str(), finished.summary.slack_notification_sent),
        ("email", false)
    );
    assert_eq!(fleet.slack.delivered(), 0);
    let of_run: Vec<_> =
        mail.journal().into_iter().filter(|mail| mail.data.contains("Matching run")).collect();
    let [mail] = of_run.as_slice() else { panic!("{of_run:#?}") };
    assert_eq!(mail.to, ["ops@clinic.example"]);
    assert!(mail.data.contains("emr-arizona"), "{}", mail.data);
}
