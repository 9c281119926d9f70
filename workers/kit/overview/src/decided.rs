//! What a run decided: its best segments, or one segment with its template and the first of its clinics.

use chrono::{DateTime, Utc};
use proto::v1::{Assignment, Clinic, RunSummary, ScoreSummary, Segment, Template, TemplateSource};
use proto::{Message, Name};
use serde::ser::Error as _;
use serde::{Serialize, Serializer};

use crate::runs::{self, Known};
use crate::{Broker, Error, read};

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Shown {
    pub run_id: String,
    pub state: String,
    /// The summary that was announced; none while the run goes on.
    #[serde(serialize_with = "as_json")]
    pub summary: Option<RunSummary>,
    /// What the scorer decided.
    #[serde(serialize_with = "as_json")]
    pub score: Option<ScoreSummary>,
    pub segment_count: usize,
    pub segments: Vec<Row>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Row {
    pub name: String,
    pub pain_category: String,
    pub clinics: u32,
    pub priority_score: f64,
    pub match_strategy: String,
    pub mean_confidence: f64,
    pub with_decision_maker: u32,
    pub subject: String,
    pub template: &'static str,
}

/// One segment, its template, and the first of its clinics.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Detail {
    pub run_id: String,
    #[serde(serialize_with = "one_as_json")]
    pub segment: Segment,
    pub template_source: &'static str,
    #[serde(serialize_with = "as_json")]
    pub template: Option<Template>,
    pub clinics: Vec<Member>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Member {
    pub id: i64,
    pub name: String,
    pub city: Option<String>,
    pub state: Option<String>,
    pub phone: Option<String>,
    pub email: Option<String>,
    pub decision_maker: Option<String>,
    pub confidence: f64,
    pub match_reason: String,
    pub hot_lead: bool,
}

/// A run with the best of its segments.
pub async fn shown(broker: &Broker, known: &Known, most: usize, now: DateTime<Utc>) -> Result<Shown, Error> {
    let summary = runs::summary(broker, &known.id).await?;
    let score = read::score(&broker.runs, &known.id).await?;
    let segments = read::segments(&broker.runs, &known.id).await?;
    let mut rows = Vec::new();
    for segment in segments.iter().take(most) {
        let template = read::template(&broker.runs, &known.id, segment.index).await?;
        rows.push(row(segment, template.as_ref()));
    }
    Ok(Shown {
        run_id: known.id.to_string(),
        state: runs::state(broker, known, summary.as_ref(), now).await?,
        summary,
        score,
        segment_count: segments.len(),
        segments: rows,
    })
}

/// The segment of this name.
pub async fn segment(broker: &Broker, known: &Known, name: &str) -> Result<Segment, Error> {
    let segments = read::segments(&broker.runs, &known.id).await?;
    let first = segments.iter().take(10).map(|segment| segment.name.clone()).collect();
    let found = segments.into_iter().find(|segment| segment.name.eq_ignore_ascii_case(name));
    found.ok_or_else(|| Error::UnknownSegment { run: known.id.clone(), name: name.to_owned(), first })
}

/// The segment at this place in the order of priority.
pub async fn segment_at(broker: &Broker, known: &Known, index: u32) -> Result<Segment, Error> {
    let found = read::segment(&broker.runs, &known.id, index).await?;
    let unknown =
        || Error::UnknownSegment { run: known.id.clone(), name: index.to_string(), first: Vec::new() };
    found.ok_or_else(unknown)
}

/// A segment with its template and at most so many of its clinics.
pub async fn detail(broker: &Broker, known: &Known, segment: Segment, most: usize) -> Result<Detail, Error> {
    let template = read::template(&broker.runs, &known.id, segment.index).await?;
    let members = read::members(&broker.runs, &known.id, segment.index, most).await?;
    Ok(Detail {
        run_id: known.id.to_string(),
        segment,
        template_source: source(template.as_ref()),
        template,
        clinics: members.into_iter().map(member).collect(),
    })
}

fn row(segment: &Segment, template: Option<&Template>) -> Row {
    let outreach = template.and_then(|template| template.outreach.as_ref());
    Row {
        name: segment.name.clone(),
        pain_category: segment.pain_category.clone(),
        clinics: segment.clinics,
        priority_score: segment.priority_score,
        match_strategy: segment.match_strategy.clone(),
        mean_confidence: segment.mean_confidence,
        with_decision_maker: segment.with_decision_maker,
        subject: outreach.map(|outreach| outreach.subject.clone()).unwrap_or_default(),
        template: source(template),
    }
}

fn source(template: Option<&Template>) -> &'static str {
    match template.map(Template::source) {
        Some(TemplateSource::Claude) => "claude",
        Some(TemplateSource::Generic) => "generic",
        Some(TemplateSource::NeedsManual) => "needs_manual",
        Some(TemplateSource::Unspecified) => "died",
        None => "not yet",
    }
}

fn member((clinic, assignment): (Clinic, Assignment)) -> Member {
    Member {
        id: clinic.id,
        name: clinic.name,
        city: clinic.city,
        state: clinic.state,
        phone: clinic.phone,
        email: clinic.email,
        decision_maker: clinic.decision_maker.map(|person| person.name),
        confidence: assignment.confidence,
        match_reason: assignment.match_reason,
        hot_lead: assignment.hot_lead,
    }
}

/// A message with the names of its schema.
fn one_as_json<M: Message + Name, S: Serializer>(message: &M, serializer: S) -> Result<S::Ok, S::Error> {
    let json = proto::to_json(&M::full_name(), &message.encode_to_vec()).map_err(S::Error::custom)?;
    json.serialize(serializer)
}

fn as_json<M: Message + Name, S: Serializer>(message: &Option<M>, serializer: S) -> Result<S::Ok, S::Error> {
    match message {
        Some(message) => one_as_json(message, serializer),
        None => serializer.serialize_none(),
    }
}
