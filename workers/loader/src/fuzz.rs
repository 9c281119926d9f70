//! What the loader makes of requests and of the scrapers' events, for fuzzing.

use crate::{Config, Mode, RequestError};
use proto::v1::{RunRequest, ScrapeDone};

/// Where an event of a scraper is filed.
pub fn scrape_done(done: &ScrapeDone) -> Result<String, String> {
    let (run, part) = crate::scrapes::place(done).map_err(|error| error.to_string())?;
    Ok(format!("{run} {part}"))
}

/// The run that a request asks for.
pub fn request(request: RunRequest) -> Result<String, RequestError> {
    let settings = Config { confidence_mode: Mode::Graded };
    let resolved = crate::request::Resolved::of(request, &settings)?;
    Ok(resolved.run_id("input")?.to_string())
}
