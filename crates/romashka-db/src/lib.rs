//! Access to the ROMASHKA database.

pub mod connect;
pub mod data_folder;
pub mod environment;
pub mod fingerprint;
pub mod migrations;
pub mod scope;
pub mod settings;
mod tls;

pub use tls::TlsError;
