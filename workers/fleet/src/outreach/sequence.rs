//! The sequence of a prospect: its messages, and where it stands.

use prospects::{GenerateRequest, Message, Sequence};

use super::Outreach;
use crate::exit::{Exit, Failure};
use crate::output::columns;

#[derive(Debug, clap::Args)]
pub(super) struct GenerateArgs {
    /// Its id, such as `prospect_1`.
    #[arg(value_name = "PROSPECT")]
    prospect: String,
    /// `3-step`, `5-step`, `7-step`, `soft_nudge` or `direct_cta`.
    #[arg(long = "type", default_value = "3-step", value_name = "TYPE")]
    sequence_type: String,
}

pub(super) async fn generate(args: GenerateArgs, outreach: &Outreach) -> Result<(), Failure> {
    let request = GenerateRequest {
        user_id: outreach.user_id(),
        prospect_id: args.prospect,
        sequence_type: args.sequence_type,
    };
    let sequence = outreach.prospects.generate(outreach.owner(), &request, outreach.now).await?;
    outreach.output.show(&sequence, |sequence| {
        let made = if sequence.created { "new" } else { "in it already, and it stays as it is" };
        format!("{}; {made}\n\n{}", standing(sequence), messages(sequence))
    })?;
    Ok(())
}

pub(super) async fn show(prospect: &str, outreach: &Outreach) -> Result<(), Failure> {
    let Some(sequence) = outreach.prospects.sequence(outreach.owner(), prospect).await? else {
        return Err(Failure {
            exit: Exit::NotFound,
            error: anyhow::anyhow!("{prospect} was never in a sequence"),
            hint: Some(format!("enrol it: `leadfleet outreach generate {prospect}`")),
        });
    };
    let words = |sequence: &Sequence| format!("{}\n\n{}", standing(sequence), messages(sequence));
    outreach.output.show(&sequence, words)?;
    Ok(())
}

fn standing(sequence: &Sequence) -> String {
    let mut text = format!(
        "{}: {} for {}, version {}; {}",
        sequence.prospect_id, sequence.sequence_type, sequence.segment, sequence.version, sequence.state
    );
    if let Some(stop) = &sequence.stop {
        text.push_str(&format!(" ({stop})"));
    }
    if let Some(step) = sequence.step {
        text.push_str(&format!(", step {step} was the last that went out"));
    }
    if let Some(until) = sequence.paused_until {
        text.push_str(&format!(", paused until {until}"));
    }
    text
}

fn messages(sequence: &Sequence) -> String {
    let row = |message: &Message| {
        let after = match message.step {
            0 => "-".to_owned(),
            _ => message.after_business_days.to_string(),
        };
        [message.step.to_string(), message.kind.clone(), after, message.text.clone()]
    };
    let table = columns(["step", "type", "after", "text"], sequence.messages.iter().map(row));
    format!("{table}\n\nafter: business days after the step before, of step 1 after the acceptance")
}
