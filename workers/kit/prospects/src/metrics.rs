//! What outreach has brought, with intervals; a best one is named only when the numbers carry it.

use crate::best::{Best, best};
use crate::choices::{SegmentName, SequenceTypeName};
use crate::error::Error;
use crate::experiments::{self, Experiment};
use crate::performance::Performance;
use crate::{Owner, Prospects};
use chrono::{DateTime, Datelike as _, NaiveDate, Utc};
use db::outreach_metrics::{self, Span};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

#[derive(Clone, Debug, Default, Deserialize, ToSchema, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct MetricsRequest {
    #[schema(min_length = 1, max_length = 64, example = "user123")]
    #[param(min_length = 1, max_length = 64, example = "user123")]
    pub user_id: String,
    /// The first day, UTC; the very first, if none is given.
    #[serde(default)]
    pub from: Option<NaiveDate>,
    /// The last day, UTC; today, if none is given. Nothing lies between a first day and a last one before it.
    #[serde(default)]
    pub to: Option<NaiveDate>,
    #[serde(default)]
    #[schema(value_type = Option<SegmentName>)]
    #[param(value_type = Option<SegmentName>, inline)]
    pub segment: Option<String>,
    #[serde(default)]
    #[schema(value_type = Option<SequenceTypeName>)]
    #[param(value_type = Option<SequenceTypeName>, inline)]
    pub sequence_type: Option<String>,
}

#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Metrics {
    pub from: NaiveDate,
    pub to: NaiveDate,
    pub totals: Performance,
    pub segments: Vec<Performance>,
    pub sequence_types: Vec<Performance>,
    pub steps: Vec<Performance>,
    pub variants: Vec<Performance>,
    /// By the Monday of the week in which the touch went out.
    pub weeks: Vec<Performance>,
    /// Only what the numbers carry.
    pub best_performers: Vec<Best>,
    /// Comparisons of the ways to say one step, since each of them began.
    pub experiments: Vec<Experiment>,
    /// What the source asks for, per cent.
    pub targets: Targets,
    /// Opens and clicks of machines; they are in no other number.
    pub machine_events: u64,
}

#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub struct Targets {
    #[schema(value_type = Vec<f64>)]
    pub reply_rate: [f64; 2],
    #[schema(value_type = Vec<f64>)]
    pub meeting_rate: [f64; 2],
}

const TARGETS: Targets = Targets { reply_rate: [15.0, 20.0], meeting_rate: [5.0, 10.0] };

impl Prospects {
    pub async fn metrics(
        &self,
        owner: Owner<'_>,
        request: &MetricsRequest,
        now: DateTime<Utc>,
    ) -> Result<Metrics, Error> {
        let mut tx = self.begin(owner).await?;
        let today = now.date_naive();
        let first = outreach_metrics::first_day(&mut tx).await?.unwrap_or(today);
        let (from, to) = (request.from.unwrap_or(first), request.to.unwrap_or(today));
        for (field, date) in [("from", from), ("to", to)] {
            if !(1..=9999).contains(&date.year()) {
                return Err(Error::wrong(field, "is too far away"));
            }
        }
        let end = to.succ_opt().ok_or_else(|| Error::wrong("to", "is too far away"))?;
        let midnight = |date: NaiveDate| date.and_time(chrono::NaiveTime::MIN).and_utc();
        let span = Span {
            from: midnight(from),
            to: midnight(end),
            segment: request.segment.as_deref(),
            sequence_type: request.sequence_type.as_deref(),
        };
        let groups = outreach_metrics::groups(&mut tx, &span).await?;
        let segment = request.segment.as_deref();
        let experiments = experiments::shown(&mut tx, segment, now.with_timezone(&self.zone)).await?;
        tx.rollback().await?;
        let of = |dimension: &str| -> Vec<Performance> {
            groups.iter().filter(|group| group.dimension == dimension).map(Performance::of).collect()
        };
        let whole = groups.iter().find(|group| group.dimension == "all");
        let [mut segments, mut sequence_types, mut steps, mut variants] =
            ["segment", "sequence_type", "step", "variant"].map(of);
        Ok(Metrics {
            from,
            to,
            totals: whole.map_or_else(|| Performance::none("all"), Performance::of),
            best_performers: vec![
                best("segment", &mut segments),
                best("sequence_type", &mut sequence_types),
                best("step", &mut steps),
                best("variant", &mut variants),
            ],
            segments,
            sequence_types,
            steps,
            variants,
            weeks: of("week"),
            experiments,
            targets: TARGETS,
            machine_events: whole.map_or(0, |group| group.machine_events.unsigned_abs()),
        })
    }
}
