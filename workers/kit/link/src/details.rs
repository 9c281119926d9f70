//! What a record says beside its name, parsed into comparable values.

use crate::Record;
use crate::address::{self, Address};
use crate::normalise::fold;
use crate::state;
use crate::vocabulary::hash;

/// Zero and empty mean "not given".
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Details {
    pub(crate) address: Address,
    pub(crate) city: String,
    pub(crate) state: [u8; 2],
    pub(crate) phone: u64,
    pub(crate) domain: String,
}

impl Details {
    /// `None` when the record has a name only.
    pub(crate) fn read(record: &Record<'_>) -> Option<Details> {
        let details = Details {
            address: record.address.map(address::read).unwrap_or_default(),
            city: record.city.map(city).unwrap_or_default(),
            state: record.state.and_then(state::code).unwrap_or_default(),
            phone: record.phone.map(phone).unwrap_or_default(),
            domain: record.domain.map(domain).unwrap_or_default(),
        };
        (details != Details::default()).then_some(details)
    }
}

/// Details as far as a quick look needs them, side by side for all rows: of texts a hash. Zero means "not given".
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Brief {
    phone: u64,
    number: u32,
    city: u32,
    domain: u32,
    state: [u8; 2],
}

impl Brief {
    pub(crate) fn of(details: &Details) -> Brief {
        let short = |text: &str| if text.is_empty() { 0 } else { (hash(text) >> 32) as u32 | 1 };
        Brief {
            phone: details.phone,
            number: details.address.number,
            city: short(&details.city),
            domain: short(&details.domain),
            state: details.state,
        }
    }

    /// The same order of magnitude as [`crate::points::compare`], for the price of a few comparisons.
    pub(crate) fn compare(&self, other: &Brief) -> f32 {
        let mut points = 0.0;
        if self.phone > 0
            && local_phone(self.phone) == local_phone(other.phone)
            && same_phone(self.phone, other.phone)
        {
            points += 2.5;
        }
        if self.number > 0 && self.number == other.number {
            points += 4.0;
        }
        if self.domain > 0 && self.domain == other.domain {
            points += 3.0;
        }
        if self.city > 0 && self.city == other.city {
            points += 3.0;
        }
        if self.state != [0; 2] && other.state != [0; 2] && self.state != other.state {
            points -= 30.0;
        }
        points
    }
}

fn city(text: &str) -> String {
    let mut folded = String::new();
    fold(text, &mut folded);
    let words: Vec<&str> = folded
        .split_ascii_whitespace()
        .map(|word| match word {
            "saint" => "st",
            "mount" => "mt",
            "fort" => "ft",
            other => other,
        })
        .collect();
    words.join(" ")
}

/// The last ten digits, or the seven of a local number.
fn phone(text: &str) -> u64 {
    let digits: Vec<u8> = text.bytes().filter(u8::is_ascii_digit).map(|b| b - b'0').collect();
    let digits = match digits.as_slice() {
        [1, rest @ ..] if rest.len() >= 10 => &rest[..10],
        long if long.len() >= 10 => &long[..10],
        local if local.len() == 7 => local,
        _ => return 0,
    };
    // 0000000 and 9999999 stand for "unknown" in many exports.
    if digits.iter().all(|d| *d == digits[0]) {
        return 0;
    }
    digits.iter().fold(0, |number, digit| number * 10 + u64::from(*digit))
}

const LOCAL: u64 = 10_000_000;

/// A number without area code equals any number that ends in it.
pub(crate) fn same_phone(a: u64, b: u64) -> bool {
    if a < LOCAL || b < LOCAL { a % LOCAL == b % LOCAL } else { a == b }
}

pub(crate) fn local_phone(phone: u64) -> u64 {
    phone % LOCAL
}

/// The host of a website or of an e-mail address, unless thousands of organisations share it.
fn domain(text: &str) -> String {
    let text = text.trim().to_ascii_lowercase();
    let host = text.split_once("://").map_or(text.as_str(), |(_, rest)| rest);
    let host = host.rsplit_once('@').map_or(host, |(_, rest)| rest);
    let host = host.split(['/', '?', '#', ':']).next().unwrap_or_default();
    let host = host.strip_prefix("www.").unwrap_or(host);
    if !host.contains('.') || is_shared(host) { String::new() } else { host.to_owned() }
}

fn is_shared(host: &str) -> bool {
    [
        "gmail.com",
        "googlemail.com",
        "yahoo.com",
        "hotmail.com",
        "outlook.com",
        "aol.com",
        "icloud.com",
        "live.com",
        "msn.com",
        "comcast.net",
        "att.net",
        "sbcglobal.net",
        "verizon.net",
        "facebook.com",
        "instagram.com",
        "linkedin.com",
        "twitter.com",
        "x.com",
        "yelp.com",
        "google.com",
        "business.site",
        "wixsite.com",
        "weebly.com",
        "squarespace.com",
        "wordpress.com",
        "godaddysites.com",
        "linktr.ee",
    ]
    .iter()
    .any(|shared| host.strip_suffix(shared).is_some_and(|rest| rest.is_empty() || rest.ends_with('.')))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn same(a: &str, b: &str, expected: bool) {
        assert_eq!(same_phone(phone(a), phone(b)), expected);
    }

    #[test]
    fn phones_compare_by_digits() {
        same("(312) 555-0148", "+1 312.555.0148", true);
        same("312/555 -0148", "312-555-0149", false);
    }
    #[test]
    fn a_local_number_equals_the_long_one() {
        same("555-0148", "312-555-0148", true);
    }
    #[test]
    fn extensions_do_not_count() {
        same("312-555-0148 ext 12", "3125550148", true);
    }
    #[test]
    fn a_number_of_one_digit_is_unknown() {
        assert_eq!(phone("000-000-0000"), 0);
    }
    #[test]
    fn a_domain_is_the_host() {
        assert_eq!(domain("https://www.Oak.example/about?x=1"), "oak.example");
        assert_eq!(domain("ann@oak.example"), "oak.example");
    }
    #[test]
    fn hosts_of_everybody_are_no_domain() {
        assert_eq!(domain("ann@gmail.com"), "");
        assert_eq!(domain("oak.business.site"), "");
        assert_eq!(domain("https://facebook.com/oak"), "");
    }
    #[test]
    fn cities_fold() {
        assert_eq!(city("Saint  Paul"), "st paul");
    }
}
