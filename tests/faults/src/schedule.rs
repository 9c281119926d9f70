//! What goes wrong, and when: drawn from a seed, so that the same seed does the same again.

use std::time::Duration;

use rand::rngs::StdRng;
use rand::seq::SliceRandom as _;
use rand::{Rng as _, SeedableRng as _};

use crate::kinds::{Kind, kinds, millis};

/// The processes of the fleet, by what they run. Two of a kind stand in for each other.
pub(crate) const ROLES: [&str; 17] = [
    "loader",
    "loader",
    "geographic",
    "business_type",
    "pain_pattern",
    "scorer",
    "scorer",
    "templater",
    "templater",
    "storer",
    "storer",
    "exporter",
    "exporter",
    "notifier",
    "notifier",
    "outreach",
    "outreach",
];

/// One thing that goes wrong. A process is named by its place in `ROLES`.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Fault {
    Kill {
        process: usize,
    },
    /// Killed and started again, to die by itself the nth time it passes the point.
    Trip {
        process: usize,
        point: &'static str,
        nth: u32,
    },
    Pause {
        process: usize,
        time: Duration,
    },
    Stop {
        process: usize,
    },
    KillNats {
        down: Duration,
    },
    /// Some of a cluster, this one and those after it.
    KillServers {
        first: usize,
        many: usize,
        down: Duration,
    },
    /// One of a cluster has its clients left, and none of the others.
    CutOff {
        server: usize,
        time: Duration,
    },
    /// One of a cluster after the other stops and starts, so much time between them.
    Roll {
        each: Duration,
    },
    KillPostgres {
        down: Duration,
    },
    Network {
        whom: Whom,
        server: Server,
        how: How,
    },
    FillDisk {
        time: Duration,
    },
    /// Rows of the default tenant change, or of another, while runs may be under way.
    Import {
        tenant: Option<usize>,
    },
    /// A stored message, the first at or after this share of its stream, is said again.
    Duplicate {
        stream: &'static str,
        place: f64,
    },
    /// Messages of the same kind, said again from the last to the first.
    Reorder {
        stream: &'static str,
        place: f64,
    },
    Corrupt {
        damage: Damage,
        target: usize,
        bytes: u64,
    },
    Claude {
        trouble: ClaudeTrouble,
        times: usize,
    },
    Slack {
        trouble: SlackTrouble,
        times: usize,
    },
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Whom {
    One(usize),
    All,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Server {
    Nats,
    Postgres,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum How {
    Cut,
    Stall(Duration),
    Slow { each: Duration, time: Duration },
}

/// What is wrong with a message that nobody can handle.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Damage {
    RandomBytes,
    Truncated,
    UnknownEnum,
    WrongSchema,
    /// As large as the broker takes.
    Oversized,
    /// Whoever handles it dies.
    Poison,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ClaudeTrouble {
    RateLimit,
    Overloaded,
    ServerError,
    ProxyPage,
    WrongKey,
    HalfBody,
    Hang,
    Reset,
    Redirect,
    Refusal,
    NoJson,
    CutShort,
    Empty,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SlackTrouble {
    RateLimit,
    ServerError,
    Hang,
    NoAnswer,
    Redirect,
}

/// The faults of a seed, without end.
#[derive(Debug)]
pub(crate) struct Schedule {
    kinds: Vec<Kind>,
    dice: StdRng,
    /// Each kind once before chance decides.
    first: Vec<usize>,
}

/// A fault, and how long the fleet is left alone after it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Step {
    pub(crate) kind: &'static str,
    pub(crate) fault: Fault,
    pub(crate) calm: Duration,
}

impl Schedule {
    pub(crate) fn of(seed: u64, servers: usize) -> Self {
        let mut dice = StdRng::seed_from_u64(seed);
        let kinds = kinds(servers);
        let mut first: Vec<usize> = (0..kinds.len()).collect();
        first.shuffle(&mut dice);
        Self { kinds, dice, first }
    }

    fn kind(&mut self) -> usize {
        self.first.pop().unwrap_or_else(|| {
            let total = self.kinds.iter().map(|(_, weight, _)| weight).sum();
            let mut left = self.dice.random_range(0..total);
            self.kinds
                .iter()
                .position(|(_, weight, _)| match left.checked_sub(*weight) {
                    Some(rest) => {
                        left = rest;
                        false
                    }
                    None => true,
                })
                .unwrap_or_default()
        })
    }
}

impl Iterator for Schedule {
    type Item = Step;

    fn next(&mut self) -> Option<Step> {
        let kind = self.kind();
        let (kind, _, draw) = *self.kinds.get(kind)?;
        let fault = draw(&mut self.dice);
        Some(Step { kind, fault, calm: millis(&mut self.dice, 100, 1_100) })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn the_same_seed_does_the_same_again() {
        let steps = |seed| Schedule::of(seed, 1).take(500).collect::<Vec<_>>();
        assert_eq!(steps(7), steps(7));
        assert_ne!(steps(7), steps(8));
    }

    #[test]
    fn every_kind_comes_once_before_chance_decides() {
        for servers in [1, 3] {
            let all = kinds(servers).len();
            let drawn: BTreeSet<_> = Schedule::of(3, servers).take(all).map(|step| step.kind).collect();
            assert_eq!(drawn.len(), all);
        }
    }

    #[test]
    fn a_point_is_tripped_by_those_who_pass_it() {
        for step in Schedule::of(5, 1).take(2_000) {
            if let Fault::Trip { process, point: "stored", .. } = step.fault {
                assert_eq!(ROLES[process], "storer");
            }
        }
    }
}
