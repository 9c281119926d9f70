//! Engagement events: each is one activity, and each reply was counted once.

use std::collections::HashMap;

use proto::v1::EngagementKind;
use sqlx::{Connection as _, PgConnection, Row as _};

use super::Verdict;
use super::letters::Letter;
use crate::asked::Asked;
use crate::engaged::SOURCE;

pub(crate) async fn check(
    url: &str,
    asked: &Asked,
    letters: &[Letter],
    verdict: &mut Verdict,
) -> sqlx::Result<()> {
    let mut owner = PgConnection::connect(url).await?;
    let mut recorded: HashMap<String, i64> = HashMap::new();
    let sql = "SELECT event_id, count(*) FROM activities WHERE source = $1 GROUP BY event_id";
    for row in sqlx::query(sql).bind(SOURCE).fetch_all(&mut owner).await? {
        recorded.insert(row.get(0), row.get(1));
    }
    let mut replies = 0;
    for event in &asked.engagements {
        let died =
            letters.iter().any(|letter| letter.message.starts_with(&format!("engaged-{}-", event.event_id)));
        let times = recorded.get(&event.event_id).copied().unwrap_or(0);
        replies += i64::from(times > 0 && event.kind() == EngagementKind::Replied);
        match times {
            0 if !died => verdict.lost.push(format!("engagement {}", event.event_id)),
            0 | 1 => {}
            times => verdict.doubled.push(format!("engagement {}: recorded {times} times", event.event_id)),
        }
    }
    let counted: i64 = sqlx::query("SELECT coalesce(sum(replies), 0)::bigint FROM leads")
        .fetch_one(&mut owner)
        .await?
        .get(0);
    if counted != replies {
        verdict.wrong.push(format!("{counted} replies were counted, {replies} were recorded"));
    }
    Ok(())
}
