//! What people and programs see of the fleet: the HTTP API and the webhooks.
