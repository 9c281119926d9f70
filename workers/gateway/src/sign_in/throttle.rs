//! How often one may try to sign in: with the same address, and from the same place.

use crate::config::Config;
use axum::http::HeaderMap;
use governor::clock::{Clock as _, DefaultClock};
use governor::{DefaultDirectRateLimiter, DefaultKeyedRateLimiter, Quota};
use std::hash::Hash;
use std::net::{IpAddr, Ipv6Addr};
use std::num::NonZeroU32;
use std::time::Duration;

/// Tries a minute with one address of a person from one place: whoever guesses elsewhere does not lock the person out.
const OF_NAME_FROM_PLACE: NonZeroU32 = NonZeroU32::new(5).unwrap();
/// Tries a minute with one address of a person from all places together: who has many machines guesses no faster.
const OF_NAME: NonZeroU32 = NonZeroU32::new(60).unwrap();
/// Tries a minute from one address of a machine.
const OF_PLACE: NonZeroU32 = NonZeroU32::new(20).unwrap();
/// Failures a minute that are written down for long, and at once: the audit has room for as many in a year, and must
/// not be filled by whoever likes.
const KEPT: NonZeroU32 = NonZeroU32::new(1).unwrap();
const KEPT_AT_ONCE: NonZeroU32 = NonZeroU32::new(100).unwrap();
/// So many counters are kept before those that are full again are let go.
const COUNTERS: usize = 10_000;

pub(super) struct Throttle {
    names: DefaultKeyedRateLimiter<[u8; 32]>,
    names_from_places: DefaultKeyedRateLimiter<([u8; 32], IpAddr)>,
    places: DefaultKeyedRateLimiter<IpAddr>,
    failures: DefaultDirectRateLimiter,
    clock: DefaultClock,
}

impl Default for Throttle {
    fn default() -> Self {
        Self {
            names: DefaultKeyedRateLimiter::keyed(Quota::per_minute(OF_NAME)),
            names_from_places: DefaultKeyedRateLimiter::keyed(Quota::per_minute(OF_NAME_FROM_PLACE)),
            places: DefaultKeyedRateLimiter::keyed(Quota::per_minute(OF_PLACE)),
            failures: DefaultDirectRateLimiter::direct(Quota::per_minute(KEPT).allow_burst(KEPT_AT_ONCE)),
            clock: DefaultClock::default(),
        }
    }
}

impl Throttle {
    /// Counts a try from a place with the hash of an address of a person; else says how long to wait.
    pub(super) fn count(&self, place: IpAddr, name: [u8; 32]) -> Result<(), Duration> {
        self.take(&self.places, &place)?;
        self.take(&self.names_from_places, &(name, place))?;
        self.take(&self.names, &name)
    }

    /// Whether one more failure is written down.
    pub(super) fn keeps_failure(&self) -> bool {
        self.failures.check().is_ok()
    }

    fn take<K: Hash + Eq + Clone>(&self, all: &DefaultKeyedRateLimiter<K>, key: &K) -> Result<(), Duration> {
        if all.len() >= COUNTERS {
            all.retain_recent();
        }
        all.check_key(key).map_err(|until| until.wait_time_from(self.clock.now()))
    }
}

/// Where a request comes from: of long addresses the network, in which one machine has all. Servers before the gateway
/// that are trusted say who came to them; whoever else says so is not believed.
pub(super) fn place(config: &Config, headers: &HeaderMap, peer: IpAddr) -> IpAddr {
    let told: Vec<&str> = headers
        .get_all("x-forwarded-for")
        .iter()
        .flat_map(|value| value.to_str().unwrap_or("?").split(','))
        .collect();
    let mut place = peer.to_canonical();
    // The nearest stands last; what cannot be read ends the way.
    for told in told.into_iter().rev().map(|told| told.trim().parse::<IpAddr>()) {
        match told {
            Ok(next) if config.trusts(place) => place = next.to_canonical(),
            _ => break,
        }
    }
    match place {
        IpAddr::V6(address) => Ipv6Addr::from(u128::from(address) >> 64 << 64).into(),
        address => address,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Parser)]
    struct Flags {
        #[command(flatten)]
        gateway: Config,
    }

    #[track_caller]
    fn check(flags: &[&str], forwarded: &[&str], peer: &str, expected: &str) {
        let config = Flags::parse_from(["gateway"].iter().chain(flags)).gateway;
        let mut headers = HeaderMap::new();
        for value in forwarded {
            headers.append("x-forwarded-for", value.parse().unwrap());
        }
        assert_eq!(place(&config, &headers, peer.parse().unwrap()), expected.parse::<IpAddr>().unwrap());
    }

    #[test]
    fn a_place_is_what_cannot_be_changed_at_will() {
        check(&[], &[], "192.0.2.1", "192.0.2.1");
        check(&[], &["198.51.100.7"], "192.0.2.1", "192.0.2.1");
        check(&[], &["198.51.100.7", "203.0.113.1, 203.0.113.9"], "127.0.0.1", "203.0.113.9");
        check(&[], &["nonsense"], "127.0.0.1", "127.0.0.1");
        check(&[], &["203.0.113.9, nonsense"], "127.0.0.1", "127.0.0.1");
        check(&[], &[], "2001:db8:1:2:3:4:5:6", "2001:db8:1:2::");
        check(&[], &[], "::ffff:192.0.2.1", "192.0.2.1");
        let proxies = ["--gateway-trusted-proxies", "10.0.0.0/8,192.0.2.1"];
        check(&proxies, &["203.0.113.9, 198.51.100.7, 10.1.2.3"], "::ffff:192.0.2.1", "198.51.100.7");
        check(&proxies, &["203.0.113.9"], "192.0.2.2", "192.0.2.2");
        check(&proxies, &["203.0.113.9"], "127.0.0.1", "127.0.0.1");
    }

    #[test]
    fn who_guesses_from_elsewhere_does_not_lock_a_person_out() {
        let throttle = Throttle::default();
        let (guesser, person) = ("192.0.2.1".parse().unwrap(), "192.0.2.2".parse().unwrap());
        let tries = (0..20).filter(|_| throttle.count(guesser, [7; 32]).is_ok()).count();
        assert!((5..20).contains(&tries), "{tries}");
        assert_eq!(throttle.count(person, [7; 32]), Ok(()));
        let everywhere =
            (0..200u8).filter(|last| throttle.count([198, 51, 100, *last].into(), [7; 32]).is_ok()).count();
        assert!((50..70).contains(&everywhere), "{everywhere}");
    }
}
