//! What is known of a lead and its company, as far as the score looks at it.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// An empty text and a missing value are not known.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Facts {
    pub title: String,
    pub company: String,
    pub industry: String,
    pub city: String,
    pub state: String,
    pub country: String,
    pub email: String,
    pub phone: String,
    pub linkedin_url: String,
    pub website: String,
    pub employee_count: Option<i32>,
    pub is_new_role: Option<bool>,
    pub is_hiring: Option<bool>,
    pub recently_funded: Option<bool>,
    /// 0 to 100.
    pub signal_strength: Option<f64>,
    /// A message to it could not be delivered.
    pub bounced: bool,
    /// It asked for no more, or complained.
    pub unsubscribed: bool,
}

/// Facts to put in the place of what is known; what is left out stays.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Changes {
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 200)]
    pub title: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 200)]
    pub company: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 200)]
    pub industry: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 100)]
    pub city: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 100)]
    pub state: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 100)]
    pub country: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 254)]
    pub email: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 40)]
    pub phone: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 500)]
    pub linkedin_url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 500)]
    pub website: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 0)]
    pub employee_count: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub is_new_role: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub is_hiring: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recently_funded: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 0, maximum = 100)]
    pub signal_strength: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bounced: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unsubscribed: Option<bool>,
}

impl Facts {
    /// The same lead with other facts.
    ///
    /// # Errors
    /// None in practice: both are plain JSON, and the names of the changes are those of the facts.
    pub fn with(&self, changes: &Changes) -> Result<Self, serde_json::Error> {
        let mut facts = serde_json::to_value(self)?;
        if let (Some(facts), Some(changes)) =
            (facts.as_object_mut(), serde_json::to_value(changes)?.as_object_mut())
        {
            facts.append(changes);
        }
        serde_json::from_value(facts)
    }

    /// One `@` with something on both sides, a dot behind it, and nothing that would break it.
    pub(crate) fn has_valid_email(&self) -> bool {
        let Some((name, domain)) = self.email.trim().split_once('@') else { return false };
        let sound = |part: &str| {
            !part.is_empty() && !part.contains('@') && !part.contains(|c: char| c.is_whitespace() || c == ',')
        };
        sound(name)
            && sound(domain)
            && domain.split('.').count() > 1
            && domain.split('.').all(|label| !label.is_empty())
    }

    /// Seven digits or more: less is an extension.
    pub(crate) fn has_valid_phone(&self) -> bool {
        self.phone.chars().filter(char::is_ascii_digit).count() >= 7
    }
}
