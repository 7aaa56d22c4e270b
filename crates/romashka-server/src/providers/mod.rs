//! Providers of channels: what they send to us, and what opens their APIs.
//!
//! Invariants: a provider is believed by its signature alone, and only for the channel that the address names; what it sent
//! is durable before it is acknowledged; a credential is opened where it is used and nowhere else.

pub mod account;
pub mod channel_syncs;
pub mod check;
pub mod hooks;
pub mod intake;
pub mod mail_hooks;
pub mod media;
pub mod opt_outs;
pub mod provider;
pub mod read_marks;
mod ses_hook;
