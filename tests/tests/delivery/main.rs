//! What comes in by webhooks and what goes out to providers and subscribers: real servers, a real PostgreSQL, and providers
//! that are small servers on loopback.

mod changes;
mod command;
mod files_in;
mod files_out;
mod hook;
mod inbound;
mod integration;
mod lost_processes;
mod mail_sink;
mod outbound;
mod provider;
mod reports;
mod opt_outs;
mod scheduler;
mod webhooks;
