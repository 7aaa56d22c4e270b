//! Access to the ROMASHKA database.
