//! What people and programs see of the fleet: the dashboard, the HTTP API and the webhooks.

mod app;
mod caller;
mod check;
mod clock;
mod config;
mod events;
mod health;
mod input;
mod key;
mod once;
mod openapi;
mod pages;
mod problem;
mod rate;
mod routes;
mod server;
mod sign_in;
mod told;

pub use caller::Scope;
pub use clock::Clock;
pub use config::{Config, DEFAULT_LISTEN};
pub use key::{ApiKey, client_of, endpoint_id, random};
pub use server::{Error, Gateway, serve};
pub use sign_in::{Role, password};
