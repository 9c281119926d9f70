//! Users of nats-server: each worker with what it needs, over TLS, and nothing that is somebody else's.

use async_nats::{Event, HeaderMap};
use proto::v1::MatchConfig;
use tests::{DATE, DEADLINE, Process, TestFleet, Users, sample};
use tokio::sync::mpsc;
use tokio::time::timeout;

const WORKERS: [&str; 12] = [
    "loader",
    "geographic",
    "business_type",
    "pain_pattern",
    "scorer",
    "templater",
    "storer",
    "exporter",
    "notifier",
    "detector",
    "outreach",
    "growth",
];

#[tokio::test(flavor = "multi_thread")]
async fn a_fleet_of_processes_each_with_its_own_user_does_a_run_over_tls() {
    let key = |fleet: &TestFleet| fleet.claude.key();
    let fleet = TestFleet::over_tls().await;
    let key = key(&fleet);
    let fleet = fleet.with("CLAUDE_API_KEY", key);
    fleet.insert(&sample(100, 200, 200)).await;
    let _processes: Vec<Process> = WORKERS.iter().map(|worker| fleet.run(&[worker])).collect();
    for source in ["reddit", "linkedin", "google_maps"] {
        let said = fleet
            .leadfleet_as("scraper", &["event", "publish", "scrape_done", "--source", source, "--date", DATE])
            .end()
            .await;
        assert!(said.0.success(), "{}", said.1);
    }
    let finished = fleet.broker.finished(&format!("scrape-{DATE}-0")).await;
    fleet.broker.settled().await;
    assert_eq!((finished.summary.status.as_str(), finished.summary.missing.len()), ("complete", 0));
    assert_eq!(fleet.files(DATE).csv_pairs(), fleet.stored_pairs().await);
    assert_eq!(fleet.announcements(&finished.run).len(), 1);
    assert_eq!(fleet.refused(), Vec::<String>::new());
}

/// What no worker may say.
const SENTINEL: &str = "sentinel";

/// Whether a user may publish there or, of a filter, listen.
async fn is_refused(fleet: &TestFleet, user: &str, verb: Verb, subject: &str) -> bool {
    let (said, mut heard) = mpsc::unbounded_channel();
    let options = fleet.users.options(user).event_callback(move |event| {
        if let Event::ServerError(error) = event {
            // Nobody listens any more once it is known.
            let _ = said.send(error.to_string());
        }
        std::future::ready(())
    });
    // A server that changes its users knows nobody for a moment.
    let client = options.retry_on_initial_connect().connect(fleet.stack.nats_url()).await.unwrap();
    let listening = match verb {
        Verb::Publish => {
            client.publish(subject.to_owned(), "".into()).await.unwrap();
            None
        }
        Verb::Listen => Some(client.subscribe(subject.to_owned()).await.unwrap()),
    };
    // The server answers in order.
    client.publish(SENTINEL, "".into()).await.unwrap();
    let first = timeout(DEADLINE, heard.recv()).await.unwrap().unwrap();
    drop(listening);
    assert!(first.contains(&format!("{subject:?}")) || first.contains(SENTINEL), "{first}");
    !first.contains(SENTINEL)
}

#[derive(Clone, Copy)]
enum Verb {
    Publish,
    Listen,
}

#[tokio::test]
async fn a_worker_can_neither_read_nor_write_what_is_not_its_own() {
    use Verb::{Listen, Publish};
    let fleet = TestFleet::start().await;
    for (user, verb, subject, refused) in [
        ("geographic", Publish, "lf.v1.run.r.match.part.geographic-0", false),
        ("geographic", Publish, "lf.v1.run.r.match.complete.0", false),
        ("geographic", Publish, "lf.v1.run.r.outcome.part.store", true),
        ("geographic", Publish, "lf.v1.job.loader.c.r", true),
        ("geographic", Publish, "lf.v1.event.engagement.c", true),
        ("geographic", Publish, "lf.v1.dead.matcher-geographic.decode", false),
        ("geographic", Publish, "lf.v1.dead.storer.decode", true),
        ("geographic", Publish, "lf.v1.audit.replay.1", true),
        ("geographic", Publish, "$JS.API.CONSUMER.MSG.NEXT.RUN.matcher-geographic-v1", false),
        ("geographic", Publish, "$JS.API.CONSUMER.MSG.NEXT.RUN.storer-v1", true),
        ("geographic", Publish, "$JS.API.CONSUMER.MSG.NEXT.EVENTS.recorder-v1", true),
        ("geographic", Publish, "$JS.ACK.RUN.matcher-geographic-v1.1.1.1.1.0", false),
        ("geographic", Publish, "$JS.ACK.RUN.storer-v1.1.1.1.1.0", true),
        ("geographic", Publish, "$JS.API.STREAM.MSG.GET.EVENTS", true),
        ("geographic", Publish, "$JS.API.DIRECT.GET.DEAD", true),
        ("geographic", Publish, "$JS.API.STREAM.PURGE.RUN", true),
        ("geographic", Publish, "$JS.API.STREAM.DELETE.RUN", true),
        ("geographic", Publish, "$JS.API.STREAM.UPDATE.RUN", true),
        ("geographic", Publish, "$JS.API.STREAM.MSG.DELETE.EVENTS", true),
        ("geographic", Publish, "$JS.API.CONSUMER.CREATE.RUN.spy.>", true),
        ("geographic", Publish, "$JS.API.CONSUMER.DELETE.RUN.storer-v1", true),
        ("geographic", Publish, "$JS.API.CONSUMER.PAUSE.RUN.storer-v1", true),
        ("geographic", Publish, "$KV.gates.matcher-geographic.postgres", false),
        ("geographic", Publish, "$KV.gates.storer.postgres", true),
        ("geographic", Publish, "$KV.deliveries.storer-v1.1.1", true),
        ("geographic", Publish, "$KV.intents.r.slack", true),
        ("geographic", Publish, "$KV.answers.a", true),
        ("geographic", Listen, "lf.v1.event.engagement.>", true),
        ("geographic", Listen, "_INBOX.>", true),
        ("geographic", Listen, ">", true),
        ("templater", Publish, "$KV.answers.a", false),
        ("templater", Publish, "lf.v1.event.sequence-words.c", false),
        ("templater", Publish, "lf.v1.run.r.match.part.geographic-0", true),
        ("outreach", Publish, "lf.v1.event.touch-due.c", false),
        ("outreach", Publish, "lf.v1.job.loader.c.r", true),
        ("gateway", Publish, "lf.v1.event.engagement.c", false),
        ("gateway", Publish, "$JS.API.CONSUMER.PAUSE.RUN.storer-v1", false),
        ("gateway", Publish, "$JS.API.STREAM.DELETE.EVENTS", true),
        ("gateway", Publish, "$JS.API.STREAM.MSG.DELETE.EVENTS", true),
        ("gateway", Publish, "$JS.API.CONSUMER.MSG.NEXT.RUN.storer-v1", true),
        ("gateway", Publish, "$JS.API.CONSUMER.CREATE.RUN.storer-v1.lf.v1.run.>", true),
        ("gateway", Publish, "$JS.API.CONSUMER.DELETE.ADVISORIES.sweep-storer-v1", true),
        ("scraper", Publish, "lf.v1.event.scrape_done.reddit", false),
        ("scraper", Publish, "lf.v1.event.engagement.c", true),
        ("scraper", Publish, "$JS.API.STREAM.INFO.EVENTS", true),
    ] {
        assert_eq!(is_refused(&fleet, user, verb, subject).await, refused, "{user}: {subject}");
    }
}

#[tokio::test]
async fn somebody_without_a_seed_or_with_one_that_nobody_knows_is_sent_away() {
    let fleet = TestFleet::start().await;
    assert!(async_nats::connect(fleet.stack.nats_url()).await.is_err());
    let nobody = fleet.folder().join("nobody.seed");
    std::fs::write(&nobody, runtime::new_seed().unwrap()).unwrap();
    let check = async |file: &str, expected: &str| {
        let arguments = ["status", "--set", &format!("nats.seed_file={file}")];
        let (status, said) = fleet.leadfleet(&arguments).end().await;
        assert!(!status.success() && said.contains(expected), "{said}");
    };
    check(&nobody.display().to_string(), "does not know this process").await;
    check("/nowhere.seed", "could not read the seed").await;
    std::fs::write(&nobody, "not a seed").unwrap();
    check(&nobody.display().to_string(), "holds no seed").await;
}

#[tokio::test]
async fn a_worker_with_the_rights_of_another_ends_and_says_why() {
    let fleet = TestFleet::start().await;
    let (status, log) = fleet.leadfleet_as("storer", &["run", "exporter"]).end().await;
    assert!(!status.success(), "{log}");
    assert!(log.contains("lets this process not use $JS.API.CONSUMER.MSG.NEXT.RUN.exporter-v1"), "{log}");
}

#[tokio::test]
async fn a_worker_that_finds_the_broker_unprepared_says_what_to_do() {
    let fleet = TestFleet::start().await.with("LEADFLEET_LEASE", "3");
    let (status, log) = fleet.run(&["exporter"]).end().await;
    assert!(!status.success(), "{log}");
    assert!(log.contains("`leadfleet provision` as the operator"), "{log}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_may_not_be_published_is_an_error_and_is_published_when_it_may_be() {
    let mut fleet = TestFleet::start().await;
    fleet.insert(&sample(20, 40, 20)).await;
    // The broker forgets what matchers may say.
    let whole = fleet.users.configuration();
    let less = whole.replace("\"lf.v1.run.*.match.>\"", "");
    assert_ne!(whole, less);
    fleet.stack.configure_nats(less).unwrap();
    let taken = || is_refused(&fleet, "geographic", Verb::Publish, "lf.v1.run.r.match.plan");
    fleet.broker.until("the rights to be taken", taken).await;
    let _all =
        ["loader", "scorer", "templater", "storer", "exporter", "notifier", "business_type", "pain_pattern"]
            .map(|worker| fleet.run(&[worker]));
    let matcher = fleet.run(&["geographic"]);
    fleet.broker.request(&tests::request("r", DATE, MatchConfig::default())).await;
    let refused = || async { matcher.log().contains("lets this process not publish to lf.v1.run.") };
    fleet.broker.until("the matcher to be refused", refused).await;
    fleet.stack.configure_nats(whole).unwrap();
    let finished = fleet.broker.finished("r").await;
    assert_eq!((finished.summary.status.as_str(), finished.summary.missing.len()), ("complete", 0));
}

/// A tool in another language publishes with its seed and nothing of ours.
#[tokio::test]
async fn a_scraper_needs_no_more_than_its_seed() {
    let fleet = TestFleet::start().await;
    let _loader = fleet.run(&["loader"]);
    let users: &Users = &fleet.users;
    let client = users.options("scraper").connect(fleet.stack.nats_url()).await.unwrap();
    let body = format!(r#"{{"source": "SCRAPE_SOURCE_REDDIT", "date": "{DATE}", "records": 100}}"#);
    let mut headers = HeaderMap::new();
    headers.insert("Content-Type", "application/json");
    let context = async_nats::jetstream::new(client);
    let sent =
        context.publish_with_headers("lf.v1.event.scrape_done.reddit", headers, body.into()).await.unwrap();
    sent.await.unwrap();
    fleet.broker.said(&format!("lf.v1.run.scrape-{DATE}.scrape.part.reddit")).await;
}
