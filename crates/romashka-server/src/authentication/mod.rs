//! Who asks: sessions of people, API keys of programs, tokens of Supabase's users.
//!
//! Invariants: a token, key or code is kept and compared as its SHA-256; an unknown one, one that is over and one that is
//! revoked are answered alike; cookies count for pages of this site only, and are not looked at where a key or token is sent.

pub mod api_key;
pub mod credential;
pub mod csrf;
pub mod jwt;
pub mod key_set;
pub mod password;
pub mod principal;
pub mod secret;
pub mod totp;

pub use credential::Credential;
pub use principal::{Principal, Proof};
