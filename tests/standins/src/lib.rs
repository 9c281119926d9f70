//! Stand-ins on 127.0.0.1 for what the fleet talks to: Claude, Slack, a mail relay, a collector of traces, and a private NATS server.
//!
//! Each keeps a journal of what it was sent and follows a script of faults; without a script it answers as the real one does.
//! The Claude stand-in leaves out streaming and message batches: nothing in the fleet uses them.
//! A stand-in that cannot start panics: it only ever runs in a test or a demonstration.

mod claude;
mod collector;
mod http;
mod nats;
mod shared;
mod slack;
mod smtp;

pub use claude::{ClaudeStandIn, Decide, Manner, Seen, Step, Twist};
pub use collector::CollectorStandIn;
pub use http::{Fault, Request, Response};
pub use nats::{NatsServer, nats};
pub use slack::{SlackStandIn, SlackStep};
pub use smtp::{Mail, SmtpStandIn};
