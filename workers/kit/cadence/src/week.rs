//! The touches of a week: follow-ups first, then connection requests by quota, in slots and under a sliding cap.

use crate::apportion::{Quota, quotas};
use crate::calendar::{Calendar, local};
use crate::sequence::{Kind, followup_days};
use chrono::{DateTime, Datelike as _, Days, NaiveDate, NaiveTime, Utc, Weekday};
use chrono_tz::Tz;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// Segments in their order: referral network, thought leadership, stealth founder.
pub const SEGMENTS: usize = 3;
/// Shares of the week (OE-040, X38).
pub const WEIGHTS: [u32; SEGMENTS] = [50, 50, 5];
/// Connection requests in any seven days, unless a client asks for fewer or more (X44).
pub const WEEKLY_CAP: u32 = 50;
/// No client may ask for more: networks restrict who sends more than about a hundred in seven days.
pub const HARD_CAP: u32 = 100;

const NINE: NaiveTime = NaiveTime::from_hms_opt(9, 0, 0).unwrap();
const TWO: NaiveTime = NaiveTime::from_hms_opt(14, 0, 0).unwrap();
/// OE-041; a prior until slots have been compared (X43).
const TIMES: [NaiveTime; 2] = [NINE, TWO];

/// What a week is planned from.
#[derive(Debug, Clone)]
pub struct Plan<'a> {
    /// A Monday.
    pub monday: NaiveDate,
    /// Slots before this moment are over.
    pub now: DateTime<Utc>,
    pub calendar: &'a Calendar,
    pub connection_requests: u32,
    /// How many of them each segment has already.
    pub there: [usize; SEGMENTS],
    /// When those go out.
    pub slots: &'a [(NaiveDate, NaiveTime)],
    pub followups: u32,
    /// Connection requests in any seven days.
    pub weekly_cap: u32,
    /// The days of connection requests that are on their way or sent already.
    pub sent: &'a [NaiveDate],
    /// Who may be asked, the most important first.
    pub candidates: &'a [Candidate],
    /// Whose next message is due, the most important first.
    pub due: &'a [Due],
}

/// Somebody who may get a connection request.
#[derive(Debug, Clone)]
pub struct Candidate {
    pub prospect: String,
    /// Place of the segment, below `SEGMENTS`.
    pub segment: usize,
    pub zone: Tz,
}

/// Somebody who is in a sequence and waits for its next step.
#[derive(Debug, Clone)]
pub struct Due {
    pub prospect: String,
    pub segment: usize,
    pub zone: Tz,
    pub kind: Kind,
    /// The day of the step before; of the acceptance for the first message.
    pub before: NaiveDate,
    pub after_business_days: u32,
}

/// One planned touch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Touch {
    pub prospect: String,
    pub segment: usize,
    pub kind: Kind,
    pub date: NaiveDate,
    /// Where the recipient is.
    pub time: NaiveTime,
    pub at: DateTime<Utc>,
    /// Its days have passed unused: it goes out as soon as it may.
    pub late: bool,
}

/// What cannot be planned, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Shortfall {
    pub reason: Reason,
    pub missing: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// Fewer prospects than connection requests were asked for.
    TooFewProspects,
    /// Seven days hold no more.
    WeeklyCap,
    /// No business day of the week is left, or its slots have their share.
    NoSlotLeft,
    /// Follow-ups that are due, beyond the number asked for.
    OverTarget,
    /// Fewer follow-ups are due in this week than were asked for.
    TooFewDue,
}

/// A planned week.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Week {
    pub monday: NaiveDate,
    /// In the order of time.
    pub touches: Vec<Touch>,
    pub quotas: [Quota; SEGMENTS],
    pub shortfalls: Vec<Shortfall>,
}

/// Plans a week. Each prospect gets one touch at most.
pub fn plan(plan: &Plan<'_>) -> Week {
    let mut shortfalls = BTreeMap::new();
    let mut busy = BTreeSet::new();
    let mut touches = plan.followups(&mut busy, &mut shortfalls);
    let quotas = plan.requests(&mut touches, &mut busy, &mut shortfalls);
    touches.sort_by(|a, b| (a.at, &a.prospect).cmp(&(b.at, &b.prospect)));
    let shortfalls = shortfalls.into_iter().filter(|(_, missing)| *missing > 0);
    Week {
        monday: plan.monday,
        touches,
        quotas,
        shortfalls: shortfalls.map(|(reason, missing)| Shortfall { reason, missing }).collect(),
    }
}

/// The Monday of the first week that has a slot left where the client is.
pub fn first_week(calendar: &Calendar, now: DateTime<Utc>, zone: Tz) -> NaiveDate {
    let today = now.with_timezone(&zone).date_naive();
    let open = |&day: &NaiveDate| {
        calendar.is_business_day(day) && TIMES.iter().any(|&time| local(day, time, zone) > now)
    };
    today.iter_days().find(open).unwrap_or(today).week(Weekday::Mon).first_day()
}

type Shortfalls = BTreeMap<Reason, usize>;

impl Plan<'_> {
    fn days(&self) -> impl Iterator<Item = NaiveDate> {
        self.monday.iter_days().take(7).filter(|&day| self.calendar.is_business_day(day))
    }

    /// Messages to those who are connected: the first one on any business day, the others on their days.
    fn followups(&self, busy: &mut BTreeSet<String>, shortfalls: &mut Shortfalls) -> Vec<Touch> {
        let mut touches: Vec<Touch> = Vec::new();
        let mut load: BTreeMap<(NaiveDate, NaiveTime), usize> = BTreeMap::new();
        let mut followups = 0;
        for due in self.due {
            let Some((days, late)) = self.days_of(due) else { continue };
            if !busy.insert(due.prospect.clone()) {
                continue;
            }
            if due.kind.follows_up() && followups == self.followups {
                *shortfalls.entry(Reason::OverTarget).or_default() += 1;
                continue;
            }
            let slot = days
                .iter()
                .enumerate()
                .flat_map(|(preference, &date)| TIMES.map(|time| (preference, date, time)))
                .filter(|&(_, date, time)| local(date, time, due.zone) > self.now)
                .min_by_key(|&(preference, date, time)| {
                    (preference, load.get(&(date, time)).copied().unwrap_or(0), date, time)
                });
            let Some((_, date, time)) = slot else {
                *shortfalls.entry(Reason::NoSlotLeft).or_default() += 1;
                continue;
            };
            followups += u32::from(due.kind.follows_up());
            *load.entry((date, time)).or_default() += 1;
            touches.push(Touch {
                prospect: due.prospect.clone(),
                segment: due.segment,
                kind: due.kind,
                date,
                time,
                at: local(date, time, due.zone),
                late,
            });
        }
        *shortfalls.entry(Reason::TooFewDue).or_default() += (self.followups - followups) as usize;
        touches
    }

    /// The days of the week on which a message may go out, the best first, and whether it is late; none if it is not due.
    fn days_of(&self, due: &Due) -> Option<(Vec<NaiveDate>, bool)> {
        let last = self.monday + Days::new(6);
        let today = self.now.with_timezone(&due.zone).date_naive().max(self.monday);
        let legal = if due.kind.follows_up() {
            followup_days(self.calendar, due.before, due.after_business_days)
        } else {
            self.calendar.add(due.before, due.after_business_days).into_iter().collect()
        };
        if legal.iter().min().is_some_and(|&first| first > last) {
            return None;
        }
        let here: Vec<NaiveDate> =
            legal.iter().copied().filter(|&day| (today..=last).contains(&day)).collect();
        if !here.is_empty() {
            return Some((here, false));
        }
        if legal.iter().any(|&day| day > last) {
            // It has a day in the week after this one.
            return None;
        }
        let allowed = |day: &NaiveDate| {
            let followup_day = matches!(day.weekday(), Weekday::Tue | Weekday::Wed | Weekday::Thu);
            *day >= today && (followup_day || !due.kind.follows_up())
        };
        let gap = if due.kind.follows_up() { 3 } else { due.after_business_days };
        let earliest = self.calendar.add(due.before, gap)?;
        Some((self.days().filter(allowed).filter(|&day| day >= earliest).collect(), true))
    }

    fn requests(
        &self,
        touches: &mut Vec<Touch>,
        busy: &mut BTreeSet<String>,
        shortfalls: &mut Shortfalls,
    ) -> [Quota; SEGMENTS] {
        let wanted = self.connection_requests as usize;
        let mut free: [Vec<&Candidate>; SEGMENTS] = Default::default();
        for candidate in self.candidates {
            if busy.insert(candidate.prospect.clone()) {
                free[candidate.segment.min(SEGMENTS - 1)].push(candidate);
            }
        }
        // Of the whole week, so that one that is planned in two goes is split as one that is planned in one.
        let available = std::array::from_fn(|segment| free[segment].len() + self.there[segment]);
        let mut quotas = quotas(wanted, WEIGHTS, available);
        let mut open = wanted.saturating_sub(self.there.iter().sum());
        let mut chosen: BTreeSet<&str> = BTreeSet::new();
        for (segment, quota) in quotas.iter().enumerate() {
            let more = quota.filled.saturating_sub(self.there[segment]).min(open);
            chosen.extend(free[segment].iter().take(more).map(|candidate| candidate.prospect.as_str()));
            open -= more;
        }
        *shortfalls.entry(Reason::TooFewProspects).or_default() += open;

        // Late in the week nobody catches up: a slot takes what it would take in a whole week.
        let share = wanted.div_ceil((self.days().count() * TIMES.len()).max(1));
        let mut load: BTreeMap<(NaiveDate, NaiveTime), usize> = BTreeMap::new();
        for &slot in self.slots {
            *load.entry(slot).or_default() += 1;
        }
        let mut days: BTreeMap<NaiveDate, u32> = BTreeMap::new();
        for &day in self.sent {
            *days.entry(day).or_default() += 1;
        }
        // In the order of importance, so that those who matter most are asked first.
        for candidate in self.candidates {
            if !chosen.contains(candidate.prospect.as_str()) {
                continue;
            }
            let open = || {
                self.days()
                    .flat_map(|date| TIMES.map(|time| (date, time)))
                    .filter(|&(date, time)| local(date, time, candidate.zone) > self.now)
                    .filter(|slot| load.get(slot).is_none_or(|&taken| taken < share))
            };
            let slot = open()
                .filter(|&(date, _)| has_room(&days, date, self.weekly_cap))
                .min_by_key(|&(date, time)| (load.get(&(date, time)).copied().unwrap_or(0), date, time));
            let Some((date, time)) = slot else {
                let reason = if open().next().is_some() { Reason::WeeklyCap } else { Reason::NoSlotLeft };
                *shortfalls.entry(reason).or_default() += 1;
                let filled = &mut quotas[candidate.segment.min(SEGMENTS - 1)].filled;
                *filled = filled.saturating_sub(1);
                continue;
            };
            *load.entry((date, time)).or_default() += 1;
            *days.entry(date).or_default() += 1;
            touches.push(Touch {
                prospect: candidate.prospect.clone(),
                segment: candidate.segment,
                kind: Kind::ConnectionRequest,
                date,
                time,
                at: local(date, time, candidate.zone),
                late: false,
            });
        }
        quotas
    }
}

/// Whether every seven days around a day hold one more.
fn has_room(days: &BTreeMap<NaiveDate, u32>, day: NaiveDate, cap: u32) -> bool {
    day.iter_days().take(7).all(|end| {
        let start = end - Days::new(6);
        days.range(start..=end).map(|(_, count)| count).sum::<u32>() < cap
    })
}

#[cfg(test)]
mod tests;
