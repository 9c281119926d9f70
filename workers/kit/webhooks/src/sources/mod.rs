//! One file for each tool: how it proves itself, and what its words mean.

pub(crate) mod calcom;
pub(crate) mod calendly;
pub(crate) mod hubspot;
pub(crate) mod instantly;
pub(crate) mod lemlist;
pub(crate) mod mailgun;
pub(crate) mod postmark;
pub(crate) mod sendgrid;
pub(crate) mod ses;
pub(crate) mod slack;
pub(crate) mod smartlead;
pub(crate) mod standard;
pub(crate) mod twilio;
