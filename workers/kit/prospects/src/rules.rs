//! What a client may set for its outreach: how many may be asked, when nobody is contacted, what content suits whom.

use crate::Prospects;
use audience::AudienceSegment;
use cadence::{Calendar, HARD_CAP};
use chrono::NaiveDate;
use std::fmt;
use std::str::FromStr;

pub use cadence::WEEKLY_CAP;

/// A client's own rules; those of everybody, as far as nothing is set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rules {
    /// Connection requests that any seven days hold.
    pub weekly_cap: u32,
    /// Days on which nobody is contacted, beside the federal holidays.
    pub holidays: Vec<NaiveDate>,
    /// Instead of the segment's own name.
    pub pillars: Vec<Pillar>,
}

impl Default for Rules {
    fn default() -> Self {
        Self { weekly_cap: WEEKLY_CAP, holidays: Vec::new(), pillars: Vec::new() }
    }
}

/// A content pillar of a segment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pillar {
    pub segment: AudienceSegment,
    pub name: String,
}

impl FromStr for Pillar {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (segment, name) =
            text.split_once('=').ok_or("write a pillar as SEGMENT=NAME, such as referral_network=schools")?;
        let name = name.trim();
        if name.is_empty() || name.chars().count() > 100 || name.chars().any(char::is_control) {
            return Err("a pillar has a name of 1 to 100 characters".to_owned());
        }
        Ok(Self { segment: segment.trim().parse()?, name: name.to_owned() })
    }
}

impl fmt::Display for Pillar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}={}", self.segment.name(), self.name)
    }
}

/// The pillars of each segment, in the segments' order.
pub(crate) fn pillars(set: &[Pillar]) -> [Vec<String>; 3] {
    AudienceSegment::ALL.map(|segment| {
        let names: Vec<String> =
            set.iter().filter(|pillar| pillar.segment == segment).map(|pillar| pillar.name.clone()).collect();
        if names.is_empty() { vec![own(segment).to_owned()] } else { names }
    })
}

fn own(segment: AudienceSegment) -> &'static str {
    match segment {
        AudienceSegment::ReferralNetwork => "referral",
        AudienceSegment::ThoughtLeadership => "thought_leadership",
        AudienceSegment::StealthFounder => "stealth_founder",
    }
}

impl Prospects {
    /// By these rules from now on. Nobody may ask for more than a hundred a week: networks restrict who does.
    pub fn by(mut self, rules: &Rules) -> Self {
        self.weekly_cap = rules.weekly_cap.clamp(1, HARD_CAP);
        self.calendar = Calendar::with(rules.holidays.iter().copied());
        self.pillars = pillars(&rules.pillars);
        self
    }

    /// Connection requests that any seven days hold.
    pub fn weekly_cap(&self) -> u32 {
        self.weekly_cap
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_pillar(text: &str, expected: Result<&str, &str>) {
        let read = text.parse::<Pillar>().map(|pillar| pillar.to_string());
        assert_eq!(read.as_deref().map_err(String::as_str), expected);
    }

    #[test]
    fn a_pillar_is_of_a_segment() {
        check_pillar("referral_network=schools", Ok("referral_network=schools"));
        check_pillar(" stealth_founder = building in public ", Ok("stealth_founder=building in public"));
        check_pillar("schools", Err("write a pillar as SEGMENT=NAME, such as referral_network=schools"));
        check_pillar("schools=a", Err("use referral_network, thought_leadership or stealth_founder"));
        check_pillar("referral_network= ", Err("a pillar has a name of 1 to 100 characters"));
    }

    #[test]
    fn pillars_that_are_set_take_the_place_of_a_segments_own() {
        let set = ["referral_network=schools", "referral_network=clinics"].map(|text| text.parse().unwrap());
        let expected = [vec!["schools", "clinics"], vec!["thought_leadership"], vec!["stealth_founder"]];
        assert_eq!(
            pillars(&set),
            expected.map(|names| names.into_iter().map(str::to_owned).collect::<Vec<_>>())
        );
    }
}
