//! The goal of the source document.
