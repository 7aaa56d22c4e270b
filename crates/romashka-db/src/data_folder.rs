//! The folder where ROMASHKA keeps what is its own: the private PostgreSQL, the key file, and the files that come with messages.

use std::path::PathBuf;

use crate::environment;

/// The folder that is used when `--data-dir` names none: `ROMASHKA_DATA_DIR`, for root `/var/lib/romashka` (the server
/// drops its rights and could not enter root's home), on macOS `~/Library/Application Support/romashka`, else
/// `${XDG_DATA_HOME:-~/.local/share}/romashka`. `None` for a user without a home.
pub fn data_folder() -> Option<PathBuf> {
    if let Some(folder) = environment::DATA_DIR.read() {
        return Some(PathBuf::from(folder));
    }
    if rustix::process::geteuid().is_root() {
        return Some(PathBuf::from("/var/lib/romashka"));
    }
    let home = || environment::HOME.read().map(PathBuf::from);
    if cfg!(target_os = "macos") {
        return Some(home()?.join("Library/Application Support/romashka"));
    }
    match environment::XDG_DATA_HOME.read() {
        // The specification tells to ignore a relative one.
        Some(base) if base.starts_with('/') => Some(PathBuf::from(base).join("romashka")),
        _ => Some(home()?.join(".local/share/romashka")),
    }
}
