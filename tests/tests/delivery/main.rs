//! What comes in by webhooks and what goes out to providers and subscribers: real servers, a real PostgreSQL, and providers
//! that are small servers on loopback.

mod command;
mod inbound;
mod lost_processes;
mod outbound;
mod provider;
mod scheduler;
mod webhooks;
