//! `leadfleet match review`: decision makers who could belong to several clinics, and what a person decides.

use std::env;

use db::links::{self, Decided, Review};
use serde::Serialize;

use crate::exit::{Exit, Failure};
use crate::output::{Output, columns};
use crate::reach;
use crate::settings::Settings;

#[derive(Debug, clap::Args)]
pub struct Args {
    /// They belong together; a pair is written as the list shows it.
    #[arg(long, value_name = "PAIR", value_parser = pair)]
    accept: Vec<(i32, i32)>,
    /// They do not.
    #[arg(long, value_name = "PAIR", value_parser = pair)]
    reject: Vec<(i32, i32)>,
    /// How many to list.
    #[arg(long, default_value_t = 20, value_name = "N")]
    limit: u32,
}

#[derive(Debug, Serialize)]
struct Queue {
    decided: Vec<Decided>,
    waiting: Vec<Review>,
    /// Whether the limit cut the list.
    more: bool,
}

fn pair(text: &str) -> Result<(i32, i32), String> {
    let parsed =
        text.split_once(':').and_then(|(person, clinic)| Some((person.parse().ok()?, clinic.parse().ok()?)));
    parsed.ok_or_else(|| "write it as DECISION_MAKER:CLINIC, such as 12:340".to_owned())
}

pub(super) async fn run(args: Args, settings: &Settings, output: Output) -> Result<Exit, Failure> {
    let db = reach::postgres(settings).await?;
    let mut tx = db.begin(db::DEFAULT_CLIENT).await?;
    let by =
        env::var_os("USER").and_then(|user| user.into_string().ok()).unwrap_or_else(|| "operator".to_owned());
    #[expect(clippy::disallowed_methods, reason = "a command reads the clock")]
    let now = chrono::Utc::now();
    let accepted = args.accept.iter().map(|pair| (pair, true));
    let mut decided = Vec::new();
    for (&(decision_maker_id, clinic_id), confirmed) in
        accepted.chain(args.reject.iter().map(|pair| (pair, false)))
    {
        let decision = Decided { decision_maker_id, clinic_id, confirmed };
        if !links::decide(&mut tx, decision, &by, now).await? {
            return Err(Failure {
                exit: Exit::NotFound,
                error: anyhow::anyhow!(
                    "there is no pair {decision_maker_id}:{clinic_id}; nothing was decided"
                ),
                hint: Some("`leadfleet match review` lists the pairs".to_owned()),
            });
        }
        decided.push(decision);
    }
    // One more says whether there are more.
    let mut waiting = links::review_queue(&mut tx, i64::from(args.limit) + 1).await?;
    tx.commit().await?;
    let more = waiting.len() > args.limit as usize;
    waiting.truncate(args.limit as usize);
    output.show(&Queue { decided, waiting, more }, in_words)?;
    Ok(Exit::Ok)
}

fn in_words(queue: &Queue) -> String {
    let mut text = String::new();
    for decided in &queue.decided {
        let word = if decided.confirmed { "accepted" } else { "rejected" };
        text.push_str(&format!("{word} {}:{}\n", decided.decision_maker_id, decided.clinic_id));
    }
    if queue.waiting.is_empty() {
        text.push_str("No decision maker waits for a person.");
        return text;
    }
    let row = |review: &Review| {
        let place = [review.city.as_deref(), review.state.as_deref()].map(Option::unwrap_or_default);
        [
            format!("{}:{}", review.decision_maker_id, review.clinic_id),
            review.decision_maker.clone(),
            review.title.clone().unwrap_or_default(),
            review.company_name.clone().unwrap_or_default(),
            review.clinic_name.clone(),
            place.join(", "),
            format!("{:.2}", review.probability),
        ]
    };
    let header = ["pair", "decision maker", "title", "company", "clinic", "place", "probability"];
    text.push_str(&columns(header, queue.waiting.iter().map(row)));
    if queue.more {
        text.push_str("\nand more: --limit shows them");
    }
    text
}
