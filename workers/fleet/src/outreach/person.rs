//! A person: what is known of it, and all that is kept of it; and the users who may ask.

use prospects::{Error, NoteRequest, ResearchNote};

use super::Outreach;
use crate::exit::Failure;
use crate::key::of_client;
use crate::output::{self, columns};

#[derive(Debug, clap::Args)]
pub(super) struct NoteArgs {
    /// Its id, such as `prospect_1`.
    #[arg(value_name = "PROSPECT")]
    prospect: String,
    /// What is known, in a sentence that can stand in a message.
    #[arg(value_name = "TEXT")]
    note: String,
    /// Where it is known from.
    #[arg(long, default_value = "", hide_default_value = true, value_name = "TEXT")]
    source: String,
}

#[derive(Debug, clap::Args)]
pub(super) struct AddUserArgs {
    /// 1 to 64 letters, digits, `_`, `.`, `@` and `-`.
    #[arg(value_name = "NAME", value_parser = user_name)]
    name: String,
}

fn user_name(text: &str) -> Result<String, String> {
    let known = |c: char| c.is_ascii_alphanumeric() || "_.@-".contains(c);
    if (1..=64).contains(&text.len()) && text.chars().all(known) {
        Ok(text.to_owned())
    } else {
        Err("use 1 to 64 letters, digits, _, ., @ and -".to_owned())
    }
}

pub(super) async fn note(args: NoteArgs, outreach: &Outreach) -> Result<(), Failure> {
    let NoteArgs { prospect, note, source } = args;
    let request = NoteRequest { user_id: outreach.user_id(), prospect_id: prospect, note, source };
    let note = outreach.prospects.add_note(outreach.owner(), &request).await?;
    outreach.output.show(&note, |_note| format!("Noted of {}.", request.prospect_id))?;
    Ok(())
}

pub(super) async fn notes(prospect: &str, outreach: &Outreach) -> Result<(), Failure> {
    let notes = outreach.prospects.notes(outreach.owner(), prospect).await?;
    outreach.output.show(&serde_json::json!({ "notes": notes }), |_notes| {
        if notes.is_empty() {
            return format!("Nothing is noted of {prospect} yet.");
        }
        let row = |note: &ResearchNote| {
            [note.created_at.date_naive().to_string(), note.source.clone(), note.note.clone()]
        };
        columns(["noted", "source", "note"], notes.iter().map(row))
    })?;
    Ok(())
}

/// JSON in any case: it is to be handed out.
pub(super) async fn export(prospect: &str, outreach: &Outreach) -> Result<(), Failure> {
    let person = outreach.prospects.export(outreach.owner(), prospect).await?;
    let json = match outreach.output.json {
        true => serde_json::to_string(&person),
        false => serde_json::to_string_pretty(&person),
    };
    let mut json = json.map_err(anyhow::Error::from)?;
    json.push('\n');
    output::print(&json)?;
    Ok(())
}

pub(super) async fn add_user(args: &AddUserArgs, outreach: &Outreach) -> Result<(), Failure> {
    outreach.prospects.add_user(outreach.client, &args.name).await.map_err(|error| match error {
        Error::Db(error) => of_client(outreach.client, error),
        other => other.into(),
    })?;
    let added = serde_json::json!({ "user_id": args.name });
    outreach.output.show(&added, |_added| format!("{} may ask now.", args.name))?;
    Ok(())
}
