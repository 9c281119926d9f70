//! Applies engagement events: each once, in whatever order they come.

use crate::again::again;
use crate::content;
use crate::error::Error;
use crate::event::{BadEvent, Event};
use crate::{Owner, Prospects};
use cadence::{Cause, Enrolment as Standing, State, Stop};
use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;
use db::activities::{self, Activity, Who};
use db::enrolments::{self, Enrolment};
use db::{Tx, Uuid, suppressions, touches};
use patterns::content::Features;
use proto::v1::{Engagement, EngagementKind};

/// What became of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recorded {
    Applied,
    /// It was recorded before.
    Duplicate,
    /// It is kept, but nobody is known by the address that it names.
    Nobody,
}

/// Why an event was not recorded.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    #[error(transparent)]
    Bad(#[from] BadEvent),
    #[error(transparent)]
    Failed(#[from] Error),
}

impl Prospects {
    /// Records an event and does what follows from it, in one transaction.
    pub async fn record(&self, message: &Engagement) -> Result<Recorded, RecordError> {
        let event = Event::of(message)?;
        Ok(again(|| self.try_record(message, &event)).await?)
    }

    async fn try_record(&self, message: &Engagement, event: &Event) -> Result<Recorded, Error> {
        let mut tx = self.begin(Owner { client: event.client, user: None }).await?;
        let recorded = apply(&mut tx, message, event, self.zone).await?;
        tx.commit().await?;
        Ok(recorded)
    }
}

/// `zone` is that of prospects of whom none is known.
async fn apply(tx: &mut Tx, message: &Engagement, event: &Event, zone: Tz) -> Result<Recorded, db::Error> {
    let (name, key) = (&message.prospect_id, &message.address_key);
    // Most events only tell that something arrived. Of the others those of a person are applied one by one.
    let follows = event.has_consequences(message);
    let who = if follows { activities::who(tx, name, key).await? } else { None };
    let mut message = message.clone();
    // Tools count steps in their own way; which touch it was says more.
    if (message.step.is_none() || !message.touch_id.is_empty()) && event.is_about_a_step(&message) {
        let (touch, kind) = (message.touch_id.parse().ok(), event.outreach_kind);
        let is_sending = event.kind == EngagementKind::Sent;
        let step = activities::step_of(tx, name, key, touch, kind, is_sending).await?;
        message.step = step.and_then(|step| u32::try_from(step).ok()).or(message.step);
    }
    let mut activity = activity(&message, event);
    if event.kind == EngagementKind::MeetingBooked && is_moved(tx, &message).await? {
        // It only has another name and time now.
        activity.action = "meeting_moved".to_owned();
    }
    let lead = match activities::record_of(tx, &activity, name, key).await? {
        None => return Ok(Recorded::Duplicate),
        Some(None) => {
            // Whoever comes to have that address later is left alone too.
            let answer = event.answer(&message).map(|stop| (stop.name(), ""));
            if let Some((reason, channel)) = event.suppression().or(answer)
                && !key.is_empty()
            {
                suppressions::add(tx, "address", key, channel, reason, &message.source).await?;
            }
            return Ok(Recorded::Nobody);
        }
        Some(Some(lead)) => lead,
    };
    let who = match who {
        Some(who) if who.id == lead => Some(who),
        // Somebody took the person in meanwhile.
        _ if follows => activities::locked(tx, lead).await?,
        _ => None,
    };
    if let Some(who) = who {
        if event.answer(&message).is_some() && !who.company_name.is_empty() {
            activities::lock_company(tx, &who.company_name).await?;
        }
        let enrolment = enrolments::newest(tx, lead).await?;
        let event = event.at_home(crate::zone::zone(&who.time_zone, &who.state, &who.country, zone));
        follow(tx, &message, &event, &who, enrolment.as_ref(), &activity).await?;
        let told = Features::read(&message.content_features);
        content::keep(tx, &activity, enrolment.as_ref(), &who, told.as_ref()).await?;
    }
    Ok(Recorded::Applied)
}

/// Whether a booking is of a meeting that was booked before under another name, whichever of the two is heard of first.
async fn is_moved(tx: &mut Tx, message: &Engagement) -> Result<bool, db::Error> {
    let Engagement { meeting_id, replaces_meeting_id, .. } = message;
    if meeting_id.is_empty() {
        return Ok(false);
    }
    if !replaces_meeting_id.is_empty()
        && activities::move_meeting(tx, replaces_meeting_id, meeting_id).await?
    {
        return Ok(true);
    }
    activities::is_replaced(tx, meeting_id).await
}

/// What follows from an event for the prospect, its sequence, its company and the suppressions.
async fn follow(
    tx: &mut Tx,
    message: &Engagement,
    event: &Event,
    who: &Who,
    enrolment: Option<&Enrolment>,
    activity: &Activity,
) -> Result<(), db::Error> {
    if activity.action == "replied" && !message.machine {
        activities::replied(tx, who.id).await?;
    }
    if let Some(status) = event.status(message.machine) {
        activities::set_status(tx, who.id, status).await?;
    }
    if let Some((reason, channel)) = event.suppression() {
        let keys = [&who.email_key, &who.profile_key, &who.phone_key].into_iter().flatten();
        // The address that was used may be one that we do not have.
        let used = Some(&message.address_key).filter(|key| !key.is_empty());
        for key in keys.chain(used) {
            suppressions::add(tx, "address", key, channel, reason, &message.source).await?;
        }
    }
    // Also when the one who answers is in no sequence, or in one that has ended otherwise.
    if event.answer(message).is_some() && !who.company_name.is_empty() {
        for colleague in enrolments::of_company(tx, &who.company_name, who.id).await? {
            let stop = Cause::Stop(Stop::CompanyReplied);
            advance(tx, &colleague, stop, "company_replied", Some(activity.id), event.at).await?;
        }
    }
    let Some(enrolment) = enrolment else { return Ok(()) };
    let Some(cause) = event.cause(message) else { return Ok(()) };
    if let Cause::Sent { step, .. } = cause {
        touches::sent_step(tx, enrolment.id, i16::from(step), event.at).await?;
    }
    advance(tx, enrolment, cause, &activity.action, Some(activity.id), event.at).await?;
    if who.by_mail && matches!(cause, Cause::Sent { step: 0, .. }) {
        accept(tx, enrolment.id, event.at, event.on).await?;
    }
    Ok(())
}

/// A mail needs nobody to accept it: that it went out is enough for the next one.
pub(crate) async fn accept(
    tx: &mut Tx,
    enrolment: Uuid,
    at: DateTime<Utc>,
    on: NaiveDate,
) -> Result<(), db::Error> {
    if let Some(enrolment) = enrolments::locked(tx, enrolment).await? {
        let accepted = Cause::Accepted { on };
        advance(tx, &enrolment, accepted, "sent by mail", None, at).await?;
    }
    Ok(())
}

/// Moves an enrolment, if the cause moves it; takes back what is planned when it stops.
pub(crate) async fn advance(
    tx: &mut Tx,
    enrolment: &Enrolment,
    cause: Cause,
    why: &str,
    activity: Option<Uuid>,
    at: DateTime<Utc>,
) -> Result<bool, db::Error> {
    let last_step = enrolment.messages.as_array().map_or(0, |messages| messages.len().saturating_sub(1));
    let Some(next) = standing(enrolment).after(cause, u8::try_from(last_step).unwrap_or(u8::MAX)) else {
        return Ok(false);
    };
    let stands = enrolments::Standing {
        state: next.state.name(),
        stop: next.stop.map(Stop::name),
        step: next.step.map(i16::from),
        since: next.since,
        paused_until: next.paused_until,
    };
    enrolments::stand(tx, enrolment, stands, why, activity, at).await?;
    if next.state == State::Stopped {
        touches::cancel_all(tx, enrolment.id, why).await?;
    }
    Ok(true)
}

fn standing(enrolment: &Enrolment) -> Standing {
    Standing {
        // What the table holds was written by these names.
        state: enrolment.state.parse().unwrap_or(State::Stopped),
        stop: enrolment.stop.as_deref().and_then(|stop| stop.parse().ok()),
        step: enrolment.step.and_then(|step| u8::try_from(step).ok()),
        since: enrolment.since,
        paused_until: enrolment.paused_until,
    }
}

fn activity(message: &Engagement, event: &Event) -> Activity {
    let given = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    Activity {
        id: Uuid::now_v7(),
        action: event.action().to_owned(),
        channel: message.channel.clone(),
        created_at: event.at,
        source: message.source.clone(),
        event_id: message.event_id.clone(),
        touch_id: message.touch_id.parse().ok(),
        step: message.step.and_then(|step| i16::try_from(step).ok()),
        variant: given(&message.variant),
        intent: event.intent_name().map(str::to_owned),
        machine: message.machine,
        machine_reason: given(&message.machine_reason),
        meeting_id: given(&message.meeting_id),
        replaces: given(&message.replaces_meeting_id),
        ..Activity::default()
    }
}
