//! What the fleet says: the messages of `leadfleet.v1`, the subjects they travel on, and the outbox a handler fills.

mod json;
pub mod kind;
mod outbox;
pub mod subject;

pub use json::{JsonError, encode_json, from_json, to_json};
pub use outbox::{Kind, Outbox, Outgoing};
pub use prost::{DecodeError, Message, Name};
pub use subject::{RunId, Stage, Subject, Token};

/// Messages of the first version of the wire.
pub mod v1 {
    #![expect(clippy::doc_markdown, reason = "comments of the schemas are not markdown")]
    include!(concat!(env!("OUT_DIR"), "/leadfleet.v1.rs"));
}

/// Every schema as an encoded `google.protobuf.FileDescriptorSet`.
pub const DESCRIPTORS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/descriptors.bin"));
