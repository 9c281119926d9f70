//! What goes wrong, and when: drawn from a seed, so that the same seed does the same again.

use std::time::Duration;

use rand::rngs::StdRng;
use rand::seq::{IndexedRandom as _, SliceRandom as _};
use rand::{Rng as _, SeedableRng as _};

/// The processes of the fleet, by what they run. Two of a kind stand in for each other.
pub(crate) const ROLES: [&str; 16] = [
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
    "sweep",
];

/// Points of a process at which it can be made to die, and the roles that pass them.
const POINTS: [(&str, &[&str]); 7] = [
    ("begun", &[]),
    ("handled", &[]),
    ("before_publish", &[]),
    ("published", &[]),
    ("acked", &[]),
    ("answered", &["scorer", "templater"]),
    ("stored", &["storer"]),
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

/// How a kind of fault is drawn.
type Draw = fn(&mut StdRng) -> Fault;

/// Every kind of fault: its name, how often it is drawn, and how.
pub(crate) const KINDS: [(&str, u32, Draw); 19] = [
    ("kill -9 of a worker", 10, kill),
    ("kill -9 at a named point", 16, trip),
    ("pause of a worker beyond its lease", 6, pause),
    ("SIGTERM of a worker", 6, stop),
    ("kill -9 of nats-server", 4, kill_nats),
    ("kill -9 of Postgres", 4, kill_postgres),
    ("one worker's connections cut", 7, cut_one),
    ("all connections to a server cut", 3, cut_all),
    ("one worker's connections stalled", 5, stall_one),
    ("all connections to a server stalled", 2, stall_all),
    ("slow network", 2, slow),
    ("disk full", 3, fill_disk),
    ("duplicate message", 10, duplicate),
    ("messages out of order", 5, reorder),
    ("corrupt message", 12, corrupt),
    ("Claude out of order", 14, claude),
    ("Claude 429 storm", 3, claude_storm),
    ("Slack out of order", 7, slack),
    ("Slack 429 storm", 2, slack_storm),
];

/// The faults of a seed, without end.
#[derive(Debug)]
pub(crate) struct Schedule {
    dice: StdRng,
    /// Each kind once before chance decides.
    first: Vec<usize>,
}

/// A fault, and how long the fleet is left alone after it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Step {
    /// Index into `KINDS`.
    pub(crate) kind: usize,
    pub(crate) fault: Fault,
    pub(crate) calm: Duration,
}

impl Schedule {
    pub(crate) fn of(seed: u64) -> Self {
        let mut dice = StdRng::seed_from_u64(seed);
        let mut first: Vec<usize> = (0..KINDS.len()).collect();
        first.shuffle(&mut dice);
        Self { dice, first }
    }

    fn kind(&mut self) -> usize {
        self.first.pop().unwrap_or_else(|| {
            let total = KINDS.iter().map(|(_, weight, _)| weight).sum();
            let mut left = self.dice.random_range(0..total);
            KINDS
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
        let (_, _, draw) = KINDS.get(kind)?;
        let fault = draw(&mut self.dice);
        Some(Step { kind, fault, calm: millis(&mut self.dice, 100, 1_100) })
    }
}

fn kill(dice: &mut StdRng) -> Fault {
    Fault::Kill { process: any(dice) }
}

fn trip(dice: &mut StdRng) -> Fault {
    let (point, roles) = POINTS[dice.random_range(0..POINTS.len())];
    let process = if roles.is_empty() { any(dice) } else { of_roles(dice, roles) };
    Fault::Trip { process, point, nth: dice.random_range(1..=4) }
}

fn pause(dice: &mut StdRng) -> Fault {
    Fault::Pause { process: any(dice), time: millis(dice, 2_500, 6_000) }
}

fn stop(dice: &mut StdRng) -> Fault {
    Fault::Stop { process: any(dice) }
}

fn kill_nats(dice: &mut StdRng) -> Fault {
    Fault::KillNats { down: millis(dice, 0, 4_000) }
}

fn kill_postgres(dice: &mut StdRng) -> Fault {
    Fault::KillPostgres { down: millis(dice, 0, 6_000) }
}

fn cut_one(dice: &mut StdRng) -> Fault {
    let (process, server) = connection(dice);
    Fault::Network { whom: Whom::One(process), server, how: How::Cut }
}

fn cut_all(dice: &mut StdRng) -> Fault {
    let (_, server) = connection(dice);
    Fault::Network { whom: Whom::All, server, how: How::Cut }
}

fn stall_one(dice: &mut StdRng) -> Fault {
    let (process, server) = connection(dice);
    Fault::Network { whom: Whom::One(process), server, how: How::Stall(millis(dice, 500, 8_000)) }
}

fn stall_all(dice: &mut StdRng) -> Fault {
    let (_, server) = connection(dice);
    Fault::Network { whom: Whom::All, server, how: How::Stall(millis(dice, 500, 5_000)) }
}

fn slow(dice: &mut StdRng) -> Fault {
    let (_, server) = connection(dice);
    let how = How::Slow { each: millis(dice, 5, 60), time: millis(dice, 1_000, 6_000) };
    Fault::Network { whom: Whom::All, server, how }
}

fn fill_disk(dice: &mut StdRng) -> Fault {
    Fault::FillDisk { time: millis(dice, 1_000, 6_000) }
}

fn duplicate(dice: &mut StdRng) -> Fault {
    Fault::Duplicate { stream: stream(dice), place: dice.random() }
}

fn reorder(dice: &mut StdRng) -> Fault {
    Fault::Reorder { stream: stream(dice), place: dice.random() }
}

fn corrupt(dice: &mut StdRng) -> Fault {
    let damages =
        [Damage::RandomBytes, Damage::Truncated, Damage::UnknownEnum, Damage::WrongSchema, Damage::Oversized];
    Fault::Corrupt {
        damage: *pick(dice, &damages, &Damage::RandomBytes),
        target: dice.random_range(0..64),
        bytes: dice.random(),
    }
}

fn claude(dice: &mut StdRng) -> Fault {
    use ClaudeTrouble as T;
    let troubles = [
        T::Overloaded,
        T::ServerError,
        T::ProxyPage,
        T::WrongKey,
        T::HalfBody,
        T::Hang,
        T::Reset,
        T::Redirect,
        T::Refusal,
        T::NoJson,
        T::CutShort,
        T::Empty,
    ];
    Fault::Claude { trouble: *pick(dice, &troubles, &T::Hang), times: dice.random_range(1..=4) }
}

fn claude_storm(dice: &mut StdRng) -> Fault {
    Fault::Claude { trouble: ClaudeTrouble::RateLimit, times: dice.random_range(5..=20) }
}

fn slack(dice: &mut StdRng) -> Fault {
    use SlackTrouble as T;
    let troubles = [T::ServerError, T::Hang, T::NoAnswer, T::Redirect];
    Fault::Slack { trouble: *pick(dice, &troubles, &T::NoAnswer), times: dice.random_range(1..=2) }
}

fn slack_storm(dice: &mut StdRng) -> Fault {
    Fault::Slack { trouble: SlackTrouble::RateLimit, times: dice.random_range(3..=8) }
}

fn any(dice: &mut StdRng) -> usize {
    dice.random_range(0..ROLES.len())
}

fn of_roles(dice: &mut StdRng, roles: &[&str]) -> usize {
    let places: Vec<usize> = (0..ROLES.len()).filter(|place| roles.contains(&ROLES[*place])).collect();
    *pick(dice, &places, &0)
}

/// A process and a server that it talks to.
fn connection(dice: &mut StdRng) -> (usize, Server) {
    if dice.random_bool(0.6) {
        (any(dice), Server::Nats)
    } else {
        (of_roles(dice, &["loader", "storer"]), Server::Postgres)
    }
}

fn stream(dice: &mut StdRng) -> &'static str {
    use proto::subject::stream::{EVENTS, JOBS, RUN};
    [RUN, RUN, RUN, EVENTS, JOBS].choose(dice).copied().unwrap_or(RUN)
}

fn millis(dice: &mut StdRng, least: u64, most: u64) -> Duration {
    Duration::from_millis(dice.random_range(least..=most))
}

fn pick<'a, T>(dice: &mut StdRng, all: &'a [T], otherwise: &'a T) -> &'a T {
    all.choose(dice).unwrap_or(otherwise)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn the_same_seed_does_the_same_again() {
        let steps = |seed| Schedule::of(seed).take(500).collect::<Vec<_>>();
        assert_eq!(steps(7), steps(7));
        assert_ne!(steps(7), steps(8));
    }

    #[test]
    fn every_kind_comes_once_before_chance_decides() {
        let kinds: BTreeSet<usize> = Schedule::of(3).take(KINDS.len()).map(|step| step.kind).collect();
        assert_eq!(kinds.len(), KINDS.len());
    }

    #[test]
    fn a_point_is_tripped_by_those_who_pass_it() {
        for step in Schedule::of(5).take(2_000) {
            if let Fault::Trip { process, point: "stored", .. } = step.fault {
                assert_eq!(ROLES[process], "storer");
            }
        }
    }
}
