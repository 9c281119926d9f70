//! What the clinics of one state get from the pain points of one category: in each city that is named, and elsewhere.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap, HashSet};

use places::{Mention, Rule};
use proto::v1::{Evidence, Signal};

use crate::tally::{Tally, by_strength, first_few};

pub(crate) struct Region {
    cities: HashMap<String, Vec<Signal>>,
    elsewhere: Vec<Signal>,
}

/// A pain point that names the state or a city of it.
pub(crate) struct Pain {
    pub(crate) id: i64,
    pub(crate) tally: Tally,
    /// What a clinic anywhere in the state gets, and why.
    pub(crate) state: Reason,
    /// What a clinic of a city gets instead, where that is more.
    pub(crate) cities: Vec<(String, Reason)>,
}

pub(crate) struct Reason {
    pub(crate) points: f64,
    start: u32,
    end: u32,
    rule: Rule,
    name: String,
}

impl Reason {
    /// A place that only a link names gives half.
    pub(crate) fn of(mention: &Mention, points: f64) -> Self {
        Self {
            points: points * mention.weight(),
            start: mention.start as u32,
            end: mention.end as u32,
            rule: mention.rule,
            name: mention.name.to_string(),
        }
    }

    fn evidence(&self, pain: i64) -> Evidence {
        Evidence {
            pain_point_id: pain,
            start: self.start,
            end: self.end,
            rule: self.rule.as_str().to_owned(),
        }
    }
}

/// Tenths of a point: pain points of a group give the same. The most come first.
type Rank = Reverse<u32>;

#[derive(Default)]
struct Group<'a> {
    tally: Tally,
    pains: Vec<(&'a Pain, &'a Reason)>,
}

type Groups<'a> = BTreeMap<Rank, Group<'a>>;

impl Region {
    /// Linear in what is named: elsewhere than in a city is the whole state less what names the city.
    pub(crate) fn of(category: &str, state: &str, mut pains: Vec<Pain>) -> Self {
        pains.sort_by_cached_key(|pain| by_strength(pain.tally, pain.id));
        let mut whole = Groups::new();
        let mut cities: HashMap<&str, Groups<'_>> = HashMap::new();
        for pain in &pains {
            add(&mut whole, pain, &pain.state);
            for (city, reason) in &pain.cities {
                add(cities.entry(city).or_default(), pain, reason);
            }
        }
        let signals = |named: &Groups<'_>| {
            let mut signals: Vec<Signal> =
                named.iter().map(|(rank, group)| group.of_city(category, state, *rank)).collect();
            let moved: HashSet<i64> =
                named.values().flat_map(|group| &group.pains).map(|(pain, _)| pain.id).collect();
            let mut gone: BTreeMap<Rank, Tally> = BTreeMap::new();
            for (pain, _) in named.values().flat_map(|group| &group.pains) {
                gone.entry(rank(&pain.state)).or_default().add(pain.tally);
            }
            for (rank, group) in &whole {
                let less = gone.get(rank).copied().unwrap_or_default();
                signals.extend(group.elsewhere(category, state, *rank, less, &moved));
            }
            signals
        };
        Self {
            elsewhere: signals(&Groups::new()),
            cities: cities.iter().map(|(city, named)| ((*city).to_owned(), signals(named))).collect(),
        }
    }

    /// A signal for each kind of points; the city is in lower case.
    pub(crate) fn signals(&self, city: &str) -> &[Signal] {
        self.cities.get(city).unwrap_or(&self.elsewhere)
    }
}

fn rank(reason: &Reason) -> Rank {
    Reverse((reason.points * 10.0).round() as u32)
}

fn add<'a>(groups: &mut Groups<'a>, pain: &'a Pain, reason: &'a Reason) {
    let group = groups.entry(rank(reason)).or_default();
    group.tally.add(pain.tally);
    group.pains.push((pain, reason));
}

impl Group<'_> {
    fn of_city(&self, category: &str, state: &str, rank: Rank) -> Signal {
        let evidence = first_few(self.pains.iter().map(|(pain, reason)| reason.evidence(pain.id)));
        let city = self.pains.first().map(|(_, reason)| reason.name.clone()).unwrap_or_default();
        Signal { city, ..self.tally.signal(category, state, f64::from(rank.0) / 10.0, evidence) }
    }

    /// What is left of the group without the pain points that the city has for itself.
    fn elsewhere(
        &self,
        category: &str,
        state: &str,
        rank: Rank,
        less: Tally,
        moved: &HashSet<i64>,
    ) -> Option<Signal> {
        let tally = self.tally.without(less);
        let left = self.pains.iter().filter(|(pain, _)| !moved.contains(&pain.id));
        let evidence = first_few(left.map(|(pain, reason)| reason.evidence(pain.id)));
        (tally.pain_points > 0).then(|| tally.signal(category, state, f64::from(rank.0) / 10.0, evidence))
    }
}
