//! What a process tells Prometheus of the messages that wait for its workers.

use db::DEFAULT_CLIENT;
use proto::v1::LeadChanged;
use proto::{Outgoing, Subject, Token, kind};
use tests::{TestFleet, free_port};

#[tokio::test]
async fn what_waits_for_a_worker_is_told_with_its_age() {
    let _installed = rustls::crypto::ring::default_provider().install_default();
    let free = format!("127.0.0.1:{}", free_port());
    let fleet = TestFleet::start().await.with("LEADFLEET_HEALTH_LISTEN", &free);
    fleet.said(&["provision", "--json"]).await;
    let pause =
        ["worker", "pause", "lead-update-scorer", "--reason", "a test", "--operator", "tester", "--json"];
    fleet.said(&pause).await;
    for id in ["first", "second"] {
        let said = LeadChanged { client_id: DEFAULT_CLIENT.to_string(), lead_ids: Vec::new() };
        let key = Token::squeezed(&DEFAULT_CLIENT.to_string());
        let event = Outgoing::event(Token::squeezed(kind::LEAD_UPDATED), key, id.to_owned(), &said);
        fleet.broker.say(&event).await;
    }
    let of = r#"{consumer="lead-update-scorer-v1",stream="EVENTS",worker="lead-update-scorer"}"#;
    // An age is told in whole seconds: the first word of a process that starts then is one of at least one.
    let first = fleet.broker.all(&Subject::events(kind::LEAD_UPDATED)).await.remove(0).published_at;
    fleet.broker.until("a second", async || now() - first > chrono::TimeDelta::seconds(1)).await;
    let _worker = fleet.run(&["scorer"]);
    let read = async || reqwest::get(format!("http://{free}/metrics")).await?.text().await;
    let told = async || {
        let text = read().await.unwrap_or_default();
        let value = |name: &str| {
            let line = text.lines().find_map(|line| line.strip_prefix(name))?;
            line.trim().parse::<u64>().ok()
        };
        value(&format!("leadfleet_consumer_pending_messages{of}")) == Some(2)
            && value(&format!("leadfleet_consumer_ack_pending_messages{of}")) == Some(0)
            && value(&format!("leadfleet_consumer_oldest_pending_age_seconds{of}"))
                .is_some_and(|age| (1..600).contains(&age))
            && value(r#"leadfleet_paused{worker="lead-update-scorer"}"#) == Some(1)
            && value(r#"leadfleet_paused{worker="lead-scorer"}"#) == Some(0)
            && text.contains("leadfleet_build_info{version=")
    };
    fleet.broker.until("metrics of what waits", told).await;

    fleet
        .said(&[
            "worker",
            "resume",
            "lead-update-scorer",
            "--reason",
            "a test",
            "--operator",
            "tester",
            "--json",
        ])
        .await;
    let done = async || {
        let text = read().await.unwrap_or_default();
        text.contains(&format!("leadfleet_consumer_oldest_pending_age_seconds{of} 0"))
            && text.contains(r#"leadfleet_messages_total{outcome="ok",worker="lead-update-scorer"} 2"#)
    };
    fleet.broker.until("metrics of what was done", done).await;
}

#[expect(clippy::disallowed_methods, reason = "the server stamps messages by the clock")]
fn now() -> chrono::DateTime<chrono::Utc> {
    chrono::Utc::now()
}
