//! Access to the ROMASHKA database.

pub mod environment;
