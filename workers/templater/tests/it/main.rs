//! The templater on a real broker with a stand-in for Claude: every segment gets a template or says why not (TC6).

#![expect(clippy::unwrap_used, reason = "a test that cannot go on ends here")]

mod fleet;

use fleet::{Fleet, RUN};
use proto::v1::{Alert, Template, TemplateSource};
use standins::Step;

/// What the two segments of the run become, and what is said about it.
async fn check(claude: Vec<Step>, key: bool, expected: TemplateSource, alert: Option<&str>) -> Vec<Template> {
    let fleet = Fleet::start(claude, key).await;
    let templates = fleet.templates().await;
    let sources: Vec<_> = templates.iter().map(Template::source).collect();
    assert_eq!(sources, [expected, expected]);
    let alerts: Vec<Alert> = fleet.alerts().await;
    let said: Vec<_> = alerts.iter().map(|alert| (alert.kind.as_str(), alert.key.as_str())).collect();
    assert_eq!(said, Vec::from_iter(alert.map(|kind| (kind, RUN))));
    fleet.stop().await;
    templates
}

#[tokio::test(flavor = "multi_thread")]
async fn claude_writes_for_every_segment() {
    let templates = check(vec![], true, TemplateSource::Claude, None).await;
    assert_eq!(templates.iter().map(|template| template.segment).collect::<Vec<_>>(), [0, 1]);
    assert!(templates.iter().all(|template| template.note.is_empty()));
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_key_every_template_is_generic_and_says_so() {
    let templates = check(vec![], false, TemplateSource::Generic, None).await;
    assert_eq!(templates[0].note, "no Claude key");
    let outreach = templates[0].outreach.clone().unwrap();
    assert_eq!(outreach.subject, "PT-specific EMR alternative for Arizona clinics");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_overloaded_claude_costs_the_templates_and_one_alert() {
    let overloaded = vec![Step::error(529, "overloaded_error", None); 20];
    let templates = check(overloaded, true, TemplateSource::NeedsManual, Some("claude-down")).await;
    assert!(templates.iter().all(|template| template.outreach.is_none() && !template.note.is_empty()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broken_claude_costs_the_templates_and_one_alert() {
    let broken = vec![Step::error(500, "api_error", None); 20];
    check(broken, true, TemplateSource::NeedsManual, Some("claude-down")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_key_stops_all_questions_until_it_is_repaired() {
    let refused = vec![Step::error(401, "authentication_error", None); 3];
    let fleet = Fleet::start(refused, true).await;
    let templates = fleet.templates().await;
    assert!(templates.iter().all(|template| template.source() == TemplateSource::Claude), "{templates:?}");
    let alerts = fleet.alerts().await;
    let [alert] = alerts.as_slice() else { panic!("one alert, not {alerts:?}") };
    assert_eq!(alert.kind, "gate-closed");
    assert!(
        alert.text.starts_with("templater waits: claude does not answer (Claude answered 401"),
        "{}",
        alert.text
    );
    fleet.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rate_limit_is_waited_for() {
    let limited = Step::error(429, "rate_limit_error", None).with("retry-after", "1");
    check(vec![limited; 2], true, TemplateSource::Claude, None).await;
}
