//! The vectors of the requirements, and the laws of released documents.
