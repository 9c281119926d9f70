//! The detector: one pass over the cases, and the four documents it ends in.

use crate::case::{Case, Lead, Outcome, Touch};
use crate::counts::{Clock, Counts, Lexicon, facts};
use crate::documents::{Documents, weights_by_name};
use crate::fact::{Fact, List};
use crate::gate::{self, Before, Decision, Known, MOST_OUTCOMES};
use crate::sequence::Sequences;
use crate::{held, how, what, when, who};
use chrono::{DateTime, Utc};
use patterns::{Held, How, PatternType, What, When, Who};
use rand::SeedableRng as _;
use rand::seq::SliceRandom as _;
use rand_chacha::ChaCha8Rng;
use stats::weights::Objective;
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// What a run of the detector is given beside the cases.
#[derive(Debug, Clone)]
pub struct Setting {
    /// The moment for which patterns are learned; a run for the same moment over the same events says the same.
    pub now: DateTime<Utc>,
    pub run_id: String,
    pub seed: u64,
    /// CI-055: the smallest group that is told of.
    pub least: u64,
    pub objective: Objective,
    /// When the verdicts were given that are judged by what came after them.
    pub judged_since: Option<DateTime<Utc>>,
}

/// CI-048.
pub const LEAST: u64 = 5;

/// Counts cases as they come, in batches.
#[derive(Debug)]
pub struct Detector {
    setting: Setting,
    clock: Clock,
    lexicon: Lexicon,
    counts: Counts,
    /// The same cases with their outcomes shuffled: what chance alone would find.
    shuffled: Counts,
    /// Those of them that verdicts of a month ago could not know yet.
    recent: Counts,
    outcomes: Outcomes,
    random: ChaCha8Rng,
}

/// What weights are learned from.
#[derive(Debug, Default)]
struct Outcomes {
    /// The newest ones, the oldest of them on top.
    newest: BinaryHeap<Reverse<Newest>>,
    without_parts: u64,
}

#[derive(Debug, PartialEq)]
struct Newest(Known);

impl Eq for Newest {}

impl Ord for Newest {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.0.at, self.0.hash).cmp(&(other.0.at, other.0.hash))
    }
}

impl PartialOrd for Newest {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

/// What was found.
#[derive(Debug, Clone, PartialEq)]
pub struct Findings {
    pub who: Who,
    pub what: What,
    pub when: When,
    pub how: How,
    pub decision: Decision,
}

impl Detector {
    pub fn new(setting: Setting) -> Self {
        Self {
            clock: Clock { now: setting.now.timestamp() },
            random: ChaCha8Rng::seed_from_u64(setting.seed),
            setting,
            lexicon: Lexicon::default(),
            counts: Counts::new(),
            shuffled: Counts::new(),
            recent: Counts::new(),
            outcomes: Outcomes::default(),
        }
    }

    /// The texts that cases name by symbols.
    pub fn lexicon(&mut self) -> &mut Lexicon {
        &mut self.lexicon
    }

    /// Counts a batch. Outcomes are shuffled within it, so batches should be large, and cut in the same places for the
    /// same cases.
    pub fn observe(&mut self, cases: &[Case<'_>]) {
        let judged_since = self.setting.judged_since.map(|at| at.timestamp());
        let Self { clock, counts, shuffled, recent, outcomes, random, .. } = self;
        let clock = *clock;
        std::thread::scope(|threads| {
            threads.spawn(|| count_shuffled(cases, clock, shuffled, random));
            threads.spawn(|| cases.iter().for_each(|case| outcomes.add(case, clock)));
            cases.iter().for_each(|case| counts.count(case, clock));
            if let Some(then) = judged_since.map(|now| Clock { now }) {
                let is_new = |case: &&Case<'_>| match case.first_touch() {
                    Some(first) => !then.is_mature(first),
                    None => case.lead.known_since > then.now,
                };
                cases.iter().filter(is_new).for_each(|case| recent.count(case, clock));
            }
        });
    }

    /// What follows from all that was counted.
    pub fn findings(mut self, before: &Before<'_>) -> Findings {
        let known = self.outcomes.newest.into_iter().map(|Reverse(Newest(known))| known).collect();
        let Setting { objective, seed, now, .. } = self.setting;
        let mut decision = std::thread::scope(|threads| {
            threads.spawn(|| {
                for counts in [&mut self.counts, &mut self.shuffled, &mut self.recent] {
                    counts.count_contents(&self.lexicon.contents);
                    counts.count_times();
                }
            });
            gate::decide(known, self.outcomes.without_parts, before, objective, seed)
        });
        if decision.is_confirmed() {
            decision.confirmed_at = Some(now);
        }
        let real =
            Documents { setting: &self.setting, lexicon: &self.lexicon, counts: &self.counts, whole: false };
        let chance = Documents { counts: &self.shuffled, ..real };
        let since = Documents { counts: &self.recent, whole: true, ..real };
        let (mut who, mut what, mut when, mut how) =
            (real.who(&decision), real.what(), real.when(), real.how());
        let by_chance = [
            concluded(&chance.who(&decision)),
            concluded(&chance.what()),
            concluded(&chance.when()),
            concluded(&chance.how()),
        ];
        let found = [concluded(&who), concluded(&what), concluded(&when), concluded(&how)];
        let calibrations = [
            held(before, PatternType::Who, || since.who(&decision)),
            held(before, PatternType::What, || since.what()),
            held(before, PatternType::When, || since.when()),
            held(before, PatternType::How, || since.how()),
        ];
        let headers = [&mut who.header, &mut what.header, &mut when.header, &mut how.header];
        let figures = found.into_iter().zip(by_chance).zip(calibrations);
        for (header, ((found, by_chance), calibration)) in headers.into_iter().zip(figures) {
            (header.quality.found, header.quality.found_in_shuffled) = (found, by_chance);
            header.quality.calibration = calibration;
        }
        let weights = weights_by_name(decision.adopted);
        let shown: Vec<(&str, f64)> = weights.iter().map(|(name, weight)| (name.as_str(), *weight)).collect();
        who.warnings = patterns::warnings(who.header.sample_size, who.header.confidence, &shown);
        Findings { who, what, when, how, decision }
    }

    /// How often a lead is counted in the group that a card's query names, each time with whether it went well there.
    pub fn counted(&mut self, case: &Case<'_>, query: &str) -> Vec<bool> {
        let mut found = Vec::new();
        let sequences = &mut self.counts.sequences;
        facts(case, self.clock, sequences, &mut |fact| {
            let Fact::Group(list, symbol, _, success) = fact else { return };
            let mut count = |list, symbol| found.push((list, symbol, success));
            match (list, self.lexicon.contents.get(symbol)) {
                (List::Content, Some(content)) => what::groups(content, count),
                (List::Time, _) => when::groups(symbol, count),
                _ => count(list, symbol),
            }
        });
        found.retain(|(list, symbol, _)| {
            query_of(*list, *symbol, &self.lexicon, sequences).as_deref() == Some(query)
        });
        found.into_iter().map(|(_, _, success)| success).collect()
    }
}

impl Outcomes {
    fn add(&mut self, case: &Case<'_>, clock: Clock) {
        let booked = match case.lead.outcome {
            Outcome::Open => return,
            Outcome::Booked => true,
            Outcome::Failed => false,
        };
        let first = case.first_touch();
        // Who was contacted lately has an outcome only if it came fast.
        if first.is_some_and(|first| !clock.is_mature(first)) {
            return;
        }
        let Some(parts) = case.lead.parts else {
            self.without_parts += 1;
            return;
        };
        let at = first.unwrap_or(case.lead.known_since);
        let (hash, tier) = (case.lead.hash, case.lead.tier);
        let known = Known { at, hash, parts: parts.map(f64::from), tier, booked };
        self.newest.push(Reverse(Newest(known)));
        if self.newest.len() > MOST_OUTCOMES {
            self.newest.pop();
        }
    }
}

/// Counts the same cases with their outcomes shuffled.
fn count_shuffled(cases: &[Case<'_>], clock: Clock, counts: &mut Counts, random: &mut ChaCha8Rng) {
    // Among those who could have booked alike: who was never contacted, lately, and long enough ago.
    let kind =
        |case: &Case<'_>| case.first_touch().map_or(0, |first| 1 + usize::from(clock.is_mature(first)));
    let mut of_kind: [Vec<Outcome>; 3] = Default::default();
    cases.iter().for_each(|case| of_kind[kind(case)].push(case.lead.outcome));
    of_kind.iter_mut().for_each(|outcomes| outcomes.shuffle(random));
    let mut touches: Vec<Touch> = Vec::new();
    for case in cases {
        let outcome = of_kind[kind(case)].pop().unwrap_or_default();
        touches.clear();
        touches.extend_from_slice(case.touches);
        // Who has booked by chance has done so after any of the touches, as likely after one as after another.
        let last = (case.lead.hash % touches.len().max(1) as u64) as usize;
        for (place, touch) in touches.iter_mut().enumerate() {
            touch.converting = outcome == Outcome::Booked && place == last;
        }
        let converted_at = touches.get(last).map(|touch| touch.at + 1);
        let lead = Lead { outcome, converted_at, answered_by: None, ..*case.lead };
        counts.count(&Case { lead: &lead, touches: &touches }, clock);
    }
}

/// The query of a card, as `Tally::named` writes it.
fn query_of(list: List, symbol: u32, lexicon: &Lexicon, sequences: &Sequences) -> Option<String> {
    let (name, label) = match list {
        List::Title => ("who.title", lexicon.titles.text(symbol).to_owned()),
        List::Industry => ("who.industry", lexicon.industries.text(symbol).to_owned()),
        List::Size => ("who.size", who::label(list, symbol)),
        List::Signal => ("who.signal", who::label(list, symbol)),
        List::Subject => ("what.subject", what::label(list, symbol, &lexicon.contents)),
        List::PainPoint => ("what.pain_point", what::label(list, symbol, &lexicon.contents)),
        List::Cta => ("what.cta", what::label(list, symbol, &lexicon.contents)),
        List::Angle => ("what.angle", what::label(list, symbol, &lexicon.contents)),
        List::Personal => ("what.personalization", what::label(list, symbol, &lexicon.contents)),
        List::Day => ("when.day", when::label(list, symbol)),
        List::Hour => ("when.hour", when::label(list, symbol)),
        List::TouchNumber => ("when.touch", when::label(list, symbol)),
        List::FirstChannel => ("how.first_touch", how::label(list, symbol, sequences)),
        List::ChannelCount => ("how.channels", how::label(list, symbol, sequences)),
        List::LandmarkCount => ("how.landmark_channels", how::label(list, symbol, sequences)),
        List::Sequence => ("how.sequence", how::label(list, symbol, sequences)),
        List::TierChannel => ("how.tier_channel", how::label(list, symbol, sequences)),
        List::Bounced | List::Content | List::Time | List::Reached => return None,
    };
    Some(format!("{name}={label}"))
}

/// What became of the verdicts that a document of this type had a month ago, by a document of what came since.
fn held<D: serde::Serialize>(
    before: &Before<'_>,
    kind: PatternType,
    since: impl FnOnce() -> D,
) -> Option<Held> {
    let earlier = before.documents.iter().find(|document| document["type"] == kind.name())?;
    held::held(earlier, &serde_json::to_value(since()).ok()?)
}

/// How many cards of a document are better or worse.
fn concluded(document: &impl serde::Serialize) -> u64 {
    fn count(value: &serde_json::Value) -> u64 {
        use serde_json::Value;
        let own = match value.get("verdict").and_then(Value::as_str) {
            Some("better" | "worse") => 1,
            _ => 0,
        };
        own + match value {
            Value::Object(fields) => fields.values().map(count).sum(),
            Value::Array(items) => items.iter().map(count).sum(),
            _ => 0,
        }
    }
    serde_json::to_value(document).map_or(0, |value| count(&value))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fact::Base;

    #[test]
    fn chance_books_as_many_of_those_who_were_contacted() {
        const DAY: i64 = 86_400;
        let now = DateTime::from_timestamp(1_770_000_000, 0).unwrap();
        let setting = Setting {
            now,
            run_id: "run".into(),
            seed: 1,
            least: LEAST,
            objective: Objective::Centred,
            judged_since: None,
        };
        let mut detector = Detector::new(setting);
        let sent = |days| vec![Touch { at: now.timestamp() - days * DAY, ..Touch::default() }];
        // Of fifty that were contacted twenty booked, of lately contacted ones and of the others nobody.
        let kinds = [(20, Outcome::Booked, sent(90)), (30, Outcome::Failed, sent(90))];
        let others = [(100, Outcome::Open, sent(3)), (1_000, Outcome::Failed, Vec::new())];
        let leads: Vec<(Lead, Vec<Touch>)> = kinds
            .into_iter()
            .chain(others)
            .flat_map(|(n, outcome, touches)| {
                (0..n).map(move |_| (Lead { outcome, ..Lead::default() }, touches.clone()))
            })
            .collect();
        let cases: Vec<Case<'_>> = leads.iter().map(|(lead, touches)| Case { lead, touches }).collect();
        detector.observe(&cases);
        assert_eq!(detector.shuffled.base(Base::Leads).rate(), stats::Rate::new(20, 50));
        assert_eq!(detector.shuffled.base(Base::TerminalLeads).rate(), stats::Rate::new(20, 1_050));
    }
}
