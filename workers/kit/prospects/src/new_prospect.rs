//! A prospect as it comes in, and what can be wrong with it.

use crate::erasure::Somebody;
use crate::error::Wrong;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A prospect that somebody has discovered; what is not known is left out.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct NewProspect {
    /// The caller's name for it; made when there is none.
    #[schema(pattern = "^[A-Za-z0-9_-]{1,64}$", max_length = 64)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prospect_id: Option<String>,
    #[schema(required = true, max_length = 200, pattern = r"^[^\u0000]*[^\s\u0000][^\u0000]*$")]
    pub name: String,
    #[schema(max_length = 200)]
    pub title: String,
    #[schema(max_length = 200)]
    pub company: String,
    #[schema(max_length = 200)]
    pub industry: String,
    /// Headline, biography or notes.
    #[schema(max_length = 5000)]
    pub about: String,
    #[schema(max_length = 100)]
    pub city: String,
    #[schema(max_length = 100)]
    pub state: String,
    #[schema(max_length = 100)]
    pub country: String,
    /// IANA, such as America/Phoenix; that of the state when there is none, or one that is unknown.
    #[schema(max_length = 64)]
    pub time_zone: String,
    #[schema(max_length = 254, pattern = r"^\s*([^@\s\u0000]+@[^@\s\u0000]+)?\s*$")]
    pub email: String,
    #[schema(max_length = 40)]
    pub phone: String,
    #[schema(max_length = 500)]
    pub linkedin_url: String,
    #[schema(max_length = 500)]
    pub website: String,
    /// Engagement and presence, as whoever discovered it sees them.
    #[schema(minimum = 0, maximum = 100)]
    pub signal_strength: Option<f64>,
    /// Of the company.
    #[schema(minimum = 0)]
    pub employee_count: Option<i32>,
    /// Whether the person has begun in this role lately.
    pub is_new_role: Option<bool>,
    /// Whether the company looks for people.
    pub is_hiring: Option<bool>,
    pub recently_funded: Option<bool>,
    /// Where it was found.
    #[schema(max_length = 100)]
    pub source: String,
    #[schema(max_length = 100)]
    pub lawful_basis: String,
    pub collected_at: Option<DateTime<Utc>>,
}

impl NewProspect {
    pub(crate) fn somebody(&self) -> Somebody<'_> {
        let Self { name, company, email, phone, linkedin_url, .. } = self;
        Somebody { name, company, email, phone, linkedin_url }
    }

    pub(crate) fn zone(&self) -> Option<chrono_tz::Tz> {
        self.time_zone.trim().parse().ok()
    }

    pub(crate) fn warnings(&self) -> Vec<String> {
        let name = self.time_zone.trim();
        let unknown = !name.is_empty() && self.zone().is_none();
        unknown.then(|| format!("{name} is no IANA time zone, such as America/Phoenix")).into_iter().collect()
    }

    pub(crate) fn wrong(&self, place: usize) -> Vec<Wrong> {
        let mut wrong = Vec::new();
        let mut say = |field: &str, message: &str| {
            wrong.push(Wrong { field: format!("prospects[{place}].{field}"), message: message.to_owned() });
        };
        for (field, text, most) in [
            ("name", &self.name, 200),
            ("title", &self.title, 200),
            ("company", &self.company, 200),
            ("industry", &self.industry, 200),
            ("about", &self.about, 5000),
            ("city", &self.city, 100),
            ("state", &self.state, 100),
            ("country", &self.country, 100),
            ("time_zone", &self.time_zone, 64),
            ("email", &self.email, 254),
            ("phone", &self.phone, 40),
            ("linkedin_url", &self.linkedin_url, 500),
            ("website", &self.website, 500),
            ("source", &self.source, 100),
            ("lawful_basis", &self.lawful_basis, 100),
        ] {
            if text.chars().count() > most {
                say(field, &format!("has more than {most} characters"));
            }
            if text.contains('\0') {
                say(field, "contains a NUL character");
            }
        }
        if self.name.trim().is_empty() {
            say("name", "is missing");
        }
        let email = self.email.trim();
        if !email.is_empty()
            && !email.split_once('@').is_some_and(|(name, domain)| !name.is_empty() && !domain.is_empty())
        {
            say("email", "is no e-mail address");
        }
        if self.signal_strength.is_some_and(|signal| !(0.0..=100.0).contains(&signal)) {
            say("signal_strength", "is not from 0 to 100");
        }
        if self.employee_count.is_some_and(|count| count < 0) {
            say("employee_count", "is below 0");
        }
        if self.prospect_id.as_ref().is_some_and(|name| name.parse::<proto::Token>().is_err()) {
            say("prospect_id", "is not made of 1 to 64 letters, digits, - and _");
        }
        wrong
    }
}
