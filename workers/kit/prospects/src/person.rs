//! Everything that is kept of a person: handed out, and what is noted of it.

use crate::again::again;
use crate::error::Error;
use crate::leads::ListedLead;
use crate::scores::taken_apart;
use crate::sequence::{Sequence, locked, one};
use crate::{Owner, Prospects};
use als::Facts;
use chrono::{DateTime, Utc};
use db::activities::Activity;
use db::campaigns::Assigned;
use db::leads::{Lead, Note};
use db::{Uuid, activities, campaigns, leads, scores};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Everything that is kept of a person.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Person {
    #[schema(value_type = Object)]
    pub prospect: Lead,
    #[schema(value_type = Vec<Object>)]
    pub notes: Vec<Note>,
    pub sequence: Option<Sequence>,
    #[schema(value_type = Vec<Object>)]
    pub activities: Vec<Activity>,
    /// Its score, and what that was made of; none of a lead that was deleted.
    pub score: Option<ListedLead>,
    #[schema(value_type = Option<Object>)]
    pub score_facts: Option<Facts>,
    /// The campaigns in which the person has channels.
    #[schema(value_type = Vec<Object>)]
    pub campaigns: Vec<Assigned>,
}

#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NoteRequest {
    #[schema(min_length = 1, max_length = 64, example = "user123")]
    pub user_id: String,
    #[schema(pattern = "^[A-Za-z0-9_-]{1,64}$", example = "prospect_1")]
    pub prospect_id: String,
    #[schema(
        max_length = 5000,
        pattern = r"^[^\u0000]*[^\s\u0000][^\u0000]*$",
        example = "opened a second clinic"
    )]
    pub note: String,
    #[serde(default)]
    #[schema(max_length = 200)]
    pub source: String,
}

/// Something known of a prospect.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct ResearchNote {
    pub note_id: Uuid,
    pub note: String,
    pub source: String,
    pub created_at: DateTime<Utc>,
}

impl From<Note> for ResearchNote {
    fn from(note: Note) -> Self {
        Self { note_id: note.id, note: note.note, source: note.source, created_at: note.created_at }
    }
}

impl Prospects {
    /// Hands out everything that is kept of a person.
    pub async fn export(&self, owner: Owner<'_>, prospect_id: &str) -> Result<Person, Error> {
        let sequence = self.sequence(owner, prospect_id).await?;
        let mut tx = self.begin(owner).await?;
        let lead = one(&mut tx, prospect_id).await?;
        let facts = scores::facts(&mut tx, &[lead.id]).await?.pop();
        Ok(Person {
            score: scores::of(&mut tx, prospect_id).await?.map(ListedLead::from),
            score_facts: facts.map(|facts| taken_apart(facts).0),
            notes: leads::notes(&mut tx, lead.id).await?,
            activities: activities::of(&mut tx, lead.id).await?,
            campaigns: campaigns::of_lead(&mut tx, lead.id).await?,
            sequence,
            prospect: lead,
        })
    }

    pub async fn add_note(&self, owner: Owner<'_>, request: &NoteRequest) -> Result<ResearchNote, Error> {
        let length = request.note.chars().count();
        if request.note.trim().is_empty() || length > 5000 || request.note.contains('\0') {
            return Err(Error::wrong("note", "is empty, has more than 5000 characters, or a NUL character"));
        }
        if request.source.chars().count() > 200 || request.source.contains('\0') {
            return Err(Error::wrong("source", "has more than 200 characters, or a NUL character"));
        }
        again(|| self.try_add_note(owner, request)).await
    }

    async fn try_add_note(&self, owner: Owner<'_>, request: &NoteRequest) -> Result<ResearchNote, Error> {
        let mut tx = self.begin(owner).await?;
        let lead = locked(&mut tx, &request.prospect_id).await?;
        let note =
            leads::add_note(&mut tx, Uuid::now_v7(), lead.id, request.note.trim(), &request.source).await?;
        tx.commit().await?;
        Ok(note.into())
    }

    /// The oldest first.
    pub async fn notes(&self, owner: Owner<'_>, prospect_id: &str) -> Result<Vec<ResearchNote>, Error> {
        let mut tx = self.begin(owner).await?;
        let lead = one(&mut tx, prospect_id).await?;
        let notes = leads::notes(&mut tx, lead.id).await?;
        Ok(notes.into_iter().map(ResearchNote::from).collect())
    }
}
