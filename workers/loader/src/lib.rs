//! Loads what a run matches: decides when a run is due, and reads pain points, clinics and decision makers in one snapshot.

mod claim;
mod config;
#[doc(hidden)]
pub mod fuzz;
mod linking;
mod load;
mod parts;
mod profile;
mod request;
mod rows;
mod scrapes;
mod texts;

pub use config::{Config, Mode};
pub use load::{JOBS, Loader};
pub use request::{DEFAULT_THRESHOLD, RequestError, STRATEGIES, resolve};
pub use scrapes::{MATCH_JOB, ScrapeCollector, ScrapeTrigger, TickTrigger, scrape_run};
