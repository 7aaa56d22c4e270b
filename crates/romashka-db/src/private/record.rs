//! What the data folder remembers between runs, and what it tells while the server runs.
//!
//! Invariant: `romashka.json` only ever learns of newer versions; `running.json` holds no secret and is believed only while
//! the lock is held.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::{
    discovery::Installation, error::PrivateServerError, folder::DataFolder, version::ServerVersion,
};

/// `romashka.json`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Memory {
    /// The newest version that served the data.
    pub(crate) server_version: Option<ServerVersion>,
    /// The TCP port of the last run that had one.
    pub(crate) port: Option<u16>,
    /// Whether demo content was promised and is not there yet.
    #[serde(default)]
    pub(crate) demo_pending: bool,
}

impl Memory {
    pub(crate) fn read(folder: &DataFolder) -> Result<Self, PrivateServerError> {
        let Some(text) = folder.read(&folder.memory())? else {
            return Ok(Memory::default());
        };
        serde_json::from_str(&text).map_err(|error| {
            folder.unusable(
                format!("its romashka.json is not readable: {error}"),
                "restore the file from a backup",
            )
        })
    }

    pub(crate) fn write(&self, folder: &DataFolder) -> Result<(), PrivateServerError> {
        let text = serde_json::to_string_pretty(self).unwrap_or_default();
        folder.replace(&folder.memory(), 0o600, text.as_bytes())
    }

    /// A newer minor version may have written what an older one cannot read.
    pub(crate) fn allow(&self, installation: &Installation) -> Result<(), PrivateServerError> {
        match self.server_version {
            Some(last)
                if last.major() == installation.version.major() && installation.version < last =>
            {
                Err(PrivateServerError::OlderMinorVersion {
                    last,
                    found: installation.version,
                    programs: installation.programs.clone(),
                })
            }
            _ => Ok(()),
        }
    }
}

/// `running.json`: how to reach the server that runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Running {
    /// The `romashka` that watches over the server.
    pub supervisor: u32,
    /// The server.
    pub server: u32,
    /// Its version.
    pub version: ServerVersion,
    /// Its programs.
    pub programs: PathBuf,
    /// The folder of the socket.
    pub socket_folder: PathBuf,
    /// The number in the socket's name, and the TCP port.
    pub port: u16,
    /// Whether 127.0.0.1 is listened on too.
    pub tcp: bool,
    /// The database.
    pub database: String,
    /// The login role.
    pub user: String,
    /// Whether migrations are applied and the database can be used.
    pub ready: bool,
}

impl Running {
    pub(crate) fn read(folder: &DataFolder) -> Result<Option<Self>, PrivateServerError> {
        // One that cannot be read is of another version of ROMASHKA, and tells nothing.
        Ok(folder
            .read(&folder.running())?
            .and_then(|text| serde_json::from_str(&text).ok()))
    }

    pub(crate) fn write(&self, folder: &DataFolder) -> Result<(), PrivateServerError> {
        let text = serde_json::to_string_pretty(self).unwrap_or_default();
        folder.replace(&folder.running(), 0o600, text.as_bytes())
    }

    /// The connection string for the socket, as psql and the drivers read it.
    pub fn url(&self) -> String {
        format!(
            "postgresql:///{}?host={}&port={}&user={}",
            self.database,
            super::network::percent_encode(self.socket_folder.as_os_str()),
            self.port,
            self.user
        )
    }

    /// The connection string for TCP, without the password.
    pub fn tcp_url(&self) -> Option<String> {
        self.tcp.then(|| {
            format!(
                "postgresql://{}@127.0.0.1:{}/{}",
                self.user, self.port, self.database
            )
        })
    }

    /// The settings for the socket.
    pub fn settings(&self) -> crate::settings::Settings {
        crate::settings::Settings::for_socket(
            crate::settings::Origin::PrivateServer,
            &self.socket_folder,
            self.port,
            &self.user,
            &self.database,
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_older_minor_version_is_refused_and_a_newer_one_is_not() {
        let installation = |number| Installation {
            programs: PathBuf::from("/programs"),
            version: ServerVersion::from_number(number),
            released: true,
        };
        let memory = Memory {
            server_version: Some(ServerVersion::from_number(150_020)),
            ..Memory::default()
        };
        assert!(memory.allow(&installation(150_020)).is_ok());
        assert!(memory.allow(&installation(150_021)).is_ok());
        let refusal = memory
            .allow(&installation(150_019))
            .expect_err("older")
            .to_string();
        assert!(
            refusal.contains("15.20") && refusal.contains("15.19"),
            "{refusal}"
        );
        assert!(Memory::default().allow(&installation(150_001)).is_ok());
    }

    #[test]
    fn connection_strings_carry_folders_with_spaces() {
        let running = Running {
            supervisor: 1,
            server: 2,
            version: ServerVersion::from_number(150_020),
            programs: PathBuf::from("/programs"),
            socket_folder: PathBuf::from("/my data/run"),
            port: 5433,
            tcp: true,
            database: "romashka".to_owned(),
            user: "postgres".to_owned(),
            ready: true,
        };
        assert_eq!(
            running.url(),
            "postgresql:///romashka?host=%2Fmy%20data%2Frun&port=5433&user=postgres"
        );
        assert_eq!(
            running.tcp_url().as_deref(),
            Some("postgresql://postgres@127.0.0.1:5433/romashka")
        );
    }
}
