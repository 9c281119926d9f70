//! Touches that are due: taken by whoever sends them, and acknowledged.

use chrono::{DateTime, Utc};
use clap::ValueEnum;
use db::Uuid;
use prospects::{AckRequest, AckStatus, DueRequest, DueTouch};
use serde_json::json;

use super::{Outreach, counted};
use crate::exit::Failure;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// How many to take.
    #[arg(long, default_value_t = 100, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1000))]
    limit: u32,
    /// By what name they are taken.
    #[arg(long, default_value = "leadfleet", value_name = "NAME")]
    tool: String,
}

#[derive(Debug, clap::Args)]
pub(super) struct AckArgs {
    /// Id of the touch.
    #[arg(value_name = "TOUCH")]
    touch: Uuid,
    /// What became of it.
    #[arg(value_enum)]
    status: Status,
    /// When it went out [default: now].
    #[arg(long, value_name = "TIME")]
    at: Option<DateTime<Utc>>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Status {
    /// It went out.
    Sent,
    /// It could not be sent.
    Failed,
}

pub(super) async fn take(args: &Args, outreach: &Outreach) -> Result<(), Failure> {
    let request = DueRequest::up_to(args.limit);
    let taken = outreach.prospects.take(outreach.owner(), &args.tool, request, outreach.now).await?;
    outreach.output.show(&json!({ "touches": taken }), |_taken| in_words(&taken))?;
    Ok(())
}

fn in_words(taken: &[DueTouch]) -> String {
    if taken.is_empty() {
        return "Nothing is due where it is a business day now, or another tool has it.\n\
                `leadfleet outreach week` shows what is planned."
            .to_owned();
    }
    let block = |due: &DueTouch| {
        let touch = &due.touch;
        let address = if touch.channel == "email" { &due.email } else { &due.linkedin_url };
        format!(
            "{}\n  {} to {} ({}), due {}\n  {} {address}\n\n  {}\n",
            touch.touch_id,
            touch.kind,
            due.name,
            touch.prospect_id,
            touch.there().format("%a %d %b %H:%M%:z"),
            touch.channel,
            due.text
        )
    };
    let blocks: Vec<String> = taken.iter().map(block).collect();
    format!(
        "{}\n{} taken. Then say for each: leadfleet outreach ack TOUCH sent",
        blocks.join("\n"),
        counted(taken.len() as u64, "touch", "touches")
    )
}

pub(super) async fn acknowledge(args: &AckArgs, outreach: &Outreach) -> Result<(), Failure> {
    let status = match args.status {
        Status::Sent => AckStatus::Sent,
        Status::Failed => AckStatus::Failed,
    };
    let request = AckRequest { status, at: args.at };
    let touch = outreach.prospects.acknowledge(outreach.owner(), args.touch, &request, outreach.now).await?;
    outreach
        .output
        .show(&touch, |touch| format!("{} to {}: {}", touch.kind, touch.prospect_id, touch.state))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_touch_says_what_to_send_to_whom_where_and_how_to_answer_for_it() {
        let due = DueTouch {
            touch: prospects::PlannedTouch {
                touch_id: Uuid::from_u128(7),
                prospect_id: "prospect_1".to_owned(),
                segment: "referral_network".to_owned(),
                kind: "initial_dm".to_owned(),
                step: 1,
                variant: "referral_network.initial_dm.a".to_owned(),
                channel: "email".to_owned(),
                date: "2026-11-23".parse().unwrap(),
                time: "09:00:00".parse().unwrap(),
                due_at: "2026-11-23T16:00:00Z".parse().unwrap(),
                late: false,
                state: "due".to_owned(),
            },
            text: "Hi Jane".to_owned(),
            name: "Jane Roe".to_owned(),
            email: "jane@clinic.example".to_owned(),
            linkedin_url: "https://www.linkedin.example/in/jane".to_owned(),
            phone: String::new(),
        };
        let expected = "00000000-0000-0000-0000-000000000007\n\
            \u{20} initial_dm to Jane Roe (prospect_1), due Mon 23 Nov 09:00-07:00\n\
            \u{20} email jane@clinic.example\n\n\
            \u{20} Hi Jane\n\n\
            1 touch taken. Then say for each: leadfleet outreach ack TOUCH sent";
        assert_eq!(in_words(&[due]), expected);
    }
}
