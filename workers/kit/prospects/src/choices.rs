//! What requests choose from by name, as the description of the API lists it.

use audience::AudienceSegment;
use cadence::SequenceType;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::str::FromStr;
use utoipa::openapi::{ObjectBuilder, RefOr, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

/// How somebody can be reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum OutreachChannel {
    Email,
    Linkedin,
    Sms,
    Voice,
}

impl OutreachChannel {
    pub const ALL: [Self; 4] = [Self::Email, Self::Linkedin, Self::Sms, Self::Voice];

    pub fn name(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Linkedin => "linkedin",
            Self::Sms => "sms",
            Self::Voice => "voice",
        }
    }
}

impl FromStr for OutreachChannel {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let named = Self::ALL.into_iter().find(|channel| channel.name() == text);
        named.ok_or_else(|| "use email, linkedin, sms or voice".to_owned())
    }
}

/// An audience segment, in descriptions.
pub(crate) struct SegmentName;

impl PartialSchema for SegmentName {
    fn schema() -> RefOr<Schema> {
        choice(&AudienceSegment::ALL.map(AudienceSegment::name))
    }
}

impl ToSchema for SegmentName {
    fn name() -> Cow<'static, str> {
        Cow::Borrowed("AudienceSegment")
    }
}

/// A type of sequence, in descriptions.
pub(crate) struct SequenceTypeName;

impl PartialSchema for SequenceTypeName {
    fn schema() -> RefOr<Schema> {
        choice(&SequenceType::ALL.map(SequenceType::name))
    }
}

impl ToSchema for SequenceTypeName {
    fn name() -> Cow<'static, str> {
        Cow::Borrowed("SequenceType")
    }
}

/// The name of a prospect, in descriptions of lists.
pub(crate) struct ProspectName;

impl PartialSchema for ProspectName {
    fn schema() -> RefOr<Schema> {
        let name = ObjectBuilder::new().schema_type(Type::String).pattern(Some("^[A-Za-z0-9_-]{1,64}$"));
        RefOr::T(Schema::Object(name.build()))
    }
}

impl ToSchema for ProspectName {
    fn name() -> Cow<'static, str> {
        Cow::Borrowed("ProspectName")
    }
}

/// The type of sequence of a request that may leave it out.
pub(crate) fn sequence_type() -> Schema {
    let texts = names(&SequenceType::ALL.map(SequenceType::name))
        .description(Some("How many messages follow the connection request, or in which manner they ask."))
        .default(Some(SequenceType::ThreeStep.name().into()))
        .examples([SequenceType::ThreeStep.name()]);
    Schema::Object(texts.build())
}

fn choice(of: &[&'static str]) -> RefOr<Schema> {
    RefOr::T(Schema::Object(names(of).build()))
}

fn names(of: &[&'static str]) -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::String).enum_values(Some(of.iter().copied()))
}
