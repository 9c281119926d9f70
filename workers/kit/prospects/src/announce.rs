//! What is said on the stream of events of leads that came or changed: ids, and nothing about a person.

use crate::intake::{LeadVersion, TakenIn};
use db::Uuid;
use db::scores::Unscored;
use proto::v1::LeadChanged;
use proto::{Outgoing, Token, kind};
use sha2::{Digest as _, Sha256};

/// Leads of one message.
const AT_ONCE: usize = 500;

/// What to say of prospects that were taken in.
pub fn of_taken(client: Uuid, taken: &[TakenIn]) -> Vec<Outgoing> {
    let of = |created: bool| {
        taken.iter().filter(move |taken| (taken.outcome == "created") == created).filter_map(|one| one.lead)
    };
    both(client, of(true).collect(), of(false).collect())
}

/// What to say of leads that nobody has scored as they are now.
pub fn of_missed(client: Uuid, missed: &[Unscored]) -> Vec<Outgoing> {
    let of = |before: bool| {
        let like = missed.iter().filter(move |missed| missed.scored_before == before);
        like.map(|missed| LeadVersion { id: missed.id, written_at: missed.updated_at }).collect()
    };
    both(client, of(false), of(true))
}

fn both(client: Uuid, created: Vec<LeadVersion>, updated: Vec<LeadVersion>) -> Vec<Outgoing> {
    let mut messages = announce_leads(client, kind::LEAD_CREATED, created);
    messages.extend(announce_leads(client, kind::LEAD_UPDATED, updated));
    messages
}

/// Each lead once; the same leads as they were written at the same time are the same messages.
fn announce_leads(client: Uuid, kind: &str, mut leads: Vec<LeadVersion>) -> Vec<Outgoing> {
    leads.sort_unstable_by_key(|lead| lead.id);
    leads.dedup_by_key(|lead| lead.id);
    leads.chunks(AT_ONCE).map(|some| message(client, kind, some)).collect()
}

fn message(client: Uuid, kind: &str, leads: &[LeadVersion]) -> Outgoing {
    let mut digest = Sha256::new();
    for lead in leads {
        digest.update(lead.id.as_bytes());
        digest.update(lead.written_at.timestamp_micros().to_be_bytes());
    }
    let digest: String = digest.finalize().iter().take(12).map(|byte| format!("{byte:02x}")).collect();
    let lead_ids = leads.iter().map(|lead| lead.id.to_string()).collect();
    let said = LeadChanged { client_id: client.to_string(), lead_ids };
    let id = format!("{kind}:{client}:{digest}");
    Outgoing::event(Token::squeezed(kind), Token::squeezed(&client.to_string()), id, &said)
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::DateTime;

    fn lead(id: u128, second: i64) -> LeadVersion {
        LeadVersion { id: Uuid::from_u128(id), written_at: DateTime::from_timestamp(second, 0).unwrap() }
    }

    fn ids(leads: &[LeadVersion]) -> Vec<String> {
        let said = announce_leads(Uuid::nil(), kind::LEAD_UPDATED, leads.to_vec());
        said.iter().map(|message| message.id(0)).collect()
    }

    #[test]
    fn the_same_change_is_said_once() {
        assert_eq!(ids(&[lead(1, 5), lead(2, 5)]), ids(&[lead(2, 5), lead(1, 5), lead(1, 5)]));
        assert_ne!(ids(&[lead(1, 5)]), ids(&[lead(1, 6)]));
        assert_ne!(ids(&[lead(1, 5)]), ids(&[lead(2, 5)]));
        assert_eq!(ids(&[]), Vec::<String>::new());
    }

    #[test]
    fn many_leads_are_several_messages() {
        let many: Vec<LeadVersion> = (0..501).map(|id| lead(id, 1)).collect();
        assert_eq!(ids(&many).len(), 2);
    }
}
