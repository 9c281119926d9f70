//! Made prospects, and what outreach tools say of them.

use std::collections::BTreeSet;
use std::sync::Arc;

use chrono::{DateTime, NaiveDate, Utc};
use contractors::Contractors;
use conversion::Conversion;
use prospects::{Keys, NewProspect, Owner, PlannedTouch, Prospects, Scores};
use proto::v1::{Engagement, EngagementKind, ReplyIntent};
use proto::{Outgoing, Token};

use crate::fleet::TestFleet;
use crate::process::SECRET;

/// The user on whose behalf tests ask.
pub const USER: &str = "user123";

/// The client's owner, as the user of tests.
pub const OWNER: Owner<'static> = Owner { client: db::DEFAULT_CLIENT, user: Some(USER) };

impl TestFleet {
    /// What is done with prospects, with the key of the fleet's processes.
    pub async fn prospects(&self) -> Prospects {
        let keys = Keys::new(SECRET.as_bytes());
        let prospects = Prospects::new(self.db.clone(), keys, chrono_tz::America::New_York);
        prospects.add_user(OWNER.client, USER).await.unwrap();
        prospects
    }

    /// What scores leads, by the rules that hold where nothing else is said.
    pub fn scores(&self) -> Scores {
        Scores::new(self.db.clone(), Arc::new(als::Rules::defaults().unwrap()))
    }

    /// What is learned of conversions; nobody is anywhere but in UTC.
    pub fn conversion(&self) -> Conversion {
        Conversion::new(self.db.clone(), chrono_tz::UTC)
    }

    /// What is done with contractors, by the rules that hold where nothing else is said.
    pub fn contractors(&self) -> Contractors {
        Contractors::new(self.db.clone(), levels::Rules::defaults().unwrap())
    }

    /// Says what a tool says.
    pub async fn engaged(&self, event: &Engagement) {
        let key = Token::squeezed(&event.client_id);
        let id = format!("engagement:{}:{}:{}", event.client_id, event.source, event.event_id);
        self.broker.say(&Outgoing::event(Token::squeezed("engagement"), key, id, event)).await;
    }
}

/// Made people in all segments: two of five refer, two of five lead, one of five founds.
pub fn people(count: usize) -> Vec<NewProspect> {
    const STATES: [&str; 4] = ["NY", "AZ", "CA", "TX"];
    (0..count)
        .map(|number| {
            let (title, company) = match number % 5 {
                0 => ("Head of School", format!("Oak {number} Academy")),
                1 => ("Clinical Psychologist", format!("Calm {number} Practice")),
                2 => ("Chief Technology Officer", format!("Learn {number} EdTech")),
                3 => ("VP of Innovation", format!("Campus {number} Software")),
                _ => ("Founder", format!("Quiet {number}")),
            };
            NewProspect {
                prospect_id: Some(format!("prospect_{}", number + 1)),
                name: format!("Person {number}"),
                title: title.to_owned(),
                company,
                state: STATES[number % 4].to_owned(),
                email: format!("person{number}@example.com"),
                linkedin_url: format!("https://linkedin.example/in/person-{number}"),
                ..NewProspect::default()
            }
        })
        .collect()
}

/// What a tool says of a prospect.
pub fn event(prospect_id: &str, kind: EngagementKind, at: DateTime<Utc>) -> Engagement {
    Engagement {
        event_id: format!("{prospect_id}-{}-{}", kind.as_str_name(), at.timestamp()),
        client_id: OWNER.client.to_string(),
        source: "test".to_owned(),
        prospect_id: prospect_id.to_owned(),
        kind: kind.into(),
        occurred_at: at.to_rfc3339(),
        channel: "linkedin".to_owned(),
        ..Engagement::default()
    }
}

/// A reply that means something.
pub fn reply(prospect_id: &str, intent: ReplyIntent, at: DateTime<Utc>) -> Engagement {
    Engagement { intent: intent.into(), ..event(prospect_id, EngagementKind::Replied, at) }
}

/// A moment of a day, UTC.
pub fn at(date: NaiveDate, hour: u32) -> DateTime<Utc> {
    date.and_hms_opt(hour, 0, 0).unwrap().and_utc()
}

/// The prospects of touches.
pub fn names(touches: &[PlannedTouch]) -> BTreeSet<String> {
    touches.iter().map(|touch| touch.prospect_id.clone()).collect()
}
