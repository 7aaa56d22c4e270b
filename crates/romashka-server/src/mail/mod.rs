//! Mail servers: how they are reached, signed in at, and what is sent and fetched there.
//!
//! Invariants: a password or token leaves only over TLS, or to a network that the operator named; a certificate is always
//! checked; a mail server that a workspace named is reached only where the operator's rules allow it.

pub mod account;
pub mod arrival;
pub mod intake;
pub mod mailboxes;
pub mod post;
pub mod settings;
pub mod smtp;
pub mod system;
pub mod tls;
pub mod tokens;
