//! What a worker makes of the headers and bytes of a message, for fuzzing.

use async_nats::HeaderMap;
use proto::{Message, Name};

use crate::{Fault, Part, ReadError, Stored};

/// The input of a handler.
pub fn input<M: Message + Name + Default>(headers: &HeaderMap, payload: &[u8]) -> Result<M, Fault> {
    crate::handle::decode(Some(headers), payload)
}

/// A part of a run.
pub fn part<M: Message + Name + Default>(stored: Stored) -> Result<Part<M>, ReadError> {
    crate::runs::decode(stored)
}
