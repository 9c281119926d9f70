//! The words of sequences: which are active, what Claude is asked for, and what of its answers is kept.

use crate::Prospects;
use crate::error::Error;
use crate::learned::proven;
use crate::messages::{LONGEST_REQUEST, PLACEHOLDERS, WordedStep, steps, worded};
use audience::AudienceSegment;
use cadence::{Kind, SequenceType};
use chrono::{DateTime, TimeDelta, Utc};
use db::experiments::{self, Experiment};
use db::sequence_versions::{self, CLAUDE, TEMPLATES};
use db::{Tx, Uuid};
use proto::v1::{Learned, SequenceRequest, SequenceWords, StepWords};
use sha2::{Digest as _, Sha256};
use std::collections::BTreeMap;

/// Words are asked for where somebody was enrolled in so many days.
const ASKED_FOR: TimeDelta = TimeDelta::days(7);
/// A template that is longer would be no message.
const LONGEST_MESSAGE: usize = 1_000;

/// The version whose words the next ones are enrolled with: the newest of Claude's that was not taken out of use,
/// else the repository's.
pub(crate) async fn active(
    tx: &mut Tx,
    segment: AudienceSegment,
    kind: SequenceType,
) -> Result<(i32, Vec<WordedStep>), Error> {
    let ours = steps(segment, kind);
    let (version, _) = keep(tx, segment, kind, &ours, TEMPLATES).await?;
    let Some(claude) = sequence_versions::in_use(tx, segment.name(), kind.name(), CLAUDE).await? else {
        return Ok((version, ours));
    };
    let words: Vec<WordedStep> = serde_json::from_value(claude.steps)?;
    // A type that has got other steps since then needs other words.
    let fits = words.len() == ours.len() && words.iter().zip(&ours).all(|(word, our)| word.kind == our.kind);
    Ok(if fits { (claude.version, words) } else { (version, ours) })
}

async fn keep(
    tx: &mut Tx,
    segment: AudienceSegment,
    kind: SequenceType,
    steps: &[WordedStep],
    source: &str,
) -> Result<(i32, bool), Error> {
    let steps = serde_json::to_value(steps)?;
    let digest = Sha256::digest(steps.to_string());
    Ok(sequence_versions::keep(tx, segment.name(), kind.name(), &steps, &digest, source).await?)
}

impl Prospects {
    /// The clients for whom Claude may be asked for words.
    pub async fn clients_wanting_words(&self, now: DateTime<Utc>) -> Result<Vec<Uuid>, Error> {
        Ok(db::enrolments::clients_enrolling(&self.db, now - ASKED_FOR).await?)
    }

    /// What Claude is to be asked for: words for the sequences in which somebody was enrolled lately.
    pub async fn wanted_words(
        &self,
        client: Uuid,
        now: DateTime<Utc>,
    ) -> Result<Vec<SequenceRequest>, Error> {
        let mut tx = self.db.begin(client).await?;
        let pairs = sequence_versions::enrolled_since(&mut tx, now - ASKED_FOR).await?;
        let patterns = proven(&mut tx, now).await?.text();
        let mut wanted = Vec::with_capacity(pairs.len());
        for (segment, kind) in pairs {
            // What is no segment or type any more needs no words.
            let (Ok(segment), Ok(kind)) = (segment.parse::<AudienceSegment>(), kind.parse::<SequenceType>())
            else {
                continue;
            };
            let versions = sequence_versions::of_segment(&mut tx, segment.name()).await?;
            let experiments = experiments::all(&mut tx, Some(segment.name())).await?;
            let request = request(client, segment, kind, learned(&experiments, versions)?);
            wanted.push(SequenceRequest { patterns: patterns.clone(), ..request });
        }
        Ok(wanted)
    }

    /// Keeps what Claude wrote as a version for those who are enrolled from now on; none when it is known already.
    pub async fn keep_words(&self, words: &SequenceWords) -> Result<Option<i32>, Error> {
        let client: Uuid =
            Uuid::parse_str(&words.client_id).map_err(|bad| Error::wrong("client_id", bad.to_string()))?;
        let segment: AudienceSegment =
            words.segment.parse().map_err(|message: String| Error::wrong("segment", message))?;
        let kind: SequenceType =
            words.sequence_type.parse().map_err(|message: String| Error::wrong("sequence_type", message))?;
        let steps = claudes(segment, kind, &words.steps)?;
        let mut tx = self.db.begin(client).await?;
        let (version, new) = keep(&mut tx, segment, kind, &steps, CLAUDE).await?;
        tx.commit().await?;
        Ok(new.then_some(version))
    }
}

/// Names nobody: the words of the repository, and what is known of how they do.
fn request(
    client: Uuid,
    segment: AudienceSegment,
    kind: SequenceType,
    mut learned: Vec<Learned>,
) -> SequenceRequest {
    let mut words: Vec<StepWords> = Vec::new();
    for step in steps(segment, kind) {
        if words.iter().all(|known| known.kind != step.kind.name()) {
            let variants = step.variants.into_iter().map(|(_, text)| text).collect();
            words.push(StepWords { kind: step.kind.name().to_owned(), variants });
        }
    }
    learned.retain(|learned| words.iter().any(|step| step.kind == learned.kind));
    SequenceRequest {
        client_id: client.to_string(),
        segment: segment.name().to_owned(),
        sequence_type: kind.name().to_owned(),
        steps: words,
        learned,
        ..SequenceRequest::default()
    }
}

/// What the newest experiment with an end has shown of each kind of step: the better text, and the others.
fn learned(
    experiments: &[Experiment],
    versions: Vec<serde_json::Value>,
) -> Result<Vec<Learned>, serde_json::Error> {
    let mut texts: BTreeMap<String, String> = BTreeMap::new();
    for steps in versions {
        let steps: Vec<WordedStep> = serde_json::from_value(steps)?;
        texts.extend(steps.into_iter().flat_map(|step| step.variants));
    }
    let won = |experiment: &&Experiment| {
        let mut arms = experiment.arms.as_array().into_iter().flatten();
        // Those by mail have words that Claude is not asked for.
        let asked =
            arms.any(|arm| arm["variant"].as_str().is_some_and(|variant| texts.contains_key(variant)));
        asked && experiment.verdict.as_ref().is_some_and(|said| said["verdict"] == "better")
    };
    // The last of a kind is the newest.
    let newest: BTreeMap<&str, &Experiment> =
        experiments.iter().filter(won).map(|experiment| (experiment.kind.as_str(), experiment)).collect();
    let told = newest.into_iter().flat_map(|(kind, experiment)| {
        let winner = experiment.verdict.as_ref().and_then(|said| said["winner"].as_str());
        let arms = experiment.arms.as_array().into_iter().flatten();
        let variants = arms.filter_map(|arm| arm["variant"].as_str());
        let told = variants.filter_map(|variant| {
            let verdict = if Some(variant) == winner { "better" } else { "worse" };
            let text = texts.get(variant)?.clone();
            Some(Learned { kind: kind.to_owned(), text, verdict: verdict.to_owned() })
        });
        told.collect::<Vec<_>>()
    });
    Ok(told.collect())
}

/// The steps of a sequence with Claude's words, each named after what it says.
fn claudes(
    segment: AudienceSegment,
    kind: SequenceType,
    words: &[StepWords],
) -> Result<Vec<WordedStep>, Error> {
    let given: BTreeMap<&str, &[String]> =
        words.iter().map(|step| (step.kind.as_str(), step.variants.as_slice())).collect();
    for step in kind.steps() {
        let name = step.kind.name();
        let texts = given.get(name).copied().unwrap_or_default();
        if texts.len() < 2 {
            return Err(Error::wrong("steps", format!("{name} needs two texts or more")));
        }
        if !texts.iter().all(|text| fillable(step.kind, text)) {
            return Err(Error::wrong("steps", format!("a text of {name} cannot be filled")));
        }
    }
    let named = |step: Kind, text: &String| {
        let digest = Sha256::digest(text);
        let digest: String = digest.iter().take(4).map(|byte| format!("{byte:02x}")).collect();
        (format!("{}.{}.c{digest}", segment.name(), step.name()), text.clone())
    };
    Ok(worded(segment, kind, |step| {
        let texts = given.get(step.name()).copied().unwrap_or_default();
        texts.iter().map(|text| named(step, text)).collect()
    }))
}

/// Whether nothing but our placeholders stands between braces, and the text has a length to send.
fn fillable(kind: Kind, text: &str) -> bool {
    let most = if kind == Kind::ConnectionRequest { LONGEST_REQUEST } else { LONGEST_MESSAGE };
    let mut rest = text.to_owned();
    for name in PLACEHOLDERS {
        rest = rest.replace(&format!("{{{name}}}"), "");
    }
    !text.trim().is_empty() && text.chars().count() <= most && !rest.contains(['{', '}'])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::messages::{Facts, messages};
    use serde_json::json;

    const SEGMENT: AudienceSegment = AudienceSegment::ReferralNetwork;

    fn words() -> Vec<StepWords> {
        let step = |kind: &str, ways: [&str; 2]| StepWords {
            kind: kind.into(),
            variants: ways.map(|way| format!("{way} {{first_name}}, from {kind}.")).into(),
        };
        let kinds = ["connection_request", "initial_dm", "followup_1", "followup_2"];
        kinds.map(|kind| step(kind, ["Hi", "Hello"])).into()
    }

    /// What is wrong when the texts of one kind are these.
    fn wrong(kind: &str, texts: &[&str]) -> Option<String> {
        let mut words = words();
        for step in &mut words {
            if step.kind == kind {
                step.variants = texts.iter().map(|&text| text.to_owned()).collect();
            }
        }
        claudes(SEGMENT, SequenceType::ThreeStep, &words).err().map(|error| error.to_string())
    }

    #[test]
    fn claudes_words_are_filled_as_templates_are_and_named() {
        let steps = claudes(SEGMENT, SequenceType::ThreeStep, &words()).unwrap();
        let facts = Facts { prospect_id: "prospect_1", name: "Jane Doe", ..Facts::default() };
        let messages = messages(SEGMENT, &steps, &facts);
        assert_eq!(messages.len(), 4);
        for message in messages {
            assert!(message.text.ends_with(&format!("Jane, from {}.", message.kind)), "{message:?}");
            assert!(message.variant.starts_with(&format!("referral_network.{}.c", message.kind)));
            assert_eq!((message.alternatives.len(), message.propensity), (1, 0.5));
            assert_ne!(message.variant, message.alternatives[0].variant);
        }
    }

    #[test]
    fn the_same_words_have_the_same_name_in_every_type() {
        let of = |kind| claudes(SEGMENT, kind, &words()).unwrap()[1].variants.clone();
        assert_eq!(of(SequenceType::ThreeStep), of(SequenceType::SoftNudge));
    }

    #[test]
    fn words_that_a_sequence_cannot_have_are_refused() {
        let few = Some("steps: initial_dm needs two texts or more".to_owned());
        assert_eq!(wrong("initial_dm", &["Hi {first_name}."]), few);
        assert_eq!(wrong("initial_dm", &[]), few);
        let unfilled = Some("steps: a text of initial_dm cannot be filled".to_owned());
        assert_eq!(wrong("initial_dm", &["Hi {first_name}.", "Hi {city}."]), unfilled);
        assert_eq!(wrong("initial_dm", &["Hi {first_name}.", " "]), unfilled);
        assert_eq!(wrong("initial_dm", &["Hi {first_name}.", &"x".repeat(1_001)]), unfilled);
        assert_eq!(wrong("initial_dm", &["Hi {first_name}.", &"x".repeat(1_000)]), None);
        let long = wrong("connection_request", &["Hi {first_name}.", &"x".repeat(301)]);
        assert_eq!(long.as_deref(), Some("steps: a text of connection_request cannot be filled"));
        assert!(claudes(SEGMENT, SequenceType::FiveStep, &words()).is_err());
    }

    /// An experiment with the first messages of the repository.
    fn experiment(started_on: &str, verdict: &str, winner: Option<&str>) -> Experiment {
        let arms = ["a", "b"].map(|way| json!({"variant": format!("referral_network.initial_dm.{way}")}));
        Experiment {
            id: Uuid::nil(),
            name: format!("referral_network.initial_dm@{started_on}"),
            segment: SEGMENT.name().into(),
            kind: "initial_dm".into(),
            arms: arms.into_iter().collect(),
            started_on: started_on.parse().unwrap(),
            shares_on: None,
            settled_on: None,
            ended_on: None,
            verdict: Some(json!({"verdict": verdict, "winner": winner, "explanation": ""})),
        }
    }

    /// Verdicts and beginnings of what is told.
    fn told(experiments: &[Experiment]) -> Vec<(String, String)> {
        let versions = vec![serde_json::to_value(steps(SEGMENT, SequenceType::ThreeStep)).unwrap()];
        let learned = learned(experiments, versions).unwrap();
        learned.into_iter().map(|told| (told.verdict, told.text.chars().take(9).collect())).collect()
    }

    #[test]
    fn what_experiments_have_shown_is_told_with_its_words() {
        let (a, b) = ("referral_network.initial_dm.a", "referral_network.initial_dm.b");
        assert_eq!(told(&[]), []);
        assert_eq!(told(&[experiment("2027-01-01", "running", None)]), []);
        let won = |variant| experiment("2027-01-01", "better", Some(variant));
        let of = |verdict: &str, text: &str| (verdict.to_owned(), text.to_owned());
        assert_eq!(told(&[won(a)]), [of("better", "Thank you"), of("worse", "Good to b")]);
        // A newer one says otherwise.
        assert_eq!(told(&[won(a), won(b)]), [of("worse", "Thank you"), of("better", "Good to b")]);
        // What is better by mail says nothing of the network.
        let mut mail = won("referral_network.initial_dm.mail_a");
        mail.arms = json!([{"variant": "referral_network.initial_dm.mail_a"}]);
        assert_eq!(told(&[won(a), mail]), told(&[won(a)]));
        // Nothing is told of words that nobody has any more.
        assert_eq!(learned(&[won(a)], vec![]).unwrap(), []);
    }

    #[test]
    fn what_is_learned_of_a_kind_is_told_where_the_kind_is_wanted() {
        let learned = |kind: &str| Learned { kind: kind.into(), ..Learned::default() };
        let of =
            |kind| request(Uuid::nil(), SEGMENT, kind, vec![learned("initial_dm"), learned("value_share")]);
        assert_eq!(of(SequenceType::ThreeStep).learned, [learned("initial_dm")]);
        assert_eq!(of(SequenceType::FiveStep).learned.len(), 2);
    }

    #[test]
    fn a_question_has_each_kind_once_and_every_template_can_be_filled() {
        for segment in AudienceSegment::ALL {
            for kind in SequenceType::ALL {
                let request = request(Uuid::nil(), segment, kind, Vec::new());
                let mut kinds: Vec<&str> = request.steps.iter().map(|step| step.kind.as_str()).collect();
                kinds.sort_unstable();
                kinds.dedup();
                assert_eq!(kinds.len(), request.steps.len());
                assert!(claudes(segment, kind, &request.steps).is_ok(), "{segment:?} {kind:?}");
            }
        }
    }
}
