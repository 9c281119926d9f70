//! Events that are heard as they pass.

use crate::fleet::Broker;
use proto::v1::Plan;
use proto::{Outgoing, Token};
use runtime::{Heard, hear};
use tokio::sync::mpsc;

fn event(kind: &str, parts: u32) -> Outgoing {
    Outgoing::event(Token::squeezed(kind), Token::squeezed("c"), format!("{kind}:{parts}"), &Plan { parts })
}

#[tokio::test(flavor = "multi_thread")]
async fn every_process_hears_what_passes_and_that_it_may_have_missed_something() {
    let mut broker = Broker::start().await;
    let fleets = [broker.runtime().await, broker.runtime().await];
    let mut ears = Vec::new();
    for runtime in &fleets {
        let (said, heard) = mpsc::unbounded_channel();
        let runtime = runtime.clone();
        let task = tokio::spawn(async move {
            hear::<Plan>(&runtime, "changed", |heard| said.send(heard).unwrap()).await;
        });
        ears.push((heard, task));
    }
    for (heard, _) in &mut ears {
        assert_eq!(heard.recv().await, Some(Heard::Missed));
    }
    fleets[0].publish(&event("other", 1)).await.unwrap();
    fleets[0].publish(&event("changed", 2)).await.unwrap();
    for (heard, _) in &mut ears {
        assert_eq!(heard.recv().await, Some(Heard::Event(Plan { parts: 2 })));
    }
    broker.server.kill().await;
    broker.server.start().await;
    for (heard, _) in &mut ears {
        assert_eq!(heard.recv().await, Some(Heard::Missed));
    }
    fleets[1].publish(&event("changed", 3)).await.unwrap();
    for (runtime, (mut heard, task)) in fleets.iter().zip(ears) {
        // Somebody may say once more that something was missed: the connection came back in two steps.
        let mut next = heard.recv().await;
        while next == Some(Heard::Missed) {
            next = heard.recv().await;
        }
        assert_eq!(next, Some(Heard::Event(Plan { parts: 3 })));
        runtime.stop();
        task.await.unwrap();
        assert_eq!(heard.recv().await, None);
    }
}
