//! The tools whose webhooks are understood.

use std::fmt;
use std::str::FromStr;

/// A tool that reports by webhook.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Source {
    SendGrid,
    Mailgun,
    Postmark,
    /// Amazon SES, whose events come through Amazon SNS.
    Ses,
    HubSpot,
    Instantly,
    Smartlead,
    Lemlist,
    Calendly,
    CalCom,
    /// Text messages.
    Twilio,
    Slack,
    /// Whoever signs as Standard Webhooks or Svix do.
    Standard,
}

impl Source {
    pub const ALL: [Self; 13] = [
        Self::SendGrid,
        Self::Mailgun,
        Self::Postmark,
        Self::Ses,
        Self::HubSpot,
        Self::Instantly,
        Self::Smartlead,
        Self::Lemlist,
        Self::Calendly,
        Self::CalCom,
        Self::Twilio,
        Self::Slack,
        Self::Standard,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Self::SendGrid => "sendgrid",
            Self::Mailgun => "mailgun",
            Self::Postmark => "postmark",
            Self::Ses => "ses",
            Self::HubSpot => "hubspot",
            Self::Instantly => "instantly",
            Self::Smartlead => "smartlead",
            Self::Lemlist => "lemlist",
            Self::Calendly => "calendly",
            Self::CalCom => "calcom",
            Self::Twilio => "twilio",
            Self::Slack => "slack",
            Self::Standard => "standard",
        }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

/// No tool has this name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown webhook source, use one of {}", Source::ALL.map(Source::name).join(", "))]
pub struct UnknownSource;

impl FromStr for Source {
    type Err = UnknownSource;

    fn from_str(name: &str) -> Result<Self, UnknownSource> {
        Self::ALL.into_iter().find(|source| source.name() == name).ok_or(UnknownSource)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_leads_back_to_its_source() {
        for source in Source::ALL {
            assert_eq!(source.name().parse(), Ok(source));
        }
        assert_eq!("apollo".parse::<Source>(), Err(UnknownSource));
        assert!(UnknownSource.to_string().ends_with("twilio, slack, standard"));
    }
}
