//! Decision makers: written, but for those who were forgotten on request.

use ::prospects::Somebody;
use db::imports::{self, Counts, DecisionMaker};

use super::Writer;
use crate::exit::Failure;
use crate::outreach;

pub(super) async fn write(writer: &mut Writer<'_>, rows: &[DecisionMaker]) -> Result<Counts, Failure> {
    let now = writer.now;
    // Where nobody was ever forgotten, the key of the hashes is not needed.
    if !db::suppressions::any_forgotten(writer.tx().await?).await? {
        return Ok(imports::decision_makers(writer.tx().await?, rows, now).await?);
    }
    let prospects = outreach::prospects(writer.settings).await?;
    let people: Vec<Somebody<'_>> = rows.iter().map(somebody).collect();
    let erased = prospects.were_erased(writer.client, &people).await?;
    let kept = rows.iter().zip(&erased).filter(|(_, erased)| !**erased);
    let kept: Vec<DecisionMaker> = kept.map(|(row, _)| row.clone()).collect();
    let written = imports::decision_makers(writer.tx().await?, &kept, now).await?;
    Ok(Counts { erased: (rows.len() - kept.len()) as u64, ..written })
}

fn somebody(row: &DecisionMaker) -> Somebody<'_> {
    Somebody {
        name: &row.name,
        company: row.company_name.as_deref().unwrap_or_default(),
        email: row.email.as_deref().unwrap_or_default(),
        phone: row.phone.as_deref().unwrap_or_default(),
        linkedin_url: row.linkedin_url.as_deref().unwrap_or_default(),
    }
}
