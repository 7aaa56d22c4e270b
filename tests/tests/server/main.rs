//! The HTTP server, over a real PostgreSQL and a real socket.

mod answers;
mod assistant;
mod attachments;
mod bucket;
mod command;
mod conversations;
mod described;
mod hardening;
mod insight;
mod keys;
mod knowledge_files;
mod live;
mod oidc;
mod oidc_provider;
mod operations;
mod resource_cases;
mod resources;
mod routing;
mod second_factor;
mod setup;
mod sign_in;
mod statements;
mod streams;
mod transactions;
mod website;
mod writing;
