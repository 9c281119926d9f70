//! Loads a run: one consistent snapshot in, the profile and the clinics in parts out.

use crate::Config;
use crate::claim::{self, Loaded};
use crate::linking::{self, DecisionMakers, Linked, Verdicts};
use crate::parts::Packer;
use crate::profile::Profile;
use crate::request::Resolved;
use crate::rows::{clinic, pain_point};
use backon::{ExponentialBuilder, Retryable as _};
use db::inputs::Snapshot;
use db::{Db, links};
use futures::TryStreamExt as _;
use places::{Gazetteer, Hints};
use proto::v1::{
    Alert, Clinic, ClinicPart, ClinicPattern, PainPart, PatternConfidence, PlaceHint, PlaceHints, RunHeader,
    RunRequest, Severity,
};
use proto::{Outbox, Outgoing, RunId, Stage, Subject, Token};
use runtime::{Cause, Delivery, Fault, OrFault as _, PublishError, ReadError, Retry, Source, Worker};
use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

/// Names the jobs that ask for a run.
pub const JOBS: &str = "loader";

/// PT-024, PT-029: a query that fails is tried three times more.
const RETRIES: usize = 3;

/// Loads runs.
pub struct Loader {
    config: Config,
    db: Db,
}

impl Loader {
    pub fn new(config: Config, db: Db) -> Self {
        Self { config, db }
    }
}

/// Why a run could not be loaded.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LoadError {
    #[error(transparent)]
    Db(#[from] db::Error),
    #[error(transparent)]
    Read(#[from] ReadError),
    #[error(transparent)]
    Publish(#[from] PublishError),
    #[error(transparent)]
    Request(#[from] crate::request::RequestError),
    #[error("could not link decision makers: the linker died")]
    Linker(#[from] tokio::task::JoinError),
    #[error(transparent)]
    Token(#[from] proto::subject::BadToken),
    #[error("what was said of the request before cannot be read")]
    Claim(#[from] proto::DecodeError),
}

impl Worker for Loader {
    const NAME: &'static str = "loader";
    const SOURCE: Source = Source::Jobs(JOBS);
    const RETRY: Retry =
        Retry { budget: 8, lease: Duration::from_secs(60), concurrency: 2, ..Retry::DEFAULT };
    type Input = RunRequest;

    async fn handle(&self, request: RunRequest, delivery: &Delivery) -> Result<Outbox, Fault> {
        let resolved = Resolved::of(request, &self.config).or_reject()?;
        let load = || self.load(&resolved, delivery);
        let loaded = load
            .retry(ExponentialBuilder::default().with_jitter().with_max_times(RETRIES))
            .when(|error| matches!(error, LoadError::Db(error) if error.is_unavailable()))
            .await;
        match loaded {
            Err(LoadError::Db(error)) if error.is_unavailable() => Err(error).or_gate("postgres"),
            Err(LoadError::Db(error)) if error.is_permanent() => Err(error).or_reject(),
            // Neither what cannot be decoded nor what cannot be a name will be better later.
            Err(error @ (LoadError::Read(ReadError::Decode { .. }) | LoadError::Claim(_))) => {
                Err(error).or_reject_as("decode")
            }
            Err(error @ (LoadError::Request(_) | LoadError::Token(_))) => Err(error).or_reject(),
            loaded => Ok(loaded?),
        }
    }

    async fn probe(&self, _gate: &str) -> Result<(), Fault> {
        Ok(self.db.ping().await?)
    }

    fn code(&self, cause: &Cause) -> Option<String> {
        match runtime::find::<LoadError>(cause) {
            Some(LoadError::Db(error)) => error.code(),
            _ => runtime::find::<db::Error>(cause).and_then(db::Error::code),
        }
    }

    /// Nobody knows the run of a request that died, so its end is told under the request's own name.
    fn tombstones(&self, subject: &Subject, class: &'static str) -> Outbox {
        let Subject::Job { id, .. } = subject else { return Outbox::none() };
        ["store", "export"]
            .into_iter()
            .fold(Outbox::none().with(Outgoing::plan(id, Stage::Outcome, 2)), |outbox, part| {
                outbox.with(Outgoing::tombstone(id, Stage::Outcome, Token::squeezed(part), class))
            })
    }
}

impl Loader {
    async fn load(&self, resolved: &Resolved, delivery: &Delivery) -> Result<Outbox, LoadError> {
        let alias = Token::squeezed(&resolved.request.request_id);
        if let Some(loaded) = claim::first(&alias, delivery).await? {
            tracing::info!(run = %loaded.run, request = %alias, "same request, same run: nothing to do");
            return became(&alias, &loaded, delivery).await;
        }
        let mut snapshot = Snapshot::open(&self.db, resolved.client, resolved.as_of).await?;
        let input_hash = snapshot.input_hash().await?;
        let run = resolved.run_id(&input_hash)?;
        let mut header = RunHeader {
            run_id: run.to_string(),
            request: Some(RunRequest { config: Some(resolved.config.clone()), ..resolved.request.clone() }),
            input_hash,
            ..RunHeader::default()
        };
        if let Some(parts) = delivery.runs().plan(&run, Stage::Load).await? {
            tracing::info!(run = %run, request = %alias, "same input, same run: nothing to do");
            let loaded = claim::claim(&alias, Loaded { run, parts }, delivery).await?;
            return became(&alias, &loaded, delivery).await;
        }
        let hints = publish_hints(&run, &mut snapshot, &mut header, delivery).await?;
        publish_pains(&run, &mut snapshot, &hints, &mut header, delivery).await?;
        let Linked { of_clinic, verdicts, .. } = self.link(&mut snapshot, &mut header, delivery).await?;
        let patterns = patterns(&mut snapshot).await?;
        header.has_patterns = !patterns.is_empty();
        delivery.publish(named(&run, Stage::Profile, "run", &header)).await?;
        delivery.publish(named(&alias, Stage::Profile, "run", &header)).await?;
        delivery.flush().await?;
        let (parts, ()) = tokio::try_join!(
            publish_clinics(&run, &mut snapshot, of_clinic, patterns, delivery),
            self.record_links(resolved, &run, verdicts),
        )?;
        delivery.flush().await?;
        let loaded = claim::claim(&alias, Loaded { run, parts }, delivery).await?;
        became(&alias, &loaded, delivery).await
    }

    /// Links decision makers to clinics; two passes over the snapshot keep clinics out of memory.
    async fn link(
        &self,
        snapshot: &mut Snapshot,
        header: &mut RunHeader,
        delivery: &Delivery,
    ) -> Result<Linked, LoadError> {
        let clinics = clinics_to_link(snapshot, delivery).await?;
        header.total_clinics = clinics.len() as u32;
        let people = people_to_link(snapshot, delivery).await?;
        let decided = snapshot.decided_links().await?;
        delivery.advance();
        let linking = tokio::task::spawn_blocking(move || linking::link(&clinics, people, &decided));
        let linked = linking::or_none(linking.await)?;
        delivery.advance();
        header.clinics_with_decision_maker = linked.of_clinic.len() as u32;
        header.ambiguous_decision_makers = linked.ambiguous;
        Ok(linked)
    }

    async fn record_links(
        &self,
        resolved: &Resolved,
        run: &RunId,
        verdicts: Verdicts,
    ) -> Result<(), LoadError> {
        let mut tx = self.db.begin(resolved.client).await?;
        links::replace(&mut tx, run.as_str(), verdicts.links()).await?;
        tx.commit().await?;
        Ok(())
    }
}

/// What a request says that became a run.
///
/// It is said again at every delivery: whoever said it before may have died before looking whether all parts were there.
async fn became(request: &Token, loaded: &Loaded, delivery: &Delivery) -> Result<Outbox, LoadError> {
    let Loaded { run, parts } = loaded;
    let header = delivery.runs().part::<RunHeader>(run, Stage::Profile, "run").await?;
    // A run whose header has aged away has been over for long.
    let Some((header, generation)) = header.and_then(|part| Some((part.body.ok()?, part.generation))) else {
        return Ok(Outbox::none());
    };
    let config = header.request.as_ref().and_then(|request| request.config.as_ref());
    let strategies = config.map_or(0, |config| config.strategies.len() as u32);
    // The plan stays of the generation of the parts: a younger one would wait for parts that nobody makes.
    Ok(Outbox::none()
        .in_generation(generation)
        .with(named(request, Stage::Profile, "run", &header))
        .with(Outgoing::plan(run, Stage::Load, *parts))
        .with(Outgoing::plan(run, Stage::Match, parts * strategies))
        .with_alerts(empty_alerts(&header)))
}

async fn clinics_to_link(
    snapshot: &mut Snapshot,
    delivery: &Delivery,
) -> Result<linking::Clinics, LoadError> {
    let mut clinics = linking::Clinics::default();
    let mut rows = std::pin::pin!(snapshot.clinics());
    while let Some(clinic) = rows.try_next().await? {
        clinics.push(&clinic);
        if clinics.len().is_multiple_of(10_000) {
            delivery.advance();
        }
    }
    Ok(clinics)
}

async fn people_to_link(snapshot: &mut Snapshot, delivery: &Delivery) -> Result<linking::People, LoadError> {
    let mut people = linking::People::default();
    let mut rows = std::pin::pin!(snapshot.decision_makers());
    while let Some(person) = rows.try_next().await? {
        people.push(&person);
        if people.len().is_multiple_of(10_000) {
            delivery.advance();
        }
    }
    Ok(people)
}

async fn publish_hints(
    run: &RunId,
    snapshot: &mut Snapshot,
    header: &mut RunHeader,
    delivery: &Delivery,
) -> Result<Hints, LoadError> {
    let mut states: BTreeMap<String, Vec<(String, &'static str)>> = BTreeMap::new();
    for place in snapshot.city_states().await? {
        if let Some(state) = Gazetteer::us().state_code(&place.state) {
            states.entry(place.city.to_lowercase()).or_default().push((place.city, state));
        }
    }
    let mut packer = Packer::new();
    let mut hints = Hints::default();
    let mut parts = 0;
    let settled = states.into_values().filter(|places| {
        let one_state = places.iter().all(|(_, state)| *state == places[0].1);
        // A name that the gazetteer has in one state only needs no hint.
        one_state && Gazetteer::us().states_with_city(&places[0].0) != [places[0].1]
    });
    for mut places in settled {
        let (city, state) = places.swap_remove(0);
        hints.insert(&city, state);
        if let Some(hints) = packer.push(PlaceHint { city, state: state.to_owned() }) {
            publish_part(run, Stage::Profile, &format!("hints-{parts}"), &PlaceHints { hints }, delivery)
                .await?;
            parts += 1;
        }
    }
    if let Some(hints) = packer.rest() {
        publish_part(run, Stage::Profile, &format!("hints-{parts}"), &PlaceHints { hints }, delivery).await?;
        parts += 1;
    }
    header.hint_parts = parts;
    Ok(hints)
}

async fn publish_pains(
    run: &RunId,
    snapshot: &mut Snapshot,
    hints: &Hints,
    header: &mut RunHeader,
    delivery: &Delivery,
) -> Result<(), LoadError> {
    let mut profile = Profile::default();
    let mut packer = Packer::new();
    let mut parts = 0;
    let mut rows = std::pin::pin!(snapshot.pain_points());
    while let Some(row) = rows.try_next().await? {
        let created = row.created_at.timestamp_micros();
        let pain = pain_point(row);
        profile.add(&pain, created, hints);
        if let Some(pain_points) = packer.push(pain) {
            publish_part(run, Stage::Profile, &format!("pains-{parts}"), &PainPart { pain_points }, delivery)
                .await?;
            parts += 1;
        }
    }
    if let Some(pain_points) = packer.rest() {
        publish_part(run, Stage::Profile, &format!("pains-{parts}"), &PainPart { pain_points }, delivery)
            .await?;
        parts += 1;
    }
    header.pain_parts = parts;
    header.total_pain_points = profile.total();
    header.categories = profile.finish();
    Ok(())
}

async fn publish_clinics(
    run: &RunId,
    snapshot: &mut Snapshot,
    decision_makers: DecisionMakers,
    mut patterns: HashMap<i32, Vec<ClinicPattern>>,
    delivery: &Delivery,
) -> Result<u32, LoadError> {
    let mut packer = Packer::new();
    let mut parts = 0;
    let mut rows = std::pin::pin!(snapshot.clinics());
    while let Some(row) = rows.try_next().await? {
        let clinic = Clinic {
            decision_maker: decision_makers.of(row.id),
            patterns: patterns.remove(&row.id).unwrap_or_default(),
            ..clinic(row)
        };
        if let Some(clinics) = packer.push(clinic) {
            publish_part(run, Stage::Load, &parts.to_string(), &ClinicPart { clinics }, delivery).await?;
            parts += 1;
        }
    }
    if let Some(clinics) = packer.rest() {
        publish_part(run, Stage::Load, &parts.to_string(), &ClinicPart { clinics }, delivery).await?;
        parts += 1;
    }
    Ok(parts)
}

async fn publish_part<M: proto::Message + proto::Name>(
    run: &RunId,
    stage: Stage,
    part: &str,
    message: &M,
    delivery: &Delivery,
) -> Result<(), LoadError> {
    Ok(delivery.publish(named(run, stage, part, message)).await?)
}

fn named<M: proto::Message + proto::Name>(run: &RunId, stage: Stage, part: &str, message: &M) -> Outgoing {
    Outgoing::part(run, stage, Token::squeezed(part), message)
}

async fn patterns(snapshot: &mut Snapshot) -> Result<HashMap<i32, Vec<ClinicPattern>>, LoadError> {
    let mut patterns: HashMap<i32, Vec<ClinicPattern>> = HashMap::new();
    let mut rows = std::pin::pin!(snapshot.patterns());
    while let Some(row) = rows.try_next().await? {
        let confidence = match row.confidence.as_str() {
            "high" => PatternConfidence::High,
            "medium" => PatternConfidence::Medium,
            _ => PatternConfidence::Low,
        };
        let pattern = ClinicPattern { pattern_type: row.pattern_type, confidence: confidence.into() };
        patterns.entry(row.clinic_id).or_default().push(pattern);
    }
    Ok(patterns)
}

/// PT-025 and PT-029, with the texts of PT-127 and PT-128.
fn empty_alerts(header: &RunHeader) -> Vec<Alert> {
    let alert = |kind: &str, text: &str, rows: &str| Alert {
        kind: kind.to_owned(),
        key: header.run_id.clone(),
        severity: Severity::Error.into(),
        text: text.to_owned(),
        hint: format!(
            "no {rows} of the last 30 days in the database: the run ends empty, and the rows before it go to the archive"
        ),
        run_id: header.run_id.clone(),
    };
    let mut alerts = Vec::new();
    if header.total_pain_points == 0 {
        alerts.push(alert("no-pain-points", "Reddit/LinkedIn scrapers may have failed", "pain points"));
    }
    if header.total_clinics == 0 {
        alerts.push(alert("no-clinics", "Google Maps scraper may have failed", "clinics"));
    }
    alerts
}
