//! A private PostgreSQL: found on this machine, made in a data folder, run and stopped by ROMASHKA.
//!
//! Invariants: the data survives `kill -9` of ROMASHKA and of the server, and a power failure; two ROMASHKAs never serve one
//! folder; nothing but the owner's processes can connect unless TCP was asked for; PostgreSQL never runs as root. Each
//! submodule states its own part of this.

mod cluster;
mod discovery;
mod error;
mod folder;
mod launch;
mod lock;
mod network;
mod packages;
mod postmaster;
mod process;
mod record;
mod server;
mod soundness;
mod status;
mod user;
mod version;

pub use cluster::SUPERUSER;
pub use discovery::{Found, Installation, find_client_program, find_installations};
pub use error::PrivateServerError;
pub use folder::DataFolder;
pub use launch::RECOVERY;
pub use packages::{Missing, PackageAdvice, PackageManager};
pub use process::spawn_detached;
pub use record::Running;
pub use server::{Observer, PrivateServer, PrivateServerEvent, PrivateServerOptions, TcpOptions};
pub use soundness::{check_durability, check_locale};
pub use status::{ServerStatus, State, inspect, stop};
pub use user::ServerUser;
pub use version::{OLDEST_MAJOR, ServerVersion};
