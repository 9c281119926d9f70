//! What must hold in the tables, whatever the order was.

use std::collections::BTreeSet;

use prospects::Recorded;
use tests::TestFleet;

use super::World;

impl World {
    /// Each event was applied once, and its second word was known.
    pub(super) fn check_words(&self) {
        for (event, words) in self.recorded.lock().unwrap().iter() {
            let applied = words.iter().filter(|word| **word == Recorded::Applied).count();
            assert!(words.len() == 2 && applied <= 1, "seed {}: {event}: {words:?}", self.seed);
        }
    }

    /// How many touches went out.
    pub(super) async fn check_rows(&self, fleet: &TestFleet) -> usize {
        let of = |sql: &str| sql.replace("$client", &format!("'{}'", self.client));
        let none = async |what: &str, sql: &str| {
            let found = fleet.texts(&of(sql)).await;
            assert!(found.is_empty(), "seed {}: {what}: {found:?}", self.seed);
        };
        none(
            "planned for a sequence that has ended",
            "SELECT t.id::text FROM touches t JOIN enrolments e ON (e.client_id, e.id) = (t.client_id, t.enrolment_id)
            WHERE t.client_id = $client AND t.state IN ('planned', 'due') AND e.state = 'stopped'",
        )
        .await;
        none(
            "in two sequences at a time",
            "SELECT lead_id::text FROM enrolments WHERE client_id = $client AND state NOT IN ('finished', 'stopped')
            GROUP BY lead_id HAVING count(*) > 1",
        )
        .await;
        none(
            "the state is not what its changes come to",
            "SELECT e.id::text FROM enrolments e WHERE e.client_id = $client AND e.state <> COALESCE((
                SELECT n.to_state FROM enrolment_transitions n WHERE (n.client_id, n.enrolment_id) = (e.client_id, e.id)
                ORDER BY n.id DESC LIMIT 1), 'enrolled')",
        )
        .await;
        none(
            "a change does not begin where the one before ended",
            "SELECT id::text FROM (SELECT id, from_state, lag(to_state, 1, 'enrolled')
                OVER (PARTITION BY enrolment_id ORDER BY id) AS before
                FROM enrolment_transitions WHERE client_id = $client) changes WHERE from_state <> before",
        )
        .await;
        none(
            "a step went out twice",
            "SELECT enrolment_id::text FROM activities WHERE client_id = $client AND action = 'sent'
            GROUP BY enrolment_id, step HAVING count(*) > 1",
        )
        .await;
        let erased = self.erased.lock().unwrap().clone();
        let kept: BTreeSet<String> = fleet
            .texts(&of("SELECT prospect_id FROM leads WHERE client_id = $client"))
            .await
            .into_iter()
            .collect();
        let back: Vec<&String> = kept.intersection(&erased).collect();
        assert!(back.is_empty(), "seed {}: they came back: {back:?}", self.seed);
        let sent = "SELECT touch_id::text FROM activities WHERE client_id = $client AND action = 'sent'";
        let known: BTreeSet<String> = fleet.texts(&of(sent)).await.into_iter().collect();
        for (touch, name) in self.sent.lock().unwrap().iter().filter(|(_, name)| !erased.contains(*name)) {
            assert!(known.contains(&touch.to_string()), "seed {}: {name}'s {touch} is lost", self.seed);
        }
        known.len()
    }
}
