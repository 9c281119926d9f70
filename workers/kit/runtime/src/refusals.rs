//! What nats-server refused: it says so beside the questions, and who asked would wait for an answer in vain.

use std::collections::VecDeque;
use tokio::sync::watch;
use tokio::time::Instant;

/// More than are ever waited for at once.
const REMEMBERED: usize = 512;

/// What was refused on a connection.
#[derive(Clone)]
pub(crate) struct Refusals {
    recent: watch::Sender<VecDeque<(String, Instant)>>,
}

impl Refusals {
    pub(crate) fn new() -> Self {
        Self { recent: watch::Sender::new(VecDeque::new()) }
    }

    /// Takes what a server says of an error; whether it was a refusal.
    pub(crate) fn heard(&self, error: &str) -> bool {
        let Some(subject) = subject(error) else { return false };
        self.recent.send_modify(|recent| {
            if recent.len() == REMEMBERED {
                recent.pop_front();
            }
            recent.push_back((subject.to_owned(), Instant::now()));
        });
        true
    }

    /// Waits until something was refused since then; returns what.
    pub(crate) async fn of(&self, wanted: impl Fn(&str) -> bool, since: Instant) -> String {
        let found = |recent: &VecDeque<(String, Instant)>| {
            recent.iter().rev().find(|(subject, at)| *at >= since && wanted(subject)).cloned()
        };
        let mut recent = self.recent.subscribe();
        loop {
            if let Some((subject, _)) = found(&recent.borrow_and_update()) {
                return subject;
            }
            if recent.changed().await.is_err() {
                // Nothing is refused any more.
                std::future::pending::<()>().await;
            }
        }
    }
}

/// The subject that a server said one may not publish to or listen on.
fn subject(error: &str) -> Option<&str> {
    let (_, rest) = error.split_once("Permissions Violation for ")?;
    let (_, rest) = rest.split_once('"')?;
    rest.split_once('"').map(|(subject, _)| subject)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(error: &str, expected: Option<&str>) {
        assert_eq!(subject(error), expected);
    }

    #[test]
    fn a_refusal_names_its_subject() {
        check(r#"Permissions Violation for Publish to "lf.v1.job.loader.a.b""#, Some("lf.v1.job.loader.a.b"));
        check(r#"Permissions Violation for Subscription to "_INBOX.>""#, Some("_INBOX.>"));
        check("Maximum Payload Violation", None);
    }

    #[tokio::test]
    async fn what_was_refused_before_is_not_what_is_waited_for() {
        let refusals = Refusals::new();
        assert!(refusals.heard(r#"Permissions Violation for Publish to "a""#));
        tokio::time::pause();
        tokio::time::advance(std::time::Duration::from_millis(1)).await;
        let since = Instant::now();
        assert!(refusals.heard(r#"Permissions Violation for Publish to "b""#));
        assert_eq!(refusals.of(|_| true, since).await, "b");
    }
}
