//! Plans a week for a client: who gets what and when, who does not, and why.

use crate::again::again;
use crate::due::went_out;
use crate::error::Error;
use crate::people::{Contact, held};
use crate::sequence::{enrol, one};
use crate::{Owner, Prospects};
use audience::AudienceSegment;
use cadence::{Candidate, Due, Kind, Plan, Quota, Reason, SequenceType};
use chrono::{DateTime, Days, NaiveDate, NaiveTime, Utc, Weekday};
use chrono_tz::Tz;
use db::enrolments;
use db::leads;
use db::touches::{self, Planned, Touch};
use db::{Tx, Uuid};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap};
use utoipa::ToSchema;

/// Follow-ups that a week may be asked for.
const MOST_FOLLOWUPS: u32 = 1_000;

#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CadenceRequest {
    #[schema(min_length = 1, max_length = 64, example = "user123")]
    pub user_id: String,
    /// 30 to 50 a week do well; networks restrict who sends more.
    #[schema(minimum = 1, maximum = 50, example = 40)]
    pub target_connection_requests: u32,
    #[schema(minimum = 0, maximum = 1000, example = 30)]
    pub target_followups: u32,
    /// A day of the week; the current week while it has slots left, else the next.
    #[serde(default)]
    pub week_start: Option<NaiveDate>,
    /// Shows the plan without keeping it.
    #[serde(default)]
    pub dry_run: bool,
}

/// The touches of a week, and why there are not more.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Cadence {
    pub week_start: NaiveDate,
    pub week_end: NaiveDate,
    pub dry_run: bool,
    pub connection_requests: u32,
    pub followups: u32,
    /// Connection requests by segment: 50:50:5 of the target, and what could be filled.
    pub segments: Vec<SegmentQuota>,
    /// In the order of time.
    pub touches: Vec<PlannedTouch>,
    pub shortfalls: Vec<Shortfall>,
    /// Prospects that were left out, by reason.
    pub skipped: Vec<Skipped>,
    pub warnings: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct SegmentQuota {
    pub segment: &'static str,
    pub planned: usize,
    pub filled: usize,
}

/// A connection request or message, and when it goes out.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct PlannedTouch {
    pub touch_id: Uuid,
    pub prospect_id: String,
    pub segment: String,
    #[serde(rename = "type")]
    pub kind: String,
    pub step: i16,
    pub variant: String,
    pub channel: String,
    /// Where the recipient is.
    pub date: NaiveDate,
    #[schema(value_type = String, example = "09:00:00")]
    pub time: NaiveTime,
    pub due_at: DateTime<Utc>,
    /// Its days have passed unused.
    pub late: bool,
    /// `planned`, `due` or `sent`.
    pub state: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Shortfall {
    pub reason: String,
    pub missing: usize,
    pub explanation: &'static str,
}

#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Skipped {
    pub reason: String,
    pub prospects: usize,
}

impl Prospects {
    /// Plans a week and keeps the plan, unless it is a dry run; what is planned already stays.
    pub async fn plan_week(
        &self,
        owner: Owner<'_>,
        request: &CadenceRequest,
        now: DateTime<Utc>,
    ) -> Result<Cadence, Error> {
        let monday = self.monday(request, now)?;
        again(|| self.try_plan_week(owner, request, monday, now)).await
    }

    async fn try_plan_week(
        &self,
        owner: Owner<'_>,
        request: &CadenceRequest,
        monday: NaiveDate,
        now: DateTime<Utc>,
    ) -> Result<Cadence, Error> {
        let mut tx = self.begin(owner).await?;
        leads::lock(&mut tx).await?;
        let cadence = self.plan_in(&mut tx, request, monday, now).await?;
        if request.dry_run {
            tx.rollback().await?;
        } else {
            tx.commit().await?;
        }
        Ok(cadence)
    }

    /// The next two weeks as they would be planned now, if all of the first went out and nobody answered; nothing is
    /// kept.
    pub async fn simulate(
        &self,
        owner: Owner<'_>,
        request: &CadenceRequest,
        now: DateTime<Utc>,
    ) -> Result<Vec<Cadence>, Error> {
        let monday = self.monday(request, now)?;
        again(|| self.try_simulate(owner, request, monday, now)).await
    }

    async fn try_simulate(
        &self,
        owner: Owner<'_>,
        request: &CadenceRequest,
        monday: NaiveDate,
        now: DateTime<Utc>,
    ) -> Result<Vec<Cadence>, Error> {
        let mut tx = self.begin(owner).await?;
        leads::lock(&mut tx).await?;
        let mut weeks = Vec::new();
        for monday in [monday, monday + Days::new(7)] {
            let mut cadence = self.plan_in(&mut tx, request, monday, now).await?;
            cadence.dry_run = true;
            weeks.push(cadence);
            // The next week follows from this one.
            for touch in touches::of_week(&mut tx, monday).await? {
                if let Some(enrolment) = enrolments::locked(&mut tx, touch.enrolment_id).await?
                    && matches!(touch.state.as_str(), "planned" | "due")
                {
                    went_out(&mut tx, &touch, &enrolment, touch.due_at, touch.local_date).await?;
                }
            }
        }
        tx.rollback().await?;
        Ok(weeks)
    }

    /// The touches of a week as they are kept.
    pub async fn week(&self, owner: Owner<'_>, monday: NaiveDate) -> Result<Vec<PlannedTouch>, Error> {
        let mut tx = self.begin(owner).await?;
        let touches = touches::of_week(&mut tx, monday).await?;
        Ok(touches.into_iter().map(PlannedTouch::of).collect())
    }

    fn monday(&self, request: &CadenceRequest, now: DateTime<Utc>) -> Result<NaiveDate, Error> {
        let cap = self.weekly_cap;
        if !(1..=cap).contains(&request.target_connection_requests) {
            return Err(Error::wrong("target_connection_requests", format!("is not from 1 to {cap}")));
        }
        if request.target_followups > MOST_FOLLOWUPS {
            return Err(Error::wrong("target_followups", format!("is more than {MOST_FOLLOWUPS}")));
        }
        let today = now.with_timezone(&self.zone).date_naive();
        let monday = today.week(Weekday::Mon).first_day();
        match request.week_start {
            Some(day) => {
                let wanted = day.week(Weekday::Mon).checked_first_day();
                let ahead = wanted.filter(|start| (monday..=monday + Days::new(366)).contains(start));
                ahead.ok_or_else(|| {
                    Error::Refused(format!("the week of {day} is over, or more than a year away"))
                })
            }
            None => Ok(cadence::first_week(&self.calendar, now, self.zone)),
        }
    }

    async fn plan_in(
        &self,
        tx: &mut Tx,
        request: &CadenceRequest,
        monday: NaiveDate,
        now: DateTime<Utc>,
    ) -> Result<Cadence, Error> {
        let there = touches::of_week(tx, monday).await?;
        let requests = || there.iter().filter(|touch| touch.kind == "connection_request");
        let places =
            requests().filter_map(|touch| Some(touch.segment.parse::<AudienceSegment>().ok()?.place()));
        let mut in_segments = [0; 3];
        places.for_each(|place| in_segments[place] += 1);
        let slots: Vec<(NaiveDate, NaiveTime)> =
            requests().map(|touch| (touch.local_date, touch.local_time)).collect();
        let followups_there = there.iter().filter(|touch| follows_up(&touch.kind)).count() as u32;
        let mut skipped = BTreeMap::new();
        let people = self.people(tx, monday, &mut skipped).await?;
        let candidates: Vec<Candidate> = people.iter().filter_map(Contact::candidate).collect();
        let due: Vec<Due> = people.iter().filter_map(Contact::due).collect();
        let sent = touches::request_days(tx, monday - Days::new(7)).await?;
        let mut week = cadence::plan(&Plan {
            monday,
            now,
            calendar: &self.calendar,
            connection_requests: request.target_connection_requests,
            there: in_segments,
            slots: &slots,
            followups: request.target_followups.saturating_sub(followups_there),
            weekly_cap: self.weekly_cap,
            sent: &sent,
            candidates: &candidates,
            due: &due,
        });
        let by_name: HashMap<&str, &Contact> =
            people.iter().map(|person| (person.prospect_id.as_str(), person)).collect();
        let wanted: Vec<&Contact> =
            week.touches.iter().filter_map(|touch| by_name.get(touch.prospect.as_str()).copied()).collect();
        let held = held(tx, &wanted).await?;
        let mut planned = Vec::new();
        for touch in &week.touches {
            let Some(person) = by_name.get(touch.prospect.as_str()) else { continue };
            if !held.contains(&person.lead_id) {
                *skipped.entry("something happened to them meanwhile".to_owned()).or_default() += 1;
                let requests = usize::from(touch.kind == Kind::ConnectionRequest);
                let filled = &mut week.quotas[touch.segment].filled;
                *filled = filled.saturating_sub(requests);
                continue;
            }
            planned.push(Self::planned(tx, person, touch, monday, now.with_timezone(&self.zone)).await?);
        }
        touches::plan(tx, &planned).await?;
        let touches = touches::of_week(tx, monday).await?;
        Ok(Cadence {
            week_start: monday,
            week_end: monday + Days::new(6),
            dry_run: request.dry_run,
            connection_requests: touches.iter().filter(|touch| touch.kind == "connection_request").count()
                as u32,
            followups: touches.iter().filter(|touch| follows_up(&touch.kind)).count() as u32,
            segments: segments(week.quotas),
            touches: touches.into_iter().map(PlannedTouch::of).collect(),
            shortfalls: week
                .shortfalls
                .iter()
                .map(|shortfall| Shortfall {
                    reason: name(shortfall.reason).to_owned(),
                    missing: shortfall.missing,
                    explanation: explanation(shortfall.reason),
                })
                .collect(),
            skipped: skipped.into_iter().map(|(reason, prospects)| Skipped { reason, prospects }).collect(),
            warnings: warnings(request, sent.is_empty() && in_segments == [0; 3]),
        })
    }

    /// The touch to keep; whoever is in no sequence yet is enrolled in the shortest.
    async fn planned(
        tx: &mut Tx,
        person: &Contact,
        touch: &cadence::Touch,
        monday: NaiveDate,
        now: DateTime<Tz>,
    ) -> Result<Planned, Error> {
        let (enrolment, variant) = match &person.enrolment {
            Some((id, next)) => (*id, next.as_ref().map(|next| next.variant.clone())),
            None => {
                let lead = one(tx, &person.prospect_id).await?;
                let (id, messages) = enrol(tx, &lead, person.segment, SequenceType::ThreeStep, now).await?;
                let refused = || Error::Refused(format!("{} is in a sequence already", lead.prospect_id));
                let first = messages.into_iter().find(|message| message.step == 0);
                (id.ok_or_else(refused)?, first.map(|message| message.variant))
            }
        };
        let step = person.step.map_or(0, |step| step + 1);
        Ok(Planned {
            id: Uuid::now_v7(),
            enrolment_id: enrolment,
            lead_id: person.lead_id,
            kind: touch.kind.name(),
            step,
            variant: variant.unwrap_or_default(),
            channel: person.channel(),
            segment: person.segment.name().to_owned(),
            week: monday,
            local_date: touch.date,
            local_time: touch.time,
            due_at: touch.at,
            late: touch.late,
        })
    }
}

impl PlannedTouch {
    pub(crate) fn of(touch: Touch) -> Self {
        Self {
            touch_id: touch.id,
            prospect_id: touch.prospect_id,
            segment: touch.segment,
            kind: touch.kind,
            step: touch.step,
            variant: touch.variant,
            channel: touch.channel,
            date: touch.local_date,
            time: touch.local_time,
            due_at: touch.due_at,
            late: touch.late,
            state: touch.state,
        }
    }
}

fn follows_up(kind: &str) -> bool {
    kind.starts_with("followup_") || kind == "value_share"
}

fn segments(quotas: [Quota; 3]) -> Vec<SegmentQuota> {
    let quota = |segment: AudienceSegment| {
        let Quota { planned, filled } = quotas[segment.place()];
        SegmentQuota { segment: segment.name(), planned, filled }
    };
    AudienceSegment::ALL.map(quota).into()
}

/// `begins` when nobody was asked in the seven days before (OE-074, OE-078).
fn warnings(request: &CadenceRequest, begins: bool) -> Vec<String> {
    let asked = request.target_connection_requests;
    let text = match begins {
        true if asked > 20 => {
            "nobody was asked in the week before: 10 to 20 connection requests are a good start".to_owned()
        }
        false if !(30..=50).contains(&asked) => {
            format!("{asked} connection requests a week are outside 30 to 50, which do well")
        }
        _ => return Vec::new(),
    };
    vec![text]
}

fn name(reason: Reason) -> &'static str {
    match reason {
        Reason::TooFewProspects => "too_few_prospects",
        Reason::WeeklyCap => "weekly_cap",
        Reason::NoSlotLeft => "no_slot_left",
        Reason::OverTarget => "over_target",
        Reason::TooFewDue => "too_few_due",
    }
}

fn explanation(reason: Reason) -> &'static str {
    match reason {
        Reason::TooFewProspects => "there are fewer prospects to ask than connection requests were wanted",
        Reason::WeeklyCap => "any seven days hold no more connection requests than the cap",
        Reason::NoSlotLeft => "the slots left have their share of a whole week, or there are none",
        Reason::OverTarget => "more follow-ups are due than were wanted; they come first in the next week",
        Reason::TooFewDue => "fewer follow-ups are due in this week than were wanted",
    }
}
