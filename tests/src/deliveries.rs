//! What workers were given and how often, read from the acknowledgements that go past.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use futures::StreamExt as _;

/// How often each message was delivered to each consumer, as its settlement says.
#[derive(Clone, Default)]
pub struct Deliveries(Arc<Mutex<HashMap<(String, u64), u64>>>);

impl Deliveries {
    /// Listens from now on.
    pub async fn watch(client: &async_nats::Client) -> Self {
        let deliveries = Self::default();
        let mut settlements = client.subscribe("$JS.ACK.>").await.unwrap();
        let (seen, client) = (Arc::clone(&deliveries.0), client.clone());
        tokio::spawn(async move {
            while let Some(message) = settlements.next().await {
                let (consumer, delivered, sequence) = parse(&message.subject).unwrap();
                let mut seen = seen.lock().unwrap();
                let most = seen.entry((consumer, sequence)).or_default();
                *most = delivered.max(*most);
            }
            drop(client);
        });
        deliveries
    }

    /// Messages by the number of their deliveries.
    pub fn counts(&self, consumer: &str) -> HashMap<u64, usize> {
        let mut counts = HashMap::new();
        for ((_, _), delivered) in self.0.lock().unwrap().iter().filter(|((name, _), _)| name == consumer) {
            *counts.entry(*delivered).or_default() += 1;
        }
        counts
    }

    /// Consumers and sequences of the messages that came more than once.
    pub fn again(&self) -> Vec<(String, u64)> {
        let seen = self.0.lock().unwrap();
        seen.iter().filter(|(_, delivered)| **delivered > 1).map(|(key, _)| key.clone()).collect()
    }
}

/// Consumer, deliveries and sequence: the account and the domain may or may not stand before them.
fn parse(subject: &str) -> Option<(String, u64, u64)> {
    let tokens: Vec<&str> = subject.split('.').collect();
    let first = if tokens.len() > 9 { 4 } else { 2 };
    let [_, consumer, delivered, sequence, ..] = tokens.get(first..)? else { return None };
    Some(((*consumer).to_owned(), delivered.parse().ok()?, sequence.parse().ok()?))
}
