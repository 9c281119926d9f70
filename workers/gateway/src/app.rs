//! What every handler has at hand.

use crate::config::Config;
use crate::pages::live::Moves;
use crate::pages::throughput::Throughput;
use crate::rate::Rate;
use crate::sign_in::SignIn;
use claude::Books;
use contractors::Contractors;
use conversion::Conversion;
use db::Db;
use dead::{Dead, Known};
use overview::Timelines;
use prospects::{Prospects, Scores};
use runtime::Runtime;
use std::ops::Deref;
use std::sync::Arc;

#[derive(Clone)]
pub(crate) struct App {
    shared: Arc<Shared>,
}

pub(crate) struct Shared {
    pub(crate) runtime: Runtime,
    pub(crate) db: Db,
    pub(crate) prospects: Prospects,
    pub(crate) scores: Scores,
    pub(crate) conversion: Conversion,
    pub(crate) contractors: Contractors,
    pub(crate) dead: Dead,
    pub(crate) letters: Known,
    pub(crate) books: Books,
    pub(crate) timelines: Timelines,
    pub(crate) throughput: Throughput,
    pub(crate) moves: Moves,
    /// Confirms subscriptions; follows nobody elsewhere.
    pub(crate) web: reqwest::Client,
    pub(crate) config: Config,
    pub(crate) rate: Rate,
    pub(crate) keys: crate::caller::Keys,
    pub(crate) sign_in: SignIn,
    pub(crate) description: crate::openapi::Description,
}

impl App {
    pub(crate) fn new(shared: Shared) -> Self {
        Self { shared: Arc::new(shared) }
    }
}

impl Deref for App {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        &self.shared
    }
}
