//! What comes in by webhooks and what goes out to providers and subscribers: real servers, a real PostgreSQL, and providers
//! that are small servers on loopback.

mod changes;
mod channel_health;
mod command;
mod files_in;
mod files_out;
mod hook;
mod inbound;
mod integration;
mod lost_processes;
mod mail_sink;
mod opt_outs;
mod outbound;
mod provider;
mod read_marks;
mod reports;
mod scheduler;
mod webhooks;
