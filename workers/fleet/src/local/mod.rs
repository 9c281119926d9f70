//! A private nats-server and Postgres that live and die with this process: for `dev`, `demo` and tests.

mod account;
mod binaries;
mod child;
mod error;
mod lock;
mod nats;
mod postgres;
mod scratch;
mod stack;
#[cfg(test)]
mod tests;
mod wait;

pub use account::superuser;
pub use binaries::{Binaries, Binary, MIN_NATS_SERVER, MIN_POSTGRES, PostgresBinaries};
pub(crate) use binaries::{dotted, setpriv};
pub use error::Error;
pub use nats::Cluster;
pub use stack::{Ended, Stack, StackOptions};
