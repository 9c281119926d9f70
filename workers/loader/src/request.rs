//! Fills a run's request with defaults and refuses what cannot be meant.

use crate::Config;
use chrono::{DateTime, NaiveDate, Utc};
use proto::RunId;
use proto::v1::{
    ConfidenceMode, CsvLayout, MatchConfig, OutputFormat, RunRequest, ScrapeSource, Strategy, Trigger,
};
use proto::{Message as _, subject::BadToken};
use sha2::{Digest, Sha256};

/// PT-014: what a match needs when the request does not say.
pub const DEFAULT_THRESHOLD: f64 = 7.0;

/// All strategies, in the order in which their names are joined (X22).
pub const STRATEGIES: [Strategy; 3] = [Strategy::Geographic, Strategy::BusinessType, Strategy::PainPattern];

const FORMATS: [OutputFormat; 4] =
    [OutputFormat::Json, OutputFormat::Csv, OutputFormat::Markdown, OutputFormat::Xlsx];

/// A request that says everything.
#[derive(Debug, Clone)]
pub(crate) struct Resolved {
    pub(crate) request: RunRequest,
    pub(crate) config: MatchConfig,
    pub(crate) client: uuid::Uuid,
    pub(crate) date: NaiveDate,
    pub(crate) as_of: DateTime<Utc>,
}

/// Why a request cannot be run.
#[derive(Debug, thiserror::Error, PartialEq)]
pub enum RequestError {
    #[error("client_id {0:?} is no UUID")]
    Client(String),
    #[error("run_date {0:?} is no date: write it as 2025-11-11")]
    Date(String),
    #[error("as_of {0:?} is no time: write it as 2025-11-11T08:00:00Z")]
    AsOf(String),
    #[error("min_confidence_score {0} is outside 1 to 10")]
    Threshold(f64),
    #[error("unknown {field} {value}")]
    UnknownEnum { field: &'static str, value: i32 },
    #[error("request_id: {0}")]
    Id(#[from] BadToken),
}

/// Checks a configuration and fills what is missing (X32), as the loader is set; whoever asked, schedule or person.
pub fn resolve(config: Option<MatchConfig>, settings: &Config) -> Result<MatchConfig, RequestError> {
    let mut config = config.unwrap_or_default();
    known::<Strategy>("matching_strategies", &config.strategies)?;
    known::<OutputFormat>("output_formats", &config.output_formats)?;
    if config.strategies.is_empty() {
        config.strategies = STRATEGIES.map(i32::from).to_vec();
    }
    config.strategies.sort_unstable();
    config.strategies.dedup();
    if config.output_formats.is_empty() {
        config.output_formats = FORMATS.map(i32::from).to_vec();
    }
    config.output_formats.sort_unstable();
    config.output_formats.dedup();
    if config.min_confidence_score == 0.0 {
        config.min_confidence_score = DEFAULT_THRESHOLD;
    }
    if !(1.0..=10.0).contains(&config.min_confidence_score) {
        return Err(RequestError::Threshold(config.min_confidence_score));
    }
    config.confidence_mode = or_default(
        "confidence_mode",
        config.confidence_mode,
        ConfidenceMode::from(settings.confidence_mode),
    )?;
    config.csv_layout = or_default("csv_layout", config.csv_layout, CsvLayout::Sample)?;
    Ok(config)
}

impl Resolved {
    pub(crate) fn of(request: RunRequest, settings: &Config) -> Result<Self, RequestError> {
        let config = resolve(request.config.clone(), settings)?;
        known::<ScrapeSource>("missing_sources", &request.missing_sources)?;
        or_default("trigger", request.trigger, Trigger::Unspecified)?;
        let date: NaiveDate =
            request.run_date.parse().map_err(|_source| RequestError::Date(shortened(&request.run_date)))?;
        // The date names files, and is part of the run's identity: it has one spelling.
        let request = RunRequest { run_date: date.to_string(), ..request };
        Ok(Self {
            client: request
                .client_id
                .parse()
                .map_err(|_source| RequestError::Client(shortened(&request.client_id)))?,
            date,
            as_of: request.as_of.parse().map_err(|_source| RequestError::AsOf(shortened(&request.as_of)))?,
            config,
            request,
        })
    }

    /// The identity of the run: the same input, date and configuration are the same run (X31).
    pub(crate) fn run_id(&self, input_hash: &str) -> Result<RunId, RequestError> {
        let mut digest = Sha256::new();
        for part in [
            self.client.as_bytes().as_slice(),
            self.request.run_date.as_bytes(),
            input_hash.as_bytes(),
            self.config.encode_to_vec().as_slice(),
            if self.request.again { self.request.request_id.as_bytes() } else { b"" },
        ] {
            digest.update((part.len() as u64).to_be_bytes());
            digest.update(part);
        }
        let hex: String = digest.finalize().iter().take(6).map(|byte| format!("{byte:02x}")).collect();
        Ok(format!("{}-{hex}", self.date.format("%Y%m%d")).parse()?)
    }
}

/// As much of a value as a person needs to find it.
pub(crate) fn shortened(value: &str) -> String {
    value.chars().take(80).collect()
}

fn known<E: TryFrom<i32>>(field: &'static str, values: &[i32]) -> Result<(), RequestError> {
    match values.iter().find(|&&value| value == 0 || E::try_from(value).is_err()) {
        Some(&value) => Err(RequestError::UnknownEnum { field, value }),
        None => Ok(()),
    }
}

fn or_default<E: TryFrom<i32> + Into<i32>>(
    field: &'static str,
    value: i32,
    default: E,
) -> Result<i32, RequestError> {
    match value {
        0 => Ok(default.into()),
        value if E::try_from(value).is_ok() => Ok(value),
        value => Err(RequestError::UnknownEnum { field, value }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Mode;

    const GRADED: Config = Config { confidence_mode: Mode::Graded };

    fn request() -> RunRequest {
        RunRequest {
            request_id: "r-1".into(),
            client_id: "00000000-0000-7000-8000-000000000001".into(),
            run_date: "2025-11-11".into(),
            as_of: "2025-11-11T08:00:00Z".into(),
            ..RunRequest::default()
        }
    }

    #[test]
    fn what_is_missing_takes_its_default() {
        let config = resolve(None, &GRADED).unwrap();
        assert_eq!(config.strategies, [1, 2, 3]);
        assert!((config.min_confidence_score - 7.0).abs() < f64::EPSILON);
        assert_eq!(config.csv_layout, i32::from(CsvLayout::Sample));
    }

    #[test]
    fn what_the_request_leaves_open_is_as_the_loader_is_set() {
        let block = Config { confidence_mode: Mode::Block };
        let mode = |asked: ConfidenceMode| {
            let config = MatchConfig { confidence_mode: asked.into(), ..MatchConfig::default() };
            resolve(Some(config), &block).unwrap().confidence_mode()
        };
        assert_eq!(resolve(None, &block).unwrap().confidence_mode(), ConfidenceMode::Block);
        assert_eq!(mode(ConfidenceMode::Unspecified), ConfidenceMode::Block);
        assert_eq!(mode(ConfidenceMode::Graded), ConfidenceMode::Graded);
    }

    #[test]
    fn a_date_has_one_spelling() {
        let resolved = |date: &str| {
            let request = RunRequest { run_date: date.into(), ..request() };
            Resolved::of(request, &GRADED).unwrap()
        };
        let (odd, plain) = (resolved("2025-11 - 1"), resolved("2025-11-01"));
        assert_eq!(odd.request.run_date, "2025-11-01");
        assert_eq!(odd.run_id("aa").unwrap(), plain.run_id("aa").unwrap());
    }

    #[test]
    fn unknown_values_are_errors_never_defaults() {
        let config = MatchConfig { strategies: vec![9], ..MatchConfig::default() };
        assert_eq!(
            resolve(Some(config), &GRADED),
            Err(RequestError::UnknownEnum { field: "matching_strategies", value: 9 })
        );
        assert_eq!(
            Resolved::of(RunRequest { trigger: 99, ..request() }, &GRADED).unwrap_err(),
            RequestError::UnknownEnum { field: "trigger", value: 99 }
        );
        let config = MatchConfig { min_confidence_score: 11.0, ..MatchConfig::default() };
        assert_eq!(resolve(Some(config), &GRADED), Err(RequestError::Threshold(11.0)));
    }

    #[test]
    fn the_same_input_is_the_same_run() {
        let id =
            |request: RunRequest, hash: &str| Resolved::of(request, &GRADED).unwrap().run_id(hash).unwrap();
        let again = RunRequest { again: true, ..request() };
        let elsewhere = RunRequest { request_id: "r-2".into(), ..request() };
        assert_eq!(id(request(), "aa"), id(elsewhere, "aa"));
        assert_ne!(id(request(), "aa"), id(request(), "bb"));
        assert_ne!(id(request(), "aa"), id(again, "aa"));
        assert!(id(request(), "aa").as_str().starts_with("20251111-"));
    }

    #[test]
    fn a_wrong_date_is_named() {
        let request = RunRequest { run_date: "11.11.2025".into(), ..request() };
        assert_eq!(Resolved::of(request, &GRADED).unwrap_err(), RequestError::Date("11.11.2025".into()));
    }
}
