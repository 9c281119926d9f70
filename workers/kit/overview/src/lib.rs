//! What the fleet is doing and what runs decided: one read model for commands and the dashboard.

pub mod decided;
mod error;
pub mod explain;
pub mod list;
mod progress;
mod read;
pub mod run;
pub mod runs;
pub mod status;
mod timeline;
pub mod unmatched;
mod words;

pub use error::Error;
pub use progress::{DeadPart, Progress, StageProgress};
pub use timeline::{Alerted, Timeline, Timelines};
pub use words::{cause, count, without_password};

use async_nats::jetstream;
use runtime::Runs;
use uuid::Uuid;

/// What runs and workers are read from. Works without Postgres.
#[derive(Clone)]
pub struct Broker {
    jetstream: jetstream::Context,
    runs: Runs,
    client: Option<Uuid>,
}

impl Broker {
    /// Sees the runs of every client.
    pub fn new(jetstream: jetstream::Context) -> Self {
        Self { runs: Runs::new(jetstream.clone()), jetstream, client: None }
    }

    /// Sees no run but those of this client.
    #[must_use]
    pub fn of_client(self, client: Uuid) -> Self {
        Self { client: Some(client), ..self }
    }

    pub fn runs(&self) -> &Runs {
        &self.runs
    }
}
