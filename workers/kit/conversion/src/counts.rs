//! All that is counted in one pass over the cases.

use crate::case::{Case, Names};
use crate::fact::{Base, Fact, List};
use crate::sequence::Sequences;
use crate::tally::{Cells, Tally};
use crate::timing::Timings;
use crate::words::Contents;
use crate::{how, what, when, who};

/// The counts of one pass; as large as there are different groups, however many cases there are.
#[derive(Debug)]
pub(crate) struct Counts {
    tallies: Vec<Tally>,
    /// Each a list of one group.
    bases: [Tally; Base::COUNT],
    pub(crate) timings: Timings,
    pub(crate) sequences: Sequences,
}

/// What texts mean that cases name.
#[derive(Debug, Default)]
pub struct Lexicon {
    pub titles: Names,
    pub industries: Names,
    pub contents: Contents,
}

/// When it is, and how long it takes until no answer is one.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Clock {
    /// Seconds since 1970.
    pub(crate) now: i64,
}

/// Before so many days are over nothing is counted of a message or a lead, however it went: bookings and refusals come
/// sooner than silence is one.
const MATURE_DAYS: i64 = 28;
pub(crate) const DAY: i64 = 86_400;

impl Clock {
    pub(crate) fn is_mature(self, at: i64) -> bool {
        self.now - at >= MATURE_DAYS * DAY
    }
}

impl Counts {
    pub(crate) fn new() -> Self {
        Self {
            tallies: List::ALL.map(|list| Tally::new(list.apart())).into(),
            bases: Base::ALL.map(|base| Tally::new(base.apart())),
            timings: Timings::default(),
            sequences: Sequences::default(),
        }
    }

    pub(crate) fn base(&self, base: Base) -> Cells<'_> {
        self.bases[base as usize].cells(0)
    }

    pub(crate) fn tally(&self, list: List) -> &Tally {
        &self.tallies[list as usize]
    }

    pub(crate) fn count(&mut self, case: &Case<'_>, clock: Clock) {
        let (tier, hash) = (case.lead.tier, case.lead.hash);
        let Self { tallies, bases, sequences, .. } = self;
        facts(case, clock, sequences, &mut |fact| match fact {
            Fact::Base(base, success) => bases[base as usize].count((0, 0), tier, success, hash),
            Fact::Group(list, symbol, apart, success) => {
                tallies[list as usize].count((symbol, apart), tier, success, hash);
            }
        });
        self.timings.count(case, clock);
    }

    /// What messages have in them, from the counts of messages that are alike: called once, when all are counted.
    pub(crate) fn count_contents(&mut self, contents: &Contents) {
        let alike = std::mem::replace(&mut self.tallies[List::Content as usize], Tally::new(1));
        for (symbol, content) in contents.all() {
            let group = alike.cells(symbol);
            self.bases[Base::Worded as usize].add(0, group);
            what::groups(content, |list, symbol| self.tallies[list as usize].add(symbol, group));
            self.timings.lengths.count(content, group.rate());
        }
    }

    /// Messages, their days and their hours, from the counts of the hours of the week: called once, when all are counted.
    pub(crate) fn count_times(&mut self) {
        let week = self.tally(List::Time).clone();
        for time in 0..when::WEEK {
            let group = week.cells(time);
            self.bases[Base::Messages as usize].add(0, group);
            when::groups(time, |list, symbol| self.tallies[list as usize].add(symbol, group));
        }
    }
}

/// Everything that a case tells; also what is asked when somebody wants to see the leads behind a card.
pub(crate) fn facts(case: &Case<'_>, clock: Clock, sequences: &mut Sequences, tell: &mut impl FnMut(Fact)) {
    who::facts(case, clock, tell);
    what::facts(case, clock, tell);
    when::facts(case, clock, tell);
    how::facts(case, clock, sequences, tell);
}
