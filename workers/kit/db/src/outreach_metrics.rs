//! What outreach has brought: counts by segment, sequence type, step, variant and week.

use crate::rows::{self, Fields};
use crate::{Error, Tx};
use chrono::{DateTime, NaiveDate, Utc, Weekday};
use serde::Serialize;
use std::collections::HashMap;
use uuid::Uuid;

/// Which part of the whole.
#[derive(Clone, Debug)]
pub struct Span<'a> {
    pub from: DateTime<Utc>,
    pub to: DateTime<Utc>,
    pub segment: Option<&'a str>,
    pub sequence_type: Option<&'a str>,
}

/// Counts of one group. Machines are not counted; a person counts once for each group it is in.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Group {
    /// `all`, `segment`, `sequence_type`, `step`, `variant` or `week`.
    pub dimension: String,
    pub value: String,
    /// Messages and connection requests that went out.
    pub sends: i64,
    /// People who got at least one: what bounced was not received, unless they reacted to it.
    pub people: i64,
    pub accepted: i64,
    /// Messages and requests that were answered.
    pub replies: i64,
    /// People who replied.
    pub replied: i64,
    /// People who replied that they are interested, or booked.
    pub positive: i64,
    /// Messages and requests upon which a meeting was booked.
    pub bookings: i64,
    /// People who booked a meeting.
    pub meetings: i64,
    /// People who unsubscribed, complained or are not interested.
    pub harmed: i64,
    /// People of whom something came back.
    pub bounced: i64,
    /// Opens and clicks of machines, which count nowhere else.
    pub machine_events: i64,
}

/// Counts by every dimension.
///
/// A reply, meeting or complaint belongs to the last touch before it, whether that one is asked about or not, so that
/// every outcome knows its step and variant. Rows come lead by lead, so that only one lead's touches are remembered.
pub async fn groups(tx: &mut Tx, span: &Span<'_>) -> Result<Vec<Group>, Error> {
    let (client, from) = (tx.client(), span.from.to_rfc3339());
    let query = format!(
        "SELECT lead_id, created_at, action, intent, segment, sequence_type, kind, variant FROM activities
        WHERE client_id = '{client}' AND lead_id IS NOT NULL AND NOT machine AND created_at >= '{from}'
            AND action IN ('sent', 'accepted', 'replied', 'meeting_booked', 'unsubscribed', 'complained',
                'not_interested', 'bounced')
        ORDER BY lead_id, created_at, action <> 'sent', id"
    );
    let mut counts = Counts::default();
    let (mut lead, mut touches) = (Uuid::nil(), Vec::new());
    rows::each(tx.connection(), &query, |mut row| {
        let next = row.uuid();
        if next != lead {
            lead = next;
            counts.add(&mut touches);
        }
        let (at, action) = (row.seconds().unwrap_or_default(), row.text().unwrap_or_default());
        let intent = row.text();
        if action == "sent" {
            touches.push(Touch::of(at, &mut row, span, &mut counts));
        } else if let Some(touch) = touches.last_mut() {
            touch.hear(action, intent);
        }
    })
    .await?;
    counts.add(&mut touches);
    let machines = sqlx::query_scalar!(
        r#"SELECT count(*) AS "events!" FROM activities
        WHERE client_id = $1 AND machine AND created_at >= $2 AND created_at < $3
            AND ($4::text IS NULL OR segment = $4) AND ($5::text IS NULL OR sequence_type = $5)"#,
        client,
        span.from,
        span.to,
        span.segment,
        span.sequence_type
    );
    Ok(counts.groups(machines.fetch_one(tx.connection()).await?))
}

/// A message or request that went out, and what came of it.
struct Touch {
    /// Where it counts in each dimension, in their order; none where it has no such value. None at all when it was not asked
    /// about.
    places: Option<[Option<usize>; DIMENSIONS.len()]>,
    came: Came,
}

/// What came of a touch, or of several.
#[derive(Clone, Copy, Default)]
struct Came {
    accepted: bool,
    replied: bool,
    positive: bool,
    booked: bool,
    harmed: bool,
    bounced: bool,
}

impl Touch {
    fn of(at: i64, row: &mut Fields<'_>, span: &Span<'_>, counts: &mut Counts) -> Self {
        let [segment, sequence_type, step, variant] = [row.text(), row.text(), row.text(), row.text()];
        let is_asked = at < span.to.timestamp()
            && span.segment.is_none_or(|asked| segment == Some(asked))
            && span.sequence_type.is_none_or(|asked| sequence_type == Some(asked));
        let places = is_asked.then(|| {
            let week = monday(at);
            let values = [Some("all"), segment, sequence_type, step, variant, week.as_deref()];
            let mut places = [None; DIMENSIONS.len()];
            for ((place, value), groups) in places.iter_mut().zip(values).zip(&mut counts.dimensions) {
                *place = value.map(|value| groups.place_of(value));
            }
            places
        });
        Self { places, came: Came::default() }
    }

    fn hear(&mut self, action: &str, intent: Option<&str>) {
        let came = &mut self.came;
        match action {
            "accepted" => came.accepted = true,
            "replied" => {
                came.replied = true;
                came.positive |= intent == Some("positive");
                came.harmed |= matches!(intent, Some("unsubscribe" | "not_interested"));
            }
            "meeting_booked" => (came.booked, came.positive) = (true, true),
            "bounced" => came.bounced = true,
            _ => came.harmed = true,
        }
    }
}

impl Came {
    /// Whoever reacts has got it, whatever bounced.
    fn is_lost(self) -> bool {
        self.bounced && !(self.accepted || self.replied || self.booked || self.harmed)
    }
}

const DIMENSIONS: [&str; 6] = ["all", "segment", "sequence_type", "step", "variant", "week"];

#[derive(Default)]
struct Counts {
    dimensions: [Groups; DIMENSIONS.len()],
}

/// The groups of a dimension.
#[derive(Default)]
struct Groups {
    places: HashMap<String, usize>,
    counted: Vec<Counted>,
}

#[derive(Default)]
struct Counted {
    group: Group,
    /// What came of the touches of the lead that is being read, if it has any in the group; and whether it got one.
    of_lead: Option<(Came, bool)>,
}

impl Groups {
    fn place_of(&mut self, value: &str) -> usize {
        if let Some(place) = self.places.get(value) {
            return *place;
        }
        let place = self.counted.len();
        let group = Group { value: value.to_owned(), ..Group::default() };
        self.counted.push(Counted { group, of_lead: None });
        self.places.insert(value.to_owned(), place);
        place
    }

    fn at(&mut self, place: Option<usize>) -> Option<&mut Counted> {
        self.counted.get_mut(place?)
    }
}

impl Counts {
    /// Adds the touches of a lead: each counts, and the person once for each group.
    fn add(&mut self, touches: &mut Vec<Touch>) {
        for (places, came) in touches.iter().filter_map(|touch| Some((touch.places.as_ref()?, touch.came))) {
            for (groups, place) in self.dimensions.iter_mut().zip(places) {
                let Some(counted) = groups.at(*place) else { continue };
                counted.group.sends += 1;
                counted.group.replies += i64::from(came.replied);
                counted.group.bookings += i64::from(came.booked);
                let (all, got) = counted.of_lead.get_or_insert_default();
                *got |= !came.is_lost();
                all.accepted |= came.accepted;
                all.replied |= came.replied;
                all.positive |= came.positive;
                all.booked |= came.booked;
                all.harmed |= came.harmed;
                all.bounced |= came.bounced;
            }
        }
        for places in touches.iter().filter_map(|touch| touch.places.as_ref()) {
            for (groups, place) in self.dimensions.iter_mut().zip(places) {
                let Some(counted) = groups.at(*place) else { continue };
                // The second touch in the same group finds nothing any more.
                let Some((all, got)) = counted.of_lead.take() else { continue };
                let group = &mut counted.group;
                group.people += i64::from(got);
                group.accepted += i64::from(all.accepted);
                group.replied += i64::from(all.replied);
                group.positive += i64::from(all.positive);
                group.meetings += i64::from(all.booked);
                group.harmed += i64::from(all.harmed);
                group.bounced += i64::from(all.bounced);
            }
        }
        touches.clear();
    }

    /// By dimension and value.
    fn groups(self, machine_events: i64) -> Vec<Group> {
        let named = DIMENSIONS.into_iter().zip(self.dimensions);
        let mut groups: Vec<Group> = named
            .flat_map(|(name, groups)| {
                let named = move |counted: Counted| Group { dimension: name.to_owned(), ..counted.group };
                groups.counted.into_iter().map(named)
            })
            .collect();
        if let Some(all) = groups.iter_mut().find(|group| group.dimension == "all") {
            all.machine_events = machine_events;
        }
        groups.sort_by(|a, b| (&a.dimension, &a.value).cmp(&(&b.dimension, &b.value)));
        groups
    }
}

/// The Monday of the week, UTC.
fn monday(seconds: i64) -> Option<String> {
    let day = DateTime::from_timestamp(seconds, 0)?.date_naive();
    Some(day.week(Weekday::Mon).checked_first_day()?.to_string())
}

/// The first day on which anything went out.
pub async fn first_day(tx: &mut Tx) -> Result<Option<NaiveDate>, Error> {
    let client = tx.client();
    let query = sqlx::query_scalar!(
        r#"SELECT min(created_at)::date AS day FROM activities WHERE client_id = $1 AND action = 'sent'"#,
        client
    );
    Ok(query.fetch_one(tx.connection()).await?)
}
