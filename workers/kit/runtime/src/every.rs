//! Looks again and again whether something is to be done.

use crate::runtime::Runtime;
use chrono::{DateTime, Utc};
use std::time::Duration;
use tokio::sync::watch;

/// Times to look, the first at once and then one after every pause, until a stop is asked for.
#[derive(Debug)]
pub struct Every {
    pause: Duration,
    stop: watch::Receiver<bool>,
    /// A process for one message looks after nothing else.
    ended: bool,
    begun: bool,
}

impl Every {
    pub fn new(runtime: &Runtime, pause: Duration) -> Self {
        Self { pause, stop: runtime.stop_signal(), ended: runtime.is_alone(), begun: false }
    }

    /// The time it is when it is time to look; none when there is no more looking.
    pub async fn next(&mut self) -> Option<DateTime<Utc>> {
        if std::mem::replace(&mut self.begun, true) {
            tokio::select! {
                () = tokio::time::sleep(self.pause) => {}
                _ = self.stop.changed() => {}
            }
        }
        #[expect(clippy::disallowed_methods, reason = "the runtime is where the clock is read")]
        (!self.ended && !*self.stop.borrow()).then(Utc::now)
    }
}
