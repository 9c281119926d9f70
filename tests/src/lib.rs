//! A whole fleet for a test: real servers, the real binary as child processes, stand-ins for everybody else.
//!
//! A `TestFleet` has a nats-server and a Postgres of its own. Workers are started by name as processes that a test
//! may kill. Nothing here waits for a while: it waits for a message, a request or an end, each with a deadline.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on stops")]

mod broker;
pub mod browser;
mod deliveries;
mod files;
mod fleet;
pub mod http;
mod lived;
pub mod pages;
pub mod patterns;
mod port;
mod process;
mod program;
pub mod prospects;
mod rows;
mod tls;
mod users;

pub use broker::{Broker, DEADLINE, Finished, request};
pub use deliveries::Deliveries;
pub use files::{Files, files_of};
pub use fleet::{DATE, TestFleet, binaries};
pub use port::free_port;
pub use process::Process;
pub use program::program;
pub use rows::{Rows, clinic, numbered, owner, pain, pattern, sample, seeded_sample};
pub use users::Users;
