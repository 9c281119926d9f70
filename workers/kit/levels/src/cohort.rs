//! Those who went from one tier to another: what they had in common, and how that was among those who stayed.

use crate::effect::{Effects, FALSE_DISCOVERIES, Tested};
use crate::facts::{Facts, Key, UNDATED};
use crate::figure::{comparison, figure, median, rounded, whole};
use crate::history::{MONTH, Spell};
use crate::months::{Months, months};
use crate::pattern::{Basis, COMMON, Figure, Verdict};
use chrono::{DateTime, Utc};
use stats::anonymity::LEAST;
use stats::survival::Watched;
use stats::{Rate, family};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

/// The newest level-ups judge what was found on the others.
const HELD_OUT: f64 = 0.3;
/// What fewer have, of those who levelled up and stayed, is not looked at.
const SEEN: f64 = 0.10;

/// What was found of a transition, before it is decided what may be told.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Cohort {
    pub(crate) n: u64,
    /// None where nothing is compared.
    pub(crate) stayed: u64,
    pub(crate) basis: Basis,
    pub(crate) found: BTreeMap<Key, Found>,
    /// How many level-ups things were found on, and how many judge that.
    pub(crate) older: u64,
    pub(crate) newer: u64,
    pub(crate) about: About,
}

/// Something that those who levelled up had.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Found {
    pub(crate) figure: Figure,
    pub(crate) older: u64,
    pub(crate) newer: u64,
    /// Ratings of a partner, and their sum.
    pub(crate) ratings: u64,
    pub(crate) sum: u64,
    /// As titles and authors are written.
    pub(crate) written: (String, String),
}

/// Those who levelled up, in the middle.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct About {
    /// Of those whose entry into the tier was seen; none of fewer than five.
    pub(crate) months: Option<Months>,
    pub(crate) team_size: Option<i32>,
    pub(crate) stage: Option<String>,
    /// In dollars.
    pub(crate) revenue: Option<f64>,
    pub(crate) team_doubled: Option<bool>,
    pub(crate) revenue_increased: Option<i32>,
}

/// How titles and authors are written, by the places of their keys.
pub(crate) type Spellings<'a> = HashMap<u32, (&'a str, &'a str)>;

/// Everybody who was in a tier, with what they had, gathered once for all transitions from it.
pub(crate) struct Tier<'a> {
    pub(crate) facts: &'a Facts,
    /// As contractors come, so that what is known of them is read in the order in which it lies.
    pub(crate) spells: Vec<&'a Spell>,
    /// By the places of keys.
    had: Vec<Vec<Had>>,
    spellings: &'a Spellings<'a>,
    as_of: DateTime<Utc>,
}

/// Who had something, and from which day of the spell on.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Had {
    pub(crate) spell: u32,
    pub(crate) since: i32,
    satisfaction: u8,
}

impl<'a> Tier<'a> {
    pub(crate) fn new(
        facts: &'a Facts,
        spellings: &'a Spellings<'a>,
        spells: &'a [Spell],
        rank: u8,
        as_of: DateTime<Utc>,
    ) -> Self {
        let spells: Vec<&Spell> =
            spells.iter().filter(|spell| spell.rank == rank && spell.days() > 0).collect();
        let mut had: Vec<Vec<Had>> = vec![Vec::new(); facts.keys.len()];
        for (place, spell) in spells.iter().enumerate() {
            let contractor = &facts.contractors[spell.contractor as usize];
            let mut add = |what: u32, on: i32, satisfaction: u8| {
                // What came after is no reason; whoever levelled up that day had not had it before.
                if on != UNDATED && on >= spell.end {
                    return;
                }
                let since = if on == UNDATED { UNDATED } else { (on - spell.start).max(0) };
                let one = Had { spell: place as u32, since, satisfaction };
                let all = &mut had[what as usize];
                match all.last_mut().filter(|last| last.spell == one.spell) {
                    Some(last) => *last = last.with(one),
                    None => all.push(one),
                }
            };
            let rows = &facts.rows[spell.rows.start as usize..spell.rows.end as usize];
            let mut is_known = false;
            for row in rows {
                for what in facts.focus_in(row) {
                    is_known = true;
                    add(*what, row.day, 0);
                }
            }
            if !is_known {
                facts.focus_of(contractor).iter().for_each(|what| add(*what, UNDATED, 0));
            }
            facts.did(contractor).iter().for_each(|did| add(did.what, did.day, did.satisfaction));
        }
        Self { facts, spells, had, spellings, as_of }
    }

    /// Spells that ended with going up, by where to; of a contractor that made a transition twice, the first one.
    pub(crate) fn transitions(&self) -> BTreeMap<u8, Vec<usize>> {
        let mut first: BTreeMap<(u8, u32), usize> = BTreeMap::new();
        for (place, spell) in self.spells.iter().enumerate() {
            let Some(up) = spell.up else { continue };
            let known = first.entry((up, spell.contractor)).or_insert(place);
            if spell.start < self.spells[*known].start {
                *known = place;
            }
        }
        let mut to: BTreeMap<u8, Vec<usize>> = BTreeMap::new();
        first.into_iter().for_each(|((up, _), place)| to.entry(up).or_default().push(place));
        to
    }

    /// What the cohort of a transition had in common. `told` are keys that were told before; `compare` is false where the
    /// data were chosen for growth.
    pub(crate) fn cohort(
        &self,
        to: u8,
        mut levelled: Vec<usize>,
        told: &BTreeSet<Key>,
        compare: bool,
    ) -> Cohort {
        let in_order = levelled.clone();
        levelled.sort_by_key(|&place| (self.spells[place].end, self.id(place)));
        let held_out = (levelled.len() as f64 * HELD_OUT).round() as usize;
        let (older, newer) = levelled.split_at(levelled.len() - held_out);
        let durations = |places: &[usize]| {
            let entered = places.iter().filter(|&&place| self.spells[place].is_entered);
            entered.map(|&place| self.months(place)).collect::<Vec<_>>()
        };
        let (older_months, newer_months) = (durations(older), durations(newer));
        let mut sorted = [older_months.as_slice(), &newer_months].concat();
        sorted.sort_by(f64::total_cmp);
        let middle = median(&sorted);
        let stayers = middle.filter(|_| compare).map_or_else(Vec::new, |middle| self.stayers(middle));
        let middle = middle.unwrap_or_default();
        let group = self.groups(older, newer, &stayers);
        let effects = Effects::new(self.watched(to), newer);
        let mut months = months(&older_months, &newer_months, &effects.watched());
        if let Some(months) = months.as_mut().filter(|_| !compare) {
            // Of those who are not in the data nothing is known.
            (months.stats.eventual_rate, months.stats.median_all) = (None, None);
        }
        let mut cohort = Cohort {
            n: levelled.len() as u64,
            stayed: stayers.len() as u64,
            basis: if stayers.is_empty() { Basis::None } else { Basis::Stayers },
            found: BTreeMap::new(),
            older: older.len() as u64,
            newer: newer.len() as u64,
            about: self.about(&in_order, months),
        };
        let mut tests = Vec::new();
        for (what, had) in self.had.iter().enumerate() {
            let key = &self.facts.keys[what];
            let counted = self.count(had, &group, middle);
            let levelled = Rate::new(counted.older + counted.newer, cohort.n);
            let of_older = Rate::new(counted.older, cohort.older);
            let is_common =
                [levelled, of_older].iter().any(|rate| rate.share().is_some_and(|share| share >= COMMON));
            let all = levelled.and(Rate::new(counted.stayed, cohort.stayed));
            // By all people and not by those who levelled up: what is tested is not chosen by what came of it.
            if cohort.basis == Basis::Stayers && all.share().is_some_and(|share| share >= SEEN) {
                tests.push((key.clone(), effects.test(had)));
            }
            if is_common || told.contains(key) {
                let written = self.spellings.get(&(what as u32)).copied().unwrap_or_default();
                cohort.found.insert(key.clone(), self.found(&counted, levelled, cohort.stayed, written));
            }
        }
        for key in told {
            if !cohort.found.contains_key(key) {
                let none = self.found(&Counted::default(), Rate::new(0, cohort.n), cohort.stayed, ("", ""));
                cohort.found.insert(key.clone(), none);
            }
        }
        self.judge(&mut cohort, &tests);
        cohort
    }

    fn id(&self, place: usize) -> i32 {
        self.facts.contractors[self.spells[place].contractor as usize].id
    }

    fn months(&self, place: usize) -> f64 {
        f64::from(self.spells[place].days()) / MONTH
    }

    /// In months; none of those whose entry was not seen.
    fn watched(&self, to: u8) -> Vec<Option<Watched>> {
        let one = |spell: &&Spell| {
            let days = f64::from(spell.days()) / MONTH;
            spell.is_entered.then_some(Watched { days, happened: spell.up == Some(to) })
        };
        self.spells.iter().map(one).collect()
    }

    /// Those who were seen entering the tier, were in it for so long and have never left it upwards: one spell each, their
    /// longest.
    fn stayers(&self, months: f64) -> Vec<usize> {
        let gone: HashSet<u32> =
            self.spells.iter().filter(|spell| spell.up.is_some()).map(|spell| spell.contractor).collect();
        let mut longest: BTreeMap<u32, usize> = BTreeMap::new();
        for (place, spell) in self.spells.iter().enumerate() {
            if spell.is_entered && self.months(place) >= months && !gone.contains(&spell.contractor) {
                let known = longest.entry(spell.contractor).or_insert(place);
                if spell.days() > self.spells[*known].days() {
                    *known = place;
                }
            }
        }
        longest.into_values().collect()
    }

    fn groups(&self, older: &[usize], newer: &[usize], stayers: &[usize]) -> Vec<Group> {
        let mut group = vec![Group::Neither; self.spells.len()];
        older.iter().for_each(|&place| group[place] = Group::Older);
        newer.iter().for_each(|&place| group[place] = Group::Newer);
        stayers.iter().for_each(|&place| group[place] = Group::Stayer);
        group
    }

    /// Who of the groups had it: of those who stayed, only what they had by the time half of the others had left.
    fn count(&self, had: &[Had], group: &[Group], middle: f64) -> Counted {
        let mut counted = Counted::default();
        for one in had {
            let after = f64::from(one.since) / MONTH;
            match group[one.spell as usize] {
                Group::Older => counted.older += 1,
                Group::Newer => counted.newer += 1,
                Group::Stayer => {
                    counted.stayed += u64::from(one.since == UNDATED || after <= middle);
                    continue;
                }
                Group::Neither => continue,
            }
            if one.since == UNDATED {
                counted.undated += 1;
            } else if self.spells[one.spell as usize].is_entered {
                counted.months.push(after);
            }
            counted.ratings += u64::from(one.satisfaction > 0);
            counted.sum += u64::from(one.satisfaction);
        }
        counted
    }

    fn found(&self, counted: &Counted, levelled: Rate, stayed: u64, written: (&str, &str)) -> Found {
        let mut figure = figure(levelled, self.as_of);
        figure.undated = counted.undated > 0;
        let mut after = counted.months.clone();
        after.sort_by(f64::total_cmp);
        figure.median_months = median(&after).filter(|_| after.len() as u64 >= LEAST).map(whole);
        figure.comparison = comparison(levelled, Rate::new(counted.stayed, stayed));
        Found {
            figure,
            older: counted.older,
            newer: counted.newer,
            ratings: counted.ratings,
            sum: counted.sum,
            written: (written.0.to_owned(), written.1.to_owned()),
        }
    }

    /// Gives the family's q-values and verdicts.
    fn judge(&self, cohort: &mut Cohort, tests: &[(Key, Option<Tested>)]) {
        let p: Vec<f64> = tests.iter().filter_map(|(_, test)| test.as_ref()).map(|test| test.p).collect();
        let q = family::adjusted(&p);
        let tested = tests.iter().filter_map(|(key, test)| test.as_ref().map(|test| (key, test)));
        for ((key, test), q) in tested.zip(q) {
            let Some(found) = cohort.found.get_mut(key) else { continue };
            let Some(comparison) = &mut found.figure.comparison else { continue };
            (comparison.p, comparison.q) = (Some(rounded(test.p, 3)), Some(rounded(q, 3)));
            let enough = cohort.stayed >= LEAST && cohort.newer >= LEAST;
            if q <= FALSE_DISCOVERIES && test.holds && enough && comparison.difference > 0.0 {
                found.figure.verdict = Verdict::MoreCommon;
            }
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Group {
    Older,
    Newer,
    Stayer,
    Neither,
}

#[derive(Debug, Default)]
struct Counted {
    older: u64,
    newer: u64,
    stayed: u64,
    undated: u64,
    /// After entering the tier, of those who levelled up.
    months: Vec<f64>,
    ratings: u64,
    sum: u64,
}

impl Had {
    /// The same of one contractor twice: the earliest day that is known, and the last rating.
    fn with(self, other: Self) -> Self {
        let since = match (self.since, other.since) {
            (UNDATED, known) | (known, UNDATED) => known,
            (one, other) => one.min(other),
        };
        let satisfaction = if other.satisfaction > 0 { other.satisfaction } else { self.satisfaction };
        Self { since, satisfaction, ..self }
    }
}
