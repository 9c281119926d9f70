//! How long a message may be: as long as those that book, where that is proven, else as usual.

use crate::filling::filled;
use patterns::Proven;

/// A text message has no more.
const LONGEST_TEXT: usize = 160;

/// How long a body may be, in words; text messages in characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Length {
    pub(super) least: usize,
    pub(super) most: usize,
    pub(super) unit: Unit,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unit {
    Words,
    Characters,
}

impl Unit {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Words => "words",
            Self::Characters => "characters",
        }
    }
}

/// The length for a channel.
pub(super) fn of(channel: &str, proven: &Proven) -> Length {
    let learned = proven.what.as_ref().map(|what| &what.optimal_length);
    let learned = learned.and_then(|lengths| match channel {
        "email" => lengths.email.as_ref(),
        "linkedin" => lengths.linkedin.as_ref(),
        "sms" => lengths.sms.as_ref(),
        _ => None,
    });
    let unit = if channel == "sms" { Unit::Characters } else { Unit::Words };
    let usual = match channel {
        "email" => (25, 125),
        "sms" => (30, LONGEST_TEXT),
        "voice" => (20, 90),
        _ => (15, 80),
    };
    let size = |size: u32| usize::try_from(size).unwrap_or(usize::MAX);
    let (least, most) = learned.map_or(usual, |length| (size(length.range_min), size(length.range_max)));
    let most = if unit == Unit::Characters { most.min(LONGEST_TEXT) } else { most };
    Length { least: least.min(most), most, unit }
}

impl Length {
    /// How long a text is in that unit once names are filled in.
    pub(super) fn measure(self, text: &str) -> usize {
        match self.unit {
            Unit::Words => text.split_whitespace().count(),
            Unit::Characters => filled(text).chars().count(),
        }
    }

    pub(super) fn fits(self, text: &str) -> bool {
        (self.least..=self.most).contains(&self.measure(text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proven_length_takes_the_place_of_the_usual_one() {
        let proven = Proven::read(&crate::tests::patterns("leads")).unwrap();
        let found = |channel: &str, proven: &Proven| {
            let Length { least, most, unit } = of(channel, proven);
            (least, most, unit)
        };
        assert_eq!(found("email", &proven), (50, 100, Unit::Words));
        assert_eq!(found("email", &Proven::default()), (25, 125, Unit::Words));
        assert_eq!(found("linkedin", &proven), (15, 80, Unit::Words));
        assert_eq!(found("sms", &proven), (30, 160, Unit::Characters));
    }

    #[test]
    fn a_text_message_is_measured_with_names_in_it() {
        let sms = of("sms", &Proven::default());
        let text = |more: usize| format!("Hi {{first_name}} of {{company}}, {}", "x".repeat(more));
        assert!(sms.fits(&text(90)) && !sms.fits(&text(120)));
        assert!(text(120).chars().count() < 160);
    }
}
