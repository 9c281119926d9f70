//! Leads: prospects with what became of them before.

use ::prospects::{History, NewLead};
use als::Components;
use chrono::{DateTime, Utc};
use db::imports::Counts;

use super::Writer;
use super::columns::{Column, optional};
use super::prospects::{self, count_taken, prospect, stopped};
use super::row::{Row, shown};
use crate::exit::Failure;
use crate::outreach;

const HISTORY: [Column; 3] = [
    optional("status", &["lead_status"]),
    optional("converted_at", &["booked_at"]),
    optional("als_components", &["components"]),
];

const ALL: usize = prospects::COLUMNS.len() + HISTORY.len();

/// Those of prospects, and three more.
pub(super) const COLUMNS: [Column; ALL] = {
    let mut all = [HISTORY[0]; ALL];
    let mut place = 0;
    while place < ALL {
        let before = prospects::COLUMNS.len();
        all[place] = if place < before { prospects::COLUMNS[place] } else { HISTORY[place - before] };
        place += 1;
    }
    all
};

pub(super) fn lead(row: &mut Row<'_>, now: DateTime<Utc>) -> NewLead {
    let status = row.text("status").and_then(|text| match text.to_lowercase().parse() {
        Ok(status) => Some(status),
        Err(problem) => {
            row.wrong("status", format!("{} is no status: {problem}", shown(&text)));
            None
        }
    });
    let components = row.text("als_components").and_then(|text| {
        let parts = serde_json::from_str::<Components>(&text).ok().filter(Components::are_sound);
        if parts.is_none() {
            let problem = "is no JSON such as {\"data_quality\":16,\"authority\":22,\"company_fit\":18,\"timing\":9,\"risk\":0}";
            row.wrong("als_components", problem.to_owned());
        }
        parts
    });
    let history = History { status, converted_at: row.past("converted_at", now), components };
    NewLead { prospect: prospect(row, now), history }
}

pub(super) async fn write(rows: &[NewLead], writer: &mut Writer<'_>) -> Result<Counts, Failure> {
    let prospects = match &writer.prospects {
        Some(prospects) => prospects.clone(),
        None => writer.prospects.insert(outreach::prospects(writer.settings).await?).clone(),
    };
    let (now, before) = (writer.now, writer.taken.len());
    let taken = prospects.bring(writer.tx().await?, rows, now).await;
    let taken = taken.map_err(|error| stopped(error, before, 0))?;
    let mut counts = Counts::default();
    count_taken(&mut counts, &taken);
    writer.taken.extend(taken);
    Ok(counts)
}
