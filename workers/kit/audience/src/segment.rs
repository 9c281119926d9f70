//! The audience segment of a prospect, decided by words and never by a quota (OE 21, X39, X94).

use crate::profile::Profile;
use crate::words::Words;
use serde::{Deserialize, Serialize};

/// The three audiences (OE-002 to OE-005).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AudienceSegment {
    /// Private school administrators, mental health, referral network.
    ReferralNetwork,
    /// Leaders in educational technology and artificial intelligence.
    ThoughtLeadership,
    /// Stealth founders and early adopters.
    StealthFounder,
}

/// A word that decided, and the field it stands in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Match {
    pub word: String,
    pub field: String,
}

/// A segment and how it was decided.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Assigned {
    pub segment: AudienceSegment,
    /// Name of the rule.
    pub rule: &'static str,
    pub words: Vec<Match>,
    /// No word speaks for it: it is where those go that are not known well.
    pub low_confidence: bool,
}

/// In the order in which they are asked.
const RULES: [(&str, AudienceSegment, &[&str]); 3] = [
    (
        "founder-words",
        AudienceSegment::StealthFounder,
        &[
            "stealth",
            "founder",
            "founders",
            "cofounder",
            "co-founder",
            "founding partner",
            "early adopter",
            "entrepreneur",
            "serial entrepreneur",
            "startup",
            "start-up",
            "pre-seed",
            "building in public",
        ],
    ),
    (
        "referral-words",
        AudienceSegment::ReferralNetwork,
        &[
            "private school",
            "independent school",
            "boarding school",
            "day school",
            "head of school",
            "headmaster",
            "headmistress",
            "principal",
            "dean of students",
            "admissions",
            "school counselor",
            "guidance counselor",
            "counselor",
            "counselling",
            "counseling",
            "learning specialist",
            "educational consultant",
            "mental health",
            "behavioral health",
            "therapist",
            "therapy",
            "psychologist",
            "psychology",
            "psychiatrist",
            "psychiatry",
            "social worker",
            "lcsw",
            "lmft",
            "clinical director",
            "treatment center",
            "case manager",
            "referral",
            "referrals",
            "referral network",
            "pediatrician",
        ],
    ),
    (
        "thought-words",
        AudienceSegment::ThoughtLeadership,
        &[
            "edtech",
            "ed-tech",
            "education technology",
            "ai",
            "artificial intelligence",
            "machine learning",
            "learning platform",
            "lms",
            "innovation",
            "instructional technology",
            "digital learning",
            "chief technology officer",
            "cto",
            "chief product officer",
            "chief innovation officer",
            "keynote",
            "speaker",
            "author",
            "researcher",
            "professor",
            "superintendent",
            "curriculum",
        ],
    ),
];

impl AudienceSegment {
    pub const ALL: [Self; 3] = [Self::ReferralNetwork, Self::ThoughtLeadership, Self::StealthFounder];

    pub fn name(self) -> &'static str {
        match self {
            Self::ReferralNetwork => "referral_network",
            Self::ThoughtLeadership => "thought_leadership",
            Self::StealthFounder => "stealth_founder",
        }
    }

    /// Its place in weekly quotas.
    pub fn place(self) -> usize {
        self as usize
    }
}

impl std::str::FromStr for AudienceSegment {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL
            .into_iter()
            .find(|segment| segment.name() == text)
            .ok_or_else(|| "use referral_network, thought_leadership or stealth_founder".to_owned())
    }
}

/// Decides the segment: words of founders first, then those of referral, then those of thought leadership, where
/// everybody goes whom no word places.
pub fn assign(profile: &Profile) -> Assigned {
    let words = Words::of(profile);
    for (rule, segment, phrases) in RULES {
        let found: Vec<Match> = phrases
            .iter()
            .filter_map(|phrase| {
                let field = words.find(phrase)?;
                Some(Match { word: (*phrase).to_owned(), field: field.to_owned() })
            })
            .collect();
        if !found.is_empty() {
            return Assigned { segment, rule, words: found, low_confidence: false };
        }
    }
    Assigned {
        segment: AudienceSegment::ThoughtLeadership,
        rule: "default",
        words: Vec::new(),
        low_confidence: true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(title: &str, company: &str, expected: &str, rule: &str) {
        let profile = Profile { title: title.into(), company: company.into(), ..Profile::default() };
        let assigned = assign(&profile);
        assert_eq!((assigned.segment.name(), assigned.rule), (expected, rule), "{:?}", assigned.words);
    }

    #[test]
    fn words_decide_in_their_order() {
        check("Head of School", "Oak Hill Academy", "referral_network", "referral-words");
        check("Clinical Psychologist", "Bright Minds", "referral_network", "referral-words");
        check("VP Product", "EdTech Labs", "thought_leadership", "thought-words");
        check("Founder", "Stealth", "stealth_founder", "founder-words");
        // Founders come first even where other words stand too.
        check("Founder & Therapist", "Calm", "stealth_founder", "founder-words");
    }

    #[test]
    fn a_word_inside_a_word_decides_nothing() {
        check("Board Chair", "Main Street", "thought_leadership", "default");
        check("Principality Guide", "Monaco", "thought_leadership", "default");
    }

    #[test]
    fn the_words_that_decided_are_told_with_their_field() {
        let profile = Profile { title: "CTO".into(), about: "On AI in schools".into(), ..Profile::default() };
        let words = assign(&profile).words;
        let found: Vec<(&str, &str)> =
            words.iter().map(|found| (found.word.as_str(), found.field.as_str())).collect();
        assert_eq!(found, [("ai", "about"), ("cto", "title")]);
    }

    #[test]
    fn nobody_known_is_told_so() {
        assert!(assign(&Profile::default()).low_confidence);
    }

    #[test]
    fn a_segment_keeps_its_name() {
        for segment in AudienceSegment::ALL {
            assert_eq!(segment.name().parse(), Ok(segment));
            assert_eq!(serde_json::to_value(segment).unwrap(), segment.name());
        }
    }
}
