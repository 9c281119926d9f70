//! The versions of sequences as operators see them: what they say, who wrote it, and whether it is in use.

use crate::error::Error;
use crate::messages::WordedStep;
use crate::{Owner, Prospects};
use audience::AudienceSegment;
use cadence::SequenceType;
use chrono::{DateTime, Utc};
use db::sequence_versions::{self, CLAUDE, Kept, TEMPLATES};
use serde::Serialize;

/// A version of a sequence.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct WordsVersion {
    pub segment: String,
    pub sequence_type: String,
    pub version: i32,
    /// `templates`, the words of the repository, or `claude`.
    pub source: String,
    /// `in_use` for whoever is enrolled next, `older`, or `retired`.
    pub standing: &'static str,
    /// Why it was taken out of use.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub note: String,
    pub created_at: DateTime<Utc>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retired_at: Option<DateTime<Utc>>,
    /// How many are in it: they stay in it.
    pub running: i64,
    pub steps: Vec<Worded>,
}

/// A kind of step and the ways to say it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Worded {
    #[serde(rename = "type")]
    pub kind: &'static str,
    pub ways: Vec<Way>,
}

/// One way to say a step; `{first_name}` and the like are filled for each person.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Way {
    pub variant: String,
    pub text: String,
}

impl Prospects {
    /// The versions of a segment and type, or of all of them, the newest of each first.
    pub async fn versions(
        &self,
        owner: Owner<'_>,
        segment: Option<&str>,
        sequence_type: Option<&str>,
    ) -> Result<Vec<WordsVersion>, Error> {
        known(segment, sequence_type)?;
        let mut tx = self.begin(owner).await?;
        let kept = sequence_versions::all(&mut tx, segment, sequence_type).await?;
        let standings: Vec<&str> = kept.iter().map(|version| standing(version, &kept)).collect();
        kept.into_iter()
            .zip(standings)
            .map(|(version, standing)| WordsVersion::of(version, standing))
            .collect()
    }

    /// Takes words of Claude out of use: whoever is enrolled stays on them, and nobody else gets them. None if there is
    /// no such version.
    pub async fn retire(
        &self,
        owner: Owner<'_>,
        segment: &str,
        sequence_type: &str,
        version: i32,
        reason: &str,
        now: DateTime<Utc>,
    ) -> Result<Option<WordsVersion>, Error> {
        known(Some(segment), Some(sequence_type))?;
        let mut tx = self.begin(owner).await?;
        let find = |kept: &Vec<Kept>| kept.iter().find(|kept| kept.version == version).cloned();
        let kept = sequence_versions::all(&mut tx, Some(segment), Some(sequence_type)).await?;
        let Some(found) = find(&kept) else { return Ok(None) };
        if found.source != CLAUDE {
            let own =
                "these are the repository's own words: they stay what is said when there are no better ones";
            return Err(Error::Refused(own.to_owned()));
        }
        if !sequence_versions::retire(&mut tx, segment, sequence_type, version, reason, now).await? {
            return Err(Error::Refused(format!("version {version} is out of use already: {}", found.note)));
        }
        let kept = sequence_versions::all(&mut tx, Some(segment), Some(sequence_type)).await?;
        tx.commit().await?;
        find(&kept).map(|found| WordsVersion::of(found, "retired")).transpose()
    }
}

/// Refuses what is no segment or type.
fn known(segment: Option<&str>, sequence_type: Option<&str>) -> Result<(), Error> {
    if let Some(name) = segment {
        name.parse::<AudienceSegment>().map_err(|wrong| Error::wrong("segment", wrong))?;
    }
    if let Some(name) = sequence_type {
        name.parse::<SequenceType>().map_err(|wrong| Error::wrong("sequence_type", wrong))?;
    }
    Ok(())
}

/// The newest of Claude's that was not taken out of use, else the newest of the repository's.
fn standing(version: &Kept, all: &[Kept]) -> &'static str {
    if version.retired_at.is_some() {
        return "retired";
    }
    let newest = |source: &str| {
        let same = |one: &&Kept| {
            (&one.segment, &one.sequence_type) == (&version.segment, &version.sequence_type)
                && one.source == source
                && one.retired_at.is_none()
        };
        all.iter().filter(same).map(|one| one.version).max()
    };
    let used = newest(CLAUDE).or_else(|| newest(TEMPLATES));
    if used == Some(version.version) { "in_use" } else { "older" }
}

impl WordsVersion {
    fn of(kept: Kept, standing: &'static str) -> Result<Self, Error> {
        let worded: Vec<WordedStep> = serde_json::from_value(kept.steps)?;
        let mut steps: Vec<Worded> = Vec::new();
        for step in worded {
            // Some kinds come several times.
            if steps.iter().all(|known| known.kind != step.kind.name()) {
                let ways = step.variants.into_iter().map(|(variant, text)| Way { variant, text });
                steps.push(Worded { kind: step.kind.name(), ways: ways.collect() });
            }
        }
        Ok(Self {
            segment: kept.segment,
            sequence_type: kept.sequence_type,
            version: kept.version,
            source: kept.source,
            standing,
            note: kept.note,
            created_at: kept.created_at,
            retired_at: kept.retired_at,
            running: kept.running,
            steps,
        })
    }
}
