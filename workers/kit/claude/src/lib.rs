//! The only caller of the Claude Messages API: limits, budget, answer cache, error classes, and what an answer may say.
//!
//! `Claude::ask` sends a question whose data is untrusted and returns JSON that fits the schema, or an error that says
//! whether to try later, to stop asking, or never to ask this again. It is paid for once: the answer is kept in the
//! bucket `answers`, and a redelivered message finds it there. `guard::check` then decides whether a text may leave.

mod answers;
mod ask;
mod books;
mod breaker;
mod budget;
mod call;
mod client;
mod config;
mod error;
#[doc(hidden)]
pub mod fuzz;
pub mod guard;
mod pace;
mod price;
mod reply;
mod schema;
mod untrusted;
mod wait;

pub use answers::{BUCKET, bucket};
pub use ask::{Answer, Ask, Effort, Usage};
pub use books::{Account, Books, Budget, Day, Model as OfModel, Sum};
pub use budget::Spent;
pub use client::{Claude, Model};
pub use config::Config;
pub use error::{ApiError, Class, Error, Raw};
pub use untrusted::untrusted;
