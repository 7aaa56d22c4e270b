//! The system user that PostgreSQL runs as.
//!
//! Invariant: never root, and always a user with an entry in the user database, because PostgreSQL refuses both.

use std::os::unix::{fs::MetadataExt, process::CommandExt};
use std::path::Path;
use std::process::Command;

use nix::unistd::{Uid, User};

use super::error::PrivateServerError;

/// Who runs the server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerUser {
    /// The name in the user database.
    pub name: String,
    pub(crate) uid: u32,
    pub(crate) gid: u32,
    /// Whether this process is root and must drop to the user.
    pub(crate) drops: bool,
}

impl ServerUser {
    /// The user for the cluster in `cluster`, which need not exist, of the data folder `folder`.
    ///
    /// Root serves a folder as the user it belongs to; its own folders as `romashka`, else `postgres`, else `nobody`.
    ///
    /// # Errors
    /// [`PrivateServerError::NoServerUser`] when there is none.
    pub(crate) fn choose(folder: &Path, cluster: &Path) -> Result<Self, PrivateServerError> {
        let me = Uid::effective();
        if !me.is_root() {
            return Self::from_uid(me, false);
        }
        let owner = [cluster, folder]
            .iter()
            .filter_map(|path| path.metadata().ok())
            .map(|metadata| Uid::from_raw(metadata.uid()))
            .find(|owner| !owner.is_root());
        if let Some(owner) = owner {
            return Self::from_uid(owner, true);
        }
        for name in ["romashka", "postgres", "nobody"] {
            if let Ok(Some(user)) = User::from_name(name)
                && !user.uid.is_root()
            {
                return Ok(Self::new(user, true));
            }
        }
        Err(PrivateServerError::NoServerUser {
            reason: "PostgreSQL does not run as root, and there is no user romashka, postgres or nobody to run it as".to_owned(),
            next: "add one: useradd --system --no-create-home romashka".to_owned(),
        })
    }

    fn from_uid(uid: Uid, drops: bool) -> Result<Self, PrivateServerError> {
        match User::from_uid(uid) {
            Ok(Some(user)) => Ok(Self::new(user, drops)),
            _ => Err(PrivateServerError::NoServerUser {
                reason: format!(
                    "PostgreSQL does not run as user {uid}, which has no entry in /etc/passwd"
                ),
                next: "run as a user that has one, or add an entry for this one".to_owned(),
            }),
        }
    }

    fn new(user: User, drops: bool) -> Self {
        ServerUser {
            name: user.name,
            uid: user.uid.as_raw(),
            gid: user.gid.as_raw(),
            drops,
        }
    }

    /// Whether it is the user that owns nothing, which other services may share.
    pub fn is_nobody(&self) -> bool {
        self.name == "nobody"
    }

    /// A command that runs as this user, with an environment that holds none of the caller's settings.
    pub(crate) fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        command
            .env_clear()
            .env("PATH", "/usr/bin:/bin")
            .env("LC_ALL", PROGRAM_LOCALE);
        for inherited in ["LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "TZ"] {
            if let Some(value) = std::env::var_os(inherited) {
                command.env(inherited, value);
            }
        }
        if self.drops {
            // The standard library also drops root's supplementary groups.
            command.uid(self.uid).gid(self.gid);
        }
        command
    }

    /// Gives a path to this user, when root made it.
    pub(crate) fn give(&self, path: &Path) -> Result<(), PrivateServerError> {
        if self.drops {
            std::os::unix::fs::lchown(path, Some(self.uid), Some(self.gid))
                .map_err(PrivateServerError::file("changing the owner of", path))?;
        }
        Ok(())
    }
}

/// Without a valid locale the server refuses to start on macOS; messages stay in English through `lc_messages`.
const PROGRAM_LOCALE: &str = if cfg!(target_os = "macos") {
    "en_US.UTF-8"
} else {
    "C.UTF-8"
};

/// The name of the present user, where it has one.
pub(crate) fn present_name() -> Option<String> {
    User::from_uid(Uid::effective())
        .ok()
        .flatten()
        .map(|user| user.name)
}

/// The user's name, or its number.
pub(crate) fn name_of(uid: u32) -> String {
    User::from_uid(Uid::from_raw(uid))
        .ok()
        .flatten()
        .map_or_else(|| uid.to_string(), |user| user.name)
}
