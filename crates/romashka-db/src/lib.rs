//! Access to the ROMASHKA database.

#[cfg(unix)]
pub mod backup;
pub mod bench;
pub mod client_program;
pub mod connect;
pub mod data_folder;
pub mod doctor;
pub mod envelope;
pub mod environment;
pub mod fingerprint;
pub mod import;
pub mod key_file;
pub mod maintenance;
pub mod migrations;
pub mod monitor;
pub mod privacy;
#[cfg(unix)]
pub mod private;
pub mod rotation;
pub mod scope;
pub mod seed;
pub mod settings;
mod tls;
#[cfg(unix)]
pub mod transfer;
pub mod verify;

pub use tls::TlsError;
