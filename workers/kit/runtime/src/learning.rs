//! Learning of one client as of a moment: how it is asked for, by somebody or because its time has come.

use crate::delivery::Delivery;
use crate::fault::{Cause, Fault, OrFault as _};
use crate::runtime::Runtime;
use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use proto::v1::LearnRequest;
use proto::{Outgoing, Subject, Token};
use std::collections::BTreeMap;
use uuid::Uuid;

/// The clocks of two machines may differ by so much.
const CLOCKS_DIFFER: TimeDelta = TimeDelta::minutes(5);

/// The message that has a worker learn of a client as of a moment; asking twice is harmless.
pub fn request(jobs: &'static str, client: Uuid, moment: DateTime<Utc>, asked_by: &str) -> Outgoing {
    let moment = moment.to_rfc3339_opts(SecondsFormat::Secs, true);
    let (client_id, id) = (client.to_string(), Token::squeezed(&moment));
    let request = LearnRequest { client_id, moment, asked_by: asked_by.to_owned() };
    Outgoing::job(jobs, Token::squeezed(&request.client_id), id, &request)
}

/// Of whom is to be learned, and as of when.
pub fn asked(request: &LearnRequest, delivery: &Delivery) -> Result<(Uuid, DateTime<Utc>), Fault> {
    let theirs = Token::squeezed(&request.client_id);
    if !matches!(&delivery.subject, Subject::Job { client, .. } if *client == theirs) {
        return Err(Fault::reject("invalid", "the request is for another client than its subject"));
    }
    let client = request.client_id.parse().or_reject_as("invalid")?;
    let moment = DateTime::parse_from_rfc3339(&request.moment).or_reject_as("invalid")?.to_utc();
    match too_late(moment, delivery.now()) {
        Some(why) => Err(Fault::reject("invalid", why)),
        None => Ok((client, moment)),
    }
}

/// Why nothing can be told or learned as of a moment, if so: what is learned of the future would stand in the way of all
/// that is learned until then.
pub fn too_late(moment: DateTime<Utc>, now: DateTime<Utc>) -> Option<String> {
    (moment > now + CLOCKS_DIFFER)
        .then(|| format!("{} lies in the future", moment.format("%Y-%m-%dT%H:%M:%SZ")))
}

/// Asks for what is due, once for each client and time, as long as the process runs.
#[derive(Debug)]
pub struct WhenDue {
    jobs: &'static str,
    asked: BTreeMap<Uuid, DateTime<Utc>>,
}

impl WhenDue {
    pub fn new(jobs: &'static str) -> Self {
        Self { jobs, asked: BTreeMap::new() }
    }

    /// Asks when less is known of a client than is `due`: a time that was missed is caught up with as soon as somebody
    /// looks. Processes that look at the same time ask under the same name, for the same moment.
    ///
    /// What goes wrong with one client is told and keeps no other from being learned of.
    pub async fn ask<E: Into<Cause>>(
        &mut self,
        runtime: &Runtime,
        (client, due): (Uuid, DateTime<Utc>),
        learned_at: impl Future<Output = Result<Option<DateTime<Utc>>, E>>,
    ) {
        if self.asked.get(&client) == Some(&due) {
            return;
        }
        let asked: Result<(), Cause> = async {
            if learned_at.await.map_err(Into::into)? < Some(due) {
                runtime.publish(&request(self.jobs, client, due, "schedule")).await?;
            }
            Ok(())
        }
        .await;
        match asked {
            Ok(()) => {
                self.asked.insert(client, due);
            }
            Err(error) => tracing::warn!(jobs = self.jobs, %client, %error, "could not ask for what is due"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_future_teaches_nothing() {
        let now: DateTime<Utc> = "2025-11-11T09:00:00Z".parse().unwrap();
        assert_eq!(too_late(now + TimeDelta::minutes(5), now), None);
        let late = too_late(now + TimeDelta::minutes(6), now);
        assert_eq!(late.as_deref(), Some("2025-11-11T09:06:00Z lies in the future"));
    }
}
