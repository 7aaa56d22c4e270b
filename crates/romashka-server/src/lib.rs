//! The HTTP server: API, documents about it, and what runs beside it in one process.
//!
//! Invariants: a handler reaches the database through an extractor that has taken a role and claims, so that its signature
//! shows what it needs; what it did is committed before a success is answered, and rolled back on every other answer and
//! when the caller goes away; every answer that is no success is a problem document (RFC 9457); nothing is kept in memory
//! that another process would have to know.

pub mod accounts;
pub mod api_keys;
pub mod assistant;
pub mod attachments;
pub mod audit;
pub mod authentication;
pub mod availability;
pub mod backups;
pub mod bench;
pub mod canned_responses;
pub mod channels;
pub mod choice;
pub mod conversations;
pub mod created;
pub mod cursor;
pub mod custom_attributes;
pub mod customers;
pub mod deliveries;
pub mod evaluation;
pub mod exports;
pub mod health;
pub mod input;
pub mod intent_patterns;
pub mod knowledge;
pub mod lingering;
pub mod mail;
pub mod me;
pub mod members;
pub mod observe;
pub mod openapi;
pub mod page;
pub mod problem;
pub mod providers;
pub mod rate_limit;
pub mod realtime;
pub mod reference;
pub mod reports;
pub mod router;
pub mod routing_rules;
pub mod saved_views;
pub mod savepoint;
pub mod scheduled_reports;
pub mod scheduler;
pub mod scoped;
pub mod search;
pub mod serve;
pub mod settings;
pub mod sla_policies;
pub mod state;
pub mod statement;
pub mod stored_json;
pub mod subscribers;
pub mod tags;
pub mod teams;
pub mod templates;
pub mod unit_of_work;
pub mod version;
pub mod webhooks;
pub mod website;
pub mod widgets;
pub mod workers;
pub mod workflows;
pub mod workspace_settings;
pub mod workspaces;

pub use router::{openapi, router};
pub use serve::{ServeError, Serving, serve};
pub use settings::ServerSettings;
pub use state::Server;
