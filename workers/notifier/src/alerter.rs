//! The worker: what a person must hear of is said, once for each kind and key.

use crate::channels::{self, Channels};
use crate::config::{Config, Error};
use crate::notice::Notice;
use proto::Outbox;
use proto::v1::{Alert, Severity};
use runtime::{Delivery, Fault, OrFault as _, Retry, Source, Worker};
use sha2::{Digest, Sha256};

pub struct Alerter {
    channels: Channels,
}

impl Alerter {
    pub fn new(config: &Config) -> Result<Self, Error> {
        Ok(Self { channels: Channels::new(config)? })
    }
}

impl Worker for Alerter {
    const NAME: &'static str = "alerter";
    const SOURCE: Source = Source::Event(proto::kind::ALERT);
    const RETRY: Retry = channels::RETRY;
    type Input = Alert;

    async fn handle(&self, alert: Alert, delivery: &Delivery) -> Result<Outbox, Fault> {
        // What no one knows must not pass for a mere note.
        Severity::try_from(alert.severity).or_reject()?;
        let notice = Notice::of_alert(&alert);
        self.channels.deliver(&notice, &id(&alert), delivery).await?;
        Ok(Outbox::none())
    }

    async fn probe(&self, gate: &str) -> Result<(), Fault> {
        self.channels.probe(gate).await
    }
}

/// Names the alert over all times it is raised; its kind and key may hold what a name may not.
fn id(alert: &Alert) -> String {
    let digest = Sha256::digest(format!("{}\0{}", alert.kind, alert.key));
    let hex: String = digest.iter().take(12).map(|byte| format!("{byte:02x}")).collect();
    format!("alert-{hex}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(kind: &str, key: &str, same: bool) {
        let alert =
            |kind: &str, key: &str| Alert { kind: kind.to_owned(), key: key.to_owned(), ..Alert::default() };
        assert_eq!(id(&alert("gate-closed", "a b")) == id(&alert(kind, key)), same);
    }

    #[test]
    fn kind_and_key_make_an_alert() {
        check("gate-closed", "a b", true);
        check("gate-closed", "a-b", false);
        check("gate-closeda", " b", false);
    }
}
